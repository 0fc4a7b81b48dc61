"""Parser of times of day, in the contact's language."""

import datetime as dt
import re

from bot.i18n.languages import _
from bot.i18n.locales import language_of
from bot.parse.answer import Answer, NotUnderstood, Parser
from bot.parse.dateparser_adapter import look_up
from bot.parse.grammar.clock import time_of
from bot.parse.grammar.languages import OWN, lexicon_of
from bot.parse.grammar.tokens import cleaned, without_marks
from bot.parse.normalize import said
from bot.parse.time_zones import local_now

_A_SECOND = dt.timedelta(seconds=1)


def time(*, min: dt.time | None = None, max: dt.time | None = None) -> Parser[dt.time]:
    """Parse a time of day in the contact's zone, to the minute: "15:30", "3.30 pm", "15h", "1530".

    The parser understands words, too: "half past three", "Viertel vor elf", "9 de la noche",
    "noon", "in 2 hours". "About 7 pm" means 7 pm. Two times, a range and a limit ("after 5") are
    not understood.

    A number alone is an hour: "11" means 11:00. If the answer has no part of the day such as "pm",
    hours count from 0 to 23: "5" and "at 5" mean 05:00. "The 11" is not understood, because it may
    be a day.

    `min` and `max` are the first and last accepted time. If `min` is later than `max`, the range of
    accepted times crosses midnight. With `min=dt.time(12)`, "5" is not understood, and the contact
    is asked for a time of 12:00 or later.
    """

    def read(answer: Answer) -> dt.time:
        hint = _hint(min, max)
        found = _read(cleaned(without_marks(said(answer, hint, longest=100))), answer)
        if found is None or not _is_within(found, min, max):
            raise NotUnderstood(hint)
        return found

    return Parser(dt.time, read)


def _read(text: str, answer: Answer) -> dt.time | None:
    language, here = language_of(answer.locale), local_now(answer)
    for each in dict.fromkeys((language, "en")):
        tag = answer.locale if each == language else "en"
        found, known = time_of(lexicon_of(tag, each, "times"), text, here.replace(tzinfo=None))
        if isinstance(found, dt.time):
            return found
        if found is not None:
            return _later(found, answer)
        if known:
            return None
    # `dateparser` would read only one of two numbers, so it only gets texts with a single number.
    several = len(re.findall(r"\d+", text)) > 1
    return None if several or language in OWN else _from_now(text, answer)


def _later(wait: dt.timedelta, answer: Answer) -> dt.time | None:
    """Return the contact's time of day after `wait`; None if `wait` is a day or longer."""
    if not dt.timedelta(0) <= wait < dt.timedelta(days=1):
        return None
    # Counted in UTC, because two hours are two hours even if the clock changes meanwhile.
    at = (answer.now.astimezone(dt.UTC) + wait).astimezone(local_now(answer).tzinfo)
    return at.time().replace(second=0, microsecond=0)


def _from_now(text: str, answer: Answer) -> dt.time | None:
    """Return the time of day that a text such as "in 2 hours" means.

    Return None for any other text, and for a duration of a day or more.
    """
    now = local_now(answer).replace(tzinfo=None)
    language = language_of(answer.locale)
    found = look_up(text, language, now, relative=True)
    later = look_up(text, language, now + _A_SECOND, relative=True)
    # "Tomorrow at 5 pm" is not relative to now, and contains more than a time.
    if not found or not later or "time" not in found.parts or later.at - found.at != _A_SECOND:
        return None
    return _later(found.at - now, answer)


def _is_within(found: dt.time, min: dt.time | None, max: dt.time | None) -> bool:
    if min and max and min > max:
        return found >= min or found <= max
    return (min is None or found >= min) and (max is None or found <= max)


def _hint(min: dt.time | None, max: dt.time | None) -> str:
    if min is not None and max is not None:
        return _(
            "Please give a time of day from {min} to {max}.", min=f"{min:%H:%M}", max=f"{max:%H:%M}"
        )
    if min is not None:
        return _("Please give a time of day, {min} or later.", min=f"{min:%H:%M}")
    if max is not None:
        return _("Please give a time of day, {max} or earlier.", max=f"{max:%H:%M}")
    return _("Please give a time of day, such as {example}.", example="15:30")
