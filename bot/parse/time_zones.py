"""The contact's time, as far as its zone is known."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.errors import FlowError
from bot.parse.answer import Answer


def local_now(answer: Answer) -> datetime:
    """`answer.now` by the clock on the contact's wall, aware.

    Raises:
        FlowError: the zone isn't known.
    """
    return answer.now.astimezone(require_zone(answer.zone))


def require_zone(name: str) -> ZoneInfo:
    """The time zone of this IANA name.

    Raises:
        FlowError: it isn't known.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise FlowError(
            f"The time zone {name!r} isn't known; it takes an IANA name such as"
            " Europe/Stockholm, and the package tzdata where the system has no zones."
        ) from error
