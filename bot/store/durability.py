"""Waits until writes are durable, if BOT_DURABILITY requires it."""

import asyncio
from typing import Any

from redis.asyncio import Redis

from bot.errors import ConfigError, StoreAway, StoreError
from bot.settings import Durability
from bot.store.client import Client, translated
from bot.store.keys import Keys
from bot.store.line import Line

MAX_WAIT_S = 1.0
"""Maximum time to wait for the disk or a replica, in seconds.

After this time a callback is rejected, and Sinch sends it again.
"""

ANSWER_TIMEOUT_S = 5.0


class Barrier:
    """Waits until all writes that the server has acknowledged are durable.

    The barrier makes its own write and waits until this write is durable. Then all earlier writes
    are durable, too. Callers that wait at the same time share one write.
    """

    def __init__(self, client: Redis, keys: Keys, durability: Durability, host: str) -> None:
        self._line = Line(client)
        self._host = host
        wait_ms = int(MAX_WAIT_S * 1000)
        self._commands: list[tuple[Any, ...]] = [
            ("SET", keys.barrier, b""),
            ("WAIT", 1, wait_ms) if durability == "replica" else ("WAITAOF", 1, 0, wait_ms),
        ]
        self._what = "no replica has" if durability == "replica" else "the disk hasn't"
        self._running: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None

    async def check(self) -> None:
        """Raise `ConfigError` if the server cannot wait for durable writes.

        If the check takes too long, nothing is raised.
        """
        try:
            await self.passed()
        except StoreAway:
            return
        except StoreError as error:
            raise ConfigError(
                f"BOT_DURABILITY=disk needs Redis 7.2 or Valkey with `appendonly yes`: {error}"
            ) from error

    async def passed(self) -> None:
        """Wait until everything that was written before this call is durable.

        Raises:
            StoreAway: the writes are not durable in time.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._pass(self._running))
        await asyncio.shield(self._next)

    async def _pass(self, before: "asyncio.Task[None] | None") -> None:
        if before is not None:
            await asyncio.wait([before])
        self._running, self._next = self._next, None
        answers: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()

        def done(found: list[Any] | Exception) -> None:
            if isinstance(found, Exception):
                answers.set_exception(found)
            else:
                answers.set_result(found)

        self._line.send(self._commands, ANSWER_TIMEOUT_S, done)
        try:
            written, waited = await answers
            for each in (written, waited):
                if isinstance(each, Exception):
                    raise each
        except Exception as error:  # redis-py may raise any exception.
            raise translated(error, self._host) from error
        confirmed = waited[0] if isinstance(waited, list) else waited
        if not confirmed:
            raise StoreAway(
                f"Redis at {self._host}: {self._what} confirmed a write within {MAX_WAIT_S:g} s"
            )

    async def aclose(self) -> None:
        """Disconnect."""
        await self._line.aclose()


def barrier_of(client: Client, keys: Keys, durability: Durability, host: str) -> Barrier | None:
    """Return the barrier for BOT_DURABILITY; None if the setting needs no barrier.

    Raises:
        ConfigError: the server is a cluster.
    """
    if durability == "server":
        return None
    if not isinstance(client, Redis):
        raise ConfigError(
            f"BOT_DURABILITY={durability} can't be used with a cluster. Use one primary, alone or"
            " with sentinels; or set BOT_DURABILITY=server and `min-replicas-to-write 1`."
        )
    return Barrier(client, keys, durability, host)
