"""The session: what is kept of one contact between turns, as JSON readable in `redis-cli`.

A session holds a stack of frames, one for each flow under way: the last is the one that talks,
those below wait for it to return. An empty stack is a contact with whom nothing is under way.
"""

from typing import Any, NamedTuple

import msgspec

from bot.contact.address import Address
from bot.errors import StoreError
from bot.messages.app_message import Agent

SCHEMA = 1
"""Number of the stored form. A release that changes the form raises it and reads the old one."""


class Timer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A timer of the state that was entered in turn `entered`."""

    name: str
    entered: int


class Frame(msgspec.Struct, omit_defaults=True):
    """One flow under way.

    `entered` is the number of the turn in which `state` was entered: timers and buttons carry it,
    so that those of an earlier visit are told apart. `attempts` counts answers not understood
    since. `trail` holds the asks gone through, oldest first, for *back*. `resume` is the ask to
    return to once an earlier answer has been corrected.
    """

    flow: str
    state: str
    version: int = 1
    entered: int = 0
    attempts: int = 0
    graph: str = ""
    data: dict[str, Any] = {}
    trail: list[str] = []
    resume: str = ""


class Where(NamedTuple):
    """The flow that talks and its state; both empty where nothing is under way."""

    flow: str = ""
    state: str = ""


class Pause(msgspec.Struct, omit_defaults=True):
    """The bot is silent: a person has taken the contact over. Times are Unix seconds.

    The bot goes on at `until`, where it is set. `agent` is who has come into the conversation.
    """

    since: float
    until: float | None = None
    reason: str = ""
    agent: Agent | None = None


class Session(msgspec.Struct, omit_defaults=True):
    """One contact's record.

    `turn` counts the turns taken. `timers` are those set for the present state. `scheduled` has the
    times of events that flows have scheduled, in Unix seconds. `heard` holds the
    time of the last inbound message for each channel, in Unix seconds. `sms_sender` is the number
    of ours that the contact last wrote to by SMS, if that can answer. `sent` has checksums of the
    last texts sent by SMS or MMS, which a reaction may quote. `consent` is "" (never
    asked), "in" or "out". `merged_into` is set temporarily, after Sinch has merged this contact
    into that one; `merged_from` has the keys of contacts that were merged into this one.
    """

    address: Address
    schema: int = SCHEMA
    turn: int = 0
    frames: list[Frame] = []
    timers: list[Timer] = []
    scheduled: dict[str, float] = {}
    heard: dict[str, int] = {}
    sms_sender: str = ""
    sent: list[int] = []
    language: str = ""
    zone: str = ""
    consent: str = ""
    pause: Pause | None = None
    apologized: bool = False
    merged_into: Address | None = None
    merged_from: list[str] = []

    @property
    def is_blank(self) -> bool:
        """Whether nothing is known that has to be kept: nobody wrote, nothing was begun."""
        known = (self.heard, self.consent, self.language, self.zone, self.scheduled)
        return not (self.frames or self.pause or self.merged_into or self.merged_from or any(known))

    @property
    def frame(self) -> Frame | None:
        """The flow that talks, or None."""
        return self.frames[-1] if self.frames else None

    @property
    def where(self) -> Where:
        """Where the contact is, for logs and messages to people."""
        frame = self.frame
        return Where(frame.flow, frame.state) if frame else Where()

    @property
    def last_heard(self) -> int | None:
        """When the contact last wrote, on any channel, in Unix seconds."""
        return max(self.heard.values(), default=None)


_decoder = msgspec.json.Decoder(Session)


def encode(session: Session) -> bytes:
    """The stored form: a JSON object without the fields that have their default."""
    return msgspec.json.encode(session)


def decode(raw: bytes) -> Session:
    """Read the stored form.

    Raises:
        StoreError: it isn't a session, or one of a later release than this.
    """
    try:
        session = _decoder.decode(raw)
    except msgspec.DecodeError as error:
        raise StoreError(f"A stored session can't be read: {error}") from error
    if session.schema > SCHEMA:
        raise StoreError(
            f"A stored session has schema {session.schema}; this release reads up to {SCHEMA}."
            " Run the release that wrote it, or a later one."
        )
    return session
