"""Makes the commit of a finished turn, including its entry in the contact's log."""

from collections.abc import Sequence

import msgspec

from bot.contact import session
from bot.contact.session import Session
from bot.errors import FlowError
from bot.flow.load import Flows
from bot.items import inbound, outbound, turn_log
from bot.messages import Message
from bot.settings import Settings
from bot.store import LOG_MARGIN, Commit, DueTimer
from bot.turn.effects import TurnEffects
from bot.worker.dropped import Dropped

MAX_SAID = 10
"""Maximum number of sent messages that a session stores for flows that handle `failed`."""

MAX_SAID_BYTES = 16_384
"""Maximum size of the sent messages that a session stores, as JSON, in bytes."""

_EVENT = "event:"
"""Prefix of the names of scheduled events, which are timers in the store."""


class Result(msgspec.Struct, frozen=True):
    """The outcome of a turn: the commit, or None if there is nothing to commit.

    Without a commit, the turn runs again at `run_at` (Unix seconds), because the turn failed or a
    burst of messages has not ended. `session` is the contact's session after the turn. `dropped`
    are the unsent replies that the commit deletes.
    """

    session: Session | None
    commit: Commit | None
    run_at: float = 0.0
    failed: bool = False
    dropped: Sequence[Dropped] = ()


def commit_of(
    effects: TurnEffects,
    turn_id: str,
    entries: list[tuple[str, bytes]],
    heard: list[bytes],
    flows: Flows,
    settings: Settings,
    *,
    waited: bool,
    dropped: Sequence[Dropped] = (),
) -> Commit:
    """Return the commit of a turn that has handled the items `heard` and made these outbox entries.

    `waited` is True if the turn waited for more items of a burst. `dropped` are the unsent replies
    that the commit deletes.

    Raises:
        FlowError: the session has become too large.
    """
    if effects.event == "message":
        effects.session.apologized = False
    if flows.handle_failures:
        _remember_said(effects, entries)
    log, restart_log_lifetime = b"", False
    is_logged = bool(settings.log_turns) and (bool(dropped) or _is_logged(effects))
    if is_logged:
        restart_log_lifetime = _restarts_log_lifetime(effects, settings.log_s)
    stored_session = _encoded_session(effects, settings.max_session_bytes)
    if is_logged:
        record = _record(effects, turn_id, heard, flows, waited=waited)
        record.dropped = {each.id: each.why for each in dropped}
        log = turn_log.encode(record)
    return Commit(
        session=stored_session,
        handled=len(heard),
        outbox=entries,
        clear_outbox=effects.drop_unsent != "",
        end_hold=_ends_hold(effects, entries),
        timers_set=[
            DueTimer(timer.key, at, inbound.of_timer(timer, at))
            for timer, at in effects.timers_set.items()
        ]
        + [
            DueTimer(_EVENT + name, due, inbound.of_schedule(event, due))
            for name, event in effects.events_set.items()
            for due in (effects.session.scheduled[name],)
        ],
        timers_cancelled=[timer.key for timer in effects.timers_cancelled]
        + [_EVENT + name for name in effects.events_cancelled],
        log=log,
        restart_log_lifetime=restart_log_lifetime,
    )


def _ends_hold(effects: TurnEffects, entries: list[tuple[str, bytes]]) -> bool:
    """Return whether held replies must be looked at again.

    They must if the contact has written, if a reply or a forward of this turn goes before them, or
    if this turn has repeated a held question, whose earlier copy will be dropped.
    """
    forwards = len(entries) - len(effects.replies)
    goes_before = forwards > 0 or any(not reply.waits for reply in effects.replies)
    session = effects.session
    has_repeated = any(run.repeated_in == session.turn for run in session.runs)
    return effects.event == "message" or goes_before or has_repeated


class _Request(msgspec.Struct):
    message: msgspec.Raw


def _remember_said(effects: TurnEffects, entries: list[tuple[str, bytes]]) -> None:
    """Store sent messages for the handlers of `failed`, because a report names only their ids."""
    said = effects.session.said
    for reply, (id, entry) in zip(effects.replies, entries, strict=False):
        if reply.run and isinstance(reply.content, Message):
            request = msgspec.json.decode(outbound.decode(entry).body, type=_Request)
            said = {**said, id: request.message.copy()}
    while len(said) > MAX_SAID or sum(len(bytes(each)) for each in said.values()) > MAX_SAID_BYTES:
        said = {id: each for id, each in said.items() if id != next(iter(said))}
    effects.session.said = said


def is_notable(effects: TurnEffects) -> bool:
    """Return whether a turn is logged at level INFO.

    A turn is not logged at this level if its item is a callback that changes nothing.
    """
    return (
        bool(effects.path or effects.replies)
        or effects.event == "message"
        or effects.callback is None
    )


def _encoded_session(effects: TurnEffects, max_bytes: int) -> bytes | None:
    if effects.session.is_blank:
        return None
    encoded = session.encode(effects.session)
    if len(encoded) > max_bytes:
        flow, state = effects.session.where
        where = f"in flow {flow!r}, state {state!r}" if flow else "outside a flow"
        raise FlowError(
            f"The session has {len(encoded)} bytes after a turn {where}; the maximum is"
            f" {max_bytes}. Store less in the flow's data or the contact's data."
        )
    return encoded


def _is_logged(effects: TurnEffects) -> bool:
    """Return whether a turn is added to the contact's log. Turns of delivery reports are added."""
    if effects.forwarded_item and not effects.item.command:
        return False  # The item is in the log of the contact into which this one was merged.
    return is_notable(effects) or effects.event in (
        *("delivered", "read", "failed"),
        *("opt_in", "opt_out"),
    )


def _restarts_log_lifetime(effects: TurnEffects, log_s: float) -> bool:
    """Return whether the log's lifetime must begin again. If so, note in the session the time until
    which the log is stored.

    After each turn, the log must be stored for at least `log_s`. The lifetime is longer than
    `log_s`, so after most turns it need not begin again.
    """
    session, lifetime_s = effects.session, log_s * LOG_MARGIN
    if effects.at + log_s <= session.log_until <= effects.at + lifetime_s:
        return False
    session.log_until = int(effects.at + lifetime_s)
    return True


def _record(
    effects: TurnEffects, turn_id: str, heard: list[bytes], flows: Flows, *, waited: bool
) -> turn_log.TurnLogEntry:
    first, *rest = map(msgspec.Raw, heard)
    return turn_log.TurnLogEntry(
        turn=effects.session.turn,
        at=effects.at,
        item=first,
        burst=rest if waited else None,
        said=[
            turn_log.Said(
                id=reply.entry_id(turn_id, number),
                content=reply.content.to_json(),
            )
            for number, reply in enumerate(effects.replies)
        ],
        path=effects.path,
        chains=effects.session.chains,
        finished=effects.finished,
        once=_once(effects, flows),
        heard=effects.transcripts.get(effects.item.id, ""),
        contact_data=effects.contact_data_before,
    )


def _once(effects: TurnEffects, flows: Flows) -> dict[str, msgspec.Raw]:
    """Return the results of `Turn.once` for replays.

    For flows with secrets, return {}, because the results may contain secrets.
    """
    if not effects.once_results:
        return {}
    names = {entry.partition("/")[0] for entry in effects.path}
    names.update(run.flow for run in effects.session.runs)
    if any(name in flows and flows[name].secrets for name in names):
        return {}
    return {key: msgspec.Raw(each) for key, each in effects.once_results.items()}
