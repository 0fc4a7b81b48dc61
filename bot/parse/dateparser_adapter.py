"""The one place that asks `dateparser`, and never lets it ask the machine for time or zone."""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True)
class Moment:
    """What a text names: `parts` are those of year, month, day and time that it settles, `period`
    is its grain: "day", "week", "time" and so on.
    """

    at: dt.datetime
    parts: frozenset[str]
    period: str


def look_up(
    text: str, language: str, now: dt.datetime, *, past: bool = False, relative: bool = False
) -> Moment | None:
    """The moment `text` names in the language or in English, counted from the naive `now`.

    With `relative` only what is an interval from now ("in 2 hours"). What is left open is taken
    from the future, or from the past. None for what isn't understood or names a zone of its own.
    """
    from dateparser.date import DateDataParser

    parser = DateDataParser(
        languages=list(_languages(language)),
        use_given_order=True,
        settings={
            "RELATIVE_BASE": now,
            # Any zone but the default, which is the machine's; the times are the contact's.
            "TIMEZONE": "UTC",
            "PREFER_DATES_FROM": "past" if past else "future",
            "PARSERS": ["relative-time"] if relative else ["relative-time", "absolute-time"],
            "RETURN_TIME_AS_PERIOD": True,
        },
    )
    # Typed by hand: the stubs lag behind the library and don't know of `parts`.
    data: Any = parser.get_date_data(text)
    at = data.date_obj
    if at is None or at.tzinfo is not None:
        return None
    return Moment(at, frozenset(data.parts), data.period)


@lru_cache(maxsize=256)
def _languages(language: str) -> tuple[str, ...]:
    from dateparser.data.languages_info import language_order

    return tuple(each for each in dict.fromkeys((language, "en")) if each in language_order)
