"""Words that a contact can say at any time, in any flow: the whole message, in any case.

A module of your flows may hold one subclass of `Keywords`; it takes the place of this one. Methods
marked with `@word` answer; what they return says what happens next. An option of the question that
waits comes first, so a state claims a word by having it as an option. STOP and START are not among
them: consent is the framework's, before any flow; how these are answered can be said here too.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from bot.errors import FlowError
from bot.flow.consent_keywords import HELP, plain
from bot.flow.opening_hours import Hours
from bot.flow.states import HANDOFF, wanted
from bot.i18n.languages import _
from bot.parse import phrase
from bot.parse.normalize import phrase_own
from bot.parse.phrases import Phrases
from bot.turn.turn import Turn

AGAIN = "again"
"""Ask the present question again."""

BACK = "back"
"""Go back to the question before."""

CANCEL = "cancel"
"""End the active flow, and those that wait for it."""

Answering = Callable[..., str | Awaitable[str | None] | None]


@dataclass(frozen=True, slots=True)
class Word:
    """A method that answers some words."""

    words: tuple[str, ...]
    function: Answering
    wants: tuple[str, ...]

    @property
    def is_cancel(self) -> bool:
        """Whether it is the word that ends what is active, by the framework or an author."""
        return getattr(self.function, "__name__", "") == "cancel"


def keyword(*words: str) -> Callable[[Answering], Word]:
    """Make a method answer these words.

    It takes the turn, says what it likes, and returns AGAIN (as None does), BACK, CANCEL, HANDOFF,
    or the name of a flow to start.
    """

    def wrap(function: Answering) -> Word:
        return Word(words, function, wanted(function))

    return wrap


class Keywords:
    """What is understood at any time, and what is said when nothing is.

    `change` are the words that, followed by what an ask is called, go back to that ask alone:
    "change size". A person is called within `handoff_hours` only, if they are set: outside of them
    `closed` answers, and the flow continues.
    """

    change: ClassVar[tuple[str, ...]] = ("change", "ändra", "ändern", "changer", "cambiar")
    handoff_hours: ClassVar[Hours | None] = None
    by_word: ClassVar[Phrases[Word]] = Phrases()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.by_word = _by_word(cls)

    @keyword(*sorted(HELP))
    def help(self, turn: Turn) -> str:
        turn.say(_("Answer the question, or say back, cancel or agent."))
        return AGAIN

    @keyword("back", "undo", "tillbaka", "zurück", "retour", "atrás")
    def back(self, turn: Turn) -> str:
        return BACK

    @keyword("cancel", "quit", "exit", "avbryt", "avsluta", "abbrechen", "annuler", "cancelar")
    def cancel(self, turn: Turn) -> str:
        turn.say(_("All right, that's cancelled."))
        return CANCEL

    @keyword("agent", "human", "person", "människa", "mensch", "humain", "humano")
    def agent(self, turn: Turn) -> str:
        return HANDOFF

    def handed_over(self, turn: Turn) -> None:
        """Answer the message that has handed the contact over to a person, by the word or by a
        flow's HANDOFF, where the turn has said nothing else.
        """
        turn.say(_("A colleague will take over."))

    def closed(self, turn: Turn, opens: datetime) -> None:
        """Answer a message that would have handed the contact over outside `handoff_hours`.

        `opens` is when a person can be called next.
        """
        turn.say(_("Nobody is here now. We open on {opens:full}.", opens=opens))

    def not_understood(self, turn: Turn) -> str:
        """What stands before a question that is asked again, where no parser gave a hint."""
        return _("Sorry, I didn't understand that.")

    def no_match(self, turn: Turn, starts: list[str]) -> None:
        """Answer a message that starts nothing, where no flow is the fallback.

        `starts` are the words that start flows.
        """
        said = _("Sorry, I don't know what to do with that.")
        more = _("You can say: {words}.", words=", ".join(starts)) if starts else ""
        turn.say(f"{said} {more}".rstrip())

    def repeats_itself(self, turn: Turn) -> str | None:
        """Called once a contact repeats itself like a machine and is no longer answered. Return
        HANDOFF to call a person; what is said here is the last answer.
        """

    def earlier_question(self, turn: Turn) -> str:
        """What is said to a button of an earlier question, before the present one is asked
        again.
        """
        return _("That button belongs to an earlier question.")

    def quoted_earlier_question(self, turn: Turn) -> str:
        """What is said to a message that quotes an earlier question, before the present one is
        asked again.
        """
        return _("Your message quotes an earlier question.")

    def stopped(self, turn: Turn) -> None:
        """Answer STOP, once; nothing by default, since most carriers answer it themselves."""

    def stop_question(self, turn: Turn) -> str:
        """Ask whether to stop all messages, after a message that may mean it. Yes stops them, and
        so does a second such message; anything else doesn't.
        """
        return _("Shall we stop all messages to you? Please answer yes or no.")

    def not_stopped(self, turn: Turn) -> None:
        """Answer the No to the question whether to stop all messages."""
        turn.say(_("All right, you still get our messages."))

    def started(self, turn: Turn) -> None:
        """Answer START after a STOP."""
        turn.say(_("Welcome back. You get our messages again."))

    def help_after_stop(self, turn: Turn) -> None:
        """Answer HELP after a STOP."""
        turn.say(_("You have stopped our messages. Say START to get them again."))

    def no_previous_question(self, turn: Turn) -> str:
        """What is said to BACK at the first question."""
        return _("There is no question before this one.")

    def found(self, text: str) -> Word | None:
        """The word that is this whole message."""
        return self.by_word.find(text)

    def to_change(self, text: str) -> str:
        """What "change <name>" names, folded; empty if the text is not of this form."""
        first, _, rest = phrase(text).partition(" ")
        return rest if plain(first) in {plain(phrase_own(each)) for each in self.change} else ""


def _by_word(cls: type[Keywords]) -> Phrases[Word]:
    found: Phrases[Word] = Phrases()
    attributes: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        attributes.update(vars(base))
    for name, value in attributes.items():
        if isinstance(value, Word):
            for text in value.words:
                other = found.add(text, value)
                if other is not value:
                    raise FlowError(
                        f"{cls.__name__}.{name}: {text!r} is another method's word already."
                        " Remove it from one of them."
                    )
    return found


Keywords.by_word = _by_word(Keywords)
