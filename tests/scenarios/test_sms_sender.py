"""An app with several SMS numbers answers from the one that the contact wrote to."""

from dataclasses import replace

import pytest

from bot import END, Flow, ask, parse


class Tea(Flow):
    start_on = ("tea",)

    kind = ask("Which tea?", accept=parse.text(), to="size", remind={"1h": "Well?"})
    size = ask("How much?", accept=parse.text(), to=END)


pytestmark = pytest.mark.flows([Tea])

SALES, SERVICE, SHORT_CODE = "46700111222", "46700333444", "71700"


async def test_the_answer_comes_from_the_number_written_to(contact):
    contact.phone.to = SALES
    await contact.says("tea")
    assert contact.sees("Which tea?").sender == SALES
    await contact.waits("2h")

    assert contact.sees("Well?").sender == SALES


async def test_the_number_written_to_last_counts(contact):
    contact.phone.to = SALES
    await contact.says("tea")
    contact.phone.to = SHORT_CODE
    await contact.says("green")

    assert contact.sees("How much?").sender == SHORT_CODE


async def test_two_contacts_are_answered_from_the_number_of_each(contacts):
    one, other = contacts(2)
    one.phone.to, other.phone.to = SALES, SERVICE
    for each in (one, other):
        await each.says("tea")

    assert [each.sees("Which tea?").sender for each in (one, other)] == [SALES, SERVICE]


@pytest.mark.parametrize("sender_id", ["", "my service plan", "12", "4" * 16])
async def test_what_is_no_number_is_not_answered_from(contact, simulation, sender_id):
    contact.phone.to = SALES
    await contact.says("hello")
    for each in simulation.platform.state.apps.values():
        for channel in each["channel_credentials"]:
            channel["channel_known_id"] = sender_id
    contact.phone.to = ""
    await contact.says("tea")

    sent = list(simulation.platform.state.messages.values())[-1]
    assert sent.properties == {}


async def test_a_number_abroad_does_not_answer(contact):
    contact.phone.to = "15550100200"
    await contact.says("tea")

    assert contact.sees("Which tea?").sender == ""


@pytest.mark.contact(channel="WHATSAPP")
async def test_other_channels_take_no_such_property(contact, simulation):
    await contact.says("tea")

    assert not any(each.properties for each in simulation.platform.state.messages.values())


class TestSetting:
    @pytest.fixture
    def bot_settings(self, bot_settings):
        return replace(bot_settings, channel_properties="SMS_SENDER=Teahouse")

    async def test_a_sender_that_is_set_is_kept_to(self, contact):
        contact.phone.to = SALES
        await contact.says("tea")

        assert contact.sees("Which tea?").sender == "Teahouse"
