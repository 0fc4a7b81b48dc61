"""Reads places from links to maps: Google, Apple, OpenStreetMap, Waze, HERE, Bing, and `geo:`
links.

If the link names a place, the center of the shown map is ignored.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, unquote_plus, urlsplit


class Place(NamedTuple):
    """Coordinates in degrees, and the place's name in the link."""

    latitude: float
    longitude: float
    title: str = ""


_NUMBER = r"[-+]?\d{1,3}(?:\.\d{1,20})?"
_PAIR = re.compile(rf"({_NUMBER})\s?[,;/]\s?({_NUMBER})")
_MARKED = re.compile(rf"(?:loc:)?({_NUMBER})\s?,\s?({_NUMBER})\s*(?:\((.*)\))?")
LINK = re.compile(
    r"(?:https?://|geo:|(?:www\.|maps\.|openstreetmap\.|google\.|osm\.|waze\.com|wego\.here\.))\S+",
    re.IGNORECASE,
)


def place_in(link: str) -> Place | None:
    """Return the place of a link to a map; None if the link contains no coordinates."""
    # A closing bracket belongs to the link if the link contains the opening one: "(Home)".
    link = link.rstrip(".,;!")
    if "(" not in link:
        link = link.rstrip(")>")
    if link.lower().startswith("geo:"):
        return _geo(link[4:])
    try:
        url = urlsplit(link if "://" in link else f"https://{link}")
        host = url.hostname or ""
    except ValueError:
        return None
    for pattern, read in _MAPS:
        if pattern.fullmatch(host):
            return next(read(url), None)
    return None


def _geo(rest: str) -> Place | None:
    position, _, query = rest.partition("?")
    for value in parse_qs(query).get("q", ()):
        if marked := _marked(value):
            return marked
    match = _PAIR.match(position)
    found = _place(match) if match else None
    # Android writes 0,0 for an unknown position. The text after it is only the name of a place.
    return None if found and not (found.latitude or found.longitude) else found


def _google(url: SplitResult) -> Iterator[Place]:
    path = unquote_plus(url.path)
    if path.startswith("/maps/dir/") and not url.query:
        yield from _goal(path)
        return
    place = re.search(r"/maps/place/([^/@]+)", path)
    title = place[1] if place and not _PAIR.match(place[1]) else ""
    # "!3d…!4d…" is the place itself, "@…" only the center of the shown map.
    if match := re.search(rf"!3d({_NUMBER})!4d({_NUMBER})", path):
        yield Place(float(match[1]), float(match[2]), title)
    named = False
    for value in _values(url, "q", "query", "ll", "destination", "daddr", "center"):
        named = True
        if marked := _marked(value):
            yield marked
    if match := re.search(rf"/(?:place|search)/({_NUMBER}),\s?({_NUMBER})(?:/|$)", path):
        yield _place(match)
    if not named and (match := re.search(rf"/@({_NUMBER}),({_NUMBER})", path)):
        yield _place(match, title)


def _goal(path: str) -> Iterator[Place]:
    """Yield the destination of a link to directions."""
    stops = [each for each in path.split("/")[3:] if each and each[:1] != "@"]
    stops = [each for each in stops if not each.startswith(("data=", "am="))]
    if stops and (match := _PAIR.fullmatch(stops[-1])):
        yield _place(match)


def _apple(url: SplitResult) -> Iterator[Place]:
    if goals := list(_values(url, "daddr")):
        yield from _first_pair(goals)
        return
    title = next((each for each in _values(url, "name", "q") if not _PAIR.fullmatch(each)), "")
    for value in _values(url, "coordinate", "ll", "q", "sll", "center"):
        if match := _PAIR.fullmatch(value):
            yield _place(match, title)


def _osm(url: SplitResult) -> Iterator[Place]:
    for latitude in _values(url, "mlat"):
        for longitude in _values(url, "mlon"):
            yield from _first_pair([f"{latitude},{longitude}"])
    if url.path.startswith("/directions"):
        goals = [each.rpartition(";")[2] for each in _values(url, "route")]
        yield from _first_pair([*_values(url, "to"), *goals])
        return
    if match := re.search(rf"map=\d+(?:\.\d+)?/({_NUMBER})/({_NUMBER})", url.fragment):
        yield _place(match)


def _waze(url: SplitResult) -> Iterator[Place]:
    yield from _first_pair(each.removeprefix("ll.") for each in _values(url, "ll", "to", "latlng"))


def _yandex(url: SplitResult) -> Iterator[Place]:
    # The longitude comes first. "ll" is only the center of the shown map.
    for value in _values(url, "pt", "whatshere[point]"):
        longitude, _, latitude = value.partition(",")
        yield from _first_pair([f"{latitude.partition(',')[0]},{longitude}"])


def _here(url: SplitResult) -> Iterator[Place]:
    if match := re.match(rf"/l/({_NUMBER}),({_NUMBER})(?:,([^/?]*))?", unquote_plus(url.path)):
        yield _place(match, match[3] or "")
    if match := re.search(rf"/({_NUMBER}),({_NUMBER})/?$", unquote_plus(url.path)):
        yield _place(match)
    for value in _values(url, "map"):
        if match := re.match(rf"({_NUMBER}),({_NUMBER})(?:,|$)", value):
            yield _place(match)


def _bing(url: SplitResult) -> Iterator[Place]:
    for value in _values(url, "sp"):
        if match := re.match(rf"point\.({_NUMBER})_({_NUMBER})(?:_([^_]*))?", value):
            yield _place(match, match[3] or "")
    for value in _values(url, "cp"):
        if match := re.fullmatch(rf"({_NUMBER})~({_NUMBER})", value):
            yield _place(match)


_MAPS: tuple[tuple[re.Pattern[str], Callable[[SplitResult], Iterator[Place]]], ...] = (
    (re.compile(r"(?:www\.|maps\.)?google(?:\.[a-z]{2,3}){1,2}"), _google),
    (re.compile(r"maps\.apple\.com"), _apple),
    (re.compile(r"(?:www\.)?(?:openstreetmap|osm)\.org"), _osm),
    (re.compile(r"(?:www\.|ul\.)?waze\.com"), _waze),
    (re.compile(r"(?:www\.)?yandex\.(?:ru|com|by|kz|uz|com\.tr)"), _yandex),
    (re.compile(r"(?:wego|share|www)\.here\.com"), _here),
    (re.compile(r"(?:www\.)?bing\.com"), _bing),
)


def _first_pair(values: "Iterator[str] | list[str]") -> Iterator[Place]:
    for value in values:
        if match := _PAIR.fullmatch(value):
            yield _place(match)


def _marked(value: str) -> Place | None:
    """Return the place in a text with coordinates and an optional name: "55.61,13.0(Home)"."""
    match = _MARKED.fullmatch(value.strip())
    return _place(match, (match[3] or "").strip()) if match else None


def _place(match: re.Match[str], title: str = "") -> Place:
    return Place(float(match[1]), float(match[2]), title)


def _values(url: SplitResult, *names: str) -> Iterator[str]:
    query = parse_qs(url.query)
    for name in names:
        yield from query.get(name, ())
