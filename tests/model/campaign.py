"""Runs generated conversations on the engine, and shortens those that differ from the model."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random

from bot.engine.machines import Limits
from bot.settings import Settings
from bot.store import Store
from bot.testing.simulation import Simulation
from tests.model.driver import Difference, begin, play
from tests.model.flow_data import Flows
from tests.model.generator import Act, Actor, make_flows
from tests.model.real_flows import real_flows
from tests.model.release_data import next_release
from tests.model.stack import Unspecified

FEATURES = frozenset(
    {
        *("taps", "starts", "pauses", "consent", "back", "change", "events", "late"),
        *("bursts", "moves", "releases", "merges", "channels", "switches"),
    }
)
ACTS_PER_CONTACT = 40
CONTACTS_PER_BOT = 15
MAX_TRIES = 150
"""Maximum number of runs to shorten a script."""

TRIGGERS = ("MESSAGE_INBOUND", "CONTACT_MERGE")

_namespaces = count(1)


@dataclass
class Found:
    """A script whose conversation differs from the model's."""

    seed: int
    releases: list[Flows]
    script: list[Act]
    difference: Difference

    def __str__(self) -> str:
        lines = [f"seed {self.seed}"]
        used = [each for each in self.releases if each is self.releases[0] or self._is_released]
        for flow in (flow for flows in used for flow in flows.values()):
            more = "".join(
                f" {name}={value!r}"
                for name, value in vars(flow).items()
                if name not in ("name", "states") and value != getattr(type(flow), name, None)
            )
            lines.append(f"flow {flow.name}:{more}")
            for name, state in flow.states.items():
                fields = {
                    key: value
                    for key, value in vars(state).items()
                    if value != getattr(type(state), key, None)
                }
                lines.append(f"  {name}: {fields}")
        lines += [f"  {act}" for act in self.script]
        return "\n".join([*lines, str(self.difference)])

    @property
    def _is_released(self) -> bool:
        return any(act[0] == "releases" for act in self.script)


@dataclass
class Tally:
    steps: int = 0
    unspecified: Counter[str] = field(default_factory=Counter)
    found: list[Found] = field(default_factory=list)


class Campaign:
    def __init__(
        self,
        redis_url: str,
        seed: int,
        features: frozenset[str] = FEATURES,
        tell: Callable[[str], None] = lambda _: None,
        is_shortened: bool = True,
    ) -> None:
        self.redis_url, self.seed, self.features, self.tell = redis_url, seed, features, tell
        self.is_shortened = is_shortened
        self.tally = Tally()

    async def run(self, steps: int, max_found: int = 1, seconds: float = float("inf")) -> Tally:
        """Generate flows and contacts until the maximum of steps, differences or seconds is
        reached.
        """
        began = time.monotonic()
        bots = 0
        while self.tally.steps < steps and len(self.tally.found) < max_found:
            if time.monotonic() - began > seconds:
                break
            bots += 1
            dice = Random(f"{self.seed}/{bots}")
            flows = make_flows(
                dice,
                has_events="events" in self.features,
                has_bursts="bursts" in self.features,
            )
            await self._talk([flows, next_release(dice, flows)], dice, steps)
            self.tell(f"seed {self.seed}: {self.tally.steps} steps, {len(self.tally.found)} found")
        return self.tally

    async def _talk(self, releases: list[Flows], dice: random.Random, steps: int) -> None:
        async with await self._open() as store:
            simulation = self._simulation(store, releases)
            for _ in range(CONTACTS_PER_BOT):
                script, difference = await self._converse(simulation, releases, dice)
                if difference:
                    found = Found(self.seed, releases, script, difference)
                    if self.is_shortened:
                        found = await self._shorten(releases, script, difference)
                    self.tally.found.append(found)
                    break
                if self.tally.steps >= steps:
                    break
            await simulation.aclose()

    async def _open(self) -> Store:
        namespace = f"model-{self.seed}-{id(self)}-{next(_namespaces)}"
        self.settings = Settings(
            redis_url=self.redis_url,
            namespace=namespace,
            shards=1,
            apology="Sorry!",
            log_turns=0,
            send_rate=0,
            max_answers=0,
        )
        return await Store.open(self.settings)

    def _simulation(self, store: Store, releases: list[Flows]) -> Simulation:
        loaded = real_flows(releases[0].values())
        simulation = Simulation(store, loaded, self.settings, triggers=TRIGGERS)
        # The generated contacts repeat themselves as machines do.
        simulation.bot.engine.limits = Limits(repeats=0)
        return simulation

    async def _converse(
        self, simulation: Simulation, releases: list[Flows], dice: random.Random
    ) -> tuple[list[Act], Difference | None]:
        conversation = await begin(simulation, releases)
        actor = Actor(dice, self.features)
        script: list[Act] = []
        try:
            for _ in range(ACTS_PER_CONTACT):
                act = actor.act(conversation.model, conversation.questions)
                script.append(act)
                self.tally.steps += 1
                if difference := await conversation.does(act):
                    return script, difference
        except Unspecified as error:
            self.tally.unspecified[str(error)] += 1
        return script, None

    async def _shorten(
        self, releases: list[Flows], script: list[Act], difference: Difference
    ) -> Found:
        """Remove actions as long as a difference of the same kind remains."""
        tries, place = 0, len(script) - 1
        while place >= 0 and tries < MAX_TRIES:
            shorter = script[:place] + script[place + 1 :]
            tries += 1
            other = await self._plays(releases, shorter)
            if other is not None and other.what == difference.what:
                script, difference = shorter[: other.place + 1], other
                place = min(place, len(script))
            place -= 1
        return Found(self.seed, releases, script, difference)

    async def play_again(self, found: Found) -> Difference | None:
        """Play a found script again. Return the difference if there still is one, or None."""
        return await self._plays(found.releases, found.script)

    async def _plays(self, releases: list[Flows], script: list[Act]) -> Difference | None:
        async with await self._open() as store:
            simulation = self._simulation(store, releases)
            try:
                return await play(simulation, releases, script)
            except Unspecified:
                return None
            finally:
                await simulation.aclose()
