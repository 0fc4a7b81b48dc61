"""Earlier answers: going back to a question, and changing a single answer.

A run's trail lists the questions that the run has passed and the calls that have returned, oldest
first. Each entry can restore the data that the run had when the question was answered.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from bot.contact.session import Asked, Chain, Run
from bot.engine import migration
from bot.engine.stack import Stack
from bot.flow.load import Flows
from bot.flow.states import END, Ask, Call, State
from bot.flow.switch import SWITCH

MAX_TRAIL = 20
"""Maximum number of entries in a run's trail."""

MAX_TRAIL_BYTES = 16_384
"""Maximum size of a run's trail as JSON, in bytes.

In a larger trail, the oldest entries lose their called runs and the data that `back` restores.
"""


class Runs(Protocol):
    """The parts of `Execution` that this module uses."""

    flows: Flows
    stack: Stack
    before: dict[int, tuple[Asked, dict[str, Any]]]
    differing: set[int]
    entering: int

    @property
    def chain(self) -> Chain: ...

    @property
    def run(self) -> Run: ...

    def forget(self, run: Run) -> None: ...

    def set_state(self, run: Run, state: str) -> None: ...

    def arguments(self, run: Run, call: Call) -> dict[str, Any]: ...

    async def offered(self, run: Run, name: str) -> State | None: ...

    async def fire(self, trigger: str) -> bool: ...

    async def arrive(self) -> None: ...

    async def restart(self, chain: Chain, run: Run, reason: str) -> None: ...


def answered(execution: Runs, run: Run, called: Run | None = None) -> None:
    """Append the run's current question to the trail; if `called` is set, append the returned call
    instead.
    """
    entry = Asked(run.state, run.entered, called=called)
    execution.before[run.id] = (entry, dict(run.data))
    if run.resume and run.replaces and run.changed < len(run.trail):
        old = run.trail[run.changed]
        entry.undo, entry.added = old.undo, old.added
        run.trail[run.changed] = entry
    else:
        run.trail.insert(run.changed if run.resume else len(run.trail), entry)
        execution.differing.add(run.id)
    if run.resume:
        run.changed, run.replaces = run.changed + 1, False
    run.changed = max(0, run.changed - max(0, len(run.trail) - MAX_TRAIL))
    del run.trail[:-MAX_TRAIL]


def note_differences(execution: Runs, run: Run) -> None:
    """Record which data this turn's answer has changed, in the answer's entry of the trail."""
    if run.id not in execution.differing:
        return
    entry, before = execution.before[run.id]
    entry.undo = {k: v for k, v in before.items() if k not in run.data or run.data[k] != v}
    entry.added = [name for name in run.data if name not in before]
    for each in run.trail:
        if len(msgspec.json.encode(run.trail)) <= MAX_TRAIL_BYTES:
            break
        each.undo, each.added, each.called = {}, [], None


def keep_stored(execution: Runs, run: Run, before: dict[str, Any]) -> None:
    """Let `back` keep the data that a handler of an event has just stored.

    `before` is the run's data before the handler was called.
    """
    stored = {name for name in {**before, **run.data} if _differs(name, before, run.data)}
    if not stored:
        return
    if run.id in execution.before:
        answered_with = execution.before[run.id][1]
        for name in stored:
            answered_with.pop(name, None)
        answered_with.update({name: run.data[name] for name in stored if name in run.data})
    for entry in run.trail:
        entry.undo = {name: each for name, each in entry.undo.items() if name not in stored}
        entry.added = [name for name in entry.added if name not in stored]


def _differs(name: str, before: dict[str, Any], after: dict[str, Any]) -> bool:
    return name not in before or name not in after or before[name] != after[name]


def left(execution: Runs, run: Run) -> None:
    """Append the current question to the trail as left without an answer.

    If the question was answered in this turn, do nothing.
    """
    if run.id not in execution.before or execution.before[run.id][0].state != run.state:
        answered(execution, run)
        execution.before[run.id][0].is_left = True


def accepted(run: Run, state: str) -> None:
    """Let `back` undo an answer that an old button has given to an earlier question."""
    place = _last(run, state)
    entry = run.trail[place] if place is not None else Asked(state)
    entry.is_reopened = False
    if state in run.data and state not in (*entry.undo, *entry.added):
        entry.undo[state] = run.data[state]
    elif state not in (*entry.undo, *entry.added):
        entry.added.append(state)


async def skip_answered(execution: Runs, run: Run) -> bool:
    """During a change of an earlier answer, skip a question or call that already has a valid
    answer.

    Return whether the question or call was skipped. The state in which the change ends is not
    skipped.
    """
    if execution.entering == run.id:
        execution.entering = 0
        return False
    state = execution.flows[run.flow].states.get(run.state)
    if run.state == run.resume:
        _pass(run, len(run.trail))
        end_change(run)
        return False
    place = _last(run, run.state)
    if place is None or not isinstance(state, Ask | Call):
        return False
    if place < run.changed:
        del run.trail[place : run.changed]
        run.changed = place
        return False
    entry = run.trail[place]
    is_open = entry.is_left or entry.is_reopened
    trigger = "" if is_open else await _answer_given(execution, run, state, entry)
    _pass(run, place)
    if not trigger:
        del run.trail[place]
        return False
    run.changed = place + 1
    return await execution.fire(trigger)


def _pass(run: Run, place: int) -> None:
    """Move a change on to an index of the trail. The questions between are not asked again, because
    the changed flow does not reach them.
    """
    for entry in run.trail[run.changed : place]:
        entry.is_reopened = False
    run.changed = place


def end_change(run: Run) -> None:
    """Record that the change of an answer has ended."""
    run.resume, run.changed, run.replaces = "", 0, False


def give_change_up(execution: Runs, run: Run) -> None:
    """Abandon a change that has not yet returned to the state in which the change began."""
    end_change(run)
    for entry in run.trail:
        if entry.called and entry.called.resume:
            give_change_up(execution, entry.called)
            entry.called.state = END
    aside, run.aside = run.aside, []
    execution.stack.drop(aside, "replaced")


def way_back(call: Call, ended: Run) -> str:
    """Return the trigger by which a caller continues when a called run has reached END."""
    return "abandoned" if call.otherwise and ended.gave_up else "returned"


async def _answer_given(execution: Runs, run: Run, state: Ask | Call, entry: Asked) -> str:
    """Return the trigger that the stored answer of a question or call fires; "" if the answer is no
    longer valid.
    """
    if isinstance(state, Call):
        called = entry.called
        is_same = called is not None and called.start == execution.arguments(run, state)
        return way_back(state, called) if called is not None and is_same else ""
    if run.state not in run.data:
        return ""
    if state.accept is not None:
        return "answered"
    try:
        ask = await execution.offered(run, run.state)
    except Exception:
        # An author's function may raise anything. Then the question is asked, and asking it reports
        # the error.
        return ""
    key = run.data[run.state]
    return ask.trigger(key) if isinstance(ask, Ask) and key in ask.options else ""


def resume_call(execution: Runs, chain: Chain, run: Run, arguments: dict[str, Any]) -> bool:
    """Continue the called runs that were set aside because the contact changed an earlier answer.

    Return False if no runs were set aside, or if the new answer has led to a call of another flow
    or to a call with other arguments.
    """
    if not run.aside or run.resume:
        return False
    aside, run.aside = run.aside, []
    state = execution.flows[run.flow].states.get(run.state)
    if isinstance(state, Call) and aside[0].flow == state.flow and aside[0].start == arguments:
        chain.runs += aside
        return True
    execution.stack.drop(aside, "replaced")
    return False


def has_answers(run: Run) -> bool:
    """Return whether a run has an answer. Answers of called runs that have returned count, too."""
    return any(has_answers(each.called) if each.called else not each.is_left for each in run.trail)


def last_question(run: Run) -> str:
    """Return the state of the run's last question; "" if there is none."""
    return next((each.state for each in reversed(run.trail) if each.called is None), "")


def back(execution: Runs) -> bool:
    """Go back to the previous question, without entering the question's state.

    Return False if there is no previous question.
    """
    chain = execution.chain
    if chain.runs[-1].flow == SWITCH:
        chain.runs.pop()
        return True
    if not any(_has_question(execution.flows, run) for run in chain.runs):
        return False
    restored: list[int] = []
    while True:
        run = chain.runs[-1]
        migration.leave_gone_state(run, execution.flows)
        if run.resume and (run.replaces or not run.changed):
            execution.set_state(run, run.resume)
            end_change(run)
            return True
        if run.resume:
            run.changed, run.replaces = run.changed - 1, True
            execution.set_state(run, run.trail[run.changed].state)
            return True
        if not run.trail:
            chain.runs.pop()
            if run.id not in restored:
                execution.stack.drop([run], "replaced")
            continue
        entry = run.trail.pop()
        _restore(execution, run, entry)
        if not execution.flows[run.flow].has(entry.state):
            continue  # Only a newer release has this state.
        if entry.called is None:
            return True
        if entry.called.flow not in execution.flows:
            continue
        restored.append(entry.called.id)
        chain.runs.append(entry.called)


def _has_question(flows: Flows, run: Run) -> bool:
    """Return whether `back` finds a question in the run or in a returned call of the run."""
    definition = flows.get(run.flow)
    if definition is None:
        return False  # A release has removed the flow.
    return bool(run.resume) or any(
        migration.present_name(run, definition, each.state)
        and (each.called is None or _has_question(flows, each.called))
        for each in run.trail
    )


def find_answer(flows: Flows, run: Run, spoken: str) -> list[str]:
    """Return the path to an answer: the states of returned calls, then the state of the question.

    `spoken` is the case-folded label that the contact wrote. The path is empty if no answered
    question has this label.
    """
    if run.flow not in flows:
        return []
    name = flows[run.flow].named(spoken)
    if any(each.state == name and not each.is_left for each in run.trail):
        return [name]
    for entry in reversed(run.trail):
        way = find_answer(flows, entry.called, spoken) if entry.called else []
        if way:
            return [entry.state, *way]
    return []


def change(execution: Runs, run: Run, way: Sequence[str]) -> None:
    """Go to an answered question of the active chain, so that the contact can change the answer.

    `way` is the path that `find_answer` returns. The question's state is not entered.
    """
    chain = execution.chain
    place = next(number for number, each in enumerate(chain.runs) if each is run)
    above = [each for each in chain.runs[place + 1 :] if each.flow != SWITCH]
    del chain.runs[place + 1 :]
    if run.resume:
        execution.stack.drop(above, "replaced")  # These are calls of an unfinished change.
        is_new = not run.replaces and run.state != run.resume
        if is_new and (_last(run, way[0]) or 0) >= run.changed:
            run.trail.insert(run.changed, _unanswered(run))
    else:
        run.aside = above
    if run.state != way[0] or above:
        run.resume = run.resume or run.state
    run.changed, run.replaces = _last(run, way[0]) or 0, True
    execution.set_state(run, way[0])
    entry = run.trail[run.changed]
    if len(way) > 1 and entry.called is not None:
        chain.runs.append(entry.called)
        entry.called.resume = END
        change(execution, entry.called, way[1:])


def _unanswered(run: Run) -> Asked:
    """Return an entry that lets the run's current question be asked again."""
    entry = Asked(run.state, run.entered, is_left=True, is_reopened=True)
    if run.state in run.data:
        entry.undo = {run.state: run.data[run.state]}
    else:
        entry.added = [run.state]
    return entry


async def enter(execution: Runs) -> None:
    """Enter the question whose answer is changed."""
    execution.entering = execution.run.id
    await execution.arrive()
    execution.entering = 0


def reopen(flows: Flows, run: Run, names: Sequence[str]) -> None:
    """Let the questions of answers that no longer fit be asked again.

    If the trail has none of these questions, the names are stored in `run.unfit`.
    """
    states = flows[run.flow].states
    entries = [
        each
        for each in run.trail
        if each.state in names and isinstance(states.get(each.state), Ask | Call)
    ]
    for each in entries:
        each.is_reopened = True
    run.unfit = [] if entries else [*names]


def must_reopen(run: Run) -> bool:
    """Return whether an earlier question must be asked again before the run's current question.

    A change asks the questions after the current question when it reaches them.
    """
    earlier = run.trail[: run.changed] if run.resume else run.trail
    return bool(run.unfit) or any(each.is_reopened for each in earlier)


def close_question(run: Run) -> None:
    """Do not ask the run's current question again because of its earlier answer."""
    for each in run.trail:
        if each.state == run.state:
            each.is_reopened = False


async def ask_reopened(execution: Runs) -> None:
    """Ask the first question that must be asked again.

    If the contact is changing another answer, this answer is asked for afterwards. If the trail has
    no question to ask again, restart the run.
    """
    run = execution.run
    if run.unfit:
        await execution.restart(execution.chain, run, "released")
        return
    if run.resume and run.replaces:
        run.trail[run.changed].is_reopened = True
    place = next(number for number, each in enumerate(run.trail) if each.is_reopened)
    run.resume, run.changed, run.replaces = run.resume or run.state, place, True
    execution.set_state(run, run.trail[place].state)
    await enter(execution)


def _restore(execution: Runs, run: Run, entry: Asked) -> None:
    run.data = {k: v for k, v in run.data.items() if k not in entry.added} | entry.undo
    execution.forget(run)
    execution.set_state(run, entry.state)


def _last(run: Run, state: str) -> int | None:
    """Return the index of the state's last entry in the trail; None if the state has no entry."""
    places = [number for number, each in enumerate(run.trail) if each.state == state]
    return places[-1] if places else None
