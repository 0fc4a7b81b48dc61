"""Finds the option that a text means, for every kind of choice.

A contact may copy a line as the question shows it ("1. Small"), or write an option's number or a
part of the option's label. Polite words are ignored. A text that may mean two options matches no
option.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from bot.parse.grammar.languages import lexicon_of
from bot.parse.grammar.lexicon import FILLER, Lexicon, Symbol, spellings, without_kisses
from bot.parse.grammar.slips import is_slip
from bot.parse.grammar.tokens import cleaned, tokens, words
from bot.parse.grammar.verdict import verdict_of
from bot.parse.normalize import MAX_ANSWER_CHARS, fold, phrase, phrase_own, plain_digits
from bot.parse.surroundings import without_closing

Words = tuple[str, ...]

MIN_BEGINNING = 3
"""Minimum number of letters of a shortened word: "tues" for "Tuesday"."""

MIN_WORD = 4
"""Minimum number of letters of an answer that contains only words from the middle or the end of a
label, such as "salad" for "Caesar salad".
"""

MIN_INFLECTED = 4
"""Minimum number of letters of a label's adjective for which another ending is understood."""

_ENDINGS: Mapping[str, Sequence[str]] = {
    "da": ("e", "t", "en", "et", "n"),
    "de": ("e", "en", "er", "es", "em", "ere", "eren", "eres", "erer"),
    "nb": ("e", "t", "en", "et", "n"),
    "sv": ("a", "e", "t", "en", "et", "n"),
}

MAX_WORDS = 40
"""Maximum number of words of an answer that names an option.

A longer answer is not compared with the options.
"""

_PREPOSITIONS = frozenset(["by", "with", "par", "avec", "en", "con", "por", "mit", "per", "via"])
"""Words before the means of doing something: "by card", "par carte"."""

_IGNORED = frozenset({FILLER, "the", "one-of"})
_BESIDE_NUMBERS = _IGNORED | {"option"}
_SENTENCE_END = re.compile(r"[.!] +(?=[A-Z])")
_SEPARATORS = frozenset(".,:;-/+&")
_ELISIONS = re.compile(r"(?<!\w)l['\u2019](?=\w)", re.IGNORECASE)
_ELISION = re.compile(r"^\s*(?:l|d|un)['\u2019](?=\w)", re.IGNORECASE)


class Matcher:
    """Finds options by their names.

    `names` maps the key of each option to the option's label and synonyms. `shown` has the keys in
    the order of the numbers that the question shows; the default is the order of `names`. `shown`
    may have keys that are not options.
    """

    def __init__(
        self, names: Mapping[str, Sequence[str]], language: str, shown: Sequence[str] = ()
    ) -> None:
        self.names = names
        self.shown = shown or tuple(names)
        self._language = language

    def named(self, text: str) -> str | None:
        """Return the key of the option whose key, label or synonym is `text`.

        Case is ignored. Return None if `text` names no option, or several options.
        """
        said = phrase(text[:MAX_ANSWER_CHARS])
        found = {
            key for key, names in self.names.items() if said and said in _exact_forms((key, *names))
        }
        return found.pop() if len(found) == 1 else None

    def meant(self, text: str) -> str | None:
        """Return the key of the option that `text` means.

        Return None if `text` means no option, or may mean several options. If the text is a number,
        return the key with this number in `shown`.
        """
        # "Medium please. Regards, Tom" may be on one line.
        text = without_closing(_SENTENCE_END.sub(".\n", text[:MAX_ANSWER_CHARS]))
        plain = _folded(text)
        labeled = {key for key, names in self.names.items() if plain in map(_folded_own, names)}
        if len(labeled) == 1:
            return labeled.pop()
        for spelling in (*sorted(spellings(text), key=len), without_elisions(text)):
            if key := self._meant(spelling):
                return key
        return None

    def near(self, text: str) -> str | None:
        """Return the key of the only option whose label `text` misspells.

        Return None if `text` misspells no label, or several labels. A misspelling has one wrong
        letter ("chiken" for "Chicken"), or another ending ("den stora" for "Stor").
        """
        text = text[:MAX_ANSWER_CHARS]
        for spelling in (*sorted(spellings(text), key=len), without_elisions(text)):
            if key := self._by_slip(words_of(spelling)):
                return key
        return None

    def _meant(self, text: str) -> str | None:
        said = words_of(text)
        if not said:
            return self._by_sign(text)
        if len(said) > MAX_WORDS:
            return None
        position = self._position(text)
        label = self._by_label(said) or self._by_beginning(said)
        if position and label and position != label:
            return None
        return (
            position
            or label
            or self._by_difference(said)
            or self._by_word(said)
            or self._by_verdict(text)
        )

    @property
    def lexicon(self) -> Lexicon:
        return lexicon_of(self._language, self._language, "choices")

    def labels(self) -> Iterator[tuple[str, Words]]:
        """Yield (key, words) for each spelling of each name of each option: the option's key, and
        the words of the spelling.
        """
        for key, names in self.names.items():
            for form in {form for name in (key, *names) for form in _word_forms(name)}:
                yield key, form

    def at(self, number: int) -> str | None:
        """Return the key with this number in `shown`; None if there is none.

        Numbers count from 1. The number -1 means the last key.
        """
        if number == -1:
            return self.shown[-1]
        return self.shown[number - 1] if 0 < number <= len(self.shown) else None

    def _by_label(self, said: Words) -> str | None:
        """Return the key of the option whose label is in `said`, if all other words of `said` have
        no meaning.
        """
        best: dict[str, int] = {}
        for key, form in self.labels():
            for at in range(len(said) - len(form) + 1):
                if said[at : at + len(form)] == form and self._fits(
                    key, said[:at], said[at + len(form) :]
                ):
                    best[key] = max(best.get(key, 0), len(form))
            if "".join(form) == "".join(said):
                best[key] = max(best.get(key, 0), len(said))
        longest = max(best.values(), default=0)
        found = [key for key, length in best.items() if length == longest]
        return found[0] if len(found) == 1 else None

    def _fits(self, key: str, before: Words, behind: Words) -> bool:
        """Return whether the words before and behind the option's label have no meaning.

        Polite words and the option's own number have no meaning.
        """
        number, rest = self._leading_number(before)
        if number is not None and self.at(number) != key:
            return False
        return is_ignored(self.lexicon, rest) and is_ignored(self.lexicon, behind, at_end=True)

    def _leading_number(self, before: Words) -> tuple[int | None, Words]:
        """Return the number at the end of `before`, and the words before the number.

        `before` has the words before a label. For example, "please option 2 -" has the number 2
        after the word "please".
        """
        end = len(before)
        while end and before[end - 1] in _SEPARATORS:
            end -= 1
        if end and before[end - 1].isdecimal():
            rest = before[: end - 1]
            symbols = self.lexicon.all_symbols(" ".join(rest))
            if symbols and any(each.tag == "option" for each in symbols[-1]):
                rest = rest[:-1]
            return int(before[end - 1]), rest
        return None, before

    def _position(self, text: str) -> str | None:
        """Return the key for a text that is only a number: "2", "#2", "option two", "the last".

        Return None for any other text.
        """
        number: int | None = None
        for each in without_kisses(self.lexicon.all_symbols(text)):
            found = _number(each)
            if found is not None and number is None:
                number = found
            elif not any(one.tag in _BESIDE_NUMBERS or one.text in _SEPARATORS for one in each):
                return None
        return None if number is None else self.at(number)

    def _by_beginning(self, said: Words) -> str | None:
        """Return the key of the only option whose label begins with the words `said`."""
        said = self._without_ignored(said)
        found = {
            key
            for key, form in self.labels()
            if said and (_begins(form, said) or _begins(self._without_article(form), said))
        }
        return found.pop() if len(found) == 1 else None

    def _without_ignored(self, said: Words) -> Words:
        """Return the words without the polite words and articles at both ends."""
        symbols = without_kisses(self.lexicon.all_symbols(" ".join(said)))
        start, end = 0, len(symbols)
        while start < end and _is_ignored(symbols[start]):
            start += 1
        while end > start and _is_ignored(symbols[end - 1]):
            end -= 1
        return tuple(word for each in symbols[start:end] for word in each[0].text.split())

    def _without_article(self, form: Words) -> Words:
        return form[1:] if len(form) > 1 and is_ignored(self.lexicon, form[:1]) else form

    def _by_difference(self, said: Words) -> str | None:
        """Return the key of the only option whose label consists of the words `said` and of words
        that other labels have, too.
        """
        said = self._without_ignored(said)
        users: dict[str, set[str]] = {}
        for key, form in self.labels():
            for word in form:
                users.setdefault(word, set()).add(key)
        found = set()
        for key, form in self.labels():
            own = tuple(word for word in form if users[word] == {key})
            if own == said != form and len("".join(own)) > 1:
                found.add(key)
        return found.pop() if len(found) == 1 else None

    def _by_word(self, said: Words) -> str | None:
        """Return the key of the only option whose label contains the words `said`, such as "salad"
        for "Caesar salad".
        """
        said = self._without_ignored(said)
        found = {
            key
            for key, form in self.labels()
            if any(said == form[at : at + len(said)] for at in range(len(form)))
        }
        return found.pop() if len(found) == 1 and len("".join(said)) >= MIN_WORD else None

    def _by_slip(self, said: Words) -> str | None:
        said = self._without_ignored(said)
        if len(said) != 1:
            return None
        endings = _ENDINGS.get(self._language.partition("-")[0], ())
        found = {
            key
            for key, form in self.labels()
            if len(form) == 1 and (is_slip(said[0], form[0]) or _ends(said[0], form[0], endings))
        }
        return found.pop() if len(found) == 1 else None

    def _by_verdict(self, text: str) -> str | None:
        if not {"yes", "no"} <= set(self.names):
            return None
        verdict = verdict_of(text, self._language)
        return None if verdict is None else "yes" if verdict else "no"

    def _by_sign(self, text: str) -> str | None:
        """Return the key of the only option whose label has the same signs as `text`.

        `text` has no words, only signs such as emoji. If no label has the same signs, and the
        question has the keys "yes" and "no", return the key that the signs mean.
        """
        signs = _signs(text)
        found = {
            key
            for key, names in self.names.items()
            if signs and any(signs == _signs(name) for name in names)
        }
        if len(found) == 1:
            return found.pop()
        return None if found else self._by_verdict(text)


def words_of(text: str) -> Words:
    """Return the words of an answer in comparable form."""
    return tuple(each.text for each in tokens(cleaned(text)))


def without_elisions(text: str) -> str:
    """Return `text` without elided articles: "eau et ananas" for "l'eau et l'ananas"."""
    return _ELISIONS.sub("", text)


def is_ignored(lexicon: Lexicon, said: Words, *, at_end: bool = False) -> bool:
    """Return whether `said` has only polite words, articles, prepositions and signs."""
    if not said:
        return True
    symbols = lexicon.all_symbols(" ".join(said))
    if at_end:
        symbols = without_kisses(symbols)
    return all(map(_is_ignored, symbols))


def _is_ignored(meanings: list[Symbol]) -> bool:
    return any(
        one.tag in _IGNORED or one.text in _SEPARATORS or one.text in _PREPOSITIONS
        for one in meanings
    )


def _number(meanings: list[Symbol]) -> int | None:
    for each in meanings:
        if each.tag in ("number", "ordinal"):
            return each.value
        if each.tag == "last":
            return -1
    return None


def _ends(said: str, word: str, endings: Sequence[str]) -> bool:
    stems = {word, f"{word[:-2]}l" if word.endswith("el") else word}
    return len(word) >= MIN_INFLECTED and any(
        said.startswith(stem) and said[len(stem) :] in endings for stem in stems
    )


def _begins(form: Words, said: Words) -> bool:
    if len(said) > len(form):
        return "".join(form).startswith("".join(said)) and len("".join(said)) > MIN_BEGINNING
    *first, last = said
    if tuple(first) != form[: len(first)]:
        return "".join(form).startswith("".join(said)) and len("".join(said)) > MIN_BEGINNING
    word = form[len(first)]
    return (
        word == last
        or (word.startswith(last) and len(last) >= MIN_BEGINNING)
        or ("".join(form).startswith("".join(said)) and len("".join(said)) > MIN_BEGINNING)
    )


@lru_cache(4096)
def _exact_forms(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(phrase_own, names))


@lru_cache(4096)
def _word_forms(name: str) -> frozenset[Words]:
    """Return the words of each spelling of a name: as written, with "ue" for "ü", and without an
    elided article ("eau" for "l'eau").
    """
    forms = {words(each) for each in (*spellings(name), _ELISION.sub("", name))}
    return frozenset(forms - {()})


def _folded(text: str) -> str:
    return plain_digits(fold(text))


_folded_own = lru_cache(4096)(_folded)


_MODIFIERS = frozenset("\ufe0e\ufe0f\u200d\u20e3") | {chr(code) for code in range(0x1F3FB, 0x1F400)}


def _signs(text: str) -> str:
    """Return the emoji and other signs of a text, without modifiers such as skin tones."""
    return "".join(
        each for each in text if unicodedata.category(each) == "So" and each not in _MODIFIERS
    )
