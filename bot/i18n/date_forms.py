"""Dates and times in the forms that a text requests, written by the rules of a language."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from difflib import get_close_matches
from string import Formatter
from typing import Any, Literal

from bot.i18n.locales import locale_of, plain_signs

Form = Literal["full", "long", "medium", "short"]
FORMS: dict[str, Form] = {"full": "full", "long": "long", "medium": "medium", "short": "short"}
"""The forms of dates and times, by the names that texts use, as in `{day:full}`."""

_PYTHON = re.compile(
    r"(?:.?[<>=^])?[-+ ]?z?#?0?\d*[,_]?(?:\.\d+)?[,_]?[bcdeEfFgGnosxX%]?", re.DOTALL
)
"""The pattern of Python's formats for numbers and texts."""


def unknown_forms(text: str) -> Iterator[str]:
    """Yield an error for each unknown form of a date in a text, such as `{day:ful}`.

    Raises:
        ValueError: the braces of the text do not match.
    """
    for _, name, form, _ in Formatter().parse(text):
        # Nested braces in a format are replaced when the text is filled.
        if not name or not form or not form[0].isalpha() or "%" in form or "{" in form:
            continue
        if form not in FORMS and not _PYTHON.fullmatch(form):
            yield f"{{{name}:{form}}} has an {unknown(form)}"


def unknown(form: str) -> str:
    """Return the error for a form that does not exist."""
    near = get_close_matches(form.lower(), FORMS, n=1)
    meant = f" Did you mean {near[0]!r}?" if near else ""
    return (
        f"unknown format {form!r}.{meant} A date or time takes full, long, medium or short, or a"
        " format with %, such as %H:%M."
    )


class DateForms:
    """A date or time that a text can show in a form such as `{day:full}`, in the language `tag`.

    For a date with a time, the form applies to the date; the time always has hours and minutes.
    """

    def __init__(self, value: date | time, tag: str) -> None:
        self._value = value
        self._tag = tag

    def __getattr__(self, name: str) -> Any:
        return getattr(self._value, name)

    def __str__(self) -> str:
        return str(self._value)

    def __format__(self, form: str) -> str:
        known = FORMS.get(form)
        if known is None:
            if form and "%" not in form:
                # For a date, Python would write the format itself instead of the date.
                raise ValueError(unknown(form))
            return format(self._value, form)
        from babel.dates import format_date, format_time, get_datetime_format

        locale = locale_of(self._tag)
        match self._value:
            case datetime():
                # The time has no seconds and no zone name, because people do not need them.
                clock = format_time(self._value, "short", locale=locale)
                day = format_date(self._value, known, locale=locale)
                joint = str(get_datetime_format(known, locale=locale)).replace("'", "")
                return plain_signs(joint.replace("{0}", clock).replace("{1}", day))
            case date():
                return plain_signs(format_date(self._value, form, locale=locale))
            case _:
                return plain_signs(format_time(self._value, form, locale=locale))
