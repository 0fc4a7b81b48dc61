"""Opening and closing a store: its server, its connections, and the settings it must agree with."""

import asyncio
import logging
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from bot.errors import ConfigError, NoStore, StoreError
from bot.settings import Settings
from bot.store.connection import connect, host_of, is_cluster, line_of
from bot.store.embedded import Embedded
from bot.store.keys import GROUP, SCHEMA, Keys
from bot.store.pipeline import Calls

logger = logging.getLogger(__name__)

CALL_S = 5.0
"""How long an answer may take."""


class Base:
    """A store's connections. Use within one event loop, best as a context: it ends with `close`."""

    def __init__(self, settings: Settings, url: str, embedded: Embedded | None) -> None:
        self._settings = settings
        self._keys = Keys(settings.namespace, settings.shards)
        self._embedded = embedded
        self._host = host_of(url)
        verify, ca = settings.redis_tls_verify, settings.redis_tls_ca
        self._client = connect(url, tls_verify=verify, tls_ca=ca)
        self._reader = connect(url, tls_verify=verify, tls_ca=ca)
        self._is_cluster = is_cluster(self._client)
        self._calls = Calls(
            line_of(self._client),
            *(self._host, CALL_S),
            on_fault=self._revive if embedded else None,
        )

    @classmethod
    async def open(cls, settings: Settings, *, read_only: bool = False) -> Self:
        """The store at `settings.redis_url`; where that is empty, the embedded one in the home.

        With `read_only` nothing is made there, so a store must be there already; a replica, a full
        server or one that isn't fit for work can be read so.

        Raises:
            NoStore: with `read_only`, there is none.
            ConfigError: the URL or namespace can't be used, or the store was made with another
                number of shards or by another version.
            StoreError: the server is away; try again.
        """
        embedded, url = None, settings.redis_url
        if not url:
            folder = Path(settings.home) / "store"
            embedded = await asyncio.to_thread(Embedded.join, folder)
            url = embedded.url
        try:
            store = cls(settings, url, embedded)
        except BaseException:
            if embedded:
                await asyncio.to_thread(embedded.leave)
            raise
        try:
            if not read_only:
                await store._refuse_eviction()
                await store._claim_namespace()
            await store._agree()
            if not read_only:
                await store._make_groups()
        except BaseException:
            await store.close()
            raise
        return store

    @property
    def settings(self) -> Settings:
        """Those it was opened with."""
        return self._settings

    async def close(self) -> None:
        """Finish what is on its way and let go of the server. Again is harmless."""
        await self._calls.close()
        await self._reader.aclose()
        await self._client.aclose()
        if self._embedded:
            await asyncio.to_thread(self._embedded.leave)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def _revive(self) -> None:
        """Start the embedded server again if it has died: nobody else looks after it."""
        assert self._embedded
        try:
            if await asyncio.to_thread(self._embedded.revive):
                logger.warning("The embedded store had stopped; it runs again.")
        except (ConfigError, StoreError):
            logger.exception("The embedded store has stopped and can't be started.")

    async def _refuse_eviction(self) -> None:
        """A server that drops keys when its memory is full would lose what was accepted."""
        try:
            info = await self._calls.command("INFO", "memory")
        except StoreError as fault:
            if "NOPERM" not in str(fault):
                raise
            return  # An ACL user that may not ask has to trust its administrator.
        for each in info.values() if "maxmemory" not in info else (info,):
            policy = each.get("maxmemory_policy", "noeviction")
            if each.get("maxmemory") and policy != "noeviction":
                raise ConfigError(
                    f"Redis at {self._host} has maxmemory-policy {policy}: when its memory is full"
                    " it would drop sessions and accepted callbacks. Set it to noeviction; then"
                    " callbacks are refused while memory is full, and sent again by Sinch."
                )

    async def _claim_namespace(self) -> None:
        ours = {"schema": SCHEMA, "shards": self._keys.shards}
        await self._calls.command("SET", self._keys.meta, msgspec.json.encode(ours), "NX")

    async def _agree(self) -> None:
        raw = await self._calls.command("GET", self._keys.meta)
        if raw is None:
            raise NoStore(
                f"No bot keeps contacts at {self._host} under {self._keys.namespace!r}; set"
                " REDIS_URL and BOT_NAMESPACE to those of the bot that does."
            )
        try:
            theirs = msgspec.json.decode(raw, type=dict[str, int])
        except (msgspec.MsgspecError, TypeError) as fault:
            raise ConfigError(
                f"The key {self._keys.meta} at {self._host} is not a bot's; set BOT_NAMESPACE to"
                " a name of the bot's own."
            ) from fault
        if theirs.get("schema") != SCHEMA:
            raise ConfigError(
                f"The store at {self._host} has schema {theirs.get('schema')}, this version of bot"
                f" uses {SCHEMA}; run the version that made it, or set another BOT_NAMESPACE."
            )
        if theirs.get("shards") != self._keys.shards:
            raise ConfigError(
                f"The store at {self._host} was made with BOT_SHARDS={theirs.get('shards')}, which"
                f" can't be changed later to {self._keys.shards}; set BOT_SHARDS back, or set"
                " another BOT_NAMESPACE to begin anew."
            )

    async def _make_groups(self) -> None:
        """Make the consumer groups that don't exist yet."""
        made = await asyncio.gather(
            *(
                self._calls.command("XGROUP", "CREATE", key, GROUP, "0", "MKSTREAM")
                for shard in range(self._keys.shards)
                for key in self._keys.in_shard(shard, "ready")
            ),
            return_exceptions=True,
        )
        for result in made:
            if isinstance(result, StoreError) and "BUSYGROUP" not in str(result):
                raise result
