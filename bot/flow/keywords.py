"""Global keywords: whole messages, in any case, that work at any time and in any flow.

A module of your flows may define one subclass of `Keywords` to add and change keywords. A method
with the decorator `@keyword("price")` answers the message "price". The result of the method
determines the next step. Options of the current question take precedence, so a state can use a
keyword as an option. STOP and START are not keywords, because the framework handles consent before
any flow. But a subclass of `Keywords` can override the replies to STOP and START.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from types import MethodType
from typing import Any, ClassVar

from bot.errors import FlowError
from bot.flow.consent_keywords import HELP, plain
from bot.flow.opening_hours import Hours
from bot.flow.state_constructors import wanted
from bot.flow.states import HANDOFF
from bot.i18n.languages import _
from bot.parse import phrase
from bot.parse.phrases import Phrases
from bot.turn.turn import Turn

AGAIN = "again"
"""A keyword's method returns AGAIN to ask the current question again."""

BACK = "back"
"""A keyword's method returns BACK to ask the previous question again."""

CANCEL = "cancel"
"""A keyword's method returns CANCEL to end the active flow and the flows that called it.

If the method sends nothing, `Keywords.canceled` sends a confirmation.
"""

HELP_TEXT = _("Answer the question, or say back, cancel or agent.")
"""The reply to `help`. A translation lists the keywords of the translation's language."""

Answering = Callable[..., str | Awaitable[str | None] | None]


@dataclass(frozen=True, slots=True)
class Word:
    """A method of `Keywords`, and the words that the method answers."""

    words: tuple[str, ...]
    function: Answering
    wants: tuple[str, ...]
    only: bool = False

    def __get__(self, owner: object, kind: type | None = None) -> Any:
        """Return the bound method, so that `super().cancel(turn)` works."""
        return self if owner is None else MethodType(self.function, owner)

    @property
    def is_cancel(self) -> bool:
        """Return whether the method is `cancel`, or an author's override of `cancel`."""
        return getattr(self.function, "__name__", "") == "cancel"


def keyword(*words: str, only: bool = False) -> Callable[[Answering], Word]:
    """Make a method of `Keywords` answer these words.

    The method takes the turn, may send messages, and returns AGAIN (the same as None), BACK,
    CANCEL, HANDOFF or the name of a flow to start. A method that overrides another method also
    answers the words of the overridden method, in all languages. With `only=True`, the method
    answers only the words given here.

    Raises:
        FlowError: a word is not a text, or the method does not take the turn.
    """
    for each in words:
        if callable(each):
            name = getattr(each, "__name__", "price")
            raise FlowError(
                "@keyword names no word. Write the words that"
                f" {name}() answers: @keyword({name!r})."
            )
        if not isinstance(each, str):
            is_list = isinstance(each, list | tuple | set)
            listed = ", ".join(map(repr, each)) if is_list else "'price'"
            raise FlowError(
                f"keyword: {each!r} is not a text. Write the words: @keyword({listed})."
            )

    def wrap(function: Answering) -> Word:
        return Word(words, function, wanted(function), only)

    return wrap


class Keywords:
    """Global keywords, and the replies to messages that were not understood.

    If the contact writes a word in `change` and the label of an ask, such as "change size", the
    flow returns to the ask.

    If `handoff_hours` is set, agents are called only within these hours. At other times, the method
    `closed` replies to the contact, and the flow continues.
    """

    change: ClassVar[tuple[str, ...]] = ("change", "ändra", "ändern", "changer", "cambiar")
    handoff_hours: ClassVar[Hours | None] = None
    by_word: ClassVar[Phrases[Word]] = Phrases()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.by_word = _by_word(cls)

    @keyword(*sorted(HELP))
    def help(self, turn: Turn) -> str:
        turn.say(_(HELP_TEXT))
        return AGAIN

    @keyword("back", "undo", "tillbaka", "zurück", "retour", "atrás")
    def back(self, turn: Turn) -> str:
        return BACK

    @keyword("cancel", "quit", "exit", "avbryt", "avsluta", "abbrechen", "annuler", "cancelar")
    def cancel(self, turn: Turn) -> str:
        self.canceled(turn)
        return CANCEL

    @keyword("agent", "human", "person", "människa", "mensch", "humain", "humano")
    def agent(self, turn: Turn) -> str:
        return HANDOFF

    def canceled(self, turn: Turn) -> None:
        """Confirm that a keyword has canceled the flow.

        This method is called if the keyword's own method has sent nothing.
        """
        turn.say(_("All right, that's canceled."))

    def handed_over(self, turn: Turn) -> None:
        """Reply when a message of the contact begins a hand-over, if the turn has sent nothing
        else.
        """
        turn.say(_("A colleague will take over."))

    def closed(self, turn: Turn, opens: datetime) -> None:
        """Reply to a request for a person outside `handoff_hours`.

        `opens` is the time at which agents are available again.
        """
        turn.say(_("Nobody is here now. We open on {opens:full}.", opens=opens))

    def not_understood(self, turn: Turn) -> str:
        """Return the text to send before a repeated question, if no parser gave a hint."""
        return _("Sorry, I didn't understand that.")

    def no_match(self, turn: Turn, starts: list[str]) -> None:
        """Reply to a message that starts no flow, if no flow is the fallback.

        `starts` are the words that start flows.
        """
        said = _("Sorry, I don't know what to do with that.")
        more = _("You can say: {words}.", words=", ".join(starts)) if starts else ""
        turn.say(f"{said} {more}".rstrip())

    def switched_off(self, turn: Turn) -> str:
        """Return the reply for a flow that is switched off, if the operator has given no text."""
        return _("Sorry, this is not available now. Please try again later.")

    def repeats_itself(self, turn: Turn) -> str | None:
        """Reply once when a contact repeats the same message like a machine.

        After this reply, repeats of the message get no reply.

        Return HANDOFF to hand the contact over to a person.
        """

    def limit_reached(self, turn: Turn, limit: str) -> str | None:
        """Reply once when a contact reaches a limit.

        After this reply, the contact's messages get no replies for some time. `limit` is
        `answers_per_hour` or `sms_parts_per_day`. Return HANDOFF to hand the contact over to a
        person. Messages that this method sends are delivered despite the limit.
        """

    def earlier_question(self, turn: Turn) -> str:
        """Return the reply to a tap on a button of an earlier question.

        The current question follows.
        """
        return _("That button belongs to an earlier question.")

    def quoted_earlier_question(self, turn: Turn) -> str:
        """Return the reply to a message that quotes an earlier question.

        The current question follows.
        """
        return _("Your message quotes an earlier question.")

    def stopped(self, turn: Turn) -> None:
        """Reply to STOP, once.

        By default there is no reply, because most carriers send a reply themselves.
        """

    def stop_question(self, turn: Turn) -> str:
        """Return the question whether to stop all messages.

        The bot asks this question after a message that may mean STOP.

        The answer Yes, or a second message that may mean STOP, stops all messages. Any other answer
        stops nothing.
        """
        return _("Do you want to stop all messages from us? Please answer yes or no.")

    def not_stopped(self, turn: Turn) -> None:
        """Reply if the contact answers No to the question whether to stop all messages."""
        turn.say(_("All right, you will keep getting our messages."))

    def started(self, turn: Turn) -> None:
        """Reply to START after a STOP."""
        turn.say(_("Welcome back. You will get our messages again."))

    def help_after_stop(self, turn: Turn) -> None:
        """Reply to HELP after a STOP."""
        turn.say(_("You have stopped our messages. Say START to get them again."))

    def no_previous_question(self, turn: Turn) -> str:
        """Return the reply to BACK at the first question."""
        return _("There is no question before this one.")

    def found(self, text: str) -> Word | None:
        """Return the keyword that has `text` as one of its words, otherwise None."""
        return self.by_word.find(text)

    def to_change(self, text: str) -> str:
        """Return the case-folded label in "change <label>"; "" if the text has another form."""
        first, _, rest = phrase(text).partition(" ")
        return rest if rest and plain(first) in set(map(_plain_own, self.change)) else ""


@lru_cache(256)
def _plain_own(word: str) -> str:
    """Return an author's word in the form in which keywords are compared. The result is cached."""
    return plain(phrase(word))


def _by_word(cls: type[Keywords]) -> Phrases[Word]:
    found: Phrases[Word] = Phrases()
    for name, value in _words(cls).items():
        for text in value.words:
            other = found.add(text, value)
            if other is not value:
                raise FlowError(
                    f"{cls.__name__}.{name}: {text!r} is a word of"
                    f" {getattr(other.function, '__name__', 'another method')}() already. Remove"
                    " the word from one of the two methods. To remove it from a method of the"
                    " framework, override that method with the words to keep: @keyword(…,"
                    " only=True)."
                )
    return found


def _words(cls: type[Keywords]) -> dict[str, Word]:
    """Return all `Word`s by the names of their methods.

    A method that overrides another method also has the words of the overridden method.
    """
    found: dict[str, Word] = {}
    for base in reversed(cls.__mro__):
        for name, value in vars(base).items():
            inherited = found.get(name)
            if isinstance(value, Word):
                if inherited and not value.only:
                    words = tuple(dict.fromkeys((*value.words, *inherited.words)))
                    value = replace(value, words=words)
                found[name] = value
            elif inherited and callable(value):
                found[name] = replace(inherited, function=value, wants=wanted(value))
            else:
                found.pop(name, None)
    return found


Keywords.by_word = _by_word(Keywords)
