"""The endpoints of the API, a module for each resource."""

from bot.emulator.endpoint import Endpoint
from bot.emulator.routes import events, messages

ENDPOINTS: tuple[Endpoint, ...] = (*messages.ENDPOINTS, *events.ENDPOINTS)
