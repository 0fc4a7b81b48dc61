"""A cache for values that take long to compute, so that many pages can request them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from bot.clock import Clock

T = TypeVar("T")

KEPT_S = 3.0
SHARE = 10
"""How long a value is cached, as a multiple of the time that its computation took.

So at most a tenth of all time is spent on computing the value.
"""


class TtlCache(Generic[T]):
    """A cached value that `make` computes.

    The value is computed again when it is too old. Only one computation runs at a time.
    """

    def __init__(self, make: Callable[[], Awaitable[T]], clock: Clock) -> None:
        self._make = make
        self._clock = clock
        self._made: T | None = None
        self._until = 0.0
        self._alone = asyncio.Lock()

    def clear(self) -> None:
        """Discard the value, so that the next call of `get` computes it again."""
        self._made = None

    async def get(self) -> T:
        async with self._alone:
            if self._made is None or self._clock.now() >= self._until:
                began = self._clock.now()
                self._made = await self._make()
                ended = self._clock.now()
                self._until = ended + max(KEPT_S, SHARE * (ended - began))
            return self._made
