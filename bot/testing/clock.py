"""Time and ids that a test controls."""

from datetime import UTC, datetime

from ulid import ULID

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC).timestamp()
"""The time at which simulations begin: a Monday morning."""


class VirtualClock:
    """A clock that moves only on request.

    Sleeping moves the clock, so nothing in a simulation waits in real time. No tasks run in
    parallel, so the order of events stays correct.
    """

    def __init__(self, at: float = START) -> None:
        self._now = at

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now

    def begin_at(self, at: float) -> None:
        """Set the time (Unix seconds) before anything has happened."""
        self._now = at

    def advance_to(self, at: float) -> None:
        """Move forward to `at` (Unix seconds), never back."""
        self._now = max(self._now, at)

    async def sleep(self, seconds: float) -> None:
        self._now += max(0.0, seconds)


class CountingIds:
    """ULIDs that count up from `after`. The ids are the same each time a test runs."""

    def __init__(self, after: int = 0) -> None:
        self._count = after

    def __call__(self, at: float) -> str:
        self._count += 1
        return str(
            ULID.from_bytes(int(at * 1000).to_bytes(6, "big") + self._count.to_bytes(10, "big"))
        )
