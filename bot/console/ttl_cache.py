"""Keeps for a while what takes long to find out, however many pages ask for it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from bot.clock import Clock

T = TypeVar("T")

KEPT_S = 3.0
SHARE = 10
"""What is found out is kept for so many times as long as it took: asking all the time costs a tenth
of the time at most."""


class TtlCache(Generic[T]):
    """What `make` gives, made anew when it has become old, once at a time."""

    def __init__(self, make: Callable[[], Awaitable[T]], clock: Clock) -> None:
        self._make = make
        self._clock = clock
        self._made: T | None = None
        self._until = 0.0
        self._alone = asyncio.Lock()

    def clear(self) -> None:
        """Make it again at the next call: something has changed."""
        self._made = None

    async def get(self) -> T:
        async with self._alone:
            if self._made is None or self._clock.now() >= self._until:
                began = self._clock.now()
                self._made = await self._make()
                ended = self._clock.now()
                self._until = ended + max(KEPT_S, SHARE * (ended - began))
            return self._made
