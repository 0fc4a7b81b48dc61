"""When a conversation is at rest: all that was said is answered, and all answers are shown."""

import asyncio
import contextlib

from bot.app.bot import Bot
from bot.dev.contact_view import key_of
from bot.emulator import Phone, Platform

LOOK_S = 0.25
"""The longest pause between two looks; news of the emulator make it shorter."""


async def run_until_idle(bot: Bot, platform: Platform, phone: Phone) -> None:
    """Return when nothing is under way with this phone: in the emulator, the inbox or the outbox.

    Timers that a flow has set don't count, nor replies that are held until the contact writes.
    """
    with platform.record.listen() as news:
        while not await _is_at_rest(bot, platform, phone):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await news.get()


async def _is_at_rest(bot: Bot, platform: Platform, phone: Phone) -> bool:
    key = key_of(platform, phone)
    # What passes from one to the other meanwhile is seen by the second look at the emulator.
    if not platform.is_at_rest():
        return False
    items, entries, is_held = await asyncio.gather(
        bot.store.reader.inbox(key), bot.store.reader.outbox(key), bot.store.reader.is_held(key)
    )
    return not items and (not entries or is_held) and platform.is_at_rest()
