"""Writes the Postman collection of requests to the Conversation API: `make postman`.

    python docs/postman.py

The messages and events are the samples of the tests. Variables are for project, app and key; the
first request gets a token, and later ones use what earlier ones were answered.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "tests" / "payloads"
COLLECTION = ROOT / "docs" / "sinch.postman_collection.json"

Json = dict[str, Any]

VARIABLES = {
    "api_url": "https://eu.conversation.api.sinch.com",
    "auth_url": "https://auth.sinch.com",
    "project_id": "",
    "app_id": "",
    "key_id": "",
    "key_secret": "",
    "channel": "SMS",
    "identity": "+46700000001",
    "webhook_url": "https://bot.example.com/postman",
}
"""What is filled in; requests set further ones."""

RECIPIENT = {
    "identified_by": {
        "channel_identities": [{"channel": "{{channel}}", "identity": "{{identity}}"}]
    }
}


def collection() -> Json:
    """Return the whole collection, in Postman's format 2.1."""
    return {
        "info": {
            "name": "Sinch Conversation API, as conversation-bot uses it",
            "description": (
                "Fill in the variables project_id, app_id, key_id and key_secret, and run the"
                " requests from the first to the last. With `bot emulator`, api_url and auth_url"
                " are the address that it prints."
            ),
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        "auth": {"type": "bearer", "bearer": [_entry("token", "{{token}}")]},
        "variable": [{"key": key, "value": value} for key, value in VARIABLES.items()],
        "item": [
            _token(),
            _folder("Messages", _messages()),
            _folder("Events", _events()),
            _folder("Contacts and conversations", _contacts()),
            _folder("App and webhooks", _app()),
        ],
    }


def _messages() -> Iterator[Json]:
    for path in sorted((SAMPLES / "messages").glob("*.json")):
        message = json.loads(path.read_text())
        body = {"app_id": "{{app_id}}", "recipient": RECIPIENT, "message": message}
        yield _call(f"Send {_title(path.stem)}", "POST", "/messages:send", body, ["message_id"])
    body = {"app_id": "{{app_id}}", "recipient": RECIPIENT}
    text = {"text_message": {"text": "Your order is ready."}}
    more = {
        "message": text,
        "message_metadata": "order=7",
        "ttl": "86400s",
        "queue": "HIGH_PRIORITY",
        "channel_properties": {"SMS_FLASH_MESSAGE": "true"},
    }
    yield _call("Send with further fields", "POST", "/messages:send", body | more, ["message_id"])
    yield _call("List messages", "GET", "/messages?app_id={{app_id}}&page_size=10")
    transcode = {
        "app_id": "{{app_id}}",
        "app_message": text,
        "channels": ["{{channel}}"],
        "from": "{{app_id}}",
        "to": "{{identity}}",
    }
    yield _call("Show what a channel makes of a message", "POST", "/messages:transcode", transcode)


def _events() -> Iterator[Json]:
    for path in sorted((SAMPLES / "requests").glob("event.*.json")):
        event = json.loads(path.read_text())["event"]
        body = {"app_id": "{{app_id}}", "recipient": RECIPIENT, "event": event}
        yield _call(f"Send {_title(path.stem.partition('.')[2])}", "POST", "/events:send", body)


def _contacts() -> Iterator[Json]:
    identity = {"channel": "SMS", "identity": "+46700009999"}
    body = {"channel_identities": [identity], "language": "EN_GB", "display_name": "Ada"}
    contact = "/contacts/{{contact_id}}"
    yield _call("Create a contact", "POST", "/contacts", body, {"contact_id": "id"})
    yield _call("Get the contact", "GET", contact)
    mask = "?update_mask=display_name"
    yield _call("Rename the contact", "PATCH", contact + mask, {"display_name": "Ada L."})
    yield _call("List contacts", "GET", "/contacts?page_size=10")
    yield _call("List conversations", "GET", "/conversations?app_id={{app_id}}&page_size=10")
    ask = {"app_id": "{{app_id}}", "recipient": {"contact_id": "{{contact_id}}"}}
    yield _call("Ask what the contact's phone can do", "POST", "/capability:query", ask)
    yield _call("Delete the contact", "DELETE", contact)


def _app() -> Iterator[Json]:
    yield _call("Get the app", "GET", "/apps/{{app_id}}")
    yield _call("List the app's webhooks", "GET", "/apps/{{app_id}}/webhooks")
    body = {
        "app_id": "{{app_id}}",
        "target": "{{webhook_url}}",
        "target_type": "HTTP",
        "secret": "a long random text",
        "triggers": ["MESSAGE_INBOUND", "MESSAGE_DELIVERY"],
    }
    webhook = "/webhooks/{{webhook_id}}"
    yield _call("Create a webhook", "POST", "/webhooks", body, {"webhook_id": "id"})
    mask = "?update_mask=triggers"
    yield _call("Change its triggers", "PATCH", webhook + mask, {"triggers": ["MESSAGE_INBOUND"]})
    yield _call("Delete the webhook", "DELETE", webhook)


def _token() -> Json:
    request = {
        "method": "POST",
        "url": _url("{{auth_url}}/oauth2/token"),
        "auth": {
            "type": "basic",
            "basic": [_entry("username", "{{key_id}}"), _entry("password", "{{key_secret}}")],
        },
        "body": {
            "mode": "urlencoded",
            "urlencoded": [_entry("grant_type", "client_credentials")],
        },
    }
    return _item("Get a token", request, {"token": "access_token"})


def _call(
    name: str,
    method: str,
    path: str,
    body: Json | None = None,
    keeps: Sequence[str] | Mapping[str, str] = (),
) -> Json:
    """A request under the project. `keeps` are fields of its answer, by the variable to set."""
    request: Json = {"method": method, "url": _url("{{api_url}}/v1/projects/{{project_id}}" + path)}
    if body is not None:
        request["header"] = [{"key": "Content-Type", "value": "application/json"}]
        request["body"] = {"mode": "raw", "raw": json.dumps(body, indent=2, ensure_ascii=False)}
    fields = keeps if isinstance(keeps, Mapping) else {name: name for name in keeps}
    return _item(name, request, fields)


def _item(name: str, request: Json, keeps: Mapping[str, str]) -> Json:
    script = [
        'pm.test("is taken", () => pm.expect(pm.response.code).to.be.within(200, 299));',
        *(
            f'pm.collectionVariables.set("{variable}", pm.response.json().{field});'
            for variable, field in keeps.items()
        ),
    ]
    test = {"listen": "test", "script": {"type": "text/javascript", "exec": script}}
    return {"name": name, "event": [test], "request": request}


def _url(text: str) -> Json:
    """A URL as Postman wants it; `raw` alone is all that is read on import."""
    base, _, query = text.partition("?")
    host, *path = base.split("/")
    url: Json = {"raw": text, "host": [host], "path": path}
    if query:
        pairs = (each.partition("=") for each in query.split("&"))
        url["query"] = [{"key": key, "value": value} for key, _, value in pairs]
    return url


def _folder(name: str, items: Iterator[Json]) -> Json:
    return {"name": name, "item": list(items)}


def _entry(key: str, value: str) -> Json:
    return {"key": key, "value": value, "type": "string"}


def _title(stem: str) -> str:
    return stem.replace("_", " ")


def as_text() -> str:
    """Return the collection as its file has it."""
    return json.dumps(collection(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    COLLECTION.write_text(as_text(), encoding="utf-8")
