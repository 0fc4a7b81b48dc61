"""While the store is unavailable, this module repeats calls of the store, so that an outage only
delays a turn.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.clock import Clock
from bot.errors import LaterSession, LeaseLost, StoreAway, StoreError

logger = logging.getLogger(__name__)

T = TypeVar("T")

FIRST_PAUSE_S = 0.1
MAX_PAUSE_S = 1.0
"""Maximum pause before a call is repeated, in seconds.

Each pause is twice as long as the previous pause.
"""


class StoreRetry:
    """Repeats the store calls of a worker that holds leases, if `is_on` is True.

    While the store cannot be reached, a call is repeated. If another process reaches the store
    first and takes over the contact, the call raises `LeaseLost`. If the store rejects the call,
    the call is repeated for `max_refused_s` seconds.
    """

    def __init__(self, clock: Clock, max_refused_s: float) -> None:
        self.is_on = False
        self._clock = clock
        self._max_refused_s = max_refused_s

    async def __call__(self, call: Callable[[], Awaitable[T]]) -> T:
        """Call the store and return its answer.

        The call must be safe to repeat when its outcome is unknown.

        Raises:
            LeaseLost: another worker handles the contact.
            StoreError: the store rejects the call.
        """
        refused_at: float | None = None
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                return await call()
            except LeaseLost:
                raise
            except StoreError as error:
                if not self.is_on:
                    raise
                if not isinstance(error, StoreAway):
                    now = self._clock.monotonic()
                    refused_at = now if refused_at is None else refused_at
                    if now - refused_at >= self._max_refused_s:
                        raise
                log_away(error)
            await self._clock.sleep(pause_s)
            pause_s = min(2 * pause_s, MAX_PAUSE_S)


def log_away(error: StoreError) -> None:
    if isinstance(error, LaterSession):
        logger.warning("%s", error, extra={"action": "session_of_later_release"})
        return
    logger.warning("The store can't be reached: %s", error, extra={"action": "store_away"})
