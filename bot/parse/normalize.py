"""Makes texts comparable, and limits the length of the texts that are read."""

import unicodedata
from functools import lru_cache

from bot.parse.answer import Answer, NotUnderstood
from bot.parse.surroundings import without_closing, without_signature

MAX_ANSWER_CHARS = 1_000
"""Maximum number of characters of an answer.

A longer text is not understood, and is not passed to a library.
"""

# Punctuation that may be a part of a name, as in "C#", rather than of the sentence around it.
_KEPT = frozenset("#%&@")
# Characters that turn "1" into a keycap, and a sign into a colored sign.
_MARKS = frozenset("\ufe0e\ufe0f\u20e3")


# Invisible characters that keyboards and copying leave behind, and variation selectors. `fold`
# keeps joiners, because Persian words and emoji differ by them.
UNSEEN = {
    code: None
    for codes in (
        (0x00AD, 0x034F, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F, 0x2060, 0x2800, 0x3164),
        (0xFE0E, 0xFE0F, 0xFEFF, 0xFFFC),
        range(0x202A, 0x202F),
        range(0x2061, 0x2070),
        range(0xE0000, 0xE0080),
    )
    for code in codes
}
UNSEEN_IN_NUMBERS = {**UNSEEN, 0x200C: None, 0x200D: None}
"""Invisible characters, and joiners, which have no meaning in numbers and addresses."""


def fold(text: str) -> str:
    """Return `text` in a form for comparisons.

    The form is NFKC, case-folded and trimmed, with single spaces, straight apostrophes and a plain
    i for the Turkish capital letter I with a dot. Invisible characters and surrounding punctuation
    are removed, unless the text is only punctuation. Folding twice changes nothing. A text over
    1,000 characters is cut and gets an ellipsis, so that the result equals no word.
    """
    if len(text) > MAX_ANSWER_CHARS:
        # No word is so long, and the work on combining marks grows with the square of their number.
        return f"{text[:MAX_ANSWER_CHARS].strip()}\u2026"
    if not text.isascii():
        text = _normal(text.translate(UNSEEN)).casefold().replace("i\u0307", "i")
        text = _normal(text).replace("\u2019", "'")
    flat = " ".join(text.casefold().split())
    return _bare(flat) or flat


def phrase(text: str) -> str:
    """Return `fold(text)` without the punctuation around each word.

    For example, "No, thanks" becomes "no thanks".
    """
    folded = fold(text)
    if " " not in folded or folded.replace(" ", "").isalnum():
        return folded
    return " ".join(word for each in folded.split(" ") if (word := _bare(each))) or folded


@lru_cache(4096)
def phrase_own(text: str) -> str:
    """Return `phrase(text)` for an author's or translator's text, using a cache.

    For texts of contacts use `phrase`, because texts of contacts must not stay in memory.
    """
    return phrase(text)


def said(answer: Answer, hint: str, longest: int = MAX_ANSWER_CHARS) -> str:
    """Return the answer's text in NFKC, trimmed, without invisible characters and signatures.

    Raises:
        NotUnderstood: the text is missing or has more than `longest` characters. `hint` is the hint
            of the error.
    """
    text = _normal(as_written(answer, hint, longest)).strip()
    if not 0 < len(text) <= longest:
        raise NotUnderstood(hint)
    return text


def as_written(answer: Answer, hint: str, longest: int = MAX_ANSWER_CHARS) -> str:
    """Return the answer's text as `said` does, but not in NFKC, because NFKC changes "2½"."""
    # The length is checked before any work on the text.
    text = answer.text
    if len(text) > MAX_ANSWER_CHARS:
        raise NotUnderstood(hint)
    text = without_closing(without_signature(text.translate(UNSEEN))).strip()
    if not 0 < len(text) <= longest:
        raise NotUnderstood(hint)
    return text


def plain_digits(text: str) -> str:
    """Return `text` with the digits of every script converted to 0 to 9."""
    if text.isascii():
        return text
    return "".join(
        character if (digit := unicodedata.decimal(character, None)) is None else str(digit)
        for character in text
    )


def _normal(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _bare(text: str) -> str:
    if text[:1].isalnum() and text[-1:].isalnum():
        return text  # This is a shortcut for most words.
    start, end = 0, len(text)
    while start < end and _is_edge(text[start]):
        start += 1
    while start < end and _is_edge(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_edge(character: str) -> bool:
    if character.isalnum() or character in _KEPT:
        return False
    category = unicodedata.category(character)
    return category[0] in "PZ" or category == "Cf" or character in _MARKS
