"""A framework for conversational chatbots on the Sinch Conversation API."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot import parse
    from bot.app import Bot
    from bot.errors import BotError, FlowError, MessageError
    from bot.flow.flow import Flow, on
    from bot.flow.hooks import Hooks
    from bot.flow.keywords import Keywords, keyword
    from bot.flow.states import END, HANDOFF, Option, ask, call, choose, step
    from bot.i18n.languages import _, ngettext
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
    from bot.turn.turn import Turn

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
    "Hooks",
    "Keywords",
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
    "keyword",
    "ngettext",
    "on",
    "open_url",
    "parse",
    "reply",
    "share_location",
    "show_location",
    "step",
]

_HOMES = {
    "bot.app": ("Bot",),
    "bot.errors": ("BotError", "FlowError", "MessageError"),
    "bot.flow.flow": ("Flow", "on"),
    "bot.flow.hooks": ("Hooks",),
    "bot.flow.keywords": ("Keywords", "keyword"),
    "bot.flow.states": ("END", "HANDOFF", "Option", "ask", "call", "choose", "step"),
    "bot.i18n.languages": ("_", "ngettext"),
    "bot.settings": ("Settings",),
    "bot.turn.turn": ("Turn",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a name's module when it is asked for.

    pytest imports this package in every project that has it installed, and each command needs only
    a part of it.
    """
    if name not in __all__ or name == "parse":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME_OF.get(name, "bot.messages")), name)
    globals()[name] = value
    return value
