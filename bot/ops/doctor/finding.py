"""The result of one check of `bot doctor`."""

from typing import Literal

import msgspec

Outcome = Literal["ok", "warning", "fault"]


class Finding(msgspec.Struct, frozen=True):
    """The name of a check, its result, and what to `do`. If the result is good, `do` is ""."""

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
