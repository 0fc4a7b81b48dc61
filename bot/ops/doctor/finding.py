"""What a check of `bot doctor` tells."""

from typing import Literal

import msgspec

Outcome = Literal["ok", "warning", "fault"]


class Finding(msgspec.Struct, frozen=True):
    """What was looked at, what was found there, and what to do; nothing to do where it is ok."""

    check: str
    outcome: Outcome
    found: str
    do: str = ""


def ok(check: str, found: str) -> Finding:
    return Finding(check, "ok", found)


def warning(check: str, found: str, do: str) -> Finding:
    return Finding(check, "warning", found, do)


def error(check: str, found: str, do: str = "") -> Finding:
    return Finding(check, "fault", found, do)
