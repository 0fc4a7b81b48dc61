"""The store: one namespace of a Redis server, opened and closed."""

from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import msgspec
from redis.exceptions import AuthenticationError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError

from bot.errors import ConfigError, StoreError
from bot.settings import Settings
from bot.store import namespace, tls_probe
from bot.store.admin import Admin
from bot.store.client import ERRORS, OUT_OF_CONNECTIONS, translated
from bot.store.connection import Connection, Waiting
from bot.store.keys import REPORT_MS
from bot.store.model import Process
from bot.store.outcomes import Outcomes
from bot.store.queue import Queue
from bot.store.reader import Reader


class Store:
    """All data that outlives a process.

    - `queue`: the path of a message, from its acceptance to the sent reply
    - `reader`: lookups for commands, pages and tests
    - `admin`: changes by operators
    - `outcomes`: the outcomes of broadcasts

    The methods of these objects raise `StoreError` if Redis is unavailable. A contact is given by
    its key (`Address.key`). Times are Unix seconds. Use a store within one event loop.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.queue = Queue(connection)
        self.reader = Reader(connection)
        self.admin = Admin(connection)
        self.outcomes = Outcomes(connection)

    @classmethod
    async def open(
        cls,
        settings: Settings,
        *,
        create: bool = True,
        read_only: bool = False,
        waiting: Waiting | None = None,
    ) -> Self:
        """Open the store at `settings.redis_url`. If this URL is "", open the embedded store in
        `settings.home`.

        If `create` is False or `read_only` is True, a bot must have used the store before. With
        `read_only`, a replica, a full server or an unsuitable server can be read, too. Each wait
        for the server happens inside the context manager that `waiting()` returns.

        Raises:
            NoStore: no bot has used the store, and this call must not create the store.
            ConfigError: the URL, the server or the namespace cannot be used; or the store belongs
                to another app, has another number of shards, or was made by another version.
            StoreError: the server is unavailable; try again.
        """
        store = cls(await Connection.open(settings, waiting))
        try:
            if create and not read_only:
                await namespace.prepare(store.connection)
            else:
                await namespace.check(store.connection)
            if not read_only:
                await store.connection.watch_history()
                if store.connection.barrier:
                    await store.connection.barrier.check()
        except BaseException as error:
            await store.close()
            if isinstance(error, StoreError) and (
                advice := namespace.missing_right(store.connection, str(error))
            ):
                raise ConfigError(advice) from error
            if _is_broken_connection(error) and (url := settings.redis_url):
                if advice := await tls_probe.wrong_scheme(url):
                    raise ConfigError(advice) from error
                if await tls_probe.is_out_of_connections(url):
                    refusal = RedisConnectionError(OUT_OF_CONNECTIONS)
                    raise translated(refusal, store.connection.host) from error
            raise
        return store

    @property
    def settings(self) -> Settings:
        """The settings with which the store was opened."""
        return self.connection.settings

    @property
    def place(self) -> str:
        """The namespace, host and database, without a password."""
        url = self.connection.settings.redis_url
        database = urlsplit(url).path.rpartition("/")[2] if url and "unix:" not in url else ""
        where = f"{self.connection.host}, database {database or 0}" if url else "the embedded store"
        return f"namespace {self.connection.keys.namespace!r} at {where}"

    async def check_writable(self) -> None:
        """Raise `StoreError` if the server is unavailable or refuses to write.

        Nothing is changed.
        """
        await namespace.touch(self.connection)

    async def owner(self) -> namespace.Owner | None:
        """Return the namespace's app and the store's id; None if no app has used the namespace
        yet.
        """
        return await namespace.owner(self.connection)

    async def report_worker(self, name: str) -> None:
        """Record that the named worker works on this store. The record is valid for 30 seconds."""
        await self.connection.command("SET", self.connection.keys.worker, name, "PX", REPORT_MS)

    async def report_process(self, process: Process) -> None:
        """Record a process that uses this store. The record is valid for 30 seconds."""
        key = self.connection.keys.processes
        now = await self.reader.time()
        raw = msgspec.json.encode(msgspec.structs.replace(process, at=now))
        await self.connection.command("HSET", key, process.name, raw)
        await self.connection.command("PEXPIRE", key, REPORT_MS)
        if ended := await self.reader.ended_processes(now):
            await self.connection.command("HDEL", key, *ended)

    async def forget_process(self, name: str) -> None:
        """Delete the record of a process that ends."""
        await self.connection.command("HDEL", self.connection.keys.processes, name)

    async def close(self) -> None:
        """Send the remaining commands, then disconnect. Repeated calls do nothing."""
        await self.queue.aclose()
        await self.connection.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


def _is_broken_connection(error: BaseException) -> bool:
    """Return whether the connection failed. A refused password is not a failed connection."""
    cause = error.__cause__
    return (
        isinstance(error, StoreError)
        and isinstance(cause, ERRORS)
        and not isinstance(cause, AuthenticationError | ResponseError)
    )
