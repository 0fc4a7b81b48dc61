"""The names of a question's options: finds the option that an answer means, and names that mean
several options.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from bot import parse
from bot.contact.session import Run
from bot.flow import pages
from bot.flow.prompts import shown_on, words_of
from bot.flow.states import Ask
from bot.i18n.languages import _
from bot.i18n.locales import language_of
from bot.messages import Message, Text, as_message
from bot.messages.rendering import numbered_choices
from bot.parse.normalize import MAX_ANSWER_CHARS, phrase_own, plain_digits
from bot.parse.option_matching import Matcher


class OptionReader:
    """Finds the option of a question that an answer means. Create one reader for each answer.

    If the question is a function, the reader calls the function once. The function may raise
    anything.
    """

    def __init__(self, ask: Ask, run: Run, data: Any, channel: str, language: str) -> None:
        self.ask = ask
        self._run = run
        self._data = data
        self._channel = channel
        # A number refers to the options that were shown, even if the options have changed since.
        is_shown = run.shown and run.shown_on == channel
        names: dict[str, tuple[str, ...]] = {
            key: (option.label, _(option.label), *option.synonyms)
            for key, option in ask.options.items()
        }
        for key, labels in self._own_labels().items():
            names[key] += labels
        if run.listing:
            names.update(pages.entry_names(ask, run))
        self._matcher = Matcher(
            names, language_of(language), run.shown if is_shown else self._shown_now
        )

    def named(self, text: str) -> str | None:
        """Return the key of the option or page entry that `text` names by key, label or number.

        Return None if `text` names no option and no page entry.
        """
        names = self._matcher.names
        if not names:
            return None
        key = self._matcher.named(text)
        if key is None and _is_number(text):
            key = self._matcher.meant(text)
        return key if key in names else None

    def own_choice(self, text: str) -> str:
        """Return the postback of the choice whose number is `text`, if the choice is no option.

        Return "" if `text` is not a number, or if the number belongs to an option or is not shown.
        """
        if not (self.ask.options and _is_number(text)):
            return ""
        found = self._matcher.at(int(plain_digits(parse.phrase(text))))
        listing = pages.listing_of(self._run)
        if found is None or found in self.ask.options or (listing and found in listing.keys):
            return ""
        return found if found in self._shown_now else ""

    def meant(self, text: str) -> str | None:
        """Return the key of the option or page entry that `text` describes in other words, or None.

        If the question has a parser, return None, because the parser handles all words.
        """
        if not self.ask.options or self.ask.accept is not None:
            return None
        key = self._matcher.meant(text)
        return key if key in self._matcher.names else None

    def near(self, text: str) -> str | None:
        """Return the key of the option or page entry whose label `text` misspells, or None.

        Words that start flows are tried before this method, because an exact word is not a
        misspelling.
        """
        if not self.ask.options or self.ask.accept is not None:
            return None
        return self._matcher.near(text)

    @cached_property
    def _message(self) -> Message:
        return words_of(self.ask.question, self._data)

    @cached_property
    def _shown_now(self) -> list[str]:
        """The keys that the contact could choose by number if the question was sent now.

        A key is the key of an option, or the postback of another choice in the question's message.
        """
        if not self.ask.options:
            return []
        return shown_on(self._channel, self._message, self.ask, self._run)

    def _own_labels(self) -> dict[str, tuple[str, ...]]:
        """Return the titles that options have as choices of the question's message, by option key.

        A title that several options share is left out, such as "Take" on each card of a carousel.
        """
        ask = self.ask
        if not ask.options or isinstance(ask.question, str | Text):
            return {}
        plain = [] if callable(ask.question) else [as_message(ask.question)]
        owners: dict[str, dict[str, str]] = {}
        for message in (*plain, self._message):
            for shape in (message, *message.overrides.values()):
                for each in numbered_choices(shape):
                    if each.postback in ask.options:
                        owners.setdefault(parse.phrase(each.title), {})[each.postback] = each.title
        found: dict[str, tuple[str, ...]] = {}
        for titles in owners.values():
            if len(titles) == 1:
                [(key, title)] = titles.items()
                found[key] = (*found.get(key, ()), title)
        return found


def claims(ask: Ask, run: Run, text: str, language: str) -> bool:
    """Return whether a text names an option of the ask.

    The ask's function for options is not called.
    """
    names = {key: (each.label, _(each.label), *each.synonyms) for key, each in ask.options.items()}
    names |= {key: () for key in run.shown if key not in names}
    return Matcher(names, language_of(language), run.shown).meant(text) is not None


def _is_number(text: str) -> bool:
    if text.isalpha():  # This is a shortcut for most answers.
        return False
    number = plain_digits(parse.phrase(text[:MAX_ANSWER_CHARS]))
    return number.isdecimal() and len(number) < 3


def names_option(ask: Ask, postback: str) -> bool:
    """Return whether a postback that the author wrote is the key of one of the ask's options."""
    return any(parse.phrase(postback) in forms for _, forms in _forms(ask))


def entry_clashes(ask: Ask) -> list[tuple[str, str]]:
    """Return a pair for each option that shares a name with an entry that turns pages: the option's
    key, and the shared name.
    """
    return pages.clashes(ask, dict(_forms(ask)))


def clashes(ask: Ask) -> Iterator[tuple[str, str, str]]:
    """Yield (option, other option, word) for each word that means both options in the current
    language.
    """
    said: dict[str, str] = {}
    for key, forms in _forms(ask):
        for word in sorted(forms):
            other = said.setdefault(word, key)
            if other != key:
                yield other, key, word


def _forms(ask: Ask) -> Iterator[tuple[str, set[str]]]:
    for key, option in ask.options.items():
        forms = (key, option.label, _(option.label), *option.synonyms)
        yield key, {phrase_own(form) for form in forms}
