"""Parsers of one or several options of a list."""

from collections.abc import Mapping, Sequence

from bot.errors import FlowError
from bot.i18n.languages import _
from bot.i18n.locales import language_of
from bot.parse.answer import Answer, NotUnderstood, Parser
from bot.parse.confirmation import meaning
from bot.parse.listing import listed
from bot.parse.normalize import phrase_own, said
from bot.parse.option_matching import Matcher

Labels = Mapping[str, str | Sequence[str]]
"""Maps the key of each option to the option's label, or to the label and synonyms."""


def choice(options: Labels) -> Parser[str]:
    """Parse one option and return its key.

    The answer may be the option's key, label, synonym, postback or number.

    Numbers count from 1 in the order given: "2", "#2", "option two", "the last one". A copied line
    such as "2. Large" is understood, too. A contact may write a label without accents, signs and
    emoji, and with polite words before and after the label. A contact may also write only the
    beginning of a label, or the part of a label that no other label has. An answer that could mean
    two options is not understood. Options with the keys `yes` and `no` accept the answers of
    `parse.yes_no`. Catalogs translate the labels; a contact may write the original or the
    translation.

    Raises:
        FlowError: there are no options, or two options have the same key, label or synonym.
    """
    names = _named("choice", options)

    def read(answer: Answer) -> str:
        if answer.postback in names:
            return answer.postback
        hint = _("Please choose one of: {labels}.", labels=_labels(names))
        matcher, text = Matcher(_translated(names), language_of(answer.locale)), said(answer, hint)
        key = matcher.meant(text) or matcher.near(text)
        if key is None:
            raise NotUnderstood(hint)
        return key

    return Parser(str, read, labels=_first_labels(names))


def multiple_choice(options: Labels, *, min: int = 1, max: int | None = None) -> Parser[list[str]]:
    """Parse several options and return their keys, each once, in the order of `options`.

    A contact may separate options by commas, line breaks, spaces and words such as "and". Polite
    words are ignored. An answer with any other word is not understood. "All" means all options, and
    "both" means both of two options. "The first two" and "all but the last" are understood, too. A
    range such as "1 to 3" is not understood. If `min` is 0, "no" means the empty list.
    """
    names = _named("multiple_choice", options)
    if not 0 <= min <= len(names) or (max is not None and (max < 1 or max < min)):
        raise FlowError(
            f"parse.multiple_choice(min={min}, max={max}) accepts no answer. With {len(names)}"
            f" options, min must be 0 to {len(names)}, and max must be at least 1 and at least min."
        )

    def read(answer: Answer) -> list[str]:
        hint = _multiple_choice(min, max, _labels(names))
        if answer.postback in names:
            found = {answer.postback}
        else:
            typed = said(answer, hint)
            none = min == 0 and meaning(typed, answer.locale) is False
            matcher = Matcher(_translated(names), language_of(answer.locale))
            found = set() if none else listed(matcher, typed)
            if not (found or none):
                raise NotUnderstood(hint)
        if len(found) < min or (max is not None and len(found) > max):
            raise NotUnderstood(hint)
        return [key for key in names if key in found]

    return Parser(list[str], read, labels=_first_labels(names))


def _named(maker: str, options: Labels) -> dict[str, tuple[str, ...]]:
    """Return the names of each option: its label and synonyms.

    Raises:
        FlowError: there are no options, an option has no label, or two options share a name.
    """
    named: dict[str, tuple[str, ...]] = {}
    claimed: dict[str, str] = {}
    for key, given in options.items():
        names = (given,) if isinstance(given, str) else tuple(given)
        if not names:
            raise FlowError(f"parse.{maker}(): {key!r} has no label.")
        for name in (key, *names):
            other = claimed.setdefault(phrase_own(name), key)
            if other != key:
                raise FlowError(
                    f"parse.{maker}(): {name!r} names two options, {other!r} and {key!r}."
                    " Rename one of them."
                )
        named[key] = names
    if not named:
        raise FlowError(f"parse.{maker}() needs at least one option.")
    return named


def _labels(names: Mapping[str, tuple[str, ...]]) -> str:
    return ", ".join(_(label) for label in _first_labels(names))


def _first_labels(names: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(labels[0] for labels in names.values())


def _translated(names: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    """Return the names of each option, including the label in the contact's language."""
    return {key: (*labels, _(labels[0])) for key, labels in names.items()}


def _multiple_choice(min: int, max: int | None, labels: str) -> str:
    if max is None and min == 0:
        return _("Please choose any of: {labels}.", labels=labels)
    if max is None:
        return _("Please choose at least {min} of: {labels}.", min=min, labels=labels)
    if min == max:
        return _("Please choose {min} of: {labels}.", min=min, labels=labels)
    if min <= 1:
        return _("Please choose at most {max} of: {labels}.", max=max, labels=labels)
    return _("Please choose {min} to {max} of: {labels}.", min=min, max=max, labels=labels)
