"""Parser of places, such as the contact's location."""

import msgspec

from bot.i18n.languages import _
from bot.i18n.locales import language_of
from bot.parse.answer import Answer, NotUnderstood, Parser
from bot.parse.coordinates import pair_in
from bot.parse.map_links import LINK, place_in
from bot.parse.normalize import UNSEEN_IN_NUMBERS, plain_digits, said

_HINT = _("Please send your location, or a link to it on a map.")


class Location(msgspec.Struct, frozen=True, tag="location"):
    """A place in degrees of WGS 84. `title` and `label` may be empty.

    As JSON: `{"type": "location", "latitude": 55.61, "longitude": 13.0, "title": "", "label": ""}`.
    """

    latitude: float
    longitude: float
    title: str = ""
    label: str = ""


def _read(answer: Answer) -> Location:
    native = answer.message.location_message
    if native and native.coordinates:
        at = native.coordinates
        found = _location(at.latitude, at.longitude, native.title, native.label)
    else:
        typed = said(answer, _(_HINT)).translate(UNSEEN_IN_NUMBERS)
        if link := LINK.search(typed):
            place = place_in(link[0])
            found = _location(*place) if place else None
        else:
            pair = pair_in(plain_digits(typed), language_of(answer.locale))
            found = _location(*pair) if pair else None
    if found is None:
        raise NotUnderstood(_(_HINT))
    return found


location: Parser[Location] = Parser(Location, _read)
"""Parse a place.

The parser accepts a location message, a `geo:` link, and a link with coordinates to Google, Apple,
OpenStreetMap, Waze, HERE or Bing. The parser also accepts coordinates as text: "55.61, 13.0",
"48°51'N 2°17'E". Nothing is fetched, so short links are not understood. Links that only name a
place are not understood, either.
"""


def _location(
    latitude: float, longitude: float, title: str = "", label: str = ""
) -> Location | None:
    # Comparisons with NaN are false.
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    return Location(latitude, longitude, title, label)
