"""What this machine and its Redis have: settings, secret, flows, persistence, eviction, clock."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

from bot.clock import Clock
from bot.conversation_api import proxies
from bot.errors import ConfigError, FlowError, StoreError
from bot.flow.load import Flows, load_flows
from bot.messages import channel_properties
from bot.ops.common import open_store
from bot.ops.doctor.finding import Finding, error, ok, warning
from bot.ops.setup import NEEDED
from bot.settings import Settings
from bot.store import Store
from bot.turn import messaging_window

MIN_REDIS = (6, 2)
MIN_SECRET_CHARS = 16
MAX_DRIFT_S = 5.0
FULL = 0.9
"""The share of its memory beyond which a server is about to be full."""


def settings(given: Settings) -> Iterator[Finding]:
    """Whether all is set, and the secret is one."""
    try:
        given.require(*NEEDED)
    except ConfigError as missing:
        yield error("settings", str(missing), "Set them.")
    else:
        yield ok("settings", f"app {given.app_id} in region {given.region}")
    for name, advice in Settings.unknown().items():
        yield warning("variables", f"{name} is not a setting", advice)
    if given.http_proxy or given.https_proxy:
        yield ok("proxy", "; ".join(_ways(given)))
    secrets = [secret.reveal() for secret in given.webhook_secrets]
    if any(len(secret) < MIN_SECRET_CHARS for secret in secrets):
        yield warning(
            "secret",
            f"SINCH_WEBHOOK_SECRET is shorter than {MIN_SECRET_CHARS} characters",
            "Take a random one, such as `openssl rand -base64 32` makes, and run `bot setup`.",
        )
    elif secrets:
        several = f"; {len(secrets)} while it is changed" if len(secrets) > 1 else ""
        yield ok("secret", f"callbacks are checked{several}")
    if wrong := messaging_window.error(given.outside_window):
        yield error("outside window", f"BOT_OUTSIDE_WINDOW: {wrong}", "No bot starts with it.")
    at = "BOT_CHANNEL_PROPERTIES"
    for wrong in channel_properties.violations(given.properties, at, "messages:send"):
        yield error("channel properties", wrong, "No bot starts with it: put it right.")


def _ways(given: Settings) -> Iterator[str]:
    """How each host that the bot sends requests to is reached."""
    for address in filter(None, (given.api_host, given.auth_host, given.handoff_url)):
        url = httpx.URL(address)
        proxy = proxies.proxy_for(given, url)
        yield f"{url.host} through {proxies.shown(proxy)}" if proxy else f"{url.host} directly"


def flows(given: Settings) -> tuple[Flows, Finding]:
    """The flows, none where they don't load, and how that went."""
    try:
        found = load_flows(given.flows)
    except FlowError as wrong:
        return Flows([]), error("flows", str(wrong), "Mend them; `bot check` shows the same.")
    return found, ok("flows", ", ".join(flow.name for flow in found))


async def store(given: Settings, clock: Clock) -> AsyncIterator[Finding]:
    """Redis: reached, new enough, keeps what it is given, on time; and what waits in it."""
    try:
        async with open_store(given, reading=True) as opened:
            now = clock.now()
            info = await opened.reader.info()
            for finding in (_version(given, info), _persistence(info), _eviction(info)):
                yield finding
            if tight := _memory(info):
                yield tight
            yield _clock(info, (now + clock.now()) / 2)
            yield await _work(opened)
    except ConfigError as wrong:
        yield error("redis", str(wrong))
    except StoreError as away:
        do = "Start it, or set REDIS_URL to where it is, with its user and password."
        yield error("redis", str(away), do)


def _version(given: Settings, info: dict[str, Any]) -> Finding:
    version = str(info.get("redis_version", "0"))
    name = f"{info.get('server_name', 'redis')} {info.get('valkey_version', version)}"
    if tuple(map(int, version.split(".")[:2])) < MIN_REDIS:
        return error("redis", name, "Use Redis 6.2 or later, or Valkey.")
    if info.get("role") != "master":
        return error("redis", f"{name}, a replica", "Set REDIS_URL to the primary.")
    if not given.redis_url:
        return ok("redis", f"{name}, embedded, for one machine")
    return ok("redis", name)


def _persistence(info: dict[str, Any]) -> Finding:
    if info.get("aof_enabled"):
        if info.get("aof_last_write_status", "ok") != "ok":
            return error("persistence", "the append-only file can't be written", "Free the disk.")
        return ok("persistence", "append-only file")
    return warning(
        "persistence",
        "no append-only file: a crash loses what was accepted since the last snapshot",
        "Set `appendonly yes`, or take a plan of your host with persistence.",
    )


def _eviction(info: dict[str, Any]) -> Finding:
    policy, limit = str(info.get("maxmemory_policy", "noeviction")), info.get("maxmemory", 0)
    if policy == "noeviction":
        return ok("eviction", "noeviction: a full server refuses, and Sinch tries again")
    do = "Set `maxmemory-policy noeviction`."
    if limit:
        told = f"{policy}: a full server would drop what was accepted, so the bot doesn't start"
        return error("eviction", told, do)
    return warning("eviction", f"{policy}: once a limit is reached, the server drops keys", do)


def _memory(info: dict[str, Any]) -> Finding | None:
    """How full the server is, where that is worth a word."""
    used, limit = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    if used < FULL * limit or not limit:
        return None
    found = f"{used / 2**20:.0f} of {limit / 2**20:.0f} MiB are used; a full server takes nothing"
    return warning("memory", found, "Take a larger plan, or see what else lies there.")


def _clock(info: dict[str, Any], now: float) -> Finding:
    drift_s = now - float(info.get("server_time_usec", now * 1e6)) / 1e6
    if abs(drift_s) > MAX_DRIFT_S:
        return warning(
            "clock",
            f"this machine's is {drift_s:+.0f} s off the Redis server's",
            "Let both keep time by NTP: signatures and timers go by it.",
        )
    return ok("clock", f"{abs(drift_s):.1f} s off the Redis server's")


async def _work(opened: Store) -> Finding:
    depth = await opened.reader.depth()
    found = (
        f"{depth.waiting} contacts wait for a worker, {depth.leased} are worked on,"
        f" {depth.timers} timers, {depth.dead} dead letters"
    )
    if depth.dead:
        return warning("work", found, "Look at `bot dead list`.")
    return ok("work", found)
