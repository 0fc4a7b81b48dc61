"""One or several of the offered options."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from bot.errors import FlowError
from bot.i18n.languages import _
from bot.parse.answer import Answer, NotUnderstood, Parser
from bot.parse.confirmation import meaning
from bot.parse.normalize import fold, plain_digits, said
from bot.parse.vocabulary import AND

Labels = Mapping[str, str | Sequence[str]]
"""Each key with its label, or with its label and synonyms."""

_GAPS = re.compile(r"[\s,;|、·•]+")
_SIGNS = re.compile(r"[\s,;|、·•/+&]+")


def choice(options: Labels) -> Parser[str]:
    """The key of one option, named by key, label, synonym, postback or number: "2", "#2".

    A label may be written without its emoji. What two options could mean is not understood;
    numbers count from 1 in the order given.

    Raises:
        FlowError: there is no option, or two have the same key, label or synonym.
    """
    names = _Names("options", options)

    def read(answer: Answer) -> str:
        if answer.postback in names.keys:
            return answer.postback
        hint = _("Please choose one of: {labels}.", labels=names.labels)
        key = names.find(said(answer, hint))
        if key is None:
            raise NotUnderstood(hint)
        return key

    return Parser(str, read)


def multiple_choice(options: Labels, *, min: int = 1, max: int | None = None) -> Parser[list[str]]:
    """The keys of the options named, in the order given to this parser, each once.

    Between them may stand commas, line ends, blanks and words such as "and"; anything else is not
    understood. With `min` 0, a "no" is an answer too: the empty list.
    """
    names = _Names("several", options)
    if not 0 <= min <= len(names.keys) or (max is not None and (max < 1 or max < min)):
        raise FlowError(f"parse.multiple_choice(min={min}, max={max}) takes no answer at all.")

    def read(answer: Answer) -> list[str]:
        hint = _multiple_choice(min, max, names.labels)
        if answer.postback in names.keys:
            found = {answer.postback}
        else:
            typed = said(answer, hint)
            none = min == 0 and meaning(typed, answer.locale) is False
            found = set() if none else names.find_all(typed)
            if not (found or none):
                raise NotUnderstood(hint)
        if len(found) < min or (max is not None and len(found) > max):
            raise NotUnderstood(hint)
        return [key for key in names.keys if key in found]

    return Parser(list[str], read)


class _Names:
    """What each option may be called, folded."""

    def __init__(self, maker: str, options: Labels) -> None:
        self.keys = tuple(options)
        self._meanings: dict[str, set[str]] = {}
        shown = []
        for key, given in options.items():
            names = (given,) if isinstance(given, str) else tuple(given)
            if not names:
                raise FlowError(f"parse.{maker}(): {key!r} has no label.")
            shown.append(names[0])
            for name in (key, *names):
                self._claim(maker, name, key)
        if not shown:
            raise FlowError(f"parse.{maker}() takes one option at least.")
        self.labels = ", ".join(shown)
        for number, (key, label) in enumerate(zip(self.keys, shown, strict=True), 1):
            for name in (str(number), f"#{number}", _without_signs(label)):
                self._meanings.setdefault(_folded(name), set()).add(key)
        self._longest = max(len(name.split()) for name in self._meanings)

    def find(self, text: str) -> str | None:
        """The option that all of `text` names."""
        return self._only(_folded(text)) or self._only(" ".join(_words(text, _GAPS)))

    def find_all(self, text: str) -> set[str]:
        """The options named one after the other; none where anything else is said."""
        return self._all(_words(text, _GAPS)) or self._all(_words(text, _SIGNS))

    def _all(self, words: list[str]) -> set[str]:
        found: set[str] = set()
        at = 0
        while at < len(words):
            for end in range(min(at + self._longest, len(words)), at, -1):
                if key := self._only(" ".join(words[at:end])):
                    found.add(key)
                    at = end
                    break
            else:
                if words[at] not in AND:
                    return set()
                at += 1
        return found

    def _only(self, name: str) -> str | None:
        keys = self._meanings.get(name, ())
        return next(iter(keys)) if len(keys) == 1 else None

    def _claim(self, maker: str, name: str, key: str) -> None:
        for form in {_folded(name), " ".join(_words(name, _GAPS))}:
            claimed = self._meanings.setdefault(form, set())
            if claimed - {key}:
                raise FlowError(
                    f"parse.{maker}(): {name!r} names two options, {claimed.pop()!r} and {key!r};"
                    " call one of them something else."
                )
            claimed.add(key)


def _folded(text: str) -> str:
    return plain_digits(fold(text))


def _words(text: str, gaps: re.Pattern[str]) -> list[str]:
    return [_folded(word) for word in gaps.split(text) if word]


def _without_signs(label: str) -> str:
    """The label without emoji and other signs, which nobody types; all of it if it is but signs."""
    kept = "".join(each for each in label if not _is_sign(each))
    return kept.strip() or label


def _is_sign(character: str) -> bool:
    # The latter join signs, or make signs of letters.
    return (
        unicodedata.category(character) in ("So", "Sk") or character in "\u200d\ufe0e\ufe0f\u20e3"
    )


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
