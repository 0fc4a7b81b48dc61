"""Runs the child processes of one command, replaces children that die, and ends all children
together.

A child that ends before it is ready would most likely fail again, so the whole command ends. A
child that was ready is replaced. If the child lived only briefly, its replacement starts after a
pause, which grows each time.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from _bot_hidden import CANNOT_START
from bot.clock import Clock
from bot.errors import ConfigError

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 1.0
MAX_PAUSE_S = 60.0
"""Maximum pause before a replacement starts, in seconds.

Each pause is twice as long as the previous pause.
"""

STABLE_S = 60.0
"""A child that has lived for this many seconds is replaced without a pause."""


class Child(Protocol):
    """A child process."""

    @property
    def pid(self) -> int: ...

    @property
    def has_started(self) -> bool:
        """Whether the process has ever been ready."""

    async def wait(self) -> int:
        """Wait until the process has ended. Return its exit status."""

    def terminate(self) -> None:
        """Ask the process to end. If the process has ended, nothing happens."""


class Supervisor:
    """Keeps `number` children running, each spawned by `spawn`."""

    def __init__(self, spawn: Callable[[], Awaitable[Child]], number: int, clock: Clock) -> None:
        self._spawn = spawn
        self._number = number
        self._clock = clock
        self._children: set[Child] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Run the children until `stop` is set, then end them.

        Raises:
            ConfigError: a child could not start.
        """
        keepers = [asyncio.create_task(self._keep()) for _ in range(self._number)]
        stopping = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait([*keepers, stopping], return_when=asyncio.FIRST_COMPLETED)
            for keeper in done - {stopping}:
                keeper.result()
        finally:
            for task in (*keepers, stopping):
                task.cancel()
            await asyncio.gather(*keepers, stopping, return_exceptions=True)
            for child in self._children:
                child.terminate()
            await asyncio.gather(*(child.wait() for child in self._children))

    async def _keep(self) -> None:
        """Keep one child running, replacing it whenever it ends."""
        next_pause_s = FIRST_PAUSE_S
        while True:
            child = await self._spawn()
            self._children.add(child)
            began = self._clock.monotonic()
            status = await child.wait()
            self._children.remove(child)
            if status == CANNOT_START or not child.has_started:
                raise ConfigError(
                    f"Process {child.pid} could not start; see its output. Exit status: {status}."
                )
            lived_s = self._clock.monotonic() - began
            pause_s = next_pause_s if lived_s < STABLE_S else 0.0
            next_pause_s = min(pause_s * 2, MAX_PAUSE_S) or FIRST_PAUSE_S
            logger.warning(
                "A process has ended; starting another one",
                extra={
                    "action": "replaced",
                    "pid": child.pid,
                    "status": status,
                    "lived_s": round(lived_s),
                    "pause_s": pause_s,
                },
            )
            if pause_s:
                await self._clock.sleep(pause_s)
