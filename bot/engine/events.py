"""Which run an event is for: one about a message, one of the platform, one of a program."""

import logging
from typing import Any

from bot.contact.session import Chain, Outcome, Run
from bot.engine import consent, waiting
from bot.engine.execution import Walk
from bot.flow.states import Ask
from bot.flow.switch import SWITCH
from bot.flow.values import plain
from bot.i18n.languages import _
from bot.items.inbound import CustomEvent, Item
from bot.items.outbound import run_of
from bot.messages import as_message

logger = logging.getLogger(__name__)


MAX_OUTCOMES = 20
"""Outcomes of events that a session remembers."""


async def of_platform(walk: Walk, name: str) -> None:
    """Handle a callback that is no message."""
    if walk.session.pause is not None or walk.session.consent == consent.OUT:
        return
    if walk.effects.is_report:
        await _report(walk, name)
    elif walk.session.chains:
        await to_active_run(walk, name)
    else:
        await _start(walk, name)


async def _report(walk: Walk, name: str) -> None:
    """Give a report to the run that said the message; a message without a run has no reports."""
    run = _reported_run(walk)
    found = walk.stack.find(run)
    if found is not None and handles(walk, found[1], name):
        await deliver(walk, *found, name)
    elif run and not walk.session.chains:
        await _start(walk, name)


def _reported_run(walk: Walk) -> int:
    item, callback = walk.effects.item, walk.effects.callback
    if item.event:
        return item.event.run
    report = callback and (callback.message_delivery_report or callback.message_submit_notification)
    return run_of(report.metadata) if report else 0


async def to_active_run(walk: Walk, name: str) -> bool:
    """Let the active run handle an event; False if it does not. Under the question whether to
    leave, the run is the one that this question is about.
    """
    chain = walk.chain
    run = next(each for each in reversed(chain.runs) if each.flow != SWITCH)
    return handles(walk, run, name) and await deliver(walk, chain, run, name)


async def of_program(walk: Walk, item: Item, event: CustomEvent) -> None:
    """Handle an event of a program, or one that a flow has scheduled."""
    if event.name == "failed":
        await of_platform(walk, event.name)
        return
    outcome = await _of_program(walk, item, event)
    if not event.scheduled:
        kept = {id: each for id, each in walk.session.outcomes.items() if id != item.id}
        walk.session.outcomes = dict([*kept.items(), (item.id, outcome)][-MAX_OUTCOMES:])


async def _of_program(walk: Walk, item: Item, event: CustomEvent) -> Outcome:
    session, name = walk.session, event.name
    until = item.at + event.expires_s if event.expires_s else 0.0
    if session.pause is not None:
        return waiting.hold(walk, item, until)
    if session.consent == consent.OUT:
        if walk.flows.started_by_event(name) is not None:
            return waiting.hold(walk, item, until or item.at + waiting.START_WAITS_S)
        return waiting.note_unhandled(walk, name, "opted_out")
    for chain, run in _candidates(walk, event):
        if await deliver(walk, chain, run, name):
            return "handled"
    if event.run == 0 and await _start(walk, name, event.data):
        return "started"
    if until > walk.effects.at:
        return waiting.hold(walk, item, until)
    return waiting.note_unhandled(walk, name, "expired" if until else "no_flow")


def handles(walk: Walk, run: Run, name: str) -> bool:
    """Whether a run handles an event in its present state."""
    definition = walk.flows.get(run.flow)
    if definition is None or not definition.has(run.state):
        return False
    if definition.is_raw:
        return name in definition.machine.triggers(run.state)
    return walk.handler(run, name) is not None


async def deliver(walk: Walk, chain: Chain, run: Run, name: str) -> bool:
    """Let a run handle an event in its place of the stack; False if its conditions refuse.

    If it moves, the runs that it has called end.
    """
    place = next(number for number, each in enumerate(chain.runs) if each is run)
    called = chain.runs[place + 1 :]
    del chain.runs[place + 1 :]
    with walk.moving(chain):
        handler = walk.handler(run, name)
        if handler is None:
            return await walk.move(name)
        trigger = await walk.react(handler, name)
        if trigger:
            walk.stack.drop([each for each in called if each.flow != SWITCH], "replaced")
            await walk.move(trigger)
        else:
            chain.runs += called
    return True


async def time_out(walk: Walk, chain: Chain, run: Run) -> bool:
    """Let a question stop waiting, wherever its run is; whether its chain has ended by it without
    a word.
    """
    state = walk.flows[run.flow].states.get(run.state)
    if not isinstance(state, Ask) or not state.timeout:
        return False
    said = len(walk.effects.replies)
    if chain.runs[-1] is not run:
        chain.runs.pop()  # The question whether to leave.
    with walk.moving(chain):
        await walk.move("timed_out")
    return not chain.runs and len(walk.effects.replies) == said


def remind(walk: Walk, run: Run, number: int) -> None:
    """Say a reminder of the active question."""
    state = walk.flows[run.flow].states.get(run.state)
    if run is walk.session.run and isinstance(state, Ask) and number < len(state.remind):
        walk.effects.say(_(as_message(state.remind[number][1])))


async def _start(walk: Walk, name: str, data: dict[str, Any] | None = None) -> bool:
    """Start the flow that an event starts, if there is one; False if there is none."""
    definition = walk.flows.started_by_event(name)
    if definition is None:
        return False
    key = definition.key
    is_there = (
        key
        and data
        and key in data
        and any(
            run.flow == definition.name and plain(run.data.get(key)) == data[key]
            for run in walk.session.runs
        )
    )
    if is_there:
        return False
    await walk.start(definition.name, dict(data or {}), by="event")
    return True


def _candidates(walk: Walk, event: CustomEvent) -> list[tuple[Chain, Run]]:
    """The runs that an event is for, the first of them first."""
    equal: list[tuple[Chain, Run]] = []
    others: list[tuple[Chain, Run]] = []
    for chain in reversed(walk.session.chains):
        for run in reversed(chain.runs):
            if not handles(walk, run, event.name) or (event.run and run.id != event.run):
                continue
            key = walk.flows[run.flow].key
            if not key or key not in event.data:
                others.append((chain, run))
            elif plain(run.data.get(key)) == event.data[key]:
                equal.append((chain, run))
    return equal or others
