"""Replies on their way out: from what a turn said to a request taken by the Conversation API.

A committed reply is an `OutboundEntry`: the whole request, ready to be sent, with the entry's id as
the first word of its metadata. That id identifies a repeat: after an unknown outcome the API is
asked whether it has a message with this id before it is sent again.
"""

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from zlib import crc32

import msgspec

from bot.callbacks import NOT_READ
from bot.clock import Clock
from bot.contact.address import Address
from bot.contact.session import Session
from bot.conversation_api import ConversationApi
from bot.errors import (
    ConfigError,
    LeaseLost,
    MessageError,
    SendError,
    SendRejected,
    SendRetryable,
    StoreError,
)
from bot.items import outbound as stored
from bot.items.inbound import CustomEvent, Item
from bot.items.inbound import encode as encode_item
from bot.items.outbound import OutboundEntry, entry_id
from bot.items.unreadable import may_be_of_later_release
from bot.messages import Message, Template, channel_limits, channel_properties
from bot.messages.app_events import AppEvent
from bot.messages.app_message import OVERRIDES, bodies
from bot.messages.rendering import numbered_texts
from bot.messages.requests import EventRequest, SendRequest
from bot.outbox import forwarding, send_policy
from bot.outbox.forwarding import Forwarding
from bot.settings import Settings
from bot.store import Dead, Hold, Outgoing, Retry, Sent, Store, Unknown, Verdict
from bot.telemetry.metrics import dead_letters, reply_age_seconds, send_seconds, sends
from bot.telemetry.traces import Traces
from bot.turn import messaging_window
from bot.turn.effects import Forward, Reply, TurnEffects
from bot.turn.messaging_window import Outside

logger = logging.getLogger(__name__)

PROPERTIES = "BOT_CHANNEL_PROPERTIES"

FORWARD_PAUSE_S = 60.0
"""The longest pause after a failed forward: replies to the contact wait behind it."""


class Outbox:
    """Makes entries of replies, and sends them.

    Raises:
        ConfigError: BOT_CHANNEL_PROPERTIES or BOT_OUTSIDE_WINDOW has a value that no message
            could be sent with.
    """

    def __init__(
        self,
        store: Store,
        api: ConversationApi,
        forwarding: Forwarding,
        settings: Settings,
        clock: Clock,
        traces: Traces | None = None,
    ) -> None:
        self._traces = traces or Traces()
        self._store = store
        self._forwarding = forwarding
        self._api = api
        self._settings = settings
        self._properties = settings.properties
        if wrong := [*channel_properties.violations(self._properties, PROPERTIES, "messages:send")]:
            raise ConfigError("; ".join(wrong))
        if exc := messaging_window.error(settings.outside_window):
            raise ConfigError(f"BOT_OUTSIDE_WINDOW: {exc}")
        self._clock = clock

    def entries(self, effects: TurnEffects, turn_id: str) -> list[tuple[str, bytes]]:
        """The turn's replies as the outbox keeps them, in the order said, and after them what is
        forwarded to a person.

        Raises:
            MessageError: one of them can't be sent on the contact's channel.
        """
        replies = [
            self._entry(effects, reply, entry_id(turn_id, number))
            for number, reply in enumerate(effects.replies)
        ]
        if not self._forwarding.is_wanted:
            return replies
        forwards = [
            self._forward(effects, forward, entry_id(turn_id, number))
            for number, forward in enumerate(effects.forwards, start=len(effects.replies))
        ]
        return replies + forwards

    async def send(
        self, outgoing: Outgoing, session: Session | None, is_ours: Callable[[], bool]
    ) -> Verdict:
        """Send one entry, and say what became of it; never raises for the API's sake.

        `session` is the contact's as it stands now; None where nothing is known of it.

        Raises:
            LeaseLost: `is_ours` says, right before the request, that another worker may have begun
                to send it too.
            StoreError: the store failed.
        """
        try:
            entry = stored.decode(outgoing.body)
        except NOT_READ as error:
            return self._unreadable(outgoing, session, error)
        started = self._clock.now()
        try:
            verdict = await self._sent(outgoing, entry, session, is_ours)
        except StoreError:
            raise
        except Exception as error:
            # Without this every later reply would wait behind this one for ever.
            logger.exception("Sending failed", extra={"action": "send_failed"})
            wrapped = SendRetryable(f"Sending failed: {type(error).__name__}")
            verdict = self._try_later(outgoing, entry, wrapped, is_unknown=True)
        if self._traces.are_on:
            told = {"channel": entry.address.channel, "outcome": type(verdict).__name__.lower()}
            self._traces.event("send", outgoing.id, started, self._clock.now(), told)
        return verdict

    def _unreadable(self, outgoing: Outgoing, session: Session | None, error: Exception) -> Verdict:
        """Wait for a worker of a later release, or give the entry up."""
        now, about = self._clock.now(), {"entry": outgoing.id, "error": str(error)}
        if may_be_of_later_release(outgoing.body, now):
            logger.warning(
                "A reply can't be read; a later release may have written it",
                extra={"action": "reply_of_later_release", **about},
            )
            return Hold(now + self._settings.lease_s)
        logger.error(
            "A reply can't be read; it lies with the dead letters",
            extra={"action": "send_unreadable", **about},
        )
        dead_letters.labels("send").inc()
        letter = Letter(
            id=outgoing.id,
            kind="send",
            at=now,
            contact=session.address.key if session else "",
            reason=f"The reply can't be read: {error}",
            tries=outgoing.tries + 1,
        )
        return Dead(msgspec.json.encode(letter))

    async def _sent(
        self,
        outgoing: Outgoing,
        entry: OutboundEntry,
        session: Session | None,
        is_ours: Callable[[], bool],
    ) -> Verdict:
        is_message = entry.kind == "message"
        try:
            if outgoing.unknown and is_message and await self._is_taken(outgoing.id, entry):
                sends.labels(entry.address.channel, "found").inc()
                return Sent()
        except SendRejected as exc:
            return self._give_up(outgoing, entry, exc)
        except SendRetryable as exc:
            # That the question wasn't answered says nothing of the message.
            return self._try_later(outgoing, entry, exc, is_unknown=True)
        match send_policy.decide(entry, session, self._settings, self._clock.now()):
            case send_policy.Send(body):
                return await self._go(outgoing, entry, body, is_ours)
            case send_policy.Wait(until, why):
                sends.labels(entry.address.channel, "held").inc()
                logger.info("Held", extra={"action": why, "entry": outgoing.id})
                return Hold(until)
            case send_policy.Drop(why):
                sends.labels(entry.address.channel, why).inc()
                return Sent()
            case send_policy.Reject(why):
                return self._give_up(outgoing, entry, SendRejected(why))

    async def _go(
        self, outgoing: Outgoing, entry: OutboundEntry, body: bytes, is_ours: Callable[[], bool]
    ) -> Verdict:
        try:
            message_id = await self._request(entry, body, is_ours)
        except SendRejected as exc:
            return self._give_up(outgoing, entry, exc)
        except SendRetryable as exc:
            return self._try_later(outgoing, entry, exc, is_unknown=not exc.outcome_known)
        sends.labels(entry.address.channel, "sent").inc()
        reply_age_seconds.observe(max(0.0, self._clock.now() - entry.at))
        logger.info(
            "Sent",
            extra={"action": "sent", "entry": outgoing.id, "message_id": message_id}
            | {"flow": entry.flow, "state": entry.state},
        )
        return Sent()

    def _entry(self, effects: TurnEffects, reply: Reply, id: str) -> tuple[str, bytes]:
        address = effects.session.address
        content = reply.content
        body = (
            self._event(address, content, reply.options, id)
            if isinstance(content, AppEvent)
            else self._message(effects.session, content, reply, id)
        )
        entry = OutboundEntry(
            body=msgspec.Raw(msgspec.json.encode(body)),
            address=address,
            at=effects.at,
            kind="event" if isinstance(content, AppEvent) else "message",
            flow=reply.flow,
            state=reply.state,
            channel=next(iter(reply.options.get("channel_priority_order", ())), ""),
            proactive=effects.is_proactive and not reply.urgent,
            reminder=effects.event.startswith("remind:"),
            despite_stop=effects.despite_stop,
            outside=_stored(reply.outside, effects.language),
        )
        return id, stored.encode(entry)

    def _event(
        self, address: Address, event: AppEvent, options: dict[str, Any], id: str
    ) -> dict[str, Any]:
        return EventRequest(
            app_id=self._settings.app_id,
            recipient=address.recipient(),
            event=event,
            event_metadata=id,
            **options,
        ).to_json()

    def _message(self, session: Session, message: Message, reply: Reply, id: str) -> dict[str, Any]:
        address = session.address
        own = reply.options.get("message_metadata", "")
        properties = {
            **({"SMS_SENDER": session.sms_sender} if session.sms_sender else {}),
            **self._properties,
            **reply.options.get("channel_properties", {}),
        }
        body = SendRequest(
            app_id=self._settings.app_id,
            recipient=address.recipient(),
            message=message,
            **{
                **reply.options,
                "message_metadata": f"{id} {own}".rstrip(),
                "channel_properties": properties,
            },
        ).to_json()
        _require(message, (address.channel, _other(reply.outside)))
        if self._settings.number_choices and (words := numbered_texts(message)):
            # Not before: what we add ourselves needs no check.
            body["message"][OVERRIDES] = bodies({**message.overrides, **words})
        return body

    def _forward(self, effects: TurnEffects, forward: Forward, id: str) -> tuple[str, bytes]:
        body = msgspec.Raw(forwarding.body(effects, forward, id))
        return id, stored.encode(
            OutboundEntry(body, effects.session.address, effects.at, "forward")
        )

    async def _request(self, entry: OutboundEntry, body: bytes, is_ours: Callable[[], bool]) -> str:
        if entry.kind != "forward" and self._settings.send_rate:
            await self._wait_for_rate(self._settings.send_rate)
        if not is_ours():
            raise LeaseLost("The lease may have run out before this reply was sent.")
        if entry.kind == "forward":
            await self._forwarding.send(body)
            return ""
        taken: list[str] = []
        try:
            await self._forwarding.hooks.send(entry, partial(self._post, entry, body, taken))
        except SendError:
            raise
        except Exception as exc:
            # An author's hook may raise anything; what has been sent is sent all the same.
            logger.exception("A hook around a send failed", extra={"action": "around_send"})
            if not taken:
                raise SendRetryable("A hook around the send failed.") from exc
        return taken[0] if taken else ""

    async def _post(self, entry: OutboundEntry, body: bytes, taken: list[str]) -> None:
        """Send a request to the contact, and add the id that the API gives it to `taken`."""
        began = self._clock.now()
        try:
            if entry.kind == "event":
                taken.append((await self._api.send_event(body)).event_id)
            else:
                taken.append((await self._api.send_message(body)).message_id)
        finally:
            send_seconds.observe(max(0.0, self._clock.now() - began))

    async def _is_taken(self, id: str, entry: OutboundEntry) -> bool:
        return await self._api.find_message(entry.address, id, entry.at) is not None

    async def _wait_for_rate(self, rate: float) -> None:
        now = self._clock.now()
        at = await self._store.queue.reserve(self._settings.app_id, rate, now)
        if at > now:
            await self._clock.sleep(at - now)

    def _try_later(
        self, outgoing: Outgoing, entry: OutboundEntry, exc: SendRetryable, *, is_unknown: bool
    ) -> Verdict:
        if outgoing.tries + 1 >= self._settings.send_attempts:
            return self._give_up(outgoing, entry, exc)
        pause_s = exc.retry_after_s
        if pause_s is None:
            pause_s = backoff_s(self._settings, outgoing.id, outgoing.tries)
        if entry.kind == "forward":
            pause_s = min(pause_s, FORWARD_PAUSE_S)
        sends.labels(entry.address.channel, "retry").inc()
        logger.warning(
            "Not sent; it is tried again",
            extra={"action": "send_retry", "entry": outgoing.id, "status": exc.status}
            | {"pause_s": round(pause_s, 1), "tries": outgoing.tries + 1},
        )
        until = self._clock.now() + pause_s
        return Unknown(until) if is_unknown else Retry(until)

    def _give_up(
        self, outgoing: Outgoing, entry: OutboundEntry, exc: SendRejected | SendRetryable
    ) -> Verdict:
        sends.labels(entry.address.channel, "dead").inc()
        dead_letters.labels("send").inc()
        logger.error(
            "Not sent; it lies with the dead letters",
            extra={"action": "send_dead", "entry": outgoing.id, "status": exc.status}
            | {"reason": exc.reason, "flow": entry.flow, "state": entry.state},
        )
        now = self._clock.now()
        letter = Letter(
            id=outgoing.id,
            kind="forward" if entry.kind == "forward" else "send",
            at=now,
            contact=entry.address.key,
            reason=str(exc),
            tries=outgoing.tries + 1,
        )
        if entry.kind == "forward":
            return Dead(msgspec.json.encode(letter))
        failed = CustomEvent(
            "failed",
            {
                "status": exc.status,
                "reason": exc.reason,
                "flow": entry.flow,
                "state": entry.state,
            },
        )
        item = Item(id=f"failed:{outgoing.id}", at=now, event=failed, address=entry.address)
        return Dead(msgspec.json.encode(letter), encode_item(item))


def _require(message: Message, channels: Iterable[str]) -> None:
    """Check what single channels take; what all of them do the request has checked."""
    lines = [
        line for channel in channels if channel for line in channel_limits.beyond(message, channel)
    ]
    if lines:
        raise MessageError(list(dict.fromkeys(lines)))


def _other(outside: Outside) -> str:
    """The channel that a message takes outside its window."""
    return outside if isinstance(outside, str) and outside.isupper() else ""


def _stored(outside: Outside, language: str) -> str | dict[str, Any]:
    return outside.spoken(language).to_json() if isinstance(outside, Template) else outside


class Letter(msgspec.Struct, omit_defaults=True):
    """Why something was given up after the last try; the store keeps it with what was given up.

    `kind` is `send`, `forward` or `turn`; `session` is the one before the turn. `at` is in Unix
    seconds.
    """

    id: str
    kind: str
    at: float
    contact: str
    reason: str
    tries: int
    session: msgspec.Raw = msgspec.Raw()


def backoff_s(settings: Settings, id: str, tries: int) -> float:
    """How long to wait after `tries` earlier tries: doubling, bounded, spread by half either way.

    The spread comes from the id, so that entries don't return all at once, and a test sees the same
    each time.
    """
    whole = min(settings.retry_first_s * 2.0 ** min(tries, 60), settings.retry_most_s)
    spread: float = crc32(f"{id}:{tries}".encode()) / 0xFFFFFFFF
    return whole * (0.5 + spread)
