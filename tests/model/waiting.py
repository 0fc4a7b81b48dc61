"""Timers, events and waiting items in the reference model."""

from dataclasses import dataclass, field

from tests.model.flow_data import Flows, HandlerData, Json, handler_text, reminder_text
from tests.model.migration import leave_gone_state
from tests.model.stack import Chain, Entry, Run, Timer, Unspecified, snapshot
from tests.model.understanding import Understanding

MAX_WAITING = 20
MAX_WAITING_FOR_START = 5
START_EXPIRES_S = 24 * 3600
LOOK_AGAIN_S = 300.0
HELP_OUT = "You have stopped our messages. Say START to get them again."
TIME_HAS_RUN_OUT = "The time for your answer has run out."


@dataclass
class Event:
    """An event of a program: when it came, and until when it may wait."""

    name: str
    data: Json
    at: float
    run: int = 0
    expires_at: float | None = None


@dataclass
class TimeOut:
    """A timeout that was due while a person handled the contact."""

    run: int
    visit: int
    at: float


@dataclass
class Starting:
    """The start of a flow by a program."""

    flow: str
    data: Json
    at: float
    replace: bool = False


@dataclass
class Moving:
    """The contact's move to another state by an operator."""

    flow: str
    state: str
    at: float


Waiting = Event | TimeOut | Starting | Moving


@dataclass
class Due:
    """A timer or a scheduled event, and when it happens."""

    at: float
    chain: Chain | None = None
    run: Run | None = None
    timer: Timer | None = None
    event: str = ""
    data: Json = field(default_factory=dict)
    visit: int = 0


class Happening(Understanding):
    """Fires timers and delivers events in the reference model."""

    is_out = False
    is_handed_back = False

    def __init__(self, flows: Flows) -> None:
        super().__init__(flows)
        self.waiting: list[Waiting] = []
        self.inherited: list[tuple[str, float, Json]] = []
        self.for_start: list[Event] = []
        self.unhandled: list[str] = []
        self.look_again_at: float | None = None

    # Time

    def due(self) -> Due | None:
        """Return what happens next without an action; None if nothing does."""
        due = [Due(at, event=name, data=data) for name, (at, data) in self.scheduled.items()]
        due += [Due(at, event=name, data=data) for name, at, data in self.inherited]
        for chain in self.chains:
            run = chain.last
            due += [Due(each.at, chain, run, each, visit=run.visit) for each in run.timers]
        return min(due, key=lambda each: each.at, default=None)

    def next_expiry(self) -> float | None:
        """Return when the next waiting event expires, or None."""
        ends = [each.expires_at for each in self.waiting if isinstance(each, Event)]
        return min((each for each in ends if each is not None), default=None)

    def look_again_later(self) -> None:
        """If something waits for a flow that is switched off, look again in five minutes."""
        held = [each for each in self.chains if self.is_held(each)]
        if held and (self.waiting or not (held[-1].leave or held[-1].last.asked_at)):
            self.look_again_at = self.now + LOOK_AGAIN_S

    def expire(self) -> None:
        """Drop the waiting events that have expired, in a turn that may ask the question."""
        for each in [each for each in self.waiting if isinstance(each, Event)]:
            if each.expires_at is not None and each.expires_at <= self.now:
                self.waiting.remove(each)
                self.unhandled.append(each.name)
        if not self.is_paused and not self.is_out:
            self.settle()
        self.look_again_later()

    def take(self, due: Due) -> None:
        """Remove a timer or scheduled event that happens now, so that it does not happen again."""
        if due.timer and due.run:
            due.run.timers.remove(due.timer)
        elif due.event in self.scheduled and self.scheduled[due.event] == (due.at, due.data):
            del self.scheduled[due.event]
        else:
            self.inherited.remove((due.event, due.at, due.data))

    def happen(self, due: Due) -> None:
        """Let a timer fire or a scheduled event happen."""
        self.take(due)
        if due.event:
            return self.event(Event(due.event, due.data, due.at))
        chain, run = due.chain, due.run
        assert due.timer is not None
        assert chain is not None
        assert run is not None
        if due.timer.remind_s:
            is_asked = chain is self.top and not chain.leave and not self.is_gone(run)
            if is_asked and not self.is_paused and not self.is_held(chain):
                self.say(reminder_text(run.flow, run.state, due.timer.remind_s))
            return None
        if self.is_paused or self.is_held(chain):
            return self._wait(TimeOut(run.id, run.visit, due.at), f"time-out of {run.flow}")
        return self._time_out(chain, run)

    def _time_out(self, chain: Chain, run: Run) -> None:
        if self.is_gone(run):
            return
        timeout = self.state_of(run).timeout
        assert timeout
        chain.leave = None
        self.give_up(chain, run, timeout[1])

    # Starts and events

    def start_outside(self, starting: Starting) -> None:
        if self.is_out:
            return None
        if starting.flow in self.off:
            return self.unhandled.append(starting.flow)
        if self.is_paused:
            return self._wait(starting, starting.flow)
        if starting.replace:
            for chain in list(self.chains):
                self.end_chain(chain, "replaced")
        if self.has_same_key(starting.flow, starting.data):
            return self.unhandled.append(starting.flow)
        return self.start(starting.flow, starting.data, "program")

    def move_outside(self, moving: Moving) -> None:
        """Put the topmost run of a flow, or a new run of it, into a state."""
        if self.is_out:
            return None
        if self.is_paused:
            return self._wait(moving, moving.flow)
        found = next(
            (each for each in reversed(list(self.runs())) if each[1].flow == moving.flow), None
        )
        if moving.flow in self.off or (found and self.is_held(found[0])):
            return None
        if found is None:
            run = self.new_run(moving.flow, {})
            self.started_without_data.add(run.id)
            chain = Chain([], "operator")
            self.chains.append(chain)
            self._push(chain, run)
            return self.enter(chain, run, moving.state)
        chain, run = found
        self.end_runs(chain, chain.runs.index(run) + 1, "replaced")
        self.give_change_up(run)
        self.move_to_top(chain)
        leave_gone_state(run, self.flows[run.flow])
        run.version = self.flows[run.flow].version
        return self.enter_unasked(chain, run, moving.state)

    def inherit(self, other: "Happening") -> None:
        """Take over what has waited for a contact that was merged into this one."""
        if other.is_out and not self.is_out:
            self.is_out = True
            for chain in list(self.chains):
                self.end_chain(chain, "stopped")
            waiting = [*self.waiting, *other.for_start, *other.waiting]
            self.waiting = []
        else:
            waiting = [*other.for_start, *other.waiting]
        for each in waiting:
            if isinstance(each, TimeOut) or (isinstance(each, Event) and each.run):
                continue
            if self.is_out and isinstance(each, Event):
                self._keep_for_start(each)
            elif not self.is_out:
                self._wait(each, "")
        self.inherited += other.inherited
        self.inherited += [(name, at, data) for name, (at, data) in other.scheduled.items()]

    def _wait(self, waiting: Waiting, name: str) -> None:
        if len(self.waiting) >= MAX_WAITING:
            self.unhandled.append(name)
        else:
            self.waiting.append(waiting)

    def event(self, event: Event) -> None:
        """Deliver an event of a program."""
        if self.is_out:
            self._keep_for_start(event)
        elif self.is_paused:
            self._wait(event, event.name)
        elif event.expires_at is not None and event.expires_at <= self.now:
            self.unhandled.append(event.name)
        elif not self._handled(event):
            if event.expires_at is not None or self._is_for_held_run(event):
                self._wait(event, event.name)
            else:
                self.unhandled.append(event.name)

    def _keep_for_start(self, event: Event) -> None:
        starts = any(event.name in flow.events for flow in self.flows.values())
        if event.run or not starts or len(self.for_start) >= MAX_WAITING_FOR_START:
            self.unhandled.append(event.name)
            return
        self.for_start.append(event)

    def _handled(self, event: Event) -> bool:
        """Let a run handle the event, or let the event start a flow. Return whether either
        happened.
        """
        if found := self._run_for(event):
            chain, run = found
            handler = self._handler(run, event)
            if self.is_held(chain) or not handler:
                return False
            self._handle(chain, run, handler, event)
            return True
        flow = next((each for each in self.flows.values() if event.name in each.events), None)
        if event.run or flow is None or self.has_same_key(flow.name, event.data):
            return False
        if flow.name in self.off:
            return False
        self.start(flow.name, event.data, "event")
        return True

    def _run_for(self, event: Event) -> tuple[Chain, Run] | None:
        """Return the run that handles an event, in its chain."""
        runs = [each for each in reversed(list(self.runs())) if self._handler(each[1], event)]
        if event.run:
            return next((each for each in runs if each[1].id == event.run), None)
        keyed = [each for each in runs if self._is_meant(each[1], event)]
        others = [each for each in runs if self._key(each[1], event) is None]
        return next(iter([*keyed, *others]), None)

    def _is_for_held_run(self, event: Event) -> bool:
        found = self._run_for(event)
        return found is not None and self.is_held(found[0])

    def _key(self, run: Run, event: Event) -> str | None:
        """Return the flow's `key` field if the event has it."""
        key = self.flows[run.flow].key
        return key if key and key in event.data else None

    def _is_meant(self, run: Run, event: Event) -> bool:
        key = self._key(run, event)
        return key is not None and key in run.data and run.data[key] == event.data[key]

    def has_same_key(self, flow: str, data: Json) -> bool:
        """Return whether a run of the flow has the same `key` as this start data."""
        key = self.flows[flow].key
        return key in data and any(
            run.flow == flow and run.data.get(key) == data[key] for _, run in self.runs()
        )

    def _handler(self, run: Run, event: Event) -> HandlerData | None:
        if self.is_gone(run):
            return None
        return next(
            (
                each
                for each in self.flows[run.flow].handlers
                if each.event == event.name and (not each.states or run.state in each.states)
            ),
            None,
        )

    def _handle(self, chain: Chain, run: Run, handler: HandlerData, event: Event) -> None:
        self.say(handler_text(run.flow, event.name))
        if not handler.to:
            return None
        if any(each.change for each in chain.runs):
            raise Unspecified("an event moves a run while an answer is changed")
        self.end_runs(chain, chain.runs.index(run) + 1, "replaced")
        chain.leave = None
        run.gave_up = False
        if not self.state_of(run).is_question:
            return self.enter_unasked(chain, run, handler.to)
        run.trail.append(Entry(run.state, snapshot(run.data), is_changed=run.change is not None))
        return self.enter(chain, run, handler.to)

    # After a turn, a hand-over, START

    def run_for_start(self) -> None:
        """Handle the events that have waited for START, unless they have expired."""
        waiting, self.for_start = self.for_start, []
        for each in sorted(waiting, key=lambda each: each.at):
            if self.now < (each.expires_at or each.at + START_EXPIRES_S):
                self.event(each)

    def end_turn(self) -> None:
        """Handle events that wait for a flow, then ask the question."""
        if self.is_out:
            said = [each for each in self.replies[self.said_before :] if each.text == HELP_OUT]
            self.replies[self.said_before :] = said
            del self.ended[self.ended_before :]
        if not self.is_paused and not self.is_out:
            self._try_again()
            if self.is_handed_back:
                self.repeat()
            self.is_handed_back = False
            self.settle()
        self.look_again_later()

    def _try_again(self) -> None:
        was_handled = True
        while was_handled:
            was_handled = False
            waiting, self.waiting = sorted(self.waiting, key=lambda each: each.at), []
            for each in waiting:
                before = len(self.waiting)
                self._take_waiting(each)
                was_handled |= len(self.waiting) == before

    def hand_back(self, state: str = "") -> None:
        """Go to `state` if it is set, handle the waiting items, then repeat the active question."""
        self.is_paused = False
        if state and self.top:
            self.move_outside(Moving(self.top.last.flow, state, self.now))
        for _, run in self.runs():
            run.attempts = 0
        waiting, self.waiting = sorted(self.waiting, key=lambda each: each.at), []
        for each in waiting:
            self._take_waiting(each)
        self.is_handed_back = True

    def _take_waiting(self, waiting: Waiting) -> None:
        if isinstance(waiting, TimeOut):
            self._time_out_late(waiting)
        elif isinstance(waiting, Starting):
            self.start_outside(waiting)
        elif isinstance(waiting, Moving):
            self.move_outside(waiting)
        else:
            self.event(waiting)

    def _time_out_late(self, waiting: TimeOut) -> None:
        found = self.find(waiting.run)
        if found is None or found[1].visit != waiting.visit:
            return
        chain, run = found
        if run.asked_at is not None and waiting.at <= run.asked_at:
            return  # The question was asked again since, and has a new time-out.
        if self.is_held(chain):
            self.waiting.append(waiting)
            return
        said = len(self.replies)
        self._time_out(chain, run)
        if chain not in self.chains and len(self.replies) == said:
            self.say(TIME_HAS_RUN_OUT)
