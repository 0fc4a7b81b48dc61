"""Errors to plant into the engine, to check that the comparison with the model finds them.

Each breaks one rule of the page "How a conversation works". This command plants one after the
other, and finds each within 20 000 steps:

    python -m tests.model --planted --seed 7001 --seeds 20 --steps 1000
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

from msgspec import structs

from bot.contact.session import Chain, Run
from bot.engine import (
    burst,
    buttons,
    changes,
    engine,
    events,
    flow_words,
    flows_off,
    interpret,
    merging,
    migration,
    questions,
    releases,
    waiting,
)
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
    return patch.object(interpret, "_raise_chain_of_message", lambda walk: None)


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
    """At the end of a hand-over, the waiting items are handled in reverse order."""
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


def flow_that_is_off_keeps_the_contact() -> AbstractContextManager[Any]:
    """Start words are ignored, or asked about, at a question of a flow that is switched off."""

    def policy(walk: Execution) -> str:
        policies = [walk.flows[run.flow].interrupt for run in walk.chain.runs]
        return max(policies, key=flow_words.STRICTNESS.index)

    return patch.object(flow_words, "_policy", policy)


def items_wait_for_ever_for_a_flow_that_is_off() -> AbstractContextManager[Any]:
    return patch.object(flows_off, "watch", lambda walk: None)


def stop_lets_a_burst_answer_first() -> AbstractContextManager[Any]:
    real = burst.meaning_of

    def meaning_of(session: Any, flows: Any, message: Any, wish: Any, off: Any) -> Any:
        return "word" if wish else real(session, flows, message, wish, off)

    return patch.object(engine, "meaning_of", meaning_of)


def cancel_lets_a_burst_answer_first() -> AbstractContextManager[Any]:
    real = burst.meaning_of

    def meaning_of(session: Any, flows: Any, message: Any, wish: Any, off: Any) -> Any:
        return "word" if wish != "out" and real(session, flows, message, wish, off) else ""

    return patch.object(engine, "meaning_of", meaning_of)


def burst_keeps_the_last_message_alone() -> AbstractContextManager[Any]:
    return patch.object(burst, "_standing_for", lambda bursts, members: members[-1][1])


def reminder_within_a_burst_is_said() -> AbstractContextManager[Any]:
    async def take_others(self: Any, execution: Execution) -> None:
        for item, callback in execution.effects.others:
            if item.timer and item.timer.name.startswith("remind:"):
                execution.effects.say("It reminds.")
                continue
            with execution.effects.handling(item, callback):
                await self._take(execution, item)

    return patch.object(engine.Engine, "_take_others", take_others)


def release_migrates_the_present_state_alone() -> AbstractContextManager[Any]:
    real = migration.migrate

    def migrate(run: Run, flows: Any) -> None:
        trail, run.trail = run.trail, []
        real(run, flows)
        run.trail = trail

    return patch.object(releases, "migrate", migrate)


def gone_state_of_a_caller_is_overlooked() -> AbstractContextManager[Any]:
    def lost_run(execution: Execution) -> Any:
        run = execution.run
        return (execution.chain, run) if execution.is_gone(run) else None

    return patch.object(releases, "lost_run", lost_run)


def older_worker_takes_newer_runs() -> AbstractContextManager[Any]:
    return patch.object(releases, "is_left_to_newer", lambda session, flows, item, now: False)


def old_button_of_a_renamed_question_is_unknown() -> AbstractContextManager[Any]:
    def earlier(definition: Any, run: Run, postback: Any) -> str:
        return str(postback.state)

    return patch.object(buttons, "_earlier", earlier)


def stop_of_a_merged_contact_is_lost() -> AbstractContextManager[Any]:
    real = merging.inherit

    def inherit(execution: Execution, legacy: Any) -> None:
        real(execution, structs.replace(legacy, has_stopped=False))

    return patch.object(merging, "inherit", inherit)


def events_of_a_merged_contact_are_lost() -> AbstractContextManager[Any]:
    return patch.object(waiting, "take_over", lambda execution, others: None)


def move_starts_a_second_run() -> AbstractContextManager[Any]:
    async def move(self: Any, execution: Execution, flow: str, state: str) -> None:
        execution.stack.start(self.flows[flow], {}, "operator")
        await execution.go_to(state)

    return patch.object(engine.Engine, "_move", move)


def run_of_an_event_is_ignored() -> AbstractContextManager[Any]:
    real = events._of_program

    async def of_program(execution: Execution, item: Any, event: Any) -> Any:
        return await real(execution, item, structs.replace(event, run=0))

    return patch.object(events, "_of_program", of_program)


def attempts_go_on_after_a_hand_over() -> AbstractContextManager[Any]:
    real = engine.Engine._resume

    async def resume(self: Any, execution: Execution, reason: str, state: str = "") -> None:
        attempts = {run.id: run.attempts for run in execution.session.runs}
        await real(self, execution, reason, state)
        for run in execution.session.runs:
            run.attempts = attempts.get(run.id, run.attempts)

    return patch.object(engine.Engine, "_resume", resume)


def taps_count_on_the_last_channel_alone() -> AbstractContextManager[Any]:
    real = buttons.is_open

    def is_open(run: Run, postback: Any) -> bool:
        return real(run, postback) and run.shown_on != "SMS"

    return patch.object(buttons, "is_open", is_open)


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
        flow_that_is_off_keeps_the_contact,
        items_wait_for_ever_for_a_flow_that_is_off,
        stop_lets_a_burst_answer_first,
        cancel_lets_a_burst_answer_first,
        burst_keeps_the_last_message_alone,
        reminder_within_a_burst_is_said,
        release_migrates_the_present_state_alone,
        gone_state_of_a_caller_is_overlooked,
        older_worker_takes_newer_runs,
        old_button_of_a_renamed_question_is_unknown,
        stop_of_a_merged_contact_is_lost,
        events_of_a_merged_contact_are_lost,
        move_starts_a_second_run,
        run_of_an_event_is_ignored,
        attempts_go_on_after_a_hand_over,
        taps_count_on_the_last_channel_alone,
    )
}
