"""Finds several options in one text."""

from bot.parse.option_matching import Matcher, Words, words_of
from bot.parse.vocabulary import AND

MAX_LISTED_WORDS = 200
"""Maximum number of words of a list of options. A longer answer is not understood."""

MAX_PHRASE = 8
"""Maximum number of words of one option's name in a list."""

_SEPARATORS = frozenset(".,:;-/+&|")
_IGNORED = frozenset({"filler", "the", "one-of", "kiss"})


def listed(matcher: Matcher, text: str) -> set[str]:
    """Return the keys of the options that the text lists.

    Return the empty set if the text has a word that is no option, separator or polite word.
    """
    said = words_of(text)
    return _Listing(matcher, said).read() if len(said) <= MAX_LISTED_WORDS else set()


class _Listing:
    def __init__(self, matcher: Matcher, said: Words) -> None:
        self._matcher = matcher
        self._said = said
        self._lexicon = matcher.lexicon
        self._labels: dict[Words, set[str]] = {}
        for key, form in matcher.labels():
            self._labels.setdefault(form, set()).add(key)
        self._longest = max(map(len, self._labels), default=0)

    def read(self) -> set[str]:
        found: set[str] = set()
        at = 0
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
                if self._is_span(at):
                    return set()
                number = (behind, next(iter(keys)))
            found |= keys
            at += length
        return found

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

        A number names one key, "all" names all keys, and a separator or a polite word names no key.
        If there is another word at `at`, or a number without an option, the length is 0.
        """
        if self._said[at] in _SEPARATORS or self._said[at] in AND:
            return 1, set()
        symbols = self._lexicon.all_symbols(" ".join(self._said[at : at + MAX_PHRASE]))
        length = len(symbols[0][0].text.split())
        for each in symbols[0]:
            if each.tag in ("number", "ordinal", "last"):
                key = self._matcher.at(-1 if each.tag == "last" else each.value)
                return (length, {key}) if key and key in self._matcher.names else (0, set())
            if each.tag == "all":
                return length, set(self._matcher.names)
        tags = {each.tag for each in symbols[0]}
        if "option" in tags and len(symbols) > 1:
            # "No 2" is a number; "no ham" is not.
            return (
                (length, set()) if any(each.tag == "number" for each in symbols[1]) else (0, set())
            )
        return (length, set()) if tags & _IGNORED else (0, set())

    def _is_span(self, at: int) -> bool:
        """Return whether the number at `at` and the next number are the ends of a range, as in
        "1-3".
        """
        behind = self._said[at + 1 : at + 3]
        return len(behind) == 2 and behind[0] == "-" and behind[1].isdecimal()
