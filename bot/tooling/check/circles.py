"""Finds circles of states without a question."""

from collections.abc import Iterator, Mapping, Sequence

from bot.flow.definition import Definition
from bot.flow.load import Flows
from bot.flow.states import Ask, Call, Step
from bot.tooling.check.findings import Finding, of_error
from bot.tooling.check.sources import FlowClass, Source
from bot.tooling.check.steps import returned

Place = tuple[str, str]
"""A flow and one of its states."""


def circles(
    sources: Sequence[Source], classes: Sequence[FlowClass], flows: Flows
) -> Iterator[Finding]:
    """Yield circles of steps and calls. A circle that no step can leave is an error."""
    methods = {
        (each.source.file, each.name, method.name): returned(method)
        for each in classes
        for method in each.methods
    }
    leads = {
        (flow.name, name): _leads(flow, name, flows, methods)
        for flow in flows
        for name, state in flow.states.items()
        if not isinstance(state, Ask)
    }
    reported: set[frozenset[Place]] = set()
    for start in leads:
        circle = _circle(start, leads)
        if not circle or frozenset(circle) in reported:
            continue
        reported.add(frozenset(circle))
        can_leave = any(set(leads[each]) - set(circle) for each in circle)
        yield of_error(
            f"{flows[start[0]].at(start[1])}: {_written(circle)} and never asks"
            " anything. Ask a question, wait for an event (@on), or use turn.schedule.",
            sources,
            "warning" if can_leave else "error",
        )


def _leads(
    flow: Definition,
    name: str,
    flows: Flows,
    methods: Mapping[tuple[str, str, str], Sequence[tuple[object, object]]],
) -> list[Place]:
    """Return the states that a state leads to in the same turn.

    For a step, these are the states that the step's code returns. If the code does not show them,
    these are the states in the step's `to`.
    """
    state = flow.states[name]
    if isinstance(state, Call):
        called = flows.get(state.flow)
        return [(called.name, str(called.machine.initial))] if called else []
    assert isinstance(state, Step)
    values = [value for _, value in methods.get((flow.source, flow.model.__name__, name), ())]
    if values and all(isinstance(each, str) for each in values):
        return [(flow.name, str(each)) for each in values]
    return [(flow.name, target) for target in state.to]


def _circle(start: Place, leads: Mapping[Place, Sequence[Place]]) -> list[Place]:
    """Return the shortest path from a state back to itself; [] if there is none."""
    ways, seen = [[start]], {start}
    while ways:
        way = ways.pop(0)
        for place in leads.get(way[-1], ()):
            if place == start:
                return way
            if place in leads and place not in seen:
                seen.add(place)
                ways.append([*way, place])
    return []


def _written(circle: Sequence[Place]) -> str:
    if len(circle) == 1:
        return f"{circle[0][0]}/{circle[0][1]} leads to itself"
    named = " → ".join(f"{flow}/{state}" for flow, state in [*circle, circle[0]])
    return f"{named} is a circle"
