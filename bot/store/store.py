"""The store: one namespace of a Redis server, opened and closed."""

from types import TracebackType
from typing import Self

from bot.settings import Settings
from bot.store import namespace
from bot.store.admin import Admin
from bot.store.connection import Connection
from bot.store.queue import Queue
from bot.store.reader import Reader


class Store:
    """Everything that outlives a process.

    queue: the path of a message, from its acceptance to the sent reply.
    reader: what commands, pages and tests look up.
    admin: what operators change.

    Their methods raise `StoreError` if Redis is away. Contacts are named by their key
    (`Address.key`). Instants are Unix seconds. Use a store within one event loop.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.queue = Queue(connection)
        self.reader = Reader(connection)
        self.admin = Admin(connection)

    @classmethod
    async def open(cls, settings: Settings, *, read_only: bool = False) -> Self:
        """Open the store at `settings.redis_url`, or if that is empty the embedded one in the home.

        With `read_only` nothing is created, so a bot must have used the store already; this way a
        replica, a full server or one that isn't fit for work can be read.

        Raises:
            NoStore: with `read_only`, no bot has used it.
            ConfigError: the URL or namespace can't be used, or the store was made with another
                number of shards or by another version.
            StoreError: the server is away; try again.
        """
        store = cls(await Connection.open(settings))
        try:
            if read_only:
                await namespace.check(store.connection)
            else:
                await namespace.prepare(store.connection)
        except BaseException:
            await store.close()
            raise
        return store

    @property
    def settings(self) -> Settings:
        """The settings it was opened with."""
        return self.connection.settings

    async def close(self) -> None:
        """Finish what was sent, then disconnect. Harmless if repeated."""
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
