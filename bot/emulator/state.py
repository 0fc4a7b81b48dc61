"""All that the emulator knows, as data that can be written to a file and read back.

Resources that the API gives out as they are stay JSON objects; messages and events, which have a
progress of their own, are structs. Instants are Unix seconds.
"""

from typing import Any

import msgspec
from msgspec import field

from bot.emulator.api_error import Json


class Message(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A message of either direction; for one to the contact, also how far it has come."""

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
    """Whether it is no longer to be found; what is under way is sent all the same."""
    app_message: Json | None = None
    contact_message: Json | None = None
    status: str = ""
    route: list[tuple[str, str]] = field(default_factory=list)
    """The channels and identities still to be tried, the present one first."""
    callback_url: str = ""
    correlation_id: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    content_type: str = ""
    ttl_s: float | None = None
    answer: int | None = None
    """The status that the webhook last gave for a contact's message; 0 if it did not answer."""
    reason: str = ""
    """Why a message to the contact has failed."""


class Event(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An event of either direction; `body` is `{"app_event": …}` or one of the contact's."""

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
    """A choice as the phone offers it. `kind` is its key without `_message`, such as `url`; `card`
    is the title of the carousel's card that it is on.
    """

    kind: str
    label: str
    postback: str
    body: Json = field(default_factory=dict)
    card: str = ""


class Shown(msgspec.Struct, kw_only=True):
    """One message on a phone's screen.

    `text` is what can be read, `choices` what can be tapped: empty where the channel shows the
    choices as text. `message` is the part of `app_message` that this channel uses. `sender` is
    whom an SMS comes from, where its request says so; one that is `flash` is shown at once and
    not kept.
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
    """A callback on its way to one target."""

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
    """Time to hand the next message of this app to its channel."""

    app_id: str


class Step(msgspec.Struct, tag="step"):
    """A message reaches this status on this channel."""

    message_id: str
    channel: str
    status: str
    reason: str = ""
    sub_code: str = ""
    channel_code: str = ""


class EventStep(msgspec.Struct, tag="event"):
    """An event to the contact reaches this status."""

    event_id: str
    status: str


class Deadline(msgspec.Struct, tag="deadline"):
    """Time to try the next channel, unless the message was delivered on this one."""

    message_id: str
    channel: str


class Attempt(msgspec.Struct, tag="attempt"):
    """Time to post a callback."""

    delivery: Delivery


Work = Drain | Step | EventStep | Deadline | Attempt


class Due(msgspec.Struct, order=True):
    """Something to be done at an instant; of two at the same, the one queued first."""

    at: float
    sequence: int
    work: Work


class SentFile(msgspec.Struct):
    """A file that a phone has sent; `mime_type` is that of its name."""

    content: bytes
    mime_type: str


class State(msgspec.Struct, kw_only=True):
    """Everything that outlives a restart."""

    apps: dict[str, Json] = field(default_factory=dict)
    webhooks: dict[str, Json] = field(default_factory=dict)
    contacts: dict[str, Json] = field(default_factory=dict)
    conversations: dict[str, Json] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    shown: dict[str, list[Shown]] = field(default_factory=dict)
    """What each phone shows, by its key."""
    last_inbound: dict[str, float] = field(default_factory=dict)
    """When the contact last wrote from this phone, by its key."""
    identity_metadata: dict[str, Json] = field(default_factory=dict)
    """Conversation metadata and correlation id kept on an identity, in DISPATCH mode."""
    opted_out: dict[str, list[str]] = field(default_factory=dict)
    """Identities, by app and list."""
    files: dict[str, SentFile] = field(default_factory=dict)
    """The last files that phones have sent, by their paths below `/files/`."""
    consent_records: dict[str, list[Json]] = field(default_factory=dict)
    """Changes of consent, by app and identity."""
    outgoing: dict[str, list[str]] = field(default_factory=dict)
    """Messages waiting for their channel, by app, the next first."""
    urgent: dict[str, list[str]] = field(default_factory=dict)
    """The same, of high priority."""
    typing: set[str] = field(default_factory=set)
    """Phones that show that somebody is typing."""
    settings: Json = field(default_factory=dict)
    token_series: int = 0
    """Tokens of an earlier series are expired."""
    ahead_s: float = 0.0
    """How far the clock of `bot dev` has been moved forward."""
    due: list[Due] = field(default_factory=list)
    sequence: int = 0


def phone_key(app_id: str, channel: str, identity: str) -> str:
    """The key of a phone: an identity on one channel of one app."""
    return f"{app_id}/{channel}/{identity}"
