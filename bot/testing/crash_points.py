"""Crash points: runs a conversation repeatedly, and kills the bot at a different point each time.

A point is an await of a turn that really waits, or the moment before or after a call of the store
or a request to the API. So there are points before and after a callback is accepted, a turn is
committed and a reply is sent. After the kill, another process takes over. If a callback got no
response, the callback is sent again. At the end the result must be the same as without a crash.
"""

import types
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Sequence
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass, replace
from difflib import unified_diff
from inspect import iscoroutinefunction
from typing import Any

import httpx
import msgspec

from bot.contact.session import encode as encode_session
from bot.errors import ConfigError
from bot.flow.load import Flows
from bot.settings import Settings
from bot.store import Store
from bot.store.admin import Admin
from bot.store.queue import Queue
from bot.store.reader import Reader
from bot.testing.contact import SimulatedContact
from bot.testing.services import Services
from bot.testing.simulation import Simulation, needed_triggers
from bot.turn.effects import TurnEffects

Conversation = Callable[[SimulatedContact], Awaitable[None]]


class Killed(BaseException):
    """The bot's process was killed.

    This error is not an `Exception`, so that `except Exception` does not catch it.
    """


class Points:
    """Counts the crash points that the bot reaches, and kills the bot at one of them."""

    def __init__(self, kill_at: int = 0) -> None:
        self.kill_at = kill_at
        self.passed: list[str] = []
        self.is_working = False

    def tick(self, where: str) -> None:
        """Count a crash point that the bot reaches.

        Raises:
            Killed: this is the point at which the bot is killed.
        """
        if self.is_working:
            self.passed.append(where)
            if len(self.passed) == self.kill_at:
                raise Killed(where)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a conversation, as lines to compare, and the crash points that were reached."""

    lines: list[str]
    passed: list[str]


class CrashPoints:
    """Plays conversations in which the bot crashes. The fixture `crash_points` is an instance."""

    def __init__(self, flows: Flows, settings: Settings, **options: Any) -> None:
        self._flows = flows
        self._settings = settings
        self._options = options

    async def __call__(
        self,
        conversation: Conversation,
        *,
        prepare: Callable[[Services], object] = lambda services: None,
        sample: int | None = None,
        **options: Any,
    ) -> int:
        """Play the conversation once without a crash, and once with a crash at each point.

        Return the number of points.

        `prepare` adds stand-ins to each run. `options` are options of a contact, such as `channel`.
        With `sample`, crash only at this number of points, evenly spaced, including the first and
        the last.

        Raises:
            AssertionError: after a crash something is lost, duplicated or different. The error
                names the point.
        """
        options = {**self._options, **options}
        expected = await self._hold(conversation, prepare, 0, options)
        if sample is not None and sample < 1:
            raise ConfigError(f"sample is {sample}; it takes 1 or more.")
        for number in _spread(len(expected.passed), sample):
            where = expected.passed[number - 1]
            at = f"killed {where} (point {number} of {len(expected.passed)})"
            try:
                found = await self._hold(conversation, prepare, number, options)
            except AssertionError as error:
                raise AssertionError(f"{at}: {error}") from error
            if found.lines != expected.lines:
                diff = unified_diff(expected.lines, found.lines, "undisturbed", at, lineterm="")
                raise AssertionError(f"{at}, the result differs:\n" + "\n".join(diff))
        return len(expected.passed)

    async def _hold(
        self,
        conversation: Conversation,
        prepare: Callable[[Services], object],
        kill_at: int,
        options: dict[str, Any],
    ) -> Outcome:
        points = Points(kill_at)
        async with self._simulation(points, kill_at) as simulation:
            mode = options.get("mode", "CONVERSATION")
            simulation.mode = mode
            prepare(simulation.services)
            known = {name: value for name, value in options.items() if name != "mode"}
            contact = SimulatedContact(simulation, **known)
            with simulation.services.http.replacing():
                await conversation(contact)
            return Outcome(_lines(contact), points.passed)

    @asynccontextmanager
    async def _simulation(self, points: Points, number: int) -> AsyncIterator["CrashingSimulation"]:
        settings = replace(self._settings, namespace=f"{self._settings.namespace}-{number}")
        async with await Store.open(settings) as store:
            simulation = CrashingSimulation(store, self._flows, settings, points)
            try:
                yield simulation
            finally:
                await simulation.aclose()


def _spread(count: int, sample: int | None) -> Sequence[int]:
    """Return the numbers of the points at which to crash. The first point has the number 1."""
    if sample is None or sample >= count:
        return range(1, count + 1)
    if sample == 1:
        return [1]
    return [1 + round(place * (count - 1) / (sample - 1)) for place in range(sample)]


class CrashingSimulation(Simulation):
    """A simulation with crash points. If the bot is killed at a point, a new bot takes over."""

    def __init__(self, store: Store, flows: Flows, settings: Settings, points: Points) -> None:
        self._points = points
        super().__init__(store, flows, settings, triggers=needed_triggers(flows))
        self._real_store = store
        self._begin()

    def new_webhook_transport(self) -> httpx.AsyncBaseTransport:
        return _WebhookPoints(self, self._points)

    def _begin(self) -> None:
        """Start a new process, without the memory of the earlier process."""
        store = _with_points(self._real_store, self._points)
        self.bot = self.new_bot(store, _ApiPoints(self.new_transport(), self._points))

    async def take_over(self) -> None:
        """Replace the process that was killed."""
        self._points.is_working = False
        await self.bot.api.aclose()
        self._begin()

    async def _drain(self) -> None:
        self._points.is_working = True
        try:
            await super()._drain()
        except Killed:
            await self.take_over()
            for ready in await self.bot.store.queue.recover("simulation", 0.0, 100):
                await self.bot.worker.work(ready)
            await super()._drain()
        finally:
            self._points.is_working = False

    async def _around(
        self, effects: TurnEffects, run: Callable[[TurnEffects], Awaitable[None]]
    ) -> None:
        await _stepped(super()._around(effects, run), self._points)


def _with_points(store: Store, points: Points) -> Store:
    """Return the store with a crash point before and after each call of the store."""
    pointed = copy(store)
    for part in ("queue", "reader", "admin"):
        setattr(pointed, part, _StorePoints(part, getattr(store, part), points))
    return pointed


class _StorePoints:
    """A part of a store, with a crash point before and after each call."""

    def __init__(self, name: str, part: Queue | Reader | Admin, points: Points) -> None:
        self._name = name
        self._part = part
        self._points = points

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._part, name)
        if not iscoroutinefunction(verb):
            return verb

        async def call(*args: Any, **kwargs: Any) -> Any:
            self._points.tick(f"before store.{self._name}.{name}")
            answer = await verb(*args, **kwargs)
            self._points.tick(f"after store.{self._name}.{name}")
            return answer

        return call


class _WebhookPoints(httpx.AsyncBaseTransport):
    """The transport to the webhook.

    If a process is killed before it answers a callback, the callback is sent again.
    """

    def __init__(self, simulation: CrashingSimulation, points: Points) -> None:
        self._simulation = simulation
        self._points = points
        self._transport = httpx.ASGITransport(simulation.asgi_app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._points.is_working = True
        try:
            return await self._transport.handle_async_request(request)
        except Killed:
            await self._simulation.take_over()
            return await self._transport.handle_async_request(request)
        finally:
            self._points.is_working = False


class _ApiPoints(httpx.AsyncBaseTransport):
    """A transport with a crash point before and after each request."""

    def __init__(self, transport: httpx.AsyncBaseTransport, points: Points) -> None:
        self._transport = transport
        self._points = points

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        what = f"{request.method} {request.url.path.rpartition('/')[2]}"
        self._points.tick(f"before {what}")
        response = await self._transport.handle_async_request(request)
        self._points.tick(f"after {what}")
        return response


@types.coroutine
def _stepped(coroutine: Coroutine[Any, Any, None], points: Points) -> Generator[Any, Any, None]:
    """Run a turn. Each await that suspends the turn is a point at which the bot may be killed."""
    value: Any = None
    fault: BaseException | None = None
    while True:
        try:
            waiting = coroutine.send(value) if fault is None else coroutine.throw(fault)
        except StopIteration:
            return
        try:
            points.tick("at an await of the turn")
            fault = None
            value = yield waiting
        except Killed:
            coroutine.close()
            raise
        except BaseException as thrown:
            fault = thrown


def _lines(contact: SimulatedContact) -> list[str]:
    """Return the conversation and the session as lines, without times and run numbers.

    Run numbers depend on the time.
    """
    session = contact.session
    whole: dict[str, Any] = msgspec.json.decode(encode_session(session)) if session else {}
    numbers: dict[int, int] = {}
    kept = {
        name: _without_times(value, numbers)
        for name, value in whole.items()
        if name not in ("heard", "runs_started")
    }
    return [
        *contact.transcript.split("\n"),
        *(f"{name}: {msgspec.json.encode(value).decode()}" for name, value in kept.items()),
        f"data: {contact.data}",
    ]


def _without_times(value: Any, numbers: dict[int, int]) -> Any:
    """Return a session's contents without times, with runs numbered in order of appearance."""
    if isinstance(value, list):
        return [_without_times(each, numbers) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: numbers.setdefault(each, len(numbers) + 1)
        if name in ("id", "run")
        else _without_times(each, numbers)
        for name, each in value.items()
        if name not in ("asked_at", "timed_at", "at", "since", "message_id")
    }
