"""Contacts get no unprompted messages in quiet hours, by their local time."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot import END, Flow, ask, on, parse, step
from bot.contact.address import Address
from bot.contact.quiet_hours import end_at
from bot.contact.session import Session
from bot.conversation_api.recipients import Recipients
from bot.emulator import RequestFault
from bot.messages import composing
from bot.ops import broadcast_report
from bot.ops.broadcast import Broadcast, FlowStart
from bot.ops.common import OperationError
from bot.ops.csv_rows import Row
from tests.support.conversation import hand_back, sees, talk

SEND = "POST */messages:send"
STOCKHOLM = pytest.mark.contact(zone="Europe/Stockholm")


class Parcel(Flow):
    start_on = ("parcel",)

    where = ask("Where to?", accept=parse.text(), to="waiting")
    waiting = ask("On its way.", accept=parse.text(), to=END)

    @on("arrived", "alarm")
    def arrive(self, turn):
        turn.say("It's there.", urgent=turn.event == "alarm")

    @on("lost")
    def lose(self, turn):
        turn.say("It's lost.")

    @on("packing")
    def pack(self, turn):
        turn.send_event(composing())


pytestmark = pytest.mark.flows([Parcel])


@pytest.fixture
def bot_settings(bot_settings):
    return replace(bot_settings, quiet_hours="21:00-08:00")


@STOCKHOLM
async def test_what_nobody_asked_for_waits_until_the_morning(contact, simulation):
    await contact.says("parcel")
    await contact.waits("11h5m")  # 21:05 in Stockholm
    await contact.receives_event("arrived")
    contact.sees_nothing()
    await contact.waits("10h54m")
    contact.sees_nothing()
    await contact.waits("2m")

    contact.sees("It's there.")
    assert datetime.fromtimestamp(simulation.clock.now(), UTC).hour == 7


class Tea(Flow):
    start_on = ("tea",)

    kind = ask(
        "Which tea?",
        accept=parse.text(),
        to="milk",
        remind={"11h": "Still thirsty?"},
        timeout=("20h", "milk"),
    )
    milk = ask("Milk?", accept=parse.text(), to=END)


@STOCKHOLM
@pytest.mark.flows([Tea])
async def test_a_reminder_that_waited_is_not_sent_to_who_answers(contact):
    await contact.says("tea")
    await contact.waits("12h")
    await contact.says("green")

    contact.sees("Milk?")
    assert "thirsty" not in contact.transcript


@STOCKHOLM
@pytest.mark.flows([Tea])
async def test_a_reminder_is_not_sent_once_the_flow_has_gone_on(contact):
    await contact.waits("1h")
    await contact.says("tea")
    await contact.waits("23h")

    contact.sees("Milk?")
    assert "thirsty" not in contact.transcript


@STOCKHOLM
async def test_a_flow_started_at_night_is_seen_in_the_morning(contact):
    await contact.waits("12h")
    await contact.starts_flow("parcel")
    contact.sees_nothing()
    await contact.waits("10h")

    contact.sees("Where to?")


@STOCKHOLM
async def test_answers_are_not_held_and_set_free_what_was(contact):
    await contact.says("parcel")
    await contact.waits("12h")
    await contact.receives_event("arrived")
    contact.sees_nothing()
    await contact.says("Main street")

    contact.sees("It's there.")
    contact.sees("On its way.")


@STOCKHOLM
@pytest.mark.flows([Tea])
async def test_message_at_night_is_no_answer_to_a_question_that_has_waited(contact, simulation):
    await contact.says("thanks")
    contact.sees("Sorry, I don't know what to do with that.")
    await contact.waits("11h5m")  # 21:05 in Stockholm
    await simulation.bot.start(contact.session.address, "tea")
    await contact.run_until_idle()
    contact.sees_nothing()

    await contact.says("good night")
    contact.sees("Which tea?")
    contact.sees_nothing()
    await contact.says("black")
    contact.sees("Milk?")


@STOCKHOLM
@pytest.mark.flows([Tea])
async def test_question_that_waited_until_the_morning_is_answered(contact, simulation):
    await contact.says("thanks")
    contact.sees("Sorry, I don't know what to do with that.")
    await contact.waits("11h5m")
    await simulation.bot.start(contact.session.address, "tea")
    await contact.waits("11h")
    contact.sees("Which tea?")

    await contact.says("black")
    contact.sees("Milk?")


@STOCKHOLM
async def test_who_has_just_written_is_awake(contact):
    await contact.waits("12h")
    await contact.says("parcel")
    await contact.waits("10m")
    await contact.receives_event("arrived")

    contact.sees("It's there.")


@STOCKHOLM
async def test_what_is_urgent_does_not_wait(contact):
    await contact.says("parcel")
    await contact.waits("12h")
    await contact.receives_event("alarm")

    contact.sees("It's there.")


@STOCKHOLM
async def test_a_stop_drops_what_waits(contact):
    await contact.says("parcel")
    await contact.waits("12h")
    await contact.receives_event("arrived")
    await contact.says("stop")
    await contact.waits("24h")

    contact.sees_nothing()


class Patient(Flow):
    start_on = ("patient",)

    kind = ask(
        "Which tea?",
        accept=parse.text(),
        to=END,
        remind={"2h": "Still thirsty?"},
        timeout=("4h", "leave"),
    )

    @step(to=END)
    def leave(self, turn):
        turn.say("Never mind.")
        return END


@STOCKHOLM
@pytest.mark.flows([Patient])
async def test_timers_of_a_question_count_from_the_morning(contact):
    await contact.says("thanks")
    await contact.waits("12h")
    await contact.starts_flow("patient")
    await contact.waits("11h")
    sees(contact, "Which tea?")
    await contact.waits("1h")
    sees(contact, "Still thirsty?")
    await contact.waits("2h")

    sees(contact, "Never mind.")


@STOCKHOLM
@pytest.mark.flows([Patient])
async def test_timers_of_a_question_count_from_the_message_that_releases_it(contact):
    await contact.says("thanks")
    await contact.waits("12h")
    await contact.starts_flow("patient")
    await contact.says("good night")
    sees(contact, "Which tea?")
    await contact.waits("4h1m")
    contact.sees_nothing()
    await contact.waits("6h")

    sees(contact, "Never mind.")


@pytest.mark.contact(channel="WHATSAPP", zone="Europe/Stockholm")
@pytest.mark.flows([Tea])
async def test_question_whose_window_closes_before_the_morning_waits_for_the_contact(contact):
    await contact.waits("20h")  # 6:00 in Stockholm
    await contact.says("thanks")
    await contact.waits("23h")
    await contact.starts_flow("tea")
    await contact.waits("6h")  # 11:00
    contact.sees_nothing()

    await talk(contact, ("hello", "Which tea?"), ("black", "Milk?"))


class Club(Flow):
    start_on = ("club",)

    name_ = ask("Your name?", accept=parse.text(), to="ready")
    ready = ask("You get a parcel.", accept=parse.text(), to="size")
    size = ask("Which size?", accept=parse.text(), to="done")

    @on("sale")
    def advertise(self, turn):
        turn.say("Half price!", purpose="marketing")

    @on("packed", to="size")
    def pack(self, turn):
        return "size"

    @step(to=END)
    def done(self, turn):
        turn.say(f"Size {self.data.size}.")
        return END


class TestPurposes:
    @pytest.fixture
    def bot_settings(self, bot_settings):
        return replace(bot_settings, quiet_hours="marketing=19:00-10:00")

    @STOCKHOLM
    @pytest.mark.flows([Club])
    async def test_question_does_not_wait_for_a_message_of_another_purpose(self, contact):
        await talk(contact, ("club", "Your name?"), ("Ada", "You get a parcel."))
        await contact.waits("12h")
        await contact.receives_event("sale")
        contact.sees_nothing()
        await contact.receives_event("packed")
        sees(contact, "Which size?")

        await talk(contact, ("large", "Half price!", "Size large."))


@STOCKHOLM
async def test_what_is_urgent_overtakes_what_waits(contact):
    await contact.says("parcel")
    await contact.waits("12h")
    for event in ("arrived", "arrived"):
        await contact.receives_event(event)
        contact.sees_nothing()
    for event in ("lost", "alarm"):
        await contact.receives_event(event)
    sees(contact, "It's there.")
    await contact.waits("11h")

    sees(contact, "It's there.", "It's there.", "It's lost.")


@pytest.mark.contact(channel="MESSENGER", zone="Europe/Stockholm")
async def test_typing_does_not_overtake_what_waits(contact, simulation):
    await contact.says("parcel")
    await contact.waits("12h")
    await contact.receives_event("arrived")
    await contact.receives_event("packing")
    assert not simulation.platform.state.events
    await contact.waits("11h")

    assert len(simulation.platform.state.events) == 1


@STOCKHOLM
@pytest.mark.flows([Tea])
async def test_question_repeated_after_a_hand_over_at_night_is_sent_once(contact, simulation):
    await contact.says("thanks")
    await contact.waits("12h")
    await contact.starts_flow("tea")
    await simulation.bot.pause(contact.session.address)
    await hand_back(simulation, contact)
    contact.sees_nothing()

    await talk(contact, ("good night", "Which tea?"), ("black", "Milk?"))


class Alarm(Flow):
    start_on_events = ("smoke",)

    @step(to="sure")
    def begin(self, turn):
        turn.say("Leave the house!")
        return "sure"

    sure = ask("Are you out?", accept=parse.text(), to=END)

    @on("extinguished", to=END)
    def end(self, turn):
        turn.say("The fire is out.", urgent=turn.event_data.get("urgent", False))
        return END


@STOCKHOLM
@pytest.mark.flows([Tea, Alarm])
async def test_question_repeated_at_night_is_sent_once_and_last(contact):
    await contact.says("thanks")
    await contact.waits("12h")
    await contact.starts_flow("tea")
    await contact.receives_event("smoke")
    await contact.receives_event("extinguished")
    contact.sees_nothing()
    await contact.waits("11h")

    assert replies_after(contact, "11h") == [
        *("Leave the house!", "Are you out?", "The fire is out.", "Which tea?"),
    ]
    await talk(contact, ("black", "Milk?"))


@STOCKHOLM
@pytest.mark.flows([Tea, Alarm])
async def test_message_at_night_is_no_answer_to_a_repeated_question(contact):
    await contact.says("thanks")
    await contact.waits("12h")
    await contact.starts_flow("tea")
    for event in ("smoke", "extinguished", "smoke", "extinguished"):
        await contact.receives_event(event)
    await contact.says("black")

    assert contact.transcript.count("< Which tea?") == 1
    assert contact.state == "kind"
    await contact.says("black")
    contact.sees("Milk?")


class Notice(Flow):
    start_on_events = ("notice",)

    @step(to="seen")
    def begin(self, turn):
        turn.say("See WhatsApp.", channel_priority_order=["WHATSAPP"])
        return "seen"

    seen = ask("Seen?", accept=parse.text(), to=END)

    @on("extinguished", to=END)
    def end(self, turn):
        return END


@STOCKHOLM
@pytest.mark.flows([Tea, Notice])
async def test_question_is_sent_in_the_morning_although_its_repetition_waits_for_longer(contact):
    await contact.says("thanks")
    await contact.waits("12h")
    await contact.starts_flow("tea")
    await contact.receives_event("notice")
    await contact.receives_event("extinguished")
    await contact.waits("11h")
    sees(contact, "Which tea?")

    await contact.says("black")
    contact.sees("Which tea?")
    contact.sees("Milk?")


@pytest.fixture
async def broadcast_at_night(contact, simulation):
    """A broadcast whose question is repeated while the question waits for the morning."""
    await contact.says("thanks")
    await contact.waits("12h")
    bot = simulation.bot
    recipients = Recipients(bot.store, bot.api, bot.settings, simulation.clock)
    tea = FlowStart("tea")
    broadcast = Broadcast("tea", tea, bot, recipients, bot.settings, simulation.clock)
    row = Row(2, Address("", "SMS", contact.phone.identity), {})
    await broadcast.run([row], 0)
    await contact.run_until_idle()
    for event in ("smoke", "extinguished"):
        await contact.receives_event(event)


@STOCKHOLM
@pytest.mark.flows([Tea, Alarm])
async def test_repeated_question_of_a_broadcast_is_sent_and_counted_once(
    contact, simulation, broadcast_at_night
):
    await contact.waits("11h")

    assert replies_after(contact, "11h").count("Which tea?") == 1
    counts = await simulation.bot.store.outcomes.count("tea")
    assert (counts.sent, counts.failed) == (1, {})
    with pytest.raises(OperationError, match="1 sent"):
        await broadcast_report.cancel(simulation.bot.store, "tea", simulation.clock.now())


@STOCKHOLM
@pytest.mark.flows([Tea, Alarm])
async def test_repeated_question_of_a_canceled_broadcast_is_not_sent(
    contact, simulation, broadcast_at_night
):
    await broadcast_report.cancel(simulation.bot.store, "tea", simulation.clock.now())
    await contact.waits("11h")

    assert "Which tea?" not in replies_after(contact, "11h")
    assert contact.flow is None
    counts = await simulation.bot.store.outcomes.count("tea")
    assert (counts.sent, counts.failed, counts.canceled) == (0, {}, 1)


def replies_after(contact, waited):
    lines = contact.transcript.rpartition(f"~ {waited}")[2].splitlines()
    return [line.removeprefix("< ") for line in lines if line.startswith("< ")]


def at(text):
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("zone", "channel", "identity", "now", "until"),
    [
        ("Europe/Stockholm", "SMS", "1", "2026-01-05 20:30Z", "2026-01-06 07:00Z"),
        ("Europe/Stockholm", "SMS", "1", "2026-07-05 05:30Z", "2026-07-05 06:00Z"),
        ("Europe/Stockholm", "SMS", "1", "2026-01-05 07:00Z", "2026-01-05 07:00Z"),
        ("Asia/Kolkata", "SMS", "46701234567", "2026-01-05 16:00Z", "2026-01-06 02:30Z"),
        ("", "WHATSAPP", "46701234567", "2026-01-05 20:30Z", "2026-01-06 07:00Z"),
        ("", "WHATSAPP", "61412345678", "2026-01-05 10:00Z", "2026-01-06 01:30Z"),  # Cocos
        ("", "MESSENGER", "46701234567", "2026-01-05 20:30Z", "2026-01-05 20:30Z"),
        ("", "SMS", "18005550123", "2026-01-05 20:30Z", "2026-01-05 22:00Z"),  # Guam
        ("", "WHATSAPP", "SE.13491208655302741918", "2026-01-05 20:30Z", "2026-01-06 07:00Z"),
        ("", "WHATSAPP", "US.ENT.11815799212886844830", "2026-01-06 13:30Z", "2026-01-06 18:00Z"),
        ("", "WHATSAPP", "XX.1", "2026-01-05 21:30Z", "2026-01-06 08:00Z"),
        ("", "LINE", "SE.1349", "2026-01-05 20:30Z", "2026-01-05 20:30Z"),
        ("Nowhere/Else", "SMS", "999", "2026-01-05 21:30Z", "2026-01-06 08:00Z"),
        # The night in which the clocks go forward.
        ("Europe/Stockholm", "SMS", "1", "2026-03-28 22:00Z", "2026-03-29 06:00Z"),
    ],
)
def test_quiet_hours_end_by_the_contact_s_clock(zone, channel, identity, now, until):
    session = Session(Address("", channel, identity), zone=zone)

    assert end_at("21:00-08:00", session, at(now)) == at(until)


def test_quiet_hours_may_lie_within_a_day():
    session = Session(Address("", "SMS", "1"), zone="UTC")

    assert end_at("12:00-14:00", session, at("2026-01-05 13:00Z")) == at("2026-01-05 14:00Z")
    assert end_at("12:00-14:00", session, at("2026-01-05 23:00Z")) == at("2026-01-05 23:00Z")
    assert end_at("22:00-22:00", session, at("2026-01-05 13:00Z")) == at("2026-01-05 13:00Z")
    assert end_at("", session, at("2026-01-05 23:00Z")) == at("2026-01-05 23:00Z")


def test_a_number_of_so_many_zones_that_it_is_always_quiet_counts_as_in_utc():
    session = Session(Address("", "SMS", "61412345678"))

    assert end_at("09:00-08:00", session, at("2026-01-05 13:00Z")) == at("2026-01-06 08:00Z")


class Digest(Flow):
    start_on = ("digest",)

    line = ask("Say something.", accept=parse.text(), to="line")

    @on("tell")
    def tell(self, turn):
        for text, options in turn.event_data["messages"]:
            turn.say(text, **options)


def telling(*messages):
    """Return the data of `tell`: texts, or pairs of a text and options of `turn.say`."""
    return {"messages": [each if isinstance(each, tuple) else (each, {}) for each in messages]}


async def triggered(contact, simulation, *messages):
    """Trigger `tell`, which is handled later."""
    address = simulation.address_of(contact.phone)
    await simulation.bot.trigger(address, "tell", telling(*messages))


class Flash(Flow):
    start_on_events = ("flash",)
    max_age = "30m"

    wanted = ask("Do you want it?", accept=parse.text(), to=END, remind={"2h": "Still there?"})


@pytest.mark.flows([Digest, Flash])
class TestSeveralMessages:
    @pytest.fixture
    def bot_settings(self, bot_settings):
        hours = "21:00-08:00,marketing=19:00-10:00,notification=none"
        return replace(bot_settings, quiet_hours=hours)

    @STOCKHOLM
    async def test_messages_beside_one_that_waits_keep_their_order(self, contact):
        await talk(contact, ("digest", "Say something."))
        await contact.waits("12h")
        first, last = (("Paid.", {"purpose": "notification"}), ("Alarm!", {"urgent": True}))
        await contact.receives_event("tell", telling(first, "Good news.", last))
        sees(contact, "Paid.", "Alarm!")
        await contact.waits("11h")
        sees(contact, "Good news.")

    @STOCKHOLM
    async def test_urgent_message_of_an_event_overtakes_messages_of_an_event_at_the_same_time(
        self, contact, simulation
    ):
        await talk(contact, ("digest", "Say something."))
        await contact.waits("12h")
        paid = ("Paid.", {"purpose": "notification"})
        await triggered(contact, simulation, paid, "Good news.", "More news.")
        await triggered(contact, simulation, ("Alarm!", {"urgent": True}), "Last news.")
        await contact.run_until_idle()
        sees(contact, "Paid.", "Alarm!")

        await contact.waits("11h")
        sees(contact, "Good news.", "More news.", "Last news.")

    @STOCKHOLM
    async def test_urgent_message_said_while_the_api_is_down_overtakes_what_waits(
        self, contact, simulation
    ):
        await talk(contact, ("digest", "Say something."))
        await contact.waits("12h")
        simulation.platform.faults.add(RequestFault(on=SEND, action="refuse", status=503))
        for said in (("Paid.", {"urgent": True}), "Good news.", ("Alarm!", {"urgent": True})):
            await contact.receives_event("tell", telling(said))
        simulation.platform.faults.clear()
        await contact.waits("10m")
        sees(contact, "Paid.", "Alarm!")

        await contact.waits("11h")
        sees(contact, "Good news.")

    async def test_message_behind_a_question_that_is_repeated_later_need_not_wait(
        self, contacts, simulation
    ):
        [contact] = contacts(1, channel="WHATSAPP", zone="Europe/Stockholm")
        await contact.says("hello")
        contact.sees("Sorry, I don't know what to do with that.")
        await contact.waits("2d")
        await contact.starts_flow("digest")
        invited = ("Please write.", {"outside_window": "send", "purpose": "notification"})
        await contact.receives_event("tell", telling(invited))
        sent = simulation.platform.record.requests
        assert b"Please write." not in sent[-1].body

        await simulation.bot.pause(contact.session.address)
        await contact.run_until_idle()
        await hand_back(simulation, contact)
        assert b"Please write." in sent[-1].body

    async def test_no_message_overtakes_one_whose_window_closes_before_the_morning(self, contacts):
        [contact] = contacts(1, channel="WHATSAPP", zone="Europe/Stockholm")
        await talk(contact, ("digest", "Say something."))
        await contact.waits("13h")  # The window closes at 10:00 in Stockholm, before "marketing".
        await contact.receives_event("tell", telling(("Half price!", {"purpose": "marketing"})))
        await contact.receives_event("tell", telling(("Alarm!", {"urgent": True})))
        sees(contact)

        await talk(contact, ("hello", "Half price!", "Alarm!", "Say something."))

    @STOCKHOLM
    async def test_age_counts_from_the_end_of_quiet_hours_even_if_the_contact_writes_before(
        self, contact
    ):
        await talk(contact, ("digest", "Say something."))
        await contact.waits("12h")
        await contact.receives_event("tell", telling(("Good news.", {"max_age": "10m"})))
        await contact.waits("20m")
        await talk(contact, ("hello", "Good news.", "Say something."))

    @STOCKHOLM
    async def test_question_too_old_behind_a_longer_wait_is_not_reminded_of(self, contact):
        await talk(contact, ("digest", "Say something."))
        await contact.waits("13h")  # 23:00 in Stockholm
        await contact.receives_event("tell", telling(("Half price!", {"purpose": "marketing"})))
        await contact.receives_event("flash")
        await contact.waits("14h")
        sees(contact, "Half price!")

        await talk(contact, ("hello", "Say something."))
