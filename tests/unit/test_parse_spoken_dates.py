"""Days as people say them: relations, weekdays, short forms, names of days."""

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date, format_time
from babel.localedata import locale_identifiers

from bot import parse
from tests.support import parsing

NOW = datetime(2026, 3, 11, 10, tzinfo=ZoneInfo("Europe/Berlin"))
"""A Wednesday."""


def day(text: str, locale: str = "en", **options: Any) -> date | None:
    try:
        found: date = parsing.read(parse.date(**options), text, locale, "Europe/Berlin", now=NOW)
    except parse.NotUnderstood:
        return None
    return found


@pytest.mark.parametrize(
    ("text", "locale", "expected"),
    [
        ("three weeks from today", "en", "2026-04-01"),
        ("ten days from now", "en", "2026-03-21"),
        ("a month from today", "en", "2026-04-11"),
        ("three days from tomorrow", "en", "2026-03-15"),
        ("two weeks today", "en-GB", "2026-03-25"),
        ("Thursday week", "en-GB", "2026-03-19"),
        ("two weeks before tomorrow", "en", "2026-02-26"),
        ("the day after christmas", "en", "2026-12-26"),
        ("Montag in zwei Wochen", "de", "2026-03-30"),
        ("heute in 8 Tagen", "de", "2026-03-18"),
        ("idag om en vecka", "sv", "2026-03-18"),
        ("tre veckor från idag", "sv", "2026-04-01"),
        ("de hoy en ocho", "es", "2026-03-18"),
        ("aujourd'hui en huit", "fr", "2026-03-18"),
        ("mardi en quinze", "fr", "2026-03-31"),
    ],
)
def test_distance_from_a_day(text, locale, expected):
    assert day(text, locale) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("after Monday", "en"),
        ("the Tuesday after", "en"),
        ("4 days before", "en"),
        ("after May 5", "en"),
        ("après le 5 mai", "fr"),
        ("ab Montag", "de"),
        ("dès vendredi", "fr"),
        ("dans huit jours", "fr"),
        ("om åtta dagar", "sv"),
        ("sous huitaine", "fr"),
        ("nästa fredag", "sv"),
    ],
)
def test_relation_that_leaves_the_day_open_is_asked_again(text, locale):
    assert day(text, locale) is None


@pytest.mark.parametrize(
    ("text", "locale", "expected"),
    [
        ("Donerstag", "de", "2026-03-12"),
        ("am Donerstag den 12.3.", "de", "2026-03-12"),
        ("12 Dezmber 2026", "de", "2026-12-12"),
        ("wendesday", "en", "2026-03-18"),
        ("febuary 3rd", "en", "2027-02-03"),
        ("juebes", "es", "2026-03-12"),
        ("vendrdi", "fr", "2026-03-13"),
        ("onnsdag", "sv", "2026-03-18"),
    ],
)
def test_misspelled_weekdays_and_months(text, locale, expected):
    assert day(text, locale) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("hmm, thursday is better", "en"),
        ("ich kann am Donnerstag", "de"),
        ("Donnerstag hab ich Zeit", "de"),
        ("torsdag kan jag", "sv"),
        ("je peux jeudi", "fr"),
        ("el jueves puedo", "es"),
    ],
)
def test_day_on_which_the_contact_can(text, locale):
    assert day(text, locale) == date(2026, 3, 12)


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("monday is better than tuesday", "en"),
        ("Donnerstag kann ich nicht", "de"),
        ("jag kan inte på torsdag", "sv"),
        ("je peux pas jeudi", "fr"),
        ("el jueves no puedo", "es"),
    ],
)
def test_day_on_which_the_contact_cannot_is_asked_again(text, locale):
    assert day(text, locale) is None


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("thuesday", "en"),
        ("tosdag", "sv"),
        ("tirsdag", "sv"),
        ("fridag", "sv"),
        ("am Donerstag den 13.3.", "de"),
        ("not tusday", "en"),
        ("monday or tusday", "en"),
    ],
)
def test_misspelled_day_that_may_be_another_day_is_asked_again(text, locale):
    assert day(text, locale) is None


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("mondays", "en"),
        ("fridays", "en"),
        ("montags", "de"),
        ("Sonntage", "de"),
        ("los lunes", "es"),
        ("los sábados", "es"),
        ("måndagar", "sv"),
        ("mercredis", "fr"),
    ],
)
def test_weekday_of_every_week_is_asked_again(text, locale):
    assert day(text, locale) is None


@pytest.mark.parametrize(
    ("text", "locale", "expected"),
    [
        ("12 december 2026", "de", "2026-12-12"),
        ("12 february 2027", "sv", "2027-02-12"),
        ("12 march 2027", "fr", "2027-03-12"),
        ("december 12, 2026", "es", "2026-12-12"),
    ],
)
def test_english_date_with_a_year_in_another_language(text, locale, expected):
    assert day(text, locale) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("27 and 28 March", "en"),
        ("27/28 March", "en"),
        ("March 27 and 28", "en"),
        ("30 and 31 December", "en"),
        ("27. und 28. März", "de"),
        ("27 et 28 mars", "fr"),
        ("27 y 28 de marzo", "es"),
        ("27 i 28 marca", "pl"),
        ("27 и 28 марта", "ru"),
        ("27/28 mars", "sv"),
        ("heute und morgen", "de"),
        ("the 2nd one", "en"),
        ("nie", "pl"),
        ("lunes 16 o martes 17", "es"),
    ],
)
def test_two_days_are_asked_again(text, locale):
    assert day(text, locale, future=True) is None


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("Wednesday 17 March", "en"),
        ("Thursday 13 March 2026", "en"),
        ("Dienstag, 16. März", "de"),
        ("mardi 16 mars", "fr"),
        ("Tue 3/18", "en"),
        ("sábado 15", "es"),
    ],
)
def test_weekday_that_contradicts_the_date_is_asked_again(text, locale):
    assert day(text, locale) is None


@pytest.mark.parametrize(
    ("text", "locale", "expected"),
    [
        ("Fr", "de", "2026-03-13"),
        ("am 17.3.", "de", "2026-03-17"),
        ("Dienstag, der 17.3.", "de", "2026-03-17"),
        ("in einem Monat", "de", "2026-04-11"),
        ("Dienstag nächste Woche", "de", "2026-03-17"),
        ("morgen früh", "de", "2026-03-12"),
        ("Thurs", "en", "2026-03-12"),
        ("the first of May", "en", "2026-05-01"),
        ("the 3rd of next month", "en", "2026-04-03"),
        ("last friday in march", "en", "2026-03-27"),
        ("Let's say the 20th, thanks!", "en", "2026-03-20"),
        ("el primero de abril", "es", "2026-04-01"),
        ("el día 16", "es", "2026-03-16"),
        ("mar 17", "es", "2026-03-17"),
        ("mañana por la mañana", "es", "2026-03-12"),
        ("le premier mai", "fr", "2026-05-01"),
        ("premier lundi d'avril", "fr", "2026-04-06"),
        ("le treize", "fr", "2026-03-13"),
        ("el trece", "es", "2026-03-13"),
        ("Freitagabend", "de", "2026-03-13"),
        ("fredagkväll", "sv", "2026-03-13"),
        ("first of the month", "en", "2026-04-01"),
        ("tisdag 17/3", "sv", "2026-03-17"),
        ("17/3-26", "sv", "2026-03-17"),
        ("torsdag v. 12", "sv", "2026-03-19"),
        ("24 december", "sv", "2026-12-24"),
        ("tisdag den 17 mars", "sv", "2026-03-17"),
        ("27 dec 28", "sv", "2028-12-27"),
        ("27 dec 28", "hu", "2028-12-27"),
        ("15 ژانویه", "fa", "2027-01-15"),
        ("10月1日", "ja", "2026-10-01"),
        ("3月20日", "zh", "2026-03-20"),
        ("18 มี.ค. 2026", "th", "2026-03-18"),
        ("1 जन॰", "hi", "2027-01-01"),
    ],
)
def test_plain_ways_to_say_a_day(text, locale, expected):
    assert day(text, locale) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("text", "locale", "expected"),
    [
        ("28 feb 04", "sv", "2004-02-28"),
        ("15 maj 85", "sv", "1985-05-15"),
        ("850514", "sv", "1985-05-14"),
        ("14 May '85", "en", "1985-05-14"),
        ("i måndags", "sv", "2026-03-09"),
        ("il y a trois jours", "fr", "2026-03-08"),
        ("hace una semana", "es", "2026-03-04"),
        ("geboren am 5.1.1990", "de", "1990-01-05"),
    ],
)
def test_days_in_the_past(text, locale, expected):
    assert day(text, locale, past=True) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("name", "locale", "expected"),
    [
        ("Good Friday", "en", "2026-04-03"),
        ("Ostermontag", "de", "2026-04-06"),
        ("Christi Himmelfahrt", "de", "2026-05-14"),
        ("midsommarafton", "sv", "2026-06-19"),
        ("Nochevieja", "es", "2026-12-31"),
        ("lundi de Pentecôte", "fr", "2026-05-25"),
        ("Thanksgiving", "en", "2026-11-26"),
        ("vigilia di Natale", "it", "2026-12-24"),
    ],
)
def test_named_days(name, locale, expected):
    assert day(name, locale) == date.fromisoformat(expected)


def test_numeric_date_with_invisible_marks_between_its_numbers():
    assert day("11\u200f/7\u200f/2026", "ar") == date(2026, 7, 11)


LANGUAGES = sorted({name.partition("_")[0] for name in locale_identifiers()} - {"mic"})
"""All languages of CLDR except Mi'kmaq, because CLDR has no names of its months."""


@pytest.mark.parametrize("written", [date(2026, 3, 11), date(2026, 11, 25), date(2027, 5, 2)])
def test_long_date_of_a_hint_is_understood_in_every_language(written):
    refused = [
        language
        for language in LANGUAGES
        if day(format_date(written, "long", locale=language), language) != written
    ]

    assert refused == []


@pytest.mark.parametrize("at", [time(9, 5), time(15, 30), time(0, 0), time(12, 15)])
def test_short_time_is_read_back_as_itself_or_not_at_all(at):
    others = {}
    for language in LANGUAGES:
        text = format_time(at, "short", locale=language)
        try:
            found = parsing.read(parse.time(), text, language, now=NOW)
        except parse.NotUnderstood:
            continue
        if found != at:
            others[language] = (text, found)

    assert others == {}


@pytest.mark.parametrize("language", ["el", "ar", "ko", "ms", "zh-TW", "sv", "fr", "en"])
def test_short_time_is_understood(language):
    for at in (time(9, 5), time(15, 30), time(0, 0), time(12, 15)):
        text = format_time(at, "short", locale=language.replace("-", "_"))

        assert parsing.read(parse.time(), text, language, now=NOW) == at
