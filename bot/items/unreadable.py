"""Inbox items and replies in the store that this release cannot read."""

import msgspec

from bot.callbacks import NOT_READ

MAX_WAIT_S = 3_600.0
"""Seconds that an item of a later release waits for a worker of that release.

Two releases run side by side for less time than this during a deployment.
"""


class _Written(msgspec.Struct):
    at: float = 0.0


_decoder = msgspec.json.Decoder(_Written)


def may_be_of_later_release(raw: bytes, now: float) -> bool:
    """Return whether `raw` is JSON with a recent `at`, which a worker of a later release may be
    able to read.
    """
    try:
        return now - _decoder.decode(raw).at < MAX_WAIT_S
    except NOT_READ:
        return False
