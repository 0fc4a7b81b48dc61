"""The reference model: the bot's replies and state after each action.

It is written only from the page "How a conversation works".
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.model.flow_data import BURST_WAIT_S, Flows, Json
from tests.model.gathering import Gathering, Message
from tests.model.stack import Button, Reply, Unspecified
from tests.model.understanding import Tapped
from tests.model.waiting import HELP_OUT, Event, Moving, Starting

WELCOME_BACK = "Welcome back. You will get our messages again."
DOUBLE_TAP_S = 60


@dataclass
class Outcome:
    """The result of an action: replies in order, runs that ended early, and the stack after it."""

    replies: list[Reply]
    ended: list[str]
    stack: list[list[tuple[str, str, Json]]]
    is_paused: bool
    is_out: bool


ENDS_BURST = ("cancel", "stop")


class Model(Gathering):
    """The model of one contact. Times are Unix seconds."""

    tapped_silently: Tapped | None = None

    def outcome(self) -> Outcome:
        """Return the replies since the last outcome, and the state."""
        replies, self.replies = self.replies, []
        ended, self.ended = self.ended, []
        self.said_before = self.ended_before = 0
        return Outcome(replies, ended, self.view(), self.is_paused, self.is_out)

    def says(self, text: str, now: float, written_at: float | None = None) -> Outcome:
        self.now = now
        if self.inbox or self.gathers(text):
            raise Unspecified("a late answer in a burst")
        self.inbox.append((text, now if written_at is None else written_at))
        self._take_ready()
        return self.outcome()

    def _take_ready(self) -> None:
        """Handle the items of the inbox that are ready."""
        while self.inbox and self.ready_at() <= self.now:
            first = self.inbox[0]
            if not self.is_left() and self.gathers(first[0]):
                self._take_burst()
                continue
            if self.is_left():
                self.drop_before_stop()
            text, written_at = self.inbox.pop(0)
            self.begin_turn(is_message=True)
            self._take_text([(text, written_at)])
            self.end_turn()

    def _take_text(self, members: list[Message], policy: str = "") -> None:
        text = members[-1][0]
        last, self.tapped = self.tapped, None
        if self.is_paused:
            self.tapped_silently = last or self.tapped_silently
        if self._consent(text) or self.is_paused:
            return
        if len(members) > 1:
            self.understand_burst(members, policy)
        else:
            self.late(members[0][1])
            self.understand(text)

    def burst(self, texts: Sequence[str], now: float, gap_s: float, rest_s: float) -> Outcome:
        """Handle texts that are written in quick succession, then let time pass."""
        for place, text in enumerate(texts):
            self._pass_until(now + place * gap_s)
            if self.inbox and text.casefold() in ENDS_BURST and self._has_timer_now():
                raise Unspecified("a timer at the moment at which a word ends a burst")
            self.inbox.append((text, self.now))
            self._take_ready()
        self._pass_until(self.now + rest_s)
        return self.outcome()

    def _has_timer_now(self) -> bool:
        return any(timer.at == self.now for _, run in self.runs() for timer in run.timers)

    def _take_burst(self) -> None:
        policy = self.bursts()
        members, meaning, end = self.burst_of(self.inbox)
        del self.inbox[: len(members)]
        self.now = max(end, self.now)
        last = self.inbox[0][1] if meaning == "drop" else members[-1][1]
        due = self.due_until(self.now)
        within = [each for each in due if each.at < last]
        self.begin_turn(is_message=True)
        if meaning == "drop":
            self._take_text([self.inbox.pop(0)])
        else:
            self._take_text(members, policy)
        for each in within:
            self.happen_later(each)
        self.end_turn()
        for each in due[len(within) :]:
            self.begin_turn()
            self.happen_later(each)
            self.end_turn()

    def taps(self, button: Button, now: float, written_at: float | None = None) -> Outcome:
        self.now = now
        if self.is_left():
            raise Unspecified("a tap while the contact is left to a newer worker")
        if self.inbox:
            raise Unspecified("a tap in a burst")
        due = []
        if self.bursts():
            self.now = now + BURST_WAIT_S
            due = self.due_until(self.now)
        self._tap(button, now if written_at is None else written_at)
        for each in due:
            self.begin_turn()
            self.happen_later(each)
            self.end_turn()
        return self.outcome()

    def _tap(self, button: Button, written_at: float) -> None:
        now = self.now
        self.begin_turn(is_message=True)
        last, self.tapped = self.tapped, None
        if self.is_out or self.is_paused:
            self.tapped_silently = last or self.tapped_silently
            return self.end_turn()
        if self.tapped_silently and self.tapped_silently.button.is_same(button):
            raise Unspecified("a double tap with a message to a person between")
        self.late(written_at)
        if last and last.button.is_same(button) and now - last.at <= DOUBLE_TAP_S:
            self.tapped = Tapped(button, last.at)
        else:
            self.tap(button)
        return self.end_turn()

    def starts(self, flow: str, data: Json, now: float, *, replace: bool = False) -> Outcome:
        is_same = not (self.is_out or replace) and self.has_same_key(flow, data)
        if is_same or flow in self.off:
            return self.outcome()  # The start is refused at once, without a turn.
        self._from_outside(now)
        self.start_outside(Starting(flow, data, now, replace))
        return self._done()

    def receives(
        self, name: str, data: Json, now: float, *, run: int = 0, expires_s: int = 0
    ) -> Outcome:
        self._from_outside(now)
        self.event(Event(name, data, now, run, now + expires_s if expires_s else None))
        return self._done()

    def pauses(self, now: float) -> Outcome:
        self._from_outside(now)
        self.is_paused = True
        return self.outcome()

    def resumes(self, now: float, state: str = "") -> Outcome:
        self._from_outside(now)
        if self.is_paused:
            self.hand_back(state)
        return self._done()

    def moves(self, flow: str, state: str, now: float) -> Outcome:
        """Let an operator move the contact to a state."""
        self._from_outside(now)
        self.move_outside(Moving(flow, state, now))
        return self._done()

    def releases(self, flows: Flows, now: float) -> Outcome:
        """Let workers with these flows take over."""
        self.now = now
        self.release(flows)
        return self.outcome()

    def takes_over(self, other: "Model", now: float) -> Outcome:
        """Take over everything of a contact that was merged into this one."""
        self._from_outside(now)
        if other.is_left() or other.inbox:
            raise Unspecified("a merge of a contact that is left to a newer worker")
        self.inherit(other)
        return self._done()

    def _from_outside(self, now: float) -> None:
        self.now = now
        if self.is_left():
            raise Unspecified("something while the contact is left to a newer worker")
        if self.inbox:
            raise Unspecified("something in a burst")
        self.begin_turn()

    def waits(self, seconds: float, now: float) -> Outcome:
        """Let time pass from `now`. Whatever becomes due happens when its time has come."""
        self._pass_until(now + seconds)
        return self.outcome()

    def _pass_until(self, end: float) -> None:
        while (at := self.next_due()) is not None and at <= end:
            self.now = max(at, self.now)
            if self.inbox:
                self._take_ready()
                continue
            due = self.due()
            self.begin_turn()
            if self.look_again_at == at:
                self.look_again_at = None
                self.end_turn()
                continue
            if due is None or due.at > at:
                self.expire()
                continue
            self.happen(due)
            self.end_turn()
        self.now = max(end, self.now)

    def next_due(self) -> float | None:
        """Return when something happens next without an action."""
        due = self.due()
        if not self.inbox:
            times = [due.at if due else None, self.next_expiry(), self.look_again_at]
            at = min((each for each in times if each is not None), default=None)
            if at is not None and self.is_left():
                raise Unspecified("a timer while the contact is left to a newer worker")
            return at
        at = self.ready_at()
        if self.is_left() and due is not None and due.at <= at:
            raise Unspecified("a timer while a message is left to a newer worker")
        return at

    def _done(self) -> Outcome:
        self.end_turn()
        return self.outcome()

    def _consent(self, text: str) -> bool:
        """Handle a text about consent. Return whether the text was handled."""
        low = text.casefold()
        if low == "stop":
            self.is_out = True
            for chain in list(self.chains):
                self.end_chain(chain, "stopped")
            if any(isinstance(each, Event) for each in self.waiting):
                raise Unspecified("STOP while events wait")
            self.waiting = []
        elif low == "start" and self.is_out:
            self.is_out = False
            self.say(WELCOME_BACK)
            self.run_for_start()
            return True
        elif self.is_out and low == "help":
            self.say(HELP_OUT)
        return self.is_out
