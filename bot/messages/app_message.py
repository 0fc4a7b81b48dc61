"""The common parts of all app messages: the agent, the JSON, and overrides for single channels.

A message is immutable. `bot.messages.channel_limits` checks the API's rules and the channels'
limits. This module only rejects content that cannot be written as JSON.
"""

import inspect
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, ClassVar, TypeVar

import msgspec
from msgspec import field
from msgspec.structs import force_setattr, replace

from bot.errors import MessageError
from bot.messages.choices import present


class Agent(msgspec.Struct, frozen=True):
    """The sender of a message. `type` is BOT, HUMAN or UNKNOWN_AGENT_TYPE."""

    display_name: str = ""
    type: str = "BOT"
    picture_url: str = ""

    def to_json(self) -> dict[str, Any]:
        return present(display_name=self.display_name, type=self.type, picture_url=self.picture_url)


class Message(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The base class of all app messages.

    A message has one body, and may have other bodies for single channels.
    """

    kind: ClassVar[str] = ""
    overrides: Mapping[str, "Message"] = field(default_factory=dict)
    raw_overrides: Mapping[str, str] = field(default_factory=dict)
    specific: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    agent: Agent | None = None

    @property
    def is_alone(self) -> bool:
        """Whether the message has nothing but its body: no overrides and no agent."""
        return not (self.overrides or self.raw_overrides or self.specific or self.agent)

    def content(self) -> dict[str, Any]:
        """Return the value of the key `kind` in the message's JSON."""
        raise NotImplementedError

    @cached_property
    def body(self) -> Mapping[str, Any]:
        """The value of the key `kind` in the message's JSON. The value is created once, for all
        checks.
        """
        return self.content()

    def in_place(self, channel: str) -> Mapping[str, Any]:
        """Return the JSON of this message as an override of another message on `channel`.

        Return {} if this message has no JSON for the channel.
        """
        return {self.kind: self.body}

    def to_json(self) -> dict[str, Any]:
        """Return the AppMessage object, such as `{"text_message": {"text": "Hello"}}`."""
        found: dict[str, Any] = {self.kind: self.body} if self.kind else {}
        if self.overrides:
            found[OVERRIDES] = bodies(self.overrides)
        if self.raw_overrides:
            found["explicit_channel_message"] = dict(self.raw_overrides)
        if self.specific:
            found["channel_specific_message"] = dict(self.specific)
        if self.agent:
            found["agent"] = self.agent.to_json()
        return found

    def on(self: "M", channel: str, message: "Message | str") -> "M":
        """Return a copy of this message with an override: on `channel`, `message` is sent instead.

        Raises:
            MessageError: `message` has no body, or has its own overrides or agent.
        """
        at = f"{OVERRIDES}.{channel}"
        if inspect.isroutine(message):
            raise MessageError(
                [
                    f"{at}: .on() takes a text or a message object, such as Text(…), not a"
                    " function. Let a function make the whole message: lambda data:"
                    f" Text(…).on({channel!r}, …)"
                ]
            )
        other = as_message(message)
        if named := [*other.overrides, *other.raw_overrides, *other.specific]:
            raise MessageError(
                [
                    f"{at}: the message for {channel!r} contains a message for {named[0]!r}."
                    f" Write two calls of .on(): Text(…).on({channel!r}, …).on({named[0]!r}, …)"
                ]
            )
        if not (other.kind and other.is_alone):
            raise MessageError(
                [
                    f"{at}: the message for {channel!r} must have a body, and no agent. Set the"
                    f" agent of the whole message: Text(…).on({channel!r}, …).by(Agent(…))"
                ]
            )
        return replace(self, overrides={**self.overrides, channel: other})

    def raw_on(self: "M", channel: str, payload: Mapping[str, Any] | str) -> "M":
        """Return a copy of this message with an override: on `channel`, the channel's own JSON in
        `payload` is sent instead.

        Raises:
            MessageError: the payload cannot be written as JSON.
        """
        return replace(self, raw_overrides={**self.raw_overrides, channel: _json(channel, payload)})

    def specific_on(self: "M", channel: str, message_type: str, message: Mapping[str, Any]) -> "M":
        """Return a copy of this message with an override: on `channel`, a channel-specific message
        is sent instead.

        `message_type` is one of FLOWS, ORDER_DETAILS, ORDER_STATUS (WhatsApp), COMMERCE,
        CAROUSEL_COMMERCE (KakaoTalk), NOTIFICATION_MESSAGE_TEMPLATE (LINE).
        """
        specific = {"message_type": message_type, "message": dict(message)}
        return replace(self, specific={**self.specific, channel: specific})

    def by(self: "M", agent: Agent) -> "M":
        """Return a copy of this message with this agent as its sender."""
        return replace(self, agent=agent)


M = TypeVar("M", bound=Message)

OVERRIDES = "explicit_channel_omni_message"


def bodies(overrides: Mapping[str, Message]) -> dict[str, Any]:
    """Return the value of the key `OVERRIDES` in a message's JSON: the body for each channel."""
    return {channel: message.in_place(channel) for channel, message in overrides.items()}


class Text(Message, frozen=True):
    """A text message. A plain `str` has the same meaning wherever a message is accepted."""

    kind: ClassVar[str] = "text_message"
    text: str

    def content(self) -> dict[str, Any]:
        return {"text": self.text}


class Raw(Message, frozen=True):
    """A message without a common body.

    Each channel in `payloads` gets its own JSON. Other channels get no message.

    `payloads` are stored as `raw_overrides`, as if each had been given to `raw_on`.
    """

    payloads: Mapping[str, Mapping[str, Any] | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given = {channel: _json(channel, payload) for channel, payload in self.payloads.items()}
        force_setattr(self, "raw_overrides", {**given, **self.raw_overrides})
        force_setattr(self, "payloads", {})


class SentMessage(Message, frozen=True):
    """A message as it was sent, so that it can be sent again. `said` is its AppMessage object."""

    said: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kinds = [name for name in self.said if name.endswith("_message")]
        self.__dict__["kind"] = next((name for name in kinds if name not in _OF_CHANNELS), "")

    def content(self) -> dict[str, Any]:
        return dict(self.said[self.kind])

    def to_json(self) -> dict[str, Any]:
        own = super().to_json()
        others = {**self.said.get(OVERRIDES, {}), **own.get(OVERRIDES, {})}
        return {**self.said, **own, **present(**{OVERRIDES: others})}


_OF_CHANNELS = (OVERRIDES, "explicit_channel_message", "channel_specific_message")


def as_message(said: Message | str) -> Message:
    """Return a text as `Text`, and a message unchanged.

    Raises:
        MessageError: the argument is neither a text nor a message.
    """
    if isinstance(said, str):
        return Text(said)
    if isinstance(said, Message):
        return said
    if inspect.iscoroutine(said):
        said.close()
        name = said.__name__
        raise MessageError([f"{name}() is not awaited, so it is not a text. Write await {name}(…)"])
    raise MessageError(
        [
            "a message must be a text or a message object of the package bot, such as Text(…), not"
            f" {_type(said)}"
        ]
    )


def keep(holder: msgspec.Struct, name: str, kinds: type | tuple[type, ...]) -> None:
    """Replace the sequence in the field `name` of `holder` by a tuple, because a tuple cannot
    change.

    Raises:
        MessageError: the value is not a sequence, or an element has a type that is not in `kinds`.
    """
    found = getattr(holder, name)
    where = f"{type(holder).__name__}.{name}"
    if isinstance(found, str) or not isinstance(found, Iterable):
        raise MessageError([f"{where}: must be a list, not {_type(found)}"])
    items = tuple(found)
    wrong = [index for index, item in enumerate(items) if not isinstance(item, kinds)]
    if wrong:
        names = [kind.__name__ for kind in (kinds if isinstance(kinds, tuple) else (kinds,))]
        taken = " or ".join(names)
        raise MessageError([f"{where}[{i}]: must be {taken}, not {_type(items[i])}" for i in wrong])
    force_setattr(holder, name, items)


def _json(channel: str, payload: Mapping[str, Any] | str) -> str:
    try:
        return payload if isinstance(payload, str) else msgspec.json.encode(payload).decode()
    except (TypeError, ValueError) as error:
        where = f"explicit_channel_message.{channel}"
        raise MessageError([f"{where}: this {_type(payload)} can't be written as JSON"]) from error


def _type(value: object) -> str:
    return type(value).__name__
