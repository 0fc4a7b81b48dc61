"""Recognizes messages about consent: STOP, START, and messages that may mean STOP.

A STOP consists of one or several stop words in any order. Polite words, emoji and punctuation may
stand beside the stop words, and a signature below the stop words. A longer message does not count
as a STOP. If a longer message sounds like a STOP, the bot asks the contact. Nearly all messages
contain no phrase about consent, so one fast check is enough for them.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from bot.flow.consent_keywords import IDLE_STOP, POLITE, START, STOP, US_STOP, plain
from bot.flow.stop_sentences import (
    BY_LANGUAGE,
    UNCLEAR,
    UNCLEAR_IDLE,
    UNSPACED_ABOUT,
    UNSPACED_ALONE,
    UNSPACED_ENDS,
)
from bot.parse.normalize import MAX_ANSWER_CHARS, UNSEEN_IN_NUMBERS
from bot.parse.surroundings import without_closing, without_signature

Rule = Literal["default", "us"]
"""The rule that decides which words stop messages: `us` adds the words that the FCC lists."""

Wish = Literal["", "out", "in", "ask", "unclear"]
"""The meaning of a message for consent.

- `out`: the message is a STOP.
- `in`: the message is a START.
- `ask`: the message has a sentence about stopping messages.
- `unclear`: the message may mean STOP.
- "": the message is not about consent.
"""

OUT: Wish = "out"
IN: Wish = "in"

MAX_DISTANCE = 6
"""Maximum number of words between "stop" and "messages" in a sentence that has both."""

MAX_NAME_WORDS = 3
"""Maximum number of words in a person's name after a STOP, such as in "Stop. Thanks, Anna"."""


_EXACT = ("stop texting me", "unsubscribe me", "stop messaging me", "opt me out")
"""English sentences. A message that has one of them and no other words, only emoji, is a STOP."""


def _split(text: str) -> list[str]:
    """Return the phrases of a text, split at bars and line breaks."""
    return [each.strip() for each in text.replace("\n", "|").split("|") if each.strip()]


def _flat(text: str) -> str:
    """Return the words of a folded text, separated by single spaces, without other characters."""
    if text.isascii():
        words = _NO_WORD_ASCII.sub(" ", text).split()
    else:
        words = "".join(map(_in_word, text)).split()
    return " ".join(bare for each in words if (bare := each.strip("'")))


def _in_word(character: str) -> str:
    is_part = character.isalnum() or character == "'" or unicodedata.category(character)[0] == "M"
    return character if is_part else " "


_NO_WORD_ASCII = re.compile(r"[^a-z0-9']+")
_WORD_ASCII = re.compile(r"[a-z0-9]+")
_UNUSUAL_ASCII = re.compile(r"['-]|([a-z])\1\1|\b\w\W+\w\b")
"""Unusual spellings of a phrase in ASCII: "un-sub", "stooop", "s t o p"."""
_NO_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)
_HYPHEN = re.compile(r"(?<=\w)[-\u2010\u2011](?=\w)")
_GO_ON = re.compile(
    r"\b(?:don't|dont|do not|never|can't|cannot) (?:stop|unsubscribe|opt|refrain)\b"
)
_SHIFT_SLIP = re.compile(r"(?<=!)[1!]+")
"""The typo that results if the shift key is released too early: "stop!!1!"."""
_RUN = re.compile(r"([a-z])\1{2,}")
_NAME_AFTER_MARK = re.compile(
    r"\s+(?:[/~\u2013\u2014]|--?)\s*([^\W\d_][\w.'-]*(?: [^\W\d_][\w.'-]*)?)$"
)

Phrase = tuple[str, ...]
Phrases = Mapping[str, Sequence[Phrase]]


def _by_first(texts: Iterable[str]) -> Phrases:
    """Return the phrases by their first word. For each word the longest phrase comes first."""
    found: dict[str, list[Phrase]] = {}
    for text in {_flat(plain(each)) for each in texts}:
        words = tuple(text.split())
        found.setdefault(words[0], []).append(words)
    return {first: sorted(each, key=len, reverse=True) for first, each in found.items()}


def _stems(texts: Iterable[str]) -> "re.Pattern[str]":
    """Return a pattern that finds any of the phrases as whole words.

    `*` matches the rest of a word.
    """
    forms = {
        re.escape(_flat(plain(each.rstrip("*")))) + r"\S*" * each.endswith("*") for each in texts
    }
    return re.compile(rf"(?<!\S)(?:{'|'.join(sorted(forms))})(?!\S)")


_POLITE = _by_first(POLITE)
_STARTS = _by_first(START)
_STOPS = _by_first(STOP)
_STOPS_IDLE = _by_first(STOP | IDLE_STOP)
_STOPS_US = _by_first([*STOP, *US_STOP])
_STOPS_US_IDLE = _by_first([*STOP, *IDLE_STOP, *US_STOP])
_EXACT_FORMS = frozenset(_flat(plain(each)) for each in _EXACT)
_POLITE_FORMS = frozenset(each for each in _EXACT_FORMS if not each.startswith("stop"))
"""Sentences that stay unambiguous with polite words.

"stop texting me" is left out, because "Please stop texting me" may mean "not now".
"""
_UNCLEAR_FORMS = frozenset(_flat(plain(each)) for each in _split(UNCLEAR))
_UNCLEAR_IDLE_FORMS = _UNCLEAR_FORMS.union(_flat(plain(each)) for each in _split(UNCLEAR_IDLE))


class _Sentences(NamedTuple):
    alone: Phrases
    ends: Phrases
    about: "re.Pattern[str]"
    any_order: bool


_BY_LANGUAGE = [
    _Sentences(
        _by_first(_split(each.alone)),
        _by_first(_split(each.ends)),
        _stems(_split(each.about)),
        each.any_order,
    )
    for each in BY_LANGUAGE.values()
]
_LANGUAGES: dict[str, set[int]] = {}
for _number, _each in enumerate(_BY_LANGUAGE):
    for _word in (*_each.alone, *_each.ends):
        _LANGUAGES.setdefault(_word, set()).add(_number)
_PHRASES: dict[str, list[Phrase]] = {}
"""All phrases by their first word."""
for _by_word in (
    _STOPS_US_IDLE,
    _STARTS,
    _by_first([*_EXACT_FORMS, *_UNCLEAR_IDLE_FORMS]),
    *(each.alone for each in _BY_LANGUAGE),
    *(each.ends for each in _BY_LANGUAGE),
):
    for _word, _same_first in _by_word.items():
        _PHRASES.setdefault(_word, []).extend(_same_first)


def _any_of(text: str) -> "re.Pattern[str]":
    return re.compile("|".join(map(re.escape, sorted(map(plain, _split(text))))))


_SPELLED = re.compile(r"(?:\w\s){2,}\w")
_ENDS, _ABOUT, _ALONE = map(_any_of, (UNSPACED_ENDS, UNSPACED_ABOUT, UNSPACED_ALONE))


def _unspaced_forms(words: Iterable[str]) -> frozenset[str]:
    flat = (_flat(plain(each)).replace(" ", "") for each in words)
    return frozenset(each for each in flat if _NO_SPACES.search(each))


_UNSPACED_POLITE = tuple(sorted(_unspaced_forms(POLITE), key=len, reverse=True))
_UNSPACED_STOPS = _unspaced_forms(STOP)
_UNSPACED_IDLE = _unspaced_forms(IDLE_STOP)


def wish_of(text: str, rule: Rule = "default", *, is_asked: bool = False) -> Wish:
    """Return the meaning of a message for consent.

    `is_asked` is True if a question waits for an answer.
    """
    if len(text) > MAX_ANSWER_CHARS:
        return ""
    text = _SHIFT_SLIP.sub("", text) if "!1" in text else text
    if _is_about_something_else(text):
        return ""
    said = plain(text)
    wish = _wish_of(text, said, rule, is_asked=is_asked)
    if not wish and _HYPHEN.search(said):  # for "un-subscribe"
        joined = _HYPHEN.sub("", text)
        wish = _wish_of(joined, plain(joined), rule, is_asked=is_asked)
    return wish


def _is_about_something_else(text: str) -> bool:
    """Return True if the text is ASCII and has no phrase and no unusual spelling ("s t o p")."""
    lowered = text.lower()
    return (
        text.isascii()
        and not _has_phrase(_WORD_ASCII.findall(lowered))
        and not _UNUSUAL_ASCII.search(lowered)
    )


def _has_phrase(words: list[str]) -> bool:
    """Return whether the words contain a phrase."""
    return not _PHRASES.keys().isdisjoint(words) and any(
        _length(words, at, _PHRASES) for at, word in enumerate(words) if word in _PHRASES
    )


def _wish_of(text: str, said: str, rule: Rule, *, is_asked: bool) -> Wish:
    flat = _flat(said)
    if flat not in STOP and _RUN.search(flat):
        flat = _RUN.sub(r"\1", flat)
    words = flat.split(" ")
    if _SPELLED.fullmatch(flat):
        words = [flat.replace(" ", "")]
    is_unspaced = not flat.isascii() and _NO_SPACES.search(flat)
    if _PHRASES.keys().isdisjoint(words) and not is_unspaced:
        return ""
    return _wish(text, words, rule, is_asked=is_asked)


def _wish(text: str, words: list[str], rule: Rule, *, is_asked: bool) -> Wish:
    if is_asked:
        stops = _STOPS_US if rule == "us" else _STOPS
    else:
        stops = _STOPS_US_IDLE if rule == "us" else _STOPS_IDLE
    bare = without_closing(without_signature(text.translate(UNSEEN_IN_NUMBERS)))
    bare = _NAME_AFTER_MARK.sub(lambda found: "" if found[1].istitle() else found[0], bare)
    if _consists(words, stops) or _is_signed(bare, stops):
        return OUT
    if _consists(words, _STARTS):
        return IN
    flat = _flat(plain(bare))
    if flat in _EXACT_FORMS or " ".join(_without_polite(flat.split())) in _POLITE_FORMS:
        return OUT
    if _NO_SPACES.search(flat) and (wish := _unspaced(flat, is_asked=is_asked)):
        return wish
    if _GO_ON.search(flat):
        return ""
    said = flat.split()
    languages = {number for word in said for number in _LANGUAGES.get(word, ())}
    if any(_speaks_of_stopping(said, _BY_LANGUAGE[number]) for number in languages):
        return "ask"
    unclear = _UNCLEAR_FORMS if is_asked else _UNCLEAR_IDLE_FORMS
    return "unclear" if {flat, " ".join(_without_polite(said))} & unclear else ""


def _length(words: Sequence[str], at: int, phrases: Phrases) -> int:
    """Return the number of words of the longest phrase that begins at index `at`; 0 if no phrase
    begins at `at`.
    """
    for phrase in phrases.get(words[at], ()):
        if tuple(words[at : at + len(phrase)]) == phrase:
            return len(phrase)
    return 0


def _consists(words: Sequence[str], phrases: Phrases) -> bool:
    """Return whether the words consist of one or more of the phrases and polite words."""
    at, found = 0, False
    while at < len(words):
        length = _length(words, at, phrases)
        found = found or length > 0
        length = length or _length(words, at, _POLITE)
        if not length:
            return False
        at += length
    return found


def _is_signed(text: str, stops: Phrases) -> bool:
    """Return whether the text is a STOP with a name after it: on a line below, or after polite
    words.
    """
    first, *below = [line for line in text.strip().split("\n") if line.strip()] or [""]
    words = _words(first)
    if not words:
        return False
    if _consists(words, stops):
        return all(_is_name(line) or _is_polite(_words(line)) for line in below)
    # for "Stop. Thanks, Anna"
    for count in (1, 2):
        name, before = first.split()[-count:], first.split()[:-count]
        said = _words(" ".join(before))
        is_end = bool(said) and _is_polite(said[-1:])
        if is_end and _is_name(" ".join(name)) and _consists(said, stops):
            return not below
    return False


def _words(text: str) -> list[str]:
    return _flat(plain(text)).split()


def _is_polite(words: Sequence[str]) -> bool:
    return not _without_polite(words)


def _without_polite(words: Sequence[str]) -> Sequence[str]:
    """Return the words without the polite words at both ends."""
    at = 0
    while at < len(words) and (length := _length(words, at, _POLITE)):
        at += length
    end = len(words)
    while end > at:
        for length in (3, 2, 1):
            if length <= end - at and _length(words, end - length, _POLITE) == length:
                end -= length
                break
        else:
            break
    return words[at:end]


def _is_name(line: str) -> bool:
    """Return whether a line may be a person's name: a few words, each with a capital letter."""
    said = line.strip(" ,.-\u2013\u2014~/").split()
    return 0 < len(said) <= MAX_NAME_WORDS and all(
        each.istitle() and each.replace("-", "").replace("'", "").rstrip(".").isalpha()
        for each in said
    )


def _speaks_of_stopping(words: Sequence[str], sentences: _Sentences) -> bool:
    for at in range(len(words)):
        if _length(words, at, sentences.alone):
            return True
        if length := _length(words, at, sentences.ends):
            start = max(0, at - MAX_DISTANCE) if sentences.any_order else at + length
            if sentences.about.search(" ".join(words[start : at + length + MAX_DISTANCE])):
                return True
    return False


def _unspaced(flat: str, *, is_asked: bool) -> Wish:
    """Return the meaning for consent of a text without spaces between its words, as in Chinese."""
    core = flat.replace(" ", "")
    while core.startswith(_UNSPACED_POLITE) and core not in _UNSPACED_STOPS:
        core = core[next(len(each) for each in _UNSPACED_POLITE if core.startswith(each)) :]
    while core.endswith(_UNSPACED_POLITE) and core not in _UNSPACED_STOPS:
        core = core[: -next(len(each) for each in _UNSPACED_POLITE if core.endswith(each))]
    stops = _UNSPACED_STOPS if is_asked else _UNSPACED_STOPS | _UNSPACED_IDLE
    if any(core == word * (len(core) // len(word)) for word in stops if core.startswith(word)):
        return OUT
    return "ask" if _ALONE.search(flat) or (_ENDS.search(flat) and _ABOUT.search(flat)) else ""
