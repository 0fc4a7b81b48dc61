"""The reference model: what the bot says and where it stands after each act, written from the page
"How a conversation works" alone.
"""

from dataclasses import dataclass

from tests.model.flow_data import Json
from tests.model.stack import Button, Chain, Reply, Unspecified
from tests.model.understanding import Tapped
from tests.model.waiting import Event, Happening, Starting

WELCOME_BACK = "Welcome back. You get our messages again."
HELP_AFTER_STOP = "You have stopped our messages. Say START to get them again."
DOUBLE_TAP_S = 60


@dataclass
class Outcome:
    """What an act leads to: replies in order, runs that ended early, and the stack after it."""

    replies: list[Reply]
    ended: list[str]
    stack: list[list[tuple[str, str, Json]]]
    is_paused: bool
    is_out: bool


class Model(Happening):
    """One contact. Times are Unix seconds."""

    tapped_silently: Tapped | None = None

    def outcome(self) -> Outcome:
        """Return what was said since the last outcome, and where the contact stands."""
        replies, self.replies = self.replies, []
        ended, self.ended = self.ended, []
        if self.is_out:
            replies, ended = [each for each in replies if each.text == HELP_AFTER_STOP], []
        return Outcome(replies, ended, self.view(), self.is_paused, self.is_out)

    def says(self, text: str, now: float, written_at: float | None = None) -> Outcome:
        self.now = now
        last, self.tapped = self.tapped, None
        if self.is_paused:
            self.tapped_silently = last or self.tapped_silently
        if not self._consent(text) and not self.is_paused:
            self._late(now if written_at is None else written_at)
            self.understand(text)
        return self._done()

    def taps(self, button: Button, now: float, written_at: float | None = None) -> Outcome:
        self.now = now
        last, self.tapped = self.tapped, None
        if self.is_out or self.is_paused:
            self.tapped_silently = last or self.tapped_silently
            return self._done()
        if self.tapped_silently and self.tapped_silently.button == button:
            raise Unspecified("a double tap with a message to a person between")
        self._late(now if written_at is None else written_at)
        if last and last.button == button and now - last.at < DOUBLE_TAP_S:
            self.tapped = Tapped(button, last.at)
        else:
            self.tap(button)
        return self._done()

    def starts(self, flow: str, data: Json, now: float, *, replace: bool = False) -> Outcome:
        self.now = now
        self.start_outside(Starting(flow, data, now, replace))
        return self._done()

    def receives(
        self, name: str, data: Json, now: float, *, run: int = 0, expires_s: int = 0
    ) -> Outcome:
        self.now = now
        self.event(Event(name, data, now, run, now + expires_s if expires_s else None))
        return self._done()

    def pauses(self, now: float) -> Outcome:
        self.now = now
        self.is_paused = True
        return self.outcome()

    def resumes(self, now: float) -> Outcome:
        self.now = now
        if self.is_paused:
            self.hand_back()
        return self._done()

    def waits(self, seconds: float, now: float) -> Outcome:
        """Let time pass from `now` on; what comes due happens at its time."""
        end = now + seconds
        while (due := self.due()) is not None and due.at <= end:
            self.now = max(due.at, self.now)
            self.happen(due)
            self.end_turn()
        self.now = end
        return self.outcome()

    def next_due(self) -> float | None:
        """Return when something happens next by itself."""
        due = self.due()
        return due.at if due else None

    def _done(self) -> Outcome:
        self.end_turn()
        return self.outcome()

    def _consent(self, text: str) -> bool:
        """Take what is about consent; return whether the message was."""
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
            self.say(HELP_AFTER_STOP)
        return self.is_out

    def _late(self, written_at: float) -> None:
        """Move the chain that a late answer belongs to to the top."""
        order = list(reversed(self.chains))
        place = 0
        while place < len(order) - 1 and self._is_late(order[place], written_at):
            place += 1
        if place and self._is_late(order[place], written_at):
            raise Unspecified("an answer that is too late for every chain")
        if place:
            self.move_to_top(order[place])

    def _is_late(self, chain: Chain, written_at: float) -> bool:
        sent_at = chain.leave.sent_at if chain.leave else chain.sent_at
        return chain.by != "contact" and written_at < sent_at
