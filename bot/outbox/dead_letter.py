"""The report that the store keeps with a dead letter: why the item or reply was given up."""

from typing import Literal

import msgspec

MAX_SESSION_BYTES = 16_384
"""Maximum size of the session in a dead letter's report, in bytes.

Without this limit, each failure of a short message could store a copy of a large session.
"""


class DeadLetterReport(msgspec.Struct, omit_defaults=True):
    """Why a reply, a forward or the items of a turn were given up.

    `session` is the session before the turn, or null if that session is larger than
    `MAX_SESSION_BYTES`. `error` has the type and text of the exception, without the contact's text.
    `place` is the line that raised the exception. `at` is in Unix seconds.
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
