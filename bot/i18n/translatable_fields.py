"""Lists the fields of messages with texts for people, which catalogs translate."""

from collections.abc import Callable
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from bot.messages.app_message import Message, Text
from bot.messages.choices import (
    CalendarChoice,
    CallChoice,
    LocationChoice,
    ShareLocationChoice,
    TextChoice,
    UrlChoice,
)
from bot.messages.message_types import Card, Choice, ListChoice, ListMessage, Location, Section

WORDS: dict[type[msgspec.Struct], tuple[str, ...]] = {
    Text: ("text",),
    Choice: ("text", "footer"),
    Card: ("title", "description", "header"),
    Location: ("title", "label"),
    ListMessage: ("title", "description", "menu", "header"),
    Section: ("title",),
    ListChoice: ("title", "description"),
    TextChoice: ("text",),
    UrlChoice: ("title",),
    CallChoice: ("title",),
    LocationChoice: ("title", "label"),
    CalendarChoice: ("title", "event_title", "event_description"),
    ShareLocationChoice: ("title",),
}
"""The fields with texts for people, for each part of a message."""

_PARTS = ("choices", "cards", "sections", "items")

P = TypeVar("P", bound=msgspec.Struct)


def reworded(part: P, change: Callable[[str], str]) -> P:
    """Return a message, or a part of a message, with each text changed, including texts of
    overrides.
    """
    changes: dict[str, object] = {
        name: change(text) for name in WORDS.get(type(part), ()) if (text := getattr(part, name))
    }
    for name in _PARTS:
        if parts := getattr(part, name, ()):
            changes[name] = tuple(reworded(each, change) for each in parts)
    if isinstance(part, Message) and part.overrides:
        changes["overrides"] = {
            channel: reworded(other, change) for channel, other in part.overrides.items()
        }
    return replace(part, **changes) if changes else part


def texts_of(part: msgspec.Struct) -> list[str]:
    """Return the texts of a message, or of a part of a message, in order."""
    found: list[str] = []

    def note(text: str) -> str:
        found.append(text)
        return text

    reworded(part, note)
    return found
