"""The meanings of a language's words. Splits a text into symbols with these meanings.

The meanings are written in tables. A table is a text with one meaning per line: a tag, an optional
value, a colon and the phrases with this meaning, such as `day 1: tomorrow, tmrw`. An indented line
continues the line above. A phrase may have several meanings.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from bot.parse.grammar.number_words import Compounds, Part, value_of
from bot.parse.grammar.tokens import Token, cleaned, tokens, words

MAX_READINGS = 32
"""Maximum number of combinations of meanings. A text with more combinations is not understood."""

NUMBER, ORDINAL, SCALE, AND, FILLER, KISS, UNKNOWN, SIGN = (
    "number",
    "ordinal",
    "scale",
    "and",
    "filler",
    "kiss",
    "unknown",
    "sign",
)

Meaning = tuple[str, str]
"""A tag and its value. For most tags, the value is ""."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A part of a text with one meaning.

    If the meaning has a number, as in `day 1`, `value` is this number. Otherwise `value` is 0.
    """

    tag: str
    value: int = 0
    text: str = ""
    name: str = ""
    is_digits: bool = False
    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class Language:
    """The tables of one language, and its rules for composing numbers."""

    numbers: str = ""
    fillers: str = ""
    dates: str = ""
    times: str = ""
    amounts: str = ""
    answers: str = ""
    choices: str = ""
    traits: frozenset[str] = frozenset()
    ordinal_suffixes: frozenset[str] = frozenset()

    def table(self, *names: str) -> str:
        return "\n".join(getattr(self, name) for name in names)


def entries(table: str) -> Iterator[tuple[str, Meaning]]:
    """Yield the phrases of a table, each with its meaning."""
    for meaning in _NEXT_MEANING.split(table):
        head, _, listed = meaning.partition(":")
        tag, _, value = head.strip().partition(" ")
        for phrase in listed.split(","):
            if phrase.strip():
                yield " ".join(phrase.split()), (tag, value.strip())


_NEXT_MEANING = re.compile(r"\n(?=\S)")
"""The start of a meaning in a table: a line that is not indented."""


@dataclass
class Lexicon:
    """The meanings of a language's words. Splits a text into symbols with these meanings."""

    meanings: dict[tuple[str, ...], list[Meaning]]
    compounds: Compounds
    units_first: bool = False
    teens_after: bool = False
    ten_and_units: bool = False
    ordinal_suffixes: frozenset[str] = frozenset()
    _longest: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._longest = max(map(len, self.meanings), default=0)

    def symbols(self, text: str) -> list[list[Symbol]]:
        """Return the parts of a text in order, without fillers. Each part has a symbol for each of
        its meanings.
        """
        symbols = without_kisses(self.all_symbols(text))
        return [each for each in symbols if any(one.tag != FILLER for one in each)]

    def all_symbols(self, text: str) -> list[list[Symbol]]:
        """Return the parts of a text in order, including fillers. Each part has a symbol for each
        of its meanings.
        """
        found = tokens(cleaned(text))
        symbols: list[list[Symbol]] = []
        at = 0
        while at < len(found):
            end, made = self._number(found, at)
            wider, others = self._phrase(found, at)
            if wider > end or end == at:
                end, made = wider, others
            elif wider == end:
                made = made + [each for each in others if each.tag not in (UNKNOWN, SIGN)]
            symbols.append(made)
            at = end
        return symbols

    def _phrase(self, found: list[Token], at: int) -> tuple[int, list[Symbol]]:
        """Return the end and the symbols of the longest known phrase that begins at `at`.

        If no known phrase begins at `at`, return the end and the symbol of one word or sign.
        """
        texts = tuple(each.text for each in found[at : at + self._longest])
        for length in range(len(texts), 0, -1):
            if meanings := self.meanings.get(texts[:length]):
                start, end = found[at].start, found[at + length - 1].end
                made = [
                    Symbol(tag, _int(value), " ".join(texts[:length]), value, False, start, end)
                    for tag, value in meanings
                    if tag not in (NUMBER, ORDINAL, AND)
                ]
                if made:
                    return at + length, made
        token = found[at]
        # An "and" outside of numbers and phrases is a sign, like "&".
        is_word = token.text[0].isalnum() and texts[:1] not in self.meanings
        tag = UNKNOWN if is_word else SIGN
        return at + 1, [Symbol(tag, 0, token.text, token.text, False, token.start, token.end)]

    def _number(self, found: list[Token], at: int) -> tuple[int, list[Symbol]]:
        """Return the end and the symbols of the longest number that begins at `at`.

        The number may be in words or digits. If no number begins at `at`, return `at` and no
        symbols.
        """
        if found[at].is_number:
            return self._digits(found, at)
        best: tuple[int, list[Symbol]] = (at, [])
        parts: list[Part] = []
        end = at
        while end < len(found) and end - at < 12:
            length, kind, more = self._parts(found, end)
            if not more:
                break
            parts.extend(more)
            end += length
            value = value_of(
                parts,
                units_first=self.units_first,
                teens_after=self.teens_after,
                ten_and_units=self.ten_and_units,
            )
            if value is not None:
                text = " ".join(each.text for each in found[at:end])
                tag = ORDINAL if kind == ORDINAL else NUMBER
                symbol = Symbol(tag, value, text, "", False, found[at].start, found[end - 1].end)
                best = (end, [symbol])
            if kind == ORDINAL:
                break
        return best

    def _parts(self, found: list[Token], at: int) -> tuple[int, str, tuple[Part, ...]]:
        """Return the number of tokens, the tag and the parts of the number word at `at`.

        For example, the tag of "third" is ORDINAL. If there is no number word at `at`, the number
        of tokens is 0.
        """
        texts = tuple(each.text for each in found[at : at + 3])
        for length in range(len(texts), 0, -1):
            for tag, value in self.meanings.get(texts[:length], ()):
                if tag in (NUMBER, SCALE, AND):
                    return length, tag, ((tag, _int(value)),)
                if tag == ORDINAL:
                    return length, tag, ((NUMBER, _int(value)),)
        split = self.compounds.split(texts[0]) if texts else None
        if not split or len(split) < 2 or split[-1][0] == AND:
            return 0, "", ()
        kind = ORDINAL if split[-1][0] == ORDINAL else NUMBER
        return 1, kind, tuple((NUMBER if tag == ORDINAL else tag, value) for tag, value in split)

    def _digits(self, found: list[Token], at: int) -> tuple[int, list[Symbol]]:
        token = found[at]
        if len(token.text) > 18:
            return at + 1, [Symbol(UNKNOWN, 0, token.text)]
        value, end, tag = int(token.text), at + 1, NUMBER
        following = found[end : end + 2]
        glued = [each for each in following if each.start == token.end]
        if glued and glued[0].text in self.ordinal_suffixes:
            end, tag = end + 1, ORDINAL
        elif len(glued) == 1 and len(following) == 2 and glued[0].text in (":", "-"):
            # This is for "3:e" in Swedish and "2-й" in Russian.
            suffix = following[1]
            if suffix.text in self.ordinal_suffixes and suffix.start == glued[0].end:
                end, tag = end + 2, ORDINAL
        text = found[at].text
        return end, [Symbol(tag, value, text, text, True, token.start, found[end - 1].end)]


def build(languages: Iterable[Language], *tables: str, extra: str = "") -> Lexicon:
    """Return a lexicon with the given tables of `languages`, and their `numbers` and `fillers`.

    `extra` is an additional table.
    """
    meanings: dict[tuple[str, ...], list[Meaning]] = {}
    number_words: dict[str, Part] = {}
    joiners: set[str] = set()
    suffixes: frozenset[str] = frozenset()
    traits: frozenset[str] = frozenset()
    for language in languages:
        traits |= language.traits
        suffixes |= language.ordinal_suffixes
        for phrase, meaning in entries(language.table("numbers", "fillers", *tables)):
            _add(meanings, number_words, joiners, phrase, meaning)
    for phrase, meaning in entries(extra):
        _add(meanings, number_words, joiners, phrase, meaning)
    compound = "compounds" in traits
    return Lexicon(
        meanings,
        Compounds(number_words if compound else {}, frozenset(joiners if compound else ())),
        "units first" in traits,
        "teens after" in traits,
        "ten and units" in traits,
        suffixes,
    )


def _add(
    meanings: dict[tuple[str, ...], list[Meaning]],
    number_words: dict[str, Part],
    joiners: set[str],
    phrase: str,
    meaning: Meaning,
) -> None:
    tag, value = meaning
    for form in spellings(phrase):
        key = words(form)
        if not key:
            continue
        if meaning not in meanings.setdefault(key, []):
            meanings[key].append(meaning)
        if tag in (NUMBER, SCALE, ORDINAL) and len(key) == 1:
            number_words[key[0]] = (tag, _int(value))
        elif tag == AND and len(key) == 1:
            joiners.add(key[0])


_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def spellings(phrase: str) -> set[str]:
    """Return the phrase and its spelling with "ue" for "ü", because some keyboards have no
    umlauts.
    """
    return {phrase, phrase.translate(_GERMAN)}


def without_kisses(symbols: list[list[Symbol]]) -> list[list[Symbol]]:
    """Return the symbols without kisses ("xx") at the end. The x in "x large" is not a kiss."""
    end = len(symbols)
    while end and any(one.tag == KISS for one in symbols[end - 1]):
        end -= 1
    return symbols[:end]


def readings(symbols: list[list[Symbol]]) -> Iterator[tuple[Symbol, ...]]:
    """Yield each combination of meanings, one meaning per symbol."""
    count = 1
    for each in symbols:
        count *= len(each)
        if count > MAX_READINGS:
            return
    for reading in product(*symbols):
        yield tuple(each for each in reading if each.tag != FILLER)


def codes(reading: Iterable[Symbol], letters: Mapping[str, str]) -> str:
    """Return a string with one letter per symbol, which the grammar's regular expressions match."""
    return "".join(letters.get(each.tag, "?") for each in reading)


_INT = re.compile(r"-?\d+")


def _int(value: str) -> int:
    match = _INT.match(value)
    return int(match[0]) if match else 0
