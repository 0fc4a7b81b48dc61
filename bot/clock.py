"""Time and ids, passed in everywhere so that tests can control both.

Everything that happens to a contact, in the bot or in the emulator, uses a `Clock` and a `NewId`.
The machine's own clock only measures how long work takes: for the watchdog, the start of a private
Redis, and explorations with a time limit.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ulid import ULID


class Clock(Protocol):
    """The time, and waiting for it."""

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""

    def monotonic(self) -> float:
        """Seconds that never leap, for durations within this process."""

    async def sleep(self, seconds: float) -> None:
        """Return when `seconds` have passed on this clock."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        return time.time()

    monotonic = staticmethod(time.monotonic)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


NewId = Callable[[float], str]
"""Makes an id that sorts by the given time (Unix seconds)."""


def new_ulid(at: float) -> str:
    """Return a ULID, the form of id that the Conversation API itself uses: 26 characters, sorted by
    time.
    """
    return str(ULID.from_bytes(int(at * 1000).to_bytes(6, "big") + secrets.token_bytes(10)))


def as_datetime(at: float) -> datetime:
    """Unix seconds as an aware UTC datetime."""
    return datetime.fromtimestamp(at, UTC)


def rfc3339(at: datetime) -> str:
    """Return an aware datetime as RFC 3339 in UTC, with microseconds if it has any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def is_zone(name: str) -> bool:
    """Return whether there is a time zone with this IANA name."""
    try:
        return bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
