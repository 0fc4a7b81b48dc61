"""Reads the number in a phrase, in digits or words.

A counted thing or a currency sign may follow the number.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from bot.parse.grammar.lexicon import Lexicon, Symbol, codes, readings
from bot.parse.grammar.tokens import MARK

LETTERS = {
    "number": "n", "ordinal": "o", "scale": "s", "counted": "c", "currency": "$", "minor": "m",
    "point": ".", "plus": "&", "half": "h", "quarter": "q", "three-quarters": "Q",
    "one-and-half": "v", "two-and-half": "w", "half-more": "H", "thousand": "k", "dozen": "Z",
    "exact": "E", "times-sign": "x", "article": "a", "the": "t", "hedge": "X", "unknown": "?",
    "sign": "!", "negative": "-", "rank": "r",
}  # fmt: skip

_FRACTIONS = {each: Decimal(str(unicodedata.numeric(each))) for each in "¼½¾⅛⅜⅝⅞⅕⅖⅗⅘"}
_NUMERAL = re.compile(
    r"(?P<sign>(?<![\w.,)])[-+\u2212\u2013]\s?)?(?:"
    rf"(?P<whole>\d*)\s?(?P<fraction>[{''.join(_FRACTIONS)}])"
    r"|(?:(?P<units>\d)\s)?(?P<over>\d)/(?P<under>[2458]|10)(?![\d/.,])"
    r"|(?P<digits>\d{1,3}(?:[ '\u2019\u00a0\u202f]\d{3})+(?![\d])(?:[.,\u066b]\d+)?"
    r"|\d[\d.,'\u2019\u066b\u066c]*\d|[.,]?\d+)(?:[.,:]-+(?!\w))?)"
)
# "1. Small" is a line of a list, so its number is not an amount.
_LINE = re.compile(rf"{MARK}\s?[.:)]\s*[^\W\d_]")
_HALF_MORE = re.compile(r"(?<=\w)einhalb\b")
_NO_NUMBER = "\u00a6"
"""The sign that replaces digits which are not a number. MARK replaces a number that is written in
digits.
"""

_PENCE = Decimal("0.01")


def amount_of(
    lexicon: Lexicon, text: str, from_digits: Callable[[str], Decimal | None]
) -> tuple[Decimal | None, bool, bool]:
    """Return the number in the text, whether the number is only a rank ("third"), and whether all
    words of the text are known.

    `text` must have only the digits 0 to 9, not digits of other scripts. `from_digits` reads digits
    with the locale's points and commas.
    """
    values: list[Decimal] = []

    def mark(match: re.Match[str]) -> str:
        value = _numeral(match, from_digits)
        if value is None:
            return f" {_NO_NUMBER} "
        values.append(-value if (match["sign"] or "+")[0] != "+" and value else value)
        return f" {MARK}"

    marked = _HALF_MORE.sub(" einhalb", _NUMERAL.sub(mark, text))
    if _LINE.search(marked):
        return None, False, True
    symbols = _with_values(lexicon.symbols(marked), values)
    known = all(one.tag != "unknown" for each in symbols for one in each)
    found: set[tuple[Decimal, bool]] = set()
    for reading in readings(symbols):
        kept = [each for each in reading if each.tag not in ("article", "the")]
        value = None if _has_glued_word(kept) else _read(codes(kept, LETTERS), kept)
        if value is not None:
            found.add((value, any(each.tag in ("ordinal", "rank") for each in kept)))
    if len(found) != 1:
        return None, False, known
    return *found.pop(), known


def _has_glued_word(symbols: list[Symbol]) -> bool:
    """Return whether a number is joined to an unknown word, as in "2morrow"."""
    return any(
        before.is_digits and each.tag == "unknown" and before.end == each.start
        for before, each in pairwise(symbols)
    )


def _numeral(match: re.Match[str], from_digits: Callable[[str], Decimal | None]) -> Decimal | None:
    if match["fraction"]:
        return Decimal(match["whole"] or 0) + _FRACTIONS[match["fraction"]]
    if match["under"]:
        return Decimal(match["units"] or 0) + Decimal(match["over"]) / Decimal(match["under"])
    return from_digits(match["digits"])


def _with_values(symbols: list[list[Symbol]], values: list[Decimal]) -> list[list[Symbol]]:
    """Return the symbols. In each symbol of a number, the attribute `name` has the exact value.

    `values` are the values of the numbers that are written in digits, in order.
    """
    waiting = iter(values)
    made: list[list[Symbol]] = []
    for each in symbols:
        if each[0].tag == "sign" and each[0].text == ".":
            continue
        if each[0].text == MARK:
            each = [replace(each[0], tag="number", name=str(next(waiting)), is_digits=True)]
        made.append(
            [replace(one, name=str(one.value)) if _is_in_words(one) else one for one in each]
        )
    return made


def _is_in_words(symbol: Symbol) -> bool:
    return symbol.tag in ("number", "ordinal") and not symbol.is_digits


def _read(code: str, symbols: list[Symbol]) -> Decimal | None:
    match = _FRAME.fullmatch(code)
    if not match:
        return None
    core = symbols[match.start("core") : match.end("core")]
    if match["tail"] and not (match["core"] == "n" and _counts_things(core[0])):
        return None
    for pattern, value_of in _FORMS:
        if pattern.fullmatch(match["core"]):
            value = value_of([_value(each) for each in core])
            return -value if match["negative"] and value is not None else value
    return None


_FRAME = re.compile(
    r"(?P<negative>-)?[$cx]?(?P<core>[^-$ctX?]+|n[$]&?n|[n]c&?[hq]|n[$]&?nm)[$cxm]*(?P<tail>\?[?c]?)?"
)


def _counts_things(symbol: Symbol) -> bool:
    """Return whether an unknown word may follow this number, as the name of the counted things.

    No unknown word may follow "one" and "no", because "one" and "no" are parts of many phrases.
    """
    return symbol.is_digits or symbol.value > 1


def _value(symbol: Symbol) -> Decimal:
    return Decimal(symbol.name) if symbol.tag in ("number", "ordinal") else Decimal(symbol.value)


def _point(values: list[Decimal]) -> Decimal | None:
    """Return the number in "two point two five". The decimals are single digits, or one number."""
    integer, *digits = values
    if len(digits) > 1 and any(each > 9 for each in digits):
        return None
    return Decimal(f"{int(integer)}.{''.join(str(int(each)) for each in digits)}")


def _with_pence(values: list[Decimal]) -> Decimal | None:
    """Return the number in "12 euros 50"."""
    integer, pence = values[0], values[-1]
    if pence >= 100 or pence != int(pence) or integer != int(integer):
        return None
    return integer + pence * _PENCE


Values = list[Decimal]
_FORMS: list[tuple[re.Pattern[str], Callable[[Values], Decimal | None]]] = [
    (re.compile(pattern), value_of)
    for pattern, value_of in (
        ("[no]|nr", lambda values: values[0]),
        ("n[k]", lambda values: values[0] * 1000),
        ("nm", lambda values: values[0] * _PENCE if values[0] < 100 else None),
        ("ns", lambda values: values[0] * values[1]),
        ("E", lambda values: values[0]),
        ("Z", lambda values: values[0]),
        ("nZ", lambda values: values[0] * values[1]),
        ("h", lambda values: Decimal("0.5")),
        ("nh", lambda values: Decimal("0.5") if values[0] == 1 else None),
        ("q", lambda values: Decimal("0.25")),
        ("Q", lambda values: Decimal("0.75")),
        ("nq", lambda values: values[0] / 4 if values[0] in (1, 2, 3) else None),
        ("v", lambda values: Decimal("1.5")),
        ("w", lambda values: Decimal("2.5")),
        ("n&?H|n&h|nc&?h", lambda values: values[0] + Decimal("0.5")),
        ("n&q|nc&q", lambda values: values[0] + Decimal("0.25")),
        ("n&Q", lambda values: values[0] + Decimal("0.75")),
        (r"n\.n+", lambda values: _point([values[0], *values[2:]])),
        (r"n\$&?n", _with_pence),
        (r"n\$&?nm", lambda values: _with_pence(values[:-1])),
    )
]
