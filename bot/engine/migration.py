"""Migrates a run of an earlier version to the current version of its flow."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from traceback import extract_tb
from typing import Any

import msgspec

from bot.contact.session import Asked, Run
from bot.errors import FlowError
from bot.flow.definition import Definition
from bot.flow.load import Flows
from bot.flow.places import place_of_function, short
from bot.flow.states import Ask


def migrate(run: Run, flows: Flows) -> None:
    """Migrate a run, version by version, to the current version of its flow.

    If the migration leads to a state that the current version does not have, the run is not
    changed. The called runs in the run's trail, and the runs that a change has set aside, are
    migrated, too.
    """
    for kept in [*run.aside, *[each.called for each in run.trail if each.called]]:
        if kept.flow in flows:
            migrate(kept, flows)
    definition = flows[run.flow]
    if run.version < definition.version:
        state, data = _moved(run, definition)
        if definition.has(state):
            run.state, run.data = state, data
            _follow(run, definition)


def leave_gone_state(run: Run, flows: Flows) -> None:
    """When a run leaves a state that no longer exists, migrate the run's data."""
    definition = flows[run.flow]
    if run.version < definition.version:
        _, run.data = _moved(run, definition)
        _follow(run, definition)


def present_name(run: Run, definition: Definition, state: str) -> str:
    """Return the current name of a state that existed in the run's version; "" if the state no
    longer exists.
    """
    if run.version < definition.version:
        state = _names(run, definition).get(state, state)
    return state if definition.has(state) else ""


def names_before(run: Run, definition: Definition, states: Sequence[str]) -> list[str]:
    """Return the names of current states, and the names that they had in the run's version."""
    if run.version >= definition.version:
        return [*states]
    names = _names(run, definition)
    return [*states, *(old for old, new in names.items() if new in states and old not in states)]


def answers_without_option(definition: Definition, run: Run) -> list[str]:
    """Return the questions of the trail whose stored answer is no longer one of the question's
    options.

    Options that a function returns are not checked.
    """
    found: list[str] = []
    for entry in run.trail:
        ask, answer = definition.states.get(entry.state), run.data.get(entry.state)
        if entry.is_left or not isinstance(ask, Ask) or ask.accept or ask.offer:
            continue
        if isinstance(answer, str) and answer not in ask.options and entry.state not in found:
            found.append(entry.state)
    return found


def _moved(run: Run, definition: Definition) -> tuple[str, dict[str, Any]]:
    """Return the state and data that the run has in the flow's current version."""
    state, data = run.state, dict(run.data)
    for version in range(run.version, definition.version):
        move = definition.migrate.get(version, {})
        if callable(move):
            state, data = _called(move, definition, version, state, data)
        else:
            state = move.get(state, state)
            data = {move.get(name, name): value for name, value in data.items()}
    return state, data


def returned_state(run: Run, definition: Definition) -> tuple[str, int] | None:
    """Return the state that the last function of `migrate` returns for a run, and the version that
    this function migrates; None if no function migrates the run.

    Raises:
        FlowError: a function of `migrate` fails; see `_called`.
    """
    functions = [
        version
        for version in range(run.version, definition.version)
        if callable(definition.migrate.get(version))
    ]
    return (_moved(run, definition)[0], functions[-1]) if functions else None


def _called(
    function: Callable[..., Any],
    definition: Definition,
    version: int,
    state: str,
    data: dict[str, Any],
) -> tuple[str, dict[str, Any]]:
    """Return what a function of `migrate` returns for a run in this state.

    Raises:
        FlowError: the function raises an error, does not take a state and the data, or does not
            return a state and the data.
    """
    name = getattr(function, "__name__", repr(function))
    where = (
        f"{definition.at('migrate')}: the function of version {version}, {name}()"
        f" ({place_of_function(function)}),"
    )
    form = f"Write `def {name}(state, data): … return state, data`."
    try:
        inspect.signature(function).bind(state, data)
    except TypeError:
        raise FlowError(f"{where} must take a state and the data. {form}") from None
    try:
        moved: Any = function(state, data)
    except Exception as error:
        # An author's function may raise anything, and the text may contain what a contact wrote.
        last = extract_tb(error.__traceback__)[-1]
        raise FlowError(
            f"{where} raised {type(error).__name__} for state {state!r}, at"
            f" {short(Path(last.filename))}:{last.lineno}."
        ) from error
    if (
        not isinstance(moved, tuple)
        or len(moved) != 2
        or not isinstance(moved[0], str)
        or not isinstance(moved[1], dict)
        or not all(isinstance(each, str) for each in moved[1])
    ):
        raise FlowError(
            f"{where} must return a state and the data, but it returned {_form_of(moved)} for state"
            f" {state!r}. {form}"
        )
    try:
        msgspec.json.encode(moved[1])
    except (TypeError, ValueError, RecursionError) as error:
        raise FlowError(
            f"{where} returned data that can't be stored as JSON for state {state!r}: {error}."
        ) from error
    return moved[0], moved[1]


def _form_of(value: Any) -> str:
    """Return the types of a value. The value itself is left out, because it may be personal."""
    if isinstance(value, tuple):
        return f"({', '.join(type(each).__name__ for each in value)})"
    return "None" if value is None else f"a value of type {type(value).__name__}"


def _names(run: Run, definition: Definition) -> dict[str, str]:
    """Return the current names of the states that were renamed after the run's version.

    The keys are the old names.
    """
    names: dict[str, str] = {}
    for version in range(run.version, definition.version):
        move = definition.migrate.get(version, {})
        if not callable(move):
            names = {old: move.get(new, new) for old, new in {**_same(move), **names}.items()}
    return names


def _follow(run: Run, definition: Definition) -> None:
    """Set the run's version to the current version, and rename the states in everything that the
    run stores.
    """
    names = _names(run, definition)
    run.version, run.graph = definition.version, definition.graph
    run.resume = names.get(run.resume, run.resume)
    run.unfit = [names.get(name, name) for name in run.unfit]
    for entry in run.trail:
        entry.state = names.get(entry.state, entry.state)
        entry.undo = {names.get(name, name): value for name, value in entry.undo.items()}
        entry.added = [names.get(name, name) for name in entry.added]
    run.changed -= sum(not definition.has(each.state) for each in run.trail[: run.changed])
    kept: list[Asked] = []
    for entry in run.trail:
        if definition.has(entry.state):
            kept.append(entry)
        elif kept:
            _restore_too(kept[-1], entry)
    run.trail = kept


def _restore_too(entry: Asked, removed: Asked) -> None:
    """Let `entry` also restore the data that `removed`, the next entry of the trail, would have
    restored.
    """
    older = {name: each for name, each in removed.undo.items() if name not in entry.added}
    entry.undo = older | entry.undo
    known = (*entry.undo, *entry.added)
    entry.added = [*entry.added, *(name for name in removed.added if name not in known)]


def _same(move: Mapping[str, str] | Callable[..., Any]) -> dict[str, str]:
    return {name: name for name in move} if isinstance(move, Mapping) else {}
