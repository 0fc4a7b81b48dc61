"""Crash points: what a worker's death must not change, and what it shows of a careless flow."""

import asyncio

import pytest

from bot import END, Flow, Option, ask, choose, parse, step


class Oven:
    """The outside: counts what was ordered."""

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

    tip = ask("A tip?", accept=parse.whole(min=0), to=END, remind={"10m": "No tip?"})


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
            contact.sees("Which colour?")

    with pytest.raises(AssertionError, match=r"killed .*point 2 of .*expected 'Which colour"):
        await crash_points(order)


@pytest.mark.flows([Careful])
async def test_stand_ins_are_given_to_each_run(crash_points):
    async def order(contact):
        await contact.says("pizza")
        await contact.says("small")
        contact.sees("Order 99.")

    Oven.orders = 0
    await crash_points(order, prepare=lambda services: services.returns(Oven.order, 99))

    assert Oven.orders == 0
