"""One run: a deployment of two webs and two workers, contacts that talk, faults, and a verdict."""

import asyncio
import contextlib
import json
import time
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from starlette.types import ASGIApp

from tests.chaos.checker import Verdict, is_answered, judge
from tests.chaos.faults import SEND_TIMEOUT_S, TAKEN_THEN_SILENT, Havoc, Silence, disturb
from tests.chaos.peace import sessions_in_peace, without_circumstances
from tests.chaos.population import Ear, Talker
from tests.chaos.proxy import Relay
from tests.serving.servers import RedisServer
from tests.serving.stack import SECRET, Stack, running_stack

REST_S = 180.0
"""How long everything may take to come to rest after the last fault."""

LOOK_S = 0.25

SETTINGS: dict[str, object] = {
    "BOT_LEASE": 1.5,
    "BOT_SEND_TIMEOUT": SEND_TIMEOUT_S,
    "BOT_RETRY_FIRST": 0.2,
    "BOT_RETRY_MOST": 2,
    # Faults come far more often than in any deployment: nothing may be given up for it.
    "BOT_TURN_ATTEMPTS": 1000,
    "BOT_SEND_ATTEMPTS": 1000,
    "BOT_SHARDS": 4,
    "BOT_CONCURRENCY": 16,
    "TALK_FLAKY": 0.02,
}


@dataclass
class Report:
    """What a run found.

    `left` is what lies in the store that should not; `differing` are contacts whose session isn't
    what the same messages make of it without any fault; those in `vain` gave up waiting for an
    answer, and so ended the run.
    """

    seed: int
    seconds: float
    contacts: int
    verdicts: list[Verdict]
    faults: Counter[str]
    left: dict[str, int]
    differing: list[str]
    vain: dict[str, list[str]]
    logs: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.left or self.differing or self.vain) and all(
            each.is_clean for each in self.verdicts
        )


async def run(folder: Path, *, seed: int, seconds: float, contacts: int) -> Report:
    """Talk and break things for `seconds`, come to rest, and judge."""
    began = time.monotonic()
    silences: list[Silence] = []

    def around(app: ASGIApp) -> ASGIApp:
        silences.append(Silence(app, seed))
        return silences[0]

    async with (
        running_stack(folder, seed=seed, around=around) as stack,
        _deployment(stack, seed) as (havoc, redis),
    ):
        platform = stack.platform
        platform.record.callbacks, platform.record.requests = deque(), deque()
        disturb(platform)
        silences[0].rate = TAKEN_THEN_SILENT
        vain = await _talk(stack, havoc, seed, seconds, contacts)
        platform.faults.clear()
        silences[0].rate = 0.0
        await _rest(stack, redis)
        verdicts = judge(platform)
        faults = havoc.counts + _faults_of(stack) + Counter({"silent send": silences[0].strikes})
        left, sessions = await _stored(redis)
        logs = [bot.log for bot in stack.bots]
        logs += [line for lines in vain.values() for line in lines]
        logs += [
            f"{each.at:.3f} {each.method} {each.path} {each.status} {each.body[:300]!r}"
            f" {each.answer[:300]!r}"
            for each in platform.record.requests
            for verdict in verdicts
            for entry in verdict.doubled
            if entry.encode() in each.body or each.method == "GET"
        ]
        differing = await _differing(verdicts, sessions, redis)
    spent = time.monotonic() - began
    return Report(seed, spent, contacts, verdicts, faults, left, differing, vain, logs)


@asynccontextmanager
async def _deployment(stack: Stack, seed: int) -> AsyncIterator[tuple[Havoc, RedisServer]]:
    redis = RedisServer(stack.folder / "redis")
    async with AsyncExitStack() as exits:
        await redis.start()
        exits.callback(redis.kill)
        exits.callback(redis.resume)
        to_redis = await exits.enter_async_context(Relay(redis.port))
        settings = {"REDIS_URL": f"redis://127.0.0.1:{to_redis.port}", **SETTINGS}
        webs = [stack.bot("web", **settings) for _ in range(2)]
        workers = [stack.bot("worker", **settings) for _ in range(2)]
        await asyncio.gather(*(bot.start() for bot in (*webs, *workers)))
        to_webs = await exits.enter_async_context(Relay(*(web.port for web in webs)))
        stack.platform.register_webhook(
            f"http://127.0.0.1:{to_webs.port}/webhook",
            SECRET,
            ("MESSAGE_INBOUND", "MESSAGE_DELIVERY"),
        )
        yield Havoc(webs, workers, redis, to_redis, stack.platform, seed), redis


async def _talk(
    stack: Stack, havoc: Havoc, seed: int, seconds: float, contacts: int
) -> dict[str, list[str]]:
    stop = asyncio.Event()
    ear = Ear(stack.platform)
    talkers = [
        Talker(stack.phone(number, "WHATSAPP" if number % 2 else "SMS"), ear, f"{seed}/{number}")
        for number in range(contacts)
    ]
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(ear.listen())
        talks = [group.create_task(talker.talk(stop)) for talker in talkers]
        broken = group.create_task(havoc.wreak(stop))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stop.wait()
        stop.set()
        await broken
        stack.platform.faults.clear()
        await asyncio.wait(talks)
        listening.cancel()
    return {t.identity: t.found_at_the_time for t in talkers if t.waited_in_vain}


async def _rest(stack: Stack, redis: RedisServer) -> None:
    """Wait until all is said and the store holds no work; or long enough to say it never will."""
    end = time.monotonic() + REST_S
    while time.monotonic() < end:
        if is_answered(stack.platform) and not (await _stored(redis))[0]:
            return
        await asyncio.sleep(LOOK_S)


async def _stored(redis: RedisServer) -> tuple[dict[str, int], dict[str, dict[str, Any]]]:
    """How much unfinished work lies in the store, by kind, and the sessions; read with no code of
    the bot's."""
    left: Counter[str] = Counter()
    sessions: dict[str, dict[str, Any]] = {}
    async with Redis(port=redis.port) as client:
        async for key in client.scan_iter(count=1000):
            _, _, kind, *contact = key.decode().split(":", 3) + [""] * 2
            if kind in ("inbox", "outbox", "work", "once", "dead"):
                left[kind] += 1
            elif kind == "ready":
                left["ready"] += await client.xlen(key)
            elif kind == "timers" and not contact[0]:
                left["timers"] += await client.zcard(key)
            elif kind == "session" and (raw := await client.get(key)):
                sessions[contact[0]] = json.loads(raw)
    return {kind: count for kind, count in left.items() if count}, sessions


async def _differing(
    verdicts: list[Verdict], sessions: dict[str, dict[str, Any]], redis: RedisServer
) -> list[str]:
    found = {session["address"]["identity"]: session for session in sessions.values()}
    wanted = await sessions_in_peace(verdicts, redis.url)
    return [
        who
        for who, session in wanted.items()
        if without_circumstances(found.get(who, {})) != without_circumstances(session)
    ]


def _faults_of(stack: Stack) -> Counter[str]:
    """What the platform's callers and the bot's webhook saw of the faults."""
    counts = stack.platform.record.counts
    named = {
        "request 0": "dropped request",
        "request 401": "401",
        "request 429": "429",
        "request 500": "500 after taking",
        "request 503": "503",
        "callback 0": "callback without answer",
        "callback 503": "callback refused with 503",
    }
    copies = len({each.delivery_id for each in stack.platform.record.callbacks})
    inbound = Counter({ours: counts[theirs] for theirs, ours in named.items()})
    distinct = len({each.body for each in stack.platform.record.callbacks})
    return inbound + Counter({"callback copied": copies - distinct})
