"""Requests that send a message or an event to a contact, with the rules of their fields.

The platform answers a request that breaks a rule with status 400, or the delivery fails much later.
So all rules are checked before anything is sent.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import field

from bot.errors import MessageError
from bot.messages import channel_properties
from bot.messages.api_rules import (
    AGENT_TYPE,
    CHANNEL,
    CHANNELS,
    LINK,
    WORDS,
    Fields,
    Form,
    field_violations,
    one_of,
    over,
    unknown_channel,
)
from bot.messages.app_events import AppEvent, composing
from bot.messages.app_message import Message, Text
from bot.messages.choices import present

SEND, SEND_EVENT = "messages:send", "events:send"

MAX_CHARACTERS = {"message_metadata": 1024, "correlation_id": 128}
MAX_CONVERSATION_METADATA = 2048
"""Maximum number of characters of `conversation_metadata`, written as JSON without spaces."""

TTL_S = (3, 315_576_000_000)

QUEUE = one_of("NORMAL_PRIORITY", "HIGH_PRIORITY")
TEXT = Form("a text", lambda value: isinstance(value, str), required=False)
OBJECT = Form("a JSON object", lambda value: isinstance(value, Mapping))

_IDENTIFIED_BY: Fields = {
    "channel_identities": Form("a list", lambda it: isinstance(it, list)),
    "channel_identities[].channel": CHANNEL,
    "channel_identities[].identity": WORDS,
}
_COMMON: Fields = {
    "app_id": WORDS,
    "callback_url": LINK.or_none(),
    "queue": QUEUE,
}
SEND_FIELDS: Fields = {
    **_COMMON,
    "message_metadata": TEXT,
    "correlation_id": TEXT,
    "conversation_metadata": OBJECT.or_none(),
    "conversation_metadata_update_strategy": one_of("REPLACE", "MERGE_PATCH"),
    "processing_strategy": one_of("DEFAULT", "DISPATCH_ONLY"),
    "message_content_type": one_of("CONTENT_UNKNOWN", "CONTENT_MARKETING", "CONTENT_NOTIFICATION"),
}
EVENT_FIELDS: dict[str, Fields] = {
    "agent_joined_event": {"agent.type": AGENT_TYPE},
    "agent_left_event": {"agent.type": AGENT_TYPE},
    "generic_event": {"payload": OBJECT},
    "comment_reply_event": {"text": WORDS},
}


class SendRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A `messages:send` request.

    - `recipient`: the JSON object that `Address.recipient()` returns.
    - `message_metadata`: a text that the platform returns in the delivery reports.
    - `correlation_id`: a text that the platform returns in all callbacks about the message, and in
      callbacks about later inbound messages.
    - `conversation_metadata`: an object that the platform returns in later inbound messages. An
      empty object clears the stored metadata; None leaves the stored metadata unchanged.
    - `ttl_s`: seconds after which no other channel is tried.
    - `callback_url`: the URL that receives the delivery reports instead of the webhook.
    """

    app_id: str
    recipient: Mapping[str, Any]
    message: Message
    callback_url: str = ""
    channel_priority_order: Sequence[str] = ()
    channel_properties: Mapping[str, str] = field(default_factory=dict)
    message_metadata: str = ""
    conversation_metadata: Mapping[str, Any] | None = None
    conversation_metadata_update_strategy: str = ""
    queue: str = ""
    ttl_s: int | None = None
    processing_strategy: str = ""
    correlation_id: str = ""
    message_content_type: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the request's body."""
        found = present(
            app_id=self.app_id,
            recipient=dict(self.recipient),
            message=self.message.to_json(),
            callback_url=self.callback_url,
            channel_priority_order=list(self.channel_priority_order),
            channel_properties=dict(self.channel_properties),
            message_metadata=self.message_metadata,
            conversation_metadata_update_strategy=self.conversation_metadata_update_strategy,
            queue=self.queue,
            ttl=None if self.ttl_s is None else f"{self.ttl_s}s",
            processing_strategy=self.processing_strategy,
            correlation_id=self.correlation_id,
            message_content_type=self.message_content_type,
        )
        if self.conversation_metadata is not None:
            found["conversation_metadata"] = self.conversation_metadata
        return found

    def violations(self) -> Iterator[str]:
        """Yield an error for each field that breaks its rule. The message is not checked."""
        found = self.to_json()
        yield from field_violations(SEND_FIELDS, found, "request", SEND)
        yield from _who(self, SEND)
        for name, most in MAX_CHARACTERS.items():
            if name in found:
                yield from over(f"request.{name}", found[name], most, SEND)
        at = "request.channel_properties"
        yield from channel_properties.violations(self.channel_properties, at, SEND)
        if self.conversation_metadata:
            yield from _metadata(self.conversation_metadata)
        least, most = TTL_S
        if self.ttl_s is not None and not (type(self.ttl_s) is int and least <= self.ttl_s <= most):
            yield f"request.ttl: not a whole number of seconds from {least} to {most} ({SEND})"


class EventRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An `events:send` request. `event_metadata` is returned in the event's delivery reports."""

    app_id: str
    recipient: Mapping[str, Any]
    event: AppEvent
    callback_url: str = ""
    channel_priority_order: Sequence[str] = ()
    event_metadata: str = ""
    queue: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the request's body."""
        return present(
            app_id=self.app_id,
            recipient=dict(self.recipient),
            event=self.event.to_json(),
            callback_url=self.callback_url,
            channel_priority_order=list(self.channel_priority_order),
            event_metadata=self.event_metadata,
            queue=self.queue,
        )

    def violations(self) -> Iterator[str]:
        """Yield an error for each field that breaks its rule, in the request and in the event."""
        fields = {**_COMMON, "event_metadata": TEXT}
        yield from field_violations(fields, self.to_json(), "request", SEND_EVENT)
        yield from _who(self, SEND_EVENT)
        kind = self.event.kind
        fields = EVENT_FIELDS.get(kind, {})
        yield from field_violations(fields, self.event.content, f"event.{kind}", SEND_EVENT)


_OPTIONS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "channel_priority_order": ((list, tuple), "a list of channels: ['SMS']"),
    "channel_properties": (Mapping, "a mapping of texts: {'SMS_SENDER': 'Pizza'}"),
    "conversation_metadata": ((Mapping, type(None)), "a mapping: {'order': '5'}"),
    "ttl_s": ((int, type(None)), "a whole number of seconds, such as 600"),
}
"""The types of fields that are not texts, and the form that an error suggests for each field."""


def require_options(request: type[SendRequest | EventRequest], options: Mapping[str, Any]) -> None:
    """Check options of a request before its recipient and its content are known.

    Raises:
        MessageError: an option has the wrong type, or breaks its rule.
    """
    wrong = [
        f"{name} is {value!r}; it takes {form}."
        for name, value in options.items()
        for types, form in [_OPTIONS.get(name, (str, "a text"))]
        if not isinstance(value, types) or isinstance(value, bool)
    ]
    properties = options.get("channel_properties", {})
    for name, value in properties.items() if isinstance(properties, Mapping) else ():
        if not isinstance(name, str) or not isinstance(value, str):
            text = str(value).lower() if isinstance(value, bool) else str(value)
            wrong.append(
                f"channel_properties: {name!r} is {value!r}; names and values are texts:"
                f" {{{str(name)!r}: {text!r}}}."
            )
    if wrong:
        raise MessageError(wrong)
    to: dict[str, Any] = {"app_id": "app", "recipient": {"contact_id": "contact"}}
    content = Text("text") if request is SendRequest else composing()
    to["message" if request is SendRequest else "event"] = content
    if wrong := [*request(**to, **options).violations()]:
        raise MessageError(wrong)


def _who(request: SendRequest | EventRequest, path: str) -> Iterator[str]:
    recipient = request.recipient
    if ("contact_id" in recipient) == ("identified_by" in recipient):
        yield f"request.recipient: must have either contact_id or identified_by ({path})"
    elif "contact_id" in recipient:
        if not WORDS.fits(recipient["contact_id"]):
            yield f"request.recipient.contact_id: missing ({path})"
    else:
        at = "request.recipient.identified_by"
        yield from field_violations(_IDENTIFIED_BY, recipient["identified_by"], at, path)
    if not all(map(CHANNEL.fits, request.channel_priority_order)):
        yield f"request.channel_priority_order: an item is not {CHANNEL.words} ({path})"
    for channel in request.channel_priority_order:
        if CHANNEL.fits(channel) and channel not in CHANNELS:
            yield f"request.channel_priority_order: {unknown_channel(channel)} ({path})"


def _metadata(metadata: Mapping[str, Any]) -> Iterator[str]:
    at = "request.conversation_metadata"
    try:
        written = msgspec.json.encode(metadata).decode()
    except (TypeError, ValueError):
        yield f"{at}: it can't be written as JSON ({SEND})"
    else:
        yield from over(at, written, MAX_CONVERSATION_METADATA, SEND)
