"""Properties of a channel that all messages carry, questions too."""

from dataclasses import replace

import pytest

from bot import END, Flow, Option, Turn, choose, step


class Tea(Flow):
    start_on = ("tea",)

    kind = choose("Which tea?", {"green": Option("Green", to="tell")})

    @step(to=END)
    def tell(self, turn: Turn) -> str:
        turn.say("Green it is.", channel_properties={"MMS_SENDER": "15550199"})
        return END


@pytest.fixture
def bot_settings(bot_settings):
    return replace(bot_settings, channel_properties="MMS_SENDER=15550100,RCS_WEBVIEW_MODE=TALL")


@pytest.mark.contact(channel="MMS")
@pytest.mark.flows([Tea])
async def test_a_question_is_sent_by_the_sender_that_mms_needs(contact, simulation):
    await contact.says("tea")
    contact.sees("Which tea?", choices=["Green"])
    await contact.says("1")
    contact.sees("Green it is.")

    sent = [each.properties for each in simulation.platform.state.messages.values()]
    assert {"MMS_SENDER": "15550100", "RCS_WEBVIEW_MODE": "TALL"} in sent
    assert {"MMS_SENDER": "15550199", "RCS_WEBVIEW_MODE": "TALL"} in sent
