"""App events, such as a typing indicator, that an app sends to a channel besides messages.

Not every channel supports all events.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from bot.messages.app_message import Agent


class AppEvent(Struct, frozen=True):
    """An event from the app to a contact, for `Turn.send_event`.

    The event's JSON is the object `{kind: content}`.
    """

    kind: str
    content: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return the event as the JSON that `events:send` takes."""
        return {self.kind: dict(self.content)}


def composing() -> AppEvent:
    """Return an event that shows the contact a typing indicator until the next message or
    `composing_end`.
    """
    return AppEvent("composing_event", {})


def composing_end() -> AppEvent:
    """Return an event that ends the typing indicator of `composing`."""
    return AppEvent("composing_end_event", {})


def agent_joined(agent: Agent) -> AppEvent:
    """Return an event that reports to the channel that an agent has joined the conversation.

    A hand-over sends this event by itself.
    """
    return AppEvent("agent_joined_event", {"agent": agent.to_json()})


def agent_left(agent: Agent) -> AppEvent:
    """Return an event that reports to the channel that an agent has left the conversation.

    A hand-over sends this event by itself.
    """
    return AppEvent("agent_left_event", {"agent": agent.to_json()})


def generic_event(payload: Mapping[str, Any]) -> AppEvent:
    """Return an event with the app's own JSON, for channels that deliver such events."""
    return AppEvent("generic_event", {"payload": payload})


def comment_reply(text: str) -> AppEvent:
    """Return an event that answers a contact's comment. The channel shows the answer at the
    comment.
    """
    return AppEvent("comment_reply_event", {"text": text})
