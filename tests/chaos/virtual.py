"""Hours of talk in seconds: one process and a virtual clock, with calls to the store and requests
that fail by a seeded chance, before or after they were carried out.

What the real run does to processes is done here to single calls: a call that fails after it was
carried out is what a process leaves behind that was killed at that moment.
"""

import asyncio
import random
from collections import Counter, deque
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.emulator.faults import CallbackFault, RequestFault
from bot.errors import StoreError
from bot.flow.load import load_flows
from bot.settings import Settings
from bot.store import Store
from bot.store.scripts import Script
from bot.testing.simulation import Simulation
from tests.chaos.checker import Verdict, is_answered, judge
from tests.serving.stack import FLOWS

SEND = "POST */messages:send"
REQUEST_FAULTS = (
    RequestFault(on=SEND, action="refuse", status=429, retry_after="30", rate=0.03),
    RequestFault(on=SEND, action="refuse", status=503, rate=0.04),
    RequestFault(on=SEND, action="refuse", status=500, taken=True, rate=0.04),
    RequestFault(on=SEND, action="drop", rate=0.04),
    RequestFault(on=SEND, action="drop", taken=True, rate=0.04),
    RequestFault(on=SEND, action="expire", rate=0.02),
    RequestFault(on="GET */messages", action="refuse", status=429, rate=0.1),
    RequestFault(on="GET */messages", action="drop", rate=0.1),
    RequestFault(on="POST /oauth2/token", action="refuse", status=503, rate=0.2),
)
CALLBACK_FAULTS = (
    CallbackFault(copies=2, apart_s=40, jitter_s=60, rate=0.1),
    CallbackFault(jitter_s=300, rate=0.1),
)
STORE_FAULTS = 0.02
"""Share of the store's scripts that fail, half of them after they were carried out."""

NIGHT_S = 6 * 3600.0


@dataclass
class VirtualReport:
    """What a run found."""

    seed: int
    hours: float
    verdicts: list[Verdict]
    faults: Counter[str]

    @property
    def is_clean(self) -> bool:
        return all(each.is_clean for each in self.verdicts)


class Flicker:
    """Stands before a store's scripts, and lets some fail."""

    def __init__(self, store: Store, seed: int) -> None:
        self.counts: Counter[str] = Counter()
        self.rate = STORE_FAULTS
        self._dice = random.Random(seed)
        self._script = store._calls.script
        store._calls.script = self  # type: ignore[method-assign,assignment]

    def __call__(self, script: Script, keys: Sequence[str], *args: Any) -> Awaitable[Any]:
        die = self._dice.random()
        if die >= self.rate:
            return self._script(script, keys, *args)
        return asyncio.ensure_future(self._fail(script, keys, *args, done=die < self.rate / 2))

    async def _fail(self, script: Script, keys: Sequence[str], *args: Any, done: bool) -> Any:
        if done:
            await self._script(script, keys, *args)
        self.counts["store call lost " + ("after" if done else "before") + " it was done"] += 1
        raise StoreError("The call was lost, as a part of the test.")


async def run_virtual(
    redis_url: str, namespace: str, *, seed: int, hours: float, contacts: int = 8
) -> VirtualReport:
    """Talk for that many hours of virtual time, come to rest, and judge."""
    settings = Settings(
        redis_url=redis_url,
        namespace=namespace,
        shards=4,
        turn_attempts=1000,
        send_attempts=1000,
        log_turns=0,
    )
    store = await Store.open(settings)
    simulation = Simulation(store, load_flows(str(FLOWS)), settings)
    platform = simulation.platform
    platform.record.callbacks = deque()
    flicker = Flicker(store, seed)
    platform.faults.add(*REQUEST_FAULTS, *CALLBACK_FAULTS)
    began = simulation.clock.now()
    await _talk(simulation, random.Random(seed), began + hours * 3600, contacts)
    platform.faults.clear()
    flicker.rate = 0.0
    await _wait(simulation, NIGHT_S)
    for number in range(contacts):
        platform.phone("SMS", _number(number)).says("rest")
    await _wait(simulation, NIGHT_S)
    faults = flicker.counts + Counter(
        {
            what: count
            for what, count in platform.record.counts.items()
            if what not in ("request 200", "callback 200")
        }
    )
    assert is_answered(platform) or not all(each.is_clean for each in judge(platform))
    report = VirtualReport(seed, (simulation.clock.now() - began) / 3600, judge(platform), faults)
    await simulation.aclose()
    await store.close()
    return report


async def _talk(simulation: Simulation, dice: random.Random, until: float, contacts: int) -> None:
    for number in range(contacts):
        simulation.platform.phone("SMS", _number(number)).says("hello")
    await _wait(simulation, 300)
    line = 0
    while simulation.clock.now() < until:
        phone = simulation.platform.phone("SMS", _number(dice.randrange(contacts)))
        for _ in range(dice.choice((1, 1, 1, 2, 3))):
            line += 1
            phone.says(f"line.{line}")
        await _wait(simulation, dice.expovariate(1 / 20))


def _number(contact: int) -> str:
    return f"4670{contact:07}"


async def _wait(simulation: Simulation, seconds: float) -> None:
    """Let time pass, everything at its own instant, whatever fails."""
    end = simulation.clock.now() + seconds
    while True:
        await _rest(simulation)
        dues = [simulation.platform.next_due(), await _next_timer(simulation)]
        due = min((due for due in dues if due is not None), default=None)
        if due is None or due > end:
            break
        simulation.clock.advance_to(max(due, simulation.clock.now()))
    simulation.clock.advance_to(end)
    await _rest(simulation)


async def _rest(simulation: Simulation) -> None:
    """Let everything happen that is due, as often as it takes."""
    worker, store = simulation.bot.worker, simulation.bot.store
    while True:
        await simulation.platform.run_due()
        try:
            # What a call that failed has left behind, as another process would find it.
            for each in await store.recover("simulation", 0, 100):
                await worker.work(each)
            await worker.drain()
        except StoreError:
            continue
        due = simulation.platform.next_due()
        if due is None or due > simulation.clock.now():
            return


async def _next_timer(simulation: Simulation) -> float | None:
    while True:
        try:
            return await simulation.bot.worker.fire_timers()
        except StoreError:
            continue
