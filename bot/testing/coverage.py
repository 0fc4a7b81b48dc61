"""Flow coverage: states and transitions that simulated conversations have reached.

Coverage counts the moves that the engine makes in turns, not the moves that a test expects.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bot.flow.definition import Definition
from bot.flow.load import Flows
from bot.flow.machine import Edge
from bot.flow.states import END, HANDOFF, Ask, Call, Step
from bot.flow.switch import SWITCH
from bot.turn.effects import TurnEffects

KINDS = ("state", "option", "answer", "re-ask", "give-up", "time-out", "reminder", "step", "return")
"""The kinds of items, in the order of the report.

`event` and `transition` (of state machines) follow if there are such items.
"""

ANY_STATE = "any state"
"""The source of an event that a flow handles in all states. The event counts as reached if one
state has handled it.
"""

_BY_TRIGGER = {
    "answered": "answer",
    "reasked": "re-ask",
    "gave_up": "give-up",
    "timed_out": "time-out",
    "returned": "return",
}


class Item(NamedTuple):
    """An item to reach: a state, or a transition from a state. For a state, `trigger` and `to` are
    "".
    """

    kind: str
    state: str
    trigger: str = ""
    to: str = ""

    def __str__(self) -> str:
        if self.kind == "state":
            return self.state
        return f"{self.state} --{self.trigger}--> {self.to}"


class Coverage:
    """The coverage of all flows that were simulated."""

    def __init__(self) -> None:
        self._walked: dict[tuple[str, str], set[Item]] = {}

    def watch(self, flows: Flows, effects: TurnEffects) -> None:
        """Record the items that one turn has reached."""
        for entry in effects.path:
            flow, slash, state = entry.partition("/")
            if slash:
                self._take(flows, flow, Item("state", state))
        for move in effects.moves:
            edge = Edge(move.state, move.trigger, move.to)
            if move.flow in flows:
                self._take(flows, move.flow, item_of(flows[move.flow], edge))
        run = effects.session.run
        if effects.event.startswith("remind:") and effects.replies and run:
            self._take(flows, run.flow, _reminder(run.state, effects.event))

    def of(self, definition: Definition) -> "FlowCoverage":
        """Return the coverage of one flow."""
        items = list(items_of(definition))
        walked = self._walked.get(_key(definition), set())
        return FlowCoverage(definition, items, walked & set(items))

    def report(self, flows: Iterable[Definition]) -> "list[FlowCoverage]":
        """Return the coverage of each of these flows, except the framework's own flow."""
        return [self.of(flow) for flow in flows if flow.name != SWITCH]

    def _take(self, flows: Flows, flow: str, item: Item) -> None:
        if flow in flows:
            self._walked.setdefault(_key(flows[flow]), set()).add(item)


class FlowCoverage(NamedTuple):
    """The items of one flow, and which of these items were reached."""

    definition: Definition
    items: list[Item]
    walked: set[Item]

    @property
    def missing(self) -> list[Item]:
        return [item for item in self.items if item not in self.walked]

    def counts(self) -> dict[str, tuple[int, int]]:
        """Return for each kind the number of reached items and the number of all items."""
        every = Counter(item.kind for item in self.items)
        done = Counter(item.kind for item in self.walked)
        return {kind: (done[kind], every[kind]) for kind in every}


def percent(report: Iterable[FlowCoverage]) -> float:
    """Return which share of all flows' items was reached, in percent; 100 if there are no items."""
    every = done = 0
    for flow in report:
        every += len(flow.items)
        done += len(flow.walked)
    return 100.0 * done / every if every else 100.0


def items_of(definition: Definition) -> Iterator[Item]:
    """Yield all items of a flow: its states, transitions and reminders."""
    for state in definition.machine.states:
        if state not in (END, HANDOFF):
            yield Item("state", state)
    yield from dict.fromkeys(item_of(definition, edge) for edge in definition.machine.edges)
    for name, ask in definition.states.items():
        if isinstance(ask, Ask):
            for number in range(len(ask.remind)):
                yield _reminder(name, f"remind:{number}")


def item_of(definition: Definition, edge: Edge) -> Item:
    source = definition.states.get(edge.state)
    if edge.trigger.startswith("on_") and not definition.is_state_machine:
        anywhere = any(
            not handler.states and f"on_{event}_{edge.to}" == edge.trigger
            for handler in definition.handlers.values()
            for event in handler.events
        )
        return Item("event", ANY_STATE if anywhere else edge.state, edge.trigger, edge.to)
    if isinstance(source, Ask) and (
        edge.trigger in source.options or (source.offer and edge.trigger.startswith("to_"))
    ):
        kind = "option"
    elif isinstance(source, Step):
        kind = "step"
    elif isinstance(source, Ask | Call):
        kind = _BY_TRIGGER.get(edge.trigger, "transition")
    else:
        kind = "transition"
    return Item(kind, edge.state, edge.trigger, edge.to)


def _reminder(state: str, timer: str) -> Item:
    return Item("reminder", state, timer, state)


def _key(definition: Definition) -> tuple[str, str]:
    return definition.source, definition.name
