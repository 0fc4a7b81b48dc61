"""The result of one check of `bot doctor`."""

from typing import Literal

import msgspec

Outcome = Literal["ok", "warning", "fault"]


class Finding(msgspec.Struct, frozen=True):
    """The result of one check. `check` is the name of the check. `do` describes what to do about
    the result; "" if the result is good.
    """

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
