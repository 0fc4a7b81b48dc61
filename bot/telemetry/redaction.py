"""What logs may tell: a pseudonym for a contact's key, a fault without the contact's words.

Logs say which contact and what went wrong, but no phone number and nothing that was written.
"""

import hashlib
import re
import traceback
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any

from bot.errors import FlowError, MessageError
from bot.settings import Secret

HIDDEN = "***"
LONGEST = 4_096
"""Characters of a text that is looked for. A longer one is only in a line that is longer still, and
such a line is hidden as a whole.
"""

_LONG_NUMBER = r"\+?\d[\d ()-]{5,}\d"
"""Seven digits or more may be somebody's phone number."""


class Pseudonyms:
    """Names contacts in logs: always by the same name, which doesn't tell who it is.

    They are keyed with the project's secret; otherwise trying all phone numbers would find the
    right one.
    """

    def __init__(self, secret: Secret) -> None:
        self._key = hashlib.sha256(b"pseudonym:" + secret.reveal().encode()).digest()

    def of(self, contact: str) -> str:
        """The pseudonym of a contact's key: 12 hexadecimal digits."""
        return hashlib.blake2b(contact.encode(), key=self._key, digest_size=6).hexdigest()


def authors(error: BaseException) -> TracebackType | None:
    """The fault's traceback from the first line of the author's on: what leads there is the same
    for every turn. Where none is the author's, the whole; but what a FlowError or MessageError says
    of a flow needs none.
    """
    found = error.__traceback__
    while found and found.tb_frame.f_globals.get("__name__", "").partition(".")[0] == "bot":
        found = found.tb_next
    if found or isinstance(error, FlowError | MessageError):
        return found
    return error.__traceback__


def told(error: BaseException, private: Iterable[str] = ()) -> str:
    """The fault's traceback as Python prints it, without local values.

    In the faults' own words, whatever is in `private`, and any long number, is hidden.
    """
    hide = _hider(private)
    found = traceback.TracebackException.from_exception(error)
    # Half of a surrogate pair in an author's message would make the whole log line fail.
    return "".join(_lines(found, hide)).rstrip().encode(errors="backslashreplace").decode()


def words_in(value: Any) -> Iterator[str]:
    """Every text and number anywhere in something made of JSON; keys aren't values."""
    # Without recursion: a contact may send JSON that is nested as deeply as Python can read.
    rest = [value]
    while rest:
        each = rest.pop()
        if isinstance(each, dict):
            rest += reversed(each.values())
        elif isinstance(each, list | tuple):
            rest += reversed(each)
        elif isinstance(each, str | int | float) and not isinstance(each, bool):
            yield str(each)


def _hider(private: Iterable[str]) -> re.Pattern[str]:
    short = [text for text in private if len(text) <= LONGEST]
    forms = {form for text in short for form in (text.strip(), repr(text)[1:-1]) if form}
    words = [rf"(?<!\w){re.escape(form)}(?!\w)" for form in sorted(forms, key=len, reverse=True)]
    return re.compile("|".join([*words, _LONG_NUMBER]), re.IGNORECASE)


def _lines(found: traceback.TracebackException, hide: re.Pattern[str]) -> Iterator[str]:
    for earlier, words in (
        (found.__cause__, "directly caused"),
        (found.__context__ if not found.__suppress_context__ else None, "came before"),
    ):
        if earlier is not None:
            yield from _lines(earlier, hide)
            yield f"\nwhich {words}\n\n"
            break
    if found.stack:
        yield "Traceback (most recent call last):\n"
        yield from found.stack.format()
    for line in found.format_exception_only():
        yield hide.sub(HIDDEN, line) if len(line) <= LONGEST else f"{HIDDEN}\n"
    for number, part in enumerate(found.exceptions or (), 1):
        yield f"--- {number} of {len(found.exceptions or ())}\n"
        yield from _lines(part, hide)
