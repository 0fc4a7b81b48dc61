"""Text made comparable, and the bound on what is read at all."""

import unicodedata
from functools import lru_cache

from bot.parse.answer import Answer, NotUnderstood

LONGEST = 1_000
"""Characters; what is longer is no answer to a question, and never reaches a library."""

# Punctuation that is part of a name, as in "C#", rather than of the sentence around it.
_KEPT = frozenset("#%&@")
# What turns "1" into a keycap and a sign into a coloured one.
_MARKS = frozenset("\ufe0e\ufe0f\u20e3")


def fold(text: str) -> str:
    """`text` for comparison: NFKC, casefolded, trimmed, inner blanks single, apostrophes straight,
    surrounding punctuation dropped; of punctuation alone, nothing is dropped. Folding twice changes
    nothing.
    """
    flat = " ".join(_normal(_normal(text).casefold()).replace("\u2019", "'").split())
    start, end = 0, len(flat)
    while start < end and _is_edge(flat[start]):
        start += 1
    while start < end and _is_edge(flat[end - 1]):
        end -= 1
    return flat[start:end] or flat


@lru_cache(4096)
def fold_own(text: str) -> str:
    """`fold` for what authors and translators write, which is compared again and again; what
    contacts write isn't kept in memory.
    """
    return fold(text)


def said(answer: Answer, hint: str, longest: int = LONGEST) -> str:
    """The answer's text, NFKC and trimmed.

    Raises:
        NotUnderstood: with `hint`; there is no text, or more than `longest` characters.
    """
    if len(answer.text) > longest:
        raise NotUnderstood(hint)
    text = _normal(answer.text).strip()
    if not 0 < len(text) <= longest:
        raise NotUnderstood(hint)
    return text


def plain_digits(text: str) -> str:
    """`text` with the digits of every script as 0 to 9."""
    if text.isascii():
        return text
    return "".join(
        character if (digit := unicodedata.decimal(character, None)) is None else str(digit)
        for character in text
    )


def _normal(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _is_edge(character: str) -> bool:
    if character.isalnum() or character in _KEPT:
        return False
    category = unicodedata.category(character)
    return category[0] in "PZ" or category == "Cf" or character in _MARKS
