"""The clock that all processes of a bot share: the clock of the Redis server.

The clock is used for all times that one process stores and another process reads: when timers are
due, until when turns and replies wait, and when the app may send next. Between two readings of the
server's time, this process's monotonic clock advances the shared clock. So a machine's clock does
no harm if it is wrong or changes.
"""

import logging
import time
from collections.abc import Callable
from typing import Self

from bot.clock import SystemClock
from bot.errors import StoreError
from bot.store.store import Store
from bot.telemetry import metrics

logger = logging.getLogger(__name__)

SYNC_S = 5.0
"""Seconds between two readings of the server's time."""

MAX_ROUND_TRIP_S = 1.0
"""Maximum duration of a reading, in seconds. A slower answer is too inexact."""

MAX_DRIFT_S = 5.0
"""Maximum difference between this machine's clock and the server's without a warning, in
seconds.
"""


class StoreClock(SystemClock):
    """The server's clock. Before the first reading, it shows the time of this machine's clock.

    `wall` and `monotonic` are this machine's own clocks.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        # Not wrapped in a Python function, because a turn reads the time a dozen times.
        self.monotonic = monotonic
        self._offset_s = wall() - monotonic()
        self._is_set = False
        self._is_off = False

    @classmethod
    async def of(cls, store: Store) -> Self:
        """Return the clock of a store.

        Raises:
            StoreError: the store is unavailable.
        """
        clock = cls()
        await clock.read(store)
        return clock

    def now(self) -> float:
        return self._monotonic() + self._offset_s

    async def read(self, store: Store) -> None:
        """Read the server's time and use it from now on.

        Raises:
            StoreError: the store is unavailable.
        """
        asked_at = self._monotonic()
        server_time = await store.reader.time()
        self.adjust(server_time, asked_at, self._monotonic())

    def adjust(self, server_time: float, asked_at: float, answered_at: float) -> None:
        """Set the clock to `server_time`, which the server sent between `asked_at` and
        `answered_at`.

        `asked_at` and `answered_at` are times of the monotonic clock.
        """
        round_trip_s = answered_at - asked_at
        if round_trip_s > MAX_ROUND_TRIP_S:
            return
        leap_s = server_time + round_trip_s / 2 - (self._offset_s + answered_at)
        if abs(leap_s) > round_trip_s / 2:  # A smaller leap may be the network's delay.
            self._offset_s += leap_s
        if self._is_set and abs(leap_s) > MAX_DRIFT_S:
            logger.warning(
                "The Redis server's clock has jumped; timers and pauses follow the new time",
                extra={"action": "clock_leap", "by_s": round(leap_s, 1)},
            )
        self._is_set = True
        self._compare()

    async def keep(self, store: Store) -> None:
        """Read the server's time regularly, until this task is canceled."""
        while True:
            await self.sleep(SYNC_S)
            try:
                await self.read(store)
            except StoreError:
                continue  # The worker and the webhook log an unavailable store.

    def _compare(self) -> None:
        """Log when this machine's own clock is wrong, and when it is right again."""
        drift_s = self._wall() - StoreClock.now(self)
        metrics.clock_drift.set(drift_s)
        is_off = abs(drift_s) > MAX_DRIFT_S
        if is_off != self._is_off:
            self._is_off = is_off
            logger.log(
                logging.WARNING if is_off else logging.INFO,
                "This machine's clock differs from the Redis server's clock; the bot uses"
                " the server's clock"
                if is_off
                else "This machine's clock agrees with the Redis server's again",
                extra={"action": "clock_drift", "drift_s": round(drift_s, 1)},
            )
