"""Events: send, list and delete."""

from bot.emulator.api_error import Json, not_found
from bot.emulator.app_messages import AGENT, PRIORITY, RECIPIENT
from bot.emulator.endpoint import Call, Endpoint
from bot.emulator.history import is_kept, message_order
from bot.emulator.incoming import event_body
from bot.emulator.pagination import page
from bot.emulator.state import Event
from bot.emulator.timestamps import rfc3339
from bot.emulator.validation import json_object, one_word, record, text

_agent = record({"agent": AGENT})

APP_EVENT = record(
    one_of={
        "composing_event": json_object,
        "composing_end_event": json_object,
        "agent_joined_event": _agent,
        "agent_left_event": _agent,
        "generic_event": record({"payload": json_object}),
        "comment_reply_event": record({"text": text(empty=False)}),
    }
)

SEND = record(
    {"app_id": text(), "recipient": RECIPIENT, "event": APP_EVENT},
    {
        "callback_url": text(),
        "channel_priority_order": PRIORITY,
        "event_metadata": text(most=1024),
        "queue": one_word(("NORMAL_PRIORITY", "HIGH_PRIORITY")),
    },
)


def send(call: Call) -> Json:
    event = call.platform.outgoing_events.send(call.body)
    return {"event_id": event.id, "accepted_time": rfc3339(event.accept_at)}


def list_events(call: Call) -> Json:
    wanted = {
        name: call.query[name] for name in ("conversation_id", "contact_id") if call.query.get(name)
    }
    events = [
        event
        for event in call.platform.state.events.values()
        if is_kept(call.platform.core, event)
        and all(getattr(event, name) == value for name, value in wanted.items())
    ]
    found, token = page(events, message_order, call.query, newest_first=True)
    return {"events": [event_body(event) for event in found], "next_page_token": token}


def get(call: Call) -> Json:
    return event_body(_event(call))


def delete(call: Call) -> Json:
    del call.platform.state.events[_event(call).id]
    return {}


def _event(call: Call) -> Event:
    event = call.platform.state.events.get(call.path["event_id"])
    if event is None or not is_kept(call.platform.core, event):
        raise not_found("Event")
    return event


ENDPOINTS = (
    Endpoint("POST", "/events:send", send, SEND),
    Endpoint("GET", "/events", list_events),
    Endpoint("GET", "/events/{event_id}", get),
    Endpoint("DELETE", "/events/{event_id}", delete),
)
