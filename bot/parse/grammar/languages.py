"""Returns a language's lexicon for one part of the grammar."""

from functools import lru_cache
from importlib import import_module

from bot.parse.grammar.lexicon import Language, Lexicon, build, entries

OWN = frozenset({"de", "en", "es", "fr", "sv"})
"""Languages whose days and times are read with the tables of `lexicons` alone, without
`dateparser`.
"""

KNOWN = OWN | {
    *("ar", "cs", "da", "el", "fa", "fi", "he", "hi", "hu", "id", "it", "ja", "ko", "nb", "nl"),
    *("pl", "pt", "ru", "tr", "uk", "zh"),
}
"""Languages with a module in `lexicons`."""

_NONE = Language()


@lru_cache(maxsize=128)
def language_tables(language: str) -> Language:
    """Return the tables of a language.

    The tables are empty if `lexicons` has no module for the language.
    """
    if language not in KNOWN:
        return _NONE
    found: Language = import_module(f"bot.parse.grammar.lexicons.{language}").LANGUAGE
    return found


@lru_cache(maxsize=256)
def lexicon_of(tag: str, language: str, *tables: str) -> Lexicon:
    """Return a lexicon with the given `tables` of `language`.

    If `dates` is among the tables, the lexicon also has the names of months and weekdays in the
    locale of the BCP-47 `tag`. If `times` is among the tables, the lexicon also has the locale's
    words for the halves of the day, such as a.m. and p.m.
    """
    extra = ""
    if "dates" in tables or "times" in tables:
        from bot.i18n.locales import locale_of
        from bot.parse.grammar.calendar import calendar_table, clock_table

        table_of = calendar_table if "dates" in tables else clock_table
        extra = table_of(locale_of(tag))
    if "amounts" in tables:
        extra = _no_amounts(tag, language)
    return build([language_tables(language)], *tables, extra=extra)


_OF_DAYS = frozenset({"day", "weekday", "past-weekday", "month", "holiday", "week", "part"})
_LIMITS = ("max", "maks", "maximum", "minimum", "ca", "circa")
"""Words of all languages for limits and inexact numbers."""

_OF_TIMES = frozenset({"am", "pm", "part", "noon", "midnight", "oclock"})


def _no_amounts(tag: str, language: str) -> str:
    """Return a table of the words that belong to days and times, such as "o'clock".

    A number beside such a word is not an amount.
    """
    from bot.i18n.locales import locale_of
    from bot.parse.grammar.calendar import calendar_table

    tables = language_tables(language)
    days = f"{tables.dates}\n{calendar_table(locale_of(tag))}"
    found = [phrase for phrase, (name, _) in entries(days) if name in _OF_DAYS]
    found += [phrase for phrase, (name, _) in entries(tables.times) if name in _OF_TIMES]
    return f"hedge: {', '.join((*_LIMITS, *found))}"
