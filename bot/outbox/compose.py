"""Converts a turn's replies to outbox entries: complete requests, checked and ready to be sent."""

import math
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from bot.contact.address import Address
from bot.contact.session import Session
from bot.errors import ConfigError, MessageError
from bot.items import outbound as stored
from bot.items.outbound import OutboundEntry, entry_id
from bot.messages import Message, Template, channel_limits, channel_properties
from bot.messages.app_events import AppEvent
from bot.messages.app_message import OVERRIDES, bodies
from bot.messages.rendering import numbered_texts
from bot.messages.requests import EventRequest, SendRequest
from bot.outbox import forwarding
from bot.outbox.forwarding import Forwarding
from bot.settings import Settings
from bot.turn import messaging_window
from bot.turn.effects import Forward, Reply, TurnEffects
from bot.turn.messaging_window import Outside

PROPERTIES = "BOT_CHANNEL_PROPERTIES"

_OBJECT = re.compile(rb"<[^<>]*?([\w.]+)(?: object| of [^<>]*)? at 0x[0-9a-fA-F]+>")
"""Matches Python's default representation of an object."""

CONTENT_TYPES = {"marketing": "CONTENT_MARKETING", "notification": "CONTENT_NOTIFICATION"}
"""Sinch's names for purposes. Each purpose has its own opt-out list."""


class Composer:
    """Makes outbox entries from replies and forwards.

    Raises:
        ConfigError: the value of BOT_CHANNEL_PROPERTIES or BOT_OUTSIDE_WINDOW is wrong, so no
            message could be sent.
    """

    def __init__(self, settings: Settings, forwarding: Forwarding) -> None:
        self._settings = settings
        self._forwarding = forwarding
        self._properties = settings.properties
        if wrong := [*channel_properties.violations(self._properties, PROPERTIES, "messages:send")]:
            raise ConfigError("; ".join(wrong))
        if wrong_window := messaging_window.error(settings.outside_window):
            raise ConfigError(f"BOT_OUTSIDE_WINDOW: {wrong_window}")

    def entries(self, effects: TurnEffects, turn_id: str, epoch: int) -> list[tuple[str, bytes]]:
        """Return the ids and entries of the turn's replies in order, then the ids and entries of
        the turn's forwards.

        `epoch` is the current epoch of the contact's shard; see `OutboundEntry`.
        """
        replies = [
            self._reply(effects, reply, reply.entry_id(turn_id, number), epoch)
            for number, reply in enumerate(effects.replies)
        ]
        if not self._forwarding.is_wanted:
            return replies
        forwards = [
            _forward(effects, forward, entry_id(turn_id, number))
            for number, forward in enumerate(effects.forwards, start=len(effects.replies))
        ]
        return replies + forwards

    def _reply(self, effects: TurnEffects, reply: Reply, id: str, epoch: int) -> tuple[str, bytes]:
        address = effects.session.address
        content = reply.content
        is_proactive = effects.is_proactive
        order = reply.options.get("channel_priority_order")
        body = (
            self._event(address, content, reply.options, id)
            if isinstance(content, AppEvent)
            else self._message(effects.session, content, reply, id)
        )
        encoded = msgspec.json.encode(body)
        if b" at 0x" in encoded:
            _refuse_objects(encoded, reply)
        entry = OutboundEntry(
            body=msgspec.Raw(encoded),
            address=address,
            at=effects.at,
            kind="event" if isinstance(content, AppEvent) else "message",
            flow=reply.flow,
            state=reply.state,
            channel=order[0] if order else "",
            proactive=is_proactive and not reply.urgent,
            reminder=reply.is_reminder,
            despite_stop=effects.despite_stop,
            outside=_outside(effects, reply),
            epoch=epoch,
            purpose=reply.purpose if is_proactive else "",
            turn=effects.session.turn if reply.visit else 0,
            expires_at=0.0 if math.isinf(reply.expires_at) else reply.expires_at,
        )
        return id, stored.encode(entry)

    def _event(
        self, address: Address, event: AppEvent, options: dict[str, Any], id: str
    ) -> dict[str, Any]:
        request = EventRequest(
            app_id=self._settings.app_id,
            recipient=address.recipient(),
            event=event,
            event_metadata=id,
            **options,
        )
        _refuse(request.violations())
        return request.to_json()

    def _message(self, session: Session, message: Message, reply: Reply, id: str) -> dict[str, Any]:
        address = session.address
        own = reply.options.get("message_metadata", "")
        properties = {
            **({"SMS_SENDER": session.sms_sender} if session.sms_sender else {}),
            **self._properties,
            **reply.options.get("channel_properties", {}),
        }
        request = SendRequest(
            app_id=self._settings.app_id,
            recipient=address.recipient(),
            message=message,
            **{
                **({"message_content_type": CONTENT_TYPES[reply.purpose]} if reply.purpose else {}),
                **reply.options,
                "message_metadata": f"{id} {own}".rstrip(),
                "channel_properties": properties,
            },
        )
        # Without options, all fields except the message are the bot's own.
        lines = [*request.violations()] if reply.options else []
        lines += channel_limits.check(message)
        for channel in (address.channel, _other_channel(reply.outside)):
            if channel:
                lines += channel_limits.beyond(message, channel)
        _refuse(lines)
        body = request.to_json()
        if self._settings.number_choices and (words := numbered_texts(message)):
            # Added after the check, because the check is for the author's fields only.
            body["message"][OVERRIDES] = bodies({**message.overrides, **words})
        return body


def _refuse_objects(encoded: bytes, reply: Reply) -> None:
    """Raise an error if a message contains the representation of an object.

    Such a text, e.g. `<Order object at 0x7f1c>`, is a mistake in a flow.
    """
    if found := _OBJECT.search(encoded):
        written = found[0].decode(errors="replace")
        name = found[1].decode(errors="replace")
        is_coroutine = written.startswith("<coroutine")
        way_out = (
            f"Write await {name}(…)."
            if is_coroutine
            else "Say a value of the object, not the object itself."
        )
        raise MessageError([f"{reply.flow}/{reply.state} says {written!r}. {way_out}"])


def _forward(effects: TurnEffects, forward: Forward, id: str) -> tuple[str, bytes]:
    body = msgspec.Raw(forwarding.body(effects, forward, id))
    return id, stored.encode(OutboundEntry(body, effects.session.address, effects.at, "forward"))


def _refuse(violations: Iterable[str]) -> None:
    """Raise `MessageError` if there are violations."""
    if lines := list(dict.fromkeys(violations)):
        raise MessageError(lines)


def _other_channel(outside: Outside) -> str:
    """Return the second channel that `outside` names; "" if `outside` names no channel."""
    return outside if isinstance(outside, str) and outside.isupper() else ""


def _outside(effects: TurnEffects, reply: Reply) -> str | dict[str, Any]:
    """Return the stored form of what happens outside the channel's messaging window."""
    outside = reply.outside
    return outside.spoken(effects.language).to_json() if isinstance(outside, Template) else outside
