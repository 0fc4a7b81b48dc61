"""Templates that are stored in several languages are sent in the contact's language."""

import pytest

from bot import END, Flow, Template, Text, ask, on, parse
from bot.messages import TemplateReference

NEWS = TemplateReference("news", languages=("en_US", "de", "pt_BR"))


class News(Flow):
    start_on = ("news",)
    outside_window = Template(channel_template={"WHATSAPP": NEWS})

    waiting = ask("Wait.", accept=parse.text(), to=END)

    @on("ready")
    def tell(self, turn):
        turn.say("It's ready.")

    @on("template")
    def send(self, turn):
        turn.say(Text("News").on("WHATSAPP", Template(NEWS)))


@pytest.mark.flows([News])
@pytest.mark.parametrize(
    ("language", "code"),
    [("de-AT", "de"), ("en", "en_US"), ("pt-br", "pt_BR"), ("fr", "en_US"), ("", "en_US")],
)
async def test_a_template_goes_in_the_contact_s_language(contacts, language, code):
    [contact] = contacts(1, channel="WHATSAPP", language=language)
    await contact.says("news")
    await contact.receives_event("template")
    shown = contact.sees(Template)
    assert shown.message["template_message"]["omni_template"]["language_code"] == code

    await contact.waits("25h")
    await contact.receives_event("ready")

    reference = contact.sees(Template).message["template_message"]["channel_template"]["WHATSAPP"]
    assert reference["language_code"] == code
