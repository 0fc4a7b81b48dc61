"""Measures how long the answer parsers take for ordinary and for hostile answers."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot import parse
from bot.callbacks import ContactMessage

NOW = datetime(2026, 3, 11, 10, tzinfo=UTC)
LANGUAGES = ("en", "de", "sv", "fr", "pl", "ja")
SIZES = {"s": "Small", "m": "Medium", "l": "Large", "xl": "Extra large"}

PARSERS: dict[str, parse.Parser[Any]] = {
    "date": parse.date(),
    "time": parse.time(),
    "integer": parse.integer(),
    "decimal": parse.decimal(),
    "yes_no": parse.yes_no(),
    "choice": parse.choice(SIZES),
    "multiple_choice": parse.multiple_choice(SIZES),
    "phone": parse.phone(),
    "email": parse.email,
    "location": parse.location,
    "text": parse.text(),
}

ORDINARY = (
    *("a week from friday", "27 March", "3/27/26", "the day after tomorrow", "next tuesday please"),
    *("twenty to nine", "5pm", "half past four", "in half an hour", "1730"),
    *("3 people", "twenty-one", "half a dozen", "1,234.56", "$12.50", "two and a half"),
    *("yes please", "no thanks", "sounds good", "👍", "not sure", "maybe later"),
    *("1. Small", "the last one pls", "small, medium", "i'd like large please"),
    *("+46 70 123 45 67", "anna@example.com", "55.61, 13.0", "https://maps.google.com/?q=1.5,2.5"),
)


def hostile() -> Iterator[str]:
    """Yield texts that are meant to take long: very long texts, and texts of the maximum length
    that parsers read.
    """
    yield "a" + "\u0301" * 65_536
    yield "e\u0301\u0323" * 30_000
    for piece in (
        "a ",
        "1 ",
        "small ",
        "no ",
        "and ",
        "1.",
        "9,",
        "-",
        "\n--\n",
        "(",
        "@",
        "@a.",
        "½",
    ):
        yield piece * 50_000
        yield (piece * 1_000)[:1_000]
        yield (piece * 100)[:100]
    yield from ("\u0301" * 1_000, "1\u0301" * 500, "einundzwanzig" * 76, "zweihundert" * 9)
    yield from ("👍" * 500, "\u200d" * 1_000, "§" * 100, "first " * 16, "second of may " * 7)
    yield "twenty " * 14
    yield "Liked “" + "a" * 900


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of processor time that one parser takes for an answer."""

    median: float
    p99: float
    worst: float
    hostile_median: float
    hostile_worst: float


def measure(rounds: int, tell: Callable[[str], None]) -> dict[str, Times]:
    """Return the times of each parser.

    The first answer in each language is not counted, because it loads the language's words.
    """
    found = {}
    attacks = list(hostile())
    for name, parser in PARSERS.items():
        tell(name)
        for language in LANGUAGES:
            _ms(parser, "first", language)
        usual = sorted(
            _ms(parser, text, language)
            for _ in range(rounds)
            for text in ORDINARY
            for language in LANGUAGES
        )
        worst = sorted(_ms(parser, text, language) for text in attacks for language in LANGUAGES)
        found[name] = Times(
            usual[len(usual) // 2],
            usual[len(usual) * 99 // 100],
            usual[-1],
            worst[len(worst) // 2],
            worst[-1],
        )
    return found


def _ms(parser: parse.Parser[Any], text: str, language: str) -> float:
    answer = parse.Answer(message=ContactMessage(), text=text, locale=language, now=NOW)

    async def attempt() -> float:
        begun = time.process_time()
        with contextlib.suppress(parse.NotUnderstood):
            await parse.apply(parser, answer)
        return (time.process_time() - begun) * 1e3

    return asyncio.run(attempt())
