"""Reads the time of day in a phrase: a time on the clock, or a time relative to now.

As in `days`, a phrase becomes a string with one letter per symbol. Each form of a time is a regular
expression over these letters.
"""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace

from bot.parse.grammar.lexicon import Lexicon, Symbol, codes, readings
from bot.parse.grammar.tokens import MARK

LETTERS = {
    "number": "n", "clock": "c", "to": "T", "past": "P", "half": "h", "half-after": "B",
    "half-to": "H", "quarter": "q", "quarter-of": "Q", "three-quarters-of": "3",
    "three-quarters": "r", "at": "@", "oclock": "O", "am": "A", "pm": "p", "part": "d",
    "noon": "Z", "midnight": "z", "now": "N", "in": "I", "hours": "u", "minutes": "m",
    "minutes-of": "i", "plus": "&", "with": "+", "minus": "-", "half-hour": "x",
    "quarter-hour": "y", "three-quarter-hour": "w", "one-and-half-hours": "v", "one-hour": "W",
    "half-ordinal": "R", "ordinal": "o", "later": "J", "the": "t", "article": "a",
}  # fmt: skip

CLOCK = re.compile(
    r"(?<![\d.:/,-])(\d{1,2})\s?(?:[:.]|h)\s?(\d\d)(?::\d\d)?(?:\s?(?:min|mn|m)(?![a-z]))?"
    r"(?![\d.:/,-])"
)
"""A pattern for a time with hour and minute in digits."""

_WORDS_OF_RANGES = frozenset({"to", "till", "til", "a las", "a la"})

_ARTICLES = ("article", "the")

Minutes = int
"""A number of minutes since midnight."""


def time_of(
    lexicon: Lexicon, text: str, now: dt.datetime
) -> tuple[dt.time | dt.timedelta | None, bool]:
    """Return the time of day or the duration from now, and also whether all words are known."""
    match = CLOCK.search(text)
    rest = f"{text[: match.start()]} {MARK} {text[match.end() :]}" if match else text
    symbols = [
        [
            replace(each, tag="clock", value=60 * int(match[1]) + int(match[2]), name=match[2])
            if match and each.text == MARK
            else each
            for each in one
        ]
        for one in lexicon.symbols(rest)
    ]
    known = all(one.tag != "unknown" for each in symbols for one in each)
    found: set[dt.time | dt.timedelta] = set()
    for reading in readings(symbols):
        try:
            value = _read(reading, now)
        except ValueError:
            continue
        if value is not None:
            found.add(value)
    return (found.pop() if len(found) == 1 else None), known


def _prepared(reading: tuple[Symbol, ...]) -> list[Symbol]:
    """Return the symbols without articles. Digits such as "1730" become a time on the clock."""
    made: list[Symbol] = []
    for at, each in enumerate(reading):
        following = reading[at + 1].tag if at + 1 < len(reading) else ""
        if each.tag == "article" and following in ("hours", "minutes"):
            each = replace(each, tag="number", value=1)
        elif each.tag in _ARTICLES:
            continue
        elif each.tag == "number" and each.is_digits and _is_compact(each.text, following):
            hour, minute = divmod(each.value, 100)
            each = replace(each, tag="clock", value=60 * hour + minute, name=f"{minute:02}")
        elif each.tag == "sign" and each.text == ".":
            continue
        made.append(each)
    return made


def _is_compact(digits: str, following: str) -> bool:
    return len(digits) == 4 or (len(digits) == 3 and following in ("am", "pm"))


def _read(reading: tuple[Symbol, ...], now: dt.datetime) -> dt.time | dt.timedelta | None:
    symbols = _prepared(reading)
    code = codes(symbols, LETTERS)
    if code == "N":
        return dt.timedelta(0)
    if code.startswith("I") or code.endswith("J"):
        minutes = _wait(
            code.strip("IJ"), [each for each in symbols if each.tag not in ("in", "later")]
        )
        return None if minutes is None else dt.timedelta(minutes=minutes)
    match = _FRAME.fullmatch(code)
    if not match:
        return None
    core = symbols[match.start("core") : match.end("core")]
    minutes = _on_the_clock(match["core"], core)
    if minutes is None:
        return None
    named = bool(match["at"] or match["first"] or match["last"] or "O" in code)
    if match["core"] == "n" and not named and not _is_bare_hour(core[0], reading):
        return None
    if match["core"] == "nn" and not named and core[0].is_digits:
        return None
    parts = symbols[match.start("first") : match.end("first")]
    parts += symbols[match.start("last") : match.end("last")]
    return _in_part(minutes, parts)


def _is_bare_hour(number: Symbol, reading: tuple[Symbol, ...]) -> bool:
    """Return whether a number without a word such as "at" or "o'clock" is an hour.

    A number with an article is not an hour, because "the 11" may be a day. A word for 0 is not an
    hour either, because "nobody" is such a word.
    """
    has_article = any(each.tag in _ARTICLES for each in reading)
    return not has_article and (number.is_digits or number.value > 0)


_FRAME = re.compile(r"(?P<first>[Apd]*)(?P<at>@*)(?P<core>[^@Apd]+?)(?P<last>[Apd]*)[O@]*")


def _on_the_clock(code: str, core: list[Symbol]) -> Minutes | None:
    for pattern, read in _FORMS:
        if match := pattern.fullmatch(code):
            values = {
                name.rstrip("2"): core[match.start(name)]
                for name in match.groupdict()
                if match[name]
            }
            return read(values)
    return None


Values = dict[str, Symbol]


def _hour(values: Values) -> int:
    symbol = values["hour"]
    if symbol.tag == "noon":
        return 12
    if symbol.tag == "midnight":
        return 24 if "to" in values else 0
    if not 0 <= symbol.value <= 24 or (len(symbol.text) > 2 and symbol.is_digits):
        raise ValueError
    return symbol.value


def _minute(values: Values, least: int = 1) -> int:
    symbol = values.get("minute")
    if symbol is None:
        return 0
    fixed = {"quarter": 15, "half": 30, "half-after": 30, "three-quarters": 45}
    minute = fixed.get(symbol.tag, symbol.value)
    if not least <= minute < 60:
        raise ValueError
    return minute


def _exact(values: Values) -> Minutes | None:
    return values["clock"].value if int(values["clock"].name) < 60 else None


def _after(values: Values) -> Minutes:
    return 60 * _hour(values) + _minute(values)


def _side_by_side(values: Values) -> Minutes:
    """Return the time in "ten thirty" or "10 30 pm".

    In digits, the minutes must not be an hour, because "10 11" may be two hours.
    """
    hour, minute = values["hour"], values["minute"]
    if not hour.is_digits or "oclock" in values:
        return 60 * _hour(values) + _minute(values, 1 if "oclock" in values else 10)
    if not minute.is_digits or len(minute.text) != 2 or 0 < minute.value <= 24:
        raise ValueError
    return 60 * _hour(values) + _minute(values, 0)


def _before(values: Values) -> Minutes:
    hour, minute = values["hour"], values["minute"]
    if values["to"].text in _WORDS_OF_RANGES and minute.tag == "number":
        # "9 to 5" and "10 to 4" may also be ranges.
        in_digits = hour.is_digits and minute.is_digits and minute.value <= 12
        if in_digits or minute.value % 5:
            raise ValueError
    return 60 * _hour(values) - _minute(values)


def _minutes_less(values: Values) -> Minutes:
    return 60 * _hour(values) - _minute(values)


def _half_to(values: Values) -> Minutes:
    return 60 * _hour(values) - 30


def _before_half(values: Values) -> Minutes:
    return 60 * _hour(values) - 30 - _minute(values)


def _after_half(values: Values) -> Minutes:
    return 60 * _hour(values) - 30 + _minute(values)


def _quarter_of(values: Values) -> Minutes:
    return 60 * _hour(values) - 45


def _three_quarters_of(values: Values) -> Minutes:
    return 60 * _hour(values) - 15


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(" ", ""))


_FORMS: list[tuple[re.Pattern[str], Callable[[Values], Minutes | None]]] = [
    (_form("(?P<clock>c) [Ou]?"), _exact),
    (_form("(?P<minute>[nq]) m? (?P<to>T) (?P<hour>[nZz]) O?"), _before),
    (_form("(?P<minute>[nqh]) m? P (?P<hour>[nZz]) O?"), _after),
    (_form("(?P<minute>n) m? T H (?P<hour>n) O?"), _before_half),
    (_form("(?P<minute>n) m? P H (?P<hour>n) O?"), _after_half),
    (_form("H (?P<hour>n) O?"), _half_to),
    (_form("R (?P<hour>o)"), _half_to),
    (_form("(?P<minute>B) (?P<hour>n) O?"), _after),
    (_form("3 (?P<hour>n) O?"), _three_quarters_of),
    (_form("Q (?P<hour>n) O?"), _quarter_of),
    (_form("(?P<hour>[nZz]) O? & (?P<minute>[nqhr]) m?"), _after),
    (_form("(?P<hour>[nZz]) O? (?P<to>-) (?P<minute>[nq]) m?"), _minutes_less),
    (_form("(?P<hour>[nZz]) O? (?P<minute>[hqr])"), _after),
    (_form("(?P<hour>n) (?P<oclock>O) (?P<minute>n) [im]?"), _side_by_side),
    (_form("(?P<hour>n) (?P<minute>n)"), _side_by_side),
    (_form("(?P<hour>[Zz]) (?P<minute>n) m?"), _after),
    (_form("(?P<hour>n) O?"), _after),
    (_form("(?P<hour>[Zz])"), _after),
]


def _in_part(minutes: Minutes, parts: list[Symbol]) -> dt.time | None:
    """Return the time `minutes` in the given parts of the day, e.g. 15:00 for 3:00 in the
    afternoon.

    Return None if the time and a part contradict each other.
    """
    shifts = {_shifted(minutes, each) for each in parts}
    if len(shifts) > 1 or None in shifts:
        return None
    if shifts:
        found = shifts.pop()
        assert found is not None
        minutes = found
    if minutes == 24 * 60:
        return dt.time(0)
    if not 0 <= minutes < 24 * 60:
        return None
    return dt.time(*divmod(minutes, 60))


def _shifted(minutes: Minutes, part: Symbol) -> Minutes | None:
    hour = minutes // 60
    name = {"am": "am", "pm": "pm"}.get(part.tag, part.name)
    if name in ("am", "pm"):
        if not 0 < hour <= 12 and not (name == "pm" and 12 < hour < 24):
            return minutes if minutes // 60 == 0 and minutes > 0 and name == "am" else None
        if hour > 12:
            return minutes
        return minutes % (12 * 60) + (12 * 60 if name == "pm" else 0)
    return _in_named_part(minutes, hour, name)


_PARTS = {
    # For each part of the day, the hours on a clock face and the hours of the day that they mean.
    "m": {**{hour: hour for hour in range(1, 12)}, 12: 12},
    "k": {12: 0, **{hour: hour for hour in range(1, 7)}},
    "a": {12: 12, **{hour: hour + 12 for hour in range(1, 10)}},
    "e": {12: 0, **{hour: hour + 12 for hour in range(4, 12)}},
    "n": {
        12: 0,
        **{hour: hour for hour in range(1, 6)},
        **{hour: hour + 12 for hour in range(8, 12)},
    },
}
_RANGES = {"m": (0, 12), "k": (0, 6), "a": (12, 22), "e": (16, 24), "n": (18, 30)}


def _in_named_part(minutes: Minutes, hour: int, name: str) -> Minutes | None:
    if 1 <= hour <= 12:
        shifted = _PARTS[name].get(hour)
        return None if shifted is None else shifted * 60 + minutes % 60
    first, behind = _RANGES[name]
    return minutes if first <= hour < behind or first <= hour + 24 < behind else None


def _wait(code: str, symbols: list[Symbol]) -> Minutes | None:
    """Return the number of minutes from now; None if the words are not a duration."""
    match = _WAIT.fullmatch(code)
    if not match:
        return None
    fixed = {"x": 30, "y": 15, "w": 45, "v": 90, "W": 60}
    if match["fixed"]:
        times = symbols[0].value if match["times"] else 1
        # "Three quarters of an hour" has a number of quarters. The other words mean one quarter.
        return fixed[match["fixed"]] * times if times == 1 or match["fixed"] == "y" else None
    total = 0
    if match["clock"]:
        return symbols[match.start("clock")].value
    if match["hours"]:
        total += 60 * symbols[match.start("hours")].value
    if match["half"] or match["half2"] or match["half3"]:
        total += 30
    if match["minutes"]:
        total += symbols[match.start("minutes")].value
    return total or None


_WAIT = re.compile(
    r"(?P<times>n)?(?P<fixed>[xywvW])|(?P<clock>c)[uO]?"
    r"|(?:(?P<hours>n)(?:[&+](?P<half2>h))?[uO](?:[&+]?(?P<half3>h))?)?(?:[&+]?(?P<minutes>n)m)?|n?(?P<half>h)n?u"
)
