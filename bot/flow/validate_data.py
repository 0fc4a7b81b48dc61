"""Finds errors in a flow's data and class attributes that Python accepts."""

import dataclasses
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

import msgspec

from bot.flow.flow import Flow, Handler, declared_data
from bot.flow.keywords import Word
from bot.flow.states import Ask, Call, Step

_OF_QUESTIONS = ("attempts", "otherwise", "reask", "remind", "stale", "timeout")
"""Options of a question that a flow does not take."""

_KINDS = (Ask, Call, Step, Handler)

_OTHER_NAMES = {"start_words": "start_on", "starting_words": "start_on"}

_OPTIONS = [name for name in vars(Flow) if not name.startswith("_") and name not in ("returns",)]


def attribute_errors(flow: type[Flow]) -> Iterator[tuple[str, str]]:
    """Yield class attributes that do nothing or that all contacts would share: name and error."""
    for base in [each for each in flow.__mro__ if issubclass(each, Flow) and each is not Flow]:
        for name, value in vars(base).items():
            if name.startswith("_") or name in _OPTIONS or name in flow.states:
                continue
            if name in _OF_QUESTIONS and not callable(value) and name not in flow.handlers:
                yield (
                    name,
                    f"it does nothing on a flow; a question takes it: choose(…, {name}={value!r}).",
                )
                continue
            if isinstance(value, tuple) and any(isinstance(each, _KINDS) for each in value):
                yield name, "it is a tuple with a state in it. Remove the comma after `)`."
                continue
            if isinstance(value, Word):
                yield (
                    name,
                    "@keyword counts in a subclass of Keywords, not in a flow. Move it there, or"
                    " make it an option of a question.",
                )
                continue
            if isinstance(value, list | dict | set):
                yield (
                    name,
                    "all contacts share it. Store it in self.data, or make it a tuple if it never"
                    " changes.",
                )
            near = get_close_matches(name, _OPTIONS, n=1, cutoff=0.8)
            if not near and name in _OTHER_NAMES:
                near = [_OTHER_NAMES[name]]
            if near and not callable(value) and name not in flow.handlers:
                yield name, f"it does nothing. Did you mean {near[0]!r}?"
        for name, value in vars(base).get("__annotations__", {}).items():
            if isinstance(value, _KINDS):
                yield name, f"the state has a `:` instead of `=`. Write {name} = …"


def data_errors(flow: type[Flow]) -> Iterator[tuple[str, str]]:
    """Yield errors of the type of `data`: missing fields for answers, and fields without a
    default.
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
    """Return the fields of a type and whether each is required; None for a type without fields."""
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
