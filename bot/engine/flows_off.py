"""Flows that an operator has switched off: nothing starts them, and chains with their runs are
held.

The page "How a conversation works" has the rules.
"""

from bot.contact.session import Chain
from bot.engine.execution import Execution
from bot.i18n.languages import _
from bot.turn.effects import HELD

LOOK_AGAIN_S = 300.0
"""Seconds after which a contact with waiting items of a held chain is checked again."""


def refuse(execution: Execution, flow: str) -> None:
    """Tell the contact that a flow is switched off, once in a turn."""
    execution.effects.understood = False
    if execution.told_off:
        return
    execution.told_off = True
    text = execution.off[flow]
    # The catalog has its own description under the empty text.
    execution.effects.say(_(text) if text else execution.flows.words.switched_off(execution.turn))


def refuse_held(execution: Execution, chain: Chain) -> None:
    """Tell the contact that a held chain is not available."""
    refuse(execution, next(run.flow for run in reversed(chain.runs) if run.flow in execution.off))


def watch(execution: Execution) -> None:
    """Check the contact again later, if items of a held chain wait."""
    session = execution.session
    held = [chain for chain in session.chains if execution.is_held(chain)]
    if held and (session.waiting or not held[-1].runs[-1].asked_at):
        execution.effects.set_timer(HELD, execution.effects.at + LOOK_AGAIN_S)
