"""Names of months and weekdays, and the words in written dates, from CLDR."""

import re
from typing import TYPE_CHECKING

from bot.parse.grammar.tokens import words

if TYPE_CHECKING:
    from babel import Locale

_PARTS_BEHIND = {
    "de": ("abend", "morgen", "mittag", "nachmittag", "vormittag", "nacht", "früh"),
    "nl": ("avond", "ochtend", "middag", "morgen"),
    "sv": ("kväll", "skväll", "morgon", "smorgon", "eftermiddag", "seftermiddag"),
    "da": ("aften", "morgen", "eftermiddag"),
    "nb": ("kveld", "skveld", "morgen", "ettermiddag"),
}
"""Parts of the day that form one word with a weekday, as in "Montagabend"."""

_ELIDING = ("ca", "fr", "it")
_QUOTED = re.compile(r"'([^']+)'|([^\x00-\x7f\s]+)")
_AROUND_MONTH = re.compile(
    r"(?:'([^']+)'|([^\x00-\x7f\s]*))MMMM?(?!M)(?:'([^']+)'|([^\x00-\x7f\s]*))"
)


def calendar_table(locale: "Locale") -> str:
    """Return a table of the locale's words in dates, with the names of months and weekdays."""
    lines: list[str] = []
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            lines += _lines("month", locale.months[context][width])
        for width in ("wide", "abbreviated", "short"):
            lines += _lines("weekday", locale.days[context].get(width, {}))
    for part in _PARTS_BEHIND.get(locale.language, ()):
        names = locale.days["format"]["wide"].items()
        lines += [f"weekday {number}: {_plain(name)}{part}" for number, name in names]
    if locale.language in _ELIDING:
        # In "Le 3 d'avril", the tokenizer joins the elided word and the month.
        lines += [f"month {number}: d'{name}" for number, name in _months(locale)]
    for pattern in locale.date_formats.values():
        lines += _pattern_lines(pattern.pattern, locale)
    for names in (locale.eras.get("abbreviated", {}), locale.eras.get("wide", {})):
        lines += [f"of: {_plain(name)}" for name in names.values()]
    return "\n".join(lines)


def clock_table(locale: "Locale") -> str:
    """Return a table with the locale's words for the halves of the day, such as a.m. and p.m."""
    lines = []
    for widths in locale.day_periods.values():
        for names in widths.values():
            lines += [f"{half}: {_plain(names[half])}" for half in ("am", "pm") if half in names]
    return "\n".join(lines)


def _pattern_lines(pattern: str, locale: "Locale") -> list[str]:
    """Return table lines for the words in a CLDR pattern, such as "de" in "d 'de' MMMM".

    If the pattern has text directly before or after the month, also return a line for each month's
    name with this text.
    """
    lines = []
    for quoted, bare in _QUOTED.findall(pattern):
        if any(each.isalpha() for each in quoted or bare):
            lines.append(f"of: {_plain(quoted or bare)}")
    if match := _AROUND_MONTH.search(pattern):
        before, behind = match[1] or match[2] or "", match[3] or match[4] or ""
        if before or behind:
            lines += [f"month {number}: {before}{name}{behind}" for number, name in _months(locale)]
    return lines


def _months(locale: "Locale") -> "list[tuple[int, str]]":
    return [(number, _plain(name)) for number, name in locale.months["format"]["wide"].items()]


def _plain(name: str) -> str:
    # A comma or a colon would end an entry of the table.
    return name.replace(",", " ").replace(":", " ")


def _lines(tag: str, names: "dict[int, str]") -> list[str]:
    # A single letter or a bare number is not a name.
    return [
        f"{tag} {number}: {_plain(name)}"
        for number, name in names.items()
        if len("".join(words(name))) > 1 or not name.isascii()
        if not name.isdecimal()
    ]
