"""Quiet hours: when contacts aren't sent what they didn't ask for, by their own clock."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.contact.address import Address
from bot.contact.session import Session

AWAKE_S = 1_800.0
"""A contact who wrote within this time is awake, so quiet hours don't apply."""


def end_at(hours: str, session: Session, now: float) -> float:
    """Return when the contact may be written to, in Unix seconds: `now` outside quiet hours, else
    their end.

    `hours` is as in the settings: `21:00-08:00`, or empty for none. They apply in the contact's
    zone; if that is unknown, in any zone that its phone number or the country of its WhatsApp user
    ID may be in; else in UTC.
    """
    last = session.last_heard
    if not hours or (last is not None and now - last < AWAKE_S):
        return now
    start, end = (time.fromisoformat(part) for part in hours.split("-"))
    found = _end_at(start, end, _zones(session), now)
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


def _zones(session: Session) -> Sequence[tzinfo]:
    if zone := _zone(session.zone):
        return [zone]
    return _zones_of(session.address) or [UTC]


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


@lru_cache(maxsize=4096)
def _zones_of(address: Address) -> Sequence[tzinfo]:
    names = _zones_in(address.country) or _zones_of_number(address.phone_number)
    return [zone for name in names if (zone := _zone(name))]


def _zones_in(country: str) -> Sequence[str]:
    if not country:
        return ()
    from babel.core import get_global

    names: Sequence[str] = get_global("territory_zones").get(country, ())
    return names


def _zones_of_number(number: str) -> Sequence[str]:
    if not number:
        return ()
    # Loaded only if quiet hours are set, because the numbering plans take a while to load.
    import phonenumbers
    from phonenumbers import timezone

    try:
        parsed = phonenumbers.parse(f"+{number.removeprefix('+')}")
    except phonenumbers.NumberParseException:
        return ()
    names: Sequence[str] = timezone.time_zones_for_number(parsed)
    return [name for name in names if name != timezone.UNKNOWN_TIMEZONE]
