"""Finds locales, languages and regions by language tag."""

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale


@lru_cache(maxsize=256)
def locale_of(tag: str) -> "Locale":
    """Return the locale of a BCP 47 tag, or of the longest known beginning of the tag.

    If no beginning is known, return the English locale.
    """
    from babel import Locale, UnknownLocaleError

    subtags = tag.replace("_", "-").split("-")[:4]
    for end in range(len(subtags), 0, -1):
        try:
            return Locale.parse("-".join(subtags[:end]), sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")


def language_of(tag: str) -> str:
    """Return the code of a tag's language: `de` for `de-AT`. All codes of Norwegian become `nb`."""
    language = str(locale_of(tag).language)
    return "nb" if language in ("no", "nn") else language


def region_of(tag: str) -> str:
    """Return the ISO code of a tag's region: `AT` for `de-AT`.

    If the tag has no region, return the region in which most speakers of the language live.
    """
    from babel.core import get_global

    for subtag in tag.replace("_", "-").split("-")[1:4]:
        if len(subtag) == 2 and subtag.isalpha():
            return subtag.upper()
    likely = get_global("likely_subtags").get(str(locale_of(tag))) or ""
    return str(likely.rpartition("_")[2])


_PLAIN_SIGNS = str.maketrans(
    {
        **dict.fromkeys("\u00a0\u2009\u202f", " "),
        **dict.fromkeys("\u2018\u2019", "'"),
        **dict.fromkeys("\u2010\u2011\u2013\u2212", "-"),
    }
)


def plain_signs(text: str) -> str:
    """Return a formatted value with plain spaces, apostrophes and hyphens.

    If an SMS has a single character outside of GSM-7, it is sent as UCS-2 and has room for less
    than half as many characters.
    """
    return text.translate(_PLAIN_SIGNS)
