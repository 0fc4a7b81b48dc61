"""Injection: adds messages and events from other systems to a conversation without sending them."""

from bot.emulator.api_error import Json, invalid
from bot.emulator.app_messages import APP_MESSAGE, IDENTITY
from bot.emulator.channels import DAY_S, normal_identity
from bot.emulator.endpoint import Call, Endpoint
from bot.emulator.routes.events import APP_EVENT
from bot.emulator.state import Event, Message
from bot.emulator.timestamps import parse_time, rfc3339
from bot.emulator.validation import Check, instant, json_object, number, one_word, record, text

_MAX_AGE_DAYS = 30

_coordinates = record({"latitude": number(-90, 90), "longitude": number(-180, 180)})
_CONTACT_KINDS: dict[str, Check] = {
    "text_message": record({"text": text()}),
    "media_message": record({"url": text()}),
    "media_card_message": record({"url": text()}, {"caption": text()}),
    "location_message": record({"coordinates": _coordinates}, {"title": text(), "label": text()}),
    "choice_response_message": record({"message_id": text(), "postback_data": text()}),
    "product_response_message": json_object,
    "channel_specific_message": json_object,
    "fallback_message": json_object,
}
CONTACT_MESSAGE = record(
    optional={"reply_to": record({"message_id": text()})}, one_of=_CONTACT_KINDS
)

_MODE = one_word(("CONVERSATION", "DISPATCH"))

MESSAGE = record(
    {
        "accept_time": instant,
        "channel_identity": IDENTITY,
        "contact_id": text(),
        "direction": one_word(("TO_APP", "TO_CONTACT")),
    },
    {
        "conversation_id": text(),
        "sender_id": text(),
        "processing_mode": _MODE,
        "metadata": text(most=1024),
    },
    one_of={"app_message": APP_MESSAGE, "contact_message": CONTACT_MESSAGE},
)
EVENT = record(
    {"app_event": APP_EVENT, "accept_time": instant},
    {
        "channel_identity": IDENTITY,
        "contact_id": text(),
        "conversation_id": text(),
        "processing_mode": _MODE,
    },
)


def inject_message(call: Call) -> Json:
    """Add a message to a conversation.

    A contact's message is also sent to the webhooks, marked as injected.
    """
    platform, body = call.platform, call.body
    conversation = platform.conversations.get(call.path["conversation_id"])
    to_app = body["direction"] == "TO_APP"
    if to_app != ("contact_message" in body):
        raise invalid("direction", "TO_APP needs a contact_message, TO_CONTACT an app_message")
    if body["contact_id"] != conversation["contact_id"]:
        raise invalid("contact_id", "the conversation belongs to another contact")
    channel = body["channel_identity"]["channel"]
    message = Message(
        id=platform.core.id(),
        app_id=conversation["app_id"],
        direction=body["direction"],
        mode="CONVERSATION",
        accept_at=_past(call, body),
        channel=channel,
        identity=normal_identity(channel, body["channel_identity"]["identity"]),
        contact_id=conversation["contact_id"],
        conversation_id=conversation["id"],
        metadata=body.get("metadata") or "",
        sender_id=body.get("sender_id") or "",
        injected=True,
        app_message=body.get("app_message"),
        contact_message=body.get("contact_message"),
    )
    platform.state.messages[message.id] = message
    if to_app:
        platform.incoming.tell(message, conversation)
    return {}


def inject_event(call: Call) -> Json:
    platform, body = call.platform, call.body
    conversation = platform.conversations.get(call.path["conversation_id"])
    given = body.get("channel_identity") or {"channel": "", "identity": ""}
    event = Event(
        id=platform.core.id(),
        app_id=conversation["app_id"],
        direction="TO_CONTACT",
        mode="CONVERSATION",
        accept_at=_past(call, body),
        channel=given["channel"],
        identity=given["identity"],
        body={"app_event": body["app_event"]},
        contact_id=conversation["contact_id"],
        conversation_id=conversation["id"],
    )
    platform.state.events[event.id] = event
    return {"event_id": event.id, "accepted_time": rfc3339(event.accept_at)}


def _past(call: Call, body: Json) -> float:
    """Return `accept_time`, which must be in the last 30 days."""
    at, now = parse_time(body["accept_time"]), call.platform.core.now()
    if not now - _MAX_AGE_DAYS * DAY_S <= at <= now:
        raise invalid("accept_time", f"must be within the last {_MAX_AGE_DAYS} days")
    return at


ENDPOINTS = (
    Endpoint("POST", "/conversations/{conversation_id}:inject-message", inject_message, MESSAGE),
    Endpoint("POST", "/conversations/{conversation_id}:inject-event", inject_event, EVENT),
)
