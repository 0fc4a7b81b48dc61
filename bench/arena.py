"""Starts the servers of one layout, puts loads on them, and measures them.

Each layout gets its own Redis, new processes and new contacts.
"""

import asyncio
import contextlib
import gc
import itertools
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.contestants import Setting
from bench.conversation import script, start_word
from bench.errors import BenchError
from bench.layout import Layout, spaced
from bench.load import Contact, Load
from bench.machine import Places
from bench.processes import Server
from bench.redis_server import RedisServer
from bench.upstream import Upstream
from bench.wire import Wire

WARM_UP_S = 60.0
DRAIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one measurement.

    - `cpu_us`: microseconds of processor time per message, for each part of the server.
    - `redis_cpu_us`, `redis_commands`, `redis_round_trips`, `redis_bytes`: what Redis uses per
      message.
    - `ack_…_ms`: time from posting a callback to its response; median and 99th percentile.
    - `reply_…_ms`: time from posting a callback to the arrival of the reply at the upstream;
      likewise.
    - `rss_mb`: resident memory of all parts of the server.
    - `load_busy`: share of the time for which the core of the load and the upstream was busy with
      them, and with Redis if Redis shares the core.
    """

    messages: int
    seconds: float
    per_second: float
    cpu_us: dict[str, float]
    redis_cpu_us: float
    redis_commands: float
    redis_round_trips: float
    redis_bytes: float
    ack_p50_ms: float
    ack_p99_ms: float
    reply_p50_ms: float
    reply_p99_ms: float
    rss_mb: float
    load_busy: float

    @property
    def server_cpu_us(self) -> float:
        """Microseconds of processor time per message of all parts of the server together."""
        return sum(self.cpu_us.values())


@dataclass
class Running:
    """A layout whose servers run. `ready_s` is how long they took to start. `doors` are the ports
    that take callbacks.
    """

    layout: Layout
    places: Places
    redis: RedisServer
    servers: list[Server]
    doors: list[int]
    upstream: Upstream
    wire: Wire
    ready_s: float
    _series: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def contacts(self, count: int) -> list[Contact]:
        """Return new contacts, divided evenly among the flows."""
        series = next(self._series)
        scripts = [script(start_word(flow)) for flow in range(self.layout.flows)]
        return [
            Contact(self.wire.contact(series, number), scripts[number % len(scripts)])
            for number in range(count)
        ]

    async def people(self, count: int) -> list[Contact]:
        """Return new contacts that have already had as many turns as the layout's `turns`.

        Raises:
            BenchError: the server rejected, lost or wrongly answered a message.
        """
        people = self.contacts(count)
        if self.layout.turns:
            await self.talk(people, rounds=self.layout.turns // len(people[0].script))
        return people

    @contextlib.asynccontextmanager
    async def load(self, load: Load, latency_s: float = 0.0) -> AsyncIterator[Load]:
        """Connect a load to the server and to the upstream, and disconnect it at the end.

        Raises:
            BenchError: the server rejected, lost or wrongly answered a message. The error contains
                the end of the server's output.
        """
        self.upstream.latency_s = latency_s
        self.upstream.arrived = load.arrived
        try:
            await load.connect(self.doors)
            yield load
        except (BenchError, OSError) as error:
            raise BenchError(self._told(error)) from error
        finally:
            load.close()

    async def talk(self, contacts: list[Contact], rounds: int) -> None:
        """Let each contact go through the conversation `rounds` times.

        Raises:
            BenchError: the server rejected, lost or wrongly answered a message.
        """
        async with self.load(Load(self.wire, contacts, rounds=rounds)) as load:
            load.begin()
            await load.finish(DRAIN_S, is_stopped=False)

    async def store(self, contacts: int, tell: Callable[[str], None]) -> None:
        """Store this number of contacts, as copies of one that has gone through the conversation
        once.

        Raises:
            BenchError: the server rejected, lost or wrongly answered a message.
        """
        if not contacts:
            return
        first = self.contacts(1)
        await self.talk(first, rounds=1)
        for count in self.redis.multiply(first[0].name, contacts):
            tell(f"{spaced(count)} of {spaced(contacts)} contacts stored")
            await asyncio.sleep(0)  # Let the event loop handle signals.

    async def measure(
        self,
        contacts: Sequence[Contact],
        messages: int,
        seconds: float,
        *,
        latency_s: float = 0.0,
        pause_s: float = 0.0,
    ) -> Figures:
        """Measure `messages` messages, or as many as are handled in `seconds`.

        All contacts talk before, during and after the measurement, so that the figures include
        neither start nor end. Each contact waits `pause_s` before its next message.

        Raises:
            BenchError: the server rejected, lost or wrongly answered a message.
        """
        load = Load(self.wire, contacts, pause_s=pause_s)
        async with self.load(load, latency_s):
            gc.collect()
            load.begin()
            # Each contact's first message opens connections, which must not count.
            await load.until(max(2 * len(contacts), 200), WARM_UP_S)
            if len(load.replies) < len(contacts):
                raise BenchError(f"Only {len(load.replies)} replies in {WARM_UP_S:g} s.")
            meter = _Meter(self, load)
            await load.until(len(load.replies) + messages, seconds)
            figures = meter.read()
            await load.finish(DRAIN_S)
        return figures

    def cpu_s(self) -> dict[str, float]:
        """Return the seconds of processor time that each part of the server has used so far."""
        used: defaultdict[str, float] = defaultdict(float)
        for server in self.servers:
            used[server.command.name] += server.cpu_s()
        return dict(used)

    def rss_mb(self) -> float:
        """Return the resident memory of all parts of the server, in MB."""
        return sum(server.rss_bytes() for server in self.servers) / 1e6

    def _told(self, fault: Exception) -> str:
        told = [f"{self.layout.contestant.name}: {fault}"]
        if self.upstream.refused:
            told.append(f"The upstream refused {self.upstream.refused[-1]}.")
        told += [words for server in self.servers if (words := server.last_words())]
        return "\n".join(told)


class _Meter:
    """Computes the figures of the time between its creation and the call of `read`."""

    def __init__(self, running: Running, load: Load) -> None:
        self._running, self._load = running, load
        self._redis = running.redis.used()
        self._cpu_s = running.cpu_s()
        self._own_s = time.process_time()
        self._replies, self._acks = len(load.replies), len(load.acks)
        self._at = time.perf_counter()

    def read(self) -> Figures:
        """Return the figures of the time since the meter was created."""
        seconds = time.perf_counter() - self._at
        own_s = time.process_time() - self._own_s
        running = self._running
        cpu_s = running.cpu_s()
        redis = running.redis.used().since(self._redis)
        replies = sorted(self._load.replies[self._replies :])
        acks = sorted(self._load.acks[self._acks :])
        count = len(replies)
        if not count or not acks:
            raise BenchError(f"No message was done in {seconds:.1f} s.")
        shares_core = running.places.redis == running.places.load
        return Figures(
            messages=count,
            seconds=seconds,
            per_second=count / seconds,
            cpu_us={name: (cpu_s[name] - self._cpu_s[name]) / count * 1e6 for name in cpu_s},
            redis_cpu_us=redis.cpu_s / count * 1e6,
            redis_commands=redis.commands / count,
            redis_round_trips=redis.round_trips / count,
            redis_bytes=redis.bytes / count,
            ack_p50_ms=statistics.median(acks) * 1e3,
            ack_p99_ms=acks[int(len(acks) * 0.99)] * 1e3,
            reply_p50_ms=statistics.median(replies) * 1e3,
            reply_p99_ms=replies[int(count * 0.99)] * 1e3,
            rss_mb=running.rss_mb(),
            load_busy=(own_s + (redis.cpu_s if shares_core else 0.0)) / seconds,
        )


@contextlib.contextmanager
def short_folder() -> Iterator[Path]:
    """Create a temporary folder, whose path is short.

    The path of a unix socket in it may have a maximum of about 100 bytes.
    """
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp") as name:
        yield Path(name)


@contextlib.asynccontextmanager
async def running(layout: Layout, places: Places) -> AsyncIterator[Running]:
    """Start a layout, and yield it when it is ready. At the end, all its processes are stopped.

    Each host has its own ports.

    Raises:
        BenchError: a server cannot be started.
    """
    async with Upstream() as upstream:
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(short_folder())
            redis = RedisServer.start(
                folder, places.redis, layout.nodes, is_tcp=layout.is_tcp, program=layout.redis
            )
            stack.callback(redis.stop)
            setting = Setting(
                redis.url, upstream.url, layout.processes, layout.flows, layout.variables
            )
            servers, doors = [], []
            for number in range(layout.hosts):
                home = folder / f"host-{number}"
                home.mkdir()
                commands = layout.contestant.commands(setting)
                doors.append(commands[0].port)
                for command in commands:
                    servers.append(Server.start(command, home, places.server))
                    stack.callback(servers[-1].stop)
            ready_s = max([await server.ready() for server in servers])
            wire = layout.contestant.wire()
            yield Running(layout, places, redis, servers, doors, upstream, wire, ready_s)
