"""Messages that were injected into the conversation's past took place elsewhere."""

from dataclasses import replace

import pytest

from bot import END, Flow, ask, parse
from bot.clock import as_datetime
from bot.flow.keywords import Keywords
from bot.settings import Secret


class Tea(Flow):
    start_on = ("tea",)
    bursts = ("merge", "2s")

    kind = ask("Which tea?", accept=parse.text(), to="size")
    size = ask("How much?", accept=parse.text(), to=END)


pytestmark = pytest.mark.flows([Tea])


@pytest.fixture
def bot_settings(bot_settings):
    return replace(
        bot_settings, handoff_url="https://desk.example/bot", handoff_secret=Secret("desk")
    )


@pytest.fixture
def inject(simulation):
    """Inject a text of the contact into the past, like a migration from another system."""

    async def inject(contact, text, *, channel="SMS"):
        conversations = simulation.platform.state.conversations
        contact_id = simulation.address_of(contact.phone).contact_id
        (of_contact,) = [
            each for each in conversations.values() if each["contact_id"] == contact_id
        ]
        past = {
            "accept_time": as_datetime(simulation.clock.now() - 3600).isoformat(),
            "channel_identity": {"channel": channel, "identity": contact.phone.identity},
            "contact_id": contact_id,
            "direction": "TO_APP",
            "sender_id": "71700",
            "contact_message": {"text_message": {"text": text}},
        }
        await simulation.bot.api.conversations.inject_message(of_contact["id"], past)
        await contact.run_until_idle()

    return inject


async def test_an_injected_message_starts_no_flow(contact, inject):
    await contact.says("green")
    contact.sees("Sorry")
    before = contact.session
    await inject(contact, "tea")

    contact.sees_nothing()
    assert (contact.flow, contact.session.heard) == (None, before.heard)


async def test_an_injected_message_is_no_answer(contact, inject):
    await contact.says("tea")
    contact.sees("Which tea?")
    await inject(contact, "green", channel="WHATSAPP")

    contact.sees_nothing()
    assert contact.state == "kind"
    assert contact.session.address.channel == "SMS"
    assert contact.session.sms_sender != "71700"


async def test_an_injected_message_is_no_part_of_a_burst(contact, simulation, inject):
    await contact.says("tea")
    contact.phone.says("green")
    await simulation.platform.run_due()
    await inject(contact, "black")
    await contact.waits("1m")

    contact.sees("How much?")
    assert contact.data == {"kind": "green"}


async def test_an_injected_stop_holds_and_is_not_answered(contact, inject, monkeypatch):
    monkeypatch.setattr(Keywords, "stopped", lambda self, turn: turn.say("Goodbye."))
    await contact.says("tea")
    await contact.waits("1m")
    await inject(contact, "STOP")

    contact.sees_nothing()
    assert (contact.consent, contact.flow) == ("out", None)


async def test_an_injected_start_changes_nothing(contact, inject):
    await contact.says("hello")
    await contact.stops()
    await inject(contact, "START")

    assert contact.consent == "out"


async def test_a_person_is_not_told_of_it(contact, simulation, inject):
    await contact.says("tea")
    await simulation.bot.pause(contact.session.address.key)
    await contact.run_until_idle()
    await inject(contact, "green")
    await contact.says("black")

    assert [each["kind"] for each in simulation.desk.told] == ["handoff", "message"]
