"""A time limit for authors' code that is only tried, also if it blocks."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

MAX_S = 5.0
"""How long a module may take to be imported, or a turn to run."""


class TooSlow(BaseException):
    """The code took too long. It isn't an `Exception`, so an author's own `except` misses it."""


@contextmanager
def limited(seconds: float = MAX_S) -> Iterator[None]:
    """Interrupt the code in this context after so many seconds; one context at a time.

    Outside of the main thread there is no limit, because signals don't reach others.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def expire(number: int, frame: FrameType | None) -> None:
        raise TooSlow(f"it ran for more than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
