"""Apps and their channel credentials."""

from collections.abc import Iterator
from typing import Any

from bot.emulator.api_error import Json, Violation, invalid
from bot.emulator.apps import fits
from bot.emulator.channels import CHANNELS
from bot.emulator.endpoint import Call, Endpoint
from bot.emulator.sample_project import CREDENTIALS
from bot.emulator.validation import (
    Check,
    anything,
    flag,
    items,
    number,
    one_word,
    record,
    text,
)

_credential_fields = record(
    {"channel": one_word(CHANNELS)},
    {
        "callback_secret": text(),
        "channel_known_id": text(),
        "credential_ordinal_number": number(0, 1000, whole=True),
    },
    one_of={
        kind: record(dict.fromkeys(mandatory, text(empty=False)), dict.fromkeys(optional, anything))
        for kind, (mandatory, optional) in CREDENTIALS.items()
    },
)


def _credential(value: Any, at: str) -> Iterator[Violation]:
    faults = list(_credential_fields(value, at))
    yield from faults
    if faults:
        return
    kind = next(name for name in CREDENTIALS if value.get(name) is not None)
    if not fits(value["channel"], kind):
        expected = CHANNELS[value["channel"]].credential
        yield Violation(f"{at}.{kind}", f"{value['channel']} takes {expected}")


_credentials = items(_credential, least=1)
_FIELDS: dict[str, Check] = {
    "conversation_metadata_report_view": one_word(("NONE", "FULL")),
    "processing_mode": one_word(("CONVERSATION", "DISPATCH")),
    "retention_policy": record(
        optional={
            "retention_type": one_word(
                ("MESSAGE_EXPIRE_POLICY", "CONVERSATION_EXPIRE_POLICY", "PERSIST_RETENTION_POLICY")
            ),
            "ttl_days": number(1, 3650, whole=True),
        }
    ),
    "dispatch_retention_policy": record(
        optional={
            "retention_type": one_word(("MESSAGE_EXPIRE_POLICY",)),
            "ttl_days": number(0, 7, whole=True),
        }
    ),
    "smart_conversation": record(optional={"enabled": flag}),
    "callback_settings": record(optional={"secret_for_overridden_callback_urls": text()}),
    "delivery_report_based_fallback": record(
        optional={
            "enabled": flag,
            "delivery_report_waiting_time": number(10, 259_200, whole=True),
        }
    ),
    "message_retry_settings": record(optional={"retry_duration": number(30, 3600, whole=True)}),
}

CREATE = record({"display_name": text(), "channel_credentials": _credentials}, _FIELDS)
UPDATE = record(optional={**_FIELDS, "display_name": text(), "channel_credentials": _credentials})


def create(call: Call) -> Json:
    return _shown(call, call.platform.apps.add(call.body))


def list_apps(call: Call) -> Json:
    return {"apps": [_shown(call, app) for app in call.platform.state.apps.values()]}


def get(call: Call) -> Json:
    return _shown(call, _app(call))


def update(call: Call) -> Json:
    app = _app(call)
    changes = call.masked((*_FIELDS, "display_name", "channel_credentials"))
    for name in ("display_name", "channel_credentials"):
        if name in changes and not changes[name]:
            raise invalid(name, "Field is mandatory")
    call.platform.apps.update(app, changes)
    return _shown(call, app)


def delete(call: Call) -> Json:
    call.platform.apps.remove(_app(call)["id"])
    return {}


def _app(call: Call) -> Json:
    return call.platform.core.app(call.path["app_id"])


def _shown(call: Call, app: Json) -> Json:
    """Return the app with the number of messages that wait in its queue."""
    stats = {
        "outbound_size": call.platform.outgoing.waiting(app["id"]),
        "outbound_limit": call.platform.core.behavior.queue_limit,
    }
    return {**app, "queue_stats": stats}


ENDPOINTS = (
    Endpoint("GET", "/apps", list_apps),
    Endpoint("POST", "/apps", create, CREATE),
    Endpoint("GET", "/apps/{app_id}", get),
    Endpoint("PATCH", "/apps/{app_id}", update, UPDATE),
    Endpoint("DELETE", "/apps/{app_id}", delete),
)
