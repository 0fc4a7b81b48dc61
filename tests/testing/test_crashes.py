"""Crash points: what a crash must not change, and what it shows about a careless flow."""

import asyncio
import re
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bot import END, Flow, Option, ask, choose, on, parse, step
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.store.queue import Queue
from bot.testing.simulation import needed_triggers


class Oven:
    """Another system, which counts orders."""

    orders = 0

    @classmethod
    async def order(cls, size: str) -> int:
        await asyncio.sleep(0)
        cls.orders += 1
        return 7


class Careful(Flow):
    start_on = ("pizza",)

    size = choose("Which size?", {"s": Option("Small", to="place"), "l": Option("Large", to=END)})

    @step(to="tip")
    async def place(self, turn):
        turn.say("One moment.")
        number = await turn.once(Oven.order, self.data.size)
        turn.say(f"Order {number}.")
        return "tip"

    tip = ask("A tip?", accept=parse.integer(min=0), to=END, remind={"10m": "No tip?"})


class Careless(Flow):
    start_on = ("pizza",)
    runs = 0

    @step(to=END)
    async def place(self, turn):
        type(self).runs += 1
        await asyncio.sleep(0)
        turn.say(f"Run {type(self).runs}")
        return END


@pytest.mark.flows([Careful])
async def test_a_crash_at_any_point_changes_nothing(crash_points):
    async def order(contact):
        await contact.says("pizza")
        await contact.says("small")
        contact.sees("One moment.")
        contact.sees("Order 7.")
        await contact.waits("11m")
        contact.sees("No tip?")
        await contact.says("2")

    Oven.orders = 0
    points = await crash_points(order)

    assert points > 40
    # The undisturbed run and one per point; and the two points where the result is lost.
    assert points + 1 < Oven.orders <= points + 4


@pytest.mark.flows([Careless])
async def test_a_flow_that_keeps_things_in_memory_is_caught(crash_points):
    async def order(contact):
        Careless.runs = 0
        await contact.says("pizza")

    with pytest.raises(AssertionError, match=r"killed .* \(point \d+ of \d+\)") as caught:
        await crash_points(order)

    assert "-< Run 1" in str(caught.value)
    assert "+< Run 2" in str(caught.value)


@pytest.mark.flows([Careful])
async def test_a_failed_expectation_names_the_point(crash_points):
    seen = []

    async def order(contact):
        await contact.says("pizza")
        seen.append(contact)
        if len(seen) == 3:
            contact.sees("Which color?")

    with pytest.raises(AssertionError, match=r"killed .*point 2 of .*expected 'Which color"):
        await crash_points(order)


class Apology(Flow):
    start_on_events = ("failed",)

    @step(to=END)
    def sorry(self, turn):
        turn.say("Sorry, that didn't reach you.")
        return END


def test_a_flow_begun_by_a_report_is_told_of_it():
    assert "MESSAGE_DELIVERY" in needed_triggers(Flows([of_class(Careful), of_class(Apology)]))
    assert "MESSAGE_DELIVERY" not in needed_triggers(Flows([of_class(Careful)]))


@pytest.mark.flows([Careful])
async def test_stand_ins_are_given_to_each_run(crash_points):
    async def order(contact):
        await contact.says("pizza")
        await contact.says("small")
        contact.sees("Order 99.")

    Oven.orders = 0
    await crash_points(order, prepare=lambda services: services.returns(Oven.order, 99))

    assert Oven.orders == 0


@pytest.mark.flows([Careful])
async def test_a_callback_that_was_not_answered_comes_again_and_is_handled_once(
    crash_points, monkeypatch
):
    async def order(contact):
        await contact.says("pizza")
        contact.sees("Which size?")

    await crash_points(order)
    numbers, accept = count(), Queue.accept

    async def forgetful(self, contact, item, id, now):
        return await accept(self, contact, item, f"{id}-{next(numbers)}", now)

    monkeypatch.setattr(Queue, "accept", forgetful)
    with pytest.raises(AssertionError, match=r"killed after store.queue.accept \(point"):
        await crash_points(order)


def flow_of_page(page: str, path: str) -> type[Flow]:
    """Return the flow that a page of the documentation writes into this file."""
    text = (Path(__file__).parents[2] / "docs" / page).read_text()
    found = re.search(rf"```python\n(# {re.escape(path)}\n.*?)```", text, re.DOTALL)
    assert found is not None
    module: dict[str, Any] = {"__name__": __name__}
    exec(found[1], module)
    return next(
        each
        for each in module.values()
        if isinstance(each, type) and issubclass(each, Flow) and each is not Flow
    )


@pytest.mark.flows([flow_of_page("events.md", "flows/parcel.py")])
async def test_an_event_has_the_same_outcome_wherever_the_bot_is_killed(crash_points):
    async def ship(contact):
        await contact.says("parcel")
        await contact.says("Main street 1")
        await contact.receives_event("order_shipped", {"number": 7})
        contact.sees("Parcel 7 is on its way.")

    assert await crash_points(ship) > 40


_KEYS: Counter[str] = Counter()


class Keyed(Flow):
    start_on = ("keyed",)

    number = ask("A number?", accept=parse.integer(), to="note")

    @step(to=("number", END))
    async def note(self, turn):
        _KEYS[turn.item.id] += 1
        await asyncio.sleep(0)
        turn.say("Noted.")
        return "number"

    @on("done", to="note")
    def finish(self, turn):
        return "note"


@pytest.mark.flows([Keyed])
async def test_the_id_of_an_action_is_the_same_in_each_repetition(crash_points):
    _KEYS.clear()

    async def order(contact):
        await contact.starts_flow("keyed")
        await contact.says("5")
        await contact.receives_event("done")
        await contact.says("6")

    points = await crash_points(order, sample=20)

    assert len(_KEYS) == 3
    assert points > 60
    assert min(_KEYS.values()) > 20


class Parcel(Flow):
    start_on = ("parcel",)

    waiting = ask("On its way.", accept=parse.text(), to="waiting")

    @on("late")
    def apologize(self, turn):
        turn.say("It will be late.")


@pytest.mark.flows([Parcel])
async def test_an_hour_in_which_answers_are_counted_may_begin_later_after_a_crash(crash_points):
    async def conversation(contact):
        await contact.says("parcel")
        await contact.waits("2h")
        await contact.receives_event("late")
        await contact.says("oh")

    assert await crash_points(conversation) > 0
