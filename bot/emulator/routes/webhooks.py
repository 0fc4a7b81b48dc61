"""Webhooks: the targets of callbacks."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from bot.emulator.api_error import Json, Violation, invalid, not_found
from bot.emulator.endpoint import Call, Endpoint
from bot.emulator.triggers import TRIGGERS
from bot.emulator.validation import Check, items, one_word, record, text


def _target(value: Any, at: str) -> Iterator[Violation]:
    yield from text(most=742)(value, at)
    if not isinstance(value, str):
        return
    try:
        scheme, host = urlsplit(value).scheme, urlsplit(value).hostname or ""
    except ValueError:
        scheme, host = "", ""
    if scheme not in ("http", "https") or not host:
        yield Violation(at, "must be an http or https URL")
    if host.startswith("conversation-api.") and host.endswith(".sinch.com"):
        yield Violation(at, "must not be a host of the Conversation API")


_credentials = record(
    {"client_id": text(), "client_secret": text(), "endpoint": text()},
    {
        "scope": text(most=1024),
        "response_type": text(most=64),
        "token_request_type": one_word(("BASIC", "FORM")),
    },
)
_FIELDS: dict[str, Check] = {
    "target_type": one_word(("HTTP", "DISMISS")),
    "triggers": items(one_word(TRIGGERS), unique=True),
    "secret": text(),
    "client_credentials": _credentials,
}

CREATE = record({"app_id": text(), "target": _target}, _FIELDS)
UPDATE = record(optional={**_FIELDS, "app_id": text(), "target": _target})


def create(call: Call) -> Json:
    return call.platform.apps.add_webhook(call.body)


def list_webhooks(call: Call) -> Json:
    app_id = call.platform.core.app(call.path["app_id"])["id"]
    return {"webhooks": call.platform.apps.webhooks(app_id)}


def get(call: Call) -> Json:
    webhook = call.platform.state.webhooks.get(call.path["webhook_id"])
    if webhook is None:
        raise not_found("Webhook")
    return webhook


def update(call: Call) -> Json:
    webhook = get(call)
    changes = call.masked((*_FIELDS, "target"))
    if "target" in changes:
        if not changes["target"]:
            raise invalid("target", "Field is mandatory")
        call.platform.apps.require_free_target(
            webhook["app_id"], changes["target"], but=webhook["id"]
        )
    empty: dict[str, Any] = {"target_type": "HTTP", "triggers": [], "secret": ""}
    for name, value in changes.items():
        webhook[name] = empty.get(name) if value is None else value
    return webhook


def delete(call: Call) -> Json:
    del call.platform.state.webhooks[get(call)["id"]]
    return {}


ENDPOINTS = (
    Endpoint("GET", "/apps/{app_id}/webhooks", list_webhooks),
    Endpoint("POST", "/webhooks", create, CREATE),
    Endpoint("GET", "/webhooks/{webhook_id}", get),
    Endpoint("PATCH", "/webhooks/{webhook_id}", update, UPDATE),
    Endpoint("DELETE", "/webhooks/{webhook_id}", delete),
)
