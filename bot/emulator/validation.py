"""Checks of request bodies.

A check is composed of smaller checks, and yields all violations that it finds.

A field that is `null` counts as absent, and unknown fields are ignored, as in JSON of protocol
buffers. A required text must not be empty, because protocol buffers do not distinguish an empty
text from an absent one.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from bot.emulator.api_error import ApiError, Violation
from bot.emulator.timestamps import parse_time

Check = Callable[[Any, str], Iterator[Violation]]
"""A function that takes a value and its path, and yields the value's violations."""


def require(check: Check, value: Any) -> None:
    """Raise an `ApiError` (400) if the value has violations. The error lists all violations."""
    violations = list(check(value, ""))
    if violations:
        raise ApiError(400, "Invalid argument", violations)


def text(*, most: int | None = None, empty: bool = True) -> Check:
    def check(value: Any, at: str) -> Iterator[Violation]:
        if not isinstance(value, str):
            yield Violation(at, "must be a string")
        elif not value and not empty:
            yield Violation(at, "must not be empty")
        elif most is not None and len(value) > most:
            yield Violation(at, f"must be at most {most} characters long")

    return check


def number(least: float, most: float, *, whole: bool = False) -> Check:
    def check(value: Any, at: str) -> Iterator[Violation]:
        kinds = int if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            yield Violation(at, "must be an integer" if whole else "must be a number")
        elif not least <= value <= most:
            yield Violation(at, f"must be between {least:g} and {most:g}")

    return check


def flag(value: Any, at: str) -> Iterator[Violation]:
    if not isinstance(value, bool):
        yield Violation(at, "must be true or false")


def instant(value: Any, at: str) -> Iterator[Violation]:
    try:
        parse_time(value)
    except (TypeError, ValueError):
        yield Violation(at, "must be an RFC 3339 timestamp")


def anything(value: Any, at: str) -> Iterator[Violation]:
    """Accept any value."""
    yield from ()


def json_object(value: Any, at: str) -> Iterator[Violation]:
    if not isinstance(value, dict):
        yield Violation(at, "must be an object")


def one_word(names: Collection[str]) -> Check:
    def check(value: Any, at: str) -> Iterator[Violation]:
        if not isinstance(value, str) or value not in names:
            yield Violation(at, f"must be one of {', '.join(names)}")

    return check


def items(of: Check, *, least: int = 0, most: int | None = None, unique: bool = False) -> Check:
    def check(value: Any, at: str) -> Iterator[Violation]:
        if not isinstance(value, list):
            yield Violation(at, "must be a list")
            return
        if len(value) < least:
            yield Violation(at, f"must hold at least {least} element{'s' * (least > 1)}")
        if most is not None and len(value) > most:
            yield Violation(at, f"must hold at most {most} elements")
        if unique and any(entry in value[:index] for index, entry in enumerate(value)):
            yield Violation(at, "must not hold an element twice")
        for index, entry in enumerate(value):
            yield from of(entry, f"{at}[{index}]")

    return check


def mapping(keys: Collection[str] | None, values: Check) -> Check:
    def check(value: Any, at: str) -> Iterator[Violation]:
        if not isinstance(value, dict):
            yield Violation(at, "must be an object")
            return
        for key, entry in value.items():
            if keys is not None and key not in keys:
                yield Violation(at, f"{key} is not one of {', '.join(keys)}")
            else:
                yield from values(entry, _path(at, key))

    return check


def record(
    required: Mapping[str, Check] | None = None,
    optional: Mapping[str, Check] | None = None,
    *,
    one_of: Mapping[str, Check] | None = None,
    may_lack: Callable[[dict[str, Any]], bool] = lambda value: False,
) -> Check:
    """Return a check for an object with these fields, and with exactly one of the fields `one_of`.

    If `may_lack(object)` returns True, all fields in `one_of` may be absent.
    """
    must, may, kinds = required or {}, optional or {}, one_of or {}

    def check(value: Any, at: str) -> Iterator[Violation]:
        if not isinstance(value, dict):
            yield Violation(at, "must be an object")
            return
        for name, of in must.items():
            if value.get(name) in (None, ""):
                yield Violation(_path(at, name), "Field is mandatory")
            else:
                yield from of(value[name], _path(at, name))
        for name, of in {**may, **kinds}.items():
            if value.get(name) is not None:
                yield from of(value[name], _path(at, name))
        found = [name for name in kinds if value.get(name) is not None]
        if len(found) > 1:
            yield Violation(at, f"only one of {', '.join(found)} may be set")
        elif kinds and not found and not may_lack(value):
            yield Violation(at, f"one of {', '.join(kinds)} must be set")

    return check


def _path(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name
