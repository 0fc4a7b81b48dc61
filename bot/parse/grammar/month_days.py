"""Computes dates from the parts of a phrase: days of a week, of a month or of a year."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.parse.grammar.holidays import holiday, weekday_from
from bot.parse.grammar.lexicon import Symbol

DAY, WEEK, MONTH, YEAR = 1, 7, 30, 365

Pieces = dict[str, list[Symbol]]
"""The symbols of each part of a phrase, by the name of the part."""


@dataclass(frozen=True)
class Calendar:
    """The context of a phrase: today's date, rules of the language, and functions that read years
    and numeric dates.
    """

    today: dt.date
    past: bool
    traits: frozenset[str]
    from_numbers: Callable[[str], dt.date | None]
    full_year: Callable[[int], int]


def day_of_month(pieces: Pieces, calendar: Calendar) -> dt.date | None:
    """Return the next date with the phrase's day of the month, today or later.

    If `calendar.past` is True, return the most recent such date, today or earlier. Return None if
    a weekday in the phrase contradicts the date.
    """
    number, today = pieces["day"][0].value, calendar.today
    step = -1 if calendar.past else 1
    for months in range(3):
        first = months_later(today.replace(day=1), months * step)
        try:
            found = first.replace(day=number)
        except ValueError:
            continue
        if found <= today if calendar.past else found >= today:
            return agreeing(found, pieces)
    return None


def day_of_named_month(pieces: Pieces, calendar: Calendar) -> dt.date | None:
    """Return the day in "the third of next month" or "the third of the month"."""
    if pieces["unit"][0].value != MONTH:
        return None
    tags = {each.tag for each in pieces.get("relation", ())}
    if not tags:
        return day_of_month(pieces, calendar)
    months = 1 if tags & {"next", "coming"} and "this" not in tags else 0
    first = months_later(calendar.today.replace(day=1), months)
    return agreeing(first.replace(day=pieces["day"][0].value), pieces)


def agreeing(found: dt.date, pieces: Pieces) -> dt.date | None:
    """Return the date `found`; None if a weekday in the phrase contradicts this date."""
    named = pieces.get("weekday", ())
    return found if all(each.value == found.weekday() for each in named) else None


def moved(day: dt.date, count: int, unit: int) -> dt.date:
    if unit == MONTH:
        return months_later(day, count)
    if unit == YEAR:
        return months_later(day, 12 * count)
    return day + dt.timedelta(count * unit)


def months_later(day: dt.date, months: int) -> dt.date:
    """Return the same day of the month, `months` later.

    If the later month has no such day, return the last day of the later month.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, _length(year, month + 1)))


def _length(year: int, month: int) -> int:
    return (dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(1)).day


def of_week(pieces: Pieces, calendar: Calendar) -> dt.date | None:
    """Return the day with the phrase's weekday in this week, next week or the week after next."""
    wanted = pieces["weekday"][0].value
    if wanted == 6 and "sunday first" in calendar.traits:
        return None
    weeks = pieces["week"][0].value if "week" in pieces else 1
    monday = calendar.today - dt.timedelta(calendar.today.weekday())
    return monday + dt.timedelta(7 * weeks + wanted)


def of_numbered_week(pieces: Pieces, calendar: Calendar) -> dt.date | None:
    unit = pieces["unit"][0]
    if unit.tag == "unit" and unit.value != WEEK:
        return None
    number, weekday = pieces["number"][0].value, pieces["weekday"][0].value
    for year in _years(calendar):
        found = dt.date.fromisocalendar(year, number, weekday + 1)
        if found <= calendar.today if calendar.past else found >= calendar.today:
            return found
    return None


def last_of_month(pieces: Pieces, calendar: Calendar) -> dt.date | None:
    """Return the last day of a month.

    If the phrase has a weekday, return the last such weekday of the month. A phrase without a month
    means this month.
    """
    months = pieces.get("month")
    for year in _years(calendar):
        month = months[0].value if months else calendar.today.month
        found = dt.date(year, month, _length(year, month))
        if weekday := pieces.get("weekday"):
            found = weekday_before(found + dt.timedelta(1), weekday[0].value)
        if found <= calendar.today if calendar.past else found >= calendar.today:
            return found
        if not months:
            return None
    return None


def nth_weekday(pieces: Pieces, calendar: Calendar) -> dt.date | None:
    nth, weekday = pieces["nth"][0].value, pieces["weekday"][0].value
    month = pieces["month"][0].value
    for year in _years(calendar):
        found = weekday_from(dt.date(year, month, 1), weekday) + dt.timedelta(7 * (nth - 1))
        if found.month != month or not 1 <= nth <= 5:
            continue
        if found <= calendar.today if calendar.past else found >= calendar.today:
            return found
    return None


def named_day(pieces: Pieces, calendar: Calendar) -> dt.date | None:
    name = pieces["holiday"][0].name
    if year := pieces.get("year"):
        return agreeing(holiday(name, year[0].value), pieces)
    for number in _years(calendar):
        found = holiday(name, number)
        if found <= calendar.today if calendar.past else found >= calendar.today:
            return agreeing(found, pieces)
    return None


def _years(calendar: Calendar) -> Iterator[int]:
    step = -1 if calendar.past else 1
    yield from range(calendar.today.year, calendar.today.year + 3 * step, step)


def nearest_date(month: int, day: int, today: dt.date, past: bool) -> dt.date | None:
    """Return the next date with this month and day, today or later.

    If `past` is True, return the most recent such date, today or earlier. Years without the date
    are skipped.
    """
    step = -1 if past else 1
    for year in range(today.year, today.year + step * 10, step):
        try:
            found = dt.date(year, month, day)
        except ValueError:
            continue
        if found <= today if past else found >= today:
            return found
    return None


def final_day(pieces: Pieces, calendar: Calendar) -> dt.date | None:
    unit = pieces.get("unit")
    if unit is None:
        # "Sista mars" means a day, "last March" a month.
        return last_of_month(pieces, calendar) if "final month" in calendar.traits else None
    of = pieces.get("of")
    if unit[0].value != DAY or (of and of[0].value not in (MONTH, YEAR)):
        return None
    if of and of[0].value == YEAR:
        return dt.date(calendar.today.year, 12, 31)
    return last_of_month(pieces, calendar)


def in_month(pieces: Pieces, calendar: Calendar) -> dt.date | None:
    day, month = pieces["day"][0].value, pieces["month"][0].value
    if year := pieces.get("year"):
        one = year[0]
        if one.tag != "year" and not (one.is_digits and len(one.text) == 2):
            return None
        number = one.value if one.tag == "year" else calendar.full_year(one.value)
        found = dt.date(number, month, day)
    else:
        nearest = nearest_date(month, day, calendar.today, calendar.past)
        if nearest is None:
            return None
        found = nearest
    return agreeing(found, pieces)


def numeric_day(pieces: Pieces, calendar: Calendar) -> dt.date | None:
    found = calendar.from_numbers(pieces["date"][0].name)
    return agreeing(found, pieces) if found else None


def weekday_before(today: dt.date, wanted: int) -> dt.date:
    return today - dt.timedelta((today.weekday() - wanted) % 7 or 7)
