"""Decoding what others write: what fits is kept, what doesn't is left out.

The first try is msgspec's typed decoding, about a microsecond. Only if that fails is the JSON read
again and taken over field by field. Typed decoding skips unknown fields, where a number may be too
large for any other reader; `read` and `mended` read these too.
"""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar, cast, get_args, get_origin

import msgspec

from bot.errors import Malformed


class Tolerant(msgspec.Struct, gc=False):
    """Base of everything read from outside.

    Its repr names the fields that are set, never their values: those are numbers and texts of
    contacts, and a repr ends up in logs.
    """

    def __repr__(self) -> str:
        fields = [each.name for each in msgspec.structs.fields(self) if getattr(self, each.name)]
        return f"{type(self).__name__}({', '.join(fields)})"

    @classmethod
    def of_text(cls, text: str) -> Self | None:
        """What this is where only a text stands for it; None where a text says nothing."""
        return None


T = TypeVar("T", bound=Tolerant)


NOT_READ = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises if it can't read some bytes."""


def decoder(kind: type[T]) -> Callable[[bytes], tuple[T, bytes]]:
    """Return a function from a JSON object's bytes to `kind`, and the bytes to store: the same
    ones, unless typed decoding failed and they had to be mended.

    The function raises `Malformed` if the bytes aren't a JSON object in UTF-8, or are nested too
    deeply.
    """
    decode = msgspec.json.Decoder(kind).decode

    def tolerant(raw: bytes) -> tuple[T, bytes]:
        try:
            return decode(raw), raw
        except NOT_READ:
            return _fitted(kind, read(raw)), mended(raw)

    return tolerant


def read(raw: bytes) -> dict[str, Any]:
    """Return everything in a JSON object, unknown fields too.

    Half of a surrogate pair becomes `?`; a number out of Python's range becomes None.

    Raises:
        Malformed: it isn't a JSON object in UTF-8, or is nested too deeply.
    """
    try:
        found = msgspec.json.decode(raw)
    except NOT_READ:
        found = _read_again(raw)
    if not isinstance(found, dict):
        raise Malformed(f"The body is JSON of type {_name(found)}; it takes an object.")
    return found


def mended(raw: bytes) -> bytes:
    """Return the JSON object as any reader takes it: unchanged if it has nothing that `read`
    replaces.

    Raises:
        Malformed: as `read`.
    """
    try:
        msgspec.json.decode(raw)
    except NOT_READ:
        return msgspec.json.encode(read(raw))
    return raw


def _read_again(raw: bytes) -> Any:
    try:
        # A text cut in the middle of an emoji holds half of a surrogate pair, which no UTF-8 can.
        text = json.dumps(json.loads(raw.decode(), **_STRICT), ensure_ascii=False)
        return json.loads(text.encode(errors="replace"))
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else "not JSON in UTF-8"
        raise Malformed(f"The body of {len(raw)} bytes is {reason}.") from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _float(digits: str) -> float | None:
    return value if math.isfinite(value := float(digits)) else None


def _int(digits: str) -> int | None:
    try:
        return int(digits)
    except ValueError:  # Python reads and writes 4300 digits.
        return None


_STRICT: dict[str, Any] = {
    "parse_constant": _no_constant,
    "parse_float": _float,
    "parse_int": _int,
}


def _fitted(kind: type[T], found: dict[str, Any]) -> T:
    return cast(T, _mend(kind, found))


def _mend(kind: Any, value: Any) -> Any:
    """`value` as `kind`, without the parts that don't fit; ValidationError if none is left."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        if get_origin(kind) is tuple and isinstance(value, list):
            return tuple(_fitting(get_args(kind)[0], value))
        for part in (kind, *get_args(kind)):
            if isinstance(part, type) and issubclass(part, Tolerant):
                if isinstance(value, dict):
                    return _mend_fields(part, value)
                if isinstance(value, str) and (found := part.of_text(value)):
                    return found
        raise


def _fitting(kind: Any, values: list[Any]) -> Any:
    for value in values:
        try:
            yield _mend(kind, value)
        except msgspec.ValidationError:
            continue


def _mend_fields(kind: type[Tolerant], found: Mapping[str, Any]) -> Tolerant:
    kept = {}
    for field in msgspec.structs.fields(kind):
        if field.encode_name in found:
            for value in _fitting(field.type, [found[field.encode_name]]):
                kept[field.encode_name] = msgspec.to_builtins(value)
    return msgspec.convert(kept, kind)


def _name(value: Any) -> str:
    return "null" if value is None else type(value).__name__
