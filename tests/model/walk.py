"""Movements of runs in the reference model: entering states, calls, ends of chains, and changes."""

from tests.model.flow_data import (
    END,
    HANDOFF,
    MAX_SCHEDULED,
    Flows,
    Json,
    StateData,
    ended_text,
    next_of_step,
    question_text,
    reask_text,
    returned,
    step_text,
)
from tests.model.stack import (
    Button,
    Chain,
    Change,
    Entry,
    Leave,
    Reply,
    Run,
    Stack,
    Timer,
    Unspecified,
    snapshot,
)

NO_MATCH = "Sorry, I don't know what to do with that."
SWITCHED_OFF = "Sorry, this is not available now. Please try again later."
HANDED_OVER = "A colleague will take over."
MAX_RUNS = 20
MAX_STATES_ENTERED = 50
LEAVE_OPTIONS = {"yes": "Yes", "no": "No, continue"}


class Walk(Stack):
    """Moves runs and collects the replies."""

    is_strict = False
    is_paused = False
    is_message = False
    """Whether the turn was started by a message of the contact."""

    is_told_off = False
    """Whether the contact was told in this turn that a flow is switched off."""

    said_before = 0
    ended_before = 0
    """The number of replies, and of ended runs, when the turn began."""

    now = 0.0
    to_repeat: Chain | None = None
    """The chain that became active in this turn. Its question is repeated at the end."""

    def __init__(self, flows: Flows) -> None:
        super().__init__(flows)
        self.replies: list[Reply] = []
        self.ended: list[str] = []
        self.started_without_data: set[int] = set()
        self.scheduled: dict[str, tuple[float, Json]] = {}

    def differs(self, what: str) -> None:
        """Raise `Unspecified` unless the model is strict.

        In the case `what`, the engine differs from the page "How a conversation works".
        """
        if not self.is_strict:
            raise Unspecified(f"differs: {what}")

    def say(self, text: str) -> None:
        self.replies.append(Reply(text))

    def refuse(self) -> None:
        """Say that a flow is switched off, but only once in a turn."""
        if not self.is_told_off:
            self.say(SWITCHED_OFF)
        self.is_told_off = True

    # Questions

    def ask(self, chain: Chain, hint: str = "", *, is_repeated: bool = False) -> None:
        """Send the question of the chain's last run.

        If the question is repeated, its timers do not change.
        """
        if self.is_held(chain):
            if hint:
                self.say(hint)
            return self.refuse()
        if chain.leave:
            return self._ask_leave(chain.leave, hint)
        run = chain.last
        if self.is_gone(run):
            if hint:
                self.say(hint)
            self.to_repeat = chain
            return None
        state = self.state_of(run)
        if not state.is_question:  # The called run begins at the end of the turn.
            if hint:
                self.say(hint)
            return None
        if not (is_repeated and run.asked_at is not None):
            run.asked_at = self.now
            run.timers = [Timer(self.now + each, each) for each in state.remind_s]
            if state.timeout:
                run.timers.append(Timer(self.now + state.timeout[0]))
        if chain.first_asked_at is None:
            chain.first_asked_at = self.now
        text = question_text(run.flow, run.state)
        buttons = tuple(
            Button(run.flow, run.state, run.id, run.visit, each.key, each.label)
            for each in state.options
        )
        if hint == "reask":
            text = reask_text(run.flow, run.state)
        elif hint:
            text = f"{hint} {text}"
        self.replies.append(Reply(text, buttons))
        return None

    def _ask_leave(self, leave: Leave, hint: str) -> None:
        text = f"We aren't done yet. Do you want to switch to {leave.word} instead?"
        buttons = tuple(
            Button("?leave", "leave", leave.run, leave.visit, key, label)
            for key, label in LEAVE_OPTIONS.items()
        )
        self.replies.append(Reply(f"{hint} {text}" if hint else text, buttons))

    def again(self, hint: str = "") -> None:
        """Ask the active question again."""
        if self.top:
            self.ask(self.top, hint)

    def repeat(self) -> None:
        """Mark the active chain, so that its question is repeated."""
        self.to_repeat = self.top

    def settle(self) -> None:
        """At the end of a turn, ask the active question if it is new or must be repeated."""
        chain, to_repeat = self.top, self.to_repeat
        self.to_repeat = None
        if self.is_paused:
            return
        if chain and self.is_held(chain):
            is_new = not chain.leave and chain.last.asked_at is None
            if self.is_message and (is_new or chain is to_repeat):
                self.refuse()
            return
        if chain and not chain.leave and self.is_gone(chain.last):
            if self.is_message and (chain is to_repeat or chain.last.asked_at is None):
                self.follow_policy(chain)
                if not (self.top and self.is_gone(self.top.last)):
                    self.settle()
            return
        if chain and not chain.leave and not self.state_of(chain.last).is_question:
            self.enter(chain, chain.last, chain.last.state)
            self.settle()
        elif chain and (chain is to_repeat or (not chain.leave and chain.last.asked_at is None)):
            self.ask(chain, is_repeated=True)

    def follow_policy(self, chain: Chain) -> None:
        """Apply the `unknown_state` of a flow to a run whose state is missing."""
        run = self.lost_run(chain)
        assert run
        place = chain.runs.index(run)
        match self.flows[run.flow].unknown_state:
            case "restart":
                self.end_runs(chain, place, "released")
                new = self.new_run(run.flow, run.start)
                chain.runs.append(new)
                if not (place or new.start):
                    self.started_without_data.add(new.id)
                self.enter(chain, new, self.flows[run.flow].first)
            case "stay":
                self.say(NO_MATCH)
                chain.last.asked_at = self.now
            case _:
                self.end_runs(chain, place + 1, "released")
                self.hand_over()

    def hand_over(self) -> None:
        if self.is_message and len(self.replies) == self.said_before:
            self.say(HANDED_OVER)
        self.is_paused = True

    # Entering states

    def start(self, flow: str, data: Json, by: str) -> None:
        """Start a run on top of the stack."""
        run = self.new_run(flow, data)
        if not data:
            self.started_without_data.add(run.id)
        chain = Chain([], by)
        self.chains.append(chain)
        self._push(chain, run)
        self.enter(chain, run, self.flows[flow].first)

    def _push(self, chain: Chain, run: Run) -> None:
        chain.runs.append(run)
        if sum(len(each.runs) for each in self.chains) > MAX_RUNS:
            if self.chains[0] is chain:
                raise Unspecified("a call fails because the stack is full")
            lowest = self.chains.pop(0)
            self.end_runs(lowest, 0, "dropped")

    def enter(self, chain: Chain, run: Run, state: str) -> None:
        """Let `run`, the last run of its chain, enter a state and continue until a run waits."""
        for _ in range(MAX_STATES_ENTERED):
            if state == END:
                return self.finish(chain, run)
            if state == HANDOFF:
                raise Unspecified("a flow hands over")
            run.state, run.visit = state, self.number()
            run.attempts, run.asked_at, run.timers = 0, None, []
            here = self.state_of(run)
            if here.kind == "step":
                state = self._run_step(run, here)
            elif here.kind == "call":
                following = self._call(chain, run, here)
                if following is None:
                    return None
                run, state = following
            else:
                following_state = self._pass_answered(run, here)
                if following_state is None:
                    return None
                state = following_state
        raise Unspecified("a flow doesn't come to rest")

    def _run_step(self, run: Run, here: StateData) -> str:
        run.data["n"] = run.data.get("n", 0) + 1
        if here.says:
            self.say(step_text(run.flow, run.state, run.data["n"]))
        if here.schedules and run.data["n"] <= MAX_SCHEDULED:
            event, seconds = here.schedules
            self.scheduled[event] = (self.now + seconds, {"number": run.data["n"]})
        value = run.data.get(here.by) if here.by else run.data["n"]
        return next_of_step(here, value)

    def _call(self, chain: Chain, run: Run, here: StateData) -> tuple[Run, str] | None:
        """Call a flow. Return the run and state to continue with; None if a run set aside waits
        again, or if the called flow is switched off.
        """
        arguments = {name: run.data.get(source) for name, source in here.arguments}
        if change := run.change:
            aside = change.aside if change.resume == run.state else []
            if aside:
                run.change = None
                if aside[0].start == arguments:
                    if aside[-1].timers:
                        raise Unspecified("timers of a question that was set aside")
                    chain.runs += aside
                    if self.is_held(chain):
                        chain.last.asked_at = None
                    elif chain is self.top:
                        self.repeat()
                    return None
                self.drop_aside(change)
            else:
                kept = next((each for each in change.kept if each.state == run.state), None)
                if kept and kept.called and kept.called.start == arguments:
                    change.kept.remove(kept)
                    kept.is_changed = True
                    run.trail.append(kept)
                    return run, after_call(here, kept.called)
        called = self.new_run(here.flow, arguments)
        self._push(chain, called)
        if self.is_held(chain):
            called.state, called.visit = self.flows[here.flow].first, self.number()
            return None
        return called, self.flows[here.flow].first

    def _pass_answered(self, run: Run, here: StateData) -> str | None:
        """Return the target of an answer that is still valid; None if the question must be
        asked.
        """
        change = run.change
        if change is None:
            return None
        kept = [each for each in change.kept if each.state == run.state]
        if change.resume == run.state:
            if kept:
                raise Unspecified("a change within a loop")
            run.change = None
            return None
        if not kept:
            return None
        if not kept[0].is_answered:
            return None
        change.kept.remove(kept[0])
        kept[0].is_changed = True
        run.trail.append(kept[0])
        return self.leads_to(here, run.data[run.state])

    def leads_to(self, here: StateData, value: object) -> str:
        option = here.option(value)
        return option.to if option else here.to[0]

    def answer(self, chain: Chain, run: Run, value: object) -> None:
        """Handle the contact's answer to a run's question."""
        here = self.state_of(run)
        entry = Entry(run.state, snapshot(run.data), True, is_changed=run.change is not None)
        run.trail.append(entry)
        if run.change:
            run.change.asked = []
        run.data[run.state] = value
        run.gave_up = False
        self.enter(chain, run, self.leads_to(here, value))

    def give_up(self, chain: Chain, run: Run, to: str) -> None:
        """Leave a question without an answer."""
        run.trail.append(Entry(run.state, snapshot(run.data), is_changed=run.change is not None))
        if run.change:
            run.change.asked = []
        run.gave_up = True
        self.enter(chain, run, to)

    def enter_unasked(self, chain: Chain, run: Run, state: str) -> None:
        """Enter a state although no question was left.

        Data that the state stores are added to the earlier entries, so that `back` keeps them.
        """
        before, passed = snapshot(run.data), len(run.trail)
        entries = list(run.trail)
        self.enter(chain, run, state)
        after = run.trail[passed].before if len(run.trail) > passed else run.data
        changed = {each for each in after if after[each] != before.get(each)}
        for entry in entries:
            for name in changed:
                if entry.before.get(name) == before.get(name):
                    entry.before[name] = snapshot(after[name])

    # Returning and ending

    def finish(self, chain: Chain, run: Run) -> None:
        """End a run that has reached END: its caller continues, or its chain ends."""
        if run.change:
            self.drop_aside(run.change)
        chain.runs.remove(run)
        run.state = END
        if not chain.runs:
            was_active = chain is self.top
            self.chains.remove(chain)
            if was_active:
                self.reactivate(chain)
            return
        caller = chain.last
        if self.is_gone(caller):
            self.to_repeat = chain
            return
        call = self.state_of(caller)
        entry = Entry(caller.state, snapshot(caller.data), called=run)
        entry.is_changed = caller.change is not None
        if caller.change:
            caller.change.asked = []
        caller.trail.append(entry)
        if not (call.otherwise and run.gave_up):
            caller.data[caller.state] = returned(self.flows[run.flow], run.data)
        self.enter(chain, caller, after_call(call, run))

    def reactivate(self, ended: Chain) -> None:
        """Repeat the question of the chain that is active after another chain has ended or
        moved.
        """
        if ended.by == "contact" or ended.first_asked_at is not None:
            self.repeat()

    def end_runs(self, chain: Chain, first: int, reason: str) -> None:
        """End the runs of a chain from index `first` on. They return nothing to their callers."""
        for run in reversed(chain.runs[first:]):
            if run.version <= self.flows[run.flow].version:
                self.ended.append(ended_text(run.flow, reason))
            if run.change:
                self.drop_aside(run.change, reason)
        del chain.runs[first:]
        chain.leave = None

    def give_change_up(self, run: Run) -> None:
        """End a change before it is complete. All earlier answers are kept."""
        change, run.change = run.change, None
        if change:
            self.drop_aside(change)
            run.trail += [*change.asked, *change.kept]

    def drop_aside(self, change: Change, reason: str = "replaced") -> None:
        self.ended += [ended_text(each.flow, reason) for each in change.aside]
        change.aside = []

    def end_chain(self, chain: Chain, reason: str) -> None:
        self.end_runs(chain, 0, reason)
        self.chains.remove(chain)

    def move_to_top(self, chain: Chain) -> None:
        self.chains.remove(chain)
        self.chains.append(chain)


def after_call(call: StateData, called: Run) -> str:
    """Return the state after a call that has returned or given up."""
    return call.otherwise if call.otherwise and called.gave_up else call.to[0]
