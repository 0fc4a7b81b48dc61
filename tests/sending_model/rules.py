"""The model of the page "When messages are sent": which messages of the bot arrive, and in what
order.

It is written only from this page and from the page on consent. Times are Unix seconds. The contact
is on WhatsApp, in the time zone UTC+1.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

QUIET = {"": (21, 8), "marketing": (19, 10), "notification": None}
"""The quiet hours of each purpose in local time; None if the purpose has no quiet hours."""

AWAKE_S = 30 * 60
WINDOW_S = 24 * 3600
EDGE_S = 60
ZONE_S = 3600
TEMPLATE = "<template>"
WELCOME_BACK = "Welcome back. You will get our messages again."
QUESTION = "Say something."


class Unspecified(Exception):
    """The pages do not say what happens."""


@dataclass
class Message:
    """A message that the bot has said. `is_answer` is True if it answers the contact.

    Its age counts from `counts_from`.
    """

    text: str
    is_answer: bool = False
    is_urgent: bool = False
    outside: str = "wait"
    max_age_s: float | None = None
    purpose: str = ""
    counts_from: float = 0.0


@dataclass
class Rules:
    """The model of one contact. `opt_in` are the purposes that need an opt-in."""

    opt_in: frozenset[str]
    heard_at: float = float("-inf")
    is_out: bool = False
    is_in_flow: bool = False
    choices: dict[str, str] = field(default_factory=dict)
    waiting: list[Message] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def news(self) -> list[str]:
        """Return the messages that were sent since the last call."""
        found, self.sent = self.sent, []
        return found

    def writes(self, text: str, now: float) -> None:
        """Handle a text of the contact."""
        if text == "STOP":
            self.is_out, self.is_in_flow = True, False
            self.waiting.clear()
            self.choices = dict.fromkeys(self.choices, "out")
            self.heard_at = now
            return
        self.heard_at = now
        self.pass_to(now)
        if text == "START" and self.is_out:
            self.is_out = False
            self.say(now, [Message(WELCOME_BACK, is_answer=True)])
        elif not self.is_out and (self.is_in_flow or text == "chat"):
            self.is_in_flow = True
            self.say(now, [Message(QUESTION, is_answer=True)])
        elif not self.is_out:
            raise Unspecified("a text that starts no flow")

    def says(self, now: float, messages: list[Message]) -> None:
        """Let the flow say messages after an event."""
        if self.is_in_flow and not self.is_out:
            self.say(now, messages)

    def allows(self, purpose: str) -> bool:
        """Return whether the contact consents to a purpose."""
        known = self.choices.get(purpose, "")
        return not purpose or known == "in" or (known == "" and purpose not in self.opt_in)

    def say(self, now: float, messages: list[Message]) -> None:
        """Send each message now, or let it wait behind the messages that wait already."""
        for each in messages:
            is_quiet = self._is_quiet_kind(each)
            each.counts_from = self.quiet_until(each.purpose, now) if is_quiet else now
            if any(self._is_for_window(one, now) for one in self.waiting):
                self.waiting.append(each)
                continue
            match self._decide(each, now):
                case "send":
                    self._send(each, now)
                case "quiet" | "window":
                    self.waiting.append(each)
        self.pass_to(now)

    def pass_to(self, now: float) -> None:
        """Send or drop messages that wait, in order, until one must still wait."""
        while self.waiting:
            match self._decide(self.waiting[0], now):
                case "quiet" | "window":
                    return
                case "send":
                    self._send(self.waiting[0], now)
            del self.waiting[0]

    def _send(self, each: Message, now: float) -> None:
        is_template = each.outside == TEMPLATE and not self._is_open(now)
        self.sent.append(TEMPLATE if is_template else each.text)

    def _is_for_window(self, each: Message, now: float) -> bool:
        """Return whether a message waits until the contact writes, perhaps after quiet hours."""
        return each.outside == "wait" and not self._is_open(self.quiet_until(each.purpose, now))

    def _decide(self, each: Message, now: float) -> str:
        if not each.is_answer and not self.allows(each.purpose):
            return "drop"
        if now >= self._expires_at(each):
            return "drop"
        if self._is_quiet_kind(each) and self.quiet_until(each.purpose, now) > now:
            return "quiet"
        if self._is_open(now) or each.outside in (TEMPLATE, "SMS", "send"):
            return "send"
        return "window" if each.outside == "wait" else "drop"

    def _is_quiet_kind(self, each: Message) -> bool:
        return not each.is_answer and not each.is_urgent

    def _is_open(self, now: float) -> bool:
        if abs(now - self.heard_at - WINDOW_S) < EDGE_S:
            raise Unspecified("the last minute of the window")
        return now < self.heard_at + WINDOW_S

    def _expires_at(self, each: Message) -> float:
        if each.max_age_s is None:
            return float("inf")
        return each.counts_from + each.max_age_s

    def quiet_until(self, purpose: str, now: float) -> float:
        """Return when the quiet hours end for a message; `now` if they do not apply now."""
        hours = QUIET[purpose]
        if hours is None or 0 <= now - self.heard_at < AWAKE_S:
            return now
        begin, end = hours
        local = datetime.fromtimestamp(now + ZONE_S, UTC)
        if end <= local.hour < begin:
            return now
        ends = local.replace(hour=end, minute=0, second=0, microsecond=0)
        if local.hour >= begin:
            ends += timedelta(days=1)
        return ends.timestamp() - ZONE_S

    def next_due(self, now: float) -> float | None:
        """Return when quiet hours end for a message that waits, or a message becomes too old."""
        found = [self.quiet_until(each.purpose, now) for each in self.waiting]
        found += [self._expires_at(each) for each in self.waiting if each.max_age_s]
        return min((each for each in found if each > now), default=None)
