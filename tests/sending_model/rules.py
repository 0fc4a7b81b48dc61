"""The model of the page "When messages are sent": which messages of the bot arrive, and in what
order.

It is written only from this page and from the pages on consent and timers. Times are Unix seconds.
The contact is on WhatsApp and SMS, in the time zone UTC+1. The contact's flow is a chat that asks
the same question again and again, until the contact says bye. A program may start another flow, an
offer, that asks one question.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

QUIET = {"": (21, 8), "marketing": (19, 10), "notification": None}
"""The quiet hours of each purpose in local time; None if the purpose has no quiet hours."""

AWAKE_S = 30 * 60
WINDOW_S = 24 * 3600
EDGE_S = 100
"""How precisely the model knows when the window closes."""

RETRY_S = 90
"""How long it takes at most until messages are sent after an outage of the API."""

ZONE_S = 3600
TEMPLATE = "<template>"
WELCOME_BACK = "Welcome back. You will get our messages again."
QUESTION = "Say something."
OFFERS = {"offer": None, "flash": 1800}
"""The flows that a program may start, with the `max_age` of their messages."""

REMIND_S = 7200
REMINDER_AGE_S = 3600


class Unspecified(Exception):
    """The pages do not say what happens."""


@dataclass
class Message:
    """A message that the bot has said. `is_answer` is True if it answers the contact.

    Its age counts from `counts_from`. `is_reminder` is True for the reminder of an offer.
    `is_ready` is True if no quiet hours applied when the message was said.
    """

    text: str
    is_answer: bool = False
    is_urgent: bool = False
    outside: str = "wait"
    max_age_s: float | None = None
    purpose: str = ""
    counts_from: float = 0.0
    is_reminder: bool = False
    is_ready: bool = False


@dataclass
class Offer:
    """An offer that waits for an answer. `is_broadcast` is True if the last broadcast started it.

    `remind_at` is None before the contact has seen the question, and after the reminder.
    """

    flow: str
    is_broadcast: bool = False
    is_seen: bool = False
    is_top: bool = True
    remind_at: float | None = None


@dataclass
class Rules:
    """The model of one contact. `opt_in` are the purposes that need an opt-in."""

    opt_in: frozenset[str]
    heard: dict[str, float] = field(default_factory=dict)
    channel: str = "WHATSAPP"
    offer: Offer | None = None
    is_out: bool = False
    is_in_flow: bool = False
    is_paused: bool = False
    is_down: bool = False
    """True while the API refuses all messages."""

    happened: list[Callable[[float], None]] = field(default_factory=list)
    """What happens to the flow when an agent hands the contact back."""
    choices: dict[str, str] = field(default_factory=dict)
    broadcasts: int = 0
    is_just_canceled: bool = False
    """True if an offer was canceled, and the contact has not written since."""

    waiting: list[Message] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def news(self) -> list[str]:
        """Return the messages that were sent since the last call."""
        found, self.sent = self.sent, []
        return found

    def writes(self, text: str, now: float, channel: str = "WHATSAPP") -> None:
        """Handle a text of the contact."""
        self.heard[channel], self.channel = now, channel
        self.is_just_canceled = False
        if text == "STOP":
            self.is_out, self.is_in_flow, self.offer = True, False, None
            self.waiting.clear()
            self.happened.clear()
            self.choices = dict.fromkeys(self.choices, "out")
            return
        self.waiting = [each for each in self.waiting if not each.is_reminder]
        was_seen = self.offer is not None and self.offer.is_seen
        is_dropped = self.offer is not None and not was_seen and not self._has_question(now)
        self.pass_to(now)
        if self.is_paused and not self.is_out:
            return
        if self.is_out:
            if text == "START":
                self.is_out = False
                self.say(now, [Message(WELCOME_BACK, is_answer=True)])
        elif self.offer and self.offer.is_top and was_seen:
            max_age_s, self.offer = OFFERS[self.offer.flow], None
            self.say(now, [Message("Thanks.", is_answer=True, max_age_s=max_age_s)])
            if self.is_in_flow:
                self.say(now, [Message(QUESTION, is_answer=True)])
        elif self.offer and self.offer.is_top and not self.is_in_flow:
            if is_dropped:
                self.say(now, [self._question(self.offer, is_answer=True)])
        elif self.is_in_flow or text == "chat":
            self._chat(text, now, is_released=not was_seen and not is_dropped)
        else:
            raise Unspecified("a text that starts no flow")

    def _chat(self, text: str, now: float, *, is_released: bool) -> None:
        """Handle a text to the chat, which ends with "bye". Then the question of an offer below the
        chat is asked again, unless this text has just released it.
        """
        self.is_in_flow = text != "bye"
        if self.offer:
            self.offer.is_top = not self.is_in_flow
        if self.is_in_flow:
            self.say(now, [Message(QUESTION, is_answer=True)])
        elif self.offer and not is_released:
            self.say(now, [self._question(self.offer, is_answer=True)])

    def _has_question(self, now: float) -> bool:
        assert self.offer
        text = self._question(self.offer).text
        return any(each.text == text and now < self._expires_at(each) for each in self.waiting)

    def _question(self, offer: Offer, *, is_answer: bool = False) -> Message:
        return Message(
            f"What about the {offer.flow}?",
            is_answer,
            max_age_s=OFFERS[offer.flow],
        )

    def pauses(self) -> None:
        """Hand the contact over to a person."""
        if self.is_just_canceled:
            raise Unspecified("the active question, before the bot has noticed the cancellation")
        if any(each.is_reminder for each in self.waiting):
            raise Unspecified("a reminder that waits while a person handles the contact")
        self.is_paused = True

    def resumes(self, now: float) -> None:
        """Hand the contact back to the bot, which repeats the active question."""
        if not self.is_paused:
            return
        self.is_paused = False
        if self.is_out:
            return
        happened, self.happened = self.happened, []
        for each in happened:
            each(now)
        if self.offer and self.offer.is_top:
            question = self._question(self.offer)
        elif self.is_in_flow:
            question = Message(QUESTION)
        else:
            return
        if self.is_down and any(each.text == question.text for each in self.waiting):
            raise Unspecified("a question that is repeated while the API is down")
        self.waiting = [each for each in self.waiting if each.text != question.text]
        self.say(now, [question])

    def starts(self, flow: str, now: float, *, is_broadcast: bool = False) -> None:
        """Let a program or a broadcast start an offer."""
        if not self.is_out:
            self.offer = Offer(flow, is_broadcast)
            self.say(now, [self._question(self.offer)])

    def cancels(self) -> None:
        """Cancel the last broadcast. If its offer has not been sent, it ends."""
        if self.offer and self.offer.is_broadcast and not self.offer.is_seen:
            question = self._question(self.offer).text
            self.waiting = [each for each in self.waiting if each.text != question]
            self.offer, self.is_just_canceled = None, True
            if self.waiting:
                raise Unspecified("when messages behind a canceled question are sent")

    def says(self, now: float, messages: list[Message], at: float | None = None) -> None:
        """Let the flow say messages after an event that was accepted at `at`; None means now."""
        if self.is_paused and not self.is_out:
            self.happened.append(lambda later: self.says(later, messages, now))
        elif (self.is_in_flow or self.offer) and not self.is_out:
            if self.offer and self.offer.is_top and OFFERS[self.offer.flow]:
                for each in messages:
                    each.max_age_s = each.max_age_s or OFFERS[self.offer.flow]
            self.say(now, messages, at)

    def allows(self, purpose: str) -> bool:
        """Return whether the contact consents to a purpose."""
        known = self.choices.get(purpose, "")
        return not purpose or known == "in" or (known == "" and purpose not in self.opt_in)

    def say(self, now: float, messages: list[Message], at: float | None = None) -> None:
        """Send each message now, or let it wait behind the messages that wait already."""
        since = now if at is None else at
        for each in messages:
            is_quiet = self._is_quiet_kind(each)
            each.counts_from = self.quiet_until(each.purpose, since) if is_quiet else since
            each.is_ready = not is_quiet or self.quiet_until(each.purpose, now) == now
            self.waiting.append(each)
        self.pass_to(now)

    def pass_to(self, now: float) -> None:
        """Send or drop messages that wait, until all others must still wait."""
        while (place := self._next(now)) is not None:
            each = self.waiting.pop(place)
            if self._decide(each, now) == "drop":
                continue
            if self.is_down:
                self.waiting.insert(0, each)
                return
            self._send(each, now)

    def _next(self, now: float) -> int | None:
        """Return the place of the message that is handled next."""
        for place, each in enumerate(self.waiting):
            match self._decide(each, now):
                case "window":
                    return None
                case "quiet" if self._is_for_window(each, now):
                    return None
                case "drop":
                    return place
                case "send" if place == 0 or each.is_ready:
                    return place
        return None

    def mends(self, now: float) -> None:
        """Let the API accept messages again."""
        self.is_down = False
        for each in self.waiting:
            early, late = (
                (self._decide(each, at), self._is_for_window(each, at))
                for at in (now, now + RETRY_S)
            )
            if early != late:
                raise Unspecified("what happens to a message changes while it is tried again")
        self.pass_to(now)

    def remind(self, now: float) -> None:
        """Say the reminder of the offer if it is due."""
        if self.offer and self.offer.remind_at is not None and self.offer.remind_at <= now:
            self.offer.remind_at = None
            if self.is_paused or not self.offer.is_top:
                return
            max_age_s = OFFERS[self.offer.flow] or REMINDER_AGE_S
            self.say(now, [Message("Still there?", max_age_s=max_age_s, is_reminder=True)])

    def _send(self, each: Message, now: float) -> None:
        if self.offer and each.text == self._question(self.offer).text and not self.offer.is_seen:
            self.offer.is_seen, self.offer.remind_at = True, now + REMIND_S
        is_template = each.outside == TEMPLATE and not self._is_open(now)
        self.sent.append(TEMPLATE if is_template else each.text)

    def _is_for_window(self, each: Message, now: float) -> bool:
        """Return whether a message waits until the contact writes, perhaps after quiet hours."""
        if each.outside != "wait" or now >= self._expires_at(each):
            return False
        return not self._is_open(self.quiet_until(each.purpose, now))

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
        if self.channel != "WHATSAPP":
            return True
        ends = self.heard.get("WHATSAPP", float("-inf")) + WINDOW_S
        if abs(now - ends) < EDGE_S:
            raise Unspecified("the last minute of the window")
        return now < ends

    def _expires_at(self, each: Message) -> float:
        if each.max_age_s is None:
            return float("inf")
        return each.counts_from + each.max_age_s

    def quiet_until(self, purpose: str, now: float) -> float:
        """Return when the quiet hours end for a message; `now` if they do not apply now."""
        hours = QUIET[purpose]
        if hours is None or now - max(self.heard.values()) < AWAKE_S:
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
        found += [self.offer.remind_at] if self.offer and self.offer.remind_at else []
        return min((each for each in found if each > now), default=None)
