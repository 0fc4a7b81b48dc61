"""The stack of the reference model: chains of runs, and the trail of each run."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from tests.model.flow_data import Flows, Json, StateData


class Unspecified(Exception):
    """The page "How a conversation works" does not specify this, so the model predicts nothing."""


@dataclass
class Entry:
    """A question that a run has passed, or a call that has returned (`called`).

    `before` is the data as it was when the question was answered or the call began. `is_answered`
    is True if an answer was given. `is_changed` is True if a change has affected the entry.
    """

    state: str
    before: Json
    is_answered: bool = False
    is_changed: bool = False
    called: "Run | None" = None


@dataclass
class Change:
    """An earlier answer of a run is being changed.

    `kept` are the entries after this answer that still count, `resume` the state to return to,
    `aside` the called runs that waited in that state. Until the contact answers the question that
    is asked again, `asked` has this question's former entry.
    """

    kept: list[Entry]
    resume: str
    aside: list["Run"] = field(default_factory=list)
    asked: list[Entry] = field(default_factory=list)


@dataclass(frozen=True)
class Timer:
    """A reminder of a question after `remind_s`, or the question's time-out if `remind_s` is 0."""

    at: float
    remind_s: int = 0


@dataclass
class Run:
    flow: str
    id: int
    state: str
    start: Json
    data: Json
    visit: int = 0
    asked_at: float | None = None
    attempts: int = 0
    timers: list[Timer] = field(default_factory=list)
    trail: list[Entry] = field(default_factory=list)
    change: Change | None = None
    gave_up: bool = False
    has_jumped: bool = False
    version: int = 1


@dataclass
class Leave:
    """The question whether to leave a chain, because the contact wrote another flow's start
    word.
    """

    word: str
    flow: str
    run: int
    visit: int


@dataclass
class Chain:
    runs: list[Run]
    by: str
    first_asked_at: float | None = None
    leave: Leave | None = None

    @property
    def last(self) -> Run:
        return self.runs[-1]


@dataclass(frozen=True)
class Button:
    """A button on the phone, with its option and the visit of its question."""

    flow: str
    state: str
    run: int
    visit: int
    key: str
    label: str

    def is_same(self, other: "Button") -> bool:
        """Return whether both buttons are for the same option in the same visit of a question."""
        return (self.run, self.visit, self.key) == (other.run, other.visit, other.key)


@dataclass(frozen=True)
class Reply:
    """A message to the contact: a text, and the buttons under it."""

    text: str
    buttons: tuple[Button, ...] = ()


class Stack:
    """The chains of a contact, the active one last."""

    def __init__(self, flows: Flows) -> None:
        self.flows = flows
        self.chains: list[Chain] = []
        self.numbers = 0
        self.off: set[str] = set()

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def new_run(self, flow: str, data: Json) -> Run:
        version = self.flows[flow].version
        return Run(flow, self.number(), "", deepcopy(data), deepcopy(data), version=version)

    @property
    def top(self) -> Chain | None:
        return self.chains[-1] if self.chains else None

    def state_of(self, run: Run) -> StateData:
        return self.flows[run.flow].states[run.state]

    def is_gone(self, run: Run) -> bool:
        """Return whether this release lacks the run's state, or is older than the run."""
        flow = self.flows[run.flow]
        return run.version > flow.version or run.state not in flow.states

    def is_held(self, chain: Chain) -> bool:
        """Return whether a chain waits for a flow that is switched off."""
        return any(run.flow in self.off for run in chain.runs)

    def lost_run(self, chain: Chain) -> Run | None:
        """Return the lowest run of a chain that is gone."""
        return next((each for each in chain.runs if self.is_gone(each)), None)

    def runs(self) -> Iterator[tuple[Chain, Run]]:
        for chain in self.chains:
            for run in chain.runs:
                yield chain, run

    def find(self, number: int) -> tuple[Chain, Run] | None:
        return next((each for each in self.runs() if each[1].id == number), None)

    def view(self) -> list[list[tuple[str, str, Json]]]:
        """Return the flow, state and data of each run, chain by chain."""
        return [[(run.flow, run.state, run.data) for run in chain.runs] for chain in self.chains]


def answered(run: Run) -> bool:
    """Return whether the run, or one that it called, was given an answer."""
    if run.change:
        return True
    return any(
        entry.is_answered or (entry.called is not None and answered(entry.called))
        for entry in run.trail
    )


def is_called_run_answered(first: Run, others: list[Run]) -> bool:
    """Return whether a run has an answer: a run in `others`, or one set aside by `first.change`."""
    aside = first.change.aside if first.change else []
    return any(map(answered, [*others, *aside]))


def has_asked(run: Run) -> bool:
    """Return whether a run, or a run that it called, has passed a question."""
    return any(each.called is None or has_asked(each.called) for each in run.trail)


def snapshot(data: Json) -> Any:
    return deepcopy(data)
