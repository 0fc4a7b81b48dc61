"""Sends committed replies.

A committed reply is an `OutboundEntry`: the whole request, with the entry's id as the first word of
the request's metadata. The id prevents duplicates. If the outcome of a request is unknown, the API
is asked whether it has a message with this id, before the request is sent again.
"""

import contextlib
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from bot.callbacks import NOT_READ
from bot.contact.address import Address
from bot.contact.session import Session
from bot.conversation_api import ConversationApi
from bot.engine.held_questions import Fate
from bot.errors import (
    CredentialsRejected,
    LeaseLost,
    SendError,
    SendRejected,
    SendRetryable,
    StoreError,
)
from bot.items import outbound as stored
from bot.items.inbound import CustomEvent, Item, OperatorCommand
from bot.items.inbound import encode as encode_item
from bot.items.outbound import OutboundEntry, broadcast_of, question_of, run_of
from bot.items.unreadable import may_be_of_later_release
from bot.outbox import dead_letter, send_policy
from bot.outbox.backoff import backoff_s
from bot.outbox.dead_letter import DeadLetterReport
from bot.outbox.forwarding import Forwarding, HookFailed
from bot.runtime import Runtime
from bot.store import (
    BroadcastOutcome,
    Dead,
    Hold,
    Outgoing,
    Overtake,
    Retry,
    Sent,
    Unknown,
    Verdict,
)
from bot.telemetry.metrics import dead_letters, reply_age_seconds, send_seconds, sends

logger = logging.getLogger(__name__)

CREDENTIALS_PAUSE_S = 30.0
"""Seconds for which a process sends nothing after the platform has rejected its credentials."""

WHATSAPP_INTERVAL_S = 6.0
"""Minimum average time between two messages to a WhatsApp user, in seconds.

As many messages as BOT_WHATSAPP_BURST may be sent faster, in a row. Further messages wait until the
average is restored.
"""

MAX_FORWARD_PAUSE_S = 60.0
"""Maximum pause after a failed forward, in seconds.

The pause is short, because replies to the contact wait behind the forward.
"""


class Outbox:
    """Sends entries: replies to the contact, and forwards to the person who handles the contact."""

    def __init__(
        self,
        runtime: Runtime,
        api: ConversationApi,
        forwarding: Forwarding,
        current: Callable[[Session | None, Address], Awaitable[Session | None]],
    ) -> None:
        self._runtime = runtime
        self._current = current
        self._settings = runtime.settings
        self._clock = runtime.clock
        self._api = api
        self._forwarding = forwarding
        self._refused_until = -math.inf
        """Monotonic time until which nothing is sent, because the credentials were rejected."""
        self.watch: Callable[[str, str, Exception], None] | None = None
        """A function that is called if a hook's error keeps a request from being sent. The
        arguments are the contact's key, a text that says what failed, and the hook's error.
        """

    async def send(
        self,
        outgoing: Outgoing,
        session: Session | None,
        is_ours: Callable[[], bool],
        epoch: int = 0,
    ) -> Verdict:
        """Send one entry and return the outcome. Errors of the API are not raised.

        `session` is the contact's current session; None for an unknown contact. `epoch` is the
        current epoch of the contact's shard. A new epoch begins when the shard's data moves to
        another server process. Such a move may lose the records of sent entries. So an entry of an
        earlier epoch is looked up at the API before it is sent.

        Raises:
            LeaseLost: `is_ours` returned False right before the request. Another worker may be
                sending the entry.
            StoreError: the store failed.
        """
        try:
            entry = stored.decode(outgoing.body)
        except NOT_READ as error:
            return self._unreadable(outgoing, session, error)
        if entry.epoch < epoch:
            outgoing = msgspec.structs.replace(outgoing, unknown=True)
        if entry.kind != "forward" and self._clock.monotonic() < self._refused_until:
            return self._held_back(outgoing, entry)
        started = self._clock.now()
        try:
            verdict = await self._send(outgoing, entry, session, is_ours)
        except StoreError:
            raise
        except CredentialsRejected as error:
            self._refused_until = self._clock.monotonic() + CREDENTIALS_PAUSE_S
            logger.error(
                "The credentials are refused, so replies wait: %s",
                error,
                extra={"action": "credentials_refused", "pause_s": CREDENTIALS_PAUSE_S},
            )
            verdict = self._held_back(outgoing, entry)
        except SendRejected as error:
            verdict = await self._given_up(outgoing, entry, error)
        except SendRetryable as error:
            verdict = await self._try_later(outgoing, entry, error)
        except Exception as error:
            # Otherwise all later replies would wait behind this one forever.
            logger.exception("Sending failed", extra={"action": "send_failed"})
            unknown = SendRetryable(f"Sending failed: {type(error).__name__}", outcome_known=False)
            verdict = await self._try_later(outgoing, entry, unknown)
        if self._runtime.traces.are_on:
            dropped = verdict.dropped if isinstance(verdict, Sent) else ""
            outcome = dropped or type(verdict).__name__.lower()
            self._runtime.traces.event(
                *("send", outgoing.id, entry.address.channel, started, self._clock.now()),
                {"outcome": outcome, "try": outgoing.tries + 1},
                error=outcome
                if dropped == "expired" or isinstance(verdict, Retry | Unknown | Dead)
                else "",
            )
        return verdict

    async def unsent(self, session: Session) -> Mapping[tuple[int, int], Fate]:
        """Return what happens to the bot's unsent messages to a contact who writes now.

        A key is the run of a message and the visit of its question; the visit is 0 if the message
        is not a question. If at least one message of a question will still be sent, the question is
        "sent".
        """
        found: dict[tuple[int, int], Fate] = {}
        key = session.address.key
        for outgoing in await self._runtime.store.reader.outbox(key):
            question = question_of(outgoing.id)
            question = question if question[0] else (run_of(outgoing.id), 0)
            fate = await self._fate(outgoing, session)
            if fate and found.get(question) != "sent":
                found[question] = fate
        return found

    async def _fate(self, outgoing: Outgoing, session: Session) -> Fate | None:
        """Return what happens to an unsent entry.

        Return None if the entry is a reminder, is not a message, or is unreadable.
        """
        try:
            entry = stored.decode(outgoing.body)
        except NOT_READ:
            return None
        if entry.kind != "message" or entry.reminder:
            return None
        tag = broadcast_of(outgoing.id)
        if tag and await self._is_row_canceled(tag, entry):
            return "canceled"
        decision = send_policy.decide(
            outgoing.id, entry, session, self._settings, self._clock.now()
        )
        return "dropped" if isinstance(decision, send_policy.Drop) else "sent"

    async def _send(
        self,
        outgoing: Outgoing,
        entry: OutboundEntry,
        session: Session | None,
        is_ours: Callable[[], bool],
    ) -> Verdict:
        channel, tag = entry.address.channel, broadcast_of(outgoing.id)
        if outgoing.unknown and entry.kind == "message" and await self._is_sent(outgoing, entry):
            sends.count(channel, "found")
            await self._note(outgoing, entry, "sent")
            return Sent()
        if tag and entry.kind != "forward" and await self._is_row_canceled(tag, entry):
            return self._canceled(tag, outgoing, entry)
        session = await self._current(session, entry.address)
        match send_policy.decide(outgoing.id, entry, session, self._settings, self._clock.now()):
            case send_policy.Send(body, is_switched):
                if until := await self._paced_until(entry, session):
                    sends.count(channel, "held")
                    logger.info("Held", extra={"action": "paced", "entry": outgoing.id})
                    return Unknown(until) if outgoing.unknown else Hold(until)
                if is_switched:
                    await self._note(outgoing, entry, "switched")
                message_id = await self._request(entry, body, is_ours)
            case send_policy.Hold(until, why):
                first, later = await self._overtaking(entry, session)
                if first:
                    return Overtake(first)
                sends.count(channel, "held")
                logger.info("Held", extra={"action": why, "entry": outgoing.id})
                return Hold(min(until, later))
            case send_policy.Drop(why):
                sends.count(channel, why)
                if why == "expired":
                    age_s = round(self._clock.now() - entry.at)
                    logger.warning(
                        "Not sent: the message is too old",
                        extra={"action": why, "entry": outgoing.id, "age_s": age_s}
                        | {"flow": entry.flow, "state": entry.state},
                    )
                if why != "repeated":  # Otherwise the broadcast counts the later copy.
                    await self._note(outgoing, entry, "failed", why)
                return Sent(dropped=why)
            case send_policy.Reject(why):
                raise SendRejected(why)
        sends.count(channel, "sent")
        reply_age_seconds.observe(max(0.0, self._clock.now() - entry.at))
        if logger.isEnabledFor(logging.INFO):
            fields = {"action": "sent", "entry": outgoing.id, "message_id": message_id}
            logger.info("Sent", extra=fields | {"flow": entry.flow, "state": entry.state})
        if tag:
            await self._note(outgoing, entry, "sent")
        return Sent()

    async def _overtaking(self, entry: OutboundEntry, session: Session | None) -> tuple[str, float]:
        """Return the id of the entry that goes before this entry, which is held, and when there
        will be one; see `send_policy.overtaking`.
        """
        unsent = []
        for each in await self._runtime.store.reader.outbox(entry.address.key):
            with contextlib.suppress(*NOT_READ):
                unsent.append((each.id, stored.decode(each.body)))
        return send_policy.overtaking(unsent, session, self._settings, self._clock.now())

    async def _is_row_canceled(self, tag: str, entry: OutboundEntry) -> bool:
        return await self._runtime.store.outcomes.is_row_canceled(tag, entry.address.key)

    def _canceled(self, tag: str, outgoing: Outgoing, entry: OutboundEntry) -> Verdict:
        """Drop a message of a canceled broadcast, and end the run that sent it."""
        sends.count(entry.address.channel, "canceled")
        logger.info("Not sent", extra={"action": "broadcast_canceled", "entry": outgoing.id})
        command = OperatorCommand("cancel", run=run_of(outgoing.id), broadcast=tag)
        now = self._clock.now()
        item = Item(f"canceled:{outgoing.id}", at=now, command=command, address=entry.address)
        return Sent("canceled", encode_item(item))

    async def _note(
        self,
        outgoing: Outgoing,
        entry: OutboundEntry,
        outcome: BroadcastOutcome,
        reason: str = "",
    ) -> None:
        """Record the outcome of a broadcast's message.

        An error of the store is only logged, because a retry would send the message again.
        """
        if not (tag := broadcast_of(outgoing.id)) or entry.kind != "message":
            return
        try:
            key = entry.address.key
            await self._runtime.store.outcomes.note(tag, key, outcome, reason)
        except StoreError as error:
            logger.warning(
                "The outcome of a broadcast's message can't be counted: %s",
                error,
                extra={"action": "outcome_lost", "entry": outgoing.id},
            )

    async def _paced_until(self, entry: OutboundEntry, session: Session | None) -> float | None:
        """Return the time until which WhatsApp accepts no message to this user; None if WhatsApp
        accepts a message now.
        """
        address = session.address if session else entry.address
        burst = self._settings.whatsapp_burst
        if (entry.channel or address.channel) != "WHATSAPP" or not burst or entry.kind != "message":
            return None
        now = self._clock.now()
        return await self._runtime.store.queue.pace(address.key, WHATSAPP_INTERVAL_S, burst, now)

    async def _is_sent(self, outgoing: Outgoing, entry: OutboundEntry) -> bool:
        """Return whether the API has the message of an entry whose outcome is unknown."""
        try:
            return await self._api.find_message(entry.address, outgoing.id, entry.at) is not None
        except SendRetryable as error:
            error.outcome_known = False  # A failed query says nothing about the message.
            raise

    async def _request(self, entry: OutboundEntry, body: bytes, is_ours: Callable[[], bool]) -> str:
        """Send a request. Return the id that the API gave the message; "" if there is none."""
        if entry.kind != "forward" and self._settings.send_rate:
            await self._wait_for_rate(self._settings.send_rate)
        if not is_ours():
            raise LeaseLost("The lease may have run out before this reply was sent.")
        if entry.kind == "forward":
            try:
                await self._forwarding.send(body)
            except HookFailed as error:
                if self.watch is not None and isinstance(error.__cause__, Exception):
                    what = "The hook for hand-overs failed"
                    self.watch(entry.address.key, what, error.__cause__)
                raise
            return ""
        ids: list[str] = []
        try:
            await self._forwarding.hooks.send(entry, partial(self._post, entry, body, ids))
        except SendError:
            raise
        except Exception as error:
            # An author's hook may raise anything, but the message has been sent.
            logger.exception("An around_send hook failed", extra={"action": "around_send"})
            if not ids:
                if self.watch is not None:
                    what = "An around_send hook failed, so nothing was sent"
                    self.watch(entry.address.key, what, error)
                raise SendRetryable("An around_send hook failed, so nothing was sent.") from error
        return ids[0] if ids else ""

    async def _post(self, entry: OutboundEntry, body: bytes, ids: list[str]) -> None:
        """Send the entry's message or event to the API, and add the returned id to `ids`."""
        began = self._clock.monotonic()
        try:
            ids.append(await self._accepted_id(entry, body))
        except SendRejected as error:
            if not (error.status in (400, 404) and await self._lost_contact_ids(entry)):
                raise
            ids.append(await self._accepted_id(entry, _by_identity(body, entry.address)))
        finally:
            send_seconds.observe(self._clock.monotonic() - began)

    async def _accepted_id(self, entry: OutboundEntry, body: bytes) -> str:
        if entry.kind == "event":
            return (await self._api.send_event(body)).event_id
        return (await self._api.send_message(body)).message_id

    async def _lost_contact_ids(self, entry: OutboundEntry) -> bool:
        """Return whether the entry's contact id is useless, because the app is in DISPATCH mode
        now.

        In that mode the API accepts identities only.
        """
        address = entry.address
        if not (address.contact_id and address.identity):
            return False
        return not await self._api.takes_contact_ids()

    async def _wait_for_rate(self, rate: float) -> None:
        now = self._clock.now()
        at = await self._runtime.store.queue.reserve(self._settings.app_id, rate, now)
        if at > now:
            await self._clock.sleep(at - now)

    def _held_back(self, outgoing: Outgoing, entry: OutboundEntry) -> Verdict:
        """Hold an entry until the credentials may be accepted again.

        The held entry does not count as tried.
        """
        sends.count(entry.address.channel, "held")
        until = self._clock.now() + CREDENTIALS_PAUSE_S
        return Unknown(until) if outgoing.unknown else Hold(until)

    async def _try_later(
        self, outgoing: Outgoing, entry: OutboundEntry, error: SendRetryable
    ) -> Verdict:
        if outgoing.tries + 1 >= self._settings.send_attempts:
            return await self._given_up(outgoing, entry, error)
        pause_s = error.retry_after_s
        if pause_s is None:
            pause_s = backoff_s(self._settings, outgoing.id, outgoing.tries)
        if entry.kind == "forward":
            pause_s = min(pause_s, MAX_FORWARD_PAUSE_S)
        sends.count(entry.address.channel, "retry")
        logger.warning(
            "Not sent; will be tried again",
            extra={"action": "send_retry", "entry": outgoing.id, "status": error.status}
            | {"pause_s": round(pause_s, 1), "tries": outgoing.tries + 1},
        )
        until = self._clock.now() + pause_s
        return Retry(until) if error.outcome_known else Unknown(until)

    async def _given_up(
        self, outgoing: Outgoing, entry: OutboundEntry, error: SendRejected | SendRetryable
    ) -> Verdict:
        reason = error.reason or (f"HTTP {error.status}" if error.status else "not sent")
        await self._note(outgoing, entry, "failed", reason)
        return self._dead_letter(outgoing, entry, error)

    def _dead_letter(
        self, outgoing: Outgoing, entry: OutboundEntry, error: SendRejected | SendRetryable
    ) -> Verdict:
        """Turn the entry into a dead letter, and report this to the contact's flow."""
        sends.count(entry.address.channel, "dead")
        dead_letters.count("send")
        where = {"reason": error.reason, "flow": entry.flow, "state": entry.state}
        logger.error(
            "Not sent; the message is now a dead letter",
            extra={"action": "send_dead", "entry": outgoing.id, "status": error.status}
            | {"error": str(error), **where},
        )
        now = self._clock.now()
        report = DeadLetterReport(
            id=outgoing.id,
            kind="forward" if entry.kind == "forward" else "send",
            at=now,
            contact=entry.address.key,
            reason=str(error),
            tries=outgoing.tries + 1,
        )
        if entry.kind == "forward":
            return Dead(dead_letter.encode(report))
        data: dict[str, Any] = {"status": error.status, **where}
        item = Item(
            id=f"failed:{outgoing.id}",
            at=now,
            event=CustomEvent("failed", data, run=run_of(outgoing.id)),
            address=entry.address,
        )
        return Dead(dead_letter.encode(report), encode_item(item))

    def _unreadable(self, outgoing: Outgoing, session: Session | None, error: Exception) -> Verdict:
        """Leave an unreadable entry to a worker of a later release, or turn the entry into a dead
        letter.
        """
        now, about = self._clock.now(), {"entry": outgoing.id, "error": str(error)}
        if may_be_of_later_release(outgoing.body, now):
            logger.warning(
                "A reply can't be read; a later release may have written it",
                extra={"action": "reply_of_later_release", **about},
            )
            return Hold(now + self._settings.lease_s)
        logger.error(
            "A reply can't be read; it is now a dead letter",
            extra={"action": "send_unreadable", **about},
        )
        dead_letters.count("send")
        report = DeadLetterReport(
            id=outgoing.id,
            kind="send",
            at=now,
            contact=session.address.key if session else "",
            reason=f"The reply can't be read: {error}",
            tries=outgoing.tries + 1,
        )
        return Dead(dead_letter.encode(report))


def _by_identity(body: bytes, address: Address) -> bytes:
    """Return the request with the contact's identity instead of its id."""
    recipient = Address("", address.channel, address.identity).recipient()
    return msgspec.json.encode({**msgspec.json.decode(body), "recipient": recipient})
