"""Judges a run from the platform's record alone: what it had accepted, and what it was sent.

For each contact the accepted messages are put into the order in which they were answered. An order
is allowed if no message comes before one that had been accepted before it was even said. Whatever
then remains was lost, doubled, or out of order.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.emulator import Platform
from tests.chaos.oracle import REMINDER, Oracle
from tests.serving.stack import text_of


@dataclass
class Said:
    """A contact's message: when it was said, and when its callback was first answered 200."""

    id: str
    channel: str
    text: str
    said_at: float
    accepted_at: float


@dataclass
class Verdict:
    """What became of one contact's messages; `order` is how they were answered."""

    identity: str
    channel: str
    order: list[str] = field(default_factory=list)
    answered: int = 0
    replies: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.disordered or self.unexpected)


def judge(platform: Platform) -> list[Verdict]:
    """One verdict for each contact that said something that was accepted."""
    heard = _heard(platform)
    sent = _sent(platform)
    return [_verdict(who, heard[who], sent.get(who, [])) for who in heard]


def is_answered(platform: Platform) -> bool:
    """Whether all is said that has to be, doubled or not; cheap, for waiting."""
    sent = _sent(platform)
    for identity, said in _heard(platform).items():
        oracle, wanted = Oracle(), 0
        for each in sorted(said, key=lambda each: each.said_at):
            wanted += len(oracle.hears(each.text))
        if len(sent.get(identity, [])) < wanted + oracle.is_resting:
            return False
    return True


def _heard(platform: Platform) -> dict[str, list[Said]]:
    """Accepted messages by the contact's identity, by when they were said."""
    found: dict[str, dict[str, Said]] = {}
    for each in platform.record.callbacks:
        if each.status != 200 or each.trigger != "MESSAGE_INBOUND":
            continue
        message = json.loads(each.body)["message"]
        who = message["channel_identity"]["identity"]
        of_contact = found.setdefault(who, {})
        if message["id"] not in of_contact:
            said_at = platform.state.messages[message["id"]].accept_at
            channel = message["channel_identity"]["channel"]
            text = _words(message["contact_message"])
            of_contact[message["id"]] = Said(message["id"], channel, text, said_at, each.at)
    return {
        who: sorted(said.values(), key=lambda each: each.said_at) for who, said in found.items()
    }


def _words(contact_message: dict[str, dict[str, str]]) -> str:
    if "choice_response_message" in contact_message:
        return contact_message["choice_response_message"]["postback_data"].split("/")[4]
    return contact_message["text_message"]["text"]


def _sent(platform: Platform) -> dict[str, list[tuple[str, str]]]:
    """What the platform took for each contact, in its order: the outbox's id, and the text."""
    found: dict[str, list[tuple[str, str]]] = {}
    for message in platform.state.messages.values():
        if message.direction == "TO_CONTACT":
            entry = message.metadata.split(" ")[0]
            found.setdefault(message.identity, []).append(
                (entry, text_of(message.app_message or {}))
            )
    return found


def _verdict(identity: str, said: list[Said], sent: list[tuple[str, str]]) -> Verdict:
    verdict = Verdict(identity, said[0].channel, replies=len(sent))
    times = Counter(entry for entry, _ in sent)
    verdict.doubled = [entry for entry, count in times.items() if count > 1]
    texts = list(dict(sent).values())  # without what is doubled
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
        # Silence after the last message: one reminder, and one only.
        if texts[:1] == [REMINDER]:
            del texts[0]
        else:
            verdict.lost.append(REMINDER)
    verdict.lost += [each.text for each in waiting]
    verdict.unexpected = texts
    return verdict


def _next(oracle: Oracle, waiting: Iterable[Said], texts: list[str]) -> Said | None:
    """The message whose answers are the next ones.

    Where several would be answered so, as any first message is, it is one that isn't repeated in
    what is said later.
    """
    fitting = [each for each in waiting if _fits(oracle.copy().hears(each.text), texts)]
    if len(fitting) < 2:
        return fitting[0] if fitting else None
    later = {text.partition(" ")[2] for text in texts}
    return next((each for each in fitting if each.text not in later), fitting[0])


def _fits(answers: list[str], texts: list[str]) -> bool:
    return texts[: len(answers)] == answers
