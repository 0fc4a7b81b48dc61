"""Timestamps of the API: RFC 3339 in UTC, with as many digits as needed."""

from datetime import UTC, datetime

from bot.clock import as_datetime


def rfc3339(at: float) -> str:
    """Return Unix seconds as the API prints them: without a fraction, or with milli- or
    microseconds.
    """
    moment = as_datetime(round(at, 6))
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    if not moment.microsecond:
        return f"{text}Z"
    if moment.microsecond % 1000 == 0:
        return f"{text}.{moment.microsecond // 1000:03d}Z"
    return f"{text}.{moment.microsecond:06d}Z"


def parse_time(text: str) -> float:
    """Return the Unix seconds of an RFC 3339 text. Without an offset it is UTC.

    Raises:
        ValueError: `text` is not such a time.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()
