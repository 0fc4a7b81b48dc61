"""The only module that calls `dateparser`.

The module passes the time and a zone to `dateparser`. Otherwise `dateparser` would use the time and
the zone of the machine.
"""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True)
class Moment:
    """The moment that a text means.

    `parts` has the parts that the text determines: year, month, day, time. `period` is the
    precision of the text: "day", "week", "time" and so on.
    """

    at: dt.datetime
    parts: frozenset[str]
    period: str


def look_up(
    text: str, language: str, now: dt.datetime, *, past: bool = False, relative: bool = False
) -> Moment | None:
    """Return the moment that `text` means in `language` or in English.

    `now` is a naive datetime. If `relative` is True, only intervals from `now` ("in 2 hours") are
    understood. Parts that the text does not determine are chosen so that the moment is in the
    future, or in the past if `past` is True. Return None if the text is not understood or names a
    time zone.
    """
    from dateparser.date import DateDataParser

    parser = DateDataParser(
        languages=list(_languages(language)),
        use_given_order=True,
        settings={
            "RELATIVE_BASE": now,
            # The default is the machine's zone. Any fixed zone gives the same result, which is in
            # the contact's time.
            "TIMEZONE": "UTC",
            "PREFER_DATES_FROM": "past" if past else "future",
            "PARSERS": ["relative-time"] if relative else ["relative-time", "absolute-time"],
            "RETURN_TIME_AS_PERIOD": True,
        },
    )
    # Typed here, because the library's stubs lack `parts`.
    data: Any = parser.get_date_data(text)
    at = data.date_obj
    if at is None or at.tzinfo is not None:
        return None
    return Moment(at, frozenset(data.parts), data.period)


@lru_cache(maxsize=256)
def _languages(language: str) -> tuple[str, ...]:
    from dateparser.data.languages_info import language_order

    return tuple(each for each in dict.fromkeys((language, "en")) if each in language_order)
