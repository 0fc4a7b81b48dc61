"""Records the outcomes of broadcasts: whether a contact answers or says STOP."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from bot.contact.session import BroadcastMark
from bot.engine import consent
from bot.engine.execution import Execution
from bot.items.inbound import OperatorCommand
from bot.turn.effects import BROADCAST_OVER, Broadcast, TurnEffects

ANSWER_S = 7 * 86_400.0
"""Seconds after a broadcast in which a contact's message counts as an answer to the broadcast."""


def begin(effects: TurnEffects, tag: str, fallback: str, run: int) -> None:
    """Record that the messages of a run in this turn belong to a broadcast.

    If `run` is 0, record this for the messages that no run sends.
    """
    effects.broadcasts[run] = Broadcast(tag, fallback)
    turn = effects.session.turn if run else 0
    effects.session.broadcast = BroadcastMark(tag, effects.at, turn=turn, fallback=fallback)


@contextmanager
def repeating(execution: Execution) -> Iterator[None]:
    """Let the messages said in this context belong to the broadcast that has asked the active
    question, if a broadcast has.
    """
    known, mark = execution.effects.broadcasts, execution.session.broadcast
    chain = execution.chain
    if mark is None or mark.turn != execution.run.entered or chain.runs[0].id in known:
        yield
        return
    known[chain.runs[0].id] = Broadcast(mark.tag, mark.fallback)
    try:
        yield
    finally:
        del known[chain.runs[0].id]


def note_answer(effects: TurnEffects) -> None:
    """If the contact has answered the last broadcast or said STOP, record this outcome."""
    session, mark = effects.session, effects.session.broadcast
    assert mark is not None, "the session must have a broadcast"
    if effects.at > mark.at + ANSWER_S:
        session.broadcast = None
    elif session.consent == consent.OUT:
        effects.outcomes.append((mark.tag, "stopped", ""))
        session.broadcast = None
    elif effects.event == "message" and not mark.answered:
        effects.outcomes.append((mark.tag, "answered", ""))
        session.broadcast = msgspec.structs.replace(mark, answered=True)


def cancel(execution: Execution, command: OperatorCommand) -> None:
    """End the run that a canceled broadcast has started.

    If the question of an earlier flow becomes active again, the bot does not repeat this question,
    because the contact has received no message of the canceled broadcast.
    """
    session = execution.session
    if session.broadcast and session.broadcast.tag == command.broadcast:
        session.broadcast = None
    found = execution.stack.find(command.run) if command.run else None
    if found:
        execution.stack.end(found[0], "canceled")


def watch(effects: TurnEffects) -> None:
    """If the session contains only a broadcast, set the timer that deletes the session."""
    session = effects.session
    if session.broadcast is not None and session.is_blank_but_for_broadcast:
        effects.set_timer(BROADCAST_OVER, session.broadcast.at + ANSWER_S)
