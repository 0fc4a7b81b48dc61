"""The meanings of texts and taps in the reference model."""

from dataclasses import dataclass, replace

from tests.model.change import back, begin_change, find_answer
from tests.model.flow_data import Flows
from tests.model.migration import leave_gone_state
from tests.model.stack import (
    Button,
    Chain,
    Leave,
    Run,
    Unspecified,
    answered,
    is_called_run_answered,
)
from tests.model.walk import LEAVE_OPTIONS, NO_MATCH, Walk

NOT_UNDERSTOOD = "Sorry, I didn't understand that."
OLD_BUTTON = "That button belongs to an earlier question."
NOTHING_BEFORE = "There is no question before this one."
CANCELED = "All right, that's canceled."
HELP = "Answer the question, or say back, cancel or agent."
DIGIT_HINT = "A digit, please."
LINE_HINT = "Begin with t, please."
STRICTEST = ("ignore", "ask", "switch")


@dataclass
class Tapped:
    """The button whose tap counted last."""

    button: Button
    at: float


class Understanding(Walk):
    """Understands messages: options, keywords, start words of flows, answers and buttons."""

    tapped: Tapped | None = None

    def __init__(self, flows: Flows) -> None:
        super().__init__(flows)
        self.words = {word: flow.name for flow in flows.values() for word in flow.words}

    def understand(self, text: str) -> None:
        """Handle a text by its present meaning, such as an answer, a keyword or a start word."""
        chain, low = self.top, text.casefold()
        if chain is None:
            self._understand_idle(low)
        elif self.is_held(chain):
            if not (self.word(chain, low) or self._flow_word(chain, low)):
                self.refuse()
        elif chain.leave:
            if self.lost_run(chain):
                raise Unspecified("the question whether to leave a state that is gone")
            labels = [label.casefold() for label in LEAVE_OPTIONS.values()]
            choices = dict(zip([*labels, "1", "2"], ["yes", "no"] * 2, strict=True))
            if low in choices:
                self._decide(chain, choices[low])
            elif not self.word(chain, low):
                self.again(NOT_UNDERSTOOD)
        else:
            self._understand_active(chain, text)

    def _understand_active(self, chain: Chain, text: str) -> None:
        run, low = chain.last, text.casefold()
        is_lost = self.lost_run(chain) is not None
        is_seen = run.asked_at is not None
        options = self.options_of(run) if is_seen and not is_lost else {}
        if low in options:
            self.answer(chain, run, options[low])
        elif self.word(chain, low) or self._flow_word(chain, low):
            pass
        elif is_lost:
            self.follow_policy(chain)
        elif not self.state_of(run).is_question:
            self.enter(chain, run, run.state)
        elif is_seen:
            self._parse(chain, run, text)

    def options_of(self, run: Run) -> dict[str, str]:
        """Return the texts that choose an option of a question, each with the option's key."""
        options = {}
        for number, option in enumerate(self.state_of(run).options, 1):
            for each in (option.key, option.label.casefold(), str(number)):
                options[each] = option.key
        return options

    def _parse(self, chain: Chain, run: Run, text: str) -> None:
        state = self.state_of(run)
        hint = NOT_UNDERSTOOD
        if state.kind == "ask" and state.accept == "digit":
            if len(text) == 1 and text.isdigit():
                return self.answer(chain, run, int(text))
            hint = DIGIT_HINT
        elif state.kind == "ask":
            if text.startswith("t"):
                return self.answer(chain, run, text)
            hint = LINE_HINT
        run.attempts += 1
        if state.attempts is not None and run.attempts >= state.attempts:
            return self.give_up(chain, run, state.otherwise)
        return self.again("reask" if state.reask else hint)

    def _understand_idle(self, low: str) -> None:
        if low in self.words:
            self._start_by_contact(self.words[low])
        elif low == "help":
            self.say(HELP)
        elif low == "cancel":
            self.say(CANCELED)
        elif low == "agent":
            self.hand_over()
        else:
            self._starts_nothing()

    def _starts_nothing(self) -> None:
        fallback = next((each for each in self.flows.values() if each.is_fallback), None)
        if fallback:
            self._start_by_contact(fallback.name)
        else:
            self.say(NO_MATCH)

    def _start_by_contact(self, flow: str) -> None:
        if flow in self.off:
            self.refuse()
        else:
            self.start(flow, {}, "contact")

    def word(self, chain: Chain, low: str) -> bool:
        if low == "help":
            self.say(HELP)
            self.again()
        elif low == "cancel":
            self.say(CANCELED)
            self.end_chain(chain, "canceled")
            self.repeat()
        elif low == "agent":
            self.hand_over()
        elif low == "back":
            if self.is_held(chain):
                self.refuse()
            elif chain.leave:
                chain.leave = None
                self.enter(chain, chain.last, chain.last.state)
            elif not back(self, chain):
                self.again(NOTHING_BEFORE)
        elif low.startswith("change ") and not self.is_held(chain):
            found = find_answer(chain, low.removeprefix("change "))
            if found is None:
                return False
            begin_change(self, chain, *found)
        else:
            return False
        return True

    # Words of flows

    def _flow_word(self, chain: Chain, low: str) -> bool:
        flow = self.words.get(low)
        modes = {self.flows[run.flow].interrupt for run in chain.runs}
        mode = next(each for each in STRICTEST if each in modes)
        if self.is_held(chain):
            mode = "switch"
        if flow is None or mode == "ignore":
            return False
        case = self._case(chain, flow)
        leave = Leave(low, flow, self.number(), self.number())
        if case == 1:
            first, *others = chain.runs
            must_ask = is_called_run_answered(first, others) or (
                mode == "ask" and any(map(answered, chain.runs))
            )
        else:
            must_ask = mode == "ask" and case != 2
        if must_ask and flow not in self.off and not self.is_held(chain):
            chain.leave = leave
            self.repeat()
        else:
            self._leave(chain, leave)
        return True

    def _case(self, chain: Chain, flow: str) -> int:
        if chain.runs[0].flow == flow:
            return 1
        if any(run.flow == flow for run in chain.runs):
            return 2
        below = self.chains[:-1]
        return 3 if any(run.flow == flow for each in below for run in each.runs) else 4

    def _leave(self, chain: Chain, leave: Leave) -> None:
        """Handle the start word of another flow."""
        flow, is_fallback = leave.flow, self.flows[leave.flow].is_fallback
        chain.leave = None
        case = self._case(chain, flow)
        if flow in self.off:
            self.refuse()
            self.repeat()
        elif case == 1:
            start = chain.runs[0].start
            self.end_chain(chain, "replaced")
            self.start(flow, start, "contact")
        elif case == 2 and is_fallback:
            raise Unspecified("the fallback begins again inside a chain")
        elif case == 2:
            self.again()
        elif case == 3:
            below = next(
                each
                for each in reversed(self.chains[:-1])
                if any(run.flow == flow for run in each.runs)
            )
            if is_fallback:
                self.end_chain(below, "replaced")
                self.start(flow, {}, "contact")
            else:
                self.move_to_top(below)
                self.repeat()
        else:
            self.start(flow, {}, "contact")

    def _decide(self, chain: Chain, key: str) -> None:
        """Handle the answer to the question whether to leave."""
        leave, chain.leave = chain.leave, None
        assert leave
        if key == "yes":
            self._leave(chain, leave)
        else:
            self.repeat()

    # Buttons

    def tap(self, button: Button) -> None:
        """Handle a tap on a button by its current meaning."""
        tapped = button
        for chain in self.chains:
            if chain.leave and chain.leave.run == button.run:
                if self.is_held(chain):
                    self.refuse()
                    return self.repeat()
                self._counts(button, chain)
                return self._decide(chain, button.key)
        found = self.find(button.run)
        if found is None:
            return self._tap_ended(button)
        chain, run = found
        if self.is_held(chain):
            self.refuse()
            return self.repeat()
        flow = self.flows[run.flow]
        name = flow.present_name(button.state)
        if run.version > flow.version or name not in flow.states:
            return self.again(OLD_BUTTON)
        if run.visit == button.visit and run is chain.last and not self.is_gone(run):
            self._counts(button, chain)
            chain.leave = None
            return self.answer(chain, run, button.key)
        button = replace(button, state=name)
        stale = flow.states[name].stale
        if stale == "reask":
            return self.again(OLD_BUTTON)
        self.tapped = Tapped(tapped, self.now)
        if stale == "accept":
            self._accept(run, button)
            return self.again()
        return self._jump(chain, run, button)

    def _accept(self, run: Run, button: Button) -> None:
        """Replace the stored answer by the button's option."""
        run.data[button.state] = button.key
        places = [i for i, entry in enumerate(run.trail) if entry.state == button.state]
        if len(places) > 1:
            raise Unspecified("an accepted answer within a loop")
        for entry in run.trail[places[-1] + 1 if places else 0 :]:
            entry.before[button.state] = button.key

    def _counts(self, button: Button, chain: Chain) -> None:
        self.tapped = Tapped(button, self.now)
        if chain is not self.top:
            self.move_to_top(chain)

    def _tap_ended(self, button: Button) -> None:
        if self.top:
            return self.again(OLD_BUTTON)
        flow = self.flows.get(button.flow)
        name = flow.present_name(button.state) if flow else ""
        stale = flow.states[name].stale if flow and name in flow.states else "reask"
        if stale == "jump" and button.run in self.started_without_data:
            return self._start_by_contact(button.flow)
        self.say(OLD_BUTTON)
        return self._starts_nothing()

    def _jump(self, chain: Chain, run: Run, button: Button) -> None:
        if any(each.change for each in chain.runs):
            raise Unspecified("a jump while an answer is changed")
        self.end_runs(chain, chain.runs.index(run) + 1, "replaced")
        if chain is not self.top:
            self.move_to_top(chain)
        leave_gone_state(run, self.flows[run.flow])
        places = [i for i, entry in enumerate(run.trail) if entry.state == button.state]
        if places:
            del run.trail[places[-1] :]
        run.state, run.has_jumped = button.state, True
        self.answer(chain, run, button.key)
