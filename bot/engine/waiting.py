"""Items that wait in the session for the end of a hand-over, for START, or for a flow.

The items are events, starts of flows, and time-outs.
"""

import logging
from collections.abc import Awaitable, Callable

import msgspec

from bot.contact import session as sessions
from bot.contact.session import Outcome, Session, Unhandled, Waiting
from bot.engine import author_errors, consent
from bot.engine.execution import Execution
from bot.errors import StoreAway
from bot.i18n.languages import _
from bot.items import inbound
from bot.items.inbound import Item
from bot.telemetry import metrics
from bot.turn.effects import WAITING

logger = logging.getLogger(__name__)

MAX_WAITING = 20
"""Maximum number of waiting items in one session."""

MAX_WAITING_FOR_START = 5
"""Maximum number of events that are stored for a contact who has said STOP, until the contact says
START.
"""

START_WAITS_S = 86_400.0
"""Seconds for which an event without `expires` is stored for a contact who has said STOP. If the
contact says START within this time, the event is handled.
"""

MAX_UNHANDLED = 5
"""Maximum number of unhandled events that a session stores."""


def hold(execution: Execution, item: Item, until: float = 0.0) -> Outcome:
    """Store an item in the session until `until` (Unix seconds); 0 means without limit.

    If the session already has the maximum number of waiting items, the item is not stored and
    counts as unhandled.
    """
    session = execution.session
    is_out = session.consent == consent.OUT
    if len(session.waiting) >= (MAX_WAITING_FOR_START if is_out else MAX_WAITING):
        return note_unhandled(execution, name_of(item), "too_many")
    raw = msgspec.Raw(inbound.encode(item))
    session.waiting.append(Waiting(raw, name_of(item), item.at, until))
    return "waiting"


async def run_all(execution: Execution, handle: Callable[[Item], Awaitable[None]]) -> None:
    """Handle the waiting items, ordered by time.

    If an item must wait longer, it is tried again after another item was handled.
    """
    tried = len(execution.session.waiting) + 1
    while 0 < len(execution.session.waiting) < tried:
        tried = len(execution.session.waiting)
        await _run_each(execution, handle)


async def _run_each(execution: Execution, handle: Callable[[Item], Awaitable[None]]) -> None:
    session = execution.session
    if session.pause is not None or session.consent == consent.OUT:
        return
    found = sorted(session.waiting, key=lambda each: each.at)
    session.waiting = []
    for number, each in enumerate(found):
        if session.pause is not None or session.consent == consent.OUT:
            session.waiting += found[number:]
            return
        await handle_apart(execution, inbound.decode(bytes(each.item)), each.name, handle)


async def handle_apart(
    execution: Execution, item: Item, name: str, handle: Callable[[Item], Awaitable[None]]
) -> None:
    """Handle one of several items of a turn.

    If handling the item fails, the item counts as unhandled and has no effects.
    """
    effects = execution.effects
    effects.store_contact_data()
    before = sessions.encode(execution.session)
    said = (
        len(effects.replies),
        len(effects.ended),
        len(effects.forwards),
        len(effects.starts),
    )
    try:
        await handle(item)
    except StoreAway:
        raise  # The whole turn is tried again.
    except Exception as error:
        # An author's function may raise anything. The other items must not be affected.
        _undo(execution, before, said)
        author_errors.log_survived(effects, "A postponed item failed", error, "waiting_failed")
        note_unhandled(execution, name, "failed")
        if item.event and item.event.is_of_program:
            execution.session.note_outcome(item.id, "failed")


def drop_expired(execution: Execution) -> None:
    """Drop expired items, and set the timer for the item that expires next."""
    session, now = execution.session, execution.effects.at
    for each in [each for each in session.waiting if each.until and each.until <= now]:
        session.waiting.remove(each)
        outcome = note_unhandled(execution, each.name, "expired")
        _update_outcome(session, inbound.decode(bytes(each.item)), outcome)
    ends = [each.until for each in session.waiting if each.until]
    if ends:
        execution.effects.set_timer(WAITING, min(ends))


def keep_for_start(execution: Execution, starts: Callable[[str], bool]) -> None:
    """After a STOP, drop all waiting items except the events that start a flow.

    `starts` returns whether an event with this name starts a flow.
    """
    session = execution.session
    found, session.waiting = session.waiting, []
    for each in found:
        item = inbound.decode(bytes(each.item))
        if item.event and starts(item.event.name):
            outcome = hold(execution, item, each.until or each.at + START_WAITS_S)
            _update_outcome(session, item, outcome)
        elif not item.timer:
            outcome = note_unhandled(execution, each.name, "opted_out")
            _update_outcome(session, item, outcome)


def take_over(execution: Execution, others: list[Waiting]) -> None:
    """Take over the waiting items of a merged contact, up to the maximum number.

    Time-outs, and events for the merged contact's own runs, are not taken over.
    """
    session = execution.session
    for each in others:
        item = inbound.decode(bytes(each.item))
        if item.timer:
            continue
        if item.event and item.event.run:
            note_unhandled(execution, each.name, "no_flow")
        elif len(session.waiting) < MAX_WAITING:
            session.waiting.append(each)
        else:
            note_unhandled(execution, each.name, "too_many")


def _update_outcome(session: Session, item: Item, outcome: Outcome) -> None:
    if item.id in session.outcomes:
        session.outcomes[item.id] = outcome


def note_unhandled(execution: Execution, name: str, reason: str) -> Outcome:
    """Record in the log, the metric and the session that an event was not handled."""
    metrics.events_unhandled.count(reason)
    session = execution.session
    logger.warning(
        "Event %r was not handled (active flow: %s)",
        *(name, session.where.flow or "none"),
        extra={"action": "event_unhandled", "event_name": name, "reason": reason},
    )
    session.unhandled = [*session.unhandled, Unhandled(name, execution.effects.at, reason)]
    del session.unhandled[:-MAX_UNHANDLED]
    return "unhandled"


def say_time_is_over(execution: Execution) -> None:
    execution.effects.say(_("The time for your answer has run out."))


def name_of(item: Item) -> str:
    """Return the name of an item for logs."""
    if item.event:
        return item.event.name
    if item.timer:
        return item.timer.name
    return f"start {item.start.flow}" if item.start else item.id


def _undo(execution: Execution, before: bytes, said: tuple[int, int, int, int]) -> None:
    """Undo everything that a failed item has changed in the session and in the turn's effects."""
    kept = sessions.decode(before)
    for name in Session.__struct_fields__:
        setattr(execution.session, name, getattr(kept, name))
    effects = execution.effects
    del effects.replies[said[0] :], effects.ended[said[1] :]
    del effects.forwards[said[2] :], effects.starts[said[3] :]
    effects.chain = None
    effects.reload_contact_data()
    execution.forget_all()
