"""Settings of the project."""

from bot.emulator.api_error import Json
from bot.emulator.endpoint import Call, Endpoint
from bot.emulator.validation import flag, record

SETTINGS = record(
    optional={"contact_settings": record(optional={"unified_contact_id_enabled": flag})}
)


def get(call: Call) -> Json:
    settings = call.platform.state.settings.get("contact_settings") or {}
    enabled = bool(settings.get("unified_contact_id_enabled"))
    return {
        "project_id": call.platform.project_id,
        "settings": {"contact_settings": {"unified_contact_id_enabled": enabled}},
    }


def put(call: Call) -> Json:
    call.platform.state.settings = {"contact_settings": call.body.get("contact_settings") or {}}
    return get(call)


def patch(call: Call) -> Json:
    call.platform.state.settings |= call.masked(("contact_settings",))
    return get(call)


def delete(call: Call) -> Json:
    call.platform.state.settings = {}
    return {}


ENDPOINTS = (
    Endpoint("GET", "/settings", get),
    Endpoint("POST", "/settings", put, SETTINGS),
    Endpoint("PATCH", "/settings", patch, SETTINGS),
    Endpoint("DELETE", "/settings", delete),
)
