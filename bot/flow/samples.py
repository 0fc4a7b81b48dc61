"""Sample values of types, so that parts of a flow can be shown without a conversation."""

from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import inspect

from bot import parse

TEXT = "ABC123"
"""A sample name or number. All its letters are in GSM-7, so a sample SMS does not need UCS-2."""

SAMPLES: dict[Any, Any] = {
    str: TEXT,
    bool: True,
    int: 2,
    float: 2.5,
    Decimal: Decimal("2.5"),
    date: date(2026, 1, 5),
    time: time(12, 30),
    list[str]: [TEXT],
    parse.Location: parse.Location(55.6, 13.0),
    parse.Media: parse.Media("https://example.com/picture.jpg", "image"),
}
"""A sample answer for each type that the framework's parsers return."""


def sample(kind: Any) -> Any:
    """Return a sample of a type. A sample of a dataclass has samples in all its fields.

    Raises:
        LookupError: there is no sample of this type.
    """
    try:
        if kind in SAMPLES:
            return SAMPLES[kind]
        return msgspec.convert(_plain(inspect.type_info(kind), whole=True), kind)
    except (TypeError, msgspec.ValidationError) as error:
        raise LookupError(f"No sample value of the type {kind} can be made: {error}") from error


def sample_fields(kind: Any) -> Mapping[str, Any]:
    """Return samples of the required fields of a type, as JSON values.

    Raises:
        LookupError: there is no sample of a field, or the type has no fields.
    """
    try:
        found = _plain(inspect.type_info(kind), whole=False)
    except TypeError as error:
        raise LookupError(f"No sample value of the type {kind} can be made: {error}") from error
    if not isinstance(found, dict):
        raise LookupError(f"{kind} has no fields.")
    return found


def _plain(kind: inspect.Type, *, whole: bool) -> Any:
    """Return a sample as JSON. If `whole` is False, only required fields are included."""
    match kind:
        case inspect.UnionType(types=types):
            known = [each for each in types if not isinstance(each, inspect.NoneType)]
            return _plain(known[0], whole=whole)
        case inspect.LiteralType(values=values):
            return values[0]
        case inspect.EnumType(cls=enum):
            return next(iter(enum)).value
        case inspect.ListType(item_type=item) | inspect.SetType(item_type=item):
            return [_plain(item, whole=whole)]
        case inspect.VarTupleType(item_type=item) | inspect.FrozenSetType(item_type=item):
            return [_plain(item, whole=whole)]
        case inspect.TupleType(item_types=items):
            return [_plain(item, whole=whole) for item in items]
        case inspect.DictType():
            return {}
        case (
            inspect.StructType(fields=fields)
            | inspect.DataclassType(fields=fields)
            | inspect.TypedDictType(fields=fields)
            | inspect.NamedTupleType(fields=fields)
        ):
            return {
                each.encode_name: _plain(each.type, whole=whole)
                for each in fields
                if whole or each.required
            }
    if type(kind) not in _PLAIN:
        raise LookupError(f"No sample value of the type {kind} can be made.")
    return _PLAIN[type(kind)]


_PLAIN: dict[type[inspect.Type], Any] = {
    inspect.NoneType: None,
    inspect.StrType: TEXT,
    inspect.BoolType: True,
    inspect.IntType: 2,
    inspect.FloatType: 2.5,
    inspect.DecimalType: "2.5",
    inspect.DateType: "2026-01-05",
    inspect.TimeType: "12:30:00",
    inspect.DateTimeType: "2026-01-05T12:30:00Z",
    inspect.AnyType: {},
}
