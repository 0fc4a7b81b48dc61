"""Bursts in the reference model: messages that count as one answer."""

from copy import copy, deepcopy

from tests.model.change import find_answer
from tests.model.flow_data import BURST_WAIT_S, Flows
from tests.model.migration import migrate, present_name
from tests.model.releasing import NEWER_WAITS_S, Releasing
from tests.model.stack import Chain, Unspecified
from tests.model.waiting import Due, Event, TimeOut

MAX_WAITS = 5
NOTICED_S = 1
"""Seconds from the arrival of a word that ends a burst until the bot notices the word."""

Message = tuple[str, float]
"""A text, and when it was written."""


class Gathering(Releasing):
    """Gathers the messages of a burst if the question has the option `bursts`."""

    def __init__(self, flows: Flows) -> None:
        super().__init__(flows)
        self.inbox: list[Message] = []

    def gathers(self, text: str) -> bool:
        """Return whether a text begins a burst."""
        return bool(self.bursts()) and not self._meaning(text)

    def bursts(self) -> str:
        chain = self.top
        if chain is None or chain.leave or self.is_paused or self.is_out or self.is_left():
            return ""
        run = chain.last
        flow = self.present_flows[run.flow]
        state = flow.states.get(present_name(run, flow, run.state))
        return state.bursts if state else ""

    def _meaning(self, text: str) -> str:
        """Return the effect of a text on a burst: `drop`, `word` or empty.

        With `drop`, the earlier messages of the burst are discarded. With `word`, they count as an
        answer before the text does.
        """
        look = self._in_present_names()
        chain, low = look.top, text.casefold()
        assert chain
        if low == "stop":
            return "drop"
        is_held = look.is_held(chain)
        if not (is_held or look.lost_run(chain)) and low in look.options_of(chain.last):
            return ""
        if low == "cancel":
            return "drop"
        if low in ("help", "agent", "back"):
            return "word"
        if low.startswith("change ") and find_answer(chain, low.removeprefix("change ")):
            return "word"
        is_ignored = any(look.flows[run.flow].interrupt == "ignore" for run in chain.runs)
        if low not in self.words or (is_ignored and not is_held):
            return ""
        return "drop" if self.words[low] == chain.runs[0].flow else "word"

    def _in_present_names(self) -> "Gathering":
        """Return the model with migrated runs, for reading only.

        After a release, this is a copy of the model, otherwise the model itself.
        """
        if self.next_flows is None:
            return self
        look = copy(self)
        look.flows, look.chains = self.next_flows, deepcopy(self.chains)
        for _, run in look.runs():
            migrate(run, look.flows)
        return look

    def burst_of(self, messages: list[Message]) -> tuple[list[Message], str, float]:
        """Return the burst that begins with the first message. Also return the effect of the
        message after the burst, and the time when the burst ends.
        """
        (_, began), *following = messages
        members, meaning, end = messages[:1], "", began + BURST_WAIT_S
        for text, at in following:
            if at >= end:
                break
            meaning = self._meaning(text)
            if meaning:
                end = at + NOTICED_S
                break
            members.append((text, at))
            end = min(at + BURST_WAIT_S, began + MAX_WAITS * BURST_WAIT_S)
        return members, meaning, end

    def ready_at(self) -> float:
        """Return when the first message in the inbox is handled."""
        text, at = self.inbox[0]
        if self.is_left():
            return at if self._has_stop() else at + NEWER_WAITS_S
        return self.burst_of(self.inbox)[2] if self.gathers(text) else at

    def drop_before_stop(self) -> None:
        """Let a STOP drop the messages that are left to a newer worker."""
        while self._has_stop() and self.inbox[0][0].casefold() != "stop":
            del self.inbox[0]

    def _has_stop(self) -> bool:
        return any(text.casefold() == "stop" for text, _ in self.inbox)

    def due_until(self, end: float) -> list[Due]:
        """Return what is due before a burst has ended. Reminders are dropped."""
        found: list[Due] = []
        while (due := self.due()) is not None and due.at <= end:
            self.take(due)
            if not (due.timer and due.timer.remind_s):
                found.append(due)
        return found

    def happen_later(self, due: Due) -> None:
        """Handle what was due during a burst, unless the question was asked again since."""
        if due.event:
            return self.event(Event(due.event, due.data, due.at))
        run = due.run
        assert run
        found = self.find(run.id)
        is_moved = run.asked_at is None or due.at <= run.asked_at
        if found and self.is_held(found[0]) and run.visit == due.visit and not is_moved:
            return self._wait(TimeOut(run.id, run.visit, due.at), f"time-out of {run.flow}")
        if found and run.visit == due.visit and not is_moved and not self.is_paused:
            return self._time_out(found[0], run)
        return None

    def understand_burst(self, members: list[Message], policy: str) -> None:
        """Understand several texts as one answer."""
        chain = self.top
        assert chain
        texts = [text for text, _ in members]
        is_seen = chain.last.asked_at is not None and not self.is_held(chain)
        if policy == "merge" and is_seen and not self.lost_run(chain):
            options = self.options_of(chain.last)
            for text, written_at in members:
                if text.casefold() in options:
                    self.late(written_at)
                    return self.understand(text)
        self.late(members[-1][1])
        return self.understand("\n".join(texts) if policy == "merge" else texts[-1])

    def late(self, written_at: float) -> None:
        """Find the chain of a late answer, and move it to the top."""
        order = list(reversed(self.chains))
        place = 0
        while place < len(order) - 1 and self._is_late(order[place], written_at):
            place += 1
        if place and self._is_late(order[place], written_at):
            raise Unspecified("an answer that is too late for every chain")
        if place:
            self.move_to_top(order[place])

    def _is_late(self, chain: Chain, written_at: float) -> bool:
        if chain.by == "contact" or (chain is self.top and chain.first_asked_at is None):
            return False
        return chain.first_asked_at is None or written_at < chain.first_asked_at
