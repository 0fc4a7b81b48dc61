"""Messages: send, list, change, delete and transcode."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.emulator.api_error import Json, Violation, invalid, not_found
from bot.emulator.app_messages import APP_MESSAGE, PRIORITY, RECIPIENT
from bot.emulator.channels import CHANNELS, normal_identity
from bot.emulator.endpoint import Call, Endpoint
from bot.emulator.history import is_kept, kept_messages, message_json, message_order
from bot.emulator.pagination import page
from bot.emulator.state import Message
from bot.emulator.timestamps import parse_time, rfc3339
from bot.emulator.transcoding import transcode
from bot.emulator.validation import items, json_object, mapping, number, one_word, record, text

_SOURCES = ("CONVERSATION_SOURCE", "DISPATCH_SOURCE")
_DIRECTIONS = ("TO_APP", "TO_CONTACT")
_TTL_LEAST_S, _TTL_MOST_S = 3, 315_576_000_000


def _ttl(value: Any, at: str) -> Iterator[Violation]:
    digits = value.removesuffix("s") if isinstance(value, str) and value.endswith("s") else ""
    if not digits.isdecimal() or not _TTL_LEAST_S <= int(digits) <= _TTL_MOST_S:
        yield Violation(at, 'must be a duration from "3s" to "315576000000s"')


def _conversation_metadata(value: Any, at: str) -> Iterator[Violation]:
    yield from json_object(value, at)
    if len(json.dumps(value, ensure_ascii=False, separators=(",", ":"))) > 2048:
        yield Violation(at, "must be at most 2048 characters long as JSON")


SEND = record(
    {"app_id": text(), "recipient": RECIPIENT, "message": APP_MESSAGE},
    {
        "callback_url": text(),
        "channel_priority_order": PRIORITY,
        "channel_properties": mapping(None, text(most=1024)),
        "message_metadata": text(most=1024),
        "conversation_metadata": _conversation_metadata,
        "conversation_metadata_update_strategy": one_word(("REPLACE", "MERGE_PATCH")),
        "queue": one_word(("NORMAL_PRIORITY", "HIGH_PRIORITY")),
        "ttl": _ttl,
        "processing_strategy": one_word(("DEFAULT", "DISPATCH_ONLY")),
        "correlation_id": text(most=128),
        "message_content_type": one_word(
            ("CONTENT_UNKNOWN", "CONTENT_MARKETING", "CONTENT_NOTIFICATION")
        ),
    },
)

UPDATE = record(optional={"metadata": text(most=1024)})
FETCH_LAST = record(
    optional={
        "app_id": text(),
        "messages_source": one_word(_SOURCES),
        "channel_identities": items(text(empty=False)),
        "contact_ids": items(text(empty=False)),
        "channel": one_word(CHANNELS),
        "direction": one_word(_DIRECTIONS),
        "view": one_word(("WITH_METADATA", "WITHOUT_METADATA")),
        "start_time": text(),
        "end_time": text(),
        "page_size": number(0, 1000, whole=True),
        "page_token": text(),
    }
)
TRANSCODE = record(
    {
        "app_id": text(),
        "app_message": APP_MESSAGE,
        "channels": items(one_word(CHANNELS), least=1),
    },
    {"from": text(), "to": text()},
)


def send(call: Call) -> Json:
    message = call.platform.outgoing.send(call.body)
    return {"message_id": message.id, "accepted_time": rfc3339(message.accept_at)}


def list_messages(call: Call) -> Json:
    wanted = _Filter(call.query)
    found, token = page(
        (one for one in kept_messages(call.platform.core, wanted.source) if wanted.has(one)),
        message_order,
        call.query,
        newest_first=True,
    )
    messages = [message_json(message, metadata=wanted.metadata) for message in found]
    return {"messages": messages, "next_page_token": token}


def fetch_last(call: Call) -> Json:
    """Return the newest message of each requested identity or contact."""
    identities = call.body.get("channel_identities") or []
    contacts = call.body.get("contact_ids") or []
    if bool(identities) == bool(contacts):
        raise invalid("channel_identities", "either channel_identities or contact_ids must be set")
    wanted = _Filter(
        {name: value for name, value in call.body.items() if name != "channel_identity"}
    )
    last: dict[str, Message] = {}
    for message in kept_messages(call.platform.core, wanted.source):
        key = message.contact_id if contacts else message.identity
        asked = [normal_identity(message.channel or "SMS", one) for one in identities]
        if key in (contacts or asked) and wanted.has(message):
            last[key] = max(last.get(key, message), message, key=message_order)
    found, token = page(last.values(), message_order, call.body, newest_first=True)
    messages = [message_json(message, metadata=wanted.metadata) for message in found]
    return {"messages": messages, "next_page_token": token}


def get(call: Call) -> Json:
    return message_json(_message(call))


def update(call: Call) -> Json:
    message = _message(call)
    message.metadata = call.body.get("metadata") or ""
    return message_json(message)


def delete(call: Call) -> Json:
    _message(call).removed = True
    return {}


def transcode_message(call: Call) -> Json:
    call.platform.core.app(call.body["app_id"])
    sender, to = call.body.get("from"), call.body.get("to")
    message = call.body["app_message"]
    channels = call.body["channels"]
    return {"transcoded_message": {one: transcode(message, one, sender, to) for one in channels}}


def _message(call: Call) -> Message:
    """Return the message that the path names, from the source that the query names."""
    wanted = call.path["message_id"]
    message = call.platform.state.messages.get(wanted)
    source = _Filter({"messages_source": call.query.get("messages_source")}).source
    mode = "DISPATCH" if source == "DISPATCH_SOURCE" else "CONVERSATION"
    if message is None or message.mode != mode or not is_kept(call.platform.core, message):
        raise not_found("Message")
    return message


class _Filter:
    """The conditions of a list request."""

    def __init__(self, query: Mapping[str, Any]) -> None:
        self.source = _word(query, "messages_source", _SOURCES)
        view = _word(query, "view", ("WITH_METADATA", "WITHOUT_METADATA"))
        self.metadata = view != "WITHOUT_METADATA"
        self._channel = _word(query, "channel", tuple(CHANNELS))
        self._direction = _word(query, "direction", _DIRECTIONS)
        if str(query.get("only_recipient_originated") or "").lower() == "true":
            self._direction = "TO_APP"
        self._identity = query.get("channel_identity")
        self._equal = {
            name: query[name]
            for name in ("conversation_id", "contact_id", "app_id")
            if query.get(name)
        }
        self._start = _instant(query, "start_time")
        self._end = _instant(query, "end_time")

    def has(self, message: Message) -> bool:
        if self._channel and message.channel != self._channel:
            return False
        if self._direction and message.direction != self._direction:
            return False
        if self._identity and not _is_identity(message, self._identity):
            return False
        if any(getattr(message, name) != value for name, value in self._equal.items()):
            return False
        if self._start is not None and message.accept_at < self._start:
            return False
        return self._end is None or message.accept_at <= self._end


def _is_identity(message: Message, identity: str) -> bool:
    return not message.channel or message.identity == normal_identity(message.channel, identity)


def _word(query: Mapping[str, Any], name: str, words: Sequence[str]) -> str | None:
    value = query.get(name)
    if value and value not in words:
        raise invalid(name, f"must be one of {', '.join(words)}")
    return value or None


def _instant(query: Mapping[str, Any], name: str) -> float | None:
    value = query.get(name)
    if not value:
        return None
    try:
        return parse_time(value)
    except ValueError:
        raise invalid(name, "must be an RFC 3339 timestamp") from None


ENDPOINTS = (
    Endpoint("POST", "/messages:send", send, SEND),
    Endpoint("POST", "/messages:fetch-last-message", fetch_last, FETCH_LAST),
    Endpoint("POST", "/messages:transcode", transcode_message, TRANSCODE),
    Endpoint("GET", "/messages", list_messages),
    Endpoint("GET", "/messages/{message_id}", get),
    Endpoint("PATCH", "/messages/{message_id}", update, UPDATE),
    Endpoint("DELETE", "/messages/{message_id}", delete),
)
