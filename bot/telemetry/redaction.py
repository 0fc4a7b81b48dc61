"""Removes personal data from logs: names contacts by pseudonyms, and masks texts in errors.

Logs show which contact is affected and what failed, but no phone numbers and no texts of contacts.
"""

import hashlib
import re
import sysconfig
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import Any

from bot.errors import FlowError, MessageError
from bot.settings import Secret

HIDDEN = "***"
MAX_ERROR_CHARS = 1_000
"""Maximum number of characters of an error's summary."""

MAX_LINE_CHARS = 4_096
"""Maximum number of characters of an error's line that is searched for private texts.

A longer line is hidden as a whole.
"""

_NOT_USERS = (Path(__file__).parents[1], Path(sysconfig.get_path("stdlib")))
"""Folders whose files are not user code."""

_NOTHING = re.compile(r"(?!)")

_LONG_NUMBER = r"\+?\d[\d ()-]{5,}\d"
"""Matches seven digits or more, because they may be a phone number."""


_is_masked: ContextVar[bool] = ContextVar("masked", default=True)


@contextmanager
def unmasked() -> Iterator[None]:
    """Leave errors unmasked in this context.

    This context is for an author's own machine and for tests, where all contacts are made up.
    """
    before = _is_masked.get()
    _is_masked.set(False)
    try:
        yield
    finally:
        _is_masked.set(before)  # A generator may be closed in another context.


def is_unmasked() -> bool:
    """Return whether errors are left unmasked in this context."""
    return not _is_masked.get()


class Pseudonyms:
    """Names of contacts in logs.

    A contact always has the same pseudonym, which does not identify the person. Pseudonyms are
    keyed with the project's secret. Without a key, somebody could find a phone number by trying all
    phone numbers.
    """

    def __init__(self, secret: Secret) -> None:
        self._key = hashlib.sha256(b"pseudonym:" + secret.reveal().encode()).digest()

    def of(self, contact: str) -> str:
        """Return the pseudonym of a contact's key: 12 hexadecimal digits."""
        return hashlib.blake2b(contact.encode(), key=self._key, digest_size=6).hexdigest()


def user_traceback(error: BaseException) -> TracebackType | None:
    """Return the traceback from the first frame of user code; the full traceback if there is no
    such frame.

    The frames before user code are the same for every turn.

    A FlowError or MessageError without such a frame needs no traceback, because its text names its
    origin.
    """
    found = error.__traceback__
    while found and found.tb_frame.f_globals.get("__name__", "").partition(".")[0] == "bot":
        found = found.tb_next
    if found or isinstance(error, FlowError | MessageError):
        return found
    return error.__traceback__


def format_exception(error: BaseException, private: Iterable[str] = ()) -> str:
    """Return the traceback as Python prints it, without local values.

    All texts in `private` and all long numbers are hidden in the messages of the errors.
    """
    found = traceback.TracebackException.from_exception(error)
    return _encodable("".join(_lines(found, _hidden(found, private))).rstrip())


def summarize_error(error: BaseException, private: Iterable[str] = ()) -> tuple[str, str]:
    """Return the error's type and message, masked as by `format_exception`, and a line of code.

    The line is the last line of user code that led to the error, such as `flows/pizza.py, line 12:
    return 1 / 0`; "" if no user code led to the error. Both texts have at most `MAX_ERROR_CHARS`
    characters.
    """
    found = traceback.TracebackException.from_exception(error)
    hide = _hidden(found, private)
    lines = [_masked(line, hide) for line in found.format_exception_only()]
    frames = [each for each in traceback.extract_tb(error.__traceback__) if _is_user_file(each)]
    places = [f"{_short(each.filename)}, line {each.lineno}: {each.line}" for each in frames]
    text, place = "".join(lines).rstrip(), "".join(places[-1:])
    return _encodable(text)[:MAX_ERROR_CHARS], _encodable(place)[:MAX_ERROR_CHARS]


def _is_user_file(frame: traceback.FrameSummary) -> bool:
    """Return whether a frame is user code: not of this package, not installed, not of Python
    itself.
    """
    path = Path(frame.filename)
    return not ("site-packages" in path.parts or any(map(path.is_relative_to, _NOT_USERS)))


def _short(path: str) -> str:
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path


def _encodable(text: str) -> str:
    # Half of a surrogate pair in an author's message would make the whole log line fail.
    return text.encode(errors="backslashreplace").decode()


def _hidden(found: traceback.TracebackException, private: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds private texts and long numbers in the messages of these
    errors.
    """
    if not _is_masked.get():
        return _NOTHING
    messages = _folded("\n".join(_messages(found)))
    # A turn may know a hundred thousand texts, and an error repeats only one or two of them.
    forms = {form for form in _forms(private) if _folded(form) in messages}
    words = [rf"(?<!\w){re.escape(form)}(?!\w)" for form in sorted(forms, key=len, reverse=True)]
    return re.compile("|".join([*words, _LONG_NUMBER]), re.IGNORECASE)


def _masked(line: str, hide: re.Pattern[str]) -> str:
    is_shown = len(line) <= MAX_LINE_CHARS or hide is _NOTHING
    return hide.sub(HIDDEN, line) if is_shown else f"{HIDDEN}\n"


def strings_in(value: Any) -> Iterator[str]:
    """Yield all texts and numbers in a JSON value, but not the keys of objects."""
    # Not recursive, because a contact may send JSON that is nested deeper than Python's stack.
    rest = [value]
    while rest:
        each = rest.pop()
        if isinstance(each, dict):
            rest += reversed(each.values())
        elif isinstance(each, list | tuple):
            rest += reversed(each)
        elif isinstance(each, str | int | float) and not isinstance(each, bool):
            yield str(each)


def _forms(private: Iterable[str]) -> set[str]:
    """Return the texts and their `repr` forms, because errors often quote texts by `repr`."""
    short = {text for text in private if len(text) <= MAX_LINE_CHARS}
    return {form for text in short for form in (text.strip(), repr(text)[1:-1]) if form}


def _folded(text: str) -> str:
    """Return a key that is equal for texts which differ only in case, by the rules of `re`."""
    return text.casefold().replace("i\u0307", "i").replace("\u0131", "i")


def _earlier(
    found: traceback.TracebackException,
) -> tuple[traceback.TracebackException, str] | None:
    """Return the error that came before `found`, and a text for their relation; None if there is no
    such error.

    The text is "directly caused" or "came before".
    """
    if found.__cause__ is not None:
        return found.__cause__, "directly caused"
    if found.__context__ is not None and not found.__suppress_context__:
        return found.__context__, "came before"
    return None


def _messages(found: traceback.TracebackException) -> Iterator[str]:
    if earlier := _earlier(found):
        yield from _messages(earlier[0])
    yield from (line for line in found.format_exception_only() if len(line) <= MAX_LINE_CHARS)
    for part in found.exceptions or ():
        yield from _messages(part)


def _lines(found: traceback.TracebackException, hide: re.Pattern[str]) -> Iterator[str]:
    if earlier := _earlier(found):
        yield from _lines(earlier[0], hide)
        yield f"\nwhich {earlier[1]}\n\n"
    if found.stack:
        yield "Traceback (most recent call last):\n"
        yield from found.stack.format()
    for line in found.format_exception_only():
        yield _masked(line, hide)
    for number, part in enumerate(found.exceptions or (), 1):
        yield f"--- {number} of {len(found.exceptions or ())}\n"
        yield from _lines(part, hide)
