"""Reads coordinates as people and maps write them: "55.6, 13.0" or "55°36'N 13°0'E"."""

import re

_SIDE = r"[nsewo]"
_PART = re.compile(
    rf"(?P<before>{_SIDE})?\s?(?P<sign>[-+])?\s?(?P<degrees>\d{{1,3}}(?:[.,]\d{{1,20}})?)\s?"
    r"(?P<mark>[°º])?\s?"
    r"(?:(?P<minutes>\d{1,2}(?:[.,]\d{1,20})?)\s?(?P<minute_mark>['\u2032\u2019])?\s?)?"
    r"(?:(?P<seconds>\d{1,2}(?:[.,]\d{1,20})?)\s?(?:\"|\u2033|\u2032\u2032|\u201d|'')\s?)?"
    rf"(?(before)|(?P<behind>{_SIDE}(?![a-z]))?)"
)
_POINT = r"[-+]?\d{1,3}\.\d{1,20}"
_PLAIN = re.compile(rf"({_POINT})\s?°?\s?[,;\s]\s?({_POINT})\s?°?")
_COMMA = re.compile(r"([-+]?\d{1,3},\d{1,20})\s?°?\s?[;\s]\s?([-+]?\d{1,3},\d{1,20})\s?°?")
_AMONG_WORDS = re.compile(
    r"(?<![\d.,])([-+]?\d{1,3}\.\d{3,20}),?\s?([-+]?\d{1,3}\.\d{3,20})(?![\d.,])"
)
_O_IS_WEST = {"es": True, "fr": True, "it": True, "pt": True, "de": False}
_LONGITUDE_FIRST = re.compile(r"(?:lon|lng)")
_NAMED = re.compile(r"\b(?:lat(?:itude)?|lon(?:g(?:itude)?)?|lng)\b\.?\s?[:=]?\s?")
_MINUS = str.maketrans("\u2212\u2013", "--")

Pair = tuple[float, float]


def pair_in(text: str, language: str) -> Pair | None:
    """Return latitude and longitude if the text has both, otherwise None.

    With letters such as N and E, latitude or longitude may come first. Words may stand around
    decimal numbers. `language` decides whether the letter O means west or east.
    """
    text = text.lower().translate(_MINUS).strip(" ()[].!")
    if _LONGITUDE_FIRST.match(text):
        return None
    text = _NAMED.sub("", text)
    if match := _PLAIN.fullmatch(text) or _COMMA.fullmatch(text):
        return _float(match[1]), _float(match[2])
    among = list(_AMONG_WORDS.finditer(text))
    if len(among) == 1 and not re.search(r"\d", text[: among[0].start()] + text[among[0].end() :]):
        parts = _parts(text, language)
        if not parts:
            return _float(among[0][1]), _float(among[0][2])
    parts = _parts(text, language)
    if len(parts) != 2:
        return None
    (first, axis), (second, other) = parts
    if {axis, other} != {"latitude", "longitude"}:
        return None
    return (first, second) if axis == "latitude" else (second, first)


def _parts(text: str, language: str) -> list[tuple[float, str]]:
    """Return the numbers in the text, each with "latitude" or "longitude".

    The letter beside a number decides, e.g. N means latitude. The result is empty if the text has
    other parts, or more than two numbers.
    """
    parts: list[tuple[float, str]] = []
    at = 0
    while at < len(text):
        match = _PART.match(text, at)
        if not match or len(parts) == 2:
            return []
        side = match["before"] or match["behind"]
        if not side:
            return []
        if match["minutes"] and not (match["mark"] or match["minute_mark"]):
            return []
        if side == "o" and language not in _O_IS_WEST:
            return []
        axis = "latitude" if side in "ns" else "longitude"
        is_negative = side in "sw" or (side == "o" and _O_IS_WEST[language])
        parts.append((_value(match, is_negative), axis))
        at = match.end()
        while at < len(text) and text[at] in " ,;/":
            at += 1
    return parts


def _value(match: re.Match[str], is_negative: bool) -> float:
    value = _float(match["degrees"])
    value += _float(match["minutes"] or "0") / 60 + _float(match["seconds"] or "0") / 3600
    return -value if (match["sign"] == "-") != is_negative else value


def _float(number: str) -> float:
    return float(number.replace(",", "."))
