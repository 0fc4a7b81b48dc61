"""Finds several options in one text."""

import re

from bot.parse.grammar.lexicon import AND as AND_TAG
from bot.parse.grammar.lexicon import Symbol
from bot.parse.option_matching import Matcher, Words, without_elisions, words_of
from bot.parse.vocabulary import AND

MAX_LISTED_WORDS = 200
"""Maximum number of words of an answer that lists options. A longer answer is not understood."""

MAX_PHRASE = 8
"""Maximum number of words of one option's name in a list."""

_SEPARATORS = frozenset(".,:;-/+&|")
_PARTS = re.compile(r"[,;\n]")
"""Separators that may be missing in the words of a text."""

_SPANS = frozenset(["-", "to", "till", "til", "tot", "bis", "a", "al", "au"])
"""Words and signs between the two ends of a range, as in "1 to 3"."""

_NUMBERS = frozenset({"number", "ordinal", "last"})
_IGNORED = frozenset({"filler", "the", "one-of", "kiss"})


def listed(matcher: Matcher, text: str) -> set[str]:
    """Return the keys of the options that the text lists.

    "All but the last" lists all options except the last one. Return the empty set if the text has a
    word that is no option, separator or polite word.
    """
    for form in dict.fromkeys((text, without_elisions(text))):
        said = words_of(form)
        if len(said) > MAX_LISTED_WORDS:
            return set()
        if found := _Listing(matcher, said, has_parts=_PARTS.search(text) is not None).read():
            return found
    return set()


class _Listing:
    def __init__(self, matcher: Matcher, said: Words, *, has_parts: bool) -> None:
        self._matcher = matcher
        self._said = said
        self._has_parts = has_parts
        self._lexicon = matcher.lexicon
        self._labels: dict[Words, set[str]] = {}
        for key, form in matcher.labels():
            self._labels.setdefault(form, set()).add(key)
        self._longest = max(map(len, self._labels), default=0)

    def read(self) -> set[str]:
        start = self._exception()
        if start is None:
            return self._read(0)
        excluded = self._read(start)
        return set(self._matcher.names) - excluded if excluded else set()

    def _read(self, at: int) -> set[str]:
        everything = set(self._matcher.names)
        found: set[str] = set()
        has_all = False
        number: tuple[int, str] | None = None
        while at < len(self._said):
            length, key = self._label(at)
            if key is not None:
                # "1. Ham" names one option twice; "2 ham" may mean two pieces of ham.
                if number and number[0] == at and number[1] != key:
                    return set()
                found.add(key)
                at, number = at + length, None
                continue
            length, keys = self._other(at)
            if not length:
                return set()
            if keys and length == 1 and self._said[at].isdecimal():
                behind = at + 1
                while behind < len(self._said) and self._said[behind] in (".", ":", "-"):
                    behind += 1
                number = (behind, next(iter(keys)))
            if keys == everything:
                has_all = True
            else:
                found |= keys
            at += length
        if has_all:
            # "Ham and cheese, that is all" does not name all options.
            return everything if found in (set(), everything) else set()
        return found

    def _exception(self) -> int | None:
        """Return the index of the word behind "all but". Return None if `said` does not begin with
        such words, or if "all but" may mean something else.
        """
        at, has_all = 0, False
        for each in self._lexicon.all_symbols(" ".join(self._said)):
            tags = {one.tag for one in each}
            length = len(each[0].text.split())
            if has_all and "except" in tags:
                rest = self._lexicon.all_symbols(" ".join(self._said[at + length :]))
                # "Without onions" may be an option, and "all but one" names no option.
                doubtful = self._label(at)[1] or any(
                    one.tag in ("number", "all") for each in rest for one in each
                )
                return None if doubtful else at + length
            if "all" in tags:
                has_all = True
            elif not tags & _IGNORED:
                return None
            at += length
        return None

    def _label(self, at: int) -> tuple[int, str | None]:
        for end in range(min(at + self._longest, len(self._said)), at, -1):
            keys = self._labels.get(self._said[at:end], set())
            if len(keys) == 1:
                key = next(iter(keys))
                position = self._position_of(self._said[at:end])
                if position is None or position == key:
                    return end - at, key
        return 0, None

    def _position_of(self, said: Words) -> str | None:
        return self._matcher.at(int(said[0])) if len(said) == 1 and said[0].isdecimal() else None

    def _other(self, at: int) -> tuple[int, set[str]]:
        """Return the length in words of the number, separator or polite word at `at`, and the keys
        of the options that it names.

        A number names one key, "the first two" names two keys, "all" names all keys, and a
        separator or a polite word names no key. If there is another word at `at`, a number without
        an option, or a range, the length is 0.
        """
        symbols = self._lexicon.all_symbols(" ".join(self._said[at : at + MAX_PHRASE]))
        length = len(symbols[0][0].text.split())
        # A word for "and" in another language may begin polite words, as "je" in "je prends".
        if self._said[at] in _SEPARATORS or (length == 1 and self._is_and(at)):
            return 1, set()
        number = _number(symbols[0])
        if number:
            behind = _number(symbols[1]) if len(symbols) > 1 else None
            if behind and (number.tag == "number") != (behind.tag == "number"):
                return self._counted(number, behind)
            key = self._matcher.at(-1 if number.tag == "last" else number.value)
            is_option = key in self._matcher.names and not self._is_span(at + length)
            return (length, {key}) if key and is_option else (0, set())
        tags = {each.tag for each in symbols[0]}
        if "all" in tags:
            return self._all(symbols)
        if "option" in tags and len(symbols) > 1:
            # "No 2" is a number; "no ham" is not.
            return (
                (length, set()) if any(each.tag == "number" for each in symbols[1]) else (0, set())
            )
        return (length, set()) if tags & _IGNORED else (0, set())

    def _all(self, symbols: list[list[Symbol]]) -> tuple[int, set[str]]:
        """Return the length in words of a phrase such as "all", "both" or "all 3", and all keys.

        If the phrase is for another number of options, the length is 0.
        """
        every = next(each for each in symbols[0] if each.tag == "all")
        length, count = len(every.text.split()), every.value
        number = _number(symbols[1]) if len(symbols) > 1 else None
        if number and not count and number.tag == "number":
            length, count = length + len(number.text.split()), number.value
        fits = not count or count == len(self._matcher.names)
        return (length, set(self._matcher.names)) if fits else (0, set())

    def _counted(self, *symbols: Symbol) -> tuple[int, set[str]]:
        """Return the length in words of a phrase such as "first two" or "två sista", and the keys
        that it names. If the phrase may mean something else, the length is 0.
        """
        count = next(each.value for each in symbols if each.tag == "number")
        end = next(each for each in symbols if each.tag != "number")
        shown = self._matcher.shown
        # "First, 3" names two options.
        if self._has_parts or not 1 < count <= len(shown):
            return 0, set()
        if end.tag != "last" and end.value != 1:
            return 0, set()
        keys = set(shown[-count:] if end.tag == "last" else shown[:count])
        length = sum(len(each.text.split()) for each in symbols)
        return (length, keys) if keys <= set(self._matcher.names) else (0, set())

    def _is_and(self, at: int) -> bool:
        own = self._lexicon.meanings.get(self._said[at : at + 1], ())
        return self._said[at] in AND or any(tag == AND_TAG for tag, _ in own)

    def _is_span(self, at: int) -> bool:
        """Return whether the word at `at` and a number behind it end a range, as in "1-3" and "1 to
        3".
        """
        if at + 1 >= len(self._said) or self._said[at] not in _SPANS or self._is_and(at):
            return False
        behind = self._lexicon.all_symbols(" ".join(self._said[at + 1 : at + 1 + MAX_PHRASE]))
        return any(_number(each) for each in behind[:2])


def _number(meanings: list[Symbol]) -> Symbol | None:
    return next((each for each in meanings if each.tag in _NUMBERS), None)
