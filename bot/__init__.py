"""A framework for conversational chatbots on the Sinch Conversation API."""

from typing import TYPE_CHECKING, Any

from bot import parse
from bot.errors import BotError, FlowError, MessageError
from bot.flow.flow import Flow, on
from bot.flow.states import END, HANDOFF, Option, ask, call, choose, step
from bot.languages import _, ngettext
from bot.messages import (
    Card,
    Carousel,
    Choice,
    ContactInfo,
    ListMessage,
    Location,
    Media,
    Template,
    Text,
    open_url,
    reply,
    share_location,
    show_location,
)
from bot.settings import Settings
from bot.turn import Turn

if TYPE_CHECKING:
    from bot.app import Bot

__all__ = [
    "END",
    "HANDOFF",
    "Bot",
    "BotError",
    "Card",
    "Carousel",
    "Choice",
    "ContactInfo",
    "Flow",
    "FlowError",
    "ListMessage",
    "Location",
    "Media",
    "MessageError",
    "Option",
    "Settings",
    "Template",
    "Text",
    "Turn",
    "_",
    "ask",
    "call",
    "choose",
    "ngettext",
    "on",
    "open_url",
    "parse",
    "reply",
    "share_location",
    "show_location",
    "step",
]


def __getattr__(name: str) -> Any:
    """Load `Bot` when it is asked for: flows don't need the server that it brings."""
    if name == "Bot":
        from bot.app import Bot

        return Bot
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
