"""Finds errors that Python itself accepts, in a flow's data and class attributes."""

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping, MutableMapping
from difflib import get_close_matches
from typing import Any, get_origin, get_type_hints, is_typeddict

import msgspec

from bot.flow.flow import Flow, Handler, declared_data
from bot.flow.keywords import Word
from bot.flow.samples import SAMPLES
from bot.flow.state_constructors import bursts_of
from bot.flow.states import Ask, Call, Step
from bot.parse import Location, Media, Parts

_OF_QUESTIONS = ("attempts", "otherwise", "reask", "remind", "stale", "timeout")
"""Options that questions have and flows do not have."""

_STRUCTS = (Location, Media)
"""The classes of the objects that the framework's parsers return."""

_KINDS = (Ask, Call, Step, Handler)

_OTHER_NAMES = {"start_words": "start_on", "starting_words": "start_on"}

_OPTIONS = [name for name in vars(Flow) if not name.startswith("_") and name not in ("returns",)]


def attribute_errors(flow: type[Flow]) -> Iterator[tuple[str, str]]:
    """Yield name and error of each class attribute that has no effect, or whose value all contacts
    would share.
    """
    for base in [each for each in flow.__mro__ if issubclass(each, Flow) and each is not Flow]:
        for name, value in vars(base).items():
            if name.startswith("_") or name in _OPTIONS or name in flow.states:
                continue
            if name == "data" and name not in flow.handlers:
                if error := _value_of_data(flow, value):
                    yield name, error
                continue
            if name in _OF_QUESTIONS and not callable(value) and name not in flow.handlers:
                yield (
                    name,
                    "this is an option of questions, without effect on a flow. Give it to a"
                    f" question: choose(…, {name}={value!r}).",
                )
                continue
            if isinstance(value, tuple) and any(isinstance(each, _KINDS) for each in value):
                yield name, "this is a tuple with a state in it. Remove the comma after `)`."
                continue
            if isinstance(value, Word):
                yield (
                    name,
                    "@keyword works only in a subclass of Keywords. Move the method there, or"
                    " make its words an option of a question.",
                )
                continue
            if isinstance(value, list | dict | set):
                yield (
                    name,
                    "all contacts share this value. Store the value in self.data, or make it a"
                    " tuple if it never changes.",
                )
            near = get_close_matches(name, _OPTIONS, n=1, cutoff=0.8)
            if not near and name in _OTHER_NAMES:
                near = [_OTHER_NAMES[name]]
            if near and not callable(value) and name not in flow.handlers:
                yield name, f"this attribute has no effect. Did you mean {near[0]!r}?"
        for name, value in vars(base).get("__annotations__", {}).items():
            if isinstance(value, _KINDS):
                yield name, f"the state has a `:` instead of `=`. Write {name} = …"


def _value_of_data(flow: type[Flow], value: Any) -> str:
    """Return the error if the class attribute `data` has a value, because nothing reads the value.

    Return "" if the value equals the defaults of the type that annotates `data`, or if this type
    has no fields.
    """
    declared = declared_data(flow)
    if declared is not None:
        if fields_of(declared) is None:
            return ""
        with contextlib.suppress(TypeError):
            if type(value) is declared and value == declared():
                return ""
        return "this value is never read. Write the defaults in the type of the flow's data."
    if isinstance(value, type):
        return (
            f"write `data: {value.__name__}`, with a colon, because {value.__name__} is the type of"
            " the flow's data."
        )
    return (
        "this value is never read, because `data` only declares the type of the flow's data."
        " Declare the fields with defaults in a dataclass, such as TeaData. Then write"
        " `data: TeaData`, with a colon."
    )


def _type_error(declared: Any) -> str:
    """Return the error if the type that annotates `data` has no attributes, otherwise ""."""
    kind = get_origin(declared) or declared
    name = getattr(declared, "__name__", str(declared))
    written = str(declared) if get_origin(declared) else name
    is_plain = kind is Any or is_typeddict(kind) or kind in (Mapping, MutableMapping)
    if is_plain or (isinstance(kind, type) and issubclass(kind, _WITHOUT_FIELDS)):
        return (
            f"{written} has no attributes, and flows read their data as self.data.size. Declare the"
            " fields in a dataclass with defaults, or leave the annotation out."
        )
    if isinstance(kind, type) and fields_of(kind) is None and _is_own(kind):
        return f"{name} is a plain class. Write @dataclass above class {name}."
    return ""


_WITHOUT_FIELDS = (dict, list, tuple, set, frozenset, str, int, float)


def _is_own(kind: type) -> bool:
    """Return whether a class is an author's plain class. msgspec cannot make objects of such a
    class.
    """
    return kind.__module__ != "builtins" and not hasattr(kind, "__attrs_attrs__")


def data_errors(flow: type[Flow]) -> Iterator[tuple[str, str]]:
    """Yield errors in the type of `data`: answers without a field, fields that need a default."""
    declared = declared_data(flow)
    fields = fields_of(declared)
    if fields is None:
        if declared is not None and (error := _type_error(declared)):
            yield "data", error
        return
    name_of = declared.__name__
    answers = [name for name, state in flow.states.items() if isinstance(state, Ask | Call)]
    for name in answers:
        if name not in fields:
            yield (
                name,
                f"the answer is stored in data, and {name_of} has no field {name!r}. Add the"
                " field.",
            )
    try:
        msgspec.convert({}, declared)
    except msgspec.ValidationError:
        pass  # This field has no default.
    except TypeError as error:
        yield "data", f"{name_of} can't be restored from JSON: {error} Change its types."
        return
    yield from _answer_errors(flow, declared)
    starts_empty = bool(flow.start_on or flow.fallback)
    for name, is_required in fields.items():
        if is_required and (name in answers or starts_empty):
            yield (
                "data",
                f"{name_of}.{name} has no default, but the flow starts without a value for it."
                " Give the field a default.",
            )


def _answer_errors(flow: type[Flow], declared: Any) -> Iterator[tuple[str, str]]:
    """Yield name and error of each question whose answer does not fit its field in `data`.

    Only questions for a file or a location are checked, because for other questions a field may
    accept some texts or numbers, but not the sample answer.
    """
    types = get_type_hints(declared, include_extras=True)
    for name, state in flow.states.items():
        if not isinstance(state, Ask) or not state.accept or name not in types:
            continue
        kinds = [each.type for each in state.accept.choices or (state.accept,)]
        written = " | ".join(dict.fromkeys(map(_written, kinds)))
        needed = {_written(kind): SAMPLES[kind] for kind in kinds if kind in _STRUCTS}
        bursts = state.bursts or bursts_of(flow.bursts)
        if needed and bursts and bursts.policy == "merge":
            values = [SAMPLES[kind] for kind in kinds if kind in (*_STRUCTS, str)]
            needed[f"parse.Parts[{written}]"] = Parts(values)
            written += f" | parse.Parts[{written}]"
        missing = [text for text, value in needed.items() if not _takes(types[name], value)]
        if missing:
            yield (
                name,
                f"the answer may be a {' or a '.join(missing)}, which {declared.__name__}.{name}"
                f" can't hold. Declare the field as `{name}: {written}`. If the field's default"
                " is None, add ` | None` to the type.",
            )


def _takes(declared: Any, value: Any) -> bool:
    """Return whether a field of this type can hold a value.

    If the value is a `Parts`, the parts must also keep their types when they are stored. If the
    field's type is `Parts` without types in brackets, the parts lose their types.
    """
    try:
        restored = msgspec.convert(msgspec.to_builtins(value), declared)
    except msgspec.ValidationError:
        return False
    return restored == value or not isinstance(restored, Parts)


def _written(kind: Any) -> str:
    """Return the text of a type in an annotation, e.g. `parse.Media`."""
    name = str(getattr(kind, "__name__", kind))
    return f"parse.{name}" if kind in _STRUCTS else name


def fields_of(declared: Any) -> dict[str, bool] | None:
    """Return the fields of a type by name; True means that the field is required.

    Return None if the type has no fields.
    """
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
