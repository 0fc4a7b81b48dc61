"""An event that a flow schedules happens at its time, even if the flow has ended."""

from datetime import UTC, datetime, timedelta
from unittest.mock import create_autospec

import pytest

from bot import END, Flow, Option, Turn, ask, choose, on, parse, step
from bot.contact.address import Address
from bot.contact.session import Session
from bot.errors import FlowError
from bot.items.inbound import CustomEvent, Item, OperatorCommand, encode, of_schedule
from bot.testing.simulation import EndlessLoop
from bot.turn.call_journal import Journal
from bot.turn.effects import TurnEffects
from bot.turn.turn import Turn as AnyTurn


class Visit(Flow):
    start_on = ("visit",)

    day = ask("Which day?", accept=parse.date(), to="book")

    @step(to="booked")
    def book(self, turn: Turn) -> str:
        at = datetime.combine(self.data.day, datetime.min.time(), UTC)
        turn.schedule("visit_tomorrow", at - timedelta(hours=6), {"day": f"{self.data.day}"})
        return "booked"

    booked = choose(
        "Booked.", {"ok": Option("OK", to=END), "no": Option("Cancel it", to="cancelled")}
    )

    @on("visit_tomorrow")
    def early(self, turn: Turn) -> None:
        turn.say("See you soon.")

    @step(to=END)
    def cancelled(self, turn: Turn) -> str:
        turn.unschedule("visit_tomorrow")
        return END


class Reminder(Flow):
    start_on_events = ("visit_tomorrow",)

    @step(to=END)
    def tell(self, turn: Turn) -> str:
        turn.say(f"Tomorrow is your visit: {self.data.day}.")
        return END


class Hours(Flow):
    start_on = ("hours",)

    day = choose("Weekday or weekend?", {"week": Option("Weekday", to=END)})


class Alarms(Flow):
    start_on_events = ("ring",)

    @step(to=END)
    def ring(self, turn: Turn) -> str:
        if turn.event == "ring":
            turn.say(turn.event_data["which"])
            turn.unschedule("ring", id="2")
            return END
        for number, which in enumerate(("first", "second"), 1):
            turn.schedule(
                "ring", turn.now + timedelta(hours=number), {"which": which}, id=f"{number}"
            )
        return END


pytestmark = pytest.mark.flows([Visit, Reminder, Hours, Alarms])


async def book(contact, day="2026-01-09"):
    await contact.says("visit")
    await contact.says(day)


async def test_reaches_a_contact_with_whom_nothing_is_under_way(contact):
    await book(contact)
    await contact.taps("OK")
    await contact.waits("3d")
    contact.sees_nothing()
    await contact.waits("10h")

    contact.sees("Tomorrow is your visit: 2026-01-09.")
    contact.sees_nothing()
    assert contact.flow is None
    assert not contact.session.scheduled


async def test_reaches_the_flow_that_handles_it(contact):
    await book(contact)
    await contact.waits("4d")

    contact.sees("See you soon.")
    contact.sees_nothing()


async def test_is_told_amid_another_flow_whose_question_stays_open(contact):
    await book(contact)
    await contact.taps("OK")
    await contact.says("hours")
    await contact.waits("4d")

    contact.sees("Tomorrow is your visit")
    contact.sees_nothing()
    assert contact.flow == "hours"


async def test_does_not_happen_once_it_is_unscheduled(contact):
    await book(contact)
    await contact.taps("Cancel it")
    await contact.waits("9d")

    contact.sees_nothing()


async def test_scheduled_again_it_happens_at_the_new_time_alone(contact):
    await book(contact)
    await contact.taps("OK")
    await book(contact, "2026-01-20")
    await contact.taps("OK")
    await contact.waits("9d")
    contact.sees_nothing()
    await contact.waits("9d")

    contact.sees("Tomorrow is your visit: 2026-01-20.")
    contact.sees_nothing()


async def test_one_that_was_moved_since_it_came_due_does_not_happen(contact, simulation):
    await book(contact)
    await contact.taps("OK")
    key, now = contact.session.address.key, simulation.clock.now()
    came_due = of_schedule(CustomEvent("visit_tomorrow", {}, "visit_tomorrow"), now)
    await simulation.bot.store.queue.accept(key, came_due, "came-due", now)
    await contact.run_until_idle()

    contact.sees_nothing()
    assert contact.session.scheduled


async def test_ends_with_the_contact(contact, simulation):
    await book(contact)
    await contact.taps("OK")
    key, now = contact.session.address.key, simulation.clock.now()
    gone = encode(Item("gone", at=now, command=OperatorCommand("merge")))
    await simulation.bot.store.queue.accept(key, gone, "gone", now)
    await contact.run_until_idle()

    assert await simulation.bot.store.reader.timers(key) == []


async def test_several_of_a_name_have_ids(contact):
    await contact.starts_flow("alarms")
    await contact.waits("1h")
    contact.sees("first")
    await contact.waits("2h")

    contact.sees_nothing()


async def test_who_said_stop_is_not_reminded(contact):
    await book(contact)
    await contact.stops()
    await contact.waits("9d")

    contact.sees_nothing()


@pytest.mark.exhaustive
async def test_survives_crashes_and_happens_once(crash_points):
    async def conversation(contact):
        await book(contact)
        await contact.taps("OK")
        await contact.waits("4d")
        contact.sees("Tomorrow is your visit")
        contact.sees_nothing()

    await crash_points(conversation)


class Rounds(Flow):
    """Each event schedules the next event, `gap_s` seconds from now or from the last event."""

    start_on_events = ("go",)
    kept = ask("Which one?", accept=parse.text(), to=END)

    @on("go", "tick", "tock")
    def go(self, turn: Turn) -> None:
        rung.append(turn.now)
        names = self.data.names
        after = names[(names.index(turn.event) + 1) % len(names)] if turn.event in names else "tick"
        since = turn.now if self.data.since == "now" else datetime.fromtimestamp(turn.item.at, UTC)
        if len(rung) < MAX_RUNG:
            turn.schedule(after, since + timedelta(seconds=self.data.gap_s))


rung: list[datetime] = []
MAX_RUNG = 120


async def start_rounds(contact, names, gap_s, since="now"):
    rung.clear()
    await contact.receives_event("go", {"names": names, "gap_s": gap_s, "since": since})
    await contact.receives_event("go")


@pytest.mark.flows([Rounds])
@pytest.mark.parametrize(
    ("names", "gap_s"), [(["tick"], 0), (["tick"], -3600), (["tick", "tock"], 0.5)]
)
async def test_events_in_a_circle_without_a_delay_end_a_test(contact, names, gap_s):
    async def run() -> None:
        await start_rounds(contact, names, gap_s)
        await contact.waits("2h")

    with pytest.raises(EndlessLoop, match="event 'tick' is scheduled in a circle"):
        await run()

    assert len(rung) == 101


@pytest.mark.flows([Rounds])
async def test_events_in_a_circle_without_a_delay_become_one_dead_letter(contact, simulation):
    simulation.bot.engine.around = None  # As in production: a simulation would end the test.
    await start_rounds(contact, ["tick"], 0)

    assert len(rung) == 101
    assert len([each async for each in simulation.bot.store.admin.dead_letters()]) == 1
    assert await simulation.bot.store.reader.timers(contact.session.address.key) == []


@pytest.mark.flows([Rounds])
@pytest.mark.parametrize("gap_s", [1, 60])
async def test_periodic_events_go_on(contact, gap_s):
    await start_rounds(contact, ["tick"], gap_s)
    await contact.waits(f"{gap_s * MAX_RUNG}s")

    assert len(rung) == MAX_RUNG


@pytest.mark.flows([Rounds])
async def test_a_worker_that_was_away_catches_up_with_the_events_of_each_minute(
    contact, simulation
):
    await start_rounds(contact, ["tick"], 60, since="last")
    simulation.clock.advance_to(simulation.clock.now() + 86_400)
    await contact.run_until_idle()

    assert len(rung) == MAX_RUNG


@pytest.mark.flows([Rounds])
async def test_events_in_a_circle_that_wait_for_a_person_go_on(contact, simulation):
    await start_rounds(contact, ["tick"], 60)
    await simulation.bot.pause(contact.session.address)
    await contact.waits("2h")
    await simulation.bot.resume(contact.session.address)
    await contact.waits("1h")

    assert 60 <= len(rung) <= 63


def test_a_number_and_a_time_without_a_zone_are_refused():
    session = Session(Address("", "SMS", "1"))
    turn = AnyTurn(TurnEffects(session, Item("1"), None, 0.0, create_autospec(Journal)))

    with pytest.raises(FlowError, match=r"'ring' .* has no time zone"):
        turn.schedule("ring", datetime(2026, 1, 5))  # noqa: DTZ001
    with pytest.raises(FlowError, match=r"'ring' is scheduled for 3600, which is no time\."):
        turn.schedule("ring", 3600)  # type: ignore[arg-type]
