"""What is wrong with a flow's data and class attributes, though Python itself accepts them."""

import dataclasses
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

import msgspec

from bot.flow.flow import Flow, declared_data
from bot.flow.states import Ask, Call

_OPTIONS = [name for name in vars(Flow) if not name.startswith("_") and name not in ("returns",)]


def attribute_errors(flow: type[Flow]) -> Iterator[tuple[str, str]]:
    """Yield class attributes that do nothing or that all contacts would share, by name."""
    for base in [each for each in flow.__mro__ if issubclass(each, Flow) and each is not Flow]:
        for name, value in vars(base).items():
            if name.startswith("_") or name in _OPTIONS or name in flow.states:
                continue
            if isinstance(value, list | dict | set):
                yield (
                    name,
                    "all contacts share it. Keep it in self.data, or make it a tuple if it never"
                    " changes.",
                )
            near = get_close_matches(name, _OPTIONS, n=1, cutoff=0.8)
            if near and not callable(value) and name not in flow.handlers:
                yield name, f"it does nothing. Did you mean {near[0]!r}?"


def data_errors(flow: type[Flow]) -> Iterator[tuple[str, str]]:
    """Yield answers that the type of `data` has no field for, and fields that it needs a default
    for, by name.
    """
    declared = declared_data(flow)
    fields = fields_of(declared)
    if fields is None:
        return
    name_of = declared.__name__
    answers = [name for name, state in flow.states.items() if isinstance(state, Ask | Call)]
    for name in answers:
        if name not in fields:
            yield (
                name,
                f"its answer is stored in data, and {name_of} has no field {name!r}. Add it.",
            )
    starts_empty = bool(flow.start_on or flow.fallback)
    for name, is_required in fields.items():
        if is_required and (name in answers or starts_empty):
            yield (
                "data",
                f"{name_of}.{name} has no default, and the flow starts without a value for it. Give"
                " it one.",
            )


def fields_of(declared: Any) -> dict[str, bool] | None:
    """The fields of a type and whether each is required; None for a type without fields."""
    if isinstance(declared, type) and issubclass(declared, msgspec.Struct):
        return {field.name: field.required for field in msgspec.structs.fields(declared)}
    if isinstance(declared, type) and dataclasses.is_dataclass(declared):
        missing = dataclasses.MISSING
        return {
            field.name: field.default is missing and field.default_factory is missing
            for field in dataclasses.fields(declared)
            if field.init
        }
    return None
