"""Events of programs and starts from outside: which run they are for, and when they wait."""

import logging
from datetime import timedelta

import pytest

from bot import END, HANDOFF, Flow, FlowError, Option, Turn, ask, choose, on, parse, step
from bot.conversation_api.recipients import Recipients
from bot.errors import AlreadyActive
from bot.items.inbound import Item, OperatorCommand, encode
from bot.ops.broadcast import Broadcast, FlowStart
from bot.ops.csv_rows import Row


class Order(Flow):
    start_on = ("order",)

    customer = ask("Name?", accept=parse.text(), to="pay")
    pay = choose("Pay here.", {"no": Option("Give up", to=END)}, timeout=("2h", "cancel"))

    @on("paid", to="thanks", states="pay")
    def paid(self, turn: Turn) -> str:
        return "thanks"

    @on("noted")
    def noted(self, turn: Turn) -> None:
        turn.say("Noted.")

    @step(to="more")
    def thanks(self, turn: Turn) -> str:
        turn.say("Thank you, it is paid.")
        return "more"

    more = choose("Anything else?", {"n": Option("No", to=END)})

    @step(to=END)
    def cancel(self, turn: Turn) -> str:
        turn.say("The order is canceled.")
        return END


class Silent(Flow):
    start_on = ("silent",)

    wait = ask("Well?", accept=parse.text(), to=END, timeout=("2h", END))


class Hours(Flow):
    start_on = ("hours",)

    day = choose("Which day?", {"mon": Option("Monday", to=END)})


class Strict(Flow):
    start_on = ("strict",)

    count = ask(
        "How many?",
        accept=parse.integer(),
        reask="Try again.",
        attempts=2,
        otherwise=END,
        to=END,
    )


class Twofold(Flow):
    one = ask("One?", accept=parse.text(), to="two")
    two = ask("Two?", accept=parse.text(), to=END)


class Outage(Flow):
    start_on_events = ("outage",)
    key = "number"

    power = ask(lambda data: f"Outage {data.number}: power back?", accept=parse.text(), to=END)

    @on("over", to=END)
    def over(self, turn: Turn) -> str:
        turn.say(f"Outage {self.data.number} is over.")
        return END


class Keyless(Flow):
    key = "number"

    power = ask("Power back?", accept=parse.text(), to=END)


class Plan(Flow):
    start_on = ("plan",)

    @step(to=END)
    def plan(self, turn: Turn) -> str:
        turn.schedule("tick", turn.now + timedelta(hours=1))
        turn.say("Planned.")
        return END


class Tick(Flow):
    start_on_events = ("tick",)

    @step(to=END)
    def tell(self, turn: Turn) -> str:
        turn.say("Tick.")
        return END


class News(Flow):
    @step(to=END)
    def tell(self, turn: Turn) -> str:
        turn.say("We have moved.")
        return END


class Survey(Flow):
    happy = choose("Happy?", {"y": Option("Yes", to=END), "p": Option("Talk", to=HANDOFF)})


pytestmark = pytest.mark.flows(
    [Order, Silent, Hours, Outage, Keyless, Plan, Tick, News, Survey, Strict, Twofold]
)


async def says(contact, *texts):
    for text in texts:
        await contact.says(text)


async def resume(contact, simulation):
    await simulation.bot.resume(contact.session.address)
    await contact.run_until_idle()


async def test_an_event_reaches_the_interrupted_flow_in_its_place(contact):
    await says(contact, "order", "Ada", "hours")
    await contact.receives_event("paid")
    contact.sees("Thank you, it is paid.")
    contact.sees_nothing()
    await contact.says("monday")

    contact.sees("Anything else?")


async def test_a_handler_that_stays_repeats_no_question(contact):
    await says(contact, "order", "Ada")
    await contact.receives_event("noted")

    contact.sees("Noted.")
    contact.sees_nothing()


async def test_an_event_waits_while_a_person_handles_the_contact(contact, simulation):
    await says(contact, "order", "Ada", "agent")
    await contact.receives_event("paid")
    contact.sees_nothing()
    await resume(contact, simulation)

    contact.sees("Thank you, it is paid.")
    contact.sees("Anything else?")


async def test_a_payment_is_heard_before_the_time_out_that_would_cancel_it(contact, simulation):
    await says(contact, "order", "Ada", "agent")
    await contact.waits("1h")
    await contact.receives_event("paid")
    await contact.waits("3h")
    await resume(contact, simulation)

    contact.sees("Thank you, it is paid.")
    assert "canceled" not in contact.transcript


async def test_a_time_out_that_ended_the_flow_meanwhile_is_told(contact, simulation):
    await says(contact, "silent", "agent")
    await contact.waits("3h")
    await resume(contact, simulation)

    contact.sees("The time for your answer has run out.")
    assert contact.flow is None


async def test_a_time_out_that_spoke_itself_is_not_told_again(contact, simulation):
    await says(contact, "order", "Ada", "agent")
    await contact.waits("3h")
    await resume(contact, simulation)

    contact.sees("The order is canceled.")
    contact.sees_nothing()


async def test_a_scheduled_event_waits_for_the_hand_over_to_end(contact):
    await says(contact, "plan", "agent")
    await contact.waits("26h")

    assert "Tick." in contact.transcript


async def test_a_scheduled_event_that_starts_a_flow_waits_for_start(contact):
    await says(contact, "plan", "STOP")
    await contact.waits("2h")
    await contact.says("START")

    contact.sees("Welcome back.")
    contact.sees("Tick.")


async def test_an_event_that_waits_for_start_expires_after_a_day(contact):
    await says(contact, "plan", "STOP")
    await contact.waits("26h")
    await contact.says("START")

    contact.sees("Welcome back.")
    contact.sees_nothing()
    assert [each.reason for each in contact.session.unhandled] == ["expired"]


async def test_events_during_a_hand_over_of_a_stopped_contact_wait_for_start_or_not_at_all(
    contact, simulation
):
    await says(contact, "order", "STOP")
    await simulation.bot.pause(contact.session.address)
    await contact.receives_event("outage", {"number": 1})
    await simulation.bot.trigger(contact.session.address, "noted", expires="2h")
    await contact.run_until_idle()
    assert [each.reason for each in contact.session.unhandled] == ["opted_out"]
    await simulation.bot.resume(contact.session.address)
    await contact.says("START")

    contact.sees("Welcome back.")
    contact.sees("Outage 1: power back?")


async def test_two_events_start_two_runs(contact):
    await contact.receives_event("outage", {"number": 1})
    await contact.receives_event("outage", {"number": 2})
    contact.sees("Outage 2")
    await contact.says("it is")

    contact.sees("Outage 1")


async def test_the_key_picks_the_run_that_an_event_is_for(contact):
    await contact.receives_event("outage", {"number": 1})
    await contact.receives_event("outage", {"number": 2})
    await contact.receives_event("over", {"number": 1})
    contact.sees("Outage 1 is over.")
    await contact.receives_event("outage", {"number": 2})

    contact.sees_nothing()
    assert [run.data["number"] for run in contact.session.runs] == [2]


def without_key(caplog):
    return [each for each in caplog.records if getattr(each, "action", "") == "event_without_key"]


async def test_an_event_without_the_key_goes_to_the_topmost_run_with_a_warning(contact, caplog):
    await contact.receives_event("outage", {"number": 1})
    await contact.receives_event("outage", {"number": 2})
    await contact.receives_event("over", {"numbr": 1})
    contact.sees("Outage 2 is over.")

    (line,) = without_key(caplog)
    assert line.levelname == "WARNING"
    named = (line.event_name, line.flow, line.key, line.runs)
    assert named == ("over", "outage", "number", 2)


async def test_an_event_with_one_run_or_with_run_needs_no_key(contact, simulation, caplog):
    await contact.receives_event("outage", {"number": 1})
    await contact.receives_event("outage", {"number": 2})
    second = contact.session.runs[1].id
    await simulation.bot.trigger(contact.session.address, "over", run=second)
    await contact.run_until_idle()
    contact.sees("Outage 2 is over.")
    await contact.receives_event("over")
    contact.sees("Outage 1 is over.")

    assert without_key(caplog) == []


async def test_run_picks_the_run_that_an_event_is_for(contact, simulation):
    await contact.receives_event("outage", {"number": 1})
    await contact.receives_event("outage", {"number": 2})
    first = contact.session.runs[0].id
    await simulation.bot.trigger(contact.session.address, "over", run=first)
    await contact.run_until_idle()

    contact.sees("Outage 1 is over.")


async def test_an_event_that_expires_waits_for_its_flow(contact, simulation):
    await says(contact, "hours")
    await simulation.bot.trigger(contact.session.address, "paid", expires="1h")
    await contact.run_until_idle()
    await says(contact, "monday", "order", "Ada")

    contact.sees("Thank you, it is paid.")


async def test_an_event_that_nobody_handles_is_shown(contact, simulation, caplog):
    caplog.set_level(logging.WARNING)
    await says(contact, "hours")
    await contact.receives_event("paid")
    assert [each.event for each in contact.session.unhandled] == ["paid"]
    await simulation.bot.trigger(contact.session.address, "paid", expires="1h")
    await contact.waits("2h")

    assert [each.reason for each in contact.session.unhandled] == ["no_flow", "expired"]
    assert [each.getMessage() for each in caplog.records] == [
        "Event 'paid' was not handled (active flow: hours)"
    ] * 2


async def test_events_beyond_the_bound_are_unhandled(contact):
    await says(contact, "order", "Ada", "agent")
    for _ in range(21):
        await contact.receives_event("noted")

    assert len(contact.session.waiting) == 20
    assert [each.reason for each in contact.session.unhandled] == ["too_many"]


async def test_what_is_started_from_outside_goes_on_top_and_returns(contact):
    await says(contact, "order", "Ada")
    await contact.starts_flow("survey")
    contact.sees("Happy?")
    await contact.says("yes")

    contact.sees("Pay here.")


async def test_a_flow_that_asks_nothing_leaves_the_question_open(contact):
    await says(contact, "order")
    await contact.starts_flow("news")
    contact.sees("We have moved.")
    contact.sees_nothing()
    await contact.says("Ada")

    contact.sees("Pay here.")


async def test_a_start_that_replaces_ends_what_was_active(contact, simulation):
    await says(contact, "order", "hours")
    await simulation.bot.start(contact.session.address, "survey", replace=True)
    await contact.run_until_idle()

    assert [run.flow for run in contact.session.runs] == ["survey"]


async def test_a_start_waits_while_a_person_handles_the_contact(contact, simulation):
    await says(contact, "order", "agent")
    await contact.starts_flow("survey")
    contact.sees_nothing()
    await resume(contact, simulation)
    contact.sees("Happy?")
    contact.sees_nothing()
    await contact.says("yes")

    contact.sees("Name?")


async def test_an_answer_written_before_the_question_belongs_to_the_one_below(contact, simulation):
    await says(contact, "order")
    contact.phone.says("Ada")
    simulation.clock.advance_to(simulation.clock.now() + 5)
    await simulation.bot.start(contact.session.address, "survey")
    await contact.run_until_idle()

    assert "Happy?" in contact.transcript
    assert [run.flow for run in contact.session.runs] == ["survey", "order"]
    assert contact.data == {"customer": "Ada"}


class Twice(Flow):
    start_on = ("twice",)

    @step(to=END)
    def plan(self, turn: Turn) -> str:
        turn.schedule("a:b", turn.now + timedelta(hours=1), id="c")
        turn.schedule("a", turn.now + timedelta(hours=2), id="b:c")
        return END


class First(Flow):
    start_on_events = ("a:b",)

    @step(to=END)
    def tell(self, turn: Turn) -> str:
        turn.say("First.")
        return END


class Second(Flow):
    start_on_events = ("a",)

    @step(to=END)
    def tell(self, turn: Turn) -> str:
        turn.say("Second.")
        return END


@pytest.mark.flows([Twice, First, Second])
async def test_scheduled_events_with_colons_in_their_names_stay_apart(contact):
    await contact.says("twice")
    await contact.waits("3h")

    contact.sees("First.")
    contact.sees("Second.")


class Cheer(Flow):
    start_on = ("cheer",)

    q = ask("Q?", accept=parse.text(), to=END)

    @on("delivered", "failed")
    def cheer(self, turn: Turn) -> None:
        reported.append(turn.event)
        turn.say("It has come.")


reported: list[str] = []


@pytest.mark.flows([Cheer])
@pytest.mark.parametrize("fails", ["", "RECIPIENT_NOT_REACHABLE"])
async def test_reports_do_not_feed_themselves(contact, fails):
    reported.clear()
    if fails:
        await contact.delivers(failed=fails)
    await contact.says("cheer")

    assert reported == ["failed" if fails else "delivered"]


@pytest.mark.flows([Cheer, Hours])
async def test_a_report_goes_to_the_run_that_said_the_message(contact):
    await says(contact, "cheer", "hours")

    assert contact.transcript.count("It has come.") == 1


async def test_an_event_that_waits_is_heard_by_the_flow_that_a_later_one_starts(
    contact, simulation
):
    await contact.says("hours")
    address = contact.session.address
    await simulation.bot.pause(address)
    await simulation.bot.trigger(address, "over", {"number": 1}, expires="2h")
    await simulation.bot.trigger(address, "outage", {"number": 1})
    await simulation.bot.resume(address)
    await contact.run_until_idle()

    contact.sees("Outage 1 is over.")
    contact.sees("Which day?")


async def test_attempts_are_counted_from_the_start_after_a_hand_over(contact, simulation):
    await contact.says("strict")
    await contact.says("no number")
    contact.sees("Try again.")
    await contact.starts_flow("hours")
    await simulation.bot.pause(contact.session.address)
    await simulation.bot.resume(contact.session.address)
    await contact.says("Monday")
    contact.sees("How many?")
    await contact.says("no number")

    contact.sees("Try again.")


async def test_a_quick_answer_stays_with_the_chain_that_has_asked_before(contact, simulation):
    await says(contact, "order")
    await contact.starts_flow("twofold")
    contact.phone.says("five", late_s=5)
    await contact.says("three")
    await contact.waits("5s")

    finished = simulation.finished[contact.session.address.key]
    assert finished == {"one": "three", "two": "five"}


async def test_run_counts_even_if_the_key_differs(contact, simulation):
    await contact.receives_event("outage", {"number": 1})
    (run,) = contact.session.runs
    await simulation.bot.trigger(contact.session.address, "over", {"number": 2}, run=run.id)
    await contact.run_until_idle()

    contact.sees("Outage 1 is over.")


async def move(contact, simulation, flow, state):
    """Put the contact into a state, as an operator does."""
    command = OperatorCommand("move", flow=flow, state=state)
    address, now = contact.session.address, simulation.clock.now()
    item = Item(f"command:{flow}", now, command=command, address=address)
    await simulation.bot.store.queue.accept(address.key, encode(item), item.id, now)
    await contact.run_until_idle()


async def test_a_move_waits_while_a_person_handles_the_contact(contact, simulation):
    await says(contact, "order", "agent")
    contact.sees("A colleague will take over.")
    await move(contact, simulation, "order", "thanks")
    contact.sees_nothing()
    await resume(contact, simulation)

    contact.sees("Thank you, it is paid.")


async def test_a_contact_who_said_stop_is_not_moved(contact, simulation):
    await says(contact, "order", "STOP")
    await move(contact, simulation, "order", "thanks")
    await contact.says("START")

    assert "Thank you" not in contact.transcript
    assert contact.flow is None


async def test_a_program_starts_no_second_run_with_the_same_key(contact, simulation):
    address = (await _with_outage(contact)).session.address
    assert await simulation.bot.start(address, "outage", {"number": 8})
    await contact.run_until_idle()
    contact.sees("Outage 8: power back?")

    with pytest.raises(AlreadyActive, match=r"'outage' is active .* the same 'number'"):
        await simulation.bot.start(address, "outage", {"number": 7})
    assert [run.data["number"] for run in contact.session.runs] == [7, 8]
    assert await simulation.bot.start(address, "outage", {"number": 7}, replace=True)
    await contact.run_until_idle()
    assert [run.data["number"] for run in contact.session.runs] == [7]


async def test_a_repeated_start_with_the_same_key_is_a_repeat(contact, simulation):
    await contact.says("hello")
    address = contact.session.address
    assert await simulation.bot.start(address, "outage", {"number": 7}, id="1")
    await contact.run_until_idle()

    assert not await simulation.bot.start(address, "outage", {"number": 7}, id="1")
    await contact.run_until_idle()
    assert len(contact.session.runs) == 1


async def test_of_two_starts_with_the_same_key_at_once_the_second_is_unhandled(contact, simulation):
    await contact.says("hello")
    for _ in range(2):
        await simulation.bot.start(contact.session.address, "outage", {"number": 7})
    await contact.run_until_idle()

    contact.sees("Outage 7: power back?")
    contact.sees_nothing()
    assert [(each.event, each.reason) for each in contact.session.unhandled] == [
        ("start outage", "same_key")
    ]


async def test_a_start_that_waited_for_a_person_starts_no_second_run_with_the_same_key(
    contact, simulation
):
    await contact.says("agent")
    for _ in range(2):
        await simulation.bot.start(contact.session.address, "outage", {"number": 7})
    await contact.run_until_idle()
    await resume(contact, simulation)

    assert len(contact.session.runs) == 1
    assert [each.reason for each in contact.session.unhandled] == ["same_key"]


async def test_starts_without_the_key_are_runs_of_their_own(contact, simulation):
    await contact.says("hello")
    for _ in range(2):
        await simulation.bot.start(contact.session.address, "keyless")
        await contact.run_until_idle()

    assert len(contact.session.runs) == 2


async def test_an_event_with_the_key_of_a_run_that_cannot_take_it_is_unhandled(contact):
    await _with_outage(contact)
    await contact.receives_event("outage", {"number": 7})

    assert [each.reason for each in contact.session.unhandled] == ["same_key"]


async def test_a_broadcast_reports_rows_with_the_key_of_a_run(contact, simulation):
    await contact.says("hello")
    bot, settings, clock = simulation.bot, simulation.settings, simulation.clock
    recipients = Recipients(bot.store, bot.api, settings, clock)
    for name in ("first", "second"):
        one = Broadcast(name, FlowStart("outage"), bot, recipients, settings, clock)
        await one.run([Row(2, contact.session.address, {"number": "7"})], 0)
    await contact.run_until_idle()
    third = Broadcast("third", FlowStart("outage"), bot, recipients, settings, clock)
    await third.run([Row(2, contact.session.address, {"number": "7"})], 0)

    [failed] = third.summary.failed
    assert "'outage' is active for this contact with the same 'number'" in failed.error
    contact.sees("Outage 7: power back?")
    contact.sees_nothing()
    found = await bot.store.outcomes.count("second")
    assert (found.waiting, found.failed) == (0, {"same_key": 1})


async def _with_outage(contact):
    await contact.says("hello")
    await contact.receives_event("outage", {"number": 7})
    contact.sees("Outage 7: power back?")
    return contact


async def test_data_that_json_cannot_hold_is_refused(contact, simulation):
    await contact.says("order")

    with pytest.raises(FlowError, match=r"can't be stored as JSON: .*Decimalish"):
        await simulation.bot.trigger(contact.session.address, "noted", {"order": Decimalish()})


class Decimalish:
    """Not a value that JSON can hold."""
