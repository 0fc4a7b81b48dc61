"""The names of a question's options: finds the option that an answer means, and names that mean
several options.
"""

from collections.abc import Iterator
from typing import Any

from bot import parse
from bot.contact.session import Run
from bot.flow import pages
from bot.flow.prompts import shown_keys, words_of
from bot.flow.states import Ask
from bot.i18n.languages import _
from bot.i18n.locales import language_of
from bot.messages import Text, as_message
from bot.messages.rendering import numbered_choices
from bot.parse import Answer
from bot.parse.normalize import MAX_ANSWER_CHARS, phrase_own, plain_digits
from bot.parse.option_matching import Matcher


def choice_made(ask: Ask, run: Run, data: Any, answer: Answer) -> str | None:
    """Return the key of the option or page entry that an answer names by key, label or number.

    Return None if the answer names no option and no page entry.
    """
    if not ask.options and not run.listing:
        return None
    matcher, text = _matcher(ask, run, data, answer), answer.text or answer.postback
    key = matcher.named(text)
    if key is None and _is_number(text):
        key = matcher.meant(text)
    return key if key in matcher.names else None


def choice_meant(ask: Ask, run: Run, data: Any, answer: Answer) -> str | None:
    """Return the key of the option or page entry that an answer describes in other words, or None.

    If the question has a parser, return None, because the parser handles all words.
    """
    if not ask.options or ask.accept is not None:
        return None
    matcher = _matcher(ask, run, data, answer)
    key = matcher.meant(answer.text)
    return key if key in matcher.names else None


def choice_near(ask: Ask, run: Run, data: Any, answer: Answer) -> str | None:
    """Return the key of the option or page entry whose label the answer misspells, or None.

    Words that start flows are tried before this function, because an exact word is not a
    misspelling.
    """
    if not ask.options or ask.accept is not None:
        return None
    return _matcher(ask, run, data, answer).near(answer.text)


def numbered(ask: Ask, run: Run, data: Any, answer: Answer) -> str:
    """Return the postback of the choice whose number is the answer, if the choice is no option.

    Return "" if the answer is not a number, or if the number belongs to an option or is not shown.
    """
    text = answer.text or answer.postback
    if not (ask.options and _is_number(text)):
        return ""
    found = _matcher(ask, run, data, answer).at(int(plain_digits(parse.phrase(text))))
    listing = pages.listing_of(run)
    if found is None or found in ask.options or (listing and found in listing.keys):
        return ""
    return found if found in shown_keys(ask, run, data, answer.channel) else ""


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


def _matcher(ask: Ask, run: Run, data: Any, answer: Answer) -> Matcher:
    # A number refers to the options that were shown, even if the options have changed since.
    is_shown = run.shown and run.shown_on == answer.channel
    shown = run.shown if is_shown else shown_keys(ask, run, data, answer.channel)
    names: dict[str, tuple[str, ...]] = {
        key: (option.label, _(option.label), *option.synonyms)
        for key, option in ask.options.items()
    }
    for key, labels in _own_labels(ask, data).items():
        names[key] += labels
    if run.listing:
        names.update(pages.entry_names(ask, run))
    return Matcher(names, language_of(answer.locale), shown)


def _own_labels(ask: Ask, data: Any) -> dict[str, tuple[str, ...]]:
    """Return the titles that options have as choices of the question's message, by option key.

    A title that several options share is left out, such as "Take" on each card of a carousel.
    """
    if not ask.options or isinstance(ask.question, str | Text):
        return {}
    plain = [] if callable(ask.question) else [as_message(ask.question)]
    owners: dict[str, dict[str, str]] = {}
    for message in (*plain, words_of(ask.question, data)):
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
