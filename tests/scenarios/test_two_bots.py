"""Two bots, each with flows that take any text, write to each other."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from bot import END, Flow, ask, parse
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.settings import Settings
from bot.store import Store
from bot.telemetry import metrics
from bot.testing import SimulatedContact, Simulation

LIMIT = 40
"""Answers in an hour: fewer than by default, for the sake of time."""


class Shop(Flow):
    fallback = True

    order = ask("What would you like?", accept=parse.text(), to="order")


class Survey(Flow):
    start_on = ("survey",)

    opinion = ask("What do you think of us?", accept=parse.text(), to="reason")
    reason = ask("Why is that?", accept=parse.text(), to="opinion", remind={"30m": "Well?"})


class Greeting(Flow):
    start_on = ("hello",)

    caller = ask("Who are you?", accept=parse.text(), to=END)


class Pair:
    """Two bots, each of which is a contact of the other one: a shop and a survey."""

    def __init__(self, shop: Simulation, survey: Simulation) -> None:
        self.bots = (shop, survey)
        self.there = (SimulatedContact(shop), SimulatedContact(survey))
        self.heard = [0, 0]

    async def talk(self, max_rounds: int) -> int:
        """Send each bot's texts to the other until both are silent. Return the number of rounds."""
        for rounds in range(max_rounds):
            has_spoken = False
            for here, other in ((0, 1), (1, 0)):
                shown = self.there[here].phone.shown
                texts = [each.text for each in shown[self.heard[here] :]]
                self.heard[here] = len(shown)
                for text in texts:
                    has_spoken = True
                    await self.there[other].says(text)
            if not has_spoken:
                return rounds
            await self.wait(2)
        return max_rounds

    async def wait(self, seconds: float) -> None:
        for each in self.bots:
            await each.wait(seconds)


@pytest.fixture
async def pair(bot_settings) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        bots = []
        for name, flows in (("shop", [Shop]), ("survey", [Survey, Greeting])):
            settings = replace(
                bot_settings, namespace=f"{bot_settings.namespace}-{name}", max_answers=LIMIT
            )
            store = await stack.enter_async_context(await Store.open(settings))
            simulation = Simulation(store, Flows([of_class(each) for each in flows]), settings)
            stack.push_async_callback(simulation.aclose)
            bots.append(simulation)
        yield Pair(*bots)


def test_answers_in_an_hour_are_limited_by_default():
    assert Settings().max_answers == 600


async def test_two_bots_that_take_any_text_fall_silent_at_the_limit(pair, caplog):
    before = metrics.unanswered.counts().get("answers_per_hour", 0)
    shop, survey = pair.there
    await survey.says("survey")

    assert await pair.talk(max_rounds=200) <= LIMIT + 1
    assert max(len(shop.phone.shown), len(survey.phone.shown)) == LIMIT
    logged = [each for each in caplog.records if getattr(each, "action", "") == "unanswered"]
    assert [each.reason for each in logged] == ["answers_per_hour"]
    assert metrics.unanswered.counts()["answers_per_hour"] - before == 1

    person = SimulatedContact(pair.bots[1])
    await person.says("hello")
    person.sees("Who are you?")

    await pair.wait(3_600)
    shown = len(survey.phone.shown)
    await survey.says("survey")
    assert len(survey.phone.shown) > shown
