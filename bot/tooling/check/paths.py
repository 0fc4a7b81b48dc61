"""Finds states that no path reaches, and states from which no path leads to the end of the flow."""

from collections.abc import Iterator, Mapping, Sequence

from bot.flow.definition import Definition
from bot.flow.load import Flows
from bot.flow.states import END, HANDOFF, Ask, Call, State, Step
from bot.tooling.check.findings import Finding, of_error
from bot.tooling.check.sources import FlowClass, Function, Source
from bot.tooling.check.steps import returned
from bot.turn.durations import written

Leads = Mapping[str, set[str]]
"""For each state of a flow, the states that it leads to."""


def paths(
    sources: Sequence[Source], classes: Sequence[FlowClass], flows: Flows
) -> Iterator[Finding]:
    """Yield states that are declared but never returned, and states without a path to the end."""
    methods = {
        (each.source.file, each.name, method.name): method
        for each in classes
        for method in each.methods
    }
    leads = {flow.name: _leads(flow, methods) for flow in flows if not flow.is_state_machine}
    for flow in flows:
        if not flow.is_state_machine:
            for error in _never_returned(flow, leads[flow.name]):
                yield of_error(error, sources)
            for error in _calls_without_return(flow, flows, leads):
                yield of_error(error, sources)
            for error in (*_traps(flow, leads[flow.name]), *_endless(flow, flows, leads)):
                yield of_error(error, sources, "warning")
    for error in _circles_of_calls(flows, leads):
        yield of_error(error, sources, "warning")


def _leads(flow: Definition, methods: Mapping[tuple[str, str, str], Function]) -> Leads:
    """Return the states that each state leads to.

    For steps and handlers, these are the states that the code returns, as far as the code shows
    them.
    """

    def by_code(name: str, declared: Sequence[str]) -> set[str]:
        method = methods.get((flow.source, flow.model.__name__, name))
        values = [value for _, value in returned(method)] if method else []
        if not values or not all(value is None or isinstance(value, str) for value in values):
            return set(declared)
        return {str(value) for value in values if value is not None}

    leads = {
        name: by_code(name, state.to) if isinstance(state, Step) else {*state.targets().values()}
        for name, state in flow.states.items()
    }
    for name, handler in flow.handlers.items():
        for state in handler.states or flow.states:
            if state in leads:
                leads[state] |= by_code(name, handler.to)
    return leads


def _reached(leads: Leads, starts: Sequence[str]) -> set[str]:
    reached: set[str] = set()
    waiting = [*starts]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += leads.get(name, ())
    return reached


def _entries(flow: Definition) -> list[str]:
    moves = [each for each in flow.migrate.values() if not callable(each)]
    moved = [new for each in moves for new in each.values()]
    return [str(flow.machine.initial), *flow.model.entry_points, *moved]


def _never_returned(flow: Definition, leads: Leads) -> Iterator[str]:
    """Yield states that steps or handlers declare in `to`, but never return."""
    reached = _reached(leads, _entries(flow))
    if any(callable(each) for each in flow.migrate.values()):
        return  # A function may return any state.
    declared = {
        target: name
        for name, each in [*flow.states.items(), *flow.handlers.items()]
        if not isinstance(each, Ask | Call) and (name in reached or name in flow.handlers)
        for target in each.to
    }
    for target, name in declared.items():
        if target in flow.states and target not in reached:
            yield (
                f"{flow.at(target)}: this state can never be reached: {name!r} names it in `to`,"
                f" but never returns it. Return {target!r} in {name!r}, or remove the state."
            )


def _ending(leads: Leads, exits: set[str]) -> set[str]:
    """Return the states from which a path leads to one of `exits`."""
    ending = set(exits)
    while new := {name for name, to in leads.items() if name not in ending and to & ending}:
        ending |= new
    return ending


def _calls_without_return(
    flow: Definition, flows: Flows, leads: Mapping[str, Leads]
) -> Iterator[str]:
    """Yield calls whose called flow has no path to END, so that the caller never continues."""
    for name, state in flow.states.items():
        if not isinstance(state, Call) or state.flow not in leads:
            continue
        called = flows[state.flow]
        entry = state.state or str(called.machine.initial)
        own = leads[called.name]
        asks = any(isinstance(called.states.get(each), Ask) for each in _reached(own, [entry]))
        if asks and entry not in _ending(own, {END, HANDOFF}):
            yield (
                f"{flow.at(name)}: {called.name!r} never returns, because no path from {entry!r}"
                f" leads to its END, so {flow.name!r} never continues. Let an option or a step of"
                f" {called.name!r} lead to END."
            )


def _circles_of_calls(flows: Flows, leads: Mapping[str, Leads]) -> Iterator[str]:
    """Yield the first call of each circle of flows that call each other and can never end."""
    ending = _ending_with_calls(flows, leads)
    reported: set[frozenset[str]] = set()
    for flow in flows:
        for name, state in flow.states.items():
            if not isinstance(state, Call) or state.flow not in leads:
                continue
            entry = state.state or str(flows[state.flow].machine.initial)
            circle = _calls_back(flow.name, state.flow, flows)
            asks = any(isinstance(each, Ask) for of in circle for each in flows[of].states.values())
            is_stuck = (state.flow, entry) not in ending
            returns = entry in _ending(leads[state.flow], {END, HANDOFF})
            if is_stuck and returns and asks and frozenset(circle) not in reported:
                reported.add(frozenset(circle))
                yield (
                    f"{flow.at(name)}: {' calls '.join(map(repr, circle))}, and in each flow every"
                    " path to the end leads through the next call, so no call returns. Let an"
                    f" option or a step of {state.flow!r} lead to END."
                )


def _ending_with_calls(flows: Flows, leads: Mapping[str, Leads]) -> set[tuple[str, str]]:
    """Return the pairs (flow, state) from which the flow can end.

    A path through a call counts only if the called flow can end.
    """
    ending: set[tuple[str, str]] = set()

    def can_end(flow: Definition, name: str) -> bool:
        targets, state = leads[flow.name][name], flow.states[name]
        if isinstance(state, Call) and state.flow in leads:
            entry = state.state or str(flows[state.flow].machine.initial)
            if (state.flow, entry) not in ending:
                targets = targets - {*state.targets().values()}
        return any(each not in flow.states or (flow.name, each) in ending for each in targets)

    while new := {
        (flow.name, name)
        for flow in flows
        if flow.name in leads
        for name in flow.states
        if (flow.name, name) not in ending and can_end(flow, name)
    }:
        ending |= new
    return ending


def _calls_back(caller: str, called: str, flows: Flows) -> list[str]:
    """Return the flows on the shortest path of calls from `caller` by way of `called` to `caller`;
    [] if there is no such path.
    """
    calls = {
        each.name: [state.flow for state in each.states.values() if isinstance(state, Call)]
        for each in flows
    }
    ways, seen = [[caller, called]], {called}
    while ways:
        way = ways.pop(0)
        if way[-1] == caller:
            return way
        for name in calls.get(way[-1], ()):
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []


def _traps(flow: Definition, leads: Leads) -> Iterator[str]:
    """Yield the first state without a path to END.

    If a flow's initial state has no path to END, yield nothing, because contacts leave such a flow,
    e.g. a menu, by a keyword.
    """
    calls = {name for name, state in flow.states.items() if isinstance(state, Call)}
    ending = _ending(leads, {END, HANDOFF, *calls})
    if str(flow.machine.initial) not in ending:
        return
    reached = _reached(leads, _entries(flow))
    trapped = [name for name in flow.states if name in reached and name not in ending]
    if any(isinstance(flow.states[name], Ask) for name in trapped):
        yield (
            f"{flow.at(trapped[0])}: no path leads from here to END or to another flow, only to"
            f' {", ".join(map(repr, trapped))}. So contacts leave only by a word such as "cancel".'
            " If this is not intended, let an option or a step lead to END."
        )


def _silent_leads(flow: Definition, flows: Flows, leads: Mapping[str, Leads]) -> Leads:
    """Return the states that each state leads to if the contact does not answer.

    A call leads to its next state only if the called flow always ends when the contact does not
    answer.
    """

    def of(state: State, name: str) -> set[str]:
        if isinstance(state, Step):
            return leads[flow.name][name]
        if isinstance(state, Ask):
            return {state.timeout.to} if state.timeout else set()
        called = flows.get(state.flow)
        if called is None or called.is_state_machine or any(map(_is_call, called.states.values())):
            return set()
        inner = _silent_leads(called, flows, leads)
        entry = state.state or str(called.machine.initial)
        reached = _reached(inner, [entry])
        ends = reached - called.states.keys() == {END} and all(
            inner[each] for each in reached - {END}
        )
        return {state.to} if ends else set()

    return {name: of(state, name) for name, state in flow.states.items()}


def _is_call(state: State) -> bool:
    return isinstance(state, Call)


def _endless(flow: Definition, flows: Flows, leads: Mapping[str, Leads]) -> Iterator[str]:
    """Yield an error for the first question of each endless circle of time-outs.

    In such a circle, time-outs lead from question to question and back to the first question. So a
    contact who does not answer gets the same questions again and again.
    """
    silent = _silent_leads(flow, flows, leads)
    reported: set[str] = set()
    for name, state in flow.states.items():
        circle = _reached(silent, [*silent[name]])
        is_endless = all(silent.get(each) for each in circle)
        if (
            not isinstance(state, Ask)
            or name not in circle
            or not is_endless
            or circle & reported
            or _is_left_by_event(flow, circle)
        ):
            continue
        reported |= circle
        asks = {each: flow.states[each] for each in flow.states if each in circle}
        times = [
            each.timeout.after_s for each in asks.values() if isinstance(each, Ask) and each.timeout
        ]
        others = ", ".join(repr(each) for each in asks if each != name)
        yield (
            f"{flow.at(name)}: a contact who does not answer gets this question again every"
            f" {written(sum(times))}, without end, because the time-out leads back to the question"
            f"{f' through {others}' if others else ''}. Let the time-out lead to END, or to a step"
            " that counts the rounds and then returns END."
        )


def _is_left_by_event(flow: Definition, circle: set[str]) -> bool:
    """Return whether an event may lead out of a circle of states."""
    return any(
        (not handler.states or circle & {*handler.states}) and {*handler.to} - circle
        for handler in flow.handlers.values()
    )
