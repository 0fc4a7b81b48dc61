"""Decides whether a committed reply is sent now, and in what form.

The checks are, in order: merged contact, consent, purpose, stale reminder, repeated question, age,
quiet hours, 24-hour window. The checks run right before sending, because their results may change
after the turn.
"""

import math
from collections.abc import Iterable
from typing import Any

import msgspec

from bot.contact import quiet_hours
from bot.contact.address import PHONE_CHANNELS, Address
from bot.contact.session import Session
from bot.engine import consent
from bot.items.outbound import OutboundEntry, broadcast_of, question_of
from bot.settings import Settings
from bot.turn import messaging_window

Json = dict[str, Any]


class Send(msgspec.Struct, frozen=True):
    """Send this request.

    `is_switched` is True if the request goes to a second channel, because the first channel's
    window is closed.
    """

    body: bytes
    is_switched: bool = False


class Hold(msgspec.Struct, frozen=True):
    """Decide again at `until` (Unix seconds), or when the contact writes."""

    until: float
    why: str


class Drop(msgspec.Struct, frozen=True):
    """Drop the reply. The flow gets no report."""

    why: str


class Reject(msgspec.Struct, frozen=True):
    """Turn the entry into a dead letter, because it cannot be sent."""

    why: str


Decision = Send | Hold | Drop | Reject


def decide(
    id: str, entry: OutboundEntry, session: Session | None, settings: Settings, now: float
) -> Decision:
    """Decide what to do with the next entry. `session` is None for an unknown contact."""
    as_is = Send(bytes(entry.body))
    if entry.kind == "forward":
        return as_is
    if session and session.merged_into:
        return Drop("merged")
    if not (entry.despite_stop or consent.allows(session)):
        return Drop("opted_out")
    if entry.purpose and not consent.allows_purpose(
        session, entry.purpose, settings.opt_in_purposes
    ):
        return Drop("not_opted_in")
    if entry.kind == "event":
        return as_is
    session = session or Session(entry.address)
    if entry.reminder and not _is_awaited(entry, session):
        return Drop("answered")
    if not entry.reminder and _is_repeated(id, entry, session):
        return Drop("repeated")
    expires_at = entry.expires_at or math.inf
    if now >= expires_at:
        return Drop("expired")
    if until := _quiet_until(entry, session, settings, now):
        return Hold(until, "quiet_hours")
    channel = entry.channel or session.address.channel
    if channel not in messaging_window.LENGTH_S:
        return as_is
    body: Json = msgspec.json.decode(entry.body)
    properties = body.get("channel_properties") or {}
    is_free_form = messaging_window.is_free_form(body["message"], channel)
    if not is_free_form or messaging_window.is_open(
        channel, session.heard.get(channel), properties, now
    ):
        return as_is
    decision = _outside(entry, body, channel, session, settings.outside_window, now)
    if isinstance(decision, Hold):
        return Hold(min(decision.until, expires_at), decision.why)
    return decision


def overtaking(
    unsent: Iterable[tuple[str, OutboundEntry]],
    session: Session | None,
    settings: Settings,
    now: float,
) -> tuple[str, float]:
    """Return the id of the first entry that goes before earlier entries that are held; "" if there
    is none now. The second value is when there will be one, in Unix seconds; infinity if unknown.

    `unsent` are the ids and entries of the contact's outbox in order. A forward goes before all
    messages. A message to which no quiet hours applied goes before messages that wait for the end
    of quiet hours. But no message goes before a message that waits for the messaging window, or
    that will wait for the window when the quiet hours end, unless that message is too old. Typing
    indicators keep their place.
    """
    window_until, later = 0.0, math.inf
    for id, entry in unsent:
        if entry.kind == "forward":
            return id, now
        decision = decide(id, entry, session, settings, now)
        if isinstance(decision, Hold):
            ageless = msgspec.structs.replace(entry, expires_at=0.0)
            if isinstance(decide(id, ageless, session, settings, decision.until), Hold):
                window_until = max(window_until, entry.expires_at or math.inf)
        elif entry.kind != "event" and (
            isinstance(decision, Drop) or not _quiet_until(entry, session, settings, entry.at)
        ):
            if not window_until:
                return id, now
            later = min(later, window_until)
    return "", later


def _quiet_until(
    entry: OutboundEntry, session: Session | None, settings: Settings, at: float
) -> float:
    """Return when the quiet hours end that apply to the entry at Unix second `at`; 0 if none do."""
    if not entry.proactive:
        return 0.0
    hours = settings.quiet_hours_of(entry.purpose)
    until = quiet_hours.end_at(hours, session or Session(entry.address), at, settings.zone)
    return until if until > at else 0.0


def _is_awaited(entry: OutboundEntry, session: Session) -> bool:
    """Return whether the question of a reminder still waits for an answer."""
    run = session.run
    has_written = any(at > entry.at for at in session.heard.values())
    is_there = run is not None and (run.flow, run.state) == (entry.flow, entry.state)
    return is_there and session.pause is None and not has_written


def _is_repeated(id: str, entry: OutboundEntry, session: Session) -> bool:
    """Return whether a later copy of a question replaces this copy.

    The later copy must belong to the same broadcast, because the broadcast counts its messages.
    """
    repeated = [(each.id, each.entered) for each in session.runs if entry.turn < each.repeated_in]
    if not repeated or question_of(id) not in repeated:
        return False
    tag = broadcast_of(id)
    return not tag or (session.broadcast is not None and session.broadcast.tag == tag)


def _outside(
    entry: OutboundEntry, body: Json, channel: str, session: Session, default: str, now: float
) -> Decision:
    outside = entry.outside or default
    if isinstance(outside, dict):
        return _send({**body, "message": outside})
    if outside == "send":
        return Send(bytes(entry.body))
    if outside == "fail":
        return Reject(f"The messaging window on {channel} is closed: the contact must write first")
    if outside == "wait":
        last = session.address.channel
        if last != channel and session.heard.get(last, 0) >= int(entry.at):
            return _by(last, body, entry.address)
        return Hold(now + messaging_window.DAY_S, "window")
    decision = _by(outside, body, entry.address)
    return Send(decision.body, is_switched=True) if isinstance(decision, Send) else decision


def _by(channel: str, body: Json, address: Address) -> Decision:
    """Return the decision to send on another channel.

    A contact without an id can be addressed on another channel only by phone number.
    """
    recipient = body["recipient"]
    if "identified_by" in recipient:
        if channel in PHONE_CHANNELS and address.country:
            why = "the contact is known only by a WhatsApp user ID"
            return Reject(f"{channel} needs a phone number, and {why}")
        if not (channel in PHONE_CHANNELS and address.phone_number):
            return Reject(f"The contact's identity on {channel} is not known")
        recipient = Address("", channel, address.phone_number).recipient()
    return _send({**body, "recipient": recipient, "channel_priority_order": [channel]})


def _send(body: Json) -> Send:
    return Send(msgspec.json.encode(body))
