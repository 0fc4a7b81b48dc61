"""Opening hours as data."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot import FlowError, Hours

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Hours(
    "Mon-Fri 08:00-12:00,13:30-18:00; Sat 10:00-14:00",
    closed=[date(2026, 12, 24), date(2026, 12, 25)],
    zone="Europe/Berlin",
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("when", "is_open"),
    [
        ("2026-01-05 07:59:59", False),
        ("2026-01-05 08:00", True),
        ("2026-01-05 11:59:59", True),
        ("2026-01-05 12:00", False),
        ("2026-01-05 13:30", True),
        ("2026-01-05 18:00", False),
        ("2026-01-10 09:00", False),
        ("2026-01-10 13:00", True),
        ("2026-01-11 11:00", False),
        ("2026-12-24 11:00", False),
        ("2026-12-28 11:00", True),
    ],
)
def test_is_open_within_the_times_of_a_day(when, is_open):
    assert OFFICE.open_at(at(when)) is is_open
    assert OFFICE.open_at(at(when).astimezone(UTC)) is is_open


@pytest.mark.parametrize(
    ("when", "opens"),
    [
        ("2026-01-05 07:00", "2026-01-05 08:00"),
        ("2026-01-05 12:30", "2026-01-05 13:30"),
        ("2026-01-05 19:00", "2026-01-06 08:00"),
        ("2026-01-10 15:00", "2026-01-12 08:00"),
        ("2026-12-23 18:00", "2026-12-26 10:00"),
        ("2026-01-05 09:15", "2026-01-05 09:15"),
    ],
)
def test_opens_next(when, opens):
    found = OFFICE.next_opening(at(when))
    assert found == at(opens)
    assert found.tzinfo == BERLIN


def test_opening_crosses_midnight():
    bar = Hours("Fri,Sat 22:00-02:00", closed=[date(2026, 1, 10)], zone="Europe/Berlin")
    assert bar.open_at(at("2026-01-09 23:00"))
    assert bar.open_at(at("2026-01-10 01:59"))  # It began on Friday, which isn't closed.
    assert not bar.open_at(at("2026-01-10 02:00"))
    assert not bar.open_at(at("2026-01-10 23:00"))
    assert not bar.open_at(at("2026-01-11 01:00"))
    assert bar.next_opening(at("2026-01-10 12:00")) == at("2026-01-16 22:00")


def test_clock_goes_forward():
    early = Hours("Sun 02:30-04:00", zone="Europe/Berlin")
    assert early.next_opening(at("2026-03-28 12:00")).isoformat() == "2026-03-29T03:00:00+02:00"
    skipped = Hours("Sun 02:10-02:50", zone="Europe/Berlin")
    assert skipped.next_opening(at("2026-03-28 12:00")) == at("2026-04-05 02:10")
    night = Hours("Sat 22:00-02:30", zone="Europe/Berlin")
    assert night.open_at(datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC))
    assert not night.open_at(datetime(2026, 3, 29, 1, 0, tzinfo=UTC))


def test_clock_goes_back():
    night = Hours("Sun 02:30-02:45", zone="Europe/Berlin")
    first, second = (datetime(2026, 10, 25, hour, 35, tzinfo=UTC) for hour in (0, 1))
    assert night.open_at(first)
    assert night.open_at(second)
    assert not night.open_at(datetime(2026, 10, 25, 1, 45, tzinfo=UTC))
    assert not night.open_at(datetime(2026, 10, 25, 0, 29, tzinfo=UTC))
    assert night.next_opening(datetime(2026, 10, 24, tzinfo=UTC)).fold == 0


def test_special_dates_have_other_times():
    found = Hours(
        "Mon-Fri 08:00-18:00",
        zone="Europe/Berlin",
        closed=[date(2026, 12, 25)],
        special={date(2026, 12, 24): "08:00-10:00, 11:00-12:00", date(2026, 12, 27): "23:00-01:00"},
    )

    def at(day, hour, minute=0):
        return datetime(2026, 12, day, hour, minute, tzinfo=ZoneInfo("Europe/Berlin"))

    assert found.open_at(at(24, 9))
    assert not found.open_at(at(24, 10, 30))
    assert found.next_opening(at(24, 10, 30)) == at(24, 11)
    assert found.next_opening(at(24, 12)) == at(27, 23), "25 is closed, 26 a Saturday"
    assert found.open_at(at(28, 0, 30))
    assert found.next_opening(at(28, 1)) == at(28, 8)


@pytest.mark.parametrize(
    ("special", "error"),
    [
        (
            {date(2026, 12, 24): "8-12"},
            "'8-12' is not a range of times. Write it like 08:00-12:00.",
        ),
        ({date(2026, 12, 24): "closed"}, "'closed' is not a range of times."),
        ({date(2026, 12, 24): "08:00-10:00,09:00-11:00"}, "times on 2026-12-24 overlap."),
        ({date(2026, 12, 25): "08:00-10:00"}, "2026-12-25 is in closed and in special."),
        ({"2026-12-24": "08:00-10:00"}, "special has '2026-12-24', which is not a date"),
    ],
)
def test_bad_special_dates_name_what_is_wrong(special, error):
    with pytest.raises(FlowError) as raised:
        Hours("Mon 08:00-09:00", zone="UTC", closed=[date(2026, 12, 25)], special=special)
    assert error in str(raised.value)


@pytest.mark.parametrize("hour", [0, 5, 12, 23])
def test_every_day_without_names_of_days(hour):
    always = Hours("00:00-24:00", zone="Asia/Kolkata")
    assert always.open_at(datetime(2026, 3, 29, hour, tzinfo=UTC))


def test_ranges_of_days_go_over_the_week_s_end():
    found = Hours("Sat-Mon 10:00-11:00", zone="UTC")
    days = [found.open_at(datetime(2026, 1, day, 10, tzinfo=UTC)) for day in range(5, 12)]
    assert days == [True, False, False, False, False, True, True]


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        ("", "there are no opening times. Write days and times, such as Mon-Fri 08:00-18:00."),
        ("Mon-Fry 08:00-12:00", "'Mon-Fry' is not a day. Write a day: Mon, Tue, Wed,"),
        ("Mo-Fr 08:00-12:00", "'Mo-Fr' is not a day."),
        (
            "Mon\u2013Fri 08:00-12:00",
            "it has the dash '\u2013'. Write a hyphen: 'Mon-Fri 08:00-12:00'.",
        ),
        (
            "Mon-Fri 08:00\u201412:00",
            "it has the dash '\u2014'. Write a hyphen: 'Mon-Fri 08:00-12:00'.",
        ),
        ("Mon-Fri 8-12", "'8-12' is not a range of times. Write it like 08:00-12:00."),
        (
            "Mon-Fri 08:00-25:00",
            "'08:00-25:00' is not a range of times. Write it like 08:00-12:00. The latest time is"
            " 24:00.",
        ),
        ("Mon 08:61-12:00", "'08:61-12:00' is not a range of times."),
        ("Mon-Fri", "'Mon-Fri' has no times."),
        ("Mon 08:00-08:00", "'08:00-08:00' is an empty range. A whole day is 00:00-24:00."),
        ("Mon 08:00-12:00,11:00-13:00", "times on Monday overlap. Combine them into one range."),
        ("Mon-Fri 08:00-12:00; Mon 10:00-11:00", "times on Monday overlap."),
        ("Sun 22:00-04:00; Mon 03:00-05:00", "times on Sunday and Monday overlap."),
    ],
)
def test_bad_hours_name_what_is_wrong_and_the_way_out(spec, error):
    with pytest.raises(FlowError) as raised:
        Hours(spec, zone="Europe/Berlin")
    assert str(raised.value).startswith(f"Hours({spec!r}): ")
    assert error in str(raised.value)


def test_bad_zones_dates_and_instants():
    with pytest.raises(
        FlowError, match=r"Hours\('Mon 08:00-09:00'\): The time zone 'Berlin' isn't"
    ):
        Hours("Mon 08:00-09:00", zone="Berlin")
    with pytest.raises(FlowError, match="closed has '2026-12-24', which is not a date"):
        Hours("Mon 08:00-09:00", zone="UTC", closed=["2026-12-24"])  # type: ignore[list-item]
    with pytest.raises(FlowError, match="2026-01-05 00:00:00 has no time zone"):
        OFFICE.open_at(datetime(2026, 1, 5))  # noqa: DTZ001
