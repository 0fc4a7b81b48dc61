"""Handles a word that starts a flow: starts the flow, restarts it, moves it to the top, or asks
whether to switch to it.
"""

from typing import Literal

from bot.contact.session import Chain, Run
from bot.engine import changes, flows_off, questions
from bot.engine.execution import Execution
from bot.flow.definition import Definition
from bot.flow.switch import SWITCH

STRICTNESS = ("switch", "ask", "ignore")

Case = Literal["restart", "called", "interrupted", "new"]


async def say(execution: Execution, definition: Definition, text: str) -> bool:
    """Handle a word that starts a flow. Return False if the active flows ignore start words."""
    if not execution.session.chains:
        await act(execution, definition.name)
        return True
    policy = _policy(execution)
    if policy == "ignore":
        return False
    if definition.name in execution.off:
        await act(execution, definition.name)
    elif _asks_first(execution, definition.name, policy):
        chain = execution.chain
        execution.stack.call(
            chain, execution.flows[SWITCH], {"flow": definition.name, "word": text}
        )
        await execution.arrive()
    else:
        await act(execution, definition.name)
    return True


async def act(execution: Execution, flow: str) -> None:
    """Handle a word that starts a flow, without asking whether to switch."""
    if flow in execution.off:
        flows_off.refuse(execution, flow)
        execution.repeats = True
        return
    if execution.session.chains and execution.chain.runs[-1].flow == SWITCH:
        execution.chain.runs.pop()
    case, found = _case(execution, flow)
    is_fallback = execution.flows[flow].fallback
    if found is None:
        await execution.start(flow)
        return
    chain, run = found
    if case == "restart":
        chain.by = "contact"
        await execution.restart(chain, chain.runs[0], "replaced")
    elif case == "called" and is_fallback:
        await execution.restart(chain, run, "replaced")
    elif case == "called":
        await questions.ask_again(execution)
    elif is_fallback:
        execution.stack.end(chain, "replaced")
        await execution.start(flow)
    else:
        execution.stack.raise_to_top(chain)
        execution.repeats = True


def _case(execution: Execution, flow: str) -> tuple[Case, tuple[Chain, Run] | None]:
    active = execution.stack.active
    if active is None:
        return "new", None
    if active.runs[0].flow == flow:
        return "restart", (active, active.runs[0])
    called = next((run for run in reversed(active.runs) if run.flow == flow), None)
    if called is not None:
        return "called", (active, called)
    found = execution.stack.of_flow(flow)
    return ("interrupted", found) if found else ("new", None)


def _asks_first(execution: Execution, flow: str, policy: str) -> bool:
    case, _ = _case(execution, flow)
    first, *called = execution.chain.runs
    if case == "called" or execution.waits_for_flow:
        return False
    if case != "restart":
        return policy == "ask"
    called += first.aside
    called_has_answers = any(changes.has_answers(run) for run in called)
    return called_has_answers or (policy == "ask" and changes.has_answers(first))


def _policy(execution: Execution) -> str:
    """Return the `interrupt` of the active chain's flows: the strictest one in `STRICTNESS`.

    If the chain waits for a disabled flow, other flows may interrupt it: the result is `switch`.
    """
    if execution.waits_for_flow:
        return "switch"
    policies = [execution.flows[run.flow].interrupt for run in execution.chain.runs]
    return max(policies, key=STRICTNESS.index)
