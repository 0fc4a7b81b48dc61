"""The result of a parser for each phrase: understood, missed or wrong."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

FOLDER = Path(__file__).parent
ZONE = "Europe/Stockholm"
NOW = datetime(2026, 3, 11, 10, 20, tzinfo=ZoneInfo(ZONE))
LANGUAGES = ("en", "en-GB", "de", "sv", "es", "fr")
KINDS = (
    "stop",
    "auto_replies",
    "dates",
    "times",
    "integers",
    "decimals",
    "yes_no",
    "choices",
    "places",
)

UNDERSTOOD, MISSED, WRONG = "understood", "missed", "wrong"

Reader = Callable[[dict[str, Any]], Any]
"""Returns the value of a phrase, None if it isn't understood."""


@dataclass(frozen=True)
class Outcome:
    kind: str
    phrase: dict[str, Any]
    result: Any
    verdict: str


def phrases(kind: str, folder: Path = FOLDER) -> list[dict[str, Any]]:
    path = folder / f"{kind}.json"
    if not path.exists():
        return []
    loaded: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def outcomes(kind: str, read: Reader, folder: Path = FOLDER) -> Iterator[Outcome]:
    for phrase in phrases(kind, folder):
        result = read(phrase)
        yield Outcome(kind, phrase, result, verdict(kind, phrase, result))


def verdict(kind: str, phrase: dict[str, Any], result: Any) -> str:
    if _equal(kind, result, phrase["expected"]):
        return UNDERSTOOD
    if any(_equal(kind, result, each) for each in phrase.get("tolerated", ())):
        # Asking again is no error, but it isn't the expected value either.
        return UNDERSTOOD if result is not None or phrase["expected"] is None else MISSED
    return MISSED if result is None else WRONG


def share(found: list[Outcome]) -> float:
    """Return the share of phrases understood. A phrase that must be asked again counts if it is."""
    return sum(each.verdict == UNDERSTOOD for each in found) / len(found)


def by_language(found: list[Outcome]) -> dict[str, Counter[str]]:
    groups: dict[str, Counter[str]] = {}
    for each in found:
        language = each.phrase["language"]
        group = language if language in LANGUAGES else "others"
        groups.setdefault(group, Counter())[each.verdict] += 1
    return groups


def _equal(kind: str, result: Any, expected: Any) -> bool:
    if result is None or expected is None:
        return result is expected
    if kind == "decimals":
        try:
            return Decimal(str(result)) == Decimal(expected)
        except InvalidOperation:
            return False
    if kind == "places":
        return _is_place(result, expected)
    if kind in ("yes_no", "auto_replies"):
        return result is expected
    return bool(result == expected)


def _is_place(result: Any, expected: dict[str, Any]) -> bool:
    if "name" in expected:
        return bool(result.get("title") == expected["name"])
    return all(abs(result[name] - expected[name]) <= 1e-4 for name in ("latitude", "longitude"))


def _stop(phrase: dict[str, Any]) -> str:
    from bot.flow.stop_phrases import wish_of

    wish = wish_of(phrase["text"], phrase["rule"], is_asked=phrase["waiting_question"])
    return {"out": "opt-out", "ask": "question", "unclear": "question"}.get(wish, "neither")


def own_reader(kind: str) -> Reader:
    """Reads with the parsers of `bot.parse`."""
    from bot import parse
    from bot.callbacks import ContactMessage
    from bot.parse.auto_replies import is_auto_reply

    if kind == "stop":
        return _stop
    if kind == "auto_replies":
        return lambda phrase: is_auto_reply(phrase["text"])

    def parser_of(phrase: dict[str, Any]) -> parse.Parser[Any]:
        if kind == "dates":
            return parse.date(past=phrase["direction"] == "past")
        if kind == "choices":
            return parse.choice(phrase["options"])
        made: dict[str, parse.Parser[Any]] = {
            "times": parse.time(),
            "integers": parse.integer(),
            "decimals": parse.decimal(),
            "yes_no": parse.yes_no(),
            "places": parse.location,
        }
        return made[kind]

    def read(phrase: dict[str, Any]) -> Any:
        answer = parse.Answer(
            message=ContactMessage(),
            text=phrase["text"],
            locale=phrase["language"],
            find_zone=lambda: ZONE,
            now=NOW,
        )
        try:
            value = asyncio.run(parse.apply(parser_of(phrase), answer))
        except parse.NotUnderstood:
            return None
        return plain(kind, value)

    return read


def plain(kind: str, value: Any) -> Any:
    """A parser's value as the phrase files write it."""
    if kind == "dates":
        return value.isoformat()
    if kind == "times":
        return f"{value:%H:%M}"
    if kind == "decimals":
        return str(value)
    if kind == "places":
        return {"latitude": value.latitude, "longitude": value.longitude, "title": value.title}
    return value
