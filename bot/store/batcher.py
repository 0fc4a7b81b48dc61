"""Puts concurrent calls into one pipeline. All calls except blocking reads go through the batcher.

Calls that are made in the same tick of the event loop, or while a batch is sent, form the next
batch. All calls of a batch share a round trip, because round trips are most of the cost of a
message in Redis.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Protocol

from redis.exceptions import NoScriptError

from bot.errors import StoreError
from bot.store.client import translated
from bot.store.line import Done, RedisCommand
from bot.store.scripts import Script

_Call = tuple[RedisCommand, asyncio.Future[Any]]

MAX_BATCH = 512
"""Maximum number of calls in one batch, so that no batch takes long.

Further calls wait for the next batch.
"""


class AnyLine(Protocol):
    """Sends batches to a server or a cluster. One batch is sent at a time."""

    def send(self, commands: Sequence[RedisCommand], timeout_s: float, done: Done) -> None:
        """Send commands, and call `done` with their answers. Call `send` again only after `done`
        was called.
        """

    async def aclose(self) -> None:
        """Disconnect. A batch that still waits for its answers gets no answers."""


class Batcher:
    """Puts concurrent calls to a server or a cluster into batches, and sends the batches over
    `line`.

    If a connection fails, its batch is repeated once, immediately, on a new connection. The repeat
    hides a connection that died while it was idle; the repeat is safe because every script can be
    repeated. If the repeat fails, too, each call of the batch raises `StoreError`. Then `on_error`
    is awaited, and the next batch is sent.
    """

    def __init__(
        self,
        line: AnyLine,
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
        self._recovery: asyncio.Task[None] | None = None
        self._idle: asyncio.Future[None] | None = None

    def command(self, *parts: Any) -> asyncio.Future[Any]:
        """Send one command; the result has redis-py's form.

        Raises:
            StoreError: the server is unavailable or refuses the command.
        """
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
        """Run a script that touches only keys that begin with `prefix`.

        Raises:
            StoreError: the server is unavailable or refuses the script.
        """
        return self.command("EVALSHA", script, 1, prefix, *args)

    async def close(self) -> None:
        """Refuse new calls, wait for earlier calls, and disconnect."""
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
        """Answer each call of the batch, then send the next batch."""
        if isinstance(results, Exception):
            for _, future in batch:
                if not future.done():
                    future.set_exception(translated(results, self._host))
            if self._on_error:
                self._recovery = self._loop.create_task(self._recover(self._on_error))
                return
        else:
            unknown: list[_Call] = []
            for (command, future), result in zip(batch, results, strict=True):
                if isinstance(result, NoScriptError):
                    # The server is new or was restarted. EVAL runs a script and also stores it.
                    unknown.append((("EVAL", command[1].source, *command[2:]), future))
                elif future.done():
                    pass  # The call was canceled.
                elif isinstance(result, Exception):
                    future.set_exception(translated(result, self._host))
                else:
                    future.set_result(result)
            self._queue[:0] = unknown
        self._send()

    async def _recover(self, on_error: Callable[[], Awaitable[None]]) -> None:
        try:
            await on_error()
        finally:
            self._send()
