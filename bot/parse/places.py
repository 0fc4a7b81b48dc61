"""Where a contact is, or wants something to be."""

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qs, unquote_plus, urlsplit

import msgspec

from bot.i18n.languages import _
from bot.parse.answer import Answer, NotUnderstood, Parser
from bot.parse.normalize import plain_digits, said

_HINT = _("Please send your location, or a link to it on a map.")


class Location(msgspec.Struct, frozen=True, tag="location"):
    """A place in degrees of WGS 84; `title` and `label` are empty where not given.

    As JSON: `{"type": "location", "latitude": 55.61, "longitude": 13.0, "title": "", "label": ""}`.
    """

    latitude: float
    longitude: float
    title: str = ""
    label: str = ""


_NUMBER = r"[-+]?\d{1,3}(?:\.\d{1,20})?"
_PAIR = re.compile(rf"({_NUMBER})\s?[,;/]\s?({_NUMBER})")
# In free text only numbers with decimals, since "1, 3" may be much else.
_TYPED = re.compile(
    r"([-+]?\d{1,3}\.\d{1,20})\s?°?\s?([ns])?\s?[,;\s]\s?([-+]?\d{1,3}\.\d{1,20})\s?°?\s?([ew])?"
)
_LINK = re.compile(r"(?:https?://|geo:|(?:www\.|maps\.|openstreetmap\.|google\.|osm\.))\S+", re.I)
_GOOGLE = re.compile(r"(?:www\.|maps\.)?google(?:\.[a-z]{2,3}){1,2}")
_OSM = re.compile(r"(?:www\.)?(?:openstreetmap|osm)\.org")


def _read(answer: Answer) -> Location:
    native = answer.message.location_message
    if native and native.coordinates:
        at = native.coordinates
        found = _location(at.latitude, at.longitude, native.title, native.label)
    else:
        typed = said(answer, _(_HINT))
        link = _LINK.search(typed)
        found = _from_link(link[0]) if link else _from_text(plain_digits(typed))
    if found is None:
        raise NotUnderstood(_(_HINT))
    return found


location: Parser[Location] = Parser(Location, _read)
"""A place: a location sent natively, a link to Google, Apple or OpenStreetMap with the coordinates
in it, a `geo:` link, or coordinates in text, "55.61, 13.0". Short links, which only their maker
can resolve, are not understood: nothing is fetched.
"""


def _location(latitude: float, longitude: float, title: str, label: str) -> Location | None:
    # A NaN compares as false.
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    return Location(latitude, longitude, title, label)


def _from_text(text: str) -> Location | None:
    match = _TYPED.fullmatch(text.lower().strip(" ()[].!"))
    if not match:
        return None
    latitude, north, longitude, east = match.groups()
    south, west = (-1 if side in ("s", "w") else 1 for side in (north, east))
    return _location(south * float(latitude), west * float(longitude), "", "")


def _from_link(link: str) -> Location | None:
    link = link.rstrip(".,;!)>")
    if link.lower().startswith("geo:"):
        match = _PAIR.match(link[4:])
        return _made(match, "")
    try:
        url = urlsplit(link if "://" in link else f"https://{link}")
        host = url.hostname or ""
    except ValueError:
        return None
    if _GOOGLE.fullmatch(host):
        return _first(_google(url))
    if host == "maps.apple.com":
        return _first(_apple(url))
    return _first(_osm(url)) if _OSM.fullmatch(host) else None


Mark = tuple[re.Match[str] | None, str]


def _google(url: SplitResult) -> Iterator[Mark]:
    path = unquote_plus(url.path)
    place = re.search(r"/maps/place/([^/@]+)", path)
    title = place[1] if place and not _PAIR.match(place[1]) else ""
    # "!3d…!4d…" is the place itself, "@…" only the middle of the map shown.
    yield re.search(rf"!3d({_NUMBER})!4d({_NUMBER})", path), title
    for value in _values(url, "q", "query", "ll", "destination", "daddr", "center"):
        yield _PAIR.fullmatch(value.removeprefix("loc:")), ""
    yield re.search(rf"/(?:place|search|dir/.*)/({_NUMBER}),\s?({_NUMBER})(?:/|$)", path), ""
    yield re.search(rf"/@({_NUMBER}),({_NUMBER})", path), title


def _apple(url: SplitResult) -> Iterator[Mark]:
    title = next((each for each in _values(url, "name", "q") if not _PAIR.fullmatch(each)), "")
    for value in _values(url, "coordinate", "ll", "q", "daddr", "sll", "center"):
        yield _PAIR.fullmatch(value), title


def _osm(url: SplitResult) -> Iterator[Mark]:
    for latitude in _values(url, "mlat"):
        for longitude in _values(url, "mlon"):
            yield _PAIR.fullmatch(f"{latitude},{longitude}"), ""
    yield re.search(rf"map=\d+(?:\.\d+)?/({_NUMBER})/({_NUMBER})", url.fragment), ""


def _values(url: SplitResult, *names: str) -> Iterator[str]:
    query = parse_qs(url.query)
    for name in names:
        yield from query.get(name, ())


def _first(marks: Iterator[Mark]) -> Location | None:
    for match, title in marks:
        if found := _made(match, title):
            return found
    return None


def _made(match: re.Match[str] | None, title: str) -> Location | None:
    return _location(float(match[1]), float(match[2]), title, "") if match else None
