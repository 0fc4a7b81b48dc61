"""Hours of conversations in seconds: one process and a virtual clock.

Calls of the store and requests fail at random by a seed, before or after they were carried out. The
real run kills processes, and this run lets single calls fail. A call that fails after it was
carried out has the same effect as a process that is killed at that moment.
"""

import asyncio
import json
import random
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bot.emulator.fault_injection import CallbackFault, RequestFault
from bot.errors import StoreError
from bot.flow.load import load_flows
from bot.settings import Settings
from bot.store import Store
from bot.store.connection import Connection
from bot.store.namespace import prepare
from bot.store.scripts import Script
from bot.testing.simulation import Simulation
from tests.chaos.checker import is_answered, judge
from tests.chaos.disturbance import Disturbance
from tests.chaos.merging import Pairs
from tests.chaos.modes import MODES, set_mode
from tests.chaos.peace import Sessions, by_contact, differing, sessions_in_peace
from tests.chaos.record import record_of
from tests.chaos.report import Report
from tests.chaos.stopping import Stoppers
from tests.support.bot_stack import FLOWS

SEND = "POST */messages:send"
LOOK = "GET */messages"
TOKEN = "POST /oauth2/token"
FAULTS: dict[str, RequestFault | CallbackFault] = {
    "send: 429, 30 s to wait": RequestFault(
        on=SEND, action="refuse", status=429, retry_after="30", rate=0.03
    ),
    "send: 503": RequestFault(on=SEND, action="refuse", status=503, rate=0.04),
    "send: 500 after it was taken": RequestFault(
        on=SEND, action="refuse", status=500, taken=True, rate=0.04
    ),
    "send: dropped before it was taken": RequestFault(on=SEND, action="drop", rate=0.04),
    "send: dropped after it was taken": RequestFault(on=SEND, action="drop", taken=True, rate=0.04),
    "send: token expired": RequestFault(on=SEND, action="expire", rate=0.02),
    "look: 429": RequestFault(on=LOOK, action="refuse", status=429, rate=0.1),
    "look: dropped": RequestFault(on=LOOK, action="drop", rate=0.1),
    "token: 503": RequestFault(on=TOKEN, action="refuse", status=503, rate=0.2),
    "callback: three times, minutes apart": CallbackFault(
        copies=2, apart_s=40, jitter_s=60, rate=0.1
    ),
    "callback: up to 5 minutes late": CallbackFault(jitter_s=300, rate=0.1),
}
STORE_FAULTS = 0.02
"""Share of the store's scripts that fail, half of them after they were carried out."""

RESTART_EVERY_S = 1800.0
MINUTES_TO_END = 60
"""Minutes in which all pairs must reach their end."""

NIGHT_S = 6 * 3600.0


class Flicker(Connection):
    """A connection on which some scripts fail at random."""

    def __init__(self, settings: Settings, seed: int) -> None:
        super().__init__(settings, settings.redis_url)
        self.counts: Counter[str] = Counter()
        self.rate = STORE_FAULTS
        self.dice = random.Random(seed)

    def script(self, script: Script, prefix: str, *args: Any) -> asyncio.Future[Any]:
        die = self.dice.random()
        if die >= self.rate:
            return super().script(script, prefix, *args)
        answer = super().script(script, prefix, *args) if die < self.rate / 2 else None
        return asyncio.ensure_future(self._fail(answer))

    async def _fail(self, answer: asyncio.Future[Any] | None) -> Any:
        done = answer is not None
        if answer is not None:
            await answer
        self.counts[f"store call: lost {'after' if done else 'before'} it was done"] += 1
        raise StoreError("The call was lost, as a part of the test.")


@dataclass
class VirtualPlan:
    """The parameters of a run: seed, hours of virtual time, number of contacts.

    `restart` sometimes kills the store's server and starts it again. `stop` ends the run early.
    `tell` is called with the progress.
    """

    seed: int
    hours: float
    contacts: int = 8
    mode: str = "CONVERSATION"
    restart: Callable[[], Awaitable[None]] | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    tell: Callable[[str], None] = lambda _: None


async def run_virtual(redis_url: str, namespace: str, plan: VirtualPlan) -> Report:
    """Talk for this many hours of virtual time, wait until everything is idle, and judge."""
    settings = Settings(
        redis_url=redis_url,
        namespace=namespace,
        shards=4,
        log_turns=0,
        max_answers=0,
    )
    flicker = Flicker(settings, plan.seed)
    await prepare(flicker)
    store = Store(flicker)
    simulation = Simulation(store, load_flows(str(FLOWS)), settings)
    platform = simulation.platform
    platform.record.callbacks, platform.record.requests = deque(), deque()
    disturbance = Disturbance(platform, FAULTS)
    began = simulation.clock.now()
    set_mode(platform, plan.mode)
    pairs, stoppers = Pairs(platform, plan.seed), Stoppers(platform)
    restarts = await _talk(simulation, plan, pairs, stoppers)
    hours = (simulation.clock.now() - began) / 3600
    disturbance.end()
    flicker.rate = 0.0
    for _ in range(MINUTES_TO_END):
        await wait(simulation, 60)
        pairs.step(may_begin=False)
        stoppers.step(may_begin=False)
    await wait(simulation, NIGHT_S)
    pairs.probe()
    stoppers.probe()
    for number in range(plan.contacts):
        platform.phone("SMS", _number(number)).says("rest")
    await wait(simulation, NIGHT_S)
    for mode in (*MODES, *MODES):
        set_mode(platform, mode)
        stoppers.probe()
        await wait(simulation, 600)
    verdicts, of_pairs = judge(record_of(platform)), pairs.verdicts()
    of_stoppers = stoppers.verdicts()
    faults = flicker.counts + disturbance.counts
    faults["kill -9 redis"] = restarts
    found = await _sessions(store)
    letters = [json.loads(each.letter) async for each in store.admin.dead_letters()]
    await simulation.aclose()
    await store.close()
    wanted = await sessions_in_peace(verdicts, redis_url, f"{namespace}-peace")
    left = {
        "undone": int(not is_answered(record_of(platform))),
        "dead": sum(not pairs.is_expected(letter) for letter in letters),
    }
    return Report(
        f"one process,\nvirtual time,\n{hours:.1f} h",
        verdicts + of_stoppers + of_pairs,
        faults,
        {kind: count for kind, count in left.items() if count},
        differing(found, wanted),
        {},
        hours=hours,
        pairs=len(of_pairs),
        stopped=len(of_stoppers),
    )


async def _sessions(store: Store) -> Sessions:
    found = [
        json.loads(await store.reader.session(key) or b"{}")
        async for key in store.reader.contacts()
    ]
    return by_contact(found)


async def _talk(simulation: Simulation, plan: VirtualPlan, pairs: Pairs, stoppers: Stoppers) -> int:
    """Let contacts talk. Return how often the store's server was killed."""
    dice, clock = random.Random(plan.seed), simulation.clock
    began, restarts, line = clock.now(), 0, 0
    for number in range(plan.contacts):
        simulation.platform.phone("SMS", _number(number)).says("hello")
    await wait(simulation, 300)
    while (spent := clock.now() - began) < plan.hours * 3600 and not plan.stop.is_set():
        phone = simulation.platform.phone("SMS", _number(dice.randrange(plan.contacts)))
        for _ in range(dice.choice((1, 1, 1, 2, 3))):
            line += 1
            phone.says(f"line.{line}")
        # In small steps, so that some pairs are merged before their visit is due.
        for _ in range(3):
            if plan.mode == "CONVERSATION":  # In the other mode there are no contacts to merge.
                pairs.step()
            stoppers.step()
            await wait(simulation, 0.5)
        await wait(simulation, dice.expovariate(1 / 20))
        if plan.restart and spent > (restarts + 1) * RESTART_EVERY_S:
            await plan.restart()
            restarts += 1
        plan.tell(f"{spent / 3600:.1f} of {plan.hours:.1f} h of virtual time: {line} messages said")
    return restarts


def _number(contact: int) -> str:
    return f"4670{contact:07}"


async def wait(simulation: Simulation, seconds: float) -> None:
    """Let time pass. Each thing that becomes due happens at its time, even if calls fail."""
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
    """Let everything that is due happen, until nothing is due."""
    worker, store = simulation.bot.worker, simulation.bot.store
    while True:
        await simulation.platform.run_due()
        try:
            # Recover the work that a failed call has left behind, as another process would.
            for each in await store.queue.recover("simulation", 0, 100):
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
