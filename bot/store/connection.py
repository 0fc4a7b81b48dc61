"""A connection to one namespace of one Redis server: its key names, and methods that send
commands.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Self

from redis.asyncio.cluster import RedisCluster

from bot.errors import ConfigError, StoreError
from bot.settings import Settings
from bot.store import scripts
from bot.store.batcher import AnyLine, Batcher
from bot.store.client import Client, close, connect, host_of, line_of, translating
from bot.store.durability import barrier_of
from bot.store.embedded import Embedded
from bot.store.history import History
from bot.store.keys import Keys
from bot.store.line import Done, Line, RedisCommand, ask
from bot.store.scripts import Script

logger = logging.getLogger(__name__)

ANSWER_TIMEOUT_S = 5.0
"""Maximum time for an answer, in seconds."""

Waiting = Callable[[], AbstractContextManager[None]]
"""A function that returns a context manager, which is entered for each wait for the server."""


class WatchedLine:
    """Sends batches over a `Line`.

    `waiting` returns a context manager, which is entered while a batch waits for its answers.
    """

    def __init__(self, line: AnyLine, waiting: Waiting) -> None:
        self._line = line
        self._waiting = waiting

    def send(self, commands: Sequence[RedisCommand], timeout_s: float, done: Done) -> None:
        """Send commands, and call `done` with their answers. Call `send` again only after `done`
        was called.
        """
        wait = self._waiting()

        def answered(answers: list[Any] | Exception) -> None:
            wait.__exit__(None, None, None)
            done(answers)

        wait.__enter__()
        self._line.send(commands, timeout_s, answered)

    async def aclose(self) -> None:
        """Disconnect. A batch that still waits for its answers gets no answers."""
        await self._line.aclose()


class Connection:
    """Sends commands to Redis.

    Use a connection within one event loop, and close it with `aclose`.
    """

    def __init__(
        self,
        settings: Settings,
        url: str,
        embedded: Embedded | None = None,
        waiting: Waiting | None = None,
    ) -> None:
        self.settings = settings
        self.keys = Keys(settings.namespace, settings.shards)
        self.host = host_of(url)
        self._embedded = embedded
        verify, ca = settings.redis_tls_verify, settings.redis_tls_ca
        self.client: Client = connect(url, tls_verify=verify, tls_ca=ca)
        self._blocking_client = connect(url, tls_verify=verify, tls_ca=ca)
        self._free_lines: list[Line] = []
        self.barrier = barrier_of(
            *(self._blocking_client, self.keys, settings.durability, self.host)
        )
        self.history = History(self.keys)
        self._waiting: Waiting = waiting or nullcontext
        line = line_of(self.client, self.history)
        self._batcher = Batcher(
            WatchedLine(line, waiting) if waiting else line,
            *(self.host, ANSWER_TIMEOUT_S),
            on_error=self._restart if embedded else None,
        )

    @classmethod
    async def open(cls, settings: Settings, waiting: Waiting | None = None) -> Self:
        """Prepare a connection to `settings.redis_url`. If this URL is "", prepare a connection to
        the embedded server.

        The embedded server is in `settings.home`. The connection is made with the first command.
        `waiting` returns a context manager, which the connection enters for each wait for the
        server, but not for the waits of blocking commands.

        Raises:
            ConfigError: the URL, namespace or home cannot be used.
            StoreError: the embedded server cannot be started.
        """
        if settings.redis_url:
            return cls(settings, settings.redis_url, waiting=waiting)
        with (waiting or nullcontext)():
            embedded = await asyncio.to_thread(Embedded.join, Path(settings.home) / "store")
        try:
            return cls(settings, embedded.url, embedded, waiting)
        except BaseException:
            await asyncio.to_thread(embedded.leave)
            raise

    @property
    def is_cluster(self) -> bool:
        return isinstance(self.client, RedisCluster)

    def command(self, *parts: Any) -> asyncio.Future[Any]:
        """Send one command; the result has redis-py's form.

        Raises:
            StoreError: the server is unavailable or refuses the command.
        """
        return self._batcher.command(*parts)

    def script(self, script: Script, prefix: str, *args: Any) -> asyncio.Future[Any]:
        """Run a script that touches only keys that begin with `prefix`.

        Raises:
            StoreError: the server is unavailable or refuses the script.
        """
        return self._batcher.script(script, prefix, *args)

    async def script_of_shards(self, script: Script, *args: Any) -> list[Any]:
        """Run a script that takes `args` and prefixes of shards; return its result for each shard.

        On one server, the script is called once. On a cluster, the script is called once for each
        shard, because the shards are on different nodes.

        Raises:
            StoreError: the server is unavailable or refuses the script.
        """
        prefixes = self.keys.prefixes
        if not self.is_cluster:
            found: list[Any] = await self.script(script, prefixes[0], *args, *prefixes)
            return found
        asked = (self.script(script, prefix, *args, prefix) for prefix in prefixes)
        return [of_shard for [of_shard] in await asyncio.gather(*asked)]

    async def watch_history(self) -> None:
        """Read the shards' epochs now, and again whenever another server process answers."""
        self.history.is_watched = True
        prefixes = self.keys.prefixes
        asked = (self.script(scripts.HISTORY, prefix) for prefix in prefixes)
        self.history.learn(await asyncio.gather(*asked))

    async def blocking(self, command: list[Any], key: str, block_s: float) -> Any:
        """Send a command that may block for up to `block_s` seconds. The command has a connection
        of its own.

        `key` is one of the command's keys. Canceling the call is harmless.

        Raises:
            StoreError: the server is unavailable or refuses the command.
        """
        with translating(self.host):
            return await self._blocking(command, key, block_s + ANSWER_TIMEOUT_S)

    async def _blocking(self, command: list[Any], key: str, timeout_s: float) -> Any:
        if isinstance(self._blocking_client, RedisCluster):
            async with asyncio.timeout(timeout_s):
                # Otherwise the client would ask a node for the key's slot before each read.
                await self._blocking_client.initialize()
                node = self._blocking_client.get_node_from_key(key)
                return await self._blocking_client.execute_command(*command, target_nodes=node)
        line = self._free_lines.pop() if self._free_lines else Line(self._blocking_client)
        try:
            return await ask(line, tuple(command), timeout_s)
        finally:
            self._free_lines.append(line)

    async def scan(self, pattern: str) -> AsyncIterator[bytes]:
        """Yield each key that matches the pattern, without repeats. All keys of the server are
        read.

        Raises:
            StoreError: the server is unavailable.
        """
        seen: set[bytes] = set()
        with translating(self.host):
            keys = aiter(self._blocking_client.scan_iter(match=pattern, count=1000))
            while True:
                with self._waiting():
                    key = await anext(keys, None)
                if key is None:
                    return
                if key not in seen:
                    seen.add(key)
                    yield key

    async def aclose(self) -> None:
        """Wait for the commands that were sent, then disconnect. Repeated calls do nothing."""
        await self._batcher.close()
        await asyncio.gather(*(line.aclose() for line in self._free_lines))
        if self.barrier:
            await self.barrier.aclose()
        await close(self._blocking_client)
        await close(self.client)
        if self._embedded:
            await asyncio.to_thread(self._embedded.leave)

    async def _restart(self) -> None:
        """Start the embedded server again if it has ended. No other program starts it again."""
        assert self._embedded
        try:
            if await asyncio.to_thread(self._embedded.revive):
                logger.warning("The embedded store had stopped; it runs again.")
        except (ConfigError, StoreError):
            logger.exception("The embedded store has stopped and can't be started.")
