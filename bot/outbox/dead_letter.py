"""The report on why an item or reply became a dead letter, which the store keeps with it."""

from typing import Literal

import msgspec

MAX_SESSION_BYTES = 16_384
"""Bounds what a dead letter stores: a short message that fails does not copy a large session."""


class DeadLetterReport(msgspec.Struct, omit_defaults=True):
    """Why a reply, a forward or the items of a turn were given up.

    `session` is the one before the turn; it is null if it has more than `MAX_SESSION_BYTES`.
    `error` is the type and text of what its code raised, without what the contact wrote, and
    `place` the line that raised it. `at` is in Unix seconds.
    """

    id: str
    kind: Literal["send", "forward", "turn"]
    at: float
    contact: str
    reason: str
    tries: int
    session: msgspec.Raw = msgspec.Raw()
    error: str = ""
    place: str = ""


encode = msgspec.json.encode
_decoder = msgspec.json.Decoder(DeadLetterReport)


def decode(raw: bytes) -> DeadLetterReport:
    """Read a stored report."""
    return _decoder.decode(raw)
