"""Times of day, as the contact's language says them."""

import datetime as dt
import re

from bot.i18n.languages import _
from bot.i18n.locales import language_of
from bot.parse.answer import Answer, NotUnderstood, Parser
from bot.parse.dateparser_adapter import look_up
from bot.parse.normalize import fold, plain_digits, said
from bot.parse.time_zones import local_now
from bot.parse.vocabulary import BEFORE_CLOCK, HOUR, HOUR_BEFORE, MIDNIGHT, NOON

_A_SECOND = dt.timedelta(seconds=1)


def _any(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


# The library reads "15h" as fifteen hours ago and "15 Uhr" as a day of the month.
_CLOCK = re.compile(
    rf"(?:(?P<before>{_any((*BEFORE_CLOCK, *HOUR_BEFORE))})\.?\s)?"
    r"(?P<hour>\d{1,2})"
    rf"(?:\s?(?P<sign>[:.]|h|{_any(HOUR)})\s?(?P<minute>\d\d)(?::\d\d)?)?"
    rf"\s?(?P<half>[ap]\.?\s?m)?(?P<after>{_any(HOUR)})?"
)


def time(*, min: dt.time | None = None, max: dt.time | None = None) -> Parser[dt.time]:
    """A time of day in the contact's zone, to the minute: "15:30", "3.30 pm", "15h", "15 Uhr",
    "noon", "in 2 hours". Without am or pm it is the 24 hours' clock, and a number alone is none.

    The bounds are included; where `min` is later than `max`, they span midnight.
    """

    def read(answer: Answer) -> dt.time:
        hint = _hint(min, max)
        typed = plain_digits(fold(said(answer, hint, longest=100)))
        found = _on_the_clock(typed)
        if found is None:
            found = _from_now(typed, answer)
        if found is None or not _is_within(found, min, max):
            raise NotUnderstood(hint)
        return found

    return Parser(dt.time, read)


def _on_the_clock(text: str) -> dt.time | None:
    if text in NOON:
        return dt.time(12)
    if text in MIDNIGHT:
        return dt.time(0)
    match = _CLOCK.fullmatch(text)
    if not match:
        return None
    named = match["half"] or match["after"] or match["before"] in HOUR_BEFORE
    if not (match["minute"] or named):
        return None
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half"].startswith("p") else 0)
    return dt.time(hour, minute) if hour < 24 and minute < 60 else None


def _from_now(text: str, answer: Answer) -> dt.time | None:
    """The time that is so many minutes or hours from now, less than a day."""
    here = local_now(answer)
    now = here.replace(tzinfo=None)
    language = language_of(answer.locale)
    found = look_up(text, language, now, relative=True)
    later = look_up(text, language, now + _A_SECOND, relative=True)
    # "Tomorrow at 5 pm" stays where it is when now moves on, and holds more than a time.
    if not found or not later or "time" not in found.parts or later.at - found.at != _A_SECOND:
        return None
    wait = found.at - now
    if not dt.timedelta(0) <= wait < dt.timedelta(days=1):
        return None
    # Two hours are two hours, whatever the clocks do in between: so counted in UTC.
    at = (answer.now.astimezone(dt.UTC) + wait).astimezone(here.tzinfo)
    return at.time().replace(second=0, microsecond=0)


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
