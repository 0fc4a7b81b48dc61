"""What a flow's word does: restart, repeat, bring to the top, or start; and whether the contact is
asked first.
"""

from typing import Literal

from bot.contact.session import Chain, Run
from bot.engine import changes, questions
from bot.engine.execution import Walk
from bot.flow.definition import Definition
from bot.flow.switch import SWITCH

STRICTNESS = ("switch", "ask", "ignore")

Case = Literal["restart", "called", "interrupted", "new"]


async def say(walk: Walk, definition: Definition, text: str) -> bool:
    """Do what a flow's word says, as far as the active flows let it; False if it is no word for
    them.
    """
    if not walk.session.chains:
        await act(walk, definition.name)
        return True
    policy = _policy(walk)
    if policy == "ignore":
        return False
    if _asks_first(walk, definition.name, policy):
        chain = walk.chain
        walk.stack.call(chain, walk.flows[SWITCH], {"flow": definition.name, "word": text})
        await walk.arrive()
    else:
        await act(walk, definition.name)
    return True


async def act(walk: Walk, flow: str) -> None:
    """Do what a flow's word says, without asking."""
    if walk.session.chains and walk.chain.runs[-1].flow == SWITCH:
        walk.chain.runs.pop()
    case, found = _case(walk, flow)
    is_fallback = walk.flows[flow].fallback
    if found is None:
        await walk.start(flow)
        return
    chain, run = found
    if case == "restart":
        chain.by = "contact"
        await walk.restart(chain, chain.runs[0], "replaced")
    elif case == "called" and is_fallback:
        await walk.restart(chain, run, "replaced")
    elif case == "called":
        await questions.ask_again(walk)
    elif is_fallback:
        walk.stack.end(chain, "replaced")
        await walk.start(flow)
    else:
        walk.stack.raise_to_top(chain)
        walk.repeats = True


def _case(walk: Walk, flow: str) -> tuple[Case, tuple[Chain, Run] | None]:
    active = walk.stack.active
    if active is None:
        return "new", None
    if active.runs[0].flow == flow:
        return "restart", (active, active.runs[0])
    called = next((run for run in reversed(active.runs) if run.flow == flow), None)
    if called is not None:
        return "called", (active, called)
    found = walk.stack.of_flow(flow)
    return ("interrupted", found) if found else ("new", None)


def _asks_first(walk: Walk, flow: str, policy: str) -> bool:
    case, _ = _case(walk, flow)
    first, *called = walk.chain.runs
    if case == "called":
        return False
    if case != "restart":
        return policy == "ask"
    called_has_answers = any(changes.has_answers(run) for run in called)
    return called_has_answers or (policy == "ask" and changes.has_answers(first))


def _policy(walk: Walk) -> str:
    """The strictest `interrupt` of the active chain."""
    policies = [walk.flows[run.flow].interrupt for run in walk.chain.runs]
    return max(policies, key=STRICTNESS.index)
