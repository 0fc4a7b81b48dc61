"""Prepares a namespace: checks the server, and that the namespace agrees with the settings."""

import asyncio
import re
import secrets
from collections.abc import Iterator
from typing import Any

import msgspec

from bot.errors import ConfigError, NoStore, StoreError
from bot.store.client import RIGHTS
from bot.store.connection import Connection
from bot.store.keys import GROUP, SCHEMA

MIN_REDIS = (6, 2)


class Owner(msgspec.Struct, frozen=True):
    """The app that a namespace belongs to, and the namespace's worldwide unique id."""

    app: str
    store: str


async def prepare(connection: Connection) -> None:
    """Create the data that a bot needs in its namespace, if this data is missing.

    Raises:
        ConfigError: the server is not suitable for a bot, or `check` fails.
        StoreError: the server is unavailable.
    """
    await _refuse_unfit(connection)
    await touch(connection)
    await _check_meta(connection)
    if app := connection.settings.app_id:
        ours = Owner(app, secrets.token_hex(8))
        await connection.command("SET", connection.keys.owner, msgspec.json.encode(ours), "NX")
    await check(connection)
    await create_groups(connection)


async def touch(connection: Connection) -> None:
    """Write the data that every namespace has. Existing data is not changed.

    Raises:
        StoreError: the server is unavailable, or refuses to write.
    """
    ours = {"schema": SCHEMA, "shards": connection.keys.shards}
    await connection.command("SET", connection.keys.meta, msgspec.json.encode(ours), "NX")


async def owner(connection: Connection) -> Owner | None:
    """Return the app that the namespace belongs to; None if no process of an app has opened the
    namespace yet.

    Raises:
        ConfigError: the key does not belong to a bot.
        StoreError: the server is unavailable.
    """
    raw = await connection.command("GET", connection.keys.owner)
    if raw is None:
        return None
    try:
        return msgspec.json.decode(raw, type=Owner)
    except msgspec.MsgspecError as error:
        raise ConfigError(_foreign_key(connection, connection.keys.owner)) from error


async def check(connection: Connection) -> None:
    """Check that a bot of this version and these settings has used the namespace.

    Raises:
        NoStore: no bot has used the namespace.
        ConfigError: the bot that has used the namespace has another app, version or number of
            shards; or the namespace does not belong to a bot.
        StoreError: the server is unavailable.
    """
    keys, host = connection.keys, connection.host
    await _check_meta(connection)
    found, app = await owner(connection), connection.settings.app_id
    if found and app and found.app != app:
        raise ConfigError(
            f"The namespace {keys.namespace!r} at {host} belongs to app {found.app}, and"
            f" SINCH_APP_ID is {app}: two apps in one namespace would answer each other's contacts."
            f" Set BOT_NAMESPACE to a name of this app's own, such as {app}, or correct"
            f" SINCH_APP_ID. If app {app} is to take over the contacts, delete the key"
            f" {keys.owner}."
        )


async def _check_meta(connection: Connection) -> None:
    keys, host = connection.keys, connection.host
    raw = await connection.command("GET", keys.meta)
    if raw is None:
        place = "REDIS_URL" if connection.settings.redis_url else "REDIS_URL or BOT_HOME"
        raise NoStore(
            f"No bot has used the namespace {keys.namespace!r} at {host} yet. Start the bot first,"
            f" or set {place} and BOT_NAMESPACE to the values that the bot uses."
        )
    try:
        theirs = msgspec.json.decode(raw, type=dict[str, int])
    except (msgspec.MsgspecError, TypeError) as error:
        raise ConfigError(_foreign_key(connection, keys.meta)) from error
    if (schema := theirs.get("schema", 0)) != SCHEMA:
        raise ConfigError(_other_schema(schema, host))
    if theirs.get("shards") != keys.shards:
        raise ConfigError(
            f"The store at {host} was made with {theirs.get('shards')} shards, which can't be"
            f" changed later to {keys.shards}. Set another BOT_NAMESPACE to begin with an empty"
            " store."
        )


def _other_schema(schema: int, host: str) -> str:
    if schema > SCHEMA:
        return (
            f"The store at {host} has schema {schema}, of a later release of conversation-bot. This"
            f" release reads schema {SCHEMA}. Run the later release, or restore a backup"
            " from before the upgrade."
        )
    return (
        f"The store at {host} has schema {schema}, of an earlier release of conversation-bot. This"
        f" release reads schema {SCHEMA} and can't convert it. Run the earlier release, or set"
        " another BOT_NAMESPACE to begin with an empty store, which knows no contact and no STOP."
    )


def _foreign_key(connection: Connection, key: str) -> str:
    return (
        f"The key {key} at {connection.host} does not belong to a bot. Set BOT_NAMESPACE to a"
        " name that only this bot uses."
    )


async def create_groups(connection: Connection) -> None:
    """Create the consumer groups that do not exist yet.

    Raises:
        StoreError: the server is unavailable, or refuses to write.
    """
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


async def _refuse_unfit(connection: Connection) -> None:
    """Raise an error if no bot can work with the server.

    This check comes before anything is written.
    """
    try:
        found = await connection.command("INFO")
    except StoreError as error:
        if "NOPERM" not in str(error):
            raise
        return  # An ACL user without the right to run INFO relies on its administrator.
    for info in (found,) if "redis_version" in found else found.values():
        for unfit in unfitness(info, connection.host, is_cluster=connection.is_cluster):
            raise ConfigError(unfit)


def unfitness(info: dict[str, Any], host: str, *, is_cluster: bool = False) -> Iterator[str]:
    """Yield each reason why no bot can work with a server, and what to do. `info` is the server's
    INFO.
    """
    version = str(info.get("redis_version", "0"))
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < MIN_REDIS:
        yield (
            f"Redis at {host} is version {version}; a bot needs 6.2 or later, or Valkey. Upgrade"
            " the server, or set REDIS_URL to another server."
        )
    if int(info.get("cluster_enabled", 0)) and not is_cluster:
        yield (
            f"Redis at {host} is a cluster. Write redis+cluster:// instead of redis:// in"
            " REDIS_URL, or rediss+cluster:// instead of rediss://."
        )
    policy = info.get("maxmemory_policy", "noeviction")
    if info.get("maxmemory") and policy != "noeviction":
        # The server would lose accepted callbacks.
        yield (
            f"Redis at {host} has maxmemory-policy {policy}: when its memory is full, it would drop"
            " sessions and accepted callbacks. Set maxmemory-policy to noeviction. Then the bot"
            " refuses callbacks while the memory is full, and Sinch sends the callbacks again."
        )


def missing_right(connection: Connection, refusal: str) -> str:
    """Return what to do if the Redis user in the URL lacks a right; "" if this is not the cause of
    `refusal`.
    """
    if RIGHTS in refusal:
        return f"{refusal}."
    if "o permissions" not in refusal:
        return ""
    prefix = f"{connection.keys.namespace}:"
    return (
        f"{refusal.rstrip('.')}. The user of REDIS_URL needs the right to use keys that begin with"
        f" {prefix!r}. Add the ACL rule ~{prefix}* to the user, or set BOT_NAMESPACE to a prefix"
        " that the user may use."
    )
