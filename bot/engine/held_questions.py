"""When the contact writes: releases the questions that wait for the messaging window or for the end
of quiet hours.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

from bot.contact.session import Run, Session
from bot.engine import broadcasts, questions
from bot.engine.execution import Execution
from bot.items.inbound import OperatorCommand
from bot.turn.durations import seconds

Fate = Literal["sent", "dropped", "canceled"]
"""What happens to an unsent message when the contact writes.

`sent`: the message will still be sent. `dropped`: the message is too old, or the contact does not
want it. `canceled`: the message belongs to a canceled broadcast.
"""

Unsent = Callable[[Session], Awaitable[Mapping[tuple[int, int], Fate]]]
"""Returns what happens to a contact's unsent messages.

A key is the message's run and the visit of its question; the visit is 0 if the message is not a
question.
"""


async def release(execution: Execution, unsent: Unsent) -> None:
    """Record the runs whose question the contact had not seen when writing this message.

    If such a question was dropped or is too old, this turn asks the question. If the question's
    broadcast was canceled, the question's run ends instead.
    """
    session = execution.session
    session.held_until = session.window_until = 0.0
    held = [run for run in session.runs if run.held_until > execution.effects.written_at]
    for run in session.runs:
        run.held_until = 0.0
    found = await unsent(session) if held else {}
    for run in held:
        visit = 0 if execution.flows[run.flow].is_state_machine else run.entered
        fate = found.get((run.id, visit))
        if fate == "canceled" and session.broadcast:
            command = OperatorCommand("cancel", run=run.id, broadcast=session.broadcast.tag)
            broadcasts.cancel(execution, command)
        elif fate == "dropped" or (fate is None and _is_expired(execution, run)):
            execution.unseen.add(run.id)
            run.asked_at = 0.0
        elif fate is not None:
            execution.unseen.add(run.id)
            questions.restart_timers(execution, run)


def _is_expired(execution: Execution, run: Run) -> bool:
    """Return whether the question has become too old to be sent while the question waited."""
    max_age = execution.effects.max_ages.get(run.flow, "")
    return max_age != "" and execution.effects.at > run.asked_at + seconds(max_age)
