"""Dates and times of day."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import parse
from bot.errors import FlowError
from tests.support.parsing import NOW, hint, read

TODAY = NOW.date()


@pytest.mark.parametrize(
    ("text", "locale", "day"),
    [
        ("today", "en", "2024-05-15"),
        ("Tomorrow!", "en", "2024-05-16"),
        ("the day after tomorrow", "en", "2024-05-17"),
        ("yesterday", "en", "2024-05-14"),
        ("in 3 days", "en", "2024-05-18"),
        ("3 days", "en", "2024-05-18"),
        ("in two weeks", "en", "2024-05-29"),
        ("friday", "en", "2024-05-17"),
        ("Fri", "en", "2024-05-17"),
        ("next tuesday", "en", "2024-05-21"),
        ("this coming Friday", "en", "2024-05-17"),
        ("on friday", "en", "2024-05-17"),
        ("wednesday", "en", "2024-05-22"),
        ("morgen", "de", "2024-05-16"),
        ("nächsten Dienstag", "de", "2024-05-21"),
        ("am Freitag", "de-AT", "2024-05-17"),
        ("in zwei Wochen", "de", "2024-05-29"),
        ("i övermorgon", "sv", "2024-05-17"),
        ("nästa tisdag", "sv", "2024-05-21"),
        ("om 3 dagar", "sv", "2024-05-18"),
        ("demain", "fr", "2024-05-16"),
        ("mardi prochain", "fr", "2024-05-21"),
        ("pasado mañana", "es", "2024-05-17"),
        ("el próximo viernes", "es", "2024-05-17"),
        ("dopodomani", "it", "2024-05-17"),
        ("volgende dinsdag", "nl", "2024-05-21"),
        ("próxima sexta", "pt", "2024-05-17"),
        ("następny piątek", "pl", "2024-05-17"),
        ("ensi perjantaina", "fi", "2024-05-17"),
        ("neste tirsdag", "no", "2024-05-21"),
        ("в пятницу", "ru", "2024-05-17"),
        ("tomorrow", "sv", "2024-05-16"),
        ("tomorrow", "xx", "2024-05-16"),
    ],
)
def test_counts_relative_words_from_the_answers_now(text, locale, day):
    assert read(parse.date(), text, locale) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("text", "locale", "day"),
    [
        ("3 May 2026", "en", "2026-05-03"),
        ("May 3rd, 2026.", "en", "2026-05-03"),
        ("15 may", "en", "2024-05-15"),
        ("14 may", "en", "2025-05-14"),
        ("29 feb", "en", "2028-02-29"),
        ("3 may 85", "en", "1985-05-03"),
        ("3 may 30", "en", "2030-05-03"),
        ("14 may 24", "en", "2024-05-14"),
        ("3. Mai", "de", "2025-05-03"),
        ("den 3 maj", "sv", "2025-05-03"),
        ("le 1er mai 2025", "fr", "2025-05-01"),
        ("el 3 de mayo de 2025", "es", "2025-05-03"),
        ("5月3日", "ja", "2025-05-03"),
        ("٣ مايو", "ar", "2025-05-03"),
    ],
)
def test_reads_dates_in_words(text, locale, day):
    assert read(parse.date(), text, locale) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("text", "locale", "day"),
    [
        ("3/4/2025", "en", "2025-03-04"),
        ("3/4/2025", "en-US", "2025-03-04"),
        ("3/4/2025", "en-GB", "2025-04-03"),
        ("3.4.2025", "de", "2025-04-03"),
        ("03.04.25", "de", "2025-04-03"),
        ("3-4-2025", "nl", "2025-04-03"),
        ("3 4 2025", "fr", "2025-04-03"),
        ("3/4", "en", "2025-03-04"),
        ("3/4", "sv", "2025-04-03"),
        ("3/6", "sv", "2024-06-03"),
        ("3/4 2025", "sv", "2025-04-03"),
        ("25-04-03", "sv", "2025-04-03"),
        ("3.6.", "de", "2024-06-03"),
        ("2025. 05. 03.", "hu", "2025-05-03"),
        ("2025-03-04", "de", "2025-03-04"),
        ("2025/3/4", "en", "2025-03-04"),
        ("31/12/2025", "en", "2025-12-31"),
        ("12/31/2025", "en-GB", "2025-12-31"),
        ("3/4/85", "en-GB", "1985-04-03"),
        ("3/4/30", "en-GB", "2030-04-03"),
        ("29/2", "en-GB", "2028-02-29"),
    ],
)
def test_the_locale_decides_between_day_and_month(text, locale, day):
    assert read(parse.date(), text, locale) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "a",
            "A",
            "sec",
            "min",
            "5",
            "15",
            "2025",
            "20250403",
            "a/a",
            "1 a",
        ),
        *("may", "next week", "this week", "a week", "next month", "2 months", "q1 2025", "mar"),
        *("now", "noon", "17:00", "5pm", "in 2 hours", "tomorrow at 5pm"),
        *("tomorrow at 5", "tomorrow 99", "5 tomorrow", "tomorrow or friday", "3-4 may", "3-4"),
        *(
            "1 2",
            "1 2 3",
            "1,5",
            "30 feb",
            "30/2",
            "30/2/2025",
            "13/13/2025",
            "0/1/2025",
            "29/2/2025",
        ),
        *("12/12/12/12", "1/1/1", "1/1/0001", "0000-00-00", "123/4/2025", "friday the 13th"),
        *("next friday", "fridays", "the week after next", "after friday", "not friday"),
        *("hello", "yes", "t", "z", "utc", "5pm EST", "1700000000", "∞"),
    ],
)
def test_refuses_what_names_no_single_day(text):
    assert hint(parse.date(), text) == "Please give a date, such as May 15, 2024."


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("friday", "2024-05-10"),
        ("15 may", "2024-05-15"),
        ("16 may", "2023-05-16"),
        ("6/1", "2023-06-01"),
        ("3 days ago", "2024-05-12"),
        ("3/4/85", "1985-03-04"),
        ("3/4/30", "1930-03-04"),
        ("3 may 30", "1930-05-03"),
    ],
)
def test_what_is_left_open_lies_behind_where_the_past_is_asked_for(text, day):
    assert read(parse.date(past=True), text) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("parser", "taken", "refused", "says"),
    [
        (
            parse.date(future=True),
            "today",
            "yesterday",
            "Please give a date, May 15, 2024 or later.",
        ),
        (
            parse.date(past=True),
            "today",
            "tomorrow",
            "Please give a date, May 15, 2024 or earlier.",
        ),
        (
            parse.date(min=timedelta(days=1), max=date(2024, 6, 1)),
            "1 June",
            "today",
            "Please give a date from May 16, 2024 to June 1, 2024.",
        ),
        (
            parse.date(future=True, min=date(2020, 1, 1), max=timedelta(weeks=1)),
            "in 7 days",
            "in 8 days",
            "Please give a date from May 15, 2024 to May 22, 2024.",
        ),
    ],
)
def test_bounds_are_included_and_named(parser, taken, refused, says):
    assert read(parser, taken)
    assert hint(parser, refused) == says


def test_hints_are_in_the_form_of_the_contacts_locale():
    assert hint(parse.date(), "?", "de") == "Please give a date, such as 15. Mai 2024."


@pytest.mark.parametrize(
    "make",
    [
        lambda: parse.date(future=True, past=True),
        lambda: parse.date(min=date(2024, 2, 1), max=date(2024, 1, 1)),
        lambda: parse.date(min=timedelta(2), max=timedelta(1)),
    ],
)
def test_refuses_bounds_that_leave_nothing(make):
    with pytest.raises(FlowError, match=r"parse\.date"):
        make()


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", 15), ("Asia/Tokyo", 16), ("America/Los_Angeles", 15)]
)
def test_today_is_that_of_the_contacts_zone(zone, day):
    evening = datetime(2024, 5, 15, 20, tzinfo=UTC)

    assert read(parse.date(), "today", zone=zone, now=evening) == date(2024, 5, day)


@given(
    day=st.dates(date(1990, 1, 1), date(2060, 12, 31)),
    locale=st.sampled_from(["en", "en-GB", "de", "fr", "es", "it", "sv", "nl", "da", "fi", "pl"]),
    form=st.sampled_from(["long", "medium", "short"]),
)
@settings(deadline=None, max_examples=60)
def test_reads_each_date_as_the_locale_writes_it(day, locale, form):
    written = format_date(day, form, locale=locale.replace("-", "_"))

    assert read(parse.date(), written, locale) == day


@pytest.mark.parametrize(
    ("text", "locale", "at"),
    [
        ("15:30", "en", "15:30"),
        ("3:30 pm", "en", "15:30"),
        ("3.30 p.m.", "en", "15:30"),
        ("3pm", "en", "15:00"),
        ("at 12 AM", "en", "00:00"),
        ("12pm", "en", "12:00"),
        ("noon", "en", "12:00"),
        ("Midnight.", "en", "00:00"),
        ("15:30:45", "en", "15:30"),
        ("15.30", "de", "15:30"),
        ("15 Uhr", "de", "15:00"),
        ("um 15.30 Uhr", "de", "15:30"),
        ("Mittag", "de", "12:00"),
        ("kl. 15", "sv", "15:00"),
        ("15h", "fr", "15:00"),
        ("à 15h30", "fr", "15:30"),
        ("15 heures", "fr", "15:00"),
        ("minuit", "fr", "00:00"),
        ("ore 15", "it", "15:00"),
        ("15.30 uur", "nl", "15:30"),
        ("15h30", "pt", "15:30"),
        ("klo 7.05", "fi", "07:05"),
        ("\u0661\u0665:\u0663\u0660", "ar", "15:30"),
        ("now", "en", "12:30"),
        ("in 2 hours", "en", "14:30"),
        ("in 30 minutes", "en", "13:00"),
        ("in 2 Stunden", "de", "14:30"),
        ("om 2 timmar", "sv", "14:30"),
        ("in 13 hours", "en", "01:30"),
    ],
)
def test_reads_times_of_day(text, locale, at):
    assert read(parse.time(), text, locale) == time.fromisoformat(at)


@pytest.mark.parametrize(
    "text",
    [
        *("", "a", "sec", "24.5", "530", "24:01", "25:00", "15:60", "13am", "0 am", "am", "h"),
        *("tomorrow", "tomorrow 5pm", "today 5pm", "friday 15:00", "15-16", "3pm-4pm", "5:5"),
        *("2 hours ago", "in 24 hours", "in 2 days", "9 to 5", "after 3", "5pm EST", "17:00Z"),
    ],
)
def test_refuses_what_is_no_time_of_day(text):
    assert hint(parse.time(), text) == "Please give a time of day, such as 15:30."


def test_counts_hours_from_now_in_the_contacts_zone_and_over_its_changes():
    before_summer_time = datetime(2024, 3, 31, 1, 30, tzinfo=ZoneInfo("Europe/Stockholm"))

    at = read(parse.time(), "in 2 hours", zone="Europe/Stockholm", now=before_summer_time)

    assert at == time(4, 30)


@pytest.mark.parametrize(
    ("parser", "taken", "refused", "says"),
    [
        (
            parse.time(min=time(9), max=time(17, 30)),
            ["9:00", "17:30", "9"],
            ["8:59", "17:31", "5"],
            "Please give a time of day from 09:00 to 17:30.",
        ),
        (
            parse.time(min=time(22), max=time(6)),
            ["22:00", "0:00", "6:00"],
            ["21:59", "6:01"],
            "Please give a time of day from 22:00 to 06:00.",
        ),
        (
            parse.time(min=time(9)),
            ["9:00"],
            ["0:00"],
            "Please give a time of day, 09:00 or later.",
        ),
        (
            parse.time(max=time(0)),
            ["0:00"],
            ["0:01"],
            "Please give a time of day, 00:00 or earlier.",
        ),
    ],
)
def test_bounds_of_times_are_included_and_may_span_midnight(parser, taken, refused, says):
    assert all(read(parser, text) is not None for text in taken)
    assert {hint(parser, text) for text in refused} == {says}


@given(at=st.times(), locale=st.sampled_from(["en", "de", "sv", "fr"]))
@settings(deadline=None, max_examples=40)
def test_reads_each_time_by_the_24_hours_clock(at, locale):
    assert read(parse.time(), f"{at:%H:%M}", locale) == at.replace(second=0, microsecond=0)
