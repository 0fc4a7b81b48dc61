"""Timestamps in the API's form: RFC 3339 in UTC, with as many digits as needed."""

from datetime import UTC, datetime

from bot.clock import as_datetime


def rfc3339(at: float) -> str:
    """Return Unix seconds in the API's form. A fraction of a second has 3 or 6 digits."""
    moment = as_datetime(round(at, 6))
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    if not moment.microsecond:
        return f"{text}Z"
    if moment.microsecond % 1000 == 0:
        return f"{text}.{moment.microsecond // 1000:03d}Z"
    return f"{text}.{moment.microsecond:06d}Z"


def parse_time(text: str) -> float:
    """Return the Unix seconds of an RFC 3339 text. A text without an offset is in UTC.

    Raises:
        ValueError: `text` is not a time in RFC 3339.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()
