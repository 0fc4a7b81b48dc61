"""Releases in the reference model: migrated runs, missing states, older workers."""

from dataclasses import dataclass

from tests.model.flow_data import END, FlowData, Flows, Json
from tests.model.stack import Entry, Run, Unspecified
from tests.model.waiting import Happening

NEWER_WAITS_S = 600.0


@dataclass
class Left:
    """A message that is left to a newer worker."""

    text: str
    at: float


class Releasing(Happening):
    """Handles newer and older releases."""

    def __init__(self, flows: Flows) -> None:
        super().__init__(flows)
        self.next_flows: Flows | None = None
        self.left: list[Left] = []

    def release(self, flows: Flows) -> None:
        """Let workers with these flows take over. A run is migrated in its next turn."""
        self.next_flows = flows

    @property
    def present_flows(self) -> Flows:
        return self.next_flows or self.flows

    def is_left(self) -> bool:
        """Return whether a run of the stack is newer than the workers."""
        flows = self.present_flows
        return any(run.version > flows[run.flow].version for _, run in self.runs())

    def begin_turn(self, *, is_message: bool = False) -> None:
        """Begin a turn: migrate all runs to the present release."""
        self.is_message = is_message
        self.said_before, self.ended_before = len(self.replies), len(self.ended)
        if self.next_flows is None:
            return
        gone = [run.id for _, run in self.runs() if self.is_gone(run)]
        self.flows, self.next_flows = self.next_flows, None
        self.words = {word: flow.name for flow in self.flows.values() for word in flow.words}
        for _, run in self.runs():
            migrate(run, self.flows)
            if run.change and self.is_gone(run):
                raise Unspecified("a state that is gone while an answer is changed")
            if run.id in gone and not self.is_gone(run):
                raise Unspecified("a state that is back after it was gone")


def migrate(run: Run, flows: Flows) -> None:
    """Migrate a run, and the runs in its trail, to the present version of its flow."""
    for entry in run.trail:
        if entry.called:
            migrate(entry.called, flows)
    for each in run.change.aside if run.change else []:
        migrate(each, flows)
    flow = flows[run.flow]
    names = _names(flow, run.version)
    state = names.get(run.state, run.state)
    if run.version >= flow.version or (state not in flow.states and state != END):
        return
    run.version = flow.version
    run.state = state
    run.data = _renamed(run.data, names)
    run.trail = [
        each for each in (_entry(each, names) for each in run.trail) if _is_there(each, flow)
    ]
    if run.change:
        run.change.resume = names.get(run.change.resume, run.change.resume)
        kept = [_entry(each, names) for each in run.change.kept]
        run.change.kept = [each for each in kept if _is_there(each, flow)]


def _names(flow: FlowData, version: int) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in range(version, flow.version):
        found |= flow.migrate.get(each, {})
    return found


def _entry(entry: Entry, names: dict[str, str]) -> Entry:
    entry.state = names.get(entry.state, entry.state)
    entry.leads_to = names.get(entry.leads_to, entry.leads_to)
    entry.before = _renamed(entry.before, names)
    return entry


def _is_there(entry: Entry, flow: FlowData) -> bool:
    return entry.state in flow.states


def _renamed(data: Json, names: dict[str, str]) -> Json:
    return {names.get(name, name): value for name, value in data.items()}
