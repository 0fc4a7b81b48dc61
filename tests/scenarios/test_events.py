"""Flows handle events of programs, reactions, reports, media and failed messages."""

import pytest

from bot import END, Flow, Option, Turn, ask, choose, on, parse, step
from bot.emulator import DeliveryFault, RequestFault
from bot.messages import Text


class Parcel(Flow):
    start_on = ("parcel",)

    where = ask("Where to?", accept=parse.text(), to="waiting")
    waiting = choose("On its way.", {"ok": Option("OK", to=END)})
    arrived = choose(lambda data: f"It's there: {data.at}.", {"ok": Option("OK", to=END)})

    @on("parcel_arrived", to="arrived", states="waiting")
    def arrive(self, turn):
        self.data.at = turn.event_data["at"]
        return "arrived"

    @on("reaction", "reaction_removed", "delivered", "read", "failed", "composing")
    def note(self, turn):
        self.data.last = turn.event

    @on("media", to="waiting")
    async def picture(self, turn):
        turn.say("Nice picture!")
        return "waiting"


class Hello(Flow):
    start_on_events = ("conversation_start",)

    name_ = ask("Who are you?", accept=parse.text(), to=END)


pytestmark = pytest.mark.flows([Parcel])


async def test_an_event_of_one_s_own_moves_the_flow(contact, simulation):
    await contact.says("parcel")
    await contact.says("Main street")
    address = contact.session.address
    assert await simulation.bot.trigger(address, "parcel_arrived", {"at": "the door"}, id="p1")
    assert not await simulation.bot.trigger(address, "parcel_arrived", {"at": "the door"}, id="p1")
    await contact.run_until_idle()

    contact.sees("It's there: the door.")


async def test_an_event_no_state_waits_for_changes_nothing(contact, simulation):
    await contact.says("parcel")
    await simulation.bot.trigger(contact.session.address, "parcel_arrived", {"at": "x"})
    await contact.run_until_idle()

    assert contact.state == "where"


async def test_a_reaction_and_reports_reach_the_flow(contact):
    await contact.says("parcel")
    assert contact.data["last"] == "delivered"
    await contact.reacts("👍")

    assert contact.data["last"] == "reaction"
    contact.phone.reacts("👍", undo=True)
    await contact.run_until_idle()
    assert contact.data["last"] == "reaction_removed"


@pytest.mark.contact(channel="WHATSAPP")
async def test_reading_reaches_the_flow(contact):
    await contact.says("parcel")
    await contact.reads()

    assert contact.data["last"] == "read"


async def test_a_failed_delivery_reaches_the_flow(contact, simulation):
    simulation.platform.faults.add(DeliveryFault(action="fail"))
    await contact.says("parcel")

    assert contact.data["last"] == "failed"


async def test_a_refused_send_reaches_the_flow_and_the_dead_letters(contact, simulation):
    simulation.platform.faults.add(
        RequestFault(on="POST */messages:send", action="refuse", status=403, count=1)
    )
    await contact.says("parcel")

    assert contact.data["last"] == "failed"
    assert len([letter async for letter in simulation.bot.store.admin.dead_letters()]) == 1


async def test_media_where_text_is_asked_reaches_the_flow(contact):
    await contact.says("parcel")
    await contact.sends_media("https://example.com/cat.jpg")

    contact.sees("Nice picture!")
    assert contact.state == "waiting"


@pytest.mark.flows([Hello])
async def test_an_event_starts_a_flow(contact):
    await contact.says("anything")

    contact.sees("Who are you?")


class Tea(Flow):
    start_on = ("tea",)

    kind = ask("Which tea?", accept=parse.text(), to=END, remind={"1h": "Well?"})

    @on("contact_delete")
    def note(self, turn):
        turn.say("Farewell!")


@pytest.mark.flows([Tea])
async def test_nothing_goes_on_for_a_contact_that_was_deleted(contact, simulation):
    await contact.says("tea")
    contact_id = contact.session.address.contact_id
    simulation.platform.contacts.remove(contact_id)
    await contact.waits("2h")

    assert await simulation.bot.store.reader.session(contact_id) is None
    assert "Well?" not in contact.transcript
    assert not [letter async for letter in simulation.bot.store.admin.dead_letters()]


class Watch(Flow):
    start_on = ("watch",)

    seen = choose("I watch.", {"ok": Option("OK", to=END)})

    @on("payment_status_update", "smart_conversation", "record_notification")
    def note(self, turn):
        setattr(self.data, turn.event, type(turn.callback.body).__name__)

    @on("message_inbound_smart_conversation_redaction")
    def read_masked(self, turn):
        turn.say(f"Masked: {turn.text}")


@pytest.mark.flows([Watch])
async def test_what_sinch_finds_in_a_message_is_an_event_and_no_answer(contact, simulation):
    await contact.says("watch")
    contact.phone.happens({"payment_status_update_event": {"payment_status": "PAYMENT_STATUS_NEW"}})
    contact.phone.is_analyzed({"ml_sentiment_result": [{"sentiment": "neutral", "score": 0.5}]})
    contact.phone.is_redacted("w****")
    stored = {"entity_id": "01E", "contact_id": contact.session.address.contact_id}
    simulation.platform.callback("RECORD_NOTIFICATION", stored)
    await contact.run_until_idle()

    assert contact.state == "seen"
    assert contact.data == {
        "payment_status_update": "InboundEvent",
        "smart_conversation": "SmartConversationNotification",
        "record_notification": "RecordNotification",
    }
    contact.sees("Masked: w****")


class Again(Flow):
    start_on = ("again",)

    size = choose(
        "Which size?",
        {"s": Option("Small", to="where"), "l": Option("Large", to="where")},
    )
    where = ask(Text("Where to?").on("SMS", "Where to? Answer here."), accept=parse.text(), to=END)

    @on("failed")
    def say_again(self, turn: Turn) -> None:
        assert turn.failed_message is not None
        turn.say(turn.failed_message, channel_priority_order=["SMS"])


class Idle(Flow):
    start_on = ("hello",)

    @step(to=END)
    def greet(self, turn: Turn) -> str:
        turn.say("Hello.")
        return END


@pytest.mark.contact(channel="WHATSAPP")
@pytest.mark.flows([Again, Idle])
class TestMessagesThatFail:
    @pytest.fixture
    async def sms(self, contact, simulation):
        """The contact's phone by SMS."""
        await contact.says("hello")
        identity = contact.phone.identity
        identities = [{"channel": channel, "identity": identity} for channel in ("WHATSAPP", "SMS")]
        contact_id = contact.session.address.contact_id
        await simulation.bot.api.contacts.update(contact_id, {"channel_identities": identities})
        return simulation.platform.phone("SMS", identity)

    @pytest.mark.parametrize(
        "fault",
        [
            DeliveryFault(action="fail", channel="WHATSAPP"),
            RequestFault(on="POST */messages:send", action="refuse", status=403, count=1),
        ],
    )
    async def test_the_handler_says_the_message_that_failed_again(
        self, contact, simulation, sms, fault
    ):
        simulation.platform.faults.add(fault)
        await contact.says("again")

        assert [each.text for each in sms.shown] == ["Which size?\n\n1. Small\n2. Large"]
        sms.says("2")
        await contact.run_until_idle()
        assert sms.shown[-1].text == "Where to? Answer here."
        assert contact.data == {"size": "l"}

    async def test_the_handler_knows_which_of_two_messages_failed(self, contact, simulation, sms):
        await contact.says("again")
        simulation.platform.faults.add(DeliveryFault(action="fail", channel="WHATSAPP"))
        await contact.says("small")

        assert [each.text for each in sms.shown] == ["Where to? Answer here."]

    async def test_a_message_of_long_ago_is_no_longer_known(self, contact):
        await contact.says("again")
        first = next(iter(contact.session.said))
        for _ in range(10):
            await contact.says("help")

        assert first not in contact.session.said
        assert len(contact.session.said) == 10

    async def test_stop_forgets_what_was_said(self, contact):
        await contact.says("again")
        await contact.says("STOP")

        assert contact.session.said == {}
