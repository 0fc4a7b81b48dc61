"""Flows as plain data. The generator makes this data, the model interprets it, and `real_flows`
builds `Flow` classes from it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from zlib import crc32

MAX_SCHEDULED = 3
"""Maximum number of times that a step schedules an event in a run, which prevents endless loops."""

BURST_WAIT_S = 3
"""Seconds that a question waits for more messages of a burst."""

END = "END"
HANDOFF = "HANDOFF"

Json = dict[str, Any]


@dataclass(frozen=True)
class OptionData:
    key: str
    label: str
    to: str


@dataclass(frozen=True)
class StateData:
    """A state. `kind` is ask, choose, step or call; the fields of the other kinds are empty.

    - An ask accepts a `digit` or a `line`. `bursts` is `merge` or `latest` if the ask gathers
      messages.
    - A step increments the data's `n`, says its own name if `says` is True, schedules an event
      after some seconds, and goes to one of `to`, depending on the data field that `by` names.
    - A call passes values to the called flow. `arguments` are pairs of names: the called flow's and
      the caller's.
    """

    kind: str
    to: tuple[str, ...] = ()
    accept: str = "line"
    options: tuple[OptionData, ...] = ()
    reask: bool = False
    attempts: int | None = None
    otherwise: str = ""
    remind_s: tuple[int, ...] = ()
    timeout: tuple[int, str] | None = None
    stale: str = "reask"
    says: bool = True
    by: str = ""
    schedules: tuple[str, int] | None = None
    flow: str = ""
    arguments: tuple[tuple[str, str], ...] = ()
    bursts: str = ""

    @property
    def is_question(self) -> bool:
        return self.kind in ("ask", "choose")

    def option(self, key: Any) -> OptionData | None:
        return next((each for each in self.options if each.key == key), None)


@dataclass(frozen=True)
class HandlerData:
    """A handler of `event` in `states`, or in every state if `states` is empty.

    It says the name of the event. Then it goes to `to`, or stays if `to` is empty.
    """

    event: str
    to: str = ""
    states: tuple[str, ...] = ()


def heard_in(
    handlers: Iterable[HandlerData], states: Mapping[str, StateData]
) -> tuple[HandlerData, ...]:
    """Return the handlers without steps in their states, because no event finds a contact in a
    step.

    Handlers whose states are all steps are left out.
    """
    found = []
    for each in handlers:
        names = tuple(
            name for name in each.states if name in states and states[name].kind != "step"
        )
        if names or not each.states:
            found.append(replace(each, states=names))
    return tuple(found)


@dataclass(frozen=True)
class FlowData:
    """A flow. `returns` is `data`, `text` or `raises`: what a call of the flow returns, or that it
    fails.
    """

    name: str
    states: Mapping[str, StateData]
    words: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    handlers: tuple[HandlerData, ...] = ()
    key: str = ""
    interrupt: str = "switch"
    is_fallback: bool = False
    returns: str = "data"
    version: int = 1
    migrate: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    unknown_state: str = "restart"

    @property
    def first(self) -> str:
        return next(iter(self.states))

    def present_name(self, state: str) -> str:
        """Return the present name of a state of an earlier version."""
        for version in sorted(self.migrate):
            if state not in self.states:
                state = self.migrate[version].get(state, state)
        return state


Flows = Mapping[str, FlowData]


def question_text(flow: str, state: str) -> str:
    return f"{flow}.{state}?"


def reask_text(flow: str, state: str) -> str:
    return f"Once more, {flow}.{state}?"


def reminder_text(flow: str, state: str, seconds: int) -> str:
    return f"{flow}.{state} waits since {seconds}."


def step_text(flow: str, state: str, count: int) -> str:
    return f"{flow}.{state} ran, {count}."


def handler_text(flow: str, event: str) -> str:
    return f"{flow} heard {event}."


def ended_text(flow: str, reason: str) -> str:
    return f"<{flow} {reason}>"


def next_of_step(state: StateData, value: Any) -> str:
    """Return the state to which a step goes for this value."""
    return state.to[crc32(json.dumps(value, sort_keys=True).encode()) % len(state.to)]


def returned(flow: FlowData, data: Json) -> Any:
    """Return the value that a run of the flow returns to its caller."""
    if flow.returns == "text":
        return json.dumps(data, sort_keys=True)
    return dict(data)
