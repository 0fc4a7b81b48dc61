"""Conversations: list, change, stop and delete."""

from collections.abc import Iterator
from typing import Any

from bot.emulator.api_error import Json, invalid
from bot.emulator.channels import CHANNELS
from bot.emulator.conversations import merge_patch
from bot.emulator.endpoint import Call, Endpoint
from bot.emulator.history import is_kept, message_json, message_order
from bot.emulator.pagination import page
from bot.emulator.state import Message
from bot.emulator.validation import Check, flag, json_object, one_word, record, text

_FIELDS: dict[str, Check] = {
    "active": flag,
    "active_channel": one_word(CHANNELS),
    "metadata": text(most=1024),
    "metadata_json": json_object,
    "correlation_id": text(most=128),
}
_EMPTY: dict[str, Any] = {
    "active": False,
    "active_channel": "CHANNEL_UNSPECIFIED",
    "metadata_json": {},
}

CREATE = record({"app_id": text(), "contact_id": text()}, _FIELDS)
UPDATE = record(optional={**_FIELDS, "app_id": text(), "contact_id": text()})


def create(call: Call) -> Json:
    platform = call.platform
    app_id = platform.core.app(call.body["app_id"])["id"]
    contact_id = platform.contacts.get(call.body["contact_id"])["id"]
    if call.body.get("active") and platform.conversations.active(app_id, contact_id):
        raise invalid("active", "the contact has an active conversation with the app already")
    return platform.conversations.add(call.body)


def list_conversations(call: Call) -> Json:
    if not (call.query.get("app_id") or call.query.get("contact_id")):
        raise invalid("app_id", "app_id or contact_id must be set")
    wanted = list(_wanted(call))
    found, token = page(wanted, lambda one: str(one["id"]), call.query)
    return {"conversations": found, "next_page_token": token, "total_size": len(wanted)}


def recent(call: Call) -> Json:
    """Return conversations with their last message, by default the newest message first."""
    if not call.query.get("app_id"):
        raise invalid("app_id", "Field is mandatory")
    order = call.query.get("order") or "DESC"
    if order not in ("ASC", "DESC"):
        raise invalid("order", "must be one of ASC, DESC")
    last: dict[str, Message] = {}
    for message in call.platform.state.messages.values():
        if is_kept(call.platform.core, message):
            before = last.get(message.conversation_id, message)
            last[message.conversation_id] = max(before, message, key=message_order)
    pairs = [(one, last[one["id"]]) for one in _wanted(call) if one["id"] in last]
    found, token = page(
        pairs, lambda pair: message_order(pair[1]), call.query, newest_first=order == "DESC"
    )
    return {
        "conversations": [
            {"conversation": one, "last_message": message_json(message)} for one, message in found
        ],
        "next_page_token": token,
        "total_size": len(pairs),
    }


def get(call: Call) -> Json:
    return call.platform.conversations.get(call.path["conversation_id"])


def update(call: Call) -> Json:
    conversations = call.platform.conversations
    conversation = conversations.get(call.path["conversation_id"])
    strategy = call.query.get("metadata_update_strategy") or "REPLACE"
    if strategy not in ("REPLACE", "MERGE_PATCH"):
        raise invalid("metadata_update_strategy", "must be one of REPLACE, MERGE_PATCH")
    changes = call.masked(tuple(_FIELDS))
    if "active" in changes:
        change = conversations.resume if changes.pop("active") else conversations.stop
        change(conversation)
    for name, value in changes.items():
        if name == "metadata_json" and value is not None and strategy == "MERGE_PATCH":
            value = merge_patch(conversation["metadata_json"], value)
        conversation[name] = _EMPTY.get(name, "") if value is None else value
    return conversation


def delete(call: Call) -> Json:
    conversations = call.platform.conversations
    conversations.remove(conversations.get(call.path["conversation_id"]))
    return {}


def stop(call: Call) -> Json:
    conversations = call.platform.conversations
    conversations.stop(conversations.get(call.path["conversation_id"]))
    return {}


def _wanted(call: Call) -> Iterator[Json]:
    only_active = str(call.query.get("only_active") or "").lower() == "true"
    equal = {
        name: call.query[name]
        for name in ("app_id", "contact_id", "active_channel")
        if call.query.get(name)
    }
    for conversation in call.platform.state.conversations.values():
        if only_active and not conversation["active"]:
            continue
        if all(conversation[name] == value for name, value in equal.items()):
            yield conversation


ENDPOINTS = (
    Endpoint("GET", "/conversations", list_conversations),
    Endpoint("POST", "/conversations", create, CREATE),
    Endpoint("GET", "/conversations:recent", recent),
    Endpoint("POST", "/conversations/{conversation_id}:stop", stop),
    Endpoint("GET", "/conversations/{conversation_id}", get),
    Endpoint("PATCH", "/conversations/{conversation_id}", update, UPDATE),
    Endpoint("DELETE", "/conversations/{conversation_id}", delete),
)
