"""Calls the `@on("ended")` handlers of runs that have ended without reaching END."""

import asyncio

from bot.contact.session import Chain
from bot.engine import author_errors
from bot.engine.execution import Execution
from bot.flow.definition import new_model
from bot.flow.switch import SWITCH
from bot.items.inbound import CustomEvent
from bot.turn.effects import Ended
from bot.turn.turn import Turn

MAX_S = 5.0
"""Maximum duration of one handler, in seconds."""

SILENT = ("stopped", "merged", "deleted")
"""If a run ends for one of these reasons, the messages of the run's `ended` handler are
discarded.
"""


async def tell(execution: Execution) -> None:
    """Call the `ended` handlers of the runs that have ended in this turn."""
    effects = execution.effects
    while effects.ended:
        ended = effects.ended.pop(0)
        if ended.run.flow in execution.flows and ended.run.flow != SWITCH:
            await _tell(execution, ended)


async def _tell(execution: Execution, ended: Ended) -> None:
    definition = execution.flows[ended.run.flow]
    handler = execution.handler(ended.run, "ended") if not definition.is_state_machine else None
    if handler is None or ended.run.version > definition.version:
        return
    effects = execution.effects
    said = len(effects.replies)
    effects.store_contact_data()
    effects.chain = Chain([ended.run])
    turn = Turn(effects, CustomEvent("ended", {"reason": ended.reason}))
    services = {name: effects.services[name] for name in handler.wants}
    try:
        async with asyncio.timeout(MAX_S):
            model = new_model(definition, ended.run.state, ended.run.data)
            result = handler.function(model, turn, **services)
            if asyncio.iscoroutine(result):
                await result
    except Exception as error:
        # An author's method may raise anything. The run has ended nevertheless.
        effects.reload_contact_data()
        author_errors.log_survived(effects, "A handler of 'ended' failed", error, "ended_failed")
    finally:
        effects.chain = None
    if ended.reason in SILENT:
        del effects.replies[said:]
