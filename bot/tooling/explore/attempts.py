"""The actions tried in a state: each right answer in each form, and other actions such as waits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from bot.emulator.actions import Answers, Reacts, Reads, Says, SendsLocation, SendsMedia, Taps
from bot.flow import pages
from bot.flow.definition import Definition
from bot.flow.states import Ask
from bot.testing.actions import Action, Delivers, ReceivesEvent, StartsFlow, Waits

ANSWERS: tuple[Action, ...] = (
    *map(Says, ("1", "2", "5", "12", "20", "100", "2.5", "yes", "no", "Kim", "AB1234")),
    *map(Says, ("tomorrow", "friday", "14:30", "Harbour Street 1, Malmö")),
    *map(Says, ("+46 70 123 45 67", "kim@example.com", "https://example.com/")),
    SendsLocation(55.61, 13.0),
    SendsMedia("https://example.com/picture.jpg"),
    SendsMedia("https://example.com/letter.pdf", "the letter"),
)
"""An answer of each kind that parsers understand."""

JUNK: tuple[Action, ...] = (
    Says("qwx zzq"),
    Says(""),
    Says(" \n "),
    Says("na " * 1_700),
    Says("👩🏽‍🚀🎉"),
    Says("\u202e\u05db\u05df\u0000"),
    SendsMedia("https://example.com/voice.ogg"),
    Answers("v2/forged/state/1.1/yes/AAAAAAAAAAAA"),
    Answers(""),
    Reacts("👍"),
    Reads(),
)

WORDS = ("help", "back", "cancel", "agent", "STOP")


@dataclass(frozen=True, slots=True)
class Attempt:
    """Consecutive actions.

    `is_own` is True if the actions follow the flow's own path, without a global keyword.
    """

    acts: tuple[Action, ...]
    is_own: bool = True


class Learned:
    """What an exploration learns from known conversations, the project's `.chat` files: texts, and
    starts and events with their data.
    """

    def __init__(self, acts: Sequence[Action] = ()) -> None:
        self.acts = tuple(acts)
        self.texts = list(dict.fromkeys(act.text for act in acts if isinstance(act, Says)))

    def starts(self, definition: Definition) -> list[Action]:
        """Return the starts of a flow by programs, and the events that start the flow, from the
        known conversations.
        """
        return [
            act
            for act in self.acts
            if (isinstance(act, StartsFlow) and act.flow == definition.name)
            or (isinstance(act, ReceivesEvent) and act.name in definition.start_on_events)
        ]

    def events(self, name: str) -> list[ReceivesEvent]:
        """Return the occurrences of an event in the known conversations; if there are none, an
        occurrence without data.
        """
        found = [act for act in self.acts if isinstance(act, ReceivesEvent) and act.name == name]
        return found or [ReceivesEvent(name)]


def attempts(
    definition: Definition,
    state: str,
    offered: Sequence[str],
    earlier: Sequence[str],
    learned: Learned,
) -> Iterator[Attempt]:
    """Yield all attempts to make in a state.

    `offered` are the labels that the contact has seen last, and `earlier` the labels of earlier
    questions.
    """
    for act in answers(definition, state, offered, learned.texts):
        yield Attempt((act,))
    for act in JUNK:
        yield Attempt((act,))
    yield from _disturbed(definition, state, offered)
    ask = definition.states.get(state)
    if isinstance(ask, Ask) and ask.attempts:
        yield Attempt((JUNK[0],) * ask.attempts)
    for wait in _waits(ask if isinstance(ask, Ask) else None):
        yield Attempt((Waits(wait),))
    for label in earlier:
        yield Attempt((Taps(label, old=True),), is_own=False)
    for word in WORDS:
        yield Attempt((Says(word),), is_own=False)
    for event in dict.fromkeys(e for h in definition.handlers.values() for e in h.events):
        for happens in learned.events(event):
            yield Attempt((happens,))


def answers(
    definition: Definition, state: str, offered: Sequence[str], said: Sequence[str]
) -> Iterator[Action]:
    """Yield answers that the state may understand."""
    ask = definition.states.get(state)
    if isinstance(ask, Ask):
        has_pages = pages.may_have(ask)
        if ask.offer:
            yield from map(Taps, offered)
        for number, (key, option) in enumerate(ask.options.items(), start=1):
            # An option of another page cannot be tapped.
            is_there = not has_pages or option.label in offered
            yield Taps(option.label) if is_there else Says(option.label)
            yield from map(Says, (str(number), key, option.label.upper(), *option.synonyms))
        if has_pages:
            labels = {option.label for option in ask.options.values()}
            yield from (Taps(label) for label in offered if label not in labels)
        if ask.accept is None:
            return
    else:
        yield from map(Says, definition.machine.triggers(state))
    yield from ANSWERS
    yield from map(Says, said)


def _disturbed(definition: Definition, state: str, offered: Sequence[str]) -> Iterator[Attempt]:
    """Yield a right answer twice: with a repeated callback, and with a reply that cannot be
    delivered.
    """
    first = next(answers(definition, state, offered, ()), None)
    if isinstance(first, Taps):
        yield Attempt((Taps(first.label, copies=1),))
    elif isinstance(first, Says):
        yield Attempt((Says(first.text, copies=1),))
    if first is not None:
        yield Attempt((Delivers("RECIPIENT_NOT_REACHABLE"), first, Delivers()))


def _waits(ask: Ask | None) -> Iterator[int]:
    if ask is None:
        yield 86_400
        return
    yield from (ceil(after_s) + 1 for after_s, _ in ask.remind)
    if ask.timeout:
        yield ceil(ask.timeout.after_s) + 1
