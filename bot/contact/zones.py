"""Time zones of contacts: a contact's own zone, or the zones of its phone number."""

from collections.abc import Sequence
from functools import lru_cache

from bot.clock import is_zone
from bot.contact.address import Address
from bot.contact.session import Session

MAIN_ZONES = {
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "DE": "Europe/Berlin",
    "DK": "Europe/Copenhagen",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "FR": "Europe/Paris",
    "GB": "Europe/London",
    "MY": "Asia/Kuala_Lumpur",
    "NL": "Europe/Amsterdam",
    "NO": "Europe/Oslo",
    "NZ": "Pacific/Auckland",
    "PT": "Europe/Lisbon",
    "UA": "Europe/Kyiv",
    "UZ": "Asia/Tashkent",
}
"""Maps countries with several zones to the zone in which nearly everybody lives."""


def zone_of(session: Session, default: str) -> str:
    """Return the zone for a contact's dates and times, an IANA name.

    The result is the first of these zones that is known: the contact's own zone; the zone of its
    phone number, or of the country of its WhatsApp user ID; `default`; UTC. A number or country
    may have several zones. If `default` is one of these zones, the result is `default`. Otherwise
    the zone of the number or country is the zone in `MAIN_ZONES`. If `MAIN_ZONES` lacks the
    country, the number or country has no known zone.
    """
    if session.zone:
        return session.zone
    names, main = _zones_and_main(session.address)
    if default in names:
        return default
    return main or default or "UTC"


def zones_of(address: Address) -> Sequence[str]:
    """Return the zones in which a contact's number or country may be; empty if the zones are
    unknown.
    """
    return _zones_and_main(address)[0]


@lru_cache(maxsize=4096)
def _zones_and_main(address: Address) -> tuple[Sequence[str], str]:
    """Return the possible zones, and the zone to use; "" if the zone to use is ambiguous."""
    names, country = _in_country(address.country) or _of_number(address.phone_number)
    names = [name for name in names if is_zone(name)]
    main = MAIN_ZONES.get(country, "")
    if main in names:
        return names, main
    return names, names[0] if len(names) == 1 else ""


def _in_country(country: str) -> tuple[Sequence[str], str] | None:
    if not country:
        return None
    from babel.core import get_global

    return get_global("territory_zones").get(country, ()), country


def _of_number(number: str) -> tuple[Sequence[str], str]:
    if not number:
        return (), ""
    # Loaded on demand, because loading the numbering plans takes time.
    import phonenumbers
    from phonenumbers import timezone

    try:
        parsed = phonenumbers.parse(f"+{number.removeprefix('+')}")
    except phonenumbers.NumberParseException:
        return (), ""
    names: Sequence[str] = timezone.time_zones_for_number(parsed)
    known = [name for name in names if name != timezone.UNKNOWN_TIMEZONE]
    return known, phonenumbers.region_code_for_number(parsed) or ""
