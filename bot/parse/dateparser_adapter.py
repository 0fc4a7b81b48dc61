"""The only module that calls `dateparser`.

It keeps the library from using the machine's time or zone.
"""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True)
class Moment:
    """The meaning of a text.

    `parts` lists which of year, month, day and time the text determines. `period` is its precision:
    "day", "week", "time" and so on.
    """

    at: dt.datetime
    parts: frozenset[str]
    period: str


def look_up(
    text: str, language: str, now: dt.datetime, *, past: bool = False, relative: bool = False
) -> Moment | None:
    """Return what `text` means in the language or in English, relative to the naive time `now`.

    With `relative`, only intervals from now ("in 2 hours") count. A part that the text leaves open
    is chosen so that the moment is in the future, or with `past` in the past. Return None if the
    text is not understood or names a time zone.
    """
    from dateparser.date import DateDataParser

    parser = DateDataParser(
        languages=list(_languages(language)),
        use_given_order=True,
        settings={
            "RELATIVE_BASE": now,
            # The default is the machine's zone. Any other will do: the result is in the contact's
            # time.
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
