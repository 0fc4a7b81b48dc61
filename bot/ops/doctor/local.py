"""Checks this machine and its Redis: settings, secrets, flows, persistence, eviction, clock."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx

from bot.clock import Clock
from bot.conversation_api import proxies
from bot.engine.secret_answers import AnswerCipher
from bot.errors import ConfigError, FlowError, StoreError
from bot.flow.load import Flows, load_flows
from bot.messages import channel_properties
from bot.ops.common import open_store
from bot.ops.doctor import processes
from bot.ops.doctor.finding import Finding, error, ok, warning
from bot.ops.setup import NEEDED
from bot.settings import Settings
from bot.store import Store
from bot.store.client import has_advice
from bot.store.namespace import unfitness
from bot.store.private_files import is_open_to_others

MAX_DRIFT_S = 5.0
MAX_WAITING_S = 30.0
FULL = 0.9
"""Share of used memory above which a server's memory counts as nearly full."""


def settings(given: Settings) -> Iterator[Finding]:
    """Check that the needed settings are set, that no setting is wrong, and that secrets are
    safe.
    """
    try:
        given.require(*NEEDED)
    except ConfigError as missing:
        yield error("settings", str(missing), "Set them.")
    else:
        yield ok("settings", f"app {given.app_id} in region {given.region}")
    for path in filter(is_open_to_others, map(Path, (".env", given.home))):
        yield warning(
            "files",
            f"other users of this machine can read {path}",
            f"Run `chmod go= {path}`.",
        )
    for name, advice in Settings.unknown().items():
        yield warning("variables", f"{name} is not a setting", advice)
    if given.http_proxy or given.https_proxy:
        yield ok("proxy", "; ".join(_ways(given)))
    secrets = given.webhook_secrets
    if secrets:
        several = (
            f"; {len(secrets)} secrets are accepted while the secret is changed"
            if len(secrets) > 1
            else ""
        )
        yield ok("secret", f"callbacks are checked{several}")
    at = "BOT_CHANNEL_PROPERTIES"
    for wrong in channel_properties.violations(given.properties, at, "messages:send"):
        yield error("channel properties", wrong, "The bot can't start with this value. Correct it.")


def _ways(given: Settings) -> Iterator[str]:
    """For each host to which the bot sends requests, say whether a proxy is used."""
    for address in filter(None, (given.api_host, given.auth_host, given.handoff_url)):
        url = httpx.URL(address)
        proxy = proxies.proxy_for(given, url)
        yield f"{url.host} through {proxies.shown(proxy)}" if proxy else f"{url.host} directly"


def flows(given: Settings) -> tuple[Flows, Finding]:
    """Return the flows and a finding on loading them. If the loading fails, return no flows."""
    try:
        found = load_flows(given.flows)
    except FlowError as wrong:
        return Flows([]), error(
            "flows", str(wrong), "Correct the flows. `bot check` shows the same errors."
        )
    return found, ok("flows", ", ".join(flow.name for flow in found))


def media_hosts(given: Settings, loaded: Flows) -> Iterator[Finding]:
    """Check that recordings can be downloaded if a hook transcribes them."""
    if loaded.hooks.transcriber is not None and not given.media_hosts:
        yield warning(
            "media hosts",
            "a hook transcribes recordings, but BOT_MEDIA_HOSTS names no host to fetch them from",
            "A callback with a recording has the recording's URL. Set BOT_MEDIA_HOSTS to the hosts"
            " of these URLs.",
        )


def secret_key(given: Settings, loaded: Flows) -> Finding:
    """Check that the flows' secret answers can be encrypted."""
    try:
        AnswerCipher(given.secret_keys).require(loaded)
    except ConfigError as missing:
        return error("secret key", str(missing))
    return ok("secret key", "set" if given.secret_keys else "no flow asks for a secret")


class StoreCheck:
    """Checks Redis: its availability, suitability, clock and durability, and the work that waits
    there.

    `id` is the store's id; "" until the id is known.
    """

    def __init__(self, given: Settings, loaded: Flows, clock: Clock) -> None:
        self._given = given
        self._flows = loaded
        self._clock = clock
        self.id = ""

    async def examine(self) -> AsyncIterator[Finding]:
        try:
            async with open_store(self._given, reading=True) as opened:
                async for finding in self._server(opened):
                    yield finding
                owner = await opened.owner()
                self.id = owner.store if owner else ""
                try:
                    await opened.check_writable()
                except StoreError as refused:
                    yield error("writing", str(refused), _way_to_write(str(refused)))
                else:
                    yield ok("writing", f"to {opened.place}")
                yield await _worker(opened)
                running = await opened.reader.processes()
                for finding in processes.examine(running, self._given, self._flows, self.id):
                    yield finding
                yield await _work(opened)
                if off := await _flows_off(opened):
                    yield off
        except ConfigError as wrong:
            yield error("redis", str(wrong))
        except StoreError as away:
            yield error("redis", str(away), _way_to_redis(str(away)))

    async def _server(self, opened: Store) -> AsyncIterator[Finding]:
        now = self._clock.now()
        try:
            info = await opened.reader.info()
        except StoreError as refused:
            if "NOPERM" not in str(refused):
                raise
            yield warning(
                "redis",
                "the user of REDIS_URL may not run INFO, so version, persistence and eviction are"
                " unknown",
                "Add the ACL rule +info to this user.",
            )
            return
        for unfit in unfitness(
            info, opened.connection.host, is_cluster=opened.connection.is_cluster
        ):
            yield error("redis", unfit)
        for finding in (_version(self._given, info), _persistence(info), _eviction(info)):
            yield finding
        if tight := _memory(info):
            yield tight
        yield _clock(info, (now + self._clock.now()) / 2)


WAYS_TO_WRITE = {
    "MISCONF": "The server's last snapshot failed: see the server's log. Most often the disk is"
    " full, or the snapshot's folder can't be written.",
    "READONLY": "The server is a replica: set REDIS_URL to the primary.",
    "NOREPLICAS": "Start the server's replicas, or lower its min-replicas-to-write.",
    "OOM": "The server's memory is full: take a larger plan, or remove other data from the server.",
}
"""What to do if a server refuses writes, by the code of the refusal."""


def _way_to_write(refusal: str) -> str:
    """Return what to do if a server refuses writes; "" if the refusal is unknown."""
    return next((way for code, way in WAYS_TO_WRITE.items() if code in refusal), "")


def _way_to_redis(refusal: str) -> str:
    """Return what to do if a server cannot be reached; "" if the error text already says what to
    do.
    """
    if has_advice(refusal) or any(f" {word} " in refusal for word in ("Write", "Set", "add")):
        return ""
    if "did not answer in time" in refusal:
        return (
            "Find out whether the Redis server is stopped or overloaded, or whether a firewall"
            " drops connections to it."
        )
    if any(sign in refusal for sign in ("NOAUTH", "WRONGPASS", "password")):
        return (
            "Put the server's user and password into REDIS_URL: redis://user:password@host:6379/0."
            " In the password, % is written %25, and / ? # [ ] @ are %2F %3F %23 %5B %5D %40."
        )
    return "Start the Redis server, or set REDIS_URL to its address, with its user and password."


def _version(given: Settings, info: dict[str, Any]) -> Finding:
    version = str(info.get("redis_version", "0"))
    name = f"{info.get('server_name', 'redis')} {info.get('valkey_version', version)}"
    if info.get("role") != "master":
        return error("redis", f"{name}, a replica", "Set REDIS_URL to the primary.")
    if not given.redis_url:
        return ok("redis", f"{name}, embedded: only for a bot on one machine")
    return ok("redis", name)


def _persistence(info: dict[str, Any]) -> Finding:
    if info.get("rdb_last_bgsave_status", "ok") != "ok":
        return error(
            "persistence",
            "the last snapshot could not be written, so the server may refuse all writes (MISCONF)",
            "See the server's log. Most often the disk is full, or the snapshot's folder can't be"
            " written.",
        )
    if info.get("aof_enabled"):
        if info.get("aof_last_write_status", "ok") != "ok":
            return error("persistence", "the append-only file can't be written", "Free the disk.")
        return ok("persistence", "append-only file")
    return warning(
        "persistence",
        "no append-only file: a crash loses all changes since the last snapshot",
        "Set `appendonly yes`, or choose a plan of your Redis provider that has persistence.",
    )


def _eviction(info: dict[str, Any]) -> Finding:
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if policy == "noeviction":
        return ok(
            "eviction", "noeviction: a full server refuses callbacks, and Sinch sends them again"
        )
    found = f"{policy}: when its memory is full, the server drops keys"
    return warning("eviction", found, "Set `maxmemory-policy noeviction`.")


def _memory(info: dict[str, Any]) -> Finding | None:
    """Return a warning if the server's memory is nearly full, otherwise None."""
    used, limit = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    if used < FULL * limit or not limit:
        return None
    found = (
        f"{used / 2**20:.0f} of {limit / 2**20:.0f} MiB are used; a full server refuses all writes"
    )
    return warning("memory", found, "Take a larger plan, or remove other data from the server.")


def _clock(info: dict[str, Any], now: float) -> Finding:
    drift_s = now - float(info.get("server_time_usec", now * 1e6)) / 1e6
    if abs(drift_s) > MAX_DRIFT_S:
        return warning(
            "clock",
            f"this machine's clock is {drift_s:+.0f} s off the Redis server's clock",
            "Synchronize both clocks by NTP. The bot uses the server's clock.",
        )
    return ok("clock", f"{abs(drift_s):.1f} s off the Redis server's clock")


async def _worker(opened: Store) -> Finding:
    if await opened.reader.has_worker():
        return ok("worker", "a worker has reported in the last 30 seconds")
    return error(
        "worker",
        f"no worker uses the {opened.place}: contacts are not answered",
        "Start `bot worker` or `bot serve`. If a worker already runs, it uses another store. Then"
        " set the same REDIS_URL and BOT_NAMESPACE for all processes. If REDIS_URL is not set, also"
        " set the same BOT_HOME.",
    )


async def _flows_off(opened: Store) -> Finding | None:
    """Return a warning if flows are switched off. Somebody may have forgotten to switch them on
    again.
    """
    off = await opened.reader.flows_off()
    if not off:
        return None
    told = ", ".join(f"{name} ({each.because})" for name, each in sorted(off.items()))
    return warning(
        "flows off", told, "When a flow may run again, switch it on by `bot flows on FLOW`."
    )


async def _work(opened: Store) -> Finding:
    depth, waiting_s = await asyncio.gather(opened.reader.depth(), opened.reader.waiting_s())
    found = (
        f"{depth.waiting} contacts wait for a worker, {depth.leased} are being handled,"
        f" {depth.timers} timers, {depth.dead} dead letters"
    )
    if waiting_s > MAX_WAITING_S:
        return error(
            "work",
            f"{found}; the longest wait is {waiting_s:.0f} s",
            "See `bot contacts list --stuck`; start more workers, or raise BOT_CONCURRENCY.",
        )
    if depth.dead:
        return warning("work", found, "Look at `bot dead list`.")
    return ok("work", found)
