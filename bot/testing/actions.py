"""The actions of a simulated conversation: a contact's actions on its phone, waits, and events.

Actions are data, so that a conversation can be written to a file, shortened, and played again.
"""

from dataclasses import dataclass, field
from typing import Any

from bot.emulator import actions


@dataclass(frozen=True, slots=True)
class Delivers:
    """Let messages reach the contact from now on.

    If `failed` is set, messages fail with this code instead.
    """

    failed: str = ""


@dataclass(frozen=True, slots=True)
class Waits:
    """Let this number of seconds pass."""

    seconds: int


@dataclass(frozen=True, slots=True)
class ReceivesEvent:
    """Trigger one of the author's own events for the contact, as `client.trigger` does."""

    name: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StartsFlow:
    """Start a flow for the contact, as `client.start` does.

    Without `state`, the flow begins in its first state.
    """

    flow: str
    data: dict[str, Any] = field(default_factory=dict)
    state: str = ""


@dataclass(frozen=True, slots=True)
class AnswersSecret:
    """Answer a secret question with any text that its parser accepts.

    Conversations from a log use this action, because logs do not contain the real answer.
    """


Action = actions.Action | Delivers | Waits | ReceivesEvent | StartsFlow | AnswersSecret
