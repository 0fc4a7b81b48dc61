"""Why something was given up; the store keeps it beside what was given up."""

from typing import Literal

import msgspec


class DeadLetterReport(msgspec.Struct, omit_defaults=True):
    """Why a reply, a forward or the items of a turn were given up.

    `session` is the one before the turn. `at` is in Unix seconds.
    """

    id: str
    kind: Literal["send", "forward", "turn"]
    at: float
    contact: str
    reason: str
    tries: int
    session: msgspec.Raw = msgspec.Raw()


encode = msgspec.json.encode
_decoder = msgspec.json.Decoder(DeadLetterReport)


def decode(raw: bytes) -> DeadLetterReport:
    """Read a stored report."""
    return _decoder.decode(raw)
