"""The whole state of the emulator, as data that can be written to a file and read again.

Resources that the API returns unchanged are JSON objects. Messages and events are structs, because
their progress is stored, too. Times are Unix seconds.
"""

from typing import Any

import msgspec
from msgspec import field

from bot.emulator.api_error import Json


class Message(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A message in either direction. A message to the contact also has its delivery progress."""

    id: str
    app_id: str
    direction: str
    mode: str
    accept_at: float
    channel: str = ""
    identity: str = ""
    contact_id: str = ""
    conversation_id: str = ""
    metadata: str = ""
    sender_id: str = ""
    injected: bool = False
    removed: bool = False
    """Whether the message was deleted, so that it cannot be found.

    A delivery that has begun continues.
    """
    app_message: Json | None = None
    contact_message: Json | None = None
    status: str = ""
    route: list[tuple[str, str]] = field(default_factory=list)
    """The channels and identities that are still to be tried. The current channel is first."""
    callback_url: str = ""
    correlation_id: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    content_type: str = ""
    ttl_s: float | None = None
    answer: int | None = None
    """The status of the webhook's last response to the contact's message; 0 if there was no
    response.
    """
    reason: str = ""
    """The reason why a message to the contact has failed."""


class Event(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An event in either direction. `body` is `{"app_event": …}` or an event of the contact."""

    id: str
    app_id: str
    direction: str
    mode: str
    accept_at: float
    channel: str
    identity: str
    body: Json
    contact_id: str = ""
    conversation_id: str = ""
    metadata: str = ""
    callback_url: str = ""


class ShownChoice(msgspec.Struct, frozen=True):
    """A choice that the phone offers.

    `kind` is the key of the choice without `_message`, such as `url`. `card` is the title of the
    carousel card that has the choice.
    """

    kind: str
    label: str
    postback: str
    body: Json = field(default_factory=dict)
    card: str = ""


class Shown(msgspec.Struct, kw_only=True):
    """A message on a phone's screen.

    `text` is the visible text. `choices` are the choices that can be tapped. `choices` is empty if
    the channel shows choices as text. `message` is the part of `app_message` that this channel
    uses. `sender` is the sender of an SMS if the request names one. A `flash` message is shown at
    once and not stored.
    """

    message_id: str
    at: float
    kind: str
    native: bool
    text: str
    choices: list[ShownChoice]
    message: Json
    app_message: Json
    status: str
    sender: str = ""
    flash: bool = False


class Delivery(msgspec.Struct, kw_only=True):
    """A callback that is being delivered to one target."""

    app_id: str
    trigger: str
    target: str
    id: str = ""
    body: str = ""
    secret: str = ""
    attempt: int = 0
    nonce: str = ""
    signed_at: int = 0
    client_credentials: dict[str, Any] | None = None


class Drain(msgspec.Struct, tag="drain"):
    """Work: hand the next message of this app to its channel."""

    app_id: str


class Step(msgspec.Struct, tag="step"):
    """Work: move a message to this status on this channel."""

    message_id: str
    channel: str
    status: str
    reason: str = ""
    sub_code: str = ""
    channel_code: str = ""


class EventStep(msgspec.Struct, tag="event"):
    """Work: set this status for an event to the contact."""

    event_id: str
    status: str


class Deadline(msgspec.Struct, tag="deadline"):
    """Work: try the message's next channel, if `channel` has not reported DELIVERED."""

    message_id: str
    channel: str


class Attempt(msgspec.Struct, tag="attempt"):
    """Work: post a callback."""

    delivery: Delivery


Work = Drain | Step | EventStep | Deadline | Attempt


class Due(msgspec.Struct, order=True):
    """Work that is due at a time. Work for the same time is done in the order of `sequence`."""

    at: float
    sequence: int
    work: Work


class SentFile(msgspec.Struct):
    """A file that a phone has sent. `mime_type` is derived from the file's name."""

    content: bytes
    mime_type: str


class State(msgspec.Struct, kw_only=True):
    """All data that survives a restart."""

    apps: dict[str, Json] = field(default_factory=dict)
    webhooks: dict[str, Json] = field(default_factory=dict)
    contacts: dict[str, Json] = field(default_factory=dict)
    conversations: dict[str, Json] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    shown: dict[str, list[Shown]] = field(default_factory=dict)
    """The messages on each phone's screen, by the phone's key."""
    last_inbound: dict[str, float] = field(default_factory=dict)
    """When each phone last sent a message, by the phone's key."""
    identity_metadata: dict[str, Json] = field(default_factory=dict)
    """The conversation metadata and correlation id of each identity, in DISPATCH mode."""
    opted_out: dict[str, list[str]] = field(default_factory=dict)
    """The opted-out identities, by app and list."""
    files: dict[str, SentFile] = field(default_factory=dict)
    """The latest files that phones have sent, by their paths below `/files/`."""
    consent_records: dict[str, list[Json]] = field(default_factory=dict)
    """The changes of consent, by app and identity."""
    outgoing: dict[str, list[str]] = field(default_factory=dict)
    """The messages that wait for their channel, by app, the next message first."""
    urgent: dict[str, list[str]] = field(default_factory=dict)
    """Waiting messages with high priority, by app. They are sent before the messages in
    `outgoing`.
    """
    typing: set[str] = field(default_factory=set)
    """The phones that show that somebody is typing."""
    settings: Json = field(default_factory=dict)
    token_series: int = 0
    """The current series of tokens. Tokens of an earlier series have expired."""
    ahead_s: float = 0.0
    """The time by which `bot dev` has moved its clock forward, in seconds."""
    due: list[Due] = field(default_factory=list)
    sequence: int = 0


def phone_key(app_id: str, channel: str, identity: str) -> str:
    """Return the key of a phone: an identity on one channel of one app."""
    return f"{app_id}/{channel}/{identity}"
