"""The endpoints of the API, one module per resource."""

from bot.emulator.endpoint import Endpoint
from bot.emulator.routes import (
    apps,
    capability,
    consents,
    contacts,
    conversations,
    events,
    injection,
    messages,
    project_settings,
    webhooks,
)

ENDPOINTS: tuple[Endpoint, ...] = (
    *messages.ENDPOINTS,
    *events.ENDPOINTS,
    *contacts.ENDPOINTS,
    *conversations.ENDPOINTS,
    *injection.ENDPOINTS,
    *apps.ENDPOINTS,
    *webhooks.ENDPOINTS,
    *capability.ENDPOINTS,
    *consents.ENDPOINTS,
    *project_settings.ENDPOINTS,
)
