"""Durations as authors write them: `"30m"`, `"24h"`, `"1h30m"`."""

import re

from bot.errors import FlowError

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_FORM = re.compile(r"(\d+)([dhms])")


def seconds(text: str) -> float:
    """Return a duration in seconds. `text` has whole numbers, each followed by d, h, m or s.

    Raises:
        FlowError: the text has another form, or is empty.
    """
    if not isinstance(text, str):
        raise FlowError(
            f"{text!r} is not a duration; write it as a text like '90s', '30m' or '24h'."
        )
    compact = text.replace(" ", "").lower()
    parts = _FORM.findall(compact)
    total = sum(int(number) * _UNITS[unit] for number, unit in parts)
    if not total or "".join(number + unit for number, unit in parts) != compact:
        raise FlowError(f"{text!r} is not a duration; write it like 90s, 30m, 24h or 7d.")
    return float(total)


def written(length: float) -> str:
    """Return a duration in the form that authors write: `1h30m` for 5400 seconds.

    Fractions of a second are dropped.
    """
    text, rest = "", int(length)
    for unit, size in _UNITS.items():
        count, rest = divmod(rest, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"
