"""A time limit for authors' code, even if the code blocks."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

MAX_S = 5.0
"""Maximum time for importing a module or running a turn, in seconds."""


class TooSlow(BaseException):
    """The code took too long.

    The class is not an `Exception`, so that an author's own `except` does not catch it.
    """


@contextmanager
def limited(seconds: float = MAX_S) -> Iterator[None]:
    """Interrupt the code in this context after `seconds`. Contexts must not be nested.

    Outside of the main thread there is no limit, because signals only reach the main thread.
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
