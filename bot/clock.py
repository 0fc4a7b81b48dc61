"""Time and ids. All code gets its clock and its source of ids as arguments, so that tests can
control both.

All code that affects a contact, in the bot or in the emulator, uses a `Clock` and a `NewId`. The
machine's own clock is only used to measure durations: by the watchdog, for the start of the
embedded server, and for explorations with a time limit.
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
    """Returns the time, and waits."""

    def now(self) -> float:
        """The time in seconds since 1970-01-01 UTC."""

    def monotonic(self) -> float:
        """A time in seconds that never jumps, to measure durations within this process."""

    async def sleep(self, seconds: float) -> None:
        """Wait until `seconds` have passed on this clock."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> float:
        return time.time()

    monotonic = staticmethod(time.monotonic)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


NewId = Callable[[float], str]
"""A function that returns a new id. Ids sort by the given time (Unix seconds)."""


def new_ulid(at: float) -> str:
    """Return a ULID: 26 characters that sort by time, like the ids of the Conversation API."""
    return str(ULID.from_bytes(int(at * 1000).to_bytes(6, "big") + secrets.token_bytes(10)))


def as_datetime(at: float) -> datetime:
    """Return Unix seconds as an aware datetime in UTC."""
    return datetime.fromtimestamp(at, UTC)


def rfc3339(at: datetime) -> str:
    """Return an aware datetime as RFC 3339 in UTC. Microseconds are omitted if they are 0."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def is_zone(name: str) -> bool:
    """Return whether there is a time zone with this IANA name."""
    try:
        return bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
