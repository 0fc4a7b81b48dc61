"""Reads the same phrases with other libraries, if they are installed.

`recognizers-text-suite` needs `emoji<2`, so it belongs into an environment of its own; this module
imports nothing of `bot`.
"""

import datetime as dt
import re
from importlib import import_module
from typing import Any

from tests.phrases.scoring import NOW, Reader

_BASE = NOW.replace(tzinfo=None)


def dateparser_reader(kind: str) -> Reader | None:
    """Reads dates and times with dateparser alone."""
    if kind not in ("dates", "times"):
        return None
    import dateparser

    def read(phrase: dict[str, Any]) -> Any:
        locale = phrase["language"]
        language = locale.partition("-")[0]
        found = dateparser.parse(
            phrase["text"],
            languages=list(dict.fromkeys((language, "en"))),
            region=locale.partition("-")[2] or None,
            settings={
                "RELATIVE_BASE": _BASE,
                "PREFER_DATES_FROM": phrase.get("direction", "future"),
                "RETURN_AS_TIMEZONE_AWARE": False,
            },
        )
        if found is None:
            return None
        return found.date().isoformat() if kind == "dates" else f"{found:%H:%M}"

    return read


_CULTURES = {
    "en": "en-us",
    "en-GB": "en-gb",
    "de": "de-de",
    "es": "es-es",
    "fr": "fr-fr",
    "it": "it-it",
    "pt": "pt-br",
    "nl": "nl-nl",
    "zh": "zh-cn",
    "ja": "ja-jp",
}


def recognizers_reader(kind: str) -> Reader | None:
    """Reads with Recognizers-Text: the first match in a text, in English for unknown cultures."""
    if kind in ("choices", "places"):
        return None
    # Imported by name, because there are no stubs and most environments lack the packages.
    choice = import_module("recognizers_choice")
    date_time = import_module("recognizers_date_time")
    number = import_module("recognizers_number")
    unit = import_module("recognizers_number_with_unit")

    def matches(phrase: dict[str, Any]) -> list[Any]:
        text, culture = phrase["text"], _CULTURES.get(phrase["language"], "en-us")
        try:
            if kind in ("dates", "times"):
                return list(date_time.recognize_datetime(text, culture, reference=_BASE))
            if kind == "yes_no":
                return list(choice.recognize_boolean(text, culture))
            if kind == "decimals":
                money = unit.recognize_currency(text, culture)
                return list(money or number.recognize_number(text, culture))
            return list(number.recognize_number(text, culture))
        except Exception:  # It fails in its own ways for cultures that it knows halfway.
            return []

    def read(phrase: dict[str, Any]) -> Any:
        found = matches(phrase)
        if len(found) != 1:
            return None
        resolution = found[0].resolution or {}
        if kind == "dates":
            return _day(resolution, phrase["direction"])
        if kind == "times":
            return _time(resolution)
        value = resolution.get("value")
        if kind == "yes_no" or value is None:
            return value
        if kind == "decimals":
            return value
        return int(value) if re.fullmatch(r"-?\d+", str(value)) else None

    return read


def _day(resolution: dict[str, Any], direction: str) -> str | None:
    values = [each for each in resolution.get("values", ()) if each.get("type") == "date"]
    days = sorted(
        each["value"] for each in values if re.fullmatch(r"\d{4}-\d\d-\d\d", each["value"])
    )
    today = _BASE.date().isoformat()
    if direction == "past":
        return next((day for day in reversed(days) if day <= today), None)
    return next((day for day in days if day >= today), None)


def _time(resolution: dict[str, Any]) -> str | None:
    for each in resolution.get("values", ()):
        if each.get("type") == "time":
            return str(each["value"])[:5]
        if each.get("type") == "datetime" and each.get("timex", "").startswith("20"):
            return dt.datetime.fromisoformat(each["value"]).strftime("%H:%M")
    return None
