"""Generates releases of flows that are plain data: states are renamed, with or without
migration.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random

from tests.model.flow_data import FlowData, StateData, heard_in

NEW_NAMES = {"one": "uno", "two": "dos", "three": "tres", "four": "quatro", "five": "cinco"}
POLICIES = ("restart", "restart", "stay", "handoff")


def next_release(dice: Random, flows: Mapping[str, FlowData]) -> dict[str, FlowData]:
    """Return the flows of the next release. Some stay unchanged."""
    return {
        name: _released(dice, flow) if dice.random() < 0.6 else flow for name, flow in flows.items()
    }


def _released(dice: Random, flow: FlowData) -> FlowData:
    changed = [each for each in flow.states if dice.random() < 0.5]
    names = {each: NEW_NAMES[each] for each in changed}
    lost = {each for each in changed if dice.random() < 0.25}
    following = {each: _following(flow.states[each]) for each in lost}
    for each in lost:
        while following[each] in lost and following[each] != each:
            following[each] = following[following[each]]
    is_removed = {each for each in lost if following[each] != each and each != flow.first}
    return replace(
        _renamed(_without(flow, {each: following[each] for each in is_removed}), names),
        version=flow.version + 1,
        migrate={flow.version: {old: new for old, new in names.items() if old not in lost}},
        unknown_state=dice.choice(POLICIES),
    )


def _following(state: StateData) -> str:
    return state.options[0].to if state.options else state.to[0]


def _without(flow: FlowData, removed: Mapping[str, str]) -> FlowData:
    """Return the flow without the states in `removed`. Transitions to such a state lead to the
    state that `removed` has for it.
    """
    states = {name: each for name, each in flow.states.items() if name not in removed}
    kept = replace(flow, states=states)
    return _mapped(kept, lambda name: removed.get(name, name))


def _renamed(flow: FlowData, names: Mapping[str, str]) -> FlowData:
    states = {names.get(name, name): each for name, each in flow.states.items()}
    return _mapped(replace(flow, states=states), lambda name: names.get(name, name))


def _mapped(flow: FlowData, name: Callable[[str], str]) -> FlowData:
    """Return the flow with other targets of its transitions. `name` returns the new name of a
    target.
    """
    states = {
        key: replace(
            each,
            to=tuple(name(to) for to in each.to),
            options=tuple(replace(option, to=name(option.to)) for option in each.options),
            otherwise=name(each.otherwise),
            timeout=each.timeout and (each.timeout[0], name(each.timeout[1])),
            by=name(each.by) if each.by else "",
            arguments=tuple((argument, name(source)) for argument, source in each.arguments),
        )
        for key, each in flow.states.items()
    }
    handlers = [
        replace(each, to=name(each.to), states=tuple(map(name, each.states)))
        for each in flow.handlers
    ]
    return replace(flow, states=states, handlers=heard_in(handlers, states))
