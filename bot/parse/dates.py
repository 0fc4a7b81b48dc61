"""Parser of dates, as people write them in the contact's language and region."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.errors import FlowError
from bot.i18n.languages import _
from bot.i18n.locales import language_of, locale_of, plain_signs
from bot.parse.answer import Answer, NotUnderstood, Parser
from bot.parse.dateparser_adapter import look_up
from bot.parse.grammar.days import day_of, has_two_numbers
from bot.parse.grammar.languages import OWN, language_tables, lexicon_of
from bot.parse.grammar.month_days import Calendar, nearest_date
from bot.parse.grammar.tokens import MARK, cleaned, without_marks
from bot.parse.grammar.verdict import verdict_of
from bot.parse.normalize import fold, said
from bot.parse.time_zones import local_now
from bot.parse.vocabulary import COMING, DAY_AFTER_TOMORROW

if TYPE_CHECKING:
    from babel import Locale

Bound = dt.date | dt.timedelta

_NUMERIC = re.compile(
    r"(?<![\d./:-])(?:(\d{1,4})([./-])\s?(\d{1,2})(?:(\2|\s|-)\s?(\d{1,4}))?"
    r"|(\d{1,4})\s(\d{1,2})\s(\d{1,4})|\d{8}|\d{6})(?![\d:/-])\.?(?![\d:])"
)


def date(
    *, min: Bound | None = None, max: Bound | None = None, future: bool = False, past: bool = False
) -> Parser[dt.date]:
    """Parse a date in the contact's zone: "tomorrow", "Friday week", "3 May", "3/5/2026",
    "2026-05-03".

    Words may be of the contact's language or English. In "3/5" the locale decides which number is
    the day; if only one of the two orders makes a date, this order counts. The locale `en` means
    the United States, month first; `en-GB` means day first. If the year or the week is missing, the
    next such day counts; with `past=True`, the most recent such day counts. A date without a year
    may be today. A name of a weekday or month may have one wrong letter ("wendesday").

    A text that does not name exactly one day is not understood: "May", "next week", "27 and 28
    March", "after Monday", "Mondays", a weekday that contradicts the date, or "next Friday" if
    native speakers disagree about its meaning. A date with a time of day is not understood, either.
    A part of the day ("tomorrow morning") is ignored.

    `min` and `max` are the first and last accepted day; a timedelta is counted from today. With
    `future=True`, today and later days are accepted. With `past=True`, today and earlier days are
    accepted.
    """
    if future and past:
        raise FlowError(
            "parse.date(future=True, past=True) accepts only today. Choose one of the two."
        )
    if (isinstance(min, dt.date) and isinstance(max, dt.date) and min > max) or (
        isinstance(min, dt.timedelta) and isinstance(max, dt.timedelta) and min > max
    ):
        raise FlowError(
            f"parse.date(min={min}, max={max}) accepts no date, because min is later than max."
        )

    def read(answer: Answer) -> dt.date:
        today = local_now(answer).date()
        first = _latest(_day(min, today), today if future else None)
        last = _earliest(_day(max, today), today if past else None)
        hint = _hint(first, last, today, locale_of(answer.locale))
        found = _read(said(answer, hint, longest=100), answer.locale, today, past)
        if found is None or (first and found < first) or (last and found > last):
            raise NotUnderstood(hint)
        return found

    return Parser(dt.date, read)


def _read(text: str, tag: str, today: dt.date, past: bool) -> dt.date | None:
    language, locale = language_of(tag), locale_of(tag)
    rest, numeric = _numeric_part(cleaned(without_marks(text)))
    languages = tuple(dict.fromkeys((language, "en")))
    lexicons = [lexicon_of(tag if each == language else "en", each, "dates") for each in languages]
    # A misspelled weekday of another language might be another day.
    for slips in (False, True) if language in OWN else (False,):
        for each, lexicon in zip(languages, lexicons, strict=True):
            calendar = Calendar(
                today,
                past,
                language_tables(each).traits
                | ({"sunday first"} if locale.first_week_day == 6 else set()),
                lambda written: _written(written, language, locale, today, past),
                lambda year: _full_year(year, today, past),
            )
            found, known = day_of(lexicon, rest, numeric, calendar, slips=slips)
            if found and verdict_of(text, language) is not None:
                return None  # "Nie" means "no" in Polish, and is short for Sunday.
            if found or known:
                return found
    # The fallback would read a second day as a year.
    if language in OWN or numeric or any(has_two_numbers(each, rest) for each in lexicons):
        return None
    return _from_words(fold(text), language, today, past)


def _numeric_part(text: str) -> tuple[str, str]:
    """Replace the numeric date in `text` by MARK. Return the text, and the numeric date."""
    match = _NUMERIC.search(text)
    if not match:
        return text, ""
    return f"{text[: match.start()]} {MARK} {text[match.end() :]}", match[0]


def _written(
    text: str, language: str, locale: "Locale", today: dt.date, past: bool
) -> dt.date | None:
    """Return the day that a numeric date means; None if no day has this date."""
    if text.isdecimal():
        return _from_digits(text, language, today, past)
    match = _NUMERIC.fullmatch(text)
    return _from_numbers(match, locale, today, past) if match else None


def _from_digits(text: str, language: str, today: dt.date, past: bool) -> dt.date | None:
    """Return the date that eight or six digits mean in a language that writes the year first, such
    as Swedish.

    Return None in other languages, or if there is no such date.
    """
    if "year first" not in language_tables(language).traits:
        return None
    year = int(text[:-4]) if len(text) == 8 else _full_year(int(text[:-4]), today, past)
    return _valid(year, int(text[-4:-2]), int(text[-2:]))


def _from_numbers(
    match: re.Match[str], locale: "Locale", today: dt.date, past: bool
) -> dt.date | None:
    first, separator, second, between, third, *spaced = match.groups()
    if not first:
        first, second, third = spaced
    if third is None:
        # "3-4" is probably a range, and "3 4" is not a date.
        return _dated(None, first, second, locale, today, past) if separator in ("/", ".") else None
    if len(first) == 4:
        return _valid(int(first), int(second), int(third))
    if len(third) == 4:
        return _dated(int(third), first, second, locale, today, past)
    if len(first) > 2 or len(third) != 2:
        return None
    if between in (separator, " ") and _order(locale, "yMd").startswith("y"):
        return _valid(_full_year(int(first), today, past), int(second), int(third))
    return _dated(_full_year(int(third), today, past), first, second, locale, today, past)


def _dated(
    year: int | None, first: str, second: str, locale: "Locale", today: dt.date, past: bool
) -> dt.date | None:
    """Return the date that the numbers `first` and `second` mean as day and month.

    The locale's order of day and month is tried first, then the other order.
    """
    if len(first) > 2:
        return None
    pairs = [(int(first), int(second)), (int(second), int(first))]
    if _order(locale, "Md").startswith("d"):
        pairs.reverse()
    for month, day in pairs:
        made = _valid(year, month, day) if year else nearest_date(month, day, today, past)
        if made:
            return made
    return None


def _order(locale: "Locale", letters: str) -> str:
    """Return the order of a numeric date in the locale as letters, such as "dMy"."""
    pattern = locale.date_formats["short"].pattern
    if pattern.startswith("y") and "y" not in letters:
        # Locales with the year first may write day and month alone in another order: "3/4" in
        # Swedish.
        skeleton = locale.datetime_skeletons.get(letters)
        pattern = skeleton.pattern if skeleton else pattern
    return "".join(sorted(letters, key=pattern.find))


def _full_year(year: int, today: dt.date, past: bool) -> int:
    """Return the full year for a year of two digits.

    If `past` is True, return the most recent such year, otherwise the year within 50 years of
    today.
    """
    full = today.year - today.year % 100 + year
    if full > today.year + (0 if past else 49):
        return full - 100
    return full if past or full >= today.year - 50 else full + 100


def _valid(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day) if year >= 1000 else None
    except ValueError:
        return None


def _from_words(text: str, language: str, today: dt.date, past: bool) -> dt.date | None:
    # `dateparser` reads "a" as January, and reads one of the two days in "3-4 May".
    if not re.search(r"[^\W\d_]{3}|[^\W\d_\x00-\x7f]", text) or re.search(r"\d\s?-\s?\d", text):
        return None
    midnight = dt.datetime.combine(today, dt.time())
    for wording in _wordings(text, language):
        if found := look_up(wording, language, midnight, past=past):
            break
    else:
        return None
    if "time" in found.parts or not found.parts >= {"month", "day"}:
        return None
    day = found.at.date()
    if not re.search(r"\d", text):
        # `dateparser` reads "next week" as "in a week", but "next week" is not a single day.
        is_a_week = found.period == "week" and abs(day - today) <= dt.timedelta(7)
        return None if is_a_week else day
    # `dateparser` ignores unknown parts: it would read "tomorrow 99" like "99".
    if look_up(re.sub(r"\d+", " ", wording), language, midnight, past=past) == found:
        return None
    if "year" not in found.parts:
        return nearest_date(day.month, day.day, today, past)
    if abs(day.year - today.year) >= 50 and not re.search(r"\d{4}", text):
        return _valid(_full_year(day.year % 100, today, past), day.month, day.day)
    return day


def _wordings(text: str, language: str) -> Iterator[str]:
    """Yield `text`, then other wordings of `text` with words that `dateparser` knows."""
    yield "in 2 days" if text in DAY_AFTER_TOMORROW else text
    rest = f" {text} "
    for word in sorted((*COMING.get(language, ()), *COMING["en"]), key=len, reverse=True):
        rest = rest.replace(f" {word} ", " ")
    if rest.strip() not in ("", text):
        yield rest.strip()


def _day(bound: Bound | None, today: dt.date) -> dt.date | None:
    return today + bound if isinstance(bound, dt.timedelta) else bound


def _latest(*days: dt.date | None) -> dt.date | None:
    return max(filter(None, days), default=None)


def _earliest(*days: dt.date | None) -> dt.date | None:
    return min(filter(None, days), default=None)


def _hint(first: dt.date | None, last: dt.date | None, today: dt.date, locale: "Locale") -> str:
    from babel.dates import format_date

    def show(day: dt.date) -> str:
        return plain_signs(format_date(day, "long", locale=locale))

    if first and last:
        return _("Please give a date from {first} to {last}.", first=show(first), last=show(last))
    if first:
        return _("Please give a date, {first} or later.", first=show(first))
    if last:
        return _("Please give a date, {last} or earlier.", last=show(last))
    return _("Please give a date, such as {example}.", example=show(today))
