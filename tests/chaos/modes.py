"""Switches of the app's processing mode while contacts talk.

In the other mode the bot has another key for a contact, and so another conversation. Contacts
finish a dialog before a switch. Their other messages may be answered after the switch.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bot.emulator import Platform

MODES = ("CONVERSATION", "DISPATCH")
FIRST_S = (0.5, 1.5)
SWITCH_S = (2.0, 20.0)
"""Bounds of the pause between two switches."""

LOOK_S = 0.1


def set_mode(platform: Platform, mode: str) -> None:
    """Set the app's processing mode.

    In DISPATCH mode messages are kept for a day, so that replies can be looked up.
    """
    app = platform.state.apps[platform.app_id]
    app["processing_mode"] = mode
    app["dispatch_retention_policy"]["ttl_days"] = 1


class ModeSwitch:
    """Switches the mode when no dialog is active."""

    def __init__(self, platform: Platform, mode: str, seed: int) -> None:
        self.mode = mode
        self.switches = 0
        self._platform = platform
        self._dice = random.Random(seed)
        self._acts = 0
        self._opened = asyncio.Event()
        self._opened.set()
        set_mode(platform, mode)

    @property
    def is_open(self) -> bool:
        """Whether a dialog may begin."""
        return self._opened.is_set()

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Prevent switches of the mode during the block."""
        await self._opened.wait()
        self._acts += 1
        try:
            yield
        finally:
            self._acts -= 1

    async def go_on(self, stop: asyncio.Event, are_others_done: Callable[[], bool]) -> None:
        """Switch the mode repeatedly until `stop` is set, and at least once."""
        await asyncio.sleep(self._dice.uniform(*FIRST_S))
        while True:
            self._opened.clear()
            while self._acts or not are_others_done():  # noqa: ASYNC110 - some can't tell
                await asyncio.sleep(LOOK_S)
            self.mode = MODES[self.mode == MODES[0]]
            set_mode(self._platform, self.mode)
            self.switches += 1
            self._opened.set()
            try:
                async with asyncio.timeout(self._dice.uniform(*SWITCH_S)):
                    await stop.wait()
                    return
            except TimeoutError:
                continue
