"""Quiet hours: local times at which contacts get no unprompted messages."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from bot.clock import is_zone
from bot.contact.session import Session
from bot.contact.zones import zones_of

AWAKE_S = 1_800.0
"""Seconds after a message of the contact in which quiet hours do not apply, because the contact is
awake.
"""


def end_at(hours: str, session: Session, now: float, default_zone: str = "") -> float:
    """Return when the contact may be written to, in Unix seconds.

    If quiet hours apply now, the result is their end, otherwise `now`. `hours` is written as in the
    settings: `21:00-08:00`, or "" for none. Quiet hours apply in the contact's own zone. If the
    contact has no zone, quiet hours apply in all zones of its phone number, or of the country of
    its WhatsApp user ID. If these zones are unknown, quiet hours apply in `default_zone`; "" means
    UTC.
    """
    last = session.last_heard
    if not hours or (last is not None and now - last < AWAKE_S):
        return now
    start, end = (time.fromisoformat(part) for part in hours.split("-"))
    found = _end_at(start, end, _zones(session, default_zone), now)
    return _end_at(start, end, [UTC], now) or now if found is None else found


def _end_at(start: time, end: time, zones: Sequence[tzinfo], now: float) -> float | None:
    """Return the first time, `now` or later, at which no zone has quiet hours; None if no such time
    is within a day.
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
