"""Lets turns run concurrently, except for suspect turns: each suspect turn runs alone.

If a process dies, each of its turns is suspect, because any of them may have ended the process. If
a process dies while a suspect turn runs alone, that turn is the cause. Other turns run between two
suspect turns, so no other turn waits for more than one suspect turn.
"""

import asyncio
from collections.abc import Callable

Task = asyncio.Task[None]


class TurnGate:
    """The turns that run in one process, by task."""

    def __init__(self) -> None:
        self._inside: set[Task] = set()
        self._alone: Task | None = None
        self._waiting: list[asyncio.Future[None]] = []
        self._suspects: list[asyncio.Future[None]] = []

    @property
    def is_open(self) -> bool:
        """Whether a turn that is not suspect may begin now: no suspect turn runs or waits for other
        turns to end.
        """
        return self._alone is None

    async def until_open(self) -> None:
        """Wait while a suspect turn runs or waits for other turns to end."""
        await self._until(self._waiting, lambda: self.is_open)

    async def enter(self, task: Task) -> None:
        """Begin a turn that may run beside other turns. Call `leave` to end the turn."""
        if self._alone is not None:
            await self.until_open()
        self._inside.add(task)

    async def enter_alone(self, task: Task) -> None:
        """Wait until no other turn runs, then begin a turn.

        Call `leave` to end the turn, even if this call is canceled.
        """
        await self._until(self._suspects, lambda: self.is_open)
        self._alone = task
        await self._until(self._suspects, lambda: not self._inside)

    def leave(self, task: Task) -> None:
        """End the task's turn. If the task has no turn, nothing happens."""
        self._inside.discard(task)
        if self._alone is task:
            self._alone = None
        if (self._waiting or self._suspects) and (self._alone is None or not self._inside):
            # Other turns wake first, so they begin before the next suspect turn.
            sleepers = [*self._waiting, *self._suspects]
            self._waiting.clear()
            self._suspects.clear()
            for each in sleepers:
                if not each.done():
                    each.set_result(None)

    async def _until(self, waiting: list[asyncio.Future[None]], holds: Callable[[], bool]) -> None:
        while not holds():
            waiting.append(future := asyncio.get_running_loop().create_future())
            await future
