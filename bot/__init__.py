"""A framework for conversational chatbots on the Sinch Conversation API."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # `as` tells type checkers that the names are public here.
    from bot import parse as parse
    from bot.app.asgi import Application as Application
    from bot.app.bot import Bot as Bot
    from bot.app.connect import connect as connect
    from bot.callbacks.files import DownloadedFile as DownloadedFile
    from bot.client import Client as Client
    from bot.errors import BotError as BotError
    from bot.errors import FlowError as FlowError
    from bot.errors import MessageError as MessageError
    from bot.flow.contact_data import ContactData as ContactData
    from bot.flow.flow import Flow as Flow
    from bot.flow.flow import on as on
    from bot.flow.hooks import Hooks as Hooks
    from bot.flow.keywords import AGAIN as AGAIN
    from bot.flow.keywords import BACK as BACK
    from bot.flow.keywords import CANCEL as CANCEL
    from bot.flow.keywords import Keywords as Keywords
    from bot.flow.keywords import keyword as keyword
    from bot.flow.opening_hours import Hours as Hours
    from bot.flow.state_constructors import ask as ask
    from bot.flow.state_constructors import call as call
    from bot.flow.state_constructors import choose as choose
    from bot.flow.state_constructors import step as step
    from bot.flow.states import END as END
    from bot.flow.states import HANDOFF as HANDOFF
    from bot.flow.states import Option as Option
    from bot.i18n.languages import _ as _
    from bot.i18n.languages import ngettext as ngettext
    from bot.messages import Card as Card
    from bot.messages import Carousel as Carousel
    from bot.messages import Choice as Choice
    from bot.messages import ContactInfo as ContactInfo
    from bot.messages import ListMessage as ListMessage
    from bot.messages import Location as Location
    from bot.messages import Media as Media
    from bot.messages import Template as Template
    from bot.messages import Text as Text
    from bot.messages import open_url as open_url
    from bot.messages import reply as reply
    from bot.messages import share_location as share_location
    from bot.messages import show_location as show_location
    from bot.settings import Settings as Settings
    from bot.telemetry.logs import LogFormatter as LogFormatter
    from bot.turn.turn import Turn as Turn

_HOMES = {
    "bot.app.bot": ("Bot",),
    "bot.app.asgi": ("Application",),
    "bot.client": ("Client",),
    "bot.app.connect": ("connect",),
    "bot.errors": ("BotError", "FlowError", "MessageError"),
    "bot.flow.contact_data": ("ContactData",),
    "bot.flow.flow": ("Flow", "on"),
    "bot.callbacks.files": ("DownloadedFile",),
    "bot.flow.hooks": ("Hooks",),
    "bot.flow.keywords": ("AGAIN", "BACK", "CANCEL", "Keywords", "keyword"),
    "bot.flow.opening_hours": ("Hours",),
    "bot.flow.state_constructors": ("ask", "call", "choose", "step"),
    "bot.flow.states": ("END", "HANDOFF", "Option"),
    "bot.i18n.languages": ("_", "ngettext"),
    "bot.messages": (
        *("Card", "Carousel", "Choice", "ContactInfo", "ListMessage", "Location", "Media"),
        *("Template", "Text", "open_url", "reply", "share_location", "show_location"),
    ),
    "bot.settings": ("Settings",),
    "bot.telemetry.logs": ("LogFormatter",),
    "bot.turn.turn": ("Turn",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted((*_HOME_OF, "parse"))


def __getattr__(name: str) -> Any:
    """Import a name's module when the name is first used, so that the package itself is imported
    quickly.

    pytest imports the package in every project in which it is installed, even if the project does
    not use it. Each command needs only a part of the package.
    """
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value
