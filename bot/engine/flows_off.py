"""Flows that an operator has switched off.

Nothing starts such a flow, and chains with a run of such a flow wait. The page "How a conversation
works" has the rules.
"""

from bot.contact.session import Chain
from bot.engine.execution import Execution
from bot.i18n.languages import _
from bot.turn.effects import HELD

LOOK_AGAIN_S = 300.0
"""Seconds between two checks of a contact with items that wait for a flow that is switched off.
"""


def refuse(execution: Execution, flow: str) -> None:
    """Reply that a flow is switched off, but only once in a turn."""
    execution.effects.understood = False
    if execution.told_off:
        return
    execution.told_off = True
    text = execution.off[flow]
    # In a catalog, the empty text is the catalog's description.
    execution.effects.say(_(text) if text else execution.flows.words.switched_off(execution.turn))


def refuse_held(execution: Execution, chain: Chain) -> None:
    """Reply that a chain is not available, because the chain waits for a flow that is switched
    off.
    """
    refuse(execution, next(run.flow for run in reversed(chain.runs) if run.flow in execution.off))


def watch(execution: Execution) -> None:
    """Check the contact again later if items wait for a flow that is switched off."""
    session = execution.session
    held = [chain for chain in session.chains if execution.is_held(chain)]
    if held and (session.waiting or not held[-1].runs[-1].asked_at):
        execution.effects.set_timer(HELD, execution.effects.at + LOOK_AGAIN_S)
