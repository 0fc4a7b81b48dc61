"""A time limit for many tasks: like `asyncio.timeout`, but with one timer for all tasks.

To set and cancel a timer for each task costs 6 µs. A limit of this module costs a tenth of that.

With `gives_back`, time in which the event loop was blocked does not count, because no task was able
to use it. A task may itself have blocked the loop, so no task gets back more than twice its limit.
A request to another system must not get time back, because the request might then be sent too late.
"""

import asyncio
from itertools import takewhile
from types import TracebackType
from typing import Protocol

LOOK_S = 0.25
"""Seconds between two checks whether the loop was blocked. If there are no tasks, nothing is
checked.
"""

MIN_BLOCKED_S = 0.5
"""Minimum delay of the event loop that counts as blocked, in seconds."""

MAX_LIMITS_BACK = 2
"""Maximum time that a task gets back because the loop was blocked, as a multiple of the task's
limit.

If a turn itself blocks the loop, the watchdog ends the process before the turn gets back so much
time.
"""


class Timed(Protocol):
    """A task with a time limit."""

    def expire(self) -> None:
        """End the task, because its time is up. The time limit never calls this method twice."""


class TimeLimit:
    """Ends tasks that take longer than `seconds` with a `TimeoutError`:

    with limit.each():
        await …
    """

    def __init__(self, seconds: float, *, gives_back: bool = False) -> None:
        self._seconds = seconds
        self._gives_back = gives_back
        self._timed: dict[Timed, float] = {}
        """Running tasks, each with the loop time at which its time is up. The tasks are ordered by
        this time.
        """
        self._loop: asyncio.AbstractEventLoop | None = None
        self._looked_at = 0.0
        self._blocked_s: dict[Timed, float] = {}
        """The time that each task got back, in seconds."""

    def each(self) -> "TaskLimit":
        """Limit the time that the calling task spends inside the `with`."""
        return TaskLimit(self)

    def begin(self, timed: Timed, loop: asyncio.AbstractEventLoop) -> None:
        """Start the time of a task. If its time has started already, nothing changes."""
        ends_at = loop.time() + self._seconds
        self._timed.setdefault(timed, ends_at)
        if self._loop is not loop:
            self._loop = loop
            self._look_again(loop)

    def end(self, timed: Timed) -> None:
        """Remove a task that has ended or that never began."""
        self._timed.pop(timed, None)
        if self._blocked_s:
            self._blocked_s.pop(timed, None)

    def _look_again(self, loop: asyncio.AbstractEventLoop) -> None:
        self._looked_at = loop.time()
        at = next(iter(self._timed.values()))
        if self._gives_back:
            at = min(at, self._looked_at + LOOK_S)
        loop.call_at(at, self._look, loop, at)

    def _look(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        now = loop.time()
        if self._gives_back and now - due > MIN_BLOCKED_S:
            self._give_back(now - self._looked_at, now)
        # This stops at the first task with time left, because there may be very many tasks.
        late = list(takewhile(lambda timed: self._timed[timed] <= now, self._timed))
        for timed in late:
            self.end(timed)
            timed.expire()
        if self._timed:
            self._look_again(loop)
        else:
            self._loop = None

    def _give_back(self, blocked_s: float, now: float) -> None:
        for timed, ends_at in self._timed.items():
            before_s = self._blocked_s.get(timed, 0.0)
            self._blocked_s[timed] = min(before_s + blocked_s, MAX_LIMITS_BACK * self._seconds)
            # The first task to begin still ends first.
            gained_s = self._blocked_s[timed] - before_s
            self._timed[timed] = min(ends_at + gained_s, now + self._seconds)


class TaskLimit:
    """The time limit of one task."""

    __slots__ = ("_cancelled", "_expired_at", "_is_over", "_limit", "task")

    def __init__(self, limit: TimeLimit) -> None:
        self._limit = limit
        self._is_over = False

    def __enter__(self) -> "TaskLimit":
        task = asyncio.current_task()
        assert task is not None, "there is no time limit outside of a task"
        self.task = task
        self._cancelled = task.cancelling()
        self._limit.begin(self, task.get_loop())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._limit.end(self)
        # If somebody else has canceled the task as well, it must stay canceled.
        is_ours = self._is_over and self.task.uncancel() <= self._cancelled
        if is_ours and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def expire(self) -> None:
        self._is_over = True
        self._expired_at = self.task.get_loop().time()
        self.task.cancel()

    @property
    def expired_for_s(self) -> float:
        """The number of seconds since the task's time was up; 0 if the task has time left."""
        return self.task.get_loop().time() - self._expired_at if self._is_over else 0.0
