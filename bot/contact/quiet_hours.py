"""Quiet hours: when contacts aren't sent what they didn't ask for, by their own clock."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from bot.clock import is_zone
from bot.contact.session import Session
from bot.contact.zones import zones_of

AWAKE_S = 1_800.0
"""A contact who wrote within this time is awake, so quiet hours don't apply."""


def end_at(hours: str, session: Session, now: float, default_zone: str = "") -> float:
    """Return when the contact may be written to, in Unix seconds: `now` outside quiet hours, else
    their end.

    `hours` is as in the settings: `21:00-08:00`, or empty for none. They apply in the contact's
    zone; if that is unknown, in any zone that its phone number or the country of its WhatsApp user
    ID may be in; else in `default_zone`, or UTC if there is none.
    """
    last = session.last_heard
    if not hours or (last is not None and now - last < AWAKE_S):
        return now
    start, end = (time.fromisoformat(part) for part in hours.split("-"))
    found = _end_at(start, end, _zones(session, default_zone), now)
    return _end_at(start, end, [UTC], now) or now if found is None else found


def _end_at(start: time, end: time, zones: Sequence[tzinfo], now: float) -> float | None:
    """Return the first moment from `now` on that is quiet in none of the zones; None if there is
    none within a day.
    """
    at, latest = now, now + timedelta(days=1).total_seconds()
    while at <= latest:
        ends = [until for zone in zones if (until := _quiet_until(start, end, zone, at)) > at]
        if not ends:
            return at
        at = max(ends)
    return None


def _quiet_until(start: time, end: time, zone: tzinfo, at: float) -> float:
    local = datetime.fromtimestamp(at, zone)
    clock = local.time()
    is_quiet = start <= clock < end if start <= end else clock >= start or clock < end
    if not is_quiet:
        return at
    days = 1 if clock >= end else 0
    until = datetime.combine(local.date() + timedelta(days=days), end, zone)
    return until.timestamp()


def _zones(session: Session, default: str) -> Sequence[tzinfo]:
    names = [session.zone] if is_zone(session.zone) else zones_of(session.address)
    if not names and is_zone(default):
        names = [default]
    return [ZoneInfo(name) for name in names] or [UTC]
