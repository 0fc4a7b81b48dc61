"""Channel properties that the settings add to all messages, including questions."""

from dataclasses import replace

import pytest

from bot import END, Flow, Option, Turn, choose, step
from bot.errors import ConfigError


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


class Alarm(Flow):
    start_on = ("alarm",)

    @step(to=END)
    def tell(self, turn: Turn) -> str:
        turn.say("Water is rising.", channel_properties={"SMS_FLASH_MESSAGE": "true"})
        turn.say("Come home.")
        return END


@pytest.mark.flows([Alarm])
async def test_a_flash_message_is_shown_as_one(contact):
    await contact.says("alarm")

    assert contact.sees("Water is rising.").flash
    assert not contact.sees("Come home.").flash


@pytest.mark.flows([Alarm])
async def test_a_setting_that_no_message_could_be_sent_with_is_refused_at_start(simulation):
    simulation.settings = replace(
        simulation.settings, channel_properties="RCS_WEBVIEW_MODE=tall,SMS_FLASH_MESSAGE=1"
    )

    with pytest.raises(ConfigError) as caught:
        simulation.new_bot(simulation.bot.store, simulation.new_transport())

    assert str(caught.value) == (
        "BOT_CHANNEL_PROPERTIES.RCS_WEBVIEW_MODE: not one of FULL, HALF, TALL (messages:send);"
        " BOT_CHANNEL_PROPERTIES.SMS_FLASH_MESSAGE: not true or false (messages:send)"
    )


class Kettle(Flow):
    start_on = ("kettle",)

    @step(to=END)
    def tell(self, turn: Turn) -> str:
        turn.say("", message_metadata="x" * 1024)
        return END


@pytest.mark.flows([Kettle])
async def test_a_turn_fails_with_all_errors_of_a_message_and_of_its_options(contact):
    await contact.says("kettle")

    contact.sees_nothing(failed="text_message.text: missing")
    # The bot puts the reply's id before the metadata.
    assert "request.message_metadata: 10" in contact.failure
    assert "characters, at most 1024 (messages:send)" in contact.failure
