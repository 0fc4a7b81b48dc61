"""Judges a run only by the platform's record of accepted and sent messages.

A contact has two conversations if the app's processing mode changes: one under its id, and one
under its identity. The accepted messages of each conversation are put into the order in which they
were answered. In an allowed order, a message that was accepted comes before all messages that were
said later. Messages that fit no allowed order were lost, duplicated or out of order. Nothing of
`bot` is imported here.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from tests.chaos.oracle import REMINDER, Oracle

Who = tuple[str, bool]
"""An identity, and whether the contact has an id."""


@dataclass(frozen=True)
class Said:
    """A contact's message: when it was said, and when its callback was first answered with 200.

    `has_id` is True if the callback has a contact id.
    """

    id: str
    identity: str
    has_id: bool
    channel: str
    text: str
    said_at: float
    accepted_at: float


@dataclass(frozen=True)
class Taken:
    """A message that the platform accepted for a contact, and the message's id in the outbox."""

    identity: str
    entry: str
    text: str
    at: float


@dataclass(frozen=True)
class Record:
    """The accepted callbacks and the accepted messages, in order.

    `to_ids` are the outbox ids of the replies that were sent to a contact's id.
    """

    said: list[Said]
    taken: list[Taken]
    to_ids: Set[str]

    def by_contact(self) -> dict[Who, tuple[list[Said], list[Taken]]]:
        """Return the accepted callbacks and the accepted messages of each contact.

        The callbacks are ordered by when their messages were said.
        """
        found: dict[Who, tuple[list[Said], list[Taken]]] = defaultdict(lambda: ([], []))
        for said in sorted(self.said, key=lambda each: each.said_at):
            found[said.identity, said.has_id][0].append(said)
        for taken in self.taken:
            found[taken.identity, taken.entry in self.to_ids][1].append(taken)
        return {who: each for who, each in found.items() if each[0]}


@dataclass
class Verdict:
    """The result for one contact. `order` is the order in which its messages were answered.

    `lost` are the messages without an answer, and a reminder that did not come.
    """

    identity: str
    channel: str
    has_id: bool = True
    order: list[str] = field(default_factory=list)
    answered: int = 0
    replies: int = 0
    unanswered: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.disordered or self.unexpected)


def judge(record: Record) -> list[Verdict]:
    """Return a verdict for each contact with an accepted message."""
    contacts = record.by_contact()
    return [_verdict(who, said, taken) for who, (said, taken) in contacts.items()]


def is_answered(record: Record) -> bool:
    """Return whether at least as many messages were sent as are expected. Duplicates count.

    The check is fast, because it is repeated until it succeeds.
    """
    for said, taken in record.by_contact().values():
        oracle, wanted = Oracle(), 0
        for each in said:
            wanted += len(oracle.hears(each.text))
        if len(taken) < wanted + oracle.is_resting:
            return False
    return True


def _verdict(who: Who, said: list[Said], taken: list[Taken]) -> Verdict:
    identity, has_id = who
    verdict = Verdict(identity, said[0].channel, has_id, replies=len(taken))
    times = Counter(each.entry for each in taken)
    verdict.doubled = [entry for entry, count in times.items() if count > 1]
    texts = list({each.entry: each.text for each in taken}.values())  # without duplicates
    oracle, waiting = Oracle(), list(said)
    while waiting:
        reminded = bool(texts) and texts[0] == REMINDER and oracle.is_resting
        if reminded:
            del texts[0]
        step = _next(oracle, waiting, texts)
        if step is None:
            break
        if any(other.accepted_at < step.said_at for other in waiting):
            verdict.disordered.append(step.text)
        del texts[: len(oracle.hears(step.text))]
        waiting.remove(step)
        verdict.order.append(step.text)
        verdict.answered += 1
    if not waiting and oracle.is_resting:
        # Silence after the last message: exactly one reminder.
        if texts[:1] == [REMINDER]:
            del texts[0]
        else:
            verdict.lost.append(REMINDER)
    verdict.unanswered = [each.text for each in waiting]
    verdict.lost += verdict.unanswered
    verdict.unexpected = texts
    return verdict


def _next(oracle: Oracle, waiting: Iterable[Said], texts: list[str]) -> Said | None:
    """Return the waiting message whose answers are the next texts; None if no message fits.

    If the answers of several messages fit, prefer a message whose text no later answer repeats.
    """
    fitting = [each for each in waiting if _fits(oracle.copy().hears(each.text), texts)]
    if len(fitting) < 2:
        return fitting[0] if fitting else None
    later = {text.partition(" ")[2] for text in texts}
    return next((each for each in fitting if each.text not in later), fitting[0])


def _fits(answers: list[str], texts: list[str]) -> bool:
    return texts[: len(answers)] == answers
