"""Numbers, written as the contact's locale writes them."""

import decimal as exact
from typing import TYPE_CHECKING

from bot.errors import FlowError
from bot.i18n.languages import _, ngettext
from bot.i18n.locales import locale_of
from bot.parse.answer import Answer, NotUnderstood, Parser
from bot.parse.normalize import plain_digits, said

if TYPE_CHECKING:
    from babel import Locale

Number = int | float | exact.Decimal

# Of 18 digits a whole number still fits the 64 bits that readers of JSON elsewhere expect.
_MAX_DIGITS = 18
_MINUS = ("-", "\u2212", "\u2013")
_GROUPING = " '\u2019\u066c"


def integer(min: int | None = None, max: int | None = None) -> Parser[int]:
    """A whole number of at most 18 digits, both bounds included.

    Thousands are grouped as the locale does it, with blanks, or not at all. A decimal sign is
    refused even before zeros: "1.000" is one in English, and a thousand to the next contact.
    """
    _check("whole", min, max)

    def read(answer: Answer) -> int:
        locale = locale_of(answer.locale)
        hint = _integer_hint(_bounds(min, max, locale))
        found = _number(said(answer, hint, longest=100), locale)
        if found is None or found.as_tuple().exponent != 0 or not _is_within(found, min, max):
            raise NotUnderstood(hint)
        return int(found)

    return Parser(int, read)


def decimal(
    min: Number | None = None, max: Number | None = None, *, places: int | None = None
) -> Parser[exact.Decimal]:
    """An exact number, both bounds included: "1.234,5" in German, "1,234.5" in English.

    `places` is how many decimals it may have: 2 for money, which also catches most numbers
    written in another locale's way. Any other use of decimal sign and grouping is refused, since
    reading "1.5" as fifteen is worse than asking again. JSON holds the value as text.
    """
    _check("decimal", min, max)
    if places is not None and places < 0:
        raise FlowError(f"parse.decimal(places={places}): it takes 0 or more.")

    def read(answer: Answer) -> exact.Decimal:
        locale = locale_of(answer.locale)
        hint = _decimal_hint(_bounds(min, max, locale), places, locale)
        found = _number(said(answer, hint, longest=100), locale)
        if found is None or not _is_within(found, min, max):
            raise NotUnderstood(hint)
        exponent = found.as_tuple().exponent
        if places is not None and isinstance(exponent, int) and -exponent > places:
            raise NotUnderstood(hint)
        return found

    return Parser(exact.Decimal, read)


def _number(text: str, locale: "Locale") -> exact.Decimal | None:
    """The number that `text` is, with as many decimals as written; None where it is none."""
    from babel.numbers import (
        NumberFormatError,
        get_decimal_symbol,
        get_group_symbol,
        parse_decimal,
    )

    group, point = get_group_symbol(locale), get_decimal_symbol(locale)
    digits = plain_digits(text).rstrip(".,;!?")
    negative = digits[:1] in _MINUS
    if negative or digits[:1] == "+":
        digits = digits[1:]
    digits = digits.strip().replace("\u066b", point)
    digits = "".join(group if each in _GROUPING else each for each in digits)
    # The library takes all that Python does: "1e5", "nan", "1_000".
    count = sum(each.isdecimal() for each in digits)
    if not 0 < count <= _MAX_DIGITS or count + digits.count(group) + digits.count(point) != len(
        digits
    ):
        return None
    try:
        found = parse_decimal(digits, locale=locale, strict=True)
    except NumberFormatError:
        return None
    return -found if negative and found else found


def _check(name: str, min: Number | None, max: Number | None) -> None:
    if min is not None and max is not None and min > max:
        raise FlowError(f"parse.{name}(min={min}, max={max}) takes no number at all.")


def _is_within(found: exact.Decimal, min: Number | None, max: Number | None) -> bool:
    return (min is None or found >= _exact(min)) and (max is None or found <= _exact(max))


def _exact(bound: Number) -> exact.Decimal:
    # A float's own digits, not those of its binary neighbour: 0.1 is to include "0.1".
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

    return str(format_decimal(number, locale=locale, decimal_quantization=False))
