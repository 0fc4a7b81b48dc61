"""Converts values of a flow's data to JSON from which the values' types can be restored.

Texts, whole numbers, lists and objects are unchanged. Other values become an object with the mark
`$`: `{"$": "date", "v": "2026-01-09"}`. A key that begins with `$` in an author's own object gets a
second `$`, so that no form, event or contact can forge a mark.
"""

import dataclasses
import importlib
import inspect
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec

from bot.errors import FlowError

MARK = "$"

_BY_TEXT: Mapping[type, tuple[str, Callable[[str], Any]]] = {
    Decimal: ("decimal", Decimal),
    datetime: ("datetime", datetime.fromisoformat),
    date: ("date", date.fromisoformat),
    time: ("time", time.fromisoformat),
    UUID: ("uuid", UUID),
}
_FROM_TEXT = {name: read for name, read in _BY_TEXT.values()}
_LISTS: Mapping[type, str] = {tuple: "tuple", set: "set", frozenset: "frozenset"}
_FROM_LIST: Mapping[str, Callable[[list[Any]], Any]] = {
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
}


class NotStorable(FlowError):
    """The value cannot be stored as JSON."""


def encode(value: Any) -> Any:
    """Return the value as JSON. Values of types that JSON does not have are marked.

    Raises:
        NotStorable: the type cannot be stored.
    """
    kind = type(value)
    if value is None or kind in (bool, int):
        return value
    if kind is str:
        return _text(value)
    if kind is float:
        return value if math.isfinite(value) else _marked("float", repr(value))
    if kind is list:
        return [encode(each) for each in value]
    if kind is dict:
        return _object(value)
    if kind in _BY_TEXT:
        text = value.isoformat() if hasattr(value, "isoformat") else str(value)
        return _marked(_BY_TEXT[kind][0], text)
    if kind is timedelta:
        return _marked("timedelta", [value.days, value.seconds, value.microseconds])
    if kind in _LISTS:
        items = sorted(value, key=repr) if kind is not tuple else value
        return _marked(_LISTS[kind], [encode(each) for each in items])
    if kind is bytes:
        return _marked("bytes", value.hex())
    if isinstance(value, Enum):
        return _marked("enum", encode(value.value), of=_name(kind))
    if isinstance(value, msgspec.Struct):
        fields = {name: encode(getattr(value, name)) for name in kind.__struct_fields__}
        return _marked("object", fields, of=_name(kind))
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        fields = {name: encode(getattr(value, name)) for name in names}
        return _marked("object", fields, of=_name(kind))
    bases: tuple[Any, ...] = (dict, list, str, int, float, tuple)
    for base in bases:
        if isinstance(value, base):
            return encode(base(value))  # An instance of a subclass is stored as its base type.
    hint = "; await it" if inspect.isawaitable(value) else ""
    raise NotStorable(f"its type is {kind.__name__}{hint}")


def decode(value: Any) -> Any:
    """Return the value from which `encode` made this JSON.

    Raises:
        ValueError: the type no longer exists, or no longer accepts the value.
    """
    if isinstance(value, list):
        return [decode(each) for each in value]
    if not isinstance(value, dict):
        return value
    if MARK not in value:
        return {_unescaped(name): decode(each) for name, each in value.items()}
    name: str = value[MARK]
    held: Any = value.get("v")
    if name in _FROM_TEXT:
        return _FROM_TEXT[name](held)
    if name in _FROM_LIST:
        return _FROM_LIST[name](decode(held))
    match name:
        case "float":
            return float(held)
        case "timedelta":
            return timedelta(*held)
        case "bytes":
            return bytes.fromhex(held)
        case "dict":
            return {decode(key): decode(each) for key, each in held}
        case "enum":
            return _type(value["of"])(decode(held))
        case "object":
            return _made(_type(value["of"]), {key: decode(each) for key, each in held.items()})
    raise ValueError(f"a stored value has the unknown type {name!r}")


def plain(value: Any) -> Any:
    """Return stored JSON without the marks of types, for people and other systems."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    if MARK not in value:
        return {_unescaped(name): plain(each) for name, each in value.items()}
    held: Any = value.get("v")
    if value[MARK] == "dict":
        return {str(plain(key)): plain(each) for key, each in held}
    return plain(held)


def _object(value: dict[Any, Any]) -> Any:
    if all(type(name) is str for name in value):
        return {_escaped(_text(name)): encode(each) for name, each in value.items()}
    for name in value:
        if isinstance(name, tuple | frozenset) or dataclasses.is_dataclass(name):
            raise NotStorable(f"the key {name!r} must be a text, a number or a date")
    return _marked("dict", [[encode(name), encode(each)] for name, each in value.items()])


def _marked(name: str, value: Any, **more: Any) -> dict[str, Any]:
    return {MARK: name, "v": value, **more}


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise NotStorable("it contains half a surrogate pair, which is not text") from None
    return value


def _escaped(name: str) -> str:
    return MARK + name if name.startswith(MARK) else name


def _unescaped(name: str) -> str:
    return name[1:] if name.startswith(MARK) else name


def _name(kind: type) -> str:
    if "<locals>" in kind.__qualname__:
        raise NotStorable(
            f"its type {kind.__name__} is defined in a function; define it in a module"
        )
    return f"{kind.__module__}:{kind.__qualname__}"


def _made(kind: Any, fields: dict[str, Any]) -> Any:
    """Return an object of a stored type.

    Fields that the constructor does not take are set afterwards.
    """
    if not dataclasses.is_dataclass(kind):
        return kind(**fields)
    later = {field.name for field in dataclasses.fields(kind) if not field.init}
    make: Any = kind
    made = make(**{name: each for name, each in fields.items() if name not in later})
    for name in later & fields.keys():
        object.__setattr__(made, name, fields[name])
    return made


def _type(name: str) -> Any:
    module, _, qualname = name.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in qualname.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        raise ValueError(f"the type {name} of a stored value no longer exists") from None
    return found
