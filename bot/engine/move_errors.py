"""Texts of errors about the states that a turn enters."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.flow.definition import Definition
from bot.flow.places import short
from bot.flow.states import END, HANDOFF, Step
from bot.turn.effects import TurnEffects

_CONSTANTS = {END: "END", HANDOFF: "HANDOFF"}

MIN_STARTS = 5
"""Minimum number of starts in a turn for the error that says that flows are started without end.

If a turn enters too many states with fewer starts by `turn.contact.start`, the error shows the loop
of states.
"""

MAX_SHOWN = 60
"""Maximum number of characters of a wrong result that an error shows."""


def undeclared(definition: Definition, name: str, target: Any, declared: tuple[str, ...]) -> str:
    """Return the error text for a result that the `to` of a step or handler does not declare.

    `name` is the name of the step or handler.
    """
    return f"{definition.at(name)} {_wrong_result(definition, target, declared)}"


def _wrong_result(definition: Definition, target: Any, declared: tuple[str, ...]) -> str:
    known = ", ".join(_CONSTANTS.get(each, repr(each)) for each in declared) or "nothing"
    if isinstance(target, str):
        return (
            f"returned {target!r}; its `to` declares {known}. Add {target!r} to `to`, or return"
            " a declared state."
        )
    states = definition.states.items()
    if state := next((name for name, each in states if each is target), ""):
        added = "" if state in declared else ", and add it to `to`"
        return f"returned the state itself, self.{state}. Return its name: {state!r}{added}."
    if target is None:
        return f"returned nothing; its `to` declares {known}. Return a declared state."
    written = repr(target)
    if len(written) > MAX_SHOWN:
        written = f"a value of type {type(target).__name__}"
    more = ""
    if isinstance(target, tuple | list) and any(each in declared for each in target):
        more = " Return only the state, and store other values in self.data."
    return (
        f"returned {written}; it must return the name of a state. Its `to` declares {known}.{more}"
    )


def endless(flows: Mapping[str, Definition], effects: TurnEffects, flow: str, moves: int) -> str:
    """Return the error text of a turn that enters more than `moves` states.

    `flow` is the flow of the active run. The text names the place of the cause in the code.
    """
    file, line = effects.start_place
    if effects.started >= MIN_STARTS:
        return (
            f"{short(Path(file))}:{line}: turn.contact.start has started {effects.started} flows in"
            f" one turn, the last {flow!r}. Start the flow only if a condition holds, or after the"
            " answer to a question."
        )
    path = effects.path
    steps = [number for number, entry in enumerate(path) if _is_step(flows, entry)]
    end = steps[-1] if steps else len(path) - 1
    start = next((number for number in reversed(range(end)) if path[number] == path[end]), end)
    loop = path[start : end + 1]
    flow, _, state = path[end].partition("/")
    return (
        f"{flows[flow].at(state)}: the turn has entered {moves} states without a question:"
        f" {' → '.join(loop)}. In this loop, ask a question, wait for an event (@on), or use"
        " turn.schedule."
    )


def _is_step(flows: Mapping[str, Definition], entry: str) -> bool:
    """Return whether the state that an entry of the turn's path names is a step."""
    flow, _, state = entry.partition("/")
    return flow in flows and isinstance(flows[flow].states.get(state), Step)
