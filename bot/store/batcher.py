"""Groups concurrent calls into one pipeline, the only way to Redis but for blocking reads.

Calls made in the same tick of the event loop, or while a batch is on its way, leave together as the
next batch: what a message costs in Redis is mostly the round trip, and this shares it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from redis.exceptions import NoScriptError

from bot.errors import StoreError
from bot.store.client import ClusterLine, translated
from bot.store.line import Command, Line
from bot.store.scripts import Script

_Call = tuple[Command, asyncio.Future[Any]]

MAX_BATCH = 512
"""Calls in one batch; more wait for the next one, so that no batch takes long."""


class Batcher:
    """Grouped calls to one server or cluster, over `line`.

    A call whose connection failed is repeated once, at once, on a new one: a connection that had
    died while nobody used it is no fault worth reporting, and every script may be repeated. After
    that each call of the batch raises `StoreError`, `on_error` is awaited, and the next call tries
    anew.
    """

    def __init__(
        self,
        line: Line | ClusterLine,
        host: str,
        timeout_s: float,
        on_error: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._line = line
        self._on_error = on_error
        self._host = host
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        self._queue: list[_Call] = []
        self._is_busy = False
        self._mending: asyncio.Task[None] | None = None
        self._idle: asyncio.Future[None] | None = None

    def command(self, *parts: Any) -> asyncio.Future[Any]:
        """The answer to one command, as redis-py gives it."""
        future: asyncio.Future[Any] = self._loop.create_future()
        if self._idle is not None:
            future.set_exception(StoreError("The store is closed."))
            return future
        self._queue.append((parts, future))
        if not self._is_busy:
            self._is_busy = True
            self._loop.call_soon(self._send)
        return future

    def script(self, script: Script, prefix: str, *args: Any) -> asyncio.Future[Any]:
        """The answer of a script, which touches only keys that begin with `prefix`."""
        return self.command("EVALSHA", script, 1, prefix, *args)

    async def close(self) -> None:
        """Take no more calls, and hang up when none is on its way any more."""
        if self._idle is None:
            self._idle = self._loop.create_future()
            if not self._is_busy:
                self._idle.set_result(None)
        await self._idle
        await self._line.aclose()

    def _send(self) -> None:
        batch, self._queue = self._queue[:MAX_BATCH], self._queue[MAX_BATCH:]
        if batch:
            commands = [command for command, _ in batch]
            self._line.send(commands, self._timeout_s, partial(self._settle, batch))
            return
        self._is_busy = False
        if self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    def _settle(self, batch: list[_Call], results: list[Any] | Exception) -> None:
        """Answer each call, and go on with the next batch."""
        if isinstance(results, Exception):
            for _, future in batch:
                if not future.done():
                    future.set_exception(translated(results, self._host))
            if self._on_error:
                self._mending = self._loop.create_task(self._mend(self._on_error))
                return
        else:
            unknown: list[_Call] = []
            for (command, future), result in zip(batch, results, strict=True):
                if isinstance(result, NoScriptError):
                    # The server is new or was restarted; by its text it runs a script and knows it.
                    unknown.append((("EVAL", command[1].source, *command[2:]), future))
                elif future.done():
                    pass  # Its caller has given up.
                elif isinstance(result, Exception):
                    future.set_exception(translated(result, self._host))
                else:
                    future.set_result(result)
            self._queue[:0] = unknown
        self._send()

    async def _mend(self, on_error: Callable[[], Awaitable[None]]) -> None:
        try:
            await on_error()
        finally:
            self._send()
