"""Opening hours as data: whether a business is open, and when the business opens next.

An opening that crosses midnight belongs to the day on which the opening begins. The clock change in
spring skips local times: a skipped time counts as the moment after the gap. The clock change in
autumn repeats local times: an opening begins at the first of two equal times, and ends at the
second of two equal times.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from bot.errors import FlowError
from bot.parse.time_zones import require_zone

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_MINUTES = 24 * 60
_WEEK_MINUTES = 7 * _DAY_MINUTES
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_DASH = re.compile("[\u2010-\u2015\u2212]")
"""Characters that look like a hyphen."""

_GROUP = re.compile(r"(?P<days>[^\d]*?)\s*(?P<times>\d.*)", re.DOTALL)

Span = tuple[int, int]
"""Start and end in minutes since midnight. An end above 1440 is on the next day."""


class Hours:
    """Opening hours: `Hours("Mon-Fri 08:00-12:00,13:30-18:00; Sat 10:00-14:00", zone=…)`.

    Days are `Mon`, `Mon-Fri` or `Mon,Wed`; without days, the times apply to every day. `24:00` is
    the end of a day; `22:00-02:00` ends on the next day. No opening begins on the dates in
    `closed`. `special` has the dates with other times: `{date(2026, 12, 24): "08:00-12:00"}`.
    `zone` is the IANA name of the time zone.

    Raises:
        FlowError: a part cannot be read, two openings overlap, a date is both closed and special,
            or the zone is unknown.
    """

    def __init__(
        self,
        spec: str,
        *,
        zone: str,
        closed: Collection[date] = (),
        special: Mapping[date, str] | None = None,
    ) -> None:
        self.spec = spec
        try:
            self.zone = require_zone(zone)
        except FlowError as error:
            raise FlowError(f"{self!r}: {error}") from error
        self._require_dates("closed", closed)
        self._require_dates("special", special or ())
        for text in (spec, *(special or {}).values()):
            if dash := _DASH.search(text):
                raise FlowError(
                    f"{self!r}: it has the dash {dash[0]!r}. Write a hyphen:"
                    f" {_DASH.sub('-', text)!r}."
                )
        self.closed = frozenset(closed)
        self.special = dict(special or {})
        if both := sorted(self.closed & self.special.keys()):
            raise FlowError(
                f"{self!r}: {both[0]} is in closed and in special. Remove it from one of the two."
            )
        self._spans = self._read(spec)
        self._special = {day: self._special_spans(day, text) for day, text in self.special.items()}

    def __repr__(self) -> str:
        return f"Hours({self.spec!r})"

    def open_at(self, at: datetime) -> bool:
        """Return whether `at` is within the opening hours.

        `at` is a time with a time zone, such as `turn.now`.
        """
        return self._opening_at(self._aware(at)) is not None

    def next_opening(self, at: datetime) -> datetime:
        """Return the next opening time, in the zone of the hours.

        Return `at` itself if `at` is within the opening hours.
        """
        at = self._aware(at)
        if self._opening_at(at):
            return at.astimezone(self.zone)
        day = at.astimezone(self.zone).date()
        while True:
            for opens, _closes in self._openings(day):
                if opens > at:
                    return opens.astimezone(self.zone)
            day += timedelta(days=1)

    def _require_dates(self, name: str, days: Iterable[object]) -> None:
        if isinstance(days, str | date) or not isinstance(days, Iterable):
            form = "{date(2026, 12, 24): '08:00-12:00'}" if name == "special" else "[date(…), …]"
            raise FlowError(f"{self!r}: {name} is {days!r}; it takes {form}.")
        for day in days:
            if not isinstance(day, date) or isinstance(day, datetime):
                raise FlowError(
                    f"{self!r}: {name} has {day!r}, which is not a date. Write a date,"
                    " such as date(2026, 12, 24)."
                )

    def _aware(self, at: datetime) -> datetime:
        if at.utcoffset() is None:
            raise FlowError(f"{self!r}: {at} has no time zone. Add a time zone, or use turn.now.")
        # Compare in UTC, because Python compares times of the same zone by local time, which may go
        # back.
        return at.astimezone(UTC)

    def _opening_at(self, at: datetime) -> tuple[datetime, datetime] | None:
        today = at.astimezone(self.zone).date()
        for day in (today - timedelta(days=1), today):
            for opens, closes in self._openings(day):
                if opens <= at < closes:
                    return opens, closes
        return None

    def _openings(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """Yield the openings that begin on a day, in order, in UTC."""
        spans = self._special.get(day) or self._spans[day.weekday()]
        for start, end in () if day in self.closed else spans:
            opens, closes = self._instant(day, start, fold=0), self._instant(day, end, fold=1)
            if opens < closes:  # Otherwise the clock change skips the whole opening.
                yield opens, closes

    def _instant(self, day: date, minutes: int, fold: int) -> datetime:
        days, minutes = divmod(minutes, _DAY_MINUTES)
        clock = time(minutes // 60, minutes % 60, fold=fold)
        wall = datetime.combine(day + timedelta(days=days), clock, self.zone)
        found = wall.astimezone(UTC)
        if found.astimezone(self.zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
            return found
        return self._end_of_gap(wall)

    def _end_of_gap(self, wall: datetime) -> datetime:
        """Return the moment of the clock change that skips the local time `wall`, in UTC."""
        before = wall.replace(fold=1).astimezone(UTC)
        after = wall.replace(fold=0).astimezone(UTC)
        offset = before.astimezone(self.zone).utcoffset()
        while after - before > timedelta(seconds=1):
            middle = (before + (after - before) / 2).replace(microsecond=0)
            if middle.astimezone(self.zone).utcoffset() == offset:
                before = middle
            else:
                after = middle
        return after

    def _read(self, spec: str) -> tuple[list[Span], ...]:
        found: tuple[list[Span], ...] = tuple([] for _ in DAYS)
        for group in filter(None, map(str.strip, re.split(r"[;\n]", spec))):
            match = _GROUP.fullmatch(group)
            if match is None:
                raise FlowError(
                    f"{self!r}: {group!r} has no times. Write days and times, such as"
                    " Mon-Fri 08:00-18:00, and a semicolon between groups."
                )
            for day in self._days(match["days"]):
                found[day].extend(self._times(match["times"]))
        if not any(found):
            raise FlowError(
                f"{self!r}: there are no opening times. Write days and times, such as Mon-Fri"
                " 08:00-18:00."
            )
        for spans in found:
            spans.sort()
        self._require_apart(found)
        return found

    def _special_spans(self, day: date, text: str) -> list[Span]:
        spans = sorted(self._times(text))
        for (_start, end), (start, _end) in pairwise(spans):
            if start < end:
                raise FlowError(f"{self!r}: times on {day} overlap. Combine them into one range.")
        return spans

    def _times(self, text: str) -> list[Span]:
        return [self._span(each.strip()) for each in text.split(",")]

    def _days(self, text: str) -> list[int]:
        found: list[int] = []
        for part in filter(None, map(str.strip, text.split(","))):
            first, dash, last = (each.strip() for each in part.partition("-"))
            start, end = self._day(first, part), self._day(last if dash else first, part)
            found += [(start + each) % 7 for each in range((end - start) % 7 + 1)]
        return sorted(set(found)) if found else list(range(7))

    def _day(self, name: str, part: str) -> int:
        name = name.lower()
        for number, known in enumerate(DAYS):
            if name in (known, _NAMES[number]):
                return number
        raise FlowError(
            f"{self!r}: {part!r} is not a day. Write a day: Mon, Tue, Wed, Thu, Fri, Sat or"
            " Sun. Or write a range of days, such as Mon-Fri."
        )

    def _span(self, text: str) -> Span:
        match = _SPAN.fullmatch(text)
        if match is None:
            raise FlowError(
                f"{self!r}: {text!r} is not a range of times. Write it like 08:00-12:00."
            )
        start = self._minutes(match[1], match[2], text)
        end = self._minutes(match[3], match[4], text)
        if start in (end, _DAY_MINUTES):
            raise FlowError(f"{self!r}: {text!r} is an empty range. A whole day is 00:00-24:00.")
        return start, end if end > start else end + _DAY_MINUTES

    def _minutes(self, hours: str, minutes: str, text: str) -> int:
        found = int(hours) * 60 + int(minutes)
        if int(minutes) > 59 or found > _DAY_MINUTES:
            raise FlowError(
                f"{self!r}: {text!r} is not a range of times. Write it like 08:00-12:00. The latest"
                " time is 24:00."
            )
        return found

    def _require_apart(self, found: tuple[list[Span], ...]) -> None:
        week = [
            (day * _DAY_MINUTES + start, day * _DAY_MINUTES + end, day)
            for day, spans in enumerate(found)
            for start, end in spans
        ]
        first_again = (week[0][0] + _WEEK_MINUTES, 0, week[0][2])
        for (_start, end, day), (start, _end, next_day) in zip(
            week, [*week[1:], first_again], strict=True
        ):
            if start < end:
                names = " and ".join(
                    dict.fromkeys(_NAMES[each].title() for each in (day, next_day))
                )
                raise FlowError(f"{self!r}: times on {names} overlap. Combine them into one range.")
