"""Releases: migrates a contact's runs to the flows of this process."""

import logging
from typing import Any

from bot.contact import session as sessions
from bot.contact.session import Chain, Run, Session
from bot.engine import changes
from bot.engine.execution import Execution
from bot.engine.migration import answers_without_option, migrate
from bot.errors import FlowError
from bot.flow.definition import Definition
from bot.flow.flow import fitting
from bot.flow.load import Flows
from bot.flow.states import Ask, Call
from bot.items.inbound import Item, StartFlow

logger = logging.getLogger(__name__)

NEWER_WAITS_S = 600.0
"""Seconds for which items of a contact are left to workers of a newer release."""

LOOK_AGAIN_S = 1.0
"""Seconds between two checks of a contact whose items are left to workers of a newer release."""


def is_newer(session: Session, flows: Flows) -> bool:
    """Return whether a newer release has moved the contact's runs or written the contact's data."""
    if session.data and flows.contact_data and flows.contact_data.is_newer(session):
        return True
    return any(run.flow in flows and run.version > flows[run.flow].version for run in session.runs)


def is_left_to_newer(session: Session, flows: Flows, item: Item, now: float) -> bool:
    """Return whether an item is left to a worker of a newer release."""
    start = item.start
    is_new_start = bool(start and start.flow in flows and start.version > flows[start.flow].version)
    return (is_new_start or is_newer(session, flows)) and now - item.at < NEWER_WAITS_S


def adopted_start(start: StartFlow, flows: Flows) -> tuple[str, dict[str, Any]]:
    """Return the state and data of a start, migrated to this release.

    If the state no longer exists, the returned state is "", which means the first state. Data that
    no longer fits is dropped.
    """
    definition = flows[start.flow]
    run = Run(start.flow, start.state, version=start.version, data=dict(start.data))
    if start.state:
        migrate(run, flows)
    if run.state and not definition.has(run.state):
        logger.warning(
            "The state to start in no longer exists; the flow starts in its first state",
            extra={"action": "state_gone", "flow": run.flow, "state": run.state},
        )
        run.state = ""
    if start.version != definition.version:
        run.data, _ = fitting(definition.model, run.data)
    return run.state, run.data


def in_present_names(session: Session, flows: Flows) -> Session:
    """Return the session with its runs migrated, for reading only.

    If a run is older than its flow, the returned session is a copy.
    """
    found = [run for run in session.runs if run.flow in flows]
    if all(run.version >= flows[run.flow].version for run in found):
        return session
    copy = sessions.decode(sessions.encode(session))
    for run in copy.runs:
        if run.flow in flows:
            migrate(run, flows)
    return copy


def adopt(execution: Execution) -> None:
    """Migrate every run of the stack to this release. Runs of removed flows end."""
    flows = execution.flows
    for chain in [*execution.session.chains]:
        for run in chain.runs:
            definition = flows.get(run.flow)
            if definition is None:
                _flow_is_gone(execution, chain, run)
                break
            graph = run.graph
            migrate(run, flows)
            unfit = [*(run.unfit or _unfit(execution, run))]
            if graph not in ("", definition.graph):
                unfit += _without_option(execution, run)
            if unfit:
                changes.reopen(flows, run, unfit)


def lost_run(execution: Execution) -> tuple[Chain, Run] | None:
    """Return the active chain's lowest run that this release cannot continue, and the chain.

    Return None if this release can continue all runs of the chain.
    """
    chain = execution.chain
    for place, run in enumerate(chain.runs):
        definition = execution.flows[run.flow]
        is_caller = place + 1 < len(chain.runs)
        calls = not is_caller or _may_wait(definition, run)
        if not (definition.has(run.state) and calls) or run.version > definition.version:
            return chain, run
    return None


async def follow_policy(execution: Execution) -> None:
    """Apply the flow's `unknown_state` to a run in a state that no longer exists."""
    found = lost_run(execution)
    assert found is not None, "a run is in a state that no longer exists"
    chain, run = found
    definition = execution.flows[run.flow]
    logger.warning(
        "The contact's state no longer exists",
        extra={"action": "state_gone", "flow": run.flow, "state": run.state},
    )
    if definition.unknown_state == "restart":
        await execution.restart(chain, run, "released")
    elif definition.unknown_state == "handoff":
        execution.stack.end_above(chain, run, "released")
        execution.hand_over(f"unknown state {run.state}", at_any_hour=True)
    else:
        execution.flows.words.no_match(execution.turn, execution.flows.starts)
        execution.run.asked_at = execution.effects.at  # So that the reply is sent only once.


def _unfit(execution: Execution, run: Run) -> list[str]:
    """Drop the answers that no longer fit, and return the names of their questions."""
    try:
        execution.model_of(run)
    except (FlowError, ValueError, TypeError):
        run.data, unfit = fitting(execution.flows[run.flow].model, run.data)
        logger.warning(
            "Some answers no longer fit their flow, so the bot asks these questions again",
            extra={"action": "answers_unfit", "flow": run.flow, "state": run.state},
        )
        return unfit
    return []


def _without_option(execution: Execution, run: Run) -> list[str]:
    """Drop the answers whose option no longer exists, and return the names of their questions."""
    definition = execution.flows[run.flow]
    gone = answers_without_option(definition, run)
    data = {name: value for name, value in run.data.items() if name not in gone}
    if not gone or fitting(definition.model, data)[1]:
        return []  # Without a field that its type requires, the data could not be read.
    logger.warning(
        "Some answers belong to options that no longer exist, so the bot asks these questions"
        " again",
        extra={"action": "answers_unfit", "flow": run.flow, "state": run.state},
    )
    run.data = data
    execution.forget(run)
    return gone


def _flow_is_gone(execution: Execution, chain: Chain, run: Run) -> None:
    logger.warning(
        "An active flow no longer exists, so its run ends",
        extra={"action": "flow_gone", "flow": run.flow},
    )
    is_active = chain is execution.stack.active
    execution.stack.end_from(chain, run, "released")
    if not chain.runs:
        execution.stack.remove(chain)
    execution.repeats = execution.repeats or is_active


def _may_wait(definition: Definition, run: Run) -> bool:
    """Return whether a called run can return to this run."""
    return isinstance(definition.states.get(run.state), Call | Ask) or definition.is_state_machine
