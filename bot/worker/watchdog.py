"""Watches the event loop from a separate thread, and interrupts a turn that blocks the loop.

A turn's time limit cannot end code that never awaits: `while True: pass`, `time.sleep(3600)`, a
driver that is not async. While such code runs, nothing else runs: no other turn, no webhook and no
renewal of leases. So other processes take over the contacts. After a second the watchdog logs which
flow blocks. At the turn's time limit, the watchdog interrupts the code by a signal, so the turn
fails as if it had raised an error. If the code ignores the signal, the watchdog ends the process.
The end of the process counts as a failed try of the item. After too many failed tries the item
becomes a dead letter.
"""

import asyncio
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from bot.turn.effects import TurnEffects

logger = logging.getLogger(__name__)

BEAT_S = 0.25
WARN_S = 1.0
GIVEN_UP = 70
"""Exit status of a process whose event loop could not be freed."""

TurnOf = Callable[["asyncio.Task[Any] | None"], TurnEffects | None]
"""A function that returns the turn that a task runs, or None. Any thread may call this function."""


class Blocked(BaseException):
    """The turn has blocked the event loop up to its time limit.

    This error is not an `Exception`, so that a flow's own `except Exception` does not catch it.
    """


class Watchdog:
    """Watches the loop of the main thread.

    `limit_s` is the time for which a turn may block the loop.
    """

    def __init__(self, limit_s: float, turn_of: TurnOf) -> None:
        self._limit_s = limit_s
        self._turn_of = turn_of
        self._loop: asyncio.AbstractEventLoop | None = None
        self._beats = 0
        self._timer: asyncio.TimerHandle | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def __enter__(self) -> "Watchdog":
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGALRM, self._interrupt)
            self._loop = asyncio.get_running_loop()
            self._beat(self._loop)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._timer is not None:
            self._timer.cancel()
            signal.signal(signal.SIGALRM, self._before)

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        self._beats += 1
        self._timer = loop.call_later(BEAT_S, self._beat, loop)

    def _watch(self) -> None:
        beats, since, warned, interrupted_at = -1, 0.0, False, 0.0
        while not self._stop.wait(BEAT_S):
            now = time.monotonic()
            turn = self._current_turn()
            if self._beats != beats or turn is None:
                beats, since, warned, interrupted_at = self._beats, now, False, 0.0
                continue
            if not warned and now - since >= WARN_S:
                warned = True
                self._warn(turn)
            if not interrupted_at and now - since >= self._limit_s:
                interrupted_at = now
                signal.pthread_kill(_main_ident(), signal.SIGALRM)
            elif interrupted_at and now - interrupted_at >= self._limit_s:
                self._leave(turn)

    def _current_turn(self) -> TurnEffects | None:
        """Return the turn whose flow the main thread is executing."""
        return self._turn_of(asyncio.current_task(self._loop))

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        """Handle SIGALRM in the main thread.

        The handler runs on top of the code that blocks the thread.
        """
        if self._current_turn() is not None:
            raise Blocked

    def _warn(self, turn: TurnEffects) -> None:
        logger.warning(
            "A turn blocks the process; the flow must await slow calls, or run them in a thread",
            extra={"action": "blocked", **turn.session.where._asdict(), "stack": _stack()},
        )

    def _leave(self, turn: TurnEffects) -> None:
        logger.critical(
            "A turn blocks the process and can't be interrupted; the process ends",
            extra={"action": "blocked_for_good", **turn.session.where._asdict()},
        )
        logging.shutdown()
        os._exit(GIVEN_UP)


def _main_ident() -> int:
    return threading.main_thread().ident or 0


def _stack() -> str:
    """Return the main thread's stack: files, lines and functions, but no values."""
    frames = traceback.StackSummary.extract(_frames_of_turn(), lookup_lines=False)
    return " < ".join(f"{each.filename}:{each.lineno} {each.name}" for each in frames)


def _frames_of_turn() -> Iterator[tuple[FrameType, int]]:
    """Yield the main thread's frames and lines, from the innermost frame out to the first frame in
    this package.
    """
    frame = sys._current_frames().get(_main_ident())
    while frame is not None and frame.f_globals.get("__package__") != __package__:
        yield frame, frame.f_lineno
        frame = frame.f_back
