"""A time limit for many tasks: `asyncio.timeout` with one timer for them all.

Setting and canceling a timer for each task costs 6 µs. This costs a tenth of that.

With `gives_back`, time in which the event loop was blocked does not count, because no task was able
to use it. Nobody can say which task has blocked the loop, so no task gets back more than twice its
limit. A request to another system must not get time back: it might be sent too late.
"""

import asyncio
from itertools import takewhile
from types import TracebackType
from typing import Protocol

LOOK_S = 0.25
"""How often it is checked whether the loop was blocked, while there are tasks."""

MAX_LATE_S = 0.5
"""Seconds of delay from which the event loop counts as blocked."""

MAX_LIMITS_BACK = 2
"""A turn blocks the loop for less than this: then the watchdog ends the process."""


class Timed(Protocol):
    """A task with a time limit."""

    def expire(self) -> None:
        """End the task. Called at most once, when its time is up."""


class TimeLimit:
    """Ends tasks that take longer than `seconds` with a `TimeoutError`:

    with limit.each():
        await …
    """

    def __init__(self, seconds: float, *, gives_back: bool = False) -> None:
        self._seconds = seconds
        self._gives_back = gives_back
        self._timed: dict[Timed, float] = {}
        """Running tasks with their end by the loop's clock. The first to begin ends first."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._looked_at = 0.0
        self._blocked_s: dict[Timed, float] = {}
        """How much time tasks got back."""

    def each(self) -> "TaskLimit":
        """Limit the time of the calling task, from the beginning of the `with` to its end."""
        return TaskLimit(self)

    def begin(self, timed: Timed, loop: asyncio.AbstractEventLoop) -> None:
        """Start the time of a task. A task that has started keeps its end."""
        ends_at = loop.time() + self._seconds
        self._timed.setdefault(timed, ends_at)
        if self._loop is not loop:
            self._loop = loop
            self._look_again(loop)

    def end(self, timed: Timed) -> None:
        """Remove a task that has ended, or never began."""
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
        if self._gives_back and now - due > MAX_LATE_S:
            self._give_back(now - self._looked_at, now)
        # It stops at the first task with time left, because there may be very many.
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
            # The first to begin still ends first.
            gained_s = self._blocked_s[timed] - before_s
            self._timed[timed] = min(ends_at + gained_s, now + self._seconds)


class TaskLimit:
    """The time limit of one task."""

    __slots__ = ("_cancelled", "_expired_at", "_is_over", "_limit", "_task")

    def __init__(self, limit: TimeLimit) -> None:
        self._limit = limit
        self._is_over = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None, "there is no time limit outside of a task"
        self._task = task
        self._cancelled = task.cancelling()
        self._limit.begin(self, task.get_loop())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._limit.end(self)
        # Somebody else may have canceled the task as well; then it must stay canceled.
        is_ours = self._is_over and self._task.uncancel() <= self._cancelled
        if is_ours and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def expire(self) -> None:
        self._is_over = True
        self._expired_at = self._task.get_loop().time()
        self._task.cancel()

    @property
    def expired_for_s(self) -> float:
        """How long ago the task's time was up; 0 if it isn't."""
        return self._task.get_loop().time() - self._expired_at if self._is_over else 0.0
