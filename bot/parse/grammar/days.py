"""Reads the day in a phrase: relative words, distances, weekdays, days of a month, holidays.

A phrase becomes a string with one letter per symbol. Each form of a day is a regular expression
over these letters. A phrase that fits no form is not understood. No form has a second day, "or" or
"not", so phrases with these are not understood.
"""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace

from bot.parse.grammar.lexicon import Lexicon, Symbol, codes, readings
from bot.parse.grammar.month_days import (
    DAY,
    WEEK,
    Calendar,
    Pieces,
    agreeing,
    day_of_month,
    day_of_named_month,
    final_day,
    in_month,
    last_of_month,
    moved,
    named_day,
    nth_weekday,
    numeric_day,
    of_numbered_week,
    of_week,
    weekday_before,
)
from bot.parse.grammar.slips import is_slip
from bot.parse.grammar.tokens import MARK

LETTERS = {
    "number": "n", "ordinal": "o", "year": "Y", "month": "M", "weekday": "W", "day": "D",
    "past-weekday": "w", "unit": "U", "week": "V", "week-number": "K", "in": "I", "later": "J",
    "ago": "G", "ago-before": "g", "after": "A", "before": "B", "next": "N", "after-next": "X",
    "this": "T", "coming": "C", "last": "L", "final": "F", "part": "P", "holiday": "H", "the": "t",
    "of": "O", "time": "z", "numeric": "d", "article": "a",
}  # fmt: skip
_SKIPPED = frozenset("tOPza")
"""Symbols with these letters, such as articles, are skipped, because they do not change the meaning
of a phrase.
"""

MAX_DISTANCE = 1_000


def day_of(
    lexicon: Lexicon, text: str, numeric: str, calendar: Calendar, *, slips: bool = False
) -> tuple[dt.date | None, bool]:
    """Return the day that `text` names, and whether all words of `text` are known.

    If a numeric date such as 1.3.2026 was read before, `text` has MARK instead of the date, and
    `numeric` is the date. Otherwise `numeric` is "". If `slips` is True, misspelled names of
    weekdays and months are known, too.
    """
    symbols = [
        [replace(each, tag="numeric", name=numeric) if each.text == MARK else each for each in one]
        for one in lexicon.symbols(text)
    ]
    if slips:
        symbols = [_corrected(each, lexicon) for each in symbols]
    known = all(one.tag != "unknown" for each in symbols for one in each)
    found = {
        day
        for reading in readings(_with_years(symbols, calendar))
        if (day := _day(list(reading), calendar)) is not None
    }
    return (found.pop() if len(found) == 1 else None), known


def has_two_numbers(lexicon: Lexicon, text: str) -> bool:
    return sum(one.tag == "number" for each in lexicon.symbols(text) for one in each) > 1


def _corrected(meanings: list[Symbol], lexicon: Lexicon) -> list[Symbol]:
    """Return the name of a weekday or month if the symbol is a misspelling of only this name.

    "Fridays" and "Montags" are not misspellings, because these words mean every week.
    """
    said = meanings[0]
    if said.tag != "unknown":
        return meanings
    found = {
        each
        for words, others in lexicon.meanings.items()
        if len(words) == 1 and is_slip(said.text, words[0]) and not said.text.startswith(words[0])
        for each in others
        if each[0] in ("weekday", "month")
    }
    if len(found) != 1:
        return meanings
    tag, value = found.pop()
    return [replace(said, tag=tag, value=int(value), name=value)]


def _with_years(symbols: list[list[Symbol]], calendar: Calendar) -> list[list[Symbol]]:
    """Return the symbols. Years are marked as years, and the dot after a day is removed."""
    made: list[list[Symbol]] = []
    quoted = False
    for at, each in enumerate(symbols):
        one = each[0]
        if one.tag == "sign" and one.text == "'" and len(each) == 1:
            quoted = True
            continue
        before = made[-1][0] if made else None
        if one.text == "-" and _joins_names(symbols, at):
            continue
        if one.text == "." and before and before.is_digits and before.end == one.start:
            if "dot ordinals" in calendar.traits and before.tag == "number":
                made[-1] = [replace(before, tag="ordinal")]
            continue
        if one.is_digits and one.tag == "number" and len(each) == 1:
            if quoted and len(one.text) == 2:
                each = [replace(one, tag="year", value=calendar.full_year(one.value))]
            elif len(one.text) == 4 and one.value >= 1000:
                each = [replace(one, tag="year")]
        elif quoted:
            return []
        quoted = False
        made.append(each)
    return made


def _joins_names(symbols: list[list[Symbol]], at: int) -> bool:
    """Return whether the hyphen at index `at` joins a number and a name, as in "27-Mar-2026"."""
    if not 0 < at < len(symbols) - 1:
        return False
    tags = {each.tag for side in (symbols[at - 1], symbols[at + 1]) for each in side}
    return len(tags & {"month", "of"}) > 0


def _day(reading: list[Symbol], calendar: Calendar) -> dt.date | None:
    """Return the day in one reading of the phrase; None if the reading fits no form."""
    kept: list[Symbol] = []
    for at, each in enumerate(reading):
        letter = LETTERS.get(each.tag, "?")
        after_article = at > 0 and reading[at - 1].tag == "the"
        in_words = not each.is_digits and each.value > 1 and "cardinal days" in calendar.traits
        if letter == "n" and after_article and (in_words or each.is_digits) and each.value <= 31:
            each = replace(each, tag="ordinal")
        if letter == "a" and at + 1 < len(reading) and reading[at + 1].tag == "unit":
            each = replace(each, tag="number", value=1)
        elif letter == "P" and not kept and "morning" in each.name:
            # "Morgen" means tomorrow. After a day it means the morning.
            return None
        elif letter in _SKIPPED:
            continue
        kept.append(each)
    if not kept or (len(kept) == 1 and kept[0].tag == "part"):
        return None
    try:
        return _by_form(kept, calendar)
    except (ValueError, OverflowError):
        return None


def _by_form(symbols: list[Symbol], calendar: Calendar) -> dt.date | None:
    code = codes(symbols, LETTERS)
    for pattern, read in _FORMS:
        if match := pattern.fullmatch(code):
            return read(_pieces(match, symbols), calendar)
    return None


def _pieces(match: re.Match[str], symbols: list[Symbol]) -> Pieces:
    """Return the symbols of each group of a match.

    If a form has two word orders, the group `day2` of the second order counts as `day`.
    """
    pieces: Pieces = {}
    for name, letters in match.groupdict().items():
        if letters is not None:
            piece = symbols[match.start(name) : match.end(name)]
            pieces[name.rstrip("2")] = pieces.get(name.rstrip("2"), []) + piece
    return pieces


def _weekday(pieces: Pieces, calendar: Calendar) -> dt.date | None:
    wanted, today = pieces["weekday"][0].value, calendar.today
    tags = {each.tag for each in pieces["relation"]}
    if "last" in tags:
        return weekday_before(today, wanted)
    ahead = (wanted - today.weekday()) % 7 or 7
    if "after-next" in tags:
        return None
    if "next" in tags and (wanted > today.weekday() or calendar.past):
        # Some people mean the day of this week, others the day of the next week.
        return None
    if "this" in tags and wanted == today.weekday():
        return None
    if calendar.past and not tags:
        return weekday_before(today, wanted)
    return today + dt.timedelta(ahead)


def _past_weekday(pieces: Pieces, calendar: Calendar) -> dt.date | None:
    return weekday_before(calendar.today, pieces["weekday"][0].value)


def _relative(pieces: Pieces, calendar: Calendar) -> dt.date | None:
    return agreeing(calendar.today + dt.timedelta(pieces["day"][0].value), pieces)


def _distance(pieces: Pieces, calendar: Calendar) -> dt.date | None:
    """Return the day that is some days, weeks, months or years from today or from another day."""
    unit = pieces["unit"][0].value
    count = pieces["count"][0].value if "count" in pieces else 1
    forward = "back" not in pieces
    if "anchor" in pieces:
        base = _by_form(pieces["anchor"], calendar)
        if base is None:
            return None
        if "idiom" in pieces:
            # "Heute in acht Tagen" is the same weekday of the next week.
            count = _idiom(count, unit, calendar.traits)
    else:
        base = calendar.today
        if unit == DAY and _is_ambiguous(count, calendar.traits):
            return None
    if not 0 < count <= MAX_DISTANCE:
        return None
    return moved(base, count if forward else -count, unit)


def _bare_distance(pieces: Pieces, calendar: Calendar) -> dt.date | None:
    """Return the day in "3 days" without "in".

    Return None for months and years, because "2 months" alone is probably a duration.
    """
    if pieces["unit"][0].value > WEEK or pieces["count"][0].value < 2 or calendar.past:
        return None
    return _distance(pieces, calendar)


def _idiom(count: int, unit: int, traits: frozenset[str]) -> int:
    if unit != DAY or not _is_ambiguous(count, traits):
        return count
    return {8: 7, 15: 14}[count]


def _is_ambiguous(days: int, traits: frozenset[str]) -> bool:
    """Return whether the number of days is ambiguous, because some people count the first day,
    too.
    """
    return (days == 8 and "eight days" in traits) or (days == 15 and "fifteen days" in traits)


def _in_eight(pieces: Pieces, calendar: Calendar) -> dt.date | None:
    """Return the day of "lundi en huit" or "hoy en quince": one or two weeks after the named
    day.
    """
    base = _by_form(pieces["anchor"], calendar)
    count = _idiom(pieces["count"][0].value, DAY, calendar.traits)
    return moved(base, count, DAY) if base and count in (7, 14) else None


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(" ", ""))


_FORMS: list[tuple[re.Pattern[str], Callable[[Pieces, Calendar], dt.date | None]]] = [
    (
        _form("(?P<weekday>W)? (?P<day>[no]) (?P<month>M) (?P<year>[nY])? (?P<weekday2>W)?"),
        in_month,
    ),
    (_form("(?P<weekday>W)? (?P<month>M) (?P<day>[no]) (?P<year>Y)? (?P<weekday2>W)?"), in_month),
    (
        _form(
            "(?P<weekday>W)? (?P<year>Y) "
            "(?:(?P<month>M) (?P<day>[no]) | (?P<day2>[no]) (?P<month2>M))"
            " (?P<weekday2>W)?"
        ),
        in_month,
    ),
    (_form("(?P<weekday>W)? (?P<date>d) (?P<weekday2>W)?"), numeric_day),
    (_form("(?P<weekday>W)? (?P<day>o) | (?P<weekday2>W) (?P<day2>n)"), day_of_month),
    (
        _form("(?P<weekday>W)? (?P<day>o) (?P<relation>[NTC])? (?P<unit>U) (?P<relation2>[NC])?"),
        day_of_named_month,
    ),
    (_form("(?P<relation>[NTCLX]*) (?P<weekday>W) (?P<relation2>[NCL]?)"), _weekday),
    (_form("T? (?P<weekday>w)"), _past_weekday),
    (_form("(?P<day>D) (?P<weekday>W)? | (?P<weekday2>W) (?P<day2>D)"), _relative),
    (_form("I? (?P<count>n)? (?P<unit>U) A (?P<anchor>.+)"), _distance),
    (_form("(?P<count>n)? (?P<unit>U) (?P<back>B) (?P<anchor>.+)"), _distance),
    (_form("I (?P<count>n) (?P<unit>U) | (?P<count2>n) (?P<unit2>U) J"), _distance),
    (_form("(?P<count>n) (?P<unit>U)"), _bare_distance),
    (
        _form(
            "(?P<count>n) (?P<unit>U) (?P<back>G) | (?P<back2>[gBG]) (?P<count2>n) (?P<unit2>U) G?"
        ),
        _distance,
    ),
    (_form("(?P<anchor>D|[CT]?W|WC|H) (?P<idiom>I) (?P<count>n) (?P<unit>U)"), _distance),
    (_form("(?P<count>n) (?P<unit>U) (?P<anchor>D|[CT]?W)"), _distance),
    (_form("(?P<anchor>D|[CT]?W) (?P<count>n)? (?P<unit>U)"), _distance),
    (_form("(?P<anchor>D|[CT]?W) I (?P<count>n)"), _in_eight),
    (_form("(?P<week>V) (?P<weekday>W) | [CT]?(?P<weekday2>W) I?(?P<week2>V)"), of_week),
    (
        _form(
            "(?P<weekday>W) (?P<unit>[KU]) (?P<number>n)"
            " | (?P<unit2>[KU]) (?P<number2>n) (?P<weekday2>W)"
        ),
        of_numbered_week,
    ),
    (_form("[LF] (?P<unit>U)? I?(?P<month>M)"), final_day),
    (_form("[LF] (?P<unit>U) I?(?P<of>U)"), final_day),
    (_form("[LF] (?P<weekday>W) I?(?P<month>M)"), last_of_month),
    (_form("(?P<nth>[on]) (?P<weekday>W) I?(?P<month>M)"), nth_weekday),
    (_form("(?P<weekday>W)? (?P<holiday>H) (?P<year>Y)?"), named_day),
]
"""Each form with the function that reads it. A group whose name ends in 2 belongs to a second word
order.
"""
