"""Runs parsers on answers. An answer is a text with everything that its meaning depends on."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bot import parse
from bot.callbacks import ContactMessage

NOW = datetime(2024, 5, 15, 12, 30, tzinfo=UTC)
"""The time of all answers, a Wednesday."""


def answer(text: str = "", locale: str = "en", zone: str = "UTC", **more: Any) -> parse.Answer:
    more = {"message": ContactMessage(), "now": NOW, **more}
    return parse.Answer(text=text, locale=locale, find_zone=lambda: zone, **more)


def read(
    parser: Callable[[parse.Answer], Any],
    text: str = "",
    locale: str = "en",
    zone: str = "UTC",
    **more: Any,
) -> Any:
    return asyncio.run(parse.apply(parser, answer(text, locale, zone, **more)))


def hint(
    parser: Callable[[parse.Answer], Any],
    text: str = "",
    locale: str = "en",
    zone: str = "UTC",
    **more: Any,
) -> str:
    """Return the hint for the contact. The parser must not understand the answer."""
    with pytest.raises(parse.NotUnderstood) as caught:
        read(parser, text, locale, zone, **more)
    return caught.value.hint
