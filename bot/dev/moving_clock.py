"""The clock of `bot dev`, which can be moved forward to see later events.

The bot, the emulator and the page use this clock. So moving the clock affects all contacts, timers,
retries, messaging windows and quiet hours. The clock never goes back.
"""

import asyncio
import contextlib

from bot.app.bot import Bot
from bot.dev.idle import LOOK_S
from bot.emulator import Platform
from bot.errors import BotError
from bot.turn.durations import written
from bot.worker.store_clock import StoreClock

MAX_WORK_S = 30.0
"""Maximum real time for all work that becomes due in the skipped time, in seconds."""

MAX_SKIP_S = 366 * 86_400.0


class NotSkipped(BotError):
    """The clock cannot move this far, or the work in the skipped time does not end."""


class MovingClock(StoreClock):
    """A clock that is `ahead_s` seconds ahead of the store's clock."""

    def __init__(self, ahead_s: float = 0.0) -> None:
        super().__init__()
        self.ahead_s = ahead_s

    def now(self) -> float:
        return super().now() + self.ahead_s


async def skip(bot: Bot, platform: Platform, clock: MovingClock, seconds: float) -> None:
    """Move the clock forward by `seconds`.

    Whenever work becomes due, the clock pauses until the work is done.

    Raises:
        NotSkipped: `seconds` is negative or more than 366 days, or the work that became due does
            not end. If the work does not end, the clock stays at the time at which the work became
            due.
    """
    if not 0 <= seconds <= MAX_SKIP_S:
        raise NotSkipped("Time can only be moved forward, by up to 366 days at once.")
    begin = clock.now()
    end_s = clock.ahead_s + seconds
    try:
        async with asyncio.timeout(MAX_WORK_S):
            while True:
                due = await _settle(bot, platform)
                ahead_s = clock.ahead_s + max(0.0, due - clock.now()) if due else end_s
                if ahead_s >= end_s:
                    break
                _move(platform, clock, ahead_s)
            _move(platform, clock, end_s)
            await _settle(bot, platform)
    except TimeoutError as error:
        raise NotSkipped(
            f"After {MAX_WORK_S:.0f} seconds the bot is still working. The clock has moved forward"
            f" by {written(clock.now() - begin)}. To continue, skip the remaining time."
        ) from error


def _move(platform: Platform, clock: MovingClock, ahead_s: float) -> None:
    clock.ahead_s = max(clock.ahead_s, ahead_s)
    platform.wake()


async def _settle(bot: Bot, platform: Platform) -> float | None:
    """Do all work that is due now. Return when the next work is due; None if no work is queued."""
    with platform.record.listen() as news:
        while True:
            due = await bot.worker.fire_timers()
            depth = await bot.store.reader.depth()
            if not (depth.waiting or depth.leased) and platform.is_settled():
                # A callback may have come between the checks, so the bot is checked again.
                depth = await bot.store.reader.depth()
                if not (depth.waiting or depth.leased):
                    dues = [each for each in (due, platform.next_due()) if each is not None]
                    return min(dues, default=None)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await news.get()
