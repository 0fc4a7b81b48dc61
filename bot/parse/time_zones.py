"""The contact's local time."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.errors import FlowError
from bot.parse.answer import Answer


def local_now(answer: Answer) -> datetime:
    """Return `answer.now` in the contact's zone, as an aware datetime.

    Raises:
        FlowError: the zone is unknown.
    """
    return answer.now.astimezone(require_zone(answer.zone))


def require_zone(name: str) -> ZoneInfo:
    """Return the time zone with this IANA name.

    Raises:
        FlowError: the zone is unknown.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise FlowError(
            f"The time zone {name!r} isn't known. Use an IANA name such as Europe/Stockholm. If"
            " the system has no time zones, install the package tzdata."
        ) from error
