"""Preparing a namespace: the server must be fit for it, and both must agree with the settings."""

import asyncio

import msgspec

from bot.errors import ConfigError, NoStore, StoreError
from bot.store.connection import Connection
from bot.store.keys import GROUP, SCHEMA


async def prepare(connection: Connection) -> None:
    """Create what a bot needs in its namespace, if it isn't there yet.

    Raises:
        ConfigError: the server evicts keys, or `check` fails.
        StoreError: the server is away.
    """
    await _refuse_eviction(connection)
    ours = {"schema": SCHEMA, "shards": connection.keys.shards}
    await connection.command("SET", connection.keys.meta, msgspec.json.encode(ours), "NX")
    await check(connection)
    await create_groups(connection)


async def check(connection: Connection) -> None:
    """Check that a bot of this version and these settings has used the namespace.

    Raises:
        NoStore: no bot has used it.
        ConfigError: a bot with another number of shards, or of another version, has; or the
            namespace is not a bot's.
        StoreError: the server is away.
    """
    keys, host = connection.keys, connection.host
    raw = await connection.command("GET", keys.meta)
    if raw is None:
        raise NoStore(
            f"No bot keeps contacts at {host} under {keys.namespace!r}; set"
            " REDIS_URL and BOT_NAMESPACE to those of the bot that does."
        )
    try:
        theirs = msgspec.json.decode(raw, type=dict[str, int])
    except (msgspec.MsgspecError, TypeError) as error:
        raise ConfigError(
            f"The key {keys.meta} at {host} is not a bot's; set BOT_NAMESPACE to"
            " a name of the bot's own."
        ) from error
    if theirs.get("schema") != SCHEMA:
        raise ConfigError(
            f"The store at {host} has schema {theirs.get('schema')}, this version of bot"
            f" uses {SCHEMA}; run the version that made it, or set another BOT_NAMESPACE."
        )
    if theirs.get("shards") != keys.shards:
        raise ConfigError(
            f"The store at {host} was made with {theirs.get('shards')} shards, which can't be"
            f" changed later to {keys.shards}. Set another BOT_NAMESPACE to begin with an empty"
            " store."
        )


async def create_groups(connection: Connection) -> None:
    """Create the consumer groups that don't exist yet. Raises StoreError."""
    keys = connection.keys
    results = await asyncio.gather(
        *(
            connection.command("XGROUP", "CREATE", key, GROUP, "0", "MKSTREAM")
            for shard in range(keys.shards)
            for key in keys.in_shard(shard, "ready")
        ),
        return_exceptions=True,
    )
    for result in results:
        if isinstance(result, StoreError) and "BUSYGROUP" not in str(result):
            raise result


async def _refuse_eviction(connection: Connection) -> None:
    """A server that drops keys when its memory is full would lose accepted callbacks."""
    try:
        info = await connection.command("INFO", "memory")
    except StoreError as error:
        if "NOPERM" not in str(error):
            raise
        return  # An ACL user that may not ask has to trust its administrator.
    for each in info.values() if "maxmemory" not in info else (info,):
        policy = each.get("maxmemory_policy", "noeviction")
        if each.get("maxmemory") and policy != "noeviction":
            raise ConfigError(
                f"Redis at {connection.host} has maxmemory-policy {policy}: when its memory is full"
                " it would drop sessions and accepted callbacks. Set it to noeviction; then"
                " callbacks are refused while memory is full, and sent again by Sinch."
            )
