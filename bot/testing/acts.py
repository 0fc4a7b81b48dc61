"""What happens in a conversation apart from what the bot says: a contact's acts, time, and events.

They are data, so that a conversation can be written down, played, shortened and played again.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Says:
    """A text; with `twice` its callback comes a second time."""

    text: str
    twice: bool = False


@dataclass(frozen=True, slots=True)
class Taps:
    """A tap on the newest option with this label, or with `old` on the oldest one; on the card with
    this title, where several have it.
    """

    label: str
    old: bool = False
    twice: bool = False
    card: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """A choice response with any postback, as from a button of long ago or none of ours."""

    postback: str


@dataclass(frozen=True, slots=True)
class SendsLocation:
    latitude: float
    longitude: float
    title: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class SendsMedia:
    url: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Reacts:
    """A reaction to the newest message."""

    emoji: str


@dataclass(frozen=True, slots=True)
class Reads:
    """Reading all that is shown."""


@dataclass(frozen=True, slots=True)
class Delivers:
    """From now on messages reach the contact, or fail with the code `failed`."""

    failed: str = ""


@dataclass(frozen=True, slots=True)
class Waits:
    """Time that passes, in whole seconds."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Happens:
    """An event of the author's own, as by `bot.trigger`."""

    name: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Starts:
    """A flow that is begun for the contact, as by `bot.start`."""

    flow: str
    data: dict[str, Any] = field(default_factory=dict)


Act = (
    Says
    | Taps
    | Answers
    | SendsLocation
    | SendsMedia
    | Reacts
    | Reads
    | Delivers
    | Waits
    | Happens
    | Starts
)
