"""Dates and times as a language writes them, in the forms that a text may ask for."""

from datetime import date, datetime, time
from typing import Any

from bot.i18n.locales import locale_of, plain_signs

FORMS = ("full", "long", "medium", "short")
"""How long a date or time is written."""


class DateForms:
    """A date or time that a text may ask for in a form of the language `tag`: `{day:full}`."""

    def __init__(self, value: date | time, tag: str) -> None:
        self._value = value
        self._tag = tag

    def __getattr__(self, name: str) -> Any:
        return getattr(self._value, name)

    def __str__(self) -> str:
        return str(self._value)

    def __format__(self, form: str) -> str:
        if form not in FORMS:
            return format(self._value, form)
        from babel.dates import format_date, format_datetime, format_time

        locale = locale_of(self._tag)
        match self._value:
            case datetime():
                return plain_signs(format_datetime(self._value, form, locale=locale))
            case date():
                return plain_signs(format_date(self._value, form, locale=locale))
            case _:
                return plain_signs(format_time(self._value, form, locale=locale))
