# ruff: noqa: RUF001 -- letters and signs that look alike are the subject
"""Splits texts into tokens. The same text has the same tokens whichever keyboard was used."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from bot.parse.normalize import UNSEEN_IN_NUMBERS, plain_digits

# Marks on letters, in scripts that are readable without them. Marks in Indic scripts and Japanese
# make other letters, so they stay.
_MARKS = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u0655\u0670]"
)
_LETTERS = str.maketrans(
    {
        **{"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"},
        # Keyboards for Arabic and for Persian have different characters for these letters.
        **{"ی": "ي", "ى": "ي", "ک": "ك", "ة": "ه", "ٱ": "ا"},
        # All dashes, minus signs, apostrophes and quotation marks that phones produce.
        **dict.fromkeys("‐‑‒–—―−﹘﹣－", "-"),
        **dict.fromkeys("’‘`´ʼʹ′‛＇", "'"),
        **dict.fromkeys("“”„‟«»‹›″＂", '"'),
        **{"،": ",", "、": ",", "，": ",", "；": ";", "؛": ";", "：": ":", "。": ".", "·": "."},
    }
)
# These scripts have no spaces between words, so each letter is a token.
_UNSPACED = "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)|(?<=\w)'(?=\s|$)")
# An apostrophe is only kept before a year: "'85".
_QUOTE = re.compile(r"'(?!\d\d(?!\d))")
_LETTER_HYPHEN = re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])")
_LETTER_DOT = re.compile(r"(?<=[^\W\d_])\.")
_NOISE = re.compile(r"[*_~\"()\[\]{}<>!?¡¿…|\u3000]|(?<!\d),|,(?!\d)|(?<!\d):(?!\d)|;")
_TOKEN = re.compile(rf"\d+|[{_UNSPACED}]|[^\W\d_{_UNSPACED}]+|[^\w\s]")

STOP_SIGNS = frozenset("👎❌✖🚫🙅🤷🛑❎")
"""Signs that may reverse the meaning of a text. `cleaned` does not remove these signs."""


@dataclass(frozen=True, slots=True)
class Token:
    text: str
    start: int
    end: int

    @property
    def is_number(self) -> bool:
        return self.text.isdecimal()


def plain_letters(text: str) -> str:
    """Return `text` without accents, in lower case, with one form for each letter and sign.

    For example, Turkish and Greek capitals, German ß, and Arabic letters from a Persian keyboard
    get the same form as other spellings. The caller must limit the length of `text`.
    """
    if text.isascii():
        return text.casefold().translate(_LETTERS)
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)
    bare = _MARKS.sub("", unicodedata.normalize("NFD", folded))
    return unicodedata.normalize("NFC", bare).translate(_LETTERS).replace("ς", "σ")


def cleaned(text: str) -> str:
    """Return `plain_letters(text)` without emoji, and without punctuation that has no meaning."""
    plain = plain_digits(plain_letters(text.translate(UNSEEN_IN_NUMBERS)))
    plain = _LETTER_DOT.sub(
        " ", _LETTER_HYPHEN.sub(" ", _QUOTE.sub(" ", _APOSTROPHE.sub("", plain)))
    )
    plain = _NOISE.sub(" ", plain)
    if not plain.isascii():
        plain = "".join(" " if _is_emoji(each) else each for each in plain)
    return " ".join(plain.split())


MARK = "\u00a7"
"""The character that replaces digits in a text after the digits have been read as a number, date or
time.
"""


def without_marks(text: str) -> str:
    """Return `text` without the character MARK, which a contact may have written."""
    return text.replace(MARK, " ")


def tokens(text: str) -> list[Token]:
    """Return the tokens of a `cleaned` text."""
    return [Token(each[0], each.start(), each.end()) for each in _TOKEN.finditer(text)]


@lru_cache(8192)
def words(phrase: str) -> tuple[str, ...]:
    """Return the tokens of a table's phrase, as texts."""
    return tuple(each.text for each in tokens(cleaned(phrase)))


def _is_emoji(character: str) -> bool:
    if character in STOP_SIGNS or character.isascii():
        return False
    return (
        unicodedata.category(character) in ("So", "Sk", "Cf", "Cs", "Co", "Cn")
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or character in "\ufe0e\ufe0f\u20e3"
    ) and character not in "°"
