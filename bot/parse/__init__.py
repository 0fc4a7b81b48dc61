"""Parsers of answers. A parser returns the value that an answer means, or raises `NotUnderstood`.

A parser is any function of an `Answer`, sync or async. The functions here make parsers that also
know the type of their values, so that a value can be stored as JSON and read back. Parsers do not
use the machine's time or zone, store nothing, and do not log the contact's text. A library is
imported only when the first answer needs the library, so that the bot starts faster.
"""

from bot.parse.addresses import email, phone
from bot.parse.answer import Answer, NotUnderstood, Parser, Parts, any_of, apply, as_parser
from bot.parse.choices import choice, multiple_choice
from bot.parse.confirmation import yes_no
from bot.parse.dates import date
from bot.parse.files import Media, media
from bot.parse.forms import form
from bot.parse.normalize import fold, phrase
from bot.parse.numbers import decimal, integer
from bot.parse.places import Location, location
from bot.parse.plain_text import text
from bot.parse.times import time

__all__ = [
    "Answer",
    "Location",
    "Media",
    "NotUnderstood",
    "Parser",
    "Parts",
    "any_of",
    "apply",
    "as_parser",
    "choice",
    "date",
    "decimal",
    "email",
    "fold",
    "form",
    "integer",
    "location",
    "media",
    "multiple_choice",
    "phone",
    "phrase",
    "text",
    "time",
    "yes_no",
]
