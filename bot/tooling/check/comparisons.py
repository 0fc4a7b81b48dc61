"""Finds comparisons of an answer with values that it never has."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from bot import parse
from bot.flow.definition import Definition
from bot.flow.flow import declared_data
from bot.flow.load import Flows
from bot.flow.state_constructors import bursts_of
from bot.flow.states import Ask
from bot.tooling.check.attributes import functions_of_data
from bot.tooling.check.findings import Finding, finding, meant
from bot.tooling.check.sources import FlowClass, Function, Source, dotted, last_name

_NUMBERS = (int, float, Decimal, bool)
_KNOWN = (str, *_NUMBERS, date, time, parse.Location, parse.Media)
"""The types of answers whose comparisons are checked."""

_READ_BY = {int: "parse.integer()", float: "parse.decimal()", bool: "parse.yes_no()"}
"""The parser that returns a type."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The values that the answer of a question can have: `keys` of options, and values of
    `types`. `labels` are the keys by their labels, `default` is the default of the answer's field.
    """

    keys: tuple[str, ...]
    types: tuple[type, ...]
    labels: dict[str, str]
    default: Any


def comparisons(
    sources: Sequence[Source], classes: Sequence[FlowClass], flows: Flows
) -> Iterator[Finding]:
    """Yield comparisons of an answer with a text that is no key of an option, or with a value of
    another type.
    """
    changed = {name for source in sources for name in _changed(source)}
    by_place = {(each.source.file, each.name): each for each in classes}
    for definition in flows:
        flow = by_place.get((definition.source, definition.model.__name__))
        if flow is None or definition.is_raw:
            continue
        answers = {
            name: found
            for name, state in definition.states.items()
            if name not in changed
            and isinstance(state, Ask)
            and (found := _answers(definition, name, state))
        }
        reads: list[tuple[str, Function | ast.Lambda, str]]
        reads = [(each.name, each, "self.data") for each in flow.methods]
        for name, function in functions_of_data(flow):
            arguments = function.args.args
            reads.append((name, function, arguments[0].arg if arguments else ""))
        for name, function, owner in reads:
            place = f"{flow.name}.{name}"
            for node in ast.walk(function):
                yield from _compared(flow.source, place, node, owner, answers)
                yield from _types_tested(flow.source, place, node, owner, answers)


def _changed(source: Source) -> Iterator[str]:
    """Yield the names of fields that code sets, or may set in the data of a start."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                is_option = isinstance(value, ast.Call) and last_name(value) == "Option"
                if isinstance(key, ast.Constant) and isinstance(key.value, str) and not is_option:
                    yield key.value
        if isinstance(node, ast.Call) and last_name(node) in ("setattr", "dict"):
            yield from (each.arg for each in node.keywords if each.arg)
            given = node.args[1] if len(node.args) > 1 else None
            if isinstance(given, ast.Constant) and isinstance(given.value, str):
                yield given.value


def _answers(definition: Definition, name: str, ask: Ask) -> Answers | None:
    """Return the answers of a question; None if they are not known."""
    if ask.offer is not None or ask.bursts or bursts_of(definition.model.bursts):
        return None
    parsers = (ask.accept.choices or (ask.accept,)) if ask.accept else ()
    types = tuple(each.type for each in parsers)
    if not all(each in _KNOWN for each in types):
        return None
    fits, default = _field(definition, name, types or (str,))
    if not fits:
        return None
    labels = {option.label: key for key, option in ask.options.items()}
    return Answers(tuple(ask.options), types, labels, default)


def _field(definition: Definition, name: str, types: tuple[type, ...]) -> tuple[bool, Any]:
    """Return whether the field of an answer keeps values of these types as they are, and its
    default.
    """
    declared = declared_data(definition.model)
    if declared is None:
        return True, None
    try:
        kind, made = get_type_hints(declared).get(name), declared()
    except (NameError, TypeError):
        return False, None  # A field has no default, or a type that cannot be resolved.
    kinds = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    plain = {str if get_origin(each) is Literal else each for each in kinds} - {type(None)}
    return plain == {*types}, getattr(made, name, None)


def _compared(
    source: Source, place: str, node: ast.AST, owner: str, answers: dict[str, Answers]
) -> Iterator[Finding]:
    for read, value in _pairs(node):
        name = read.attr if isinstance(read, ast.Attribute) else ""
        found = answers.get(name)
        if found is None or not isinstance(read, ast.Attribute) or dotted(read.value) != owner:
            continue
        if not isinstance(value, ast.Constant) or value.value is None or value.value == "":
            continue
        if value.value != found.default and (what := _never(found, value.value)):
            yield finding(
                source,
                value,
                f"{place}: {owner}.{name} is never {value.value!r}: {what}",
                "warning",
            )


def _pairs(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield a pair (read, value) for each value that an expression is compared with."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        left, operator, right = node.left, node.ops[0], node.comparators[0]
        if isinstance(operator, ast.Eq | ast.NotEq):
            yield from ((left, right), (right, left))
        elif isinstance(operator, ast.In | ast.NotIn):
            yield from ((left, each) for each in getattr(right, "elts", ()))
    if isinstance(node, ast.Match):
        for case in node.cases:
            pattern = case.pattern
            patterns = pattern.patterns if isinstance(pattern, ast.MatchOr) else [pattern]
            yield from (
                (node.subject, each.value) for each in patterns if isinstance(each, ast.MatchValue)
            )


def _never(answers: Answers, value: Any) -> str:
    """Return why an answer is never equal to a value, and what to write; "" if it may be equal."""
    if answers.keys and not answers.types:
        if value in answers.keys:
            return ""
        listed = f"the answer is the key of an option: {', '.join(map(repr, answers.keys))}."
        if value in answers.labels:
            return f"that is a label, and {listed} Write {answers.labels[value]!r}."
        return listed + (meant(value, answers.keys) if isinstance(value, str) else "")
    types = (str, *answers.types) if answers.keys else answers.types
    if any(_may_equal(each, value) for each in types):
        return ""
    given = " or ".join(each.__name__ for each in types)
    what = f"the answer is a value of type {given}."
    if types == (str,):
        parser = _READ_BY.get(type(value), "")
        instead = f", or read the answer by accept={parser}" if parser else ""
        return f"{what} Write {str(value)!r}{instead}."
    if types == (bool,):
        return f"{what} Write True or False."
    if set(types) <= set(_NUMBERS) and isinstance(value, str) and value.isdecimal():
        return f"{what} Write {value}, without quotes."
    return f"{what} Compare it with such a value."


def _may_equal(kind: type, value: Any) -> bool:
    return isinstance(value, kind) or (kind in _NUMBERS and isinstance(value, _NUMBERS))


def _types_tested(
    source: Source, place: str, node: ast.AST, owner: str, answers: dict[str, Answers]
) -> Iterator[Finding]:
    """Yield calls of `isinstance` that are never true for an answer."""
    if not isinstance(node, ast.Call) or dotted(node.func) != "isinstance" or len(node.args) != 2:
        return
    read, tested = node.args
    name = read.attr if isinstance(read, ast.Attribute) else ""
    found = answers.get(name)
    if found is None or not isinstance(read, ast.Attribute) or dotted(read.value) != owner:
        return
    types = (str, *found.types) if found.keys else found.types
    kind = source.value(tested)
    if not isinstance(kind, type) or any(issubclass(each, kind) for each in types):
        return
    if kind is type(None) or isinstance(found.default, kind):
        return
    written = [_written(each) for each in types]
    same = [_written(each) for each in types if each.__name__ == kind.__name__]
    instead = same[0] if same else written[0]
    yield finding(
        source,
        tested,
        f"{place}: {owner}.{name} is never a {kind.__module__.partition('.')[0]}.{kind.__name__},"
        f" but a {' or a '.join(written)}. Write isinstance({owner}.{name}, {instead}).",
        "warning",
    )


def _written(kind: type) -> str:
    return f"parse.{kind.__name__}" if kind in (parse.Location, parse.Media) else kind.__name__
