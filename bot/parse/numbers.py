"""Parsers of numbers, as people write them in the contact's locale."""

import decimal as exact
import re
from typing import TYPE_CHECKING

from bot.errors import FlowError
from bot.i18n.languages import _, ngettext
from bot.i18n.locales import language_of, locale_of, plain_signs
from bot.parse.answer import Answer, NotUnderstood, Parser
from bot.parse.grammar.amounts import amount_of
from bot.parse.grammar.languages import lexicon_of
from bot.parse.grammar.tokens import without_marks
from bot.parse.normalize import UNSEEN_IN_NUMBERS, as_written, plain_digits

if TYPE_CHECKING:
    from babel import Locale

Number = int | float | exact.Decimal

# A whole number of 18 digits fits into 64 bits, which other systems expect in JSON.
_MAX_DIGITS = 18
_LIMIT = re.compile(r"[<>\u2264\u2265~\u2248\u00b1]\s*[$\u00a3\u20ac]?\s*[^\W_]")
"""A sign for a limit or an inexact number: "<20", "~20"."""

_GROUPING = " '\u2019\u066c\u00a0\u202f"


def integer(min: int | None = None, max: int | None = None) -> Parser[int]:
    """Parse a whole number of at most 18 digits: "42", "1,234", "twenty-one", "3 people".

    `min` and `max` are the least and the greatest accepted number. Thousands may be grouped as in
    the locale, by spaces, or not at all. A number with decimals is not understood, even if all
    decimals are zeros: "1.000" has decimals in English, but means a thousand in German. Two numbers
    ("3 or 4"), ranges ("5-6"), limits ("10 max", "<10") and inexact numbers ("about 10", "a few")
    are not understood.
    """
    _check("integer", min, max)

    def read(answer: Answer) -> int:
        locale = locale_of(answer.locale)
        hint = _integer_hint(_bounds(min, max, locale))
        found = _read(answer, hint, ranks=True)
        if found.as_tuple().exponent != 0 or not _is_within(found, min, max):
            raise NotUnderstood(hint)
        return int(found)

    return Parser(int, read)


def decimal(
    min: Number | None = None, max: Number | None = None, *, places: int | None = None
) -> Parser[exact.Decimal]:
    """Parse an exact number: "1,234.5" in English, "1.234,5" in German, "$9.90", "two and a half".

    `min` and `max` are the least and the greatest accepted number. `places` is the maximum number
    of decimals, e.g. 2 for money. Decimal signs of another locale are accepted if the meaning is
    clear: Germans do not write "12.50", but this text has only one meaning. A text with two
    possible meanings, such as "1.500" in Swedish, is not understood. A unit beside the number is
    ignored, not converted. In JSON the value is a text.
    """
    _check("decimal", min, max)
    if places is not None and places < 0:
        raise FlowError(f"parse.decimal(places={places}): it takes 0 or more.")

    def read(answer: Answer) -> exact.Decimal:
        locale = locale_of(answer.locale)
        hint = _decimal_hint(_bounds(min, max, locale), places, locale)
        found = _read(answer, hint)
        if not _is_within(found, min, max):
            raise NotUnderstood(hint)
        exponent = found.as_tuple().exponent
        if places is not None and isinstance(exponent, int) and -exponent > places:
            raise NotUnderstood(hint)
        return found

    return Parser(exact.Decimal, read)


def _read(answer: Answer, hint: str, *, ranks: bool = False) -> exact.Decimal:
    """Return the number in the answer, with as many decimals as written.

    If `ranks` is False, a rank such as "the third" is not a number.

    Raises:
        NotUnderstood: the answer has no number. `hint` is the hint of the error.
    """
    written = as_written(answer, hint, longest=100).translate(UNSEEN_IN_NUMBERS)
    if _LIMIT.search(written):
        raise NotUnderstood(hint)
    text = plain_digits(without_marks(written))
    locale, language = locale_of(answer.locale), language_of(answer.locale)
    for each in dict.fromkeys((language, "en")):
        found, only_ranks, known = amount_of(
            lexicon_of(answer.locale if each == language else "en", each, "amounts"),
            text,
            lambda digits: _from_digits(digits, locale),
        )
        if found is not None and (ranks or not only_ranks):
            return found
        if known:
            break
    raise NotUnderstood(hint)


def _from_digits(digits: str, locale: "Locale") -> exact.Decimal | None:
    """Return the number in `digits`; None if `digits` is no number or may mean several numbers.

    `digits` may have points, commas and other separators. The locale's rules for separators are
    tried first. If `digits` breaks these rules, but can only mean one number, return this number.
    For example, "12.50" can only mean 12.5, but "1.500" may mean 1.5 or 1500.
    """
    if sum(each.isdecimal() for each in digits) > _MAX_DIGITS:
        return None
    found = _strict(digits, locale)
    if found is not None:
        return found
    match = _ONE_READING.fullmatch(digits)
    if not match:
        return None
    integer = re.sub(r"\D", "", match["grouped"] or match["whole"] or "0")
    return exact.Decimal(f"{integer}.{match['places'] or match['behind']}")


_ONE_READING = re.compile(
    # The text has both kinds of signs, or one sign that cannot group digits, because not three
    # digits follow it.
    r"(?P<grouped>\d{1,3}(?:(?P<group>[.,' \u2019])\d{3})(?:(?P=group)\d{3})*)"
    r"(?!(?P=group))[.,](?P<places>\d+)"
    r"|(?P<whole>\d*)[.,](?P<behind>\d{1,2}|\d{4,})"
)


def _strict(digits: str, locale: "Locale") -> exact.Decimal | None:
    from babel.numbers import (
        NumberFormatError,
        get_decimal_symbol,
        get_group_symbol,
        parse_decimal,
    )

    group, point = get_group_symbol(locale), get_decimal_symbol(locale)
    digits = digits.replace("\u066b", point)
    digits = "".join(group if each in _GROUPING else each for each in digits)
    # The library would accept any point as a decimal sign.
    if not all(each.isdecimal() or each in (group, point) for each in digits):
        return None
    try:
        return parse_decimal(digits, locale=locale, strict=True)
    except NumberFormatError:
        return None


def _check(name: str, min: Number | None, max: Number | None) -> None:
    if min is not None and max is not None and min > max:
        raise FlowError(
            f"parse.{name}(min={min}, max={max}) accepts no number, because min is above max."
        )


def _is_within(found: exact.Decimal, min: Number | None, max: Number | None) -> bool:
    return (min is None or found >= _exact(min)) and (max is None or found <= _exact(max))


def _exact(bound: Number) -> exact.Decimal:
    # The decimal digits of a float are used, not its binary value, so that a bound of 0.1 includes
    # "0.1".
    return exact.Decimal(str(bound))


def _bounds(min: Number | None, max: Number | None, locale: "Locale") -> dict[str, str]:
    bounds = {"min": min, "max": max}
    return {
        name: _shown(_exact(bound), locale) for name, bound in bounds.items() if bound is not None
    }


def _integer_hint(bounds: dict[str, str]) -> str:
    if len(bounds) == 2:
        return _("Please give a whole number between {min} and {max}.", **bounds)
    if "min" in bounds:
        return _("Please give a whole number of at least {min}.", **bounds)
    if "max" in bounds:
        return _("Please give a whole number of at most {max}.", **bounds)
    return _("Please give a whole number.")


def _decimal_hint(bounds: dict[str, str], places: int | None, locale: "Locale") -> str:
    if len(bounds) == 2:
        hint = _("Please give a number between {min} and {max}.", **bounds)
    elif "min" in bounds:
        hint = _("Please give a number of at least {min}.", **bounds)
    elif "max" in bounds:
        hint = _("Please give a number of at most {max}.", **bounds)
    else:
        example = _shown(exact.Decimal("1234.5"), locale)
        hint = _("Please give a number, such as {example}.", example=example)
    if places is None:
        return hint
    more = ngettext("At most {n} decimal.", "At most {n} decimals.", places)
    return f"{hint} {more}"


def _shown(number: exact.Decimal, locale: "Locale") -> str:
    from babel.numbers import format_decimal

    return plain_signs(format_decimal(number, locale=locale, decimal_quantization=False))
