"""One run: two web processes and two workers, contacts that talk, faults, and a verdict."""

import asyncio
import contextlib
import json
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from starlette.types import ASGIApp

from tests.chaos.checker import Verdict, is_answered, judge
from tests.chaos.disturbance import Disturbance
from tests.chaos.faults import (
    FAULTS,
    LEASE_S,
    RELEASE,
    SEND_TIMEOUT_S,
    TAKEN_THEN_SILENT,
    Havoc,
    Silence,
)
from tests.chaos.merging import Pairs
from tests.chaos.modes import MODES, ModeSwitch, set_mode
from tests.chaos.peace import by_contact, differing, sessions_in_peace
from tests.chaos.population import PATIENCE_S, Ear, Talker
from tests.chaos.proxy import Relay
from tests.chaos.record import FATAL, record_of
from tests.chaos.report import Report
from tests.chaos.stopping import Stoppers
from tests.chaos.topology import TOPOLOGIES, Topology
from tests.support.bot_stack import SECRET, Stack, running_stack
from tests.support.machine_clock import MachineClock, can_preload

REST_S = 180.0
"""Maximum time until everything is idle after the last fault, in seconds."""

CLOCK_AHEAD_S = 7_200.0
"""Seconds by which the clock of one worker's machine is ahead."""

ENDED_BY_MESSAGE = 9
"""The exit status of a process that a message ends."""

NO_LEAPS = "Redis's clock did not leap: that takes Linux and a C compiler."

LOOK_S = 0.25
TELL_S = 1.0

SETTINGS: dict[str, object] = {
    "BOT_LEASE": LEASE_S,
    "BOT_SEND_TIMEOUT": SEND_TIMEOUT_S,
    "BOT_CONCURRENCY": 16,
    "TALK_FLAKY": 0.02,
}

CONSTANTS: dict[str, object] = {"retry_first_s": 0.2, "retry_most_s": 2, "shards": 4}


@dataclass
class Plan:
    """The parameters of a run: kind of Redis, seed, duration, number of contacts.

    `stop` ends the run early. `tell` is called with the progress.
    """

    redis: str
    seed: int
    seconds: float
    contacts: int
    mode: str = "CONVERSATION"
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    tell: Callable[[str], None] = lambda _: None


async def run(folder: Path, plan: Plan) -> Report:
    """Talk and inject faults as planned, wait until everything is idle, and judge."""
    silences: list[Silence] = []

    def around(app: ASGIApp) -> ASGIApp:
        silences.append(Silence(app, plan.seed))
        return silences[0]

    async with (
        running_stack(folder, seed=plan.seed, around=around) as stack,
        TOPOLOGIES[plan.redis](folder / "redis", plan.seed) as redis,
    ):
        platform = stack.platform
        platform.record.callbacks, platform.record.requests = deque(), deque()
        modes = ModeSwitch(platform, plan.mode, plan.seed)
        async with _deployment(stack, redis, modes, plan.seed) as havoc:
            disturbance = Disturbance(platform, FAULTS)
            silences[0].rate = TAKEN_THEN_SILENT
            began = platform.core.now()
            pairs, stoppers = Pairs(platform, plan.seed), Stoppers(platform)
            vain = await _talk(stack, havoc, plan, modes, pairs, stoppers)
            disturbance.end()
            talked_s = platform.core.now() - began
            silences[0].rate = 0.0
            set_mode(platform, MODES[0])
            await _rest(stack, redis, pairs)
            pairs.probe()
            await _rest(stack, redis, pairs)
            for mode in (*MODES, *MODES):
                set_mode(platform, mode)
                stoppers.probe()
                await _rest(stack, redis, pairs)
            verdicts, of_pairs = judge(record_of(platform)), pairs.verdicts(redis.leaps)
            of_others = havoc.verdicts() + stoppers.verdicts()
            faults = havoc.counts + disturbance.counts
            faults["switch of the app's processing mode"] = modes.switches
            faults["process ended by a message"] = havoc.ended.pop(ENDED_BY_MESSAGE, 0)
            faults["send: taken, answered too late"] = silences[0].strikes
            left, sessions = await _stored(redis, pairs)
            logs = _evidence(stack, verdicts + of_others + of_pairs, vain)
            differing = await _differing(verdicts, sessions, redis)
    return Report(
        f"processes,\nredis {plan.redis},\n{talked_s:.0f} s",
        verdicts + of_others + of_pairs,
        faults,
        left,
        differing,
        vain,
        logs,
        pairs=len(of_pairs),
        stopped=len(of_others) - len(havoc.fatal),
        fatal=len(havoc.fatal),
        ended=sum(havoc.ended.values()),
        notes=[] if can_preload() else [NO_LEAPS],
    )


def _evidence(stack: Stack, verdicts: list[Verdict], vain: dict[str, list[str]]) -> list[str]:
    """Return the logs of all processes, and the platform's record of what went wrong."""
    logs = [bot.log for bot in stack.bots]
    logs += [line for lines in vain.values() for line in lines]
    doubled = [entry.encode() for verdict in verdicts for entry in verdict.doubled]
    logs += [
        f"{each.at:.3f} {each.method} {each.path} {each.status} {each.body[:300]!r}"
        f" {each.answer[:300]!r}"
        for each in stack.platform.record.requests
        if doubled and (each.method == "GET" or any(entry in each.body for entry in doubled))
    ]
    return logs


@asynccontextmanager
async def _deployment(
    stack: Stack, redis: Topology, modes: ModeSwitch, seed: int
) -> AsyncIterator[Havoc]:
    settings = {"REDIS_URL": redis.url, **SETTINGS}
    webs = [stack.bot("web", CONSTANTS, **settings) for _ in range(2)]
    clocks = [MachineClock(stack.folder / f"clock-{number}") for number in range(2)]
    clocks[1].ahead_s = CLOCK_AHEAD_S
    workers = [
        stack.bot("worker", {**CONSTANTS, "clock_file": str(clock.file)}, **settings)
        for clock in clocks
    ]
    for release, worker in enumerate(workers, 1):
        worker.environment[RELEASE] = str(release)
    await asyncio.gather(*(bot.start() for bot in (*webs, *workers)))
    async with Relay(*(web.port for web in webs)) as to_webs:
        stack.platform.register_webhook(
            f"http://127.0.0.1:{to_webs.port}/webhook",
            SECRET,
            ("MESSAGE_INBOUND", "MESSAGE_DELIVERY", "CONTACT_MERGE"),
        )
        havoc = Havoc(webs, workers, clocks, redis, stack.platform, modes, seed)
        keeping = asyncio.create_task(havoc.keep_running())
        try:
            yield havoc
        finally:
            keeping.cancel()
            await asyncio.wait([keeping])


async def _talk(
    stack: Stack,
    havoc: Havoc,
    plan: Plan,
    modes: ModeSwitch,
    pairs: Pairs,
    stoppers: Stoppers,
) -> dict[str, list[str]]:
    ear = Ear(stack.platform)
    talkers = [
        Talker(
            *(stack.phone(number, "WHATSAPP" if number % 2 else "SMS"), ear, modes),
            f"{plan.seed}/{number}",
        )
        for number in range(plan.contacts)
    ]
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(ear.listen())
        telling = group.create_task(_tell(stack, havoc, plan))
        living = group.create_task(_live(modes, pairs, stoppers, plan.stop))
        switching = group.create_task(
            modes.go_on(plan.stop, lambda: pairs.are_done and stoppers.are_done)
        )
        talks = [group.create_task(talker.talk(plan.stop)) for talker in talkers]
        broken = group.create_task(havoc.wreak(plan.stop))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(plan.seconds):
                await plan.stop.wait()
        plan.stop.set()
        await broken
        stack.platform.faults.clear()
        await asyncio.wait([*talks, living, switching])
        listening.cancel()
        telling.cancel()
    return {t.identity: t.found_at_the_time for t in talkers if t.waited_in_vain}


async def _live(modes: ModeSwitch, pairs: Pairs, stoppers: Stoppers, stop: asyncio.Event) -> None:
    """Run pairs and stoppers until `stop` is set, then let them finish."""
    with contextlib.suppress(TimeoutError):  # The report shows what is unfinished.
        while not stop.is_set():
            stoppers.step(may_begin=modes.is_open)
            # In DISPATCH mode there are no contacts to merge.
            pairs.step(may_begin=modes.is_open and modes.mode == "CONVERSATION")
            await asyncio.sleep(LOOK_S)
        async with asyncio.timeout(PATIENCE_S):
            while not (pairs.are_done and stoppers.are_done):
                for each in (pairs, stoppers):
                    each.step(may_begin=False)
                await asyncio.sleep(LOOK_S)


async def _tell(stack: Stack, havoc: Havoc, plan: Plan) -> None:
    """Report progress until canceled."""
    began = stack.platform.core.now()
    while True:
        spent = stack.platform.core.now() - began
        sent = sum(
            each.direction == "TO_CONTACT" for each in stack.platform.state.messages.values()
        )
        plan.tell(
            f"{spent:.0f} of {plan.seconds:.0f} s on redis {plan.redis}: {sent} messages sent,"
            f" {havoc.counts.total()} kills, pauses and cuts"
        )
        await asyncio.sleep(TELL_S)


async def _rest(stack: Stack, redis: Topology, pairs: Pairs) -> None:
    """Wait until everything is answered and the store has no work, or until the time is up."""
    end = time.monotonic() + REST_S
    while time.monotonic() < end:
        is_said = stack.platform.is_at_rest() and is_answered(record_of(stack.platform))
        if is_said and not (await _stored(redis, pairs))[0]:
            return
        await asyncio.sleep(LOOK_S)


async def _stored(
    redis: Topology, pairs: Pairs
) -> tuple[dict[str, int], dict[str, dict[str, Any]]]:
    """Return the number of unfinished work items in the store, by kind, and the sessions.

    This function uses no code of the bot. Two timers do not count as unfinished: one runs for days
    after a merge, and one drops a stopped contact's events if START does not come in time.
    """
    left: Counter[str] = Counter()
    sessions: dict[str, dict[str, Any]] = {}
    for server in await redis.masters():
        async with Redis(port=server.port) as client:
            async for key in client.scan_iter(count=1000):
                _, _, kind, *contact = key.decode().split(":", 3) + [""] * 2
                if kind in ("inbox", "outbox", "work", "once"):
                    left[kind] += 1
                elif kind == "dead":
                    entries: Any = await client.xrange(key)
                    letters = [json.loads(fields[b"letter"]) for _, fields in entries]
                    left[kind] += sum(
                        not (pairs.is_expected(letter) or is_fatal(letter)) for letter in letters
                    )
                elif kind == "ready":
                    left["ready"] += await client.xlen(key)
                elif kind == "timers" and not contact[0]:
                    members: Any = await client.zrange(key, 0, -1)
                    left["timers"] += sum(
                        not each.endswith((b"\nparted", b"\nwaiting")) for each in members
                    )
                elif kind == "session" and (raw := await client.get(key)):
                    sessions[contact[0]] = json.loads(raw)
    return {kind: count for kind, count in left.items() if count}, sessions


def is_fatal(letter: dict[str, Any]) -> bool:
    """Return whether a dead letter is of a message that ends processes."""
    session = letter.get("session") or {}
    identity = str(session.get("address", {}).get("identity", ""))
    return identity.startswith(FATAL) and letter["kind"] == "turn"


async def _differing(
    verdicts: list[Verdict], sessions: dict[str, dict[str, Any]], redis: Topology
) -> list[str]:
    found = by_contact(sessions.values())
    return differing(found, await sessions_in_peace(verdicts, redis.url))
