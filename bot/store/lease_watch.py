"""Detects leases that are not renewed, by this process's own clock.

The server's clock may jump, and the clocks of processes differ. So a process treats a lease as
ended if it has seen the lease unchanged for long enough. The lease's holder measures the time from
the moment before its last renewal. So the holder stops before another process treats the lease as
ended.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple


class Lease(NamedTuple):
    """A lease in the state in which this process saw it. Each renewal increases `deliveries`."""

    entry: bytes
    consumer: bytes
    deliveries: int


class LeaseWatch:
    """The leases of one shard, and when each lease was first seen in its current state."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._first_seen: dict[Lease, float] = {}
        self._looked_at = 0.0

    def ended(self, held: Iterable[Any], idle_s: float) -> list[Lease]:
        """Return the leases that have been unchanged for `idle_s` seconds.

        `held` is the result of `recover.lua`. If the previous check failed or was too long ago,
        all leases count as new, because it is unknown what happened to them since then.
        """
        now = self._monotonic()
        before = self._first_seen if now - self._looked_at <= idle_s / 2 else {}
        self._looked_at = now
        leases = [Lease(entry, consumer, deliveries) for entry, consumer, _, deliveries in held]
        self._first_seen = {lease: before.get(lease, now) for lease in leases}
        return [lease for lease, since in self._first_seen.items() if now - since >= idle_s]
