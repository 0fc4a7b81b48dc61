"""Decodes JSON from other systems. Values that fit their type are kept, other values are omitted.

Typed decoding by msgspec is tried first and takes about a microsecond. Only if typed decoding
fails, the JSON is read again and copied field by field. Typed decoding does not check the values of
unknown fields. If an unknown field has a number that Python cannot represent, `read` and `mended`
replace the number by None.
"""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar, cast, get_args, get_origin

import msgspec

from bot.errors import Malformed


class Tolerant(msgspec.Struct, gc=False):
    """Base class of objects that are decoded from other systems' JSON.

    The repr has only the names of the fields that are set. The repr omits the values, because
    values are phone numbers and texts of contacts, and a repr may be logged.
    """

    def __repr__(self) -> str:
        fields = [each.name for each in msgspec.structs.fields(self) if getattr(self, each.name)]
        return f"{type(self).__name__}({', '.join(fields)})"

    @classmethod
    def of_text(cls, text: str) -> Self | None:
        """Return an object of this type that is made from a text. Some JSON has a text instead of
        an object.

        Return None if this type cannot be made from a text.
        """
        return None


T = TypeVar("T", bound=Tolerant)


NOT_READ = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Errors that msgspec raises if it cannot read some bytes."""


def decoder(kind: type[T]) -> Callable[[bytes], tuple[T, bytes]]:
    """Return a function that decodes a JSON object as `kind` and also returns the bytes to store.

    The bytes to store are the given bytes, or repaired bytes if JSON readers may fail on the given
    bytes. The function raises `Malformed` if the given bytes are not a JSON object in UTF-8, or are
    nested too deeply.
    """
    decode = msgspec.json.Decoder(kind).decode

    def tolerant(raw: bytes) -> tuple[T, bytes]:
        try:
            return decode(raw), raw
        except NOT_READ:
            return _fitted(kind, read(raw)), mended(raw)

    return tolerant


def read(raw: bytes) -> dict[str, Any]:
    """Return a JSON object with all its fields, including unknown fields.

    Half of a surrogate pair becomes `?`. A number that Python cannot represent becomes None.

    Raises:
        Malformed: the bytes are not a JSON object in UTF-8, or are nested too deeply.
    """
    try:
        found = msgspec.json.decode(raw)
    except NOT_READ:
        found = _read_again(raw)
    if not isinstance(found, dict):
        raise Malformed(f"The body is JSON of type {_name(found)}; it must be an object.")
    return found


def mended(raw: bytes) -> bytes:
    """Return the bytes of a JSON object, repaired so that any reader accepts them.

    If `read` replaces a value, the result is the JSON with the replaced value. Otherwise the result
    is `raw`.

    Raises:
        Malformed: as in `read`.
    """
    try:
        msgspec.json.decode(raw)
    except NOT_READ:
        return msgspec.json.encode(read(raw))
    return raw


def _read_again(raw: bytes) -> Any:
    try:
        # A text that was cut inside an emoji has half of a surrogate pair, which UTF-8 cannot
        # encode.
        text = json.dumps(json.loads(raw.decode(), **_STRICT), ensure_ascii=False)
        return json.loads(text.encode(errors="replace"))
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else "not JSON in UTF-8"
        raise Malformed(f"The body of {len(raw)} bytes is {reason}.") from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _float(digits: str) -> float | None:
    return value if math.isfinite(value := float(digits)) else None


def _int(digits: str) -> int | None:
    try:
        return int(digits)
    except ValueError:  # Python reads and writes at most 4300 digits.
        return None


_STRICT: dict[str, Any] = {
    "parse_constant": _no_constant,
    "parse_float": _float,
    "parse_int": _int,
}


def _fitted(kind: type[T], found: dict[str, Any]) -> T:
    return cast(T, _mend(kind, found))


def _mend(kind: Any, value: Any) -> Any:
    """Return `value` converted to `kind`, without the parts that do not fit `kind`.

    Raises:
        msgspec.ValidationError: no part fits.
    """
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
