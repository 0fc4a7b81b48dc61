"""Times of day as people say them: clock words, parts of the day, distances."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot import parse
from bot.parse.grammar.languages import KNOWN
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


@pytest.mark.parametrize("locale", sorted(KNOWN | {"en-GB", "es-MX", "ro", "th", "zh-Hant"}))
def test_number_alone_is_an_hour_in_every_language(locale):
    assert at("11", locale) == time(11)
    assert at("0", locale) == time(0)
    assert at("07.", locale) == time(7)
    assert at("23 👍", locale) == time(23)
    assert at("25", locale) is None


@pytest.mark.parametrize(
    ("text", "locale", "expected"),
    [
        ("eleven", "en", "11:00"),
        ("5, thanks", "en", "05:00"),
        ("elf bitte", "de", "11:00"),
        ("eins", "de", "01:00"),
        ("elva", "sv", "11:00"),
        ("once", "es", "11:00"),
        ("onze", "fr", "11:00"),
        ("\u0661\u0661", "ar", "11:00"),
        ("十一", "ja", "11:00"),
    ],
)
def test_number_in_words_is_an_hour(text, locale, expected):
    assert at(text, locale) == time.fromisoformat(expected)


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        *(("the 11", "en"), ("der 11.", "de"), ("den 11", "sv"), ("el 11", "es"), ("le 11", "fr")),
        *(("nobody", "en"), ("keiner", "de"), ("ingen", "sv"), ("personne", "fr")),
        *(("zu zweit", "de"), ("båda två", "sv"), ("一人", "ja"), ("7 people", "en")),
        *(("11%", "en"), ("$11", "en"), ("11.5", "en"), ("-3", "en"), ("3/4", "en"), ("3-4", "en")),
        *(("11 30", "en"), ("11\n30", "en"), ("11th", "en"), ("#11", "en"), ("111", "en")),
    ],
)
def test_number_that_is_no_hour_is_asked_again(text, locale):
    assert at(text, locale) is None


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


@pytest.mark.parametrize(
    ("text", "locale", "expected"),
    [
        ("7 30 pm", "en", "19:30"),
        ("kl 15 30", "sv", "15:30"),
        ("kl 15 00", "sv", "15:00"),
        ("15 30 Uhr", "de", "15:30"),
        ("8ish", "en", "08:00"),
        ("8-ish", "en", "08:00"),
        ("8 or so", "en", "08:00"),
        ("vid 19-tiden", "sv", "19:00"),
        ("8 más o menos", "es", "08:00"),
    ],
)
def test_hour_and_minutes_side_by_side_and_inexact_times(text, locale, expected):
    assert at(text, locale) == time.fromisoformat(expected)


@pytest.mark.parametrize(
    "text", ["10 11 pm", "at 7 15", "at 10 5", "10 60 pm", "at 25 30", "at 3 30 45"]
)
def test_two_numbers_that_may_be_two_hours_are_asked_again(text):
    assert at(text) is None
