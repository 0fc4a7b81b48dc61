"""Decides whether a phrase is a yes or a no."""

import re
from functools import lru_cache

from bot.parse.grammar.languages import language_tables
from bot.parse.grammar.lexicon import FILLER, Language, Lexicon, Symbol, build, without_kisses
from bot.parse.grammar.tokens import cleaned, plain_letters, tokens
from bot.parse.vocabulary import FALSE_FRIENDS, NO, NO_SIGNS, UNSURE_SIGNS, YES, YES_SIGNS

_REPEATED = re.compile(r"(\w)\1+")
_NEUTRAL = frozenset({FILLER, "polite"})


def verdict_of(text: str, language: str) -> bool | None:
    """Return True if `text` means yes in `language` or in English, False if `text` means no.

    Polite words are ignored. Return None if any other word means neither yes nor no, or if a sign
    such as 👎 contradicts the words.
    """
    signs = {each for each in text if each in YES_SIGNS | NO_SIGNS | UNSURE_SIGNS}
    if signs & UNSURE_SIGNS or (signs & YES_SIGNS and signs & NO_SIGNS):
        return None
    by_signs = bool(signs & YES_SIGNS) if signs else None
    words = cleaned("".join(" " if each in signs else each for each in text))
    if not words:
        return by_signs
    by_words = _of_words(words, language)
    return by_words if signs == set() or by_words is by_signs else None


def _of_words(words: str, language: str) -> bool | None:
    for each in dict.fromkeys((language, "en")):
        found, known = _in_language(words, each)
        if found is not None or known:
            return found
        if words in map(plain_letters, FALSE_FRIENDS.get(each, ())):
            return None
    return None


def _in_language(words: str, language: str) -> tuple[bool | None, bool]:
    """Return whether the text means yes (True) or no (False) in one language, or None if neither.

    Also return whether all words of the text are words of this language.
    """
    lexicon, known_words = _answers(language)
    text = " ".join(_unstretched(each.text, known_words) for each in tokens(words))
    classes = [_class(each) for each in without_kisses(lexicon.all_symbols(text))]
    known = "?" not in classes
    said = "".join(classes).replace("-", "")
    if re.fullmatch("Y+", said):
        return True, known
    return (False if re.fullmatch("N+|Y+!|N+!", said) else None), known


def _class(meanings: list[Symbol]) -> str:
    """Return a letter for the meaning of a phrase: Y for yes, N for no, ! for "not", - for a
    polite word, X for any other meaning, ? for an unknown word.
    """
    tags = {each.tag for each in meanings}
    for tag, letter in (("yes", "Y"), ("no", "N"), ("not", "!"), ("unsure", "X")):
        if tag in tags:
            return letter
    if tags & _NEUTRAL:
        return "-"
    return "?" if "unknown" in tags else "X"


def _unstretched(word: str, known_words: frozenset[str]) -> str:
    """Return the usual spelling of stretched words such as "yeees" and "noooo"."""
    if word in known_words or not _REPEATED.search(word):
        return word
    for kept in (r"\1", r"\1\1"):
        if (short := _REPEATED.sub(kept, word)) in known_words:
            return short
    return word


@lru_cache(maxsize=64)
def _answers(language: str) -> tuple[Lexicon, frozenset[str]]:
    listed = "\n".join(
        f"{tag}: {', '.join(words[language])}"
        for tag, words in (("yes", YES), ("no", NO))
        if language in words
    )
    own = language_tables(language)
    lexicon = build([Language(fillers=own.fillers)], extra=f"{own.answers}\n{listed}")
    return lexicon, frozenset(word for phrase in lexicon.meanings for word in phrase)
