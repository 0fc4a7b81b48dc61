"""Groups concurrent calls into one pipeline, the only way to Redis but for blocking reads.

Calls made in the same tick of the event loop, or while a batch is on its way, leave together as the
next batch: what a message costs in Redis is mostly the round trip, and this shares it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from redis.exceptions import NoScriptError

from bot.errors import StoreError
from bot.store.connection import Command, translated
from bot.store.scripts import Script

MOST = 512
"""Calls in one batch; more wait for the next one, so that no batch takes long."""


class Calls:
    """Grouped calls to one server or cluster, of which `exchange` gives a batch's answers.

    A call whose answer didn't come is repeated once, at once, on a new connection: a connection
    that had died while nobody used it is no fault worth reporting, and every script may be
    repeated. After that each call of the batch raises `StoreError`, `on_fault` is awaited, and the
    next call tries anew.
    """

    def __init__(
        self,
        exchange: Callable[[list[Command]], Awaitable[list[Any]]],
        host: str,
        timeout_s: float,
        on_fault: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._exchange = exchange
        self._on_fault = on_fault
        self._host = host
        self._timeout_s = timeout_s
        self._queue: list[tuple[Command, asyncio.Future[Any]]] = []
        self._sender: asyncio.Task[None] | None = None
        self._is_closed = False

    def command(self, *parts: Any) -> asyncio.Future[Any]:
        """The answer to one command, as redis-py gives it."""
        future = asyncio.get_running_loop().create_future()
        if self._is_closed:
            future.set_exception(StoreError("The store is closed."))
            return future
        self._queue.append((parts, future))
        if self._sender is None:
            self._sender = asyncio.create_task(self._send())
        return future

    def script(self, script: Script, keys: Sequence[str], *args: Any) -> asyncio.Future[Any]:
        """The answer of a script. All keys belong to one shard."""
        return self.command("EVALSHA", script, len(keys), *keys, *args)

    async def close(self) -> None:
        """Take no more calls, and return when none is on its way any more."""
        self._is_closed = True
        if self._sender is not None:
            await asyncio.wait([self._sender])

    async def _send(self) -> None:
        try:
            while self._queue:
                batch, self._queue = self._queue[:MOST], self._queue[MOST:]
                if not await self._settle(batch) and self._on_fault:
                    await self._on_fault()
        finally:
            self._sender = None
            # Nobody would send what is left behind by a cancelled sender.
            for _, future in self._queue:
                future.cancel()
            self._queue.clear()

    async def _settle(self, batch: list[tuple[Command, asyncio.Future[Any]]]) -> bool:
        """Answer each call; False where the server didn't."""
        is_away = False
        commands = [command for command, _ in batch]
        try:
            async with asyncio.timeout(self._timeout_s):
                results = await self._run(commands)
        except Exception as fault:  # whatever it is, the callers must not wait for ever
            results, is_away = [fault] * len(batch), True
        except BaseException:
            for _, future in batch:
                future.cancel()
            raise
        for (_, future), result in zip(batch, results, strict=True):
            if future.done():
                continue
            if isinstance(result, Exception):
                future.set_exception(translated(result, self._host))
            else:
                future.set_result(result)
        return not is_away

    async def _run(self, commands: list[Command]) -> list[Any]:
        results = await self._exchange([_by_sha(command) for command in commands])
        unknown = [i for i, result in enumerate(results) if isinstance(result, NoScriptError)]
        if unknown:
            # The server is new or was restarted; by its text a script is run and remembered.
            again = await self._exchange([_by_text(commands[i]) for i in unknown])
            for i, result in zip(unknown, again, strict=True):
                results[i] = result
        return results


def _by_sha(command: Command) -> Command:
    if command[0] == "EVALSHA":
        return (command[0], command[1].sha, *command[2:])
    return command


def _by_text(command: Command) -> Command:
    if command[0] == "EVALSHA":
        return ("EVAL", command[1].source, *command[2:])
    return command
