"""What happens in a conversation apart from what the bot says: what a contact does on its phone,
time, and events.

They are data, so that a conversation can be written down, played, shortened and played again.
"""

from dataclasses import dataclass, field
from typing import Any

from bot.emulator import actions


@dataclass(frozen=True, slots=True)
class Delivers:
    """From now on messages reach the contact, or fail with the code `failed`."""

    failed: str = ""


@dataclass(frozen=True, slots=True)
class Waits:
    """Time that passes, in whole seconds."""

    seconds: int


@dataclass(frozen=True, slots=True)
class ReceivesEvent:
    """An event of the author's own, as by `client.trigger`."""

    name: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StartsFlow:
    """A flow that is started for the contact, in `state` or its first state; see `client.start`."""

    flow: str
    data: dict[str, Any] = field(default_factory=dict)
    state: str = ""


@dataclass(frozen=True, slots=True)
class AnswersSecret:
    """An answer that is in no log, because the question is secret: a text that its parser takes."""


Action = actions.Action | Delivers | Waits | ReceivesEvent | StartsFlow | AnswersSecret
