"""What the app lets a channel know beside messages: that it writes, who has come in, and the like.

Not every channel has each of them.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from bot.messages.app_message import Agent


class AppEvent(Struct, frozen=True):
    """An event from the app to a contact, for `Turn.signal`: `content` is the JSON object under the
    key `kind`.
    """

    kind: str
    content: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The event as `events:send` takes it."""
        return {self.kind: dict(self.content)}


def composing() -> AppEvent:
    """Shows the contact that an answer is being written, until a message or `composing_end`."""
    return AppEvent("composing_event", {})


def composing_end() -> AppEvent:
    """Takes back `composing`."""
    return AppEvent("composing_end_event", {})


def agent_joined(agent: Agent) -> AppEvent:
    """Tells the channel who has come into the conversation; a hand-over sends it by itself."""
    return AppEvent("agent_joined_event", {"agent": agent.to_json()})


def agent_left(agent: Agent) -> AppEvent:
    """Tells the channel who has left the conversation; a hand-over sends it by itself."""
    return AppEvent("agent_left_event", {"agent": agent.to_json()})


def generic_event(payload: Mapping[str, Any]) -> AppEvent:
    """An event of the app's own, for channels that pass one on."""
    return AppEvent("generic_event", {"payload": payload})


def comment_reply(text: str) -> AppEvent:
    """Answers the comment that the contact made, where it was made."""
    return AppEvent("comment_reply_event", {"text": text})
