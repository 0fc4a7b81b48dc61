"""Errors planted into the engine, each of which breaks one rule of the page, to see that the
comparison with the reference model finds them.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

from msgspec import structs

from bot.contact.session import Chain, Run
from bot.engine import buttons, changes, events, flow_words, interpret, questions, waiting
from bot.engine.execution import Execution
from bot.engine.stack import Stack

Planting = Callable[[], AbstractContextManager[Any]]


def old_button_counts() -> AbstractContextManager[Any]:
    """A button of an earlier visit of the same question counts as if the visit were open."""
    return patch.object(buttons, "is_open", lambda run, postback: run.state == postback.state)


def double_tap_counts() -> AbstractContextManager[Any]:
    return patch.object(buttons, "is_double_tap", lambda walk, postback: False)


def repeated_question_moves_timers() -> AbstractContextManager[Any]:
    real = questions._ask

    async def ask(walk: Execution, *, with_timers: bool) -> bool:
        return await real(walk, with_timers=True)

    return patch.object(questions, "_ask", ask)


def interrupted_question_reminds() -> AbstractContextManager[Any]:
    def remind(walk: Execution, run: Run, number: int) -> None:
        state: Any = walk.flows[run.flow].states[run.state]
        walk.effects.say(state.remind[number][1])

    return patch.object(events, "remind", remind)


def event_is_lost_while_interrupted() -> AbstractContextManager[Any]:
    real = events._candidates

    def candidates(walk: Execution, event: Any) -> list[tuple[Chain, Run]]:
        return [each for each in real(walk, event) if each[0] is walk.stack.active]

    return patch.object(events, "_candidates", candidates)


def event_ignores_key() -> AbstractContextManager[Any]:
    def candidates(walk: Execution, event: Any) -> list[tuple[Chain, Run]]:
        return [
            (chain, run)
            for chain in reversed(walk.session.chains)
            for run in reversed(chain.runs)
            if events.handles(walk, run, event.name)
        ]

    return patch.object(events, "_candidates", candidates)


def back_keeps_data() -> AbstractContextManager[Any]:
    return patch.object(
        changes, "_restore", lambda walk, run, entry: walk.set_state(run, entry.state)
    )


def late_answer_goes_to_the_newest_question() -> AbstractContextManager[Any]:
    return patch.object(interpret, "_belongs_to_the_chain_below", lambda walk: None)


def only_the_active_run_decides_on_interruption() -> AbstractContextManager[Any]:
    def policy(walk: Execution) -> str:
        return walk.flows[walk.chain.runs[-1].flow].interrupt

    return patch.object(flow_words, "_policy", policy)


def restart_forgets_start_data() -> AbstractContextManager[Any]:
    real = Execution.restart

    async def restart(self: Execution, chain: Chain, run: Run, reason: str) -> None:
        run.start = {}
        await real(self, chain, run, reason)

    return patch.object(Execution, "restart", restart)


def called_runs_stay_when_a_caller_moves() -> AbstractContextManager[Any]:
    def end_above(self: Stack, chain: Chain, run: Run, reason: str) -> None:
        place = next(number for number, each in enumerate(chain.runs) if each is run)
        del chain.runs[place + 1 :]

    return patch.object(Stack, "end_above", end_above)


def list_runs_in_reverse() -> AbstractContextManager[Any]:
    """What waited for the end of a hand-over happens in the wrong order."""
    real = waiting.run_all

    async def run_all(walk: Execution, handle: Any) -> None:
        session = walk.session
        if session.pause is None:
            times = sorted((each.at for each in session.waiting), reverse=True)
            session.waiting = [
                structs.replace(each, at=at)
                for each, at in zip(
                    sorted(session.waiting, key=lambda one: one.at), times, strict=True
                )
            ]
        await real(walk, handle)

    return patch.object(waiting, "run_all", run_all)


def giving_up_is_no_reason_for_otherwise() -> AbstractContextManager[Any]:
    real = Execution._return

    async def returns(self: Execution, caller: Run, ended: Run, returned: Any) -> bool:
        ended.gave_up = False
        return await real(self, caller, ended, returned)

    return patch.object(Execution, "_return", returns)


PLANTED: Mapping[str, Planting] = {
    each.__name__: each
    for each in (
        old_button_counts,
        double_tap_counts,
        repeated_question_moves_timers,
        interrupted_question_reminds,
        event_is_lost_while_interrupted,
        event_ignores_key,
        back_keeps_data,
        late_answer_goes_to_the_newest_question,
        only_the_active_run_decides_on_interruption,
        restart_forgets_start_data,
        called_runs_stay_when_a_caller_moves,
        list_runs_in_reverse,
        giving_up_is_no_reason_for_otherwise,
    )
}
