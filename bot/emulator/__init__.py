"""A local Conversation API for any client. Nothing reaches Sinch or a phone.

`Platform` has the state, `create_app` serves it over HTTP, and `Phone` acts as a contact's phone.
The emulator shares no wire types with the rest of `bot`. Otherwise both sides would misread the API
in the same way, and no test would notice.
"""

from bot.emulator.api_error import ApiError
from bot.emulator.core import REAL_TIME, Behavior
from bot.emulator.fault_injection import CallbackFault, DeliveryFault, Faults, RequestFault
from bot.emulator.phones import NotOnPhone, Phone
from bot.emulator.platform import Platform
from bot.emulator.sample_project import SampleProject
from bot.emulator.server import create_app
from bot.emulator.serving import make_server, running, serve
from bot.emulator.state import Shown, ShownChoice

__all__ = [
    "REAL_TIME",
    "ApiError",
    "Behavior",
    "CallbackFault",
    "DeliveryFault",
    "Faults",
    "NotOnPhone",
    "Phone",
    "Platform",
    "RequestFault",
    "SampleProject",
    "Shown",
    "ShownChoice",
    "create_app",
    "make_server",
    "running",
    "serve",
]
