"""Send far more than can be handled: `python -m tests.chaos flood`.

First a burst: contacts say lines at a growing rate to one web process and one worker. The platform
is so slow for each send that no machine can keep up. Each second, the command prints the numbers of
offered, accepted and rejected callbacks, the backlog and the memory. At the end, it prints how long
it took until everything was answered, and the checker's verdict. Rejected callbacks are offered
again, as Sinch does.

Then fairness: how long contacts wait for an answer with and without a contact that sends a hundred
times as much.

The exit status is 1 if a message was lost, duplicated or out of order, or a limit was exceeded.
"""

import argparse
import asyncio
import re
import statistics
import sys
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from tests.chaos.checker import Verdict, is_answered, judge
from tests.chaos.record import record_of
from tests.support.bot_process import BotProcess
from tests.support.bot_stack import Stack, running_stack
from tests.support.redis_server import RedisServer
from tests.support.stored_items import items_of

T = TypeVar("T")

SHARDS = 4
MAX_BACKLOG = 100
MAX_INBOX = 10
CONCURRENCY = 8
SEND_S = 0.02
"""Seconds that the platform takes for each request: 8 concurrent turns of 3 sends are at most 130
turns per second.
"""

SETTINGS: dict[str, object] = {
    "BOT_MAX_BACKLOG": MAX_BACKLOG,
    "BOT_MAX_INBOX": MAX_INBOX,
    "BOT_CONCURRENCY": CONCURRENCY,
    "BOT_LEASE": 10,
}
MIN_TICK_S = 0.01
DRAIN_S = 600.0
NOISE = 100
"""The noisy contact sends this many times as much as each other contact."""


@dataclass(frozen=True)
class Sample:
    """What happened in about one second of a flood. `second` is when the sample ends, in seconds
    since the flood's start.

    `said`, `accepted` and `refused` are per second. `contacts` is how many contacts wait at the
    end, and `items` how many items they have. `web`, `worker` and `redis` are bytes of memory.
    """

    second: float
    said: float
    accepted: float
    refused: float
    contacts: int
    items: int
    web: int
    worker: int
    redis: int


@dataclass
class Flood:
    """The result of a flood. `drain_s` are the seconds from the last line to the last answer."""

    samples: list[Sample] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    said: int = 0
    refused: int = 0
    drain_s: float = 0.0

    @property
    def is_bounded(self) -> bool:
        contacts = max(each.contacts for each in self.samples)
        items = max(each.items for each in self.samples)
        return contacts <= MAX_BACKLOG and items <= MAX_BACKLOG * MAX_INBOX

    @property
    def is_clean(self) -> bool:
        answered = sum(each.answered for each in self.verdicts)
        return all(each.is_clean for each in self.verdicts) and answered == self.said


class Deployment:
    """One web process and one worker on one Redis, and their platform."""

    def __init__(self, stack: Stack, redis: RedisServer, web: BotProcess, worker: BotProcess):
        self.stack = stack
        self.redis = redis
        self.web = web
        self.worker = worker
        self._began = time.monotonic()
        self._before: tuple[float, int, int, int] = (self._began, 0, 0, 0)

    async def sample(self, said: int) -> Sample:
        """Return what has happened since the last sample."""
        counts = self.stack.platform.record.counts
        now = (time.monotonic(), said, counts["callback 200"], counts["callback 503"])
        spent, *done = (new - old for new, old in zip(now, self._before, strict=True))
        self._before = now
        contacts, items, memory = await self._waiting()
        return Sample(
            second=now[0] - self._began,
            said=done[0] / spent,
            accepted=done[1] / spent,
            refused=done[2] / spent,
            contacts=contacts,
            items=items,
            web=memory_of(self.web),
            worker=memory_of(self.worker),
            redis=memory,
        )

    async def _waiting(self) -> tuple[int, int, int]:
        contacts = items = 0
        async with Redis(port=self.redis.port) as client:
            async for key in client.scan_iter(count=1000):
                if key.endswith(b":ready"):
                    contacts += await client.xlen(key)
                elif b":work:" in key:
                    items += await items_of(client, key)
            info = await client.info("memory")
        return contacts, items, info["used_memory"]


@asynccontextmanager
async def deployment(folder: Path, **settings: object) -> AsyncIterator[Deployment]:
    redis = RedisServer(folder / "redis", appendfsync="everysec")
    await redis.start()
    try:
        async with running_stack(folder) as stack:
            stack.platform.record.callbacks = deque()
            stack.platform.faults.rules.request_delay_s = SEND_S
            settings = {"REDIS_URL": redis.url, **SETTINGS, **settings}
            web, worker = (
                stack.bot(role, {"shards": SHARDS}, **settings) for role in ("web", "worker")
            )
            await web.start()
            await worker.start()
            stack.post_to(web)
            yield Deployment(stack, redis, web, worker)
    finally:
        redis.kill()


async def flood(
    folder: Path,
    rates: list[int],
    step_s: float,
    contacts: int,
    tell: Callable[[Sample], None] = lambda _: None,
) -> Flood:
    """Send lines at each rate (per second) for `step_s` seconds, then wait for all answers."""
    found = Flood()
    async with deployment(folder) as all:
        for number in range(contacts):
            all.stack.phone(number).says("hello")
        await _drained(all)
        async with _sampling(all, found, tell):
            for rate in rates:
                async for due in _ticks(rate, step_s):
                    for _ in range(due):
                        found.said += 1
                        all.stack.phone(found.said % contacts).says(f"line.{found.said}")
            ended = time.monotonic()
            await _drained(all)
            found.drain_s = time.monotonic() - ended
        found.refused = all.stack.platform.record.counts["callback 503"]
        found.verdicts = judge(record_of(all.stack.platform))
        found.said += contacts
    return found


async def _ticks(rate: float, seconds: float) -> AsyncIterator[int]:
    """Yield repeatedly how many lines are due now, so that there are `rate` lines per second."""
    began, done = time.monotonic(), 0
    while (spent := time.monotonic() - began) < seconds:
        due = int(spent * rate) - done
        done += due
        yield due
        await asyncio.sleep(MIN_TICK_S)


async def _drained(all: Deployment) -> None:
    """Wait until every callback was accepted and answered."""
    platform = all.stack.platform

    def is_drained() -> bool:
        if platform.next_due() is not None:
            return False
        return is_answered(record_of(platform))

    async with asyncio.timeout(DRAIN_S):
        while not is_drained():  # noqa: ASYNC110 - several things have to hold
            await asyncio.sleep(0.2)


@asynccontextmanager
async def _sampling(
    all: Deployment, found: Flood, tell: Callable[[Sample], None] = lambda _: None
) -> AsyncIterator[None]:
    """Sample each second until the block ends."""
    await all.sample(0)

    async def go_on() -> None:
        while True:
            await asyncio.sleep(1)
            found.samples.append(await all.sample(found.said))
            tell(found.samples[-1])

    async with asyncio.TaskGroup() as group:
        sampling = group.create_task(go_on())
        yield
        sampling.cancel()


async def waits(seconds: float, others: int, noise: int, folder: Path) -> tuple[list[float], Flood]:
    """Return how many seconds each line waited for its answer, and the result of the flood.

    Contacts write one line per second. With `noise`, one more contact writes this many lines per
    second.
    """
    found = Flood()
    async with deployment(folder, BOT_MAX_INBOX=1000) as all:
        for number in range(others + 1):
            all.stack.phone(number).says("hello")
        await _drained(all)
        async with _sampling(all, found):
            lines = loud = 0
            async for due in _ticks(others, seconds):
                for _ in range(due):
                    lines += 1
                    all.stack.phone(1 + lines % others).says(f"line.{lines}")
                for _ in range(due * noise // others):
                    loud += 1
                    all.stack.phone(0).says(f"noise.{loud}")
                found.said = lines + loud
            await _drained(all)
        found.verdicts = judge(record_of(all.stack.platform))
        found.said += others + 1
        return _waited(all.stack), found


def _waited(stack: Stack) -> list[float]:
    answered = {}
    record = record_of(stack.platform)
    for taken in record.taken:
        if found := re.fullmatch(r"\d+ (line\.\d+)", taken.text):
            answered[found[1]] = taken.at
    return [answered[said.text] - said.said_at for said in record.said if said.text in answered]


def memory_of(bot: BotProcess) -> int:
    """Return how many bytes of memory the process uses now."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{bot.pid}/status").read_text())
    assert found
    return int(found[1]) * 1024


def main(words: list[str]) -> int:
    arguments = _arguments(words)
    console = Console(width=None if sys.stdout.isatty() else 110)
    rates = [int(rate) for rate in arguments.rates.split(",")]
    found = _run(
        lambda folder: flood(folder, rates, arguments.step, arguments.contacts, _telling(console))
    )
    _show(console, found)
    table = Table(title="How long 20 contacts wait, one line a second each (ms)")
    for heading in ("", "lines", "p50", "p99", "most", "lost", "doubled", "disordered"):
        table.add_column(heading, justify="right")
    clean = [found.is_clean and found.is_bounded]
    for name, noise in (("alone", 0), (f"beside one that says {NOISE} a second", NOISE)):
        waited, report = _run(partial(waits, arguments.fair, 20, noise))
        clean.append(report.is_clean)
        table.add_row(name, *_figures(waited), *_findings(report))
    console.print(table)
    return 0 if all(clean) else 1


def _run(make: Callable[[Path], Coroutine[Any, Any, T]]) -> T:
    with tempfile.TemporaryDirectory(prefix="flood-") as folder:
        return asyncio.run(make(Path(folder)))


def _telling(console: Console) -> Callable[[Sample], None]:
    console.print(
        "     s   said/s  offered/s  accepted   503   waiting: contacts  items"
        "   MB: web  worker  redis"
    )

    def tell(each: Sample) -> None:
        console.print(
            f"{each.second:6.1f} {each.said:8.0f} {each.accepted + each.refused:10.0f}"
            f" {each.accepted:9.0f} {each.refused:5.0f} {each.contacts:19} {each.items:6}"
            f" {each.web / 1e6:9.1f} {each.worker / 1e6:7.1f} {each.redis / 1e6:6.1f}"
        )

    return tell


def _show(console: Console, found: Flood) -> None:
    console.print(
        f"{found.said} lines said, {found.refused} times 503; all"
        f" answered {found.drain_s:.1f} s after the last was said. At most"
        f" {max(each.contacts for each in found.samples)} contacts waited (bound {MAX_BACKLOG}),"
        f" with {max(each.items for each in found.samples)} items"
        f" (bound {MAX_BACKLOG * MAX_INBOX}). Lost {_findings(found)[0]}, doubled"
        f" {_findings(found)[1]}, disordered {_findings(found)[2]}."
    )


def _figures(waited: list[float]) -> list[str]:
    percentiles = statistics.quantiles(waited, n=100, method="inclusive")
    shown = (percentiles[49], percentiles[98], max(waited))
    return [str(len(waited)), *(f"{each * 1000:.0f}" for each in shown)]


def _findings(found: Flood) -> list[str]:
    kinds = ("lost", "doubled", "disordered")
    return [str(sum(len(getattr(each, kind)) for each in found.verdicts)) for kind in kinds]


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos flood",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--rates", default="50,100,200,400,800", help="Lines per second in each step."
    )
    parser.add_argument("--step", type=float, default=6.0, help="Seconds of each step.")
    parser.add_argument("--contacts", type=int, default=300)
    parser.add_argument(
        "--fair", type=float, default=20.0, help="Seconds of each part, with and without noise."
    )
    return parser.parse_args(words)
