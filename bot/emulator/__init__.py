"""A local Conversation API, for any client: nothing of it reaches Sinch or a phone.

`Platform` holds the state, `create_app` serves it over HTTP, `Phone` is what a contact holds in the
hand. It shares no wire types with the rest of `bot`: a misreading must not pass on both sides.
"""

from bot.emulator.core import REAL_TIME, Behaviour
from bot.emulator.faults import CallbackFault, DeliveryFault, Faults, RequestFault
from bot.emulator.phones import NotOnPhone, Phone
from bot.emulator.platform import Platform
from bot.emulator.refusal import Refusal
from bot.emulator.server import create_app
from bot.emulator.serving import make_server, running, serve
from bot.emulator.state import Shown, ShownChoice
from bot.emulator.world import World

__all__ = [
    "REAL_TIME",
    "Behaviour",
    "CallbackFault",
    "DeliveryFault",
    "Faults",
    "NotOnPhone",
    "Phone",
    "Platform",
    "Refusal",
    "RequestFault",
    "Shown",
    "ShownChoice",
    "World",
    "create_app",
    "make_server",
    "running",
    "serve",
]
