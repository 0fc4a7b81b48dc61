"""Inbox items and replies in the store that this release can't read."""

import msgspec

from bot.callbacks import NOT_READ

MAX_WAIT_S = 3_600.0
"""How long something that a later release wrote waits for a worker of that release: for longer
than two releases run side by side during a deploy.
"""


class _Written(msgspec.Struct):
    at: float = 0.0


_decoder = msgspec.json.Decoder(_Written)


def may_be_of_later_release(raw: bytes, now: float) -> bool:
    """Return whether a worker of a later release may still come and read this: it is JSON, and its
    `at` is recent.
    """
    try:
        return now - _decoder.decode(raw).at < MAX_WAIT_S
    except NOT_READ:
        return False
