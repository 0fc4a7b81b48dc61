"""Times of day as people say them: clock words, parts of the day, distances."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot import parse
from tests.support import parsing

NOW = datetime(2026, 3, 11, 10, tzinfo=ZoneInfo("Europe/Berlin"))


def at(text: str, locale: str = "en") -> time | None:
    try:
        found: time = parsing.read(parse.time(), text, locale, "Europe/Berlin", now=NOW)
    except parse.NotUnderstood:
        return None
    return found


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("15 hrs", "en"),
        ("at 15 hrs", "en"),
        ("about 15h", "en"),
        ("15 hrs", "es"),
        ("15 hrs.", "es-MX"),
        ("15 hrs", "pt"),
        ("a 15h", "fr"),
        ("15 часов", "ru"),
        ("15 godz.", "pl"),
        ("15 Uhr", "de"),
        ("kl 15", "sv"),
    ],
)
def test_word_for_hours_names_an_hour_of_the_day(text, locale):
    assert at(text, locale) == time(15)


@pytest.mark.parametrize(
    ("text", "locale", "expected"),
    [
        ("twenty to nine", "en", "08:40"),
        ("half past four", "en", "04:30"),
        ("half nine in the evening", "en-GB", "21:30"),
        ("20 past 7 pm", "en", "19:20"),
        ("1430", "en", "14:30"),
        ("around 7pm", "en", "19:00"),
        ("seven in the evening", "en", "19:00"),
        ("this evening at 7", "en", "19:00"),
        ("Viertel vor elf", "de", "10:45"),
        ("fünf nach halb neun", "de", "08:35"),
        ("dreiviertel acht", "de", "07:45"),
        ("neun Uhr dreißig", "de", "09:30"),
        ("klockan nio", "sv", "09:00"),
        ("fem i halv tio", "sv", "09:25"),
        ("3 de la tarde", "es", "15:00"),
        ("doce de la noche", "es", "00:00"),
        ("las nueve menos cuarto", "es", "08:45"),
        ("diez para las nueve", "es", "08:50"),
        ("7h du soir", "fr", "19:00"),
        ("15h30min", "fr", "15:30"),
        ("minuit et demi", "fr", "00:30"),
        ("alle 9 e mezza", "it", "09:30"),
        ("half negen", "nl", "08:30"),
        ("午後3時半", "ja", "15:30"),
    ],
)
def test_clock_words(text, locale, expected):
    assert at(text, locale) == time.fromisoformat(expected)


@pytest.mark.parametrize(
    ("text", "locale", "expected"),
    [
        ("in half an hour", "en", "10:30"),
        ("in an hour and a half", "en", "11:30"),
        ("20 minutes from now", "en", "10:20"),
        ("in einer Viertelstunde", "de", "10:15"),
        ("om en och en halv timme", "sv", "11:30"),
        ("en media hora", "es", "10:30"),
        ("dans 1h30", "fr", "11:30"),
        ("now", "en", "10:00"),
    ],
)
def test_distance_from_now(text, locale, expected):
    assert at(text, locale) == time.fromisoformat(expected)


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("9 to 5", "en"),
        ("10 to 4", "en"),
        ("5 or 6 pm", "en"),
        ("after 5pm", "en"),
        ("by 5pm", "en"),
        ("9-10 Uhr", "de"),
        ("ab 9 Uhr", "de"),
        ("morgen um 9", "de"),
        ("nio eller tio", "sv"),
        ("de 5 a 6", "es"),
        ("mañana a las 5", "es"),
        ("entre 9h et 10h", "fr"),
        ("9 in the evening in the morning", "en"),
        ("25 Uhr", "de"),
        ("two and a half", "en"),
    ],
)
def test_no_single_time_is_asked_again(text, locale):
    assert at(text, locale) is None
