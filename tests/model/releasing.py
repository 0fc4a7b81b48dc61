"""Releases in the reference model: migrated runs, missing states, older workers."""

from tests.model.flow_data import Flows
from tests.model.migration import migrate
from tests.model.stack import Unspecified
from tests.model.waiting import Happening

NEWER_WAITS_S = 600.0


class Releasing(Happening):
    """Handles newer and older releases."""

    def __init__(self, flows: Flows) -> None:
        super().__init__(flows)
        self.next_flows: Flows | None = None

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
        """Begin a turn: migrate all runs to the current release."""
        self.is_message, self.is_told_off = is_message, False
        self.said_before, self.ended_before = len(self.replies), len(self.ended)
        self.flows, self.next_flows = self.present_flows, None
        self.words = {word: flow.name for flow in self.flows.values() for word in flow.words}
        for _, run in self.runs():
            migrate(run, self.flows)
            if run.change and self.is_gone(run):
                raise Unspecified("a state that is gone while an answer is changed")
