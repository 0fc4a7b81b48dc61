"""Decoding what others write: what fits is kept, what doesn't is left out.

The first try is msgspec's typed decoding, about a microsecond. Only where that finds a fault is the
JSON read again and taken over field by field.
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


def decoder(kind: type[T]) -> Callable[[bytes], T]:
    """A function from a JSON object's bytes to `kind`.

    It raises `Malformed` where the bytes are no JSON object in UTF-8, or are nested beyond reason.
    """
    decode = msgspec.json.Decoder(kind).decode

    def tolerant(raw: bytes) -> T:
        try:
            return decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return _decode_again(kind, raw)

    return tolerant


def _decode_again(kind: type[T], raw: bytes) -> T:
    try:
        # A text cut in the middle of an emoji holds half of a surrogate pair, which no UTF-8 can.
        text = json.dumps(json.loads(raw.decode(), **_STRICT), ensure_ascii=False)
        found = json.loads(text.encode(errors="replace"))
        if not isinstance(found, dict):
            raise Malformed(f"The body is JSON of type {_name(found)}; it takes an object.")
        return cast(T, _mend(kind, found))
    except (ValueError, RecursionError) as fault:
        reason = "nested too deeply" if isinstance(fault, RecursionError) else "not JSON in UTF-8"
        raise Malformed(f"The body of {len(raw)} bytes is {reason}.") from fault


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _float(digits: str) -> float | None:
    return value if math.isfinite(value := float(digits)) else None


_STRICT: dict[str, Any] = {"parse_constant": _no_constant, "parse_float": _float}


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
