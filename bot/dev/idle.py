"""Detects that a conversation is idle: all messages are answered, and all replies are shown."""

import asyncio
import contextlib

from bot.app.bot import Bot
from bot.dev.contact_view import key_of
from bot.emulator import Phone, Platform

LOOK_S = 0.25
"""Maximum pause between two checks, in seconds. A change in the emulator ends the pause."""


async def run_until_idle(bot: Bot, platform: Platform, phone: Phone) -> None:
    """Wait until the emulator, the inbox and the outbox have no work for this phone.

    Timers of flows, and replies that are held until the contact writes, do not count.
    """
    with platform.record.listen() as news:
        while not await _is_at_rest(bot, platform, phone):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await news.get()


async def _is_at_rest(bot: Bot, platform: Platform, phone: Phone) -> bool:
    key = key_of(platform, phone)
    # Work may move from the bot to the emulator meanwhile, so the emulator is checked twice.
    if not platform.is_at_rest():
        return False
    items, entries, is_held = await asyncio.gather(
        bot.store.reader.inbox(key), bot.store.reader.outbox(key), bot.store.reader.is_held(key)
    )
    return not items and (not entries or is_held) and platform.is_at_rest()
