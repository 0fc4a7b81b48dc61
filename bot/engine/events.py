"""Delivers events to runs: reports about messages, events of the platform, and events of
programs.
"""

import logging
from collections import Counter
from typing import Any

from bot.contact.session import Chain, Outcome, Run, Session
from bot.engine import consent, waiting
from bot.engine.execution import Execution
from bot.flow.definition import Definition
from bot.flow.flow import dump_start
from bot.flow.states import Ask
from bot.flow.switch import SWITCH
from bot.flow.values import plain
from bot.i18n.languages import _
from bot.items.inbound import CustomEvent, Item
from bot.items.outbound import run_of
from bot.messages import as_message

logger = logging.getLogger(__name__)


async def of_platform(execution: Execution, name: str) -> None:
    """Handle a callback that is not a message."""
    if execution.session.pause is not None or execution.session.consent == consent.OUT:
        return
    if execution.effects.is_report:
        await _report(execution, name)
    elif execution.session.chains:
        await to_active_run(execution, name)
    else:
        await _start(execution, name)


async def _report(execution: Execution, name: str) -> None:
    """Deliver a report to the run that sent the message.

    If this run has ended and no flow is active, start the flow that starts on the report.
    """
    run = _reported_run(execution)
    found = execution.stack.find(run)
    if found is not None and handles(execution, found[1], name):
        if not execution.is_held(found[0]):
            await deliver(execution, *found, name)
    elif run and not execution.session.chains:
        await _start(execution, name)


def _reported_run(execution: Execution) -> int:
    item, callback = execution.effects.item, execution.effects.callback
    if item.event:
        return item.event.run
    report = callback and (callback.message_delivery_report or callback.message_submit_notification)
    return run_of(report.metadata) if report else 0


async def to_active_run(execution: Execution, name: str) -> bool:
    """Deliver an event to the active run. Return False if the run does not handle the event.

    While the bot asks whether to leave a flow, the active run is the run of that flow.
    """
    chain = execution.chain
    if execution.is_held(chain):
        return False
    run = next(each for each in reversed(chain.runs) if each.flow != SWITCH)
    return handles(execution, run, name) and await deliver(execution, chain, run, name)


async def of_program(execution: Execution, item: Item, event: CustomEvent) -> None:
    """Handle an event of a program, or an event that a flow has scheduled."""
    if event.name == "failed":
        await of_platform(execution, event.name)
        return
    outcome = await _of_program(execution, item, event)
    if event.is_of_program:
        execution.session.note_outcome(item.id, outcome)


async def _of_program(execution: Execution, item: Item, event: CustomEvent) -> Outcome:
    session, name = execution.session, event.name
    until = item.at + event.expires_s if event.expires_s else 0.0
    if session.consent == consent.OUT:
        if execution.flows.started_by_event(name) is not None:
            return waiting.hold(execution, item, until or item.at + waiting.START_WAITS_S)
        return waiting.note_unhandled(execution, name, "opted_out")
    if session.pause is not None:
        return waiting.hold(execution, item, until)
    for chain, run in _candidates(execution, event):
        if execution.is_held(chain):
            return waiting.hold(execution, item, until)
        if await deliver(execution, chain, run, name):
            return "handled"
    starts = execution.flows.started_by_event(name) if event.run == 0 else None
    if starts is not None and not consent.may_start(execution, starts.name):
        return waiting.note_unhandled(execution, name, "not_opted_in")
    if event.run == 0 and await _start(execution, name, event.data):
        return "started"
    if until > execution.effects.at:
        return waiting.hold(execution, item, until)
    is_off = starts is not None and starts.name in execution.off
    stored = dump_start(starts.model, event.data) if starts else {}
    is_double = starts is not None and has_same_key(starts, stored, session)
    why = "flow_off" if is_off else "same_key" if is_double else "no_flow"
    why = "expired" if until else why
    return waiting.note_unhandled(execution, name, why)


def handles(execution: Execution, run: Run, name: str) -> bool:
    """Return whether a run handles an event in its current state."""
    definition = execution.flows.get(run.flow)
    if definition is None or execution.is_gone(run):
        return False
    if definition.is_state_machine:
        return name in definition.machine.triggers(run.state)
    return execution.handler(run, name) is not None


async def deliver(execution: Execution, chain: Chain, run: Run, name: str) -> bool:
    """Deliver an event to a run anywhere in the stack. Return False if the run's conditions refuse
    the event.

    If the event moves the run, the runs that this run has called end.
    """
    place = next(number for number, each in enumerate(chain.runs) if each is run)
    called = chain.runs[place + 1 :]
    del chain.runs[place + 1 :]
    with execution.moving(chain):
        handler = execution.handler(run, name)
        if handler is None:
            return await execution.move(name)
        trigger = await execution.react(handler, name)
        if trigger:
            execution.stack.drop([each for each in called if each.flow != SWITCH], "replaced")
            await execution.move(trigger)
        else:
            chain.runs += called
    return True


async def time_out(execution: Execution, chain: Chain, run: Run) -> bool:
    """End a question's wait for an answer. The question's run may be anywhere in the stack.

    Return True if the time-out has ended the chain without a reply.
    """
    state = execution.flows[run.flow].states.get(run.state)
    if execution.is_gone(run) or not isinstance(state, Ask) or not state.timeout:
        return False
    said = len(execution.effects.replies)
    if chain.runs[-1] is not run:
        chain.runs.pop()  # The active run asks whether to leave the flow.
    with execution.moving(chain):
        await execution.move("timed_out")
    return not chain.runs and len(execution.effects.replies) == said


def remind(execution: Execution, run: Run, number: int) -> None:
    """Send a reminder of the active question, unless the question itself still waits."""
    state = execution.flows[run.flow].states.get(run.state)
    if run is not execution.session.run or run.held_until > execution.effects.at:
        return
    if isinstance(state, Ask) and number < len(state.remind):
        reminder = _(as_message(state.remind[number][1]))
        execution.effects.say(reminder, visit=run.entered, is_reminder=True)


async def _start(execution: Execution, name: str, data: dict[str, Any] | None = None) -> bool:
    """Start the flow that starts on an event.

    Return False if no flow starts on the event, if the flow is switched off, or if the contact has
    a run of the flow with an equal `key`.
    """
    definition = execution.flows.started_by_event(name)
    if definition is None or definition.name in execution.off:
        return False
    stored = dump_start(definition.model, dict(data or {}))
    if has_same_key(definition, stored, execution.session):
        return False
    await execution.start(definition.name, stored, by="event")
    return True


def has_same_key(definition: Definition, data: dict[str, Any], session: Session) -> bool:
    """Return whether the contact has a run of the flow whose data has the same key as `data`.

    The key is the value of the field that the flow's `key` names.
    """
    key = definition.key
    return key in data and any(
        run.flow == definition.name and plain(run.data.get(key)) == plain(data[key])
        for run in session.runs
    )


def _candidates(execution: Execution, event: CustomEvent) -> list[tuple[Chain, Run]]:
    """Return the runs that may handle an event, in the order in which they are tried."""
    equal: list[tuple[Chain, Run]] = []
    others: list[tuple[Chain, Run]] = []
    without_key: Counter[str] = Counter()
    for chain in reversed(execution.session.chains):
        for run in reversed(chain.runs):
            if not handles(execution, run, event.name) or (event.run and run.id != event.run):
                continue
            key = execution.flows[run.flow].key
            if event.run or not key or key not in event.data:
                others.append((chain, run))
                without_key[run.flow] += bool(key and not event.run)
            elif plain(run.data.get(key)) == event.data[key]:
                equal.append((chain, run))
    for flow, runs in without_key.items():
        if runs > 1:
            _warn_of_missing_key(execution.flows[flow], event, runs)
    return equal or others


def _warn_of_missing_key(definition: Definition, event: CustomEvent, runs: int) -> None:
    logger.warning(
        "Several runs of the flow may get an event, and the event's data has no value for the"
        " flow's `key`. So the topmost run gets the event. Send the key in the event's data, or"
        " send the number of the run",
        extra={
            "action": "event_without_key",
            "event_name": event.name,
            "flow": definition.name,
            "key": definition.key,
            "runs": runs,
        },
    )
