"""Makes requests again while the API cannot answer."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.clock import Clock
from bot.errors import SendRetryable

T = TypeVar("T")

TRIES = 4
"""Maximum number of attempts while the API does not answer."""


async def patiently(
    ask: Callable[[], Awaitable[T]],
    clock: Clock,
    waits: Callable[[SendRetryable, float], object] = lambda error, pause_s: None,
) -> T:
    """Return the result of `ask`, which is called up to TRIES times while the API cannot answer.

    If the API asks for a wait, the pause before the next attempt has this length. Otherwise the
    three pauses are 1, 2 and 4 seconds long. `waits` is called before each pause, and may raise an
    error to end the attempts.
    """
    for tries in range(TRIES - 1):
        try:
            return await ask()
        except SendRetryable as error:
            pause_s = 2.0**tries if error.retry_after_s is None else error.retry_after_s
            waits(error, pause_s)
            await clock.sleep(pause_s)
    return await ask()
