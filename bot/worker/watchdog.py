"""Watches from a thread of its own whether the event loop goes on, and frees it from a turn that
blocks it.

A turn's time limit can't end code that never awaits: `while True: pass`, `time.sleep(3600)`, a
driver that isn't async. While such code runs nothing else does: no other contact's turn, no
webhook, no renewal of leases, so that other processes take the other contacts over. The watchdog
says in the log which flow it is, after a second; at the turn's time limit it interrupts the code by
a signal, so that the turn fails as one that raises; and where the code takes no notice, it ends
the process. The item has then failed once, and goes to the dead letters in the end.
"""

import asyncio
import logging
import os
import signal
import sys
import threading
import time
import traceback
from types import CodeType, FrameType

from bot.contact.session import Where
from bot.engine.engine import Engine

logger = logging.getLogger(__name__)

BEAT_S = 0.25
WARN_S = 1.0
GIVEN_UP = 70
"""Exit status of a process that could not be freed."""

_TURN: CodeType = Engine.run.__code__


class Blocked(BaseException):
    """The turn has held the event loop up to its time limit.

    It is no `Exception`, so that a flow's own `except Exception` doesn't take it.
    """


class Watchdog:
    """Guards the running loop of the main thread; `limit_s` is how long a turn may block it."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._beats = 0
        self._timer: asyncio.TimerHandle | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def __enter__(self) -> "Watchdog":
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGALRM, _interrupt)
            self._beat(asyncio.get_running_loop())
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
            frame = turn_on_stack(_main_stack())
            if self._beats != beats or frame is None:
                beats, since, warned, interrupted_at = self._beats, now, False, 0.0
                continue
            if not warned and now - since >= WARN_S:
                warned = True
                self._warn(frame)
            if not interrupted_at and now - since >= self._limit_s:
                interrupted_at = now
                signal.pthread_kill(_main_ident(), signal.SIGALRM)
            elif interrupted_at and now - interrupted_at >= self._limit_s:
                self._leave(frame)

    def _warn(self, frame: FrameType) -> None:
        logger.warning(
            "A turn blocks the process; its code must await, or run in a thread",
            extra={"action": "blocked", **where(frame), "stack": _stack()},
        )

    def _leave(self, frame: FrameType) -> None:
        logger.critical(
            "A turn blocks the process and can't be interrupted; the process ends",
            extra={"action": "blocked_for_good", **where(frame)},
        )
        logging.shutdown()
        os._exit(GIVEN_UP)


def turn_on_stack(frame: FrameType | None) -> FrameType | None:
    """The frame of the turn that is being executed above `frame`; None where there is none."""
    while frame is not None and frame.f_code is not _TURN:
        frame = frame.f_back
    return frame


def where(frame: FrameType) -> dict[str, str]:
    """The flow and state of the turn in this frame."""
    effects = frame.f_locals.get("effects")
    return (effects.session.where if effects is not None else Where())._asdict()


def _interrupt(number: int, frame: FrameType | None) -> None:
    """SIGALRM: runs in the main thread, within what blocks it, if that is still a turn."""
    if turn_on_stack(frame) is not None:
        raise Blocked


def _main_ident() -> int:
    return threading.main_thread().ident or 0


def _main_stack() -> FrameType | None:
    return sys._current_frames().get(_main_ident())


def _stack() -> str:
    """Where the main thread is: files, lines and functions, without values."""
    frames = traceback.extract_stack(_main_stack())
    turn = max((i for i, each in enumerate(frames) if each.name == _TURN.co_name), default=0)
    return " < ".join(f"{each.filename}:{each.lineno} {each.name}" for each in frames[:turn:-1])
