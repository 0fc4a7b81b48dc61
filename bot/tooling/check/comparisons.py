"""Finds comparisons of an answer with impossible values, and expressions that an answer does not
fit.
"""

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
"""For each type of answer, the parser that returns such answers."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The values that the answer of a question can have: `keys` of options, and values of `types`.

    `labels` maps each option's label to its key. `default` is the default of the answer's field.
    `is_declared` is whether the type of the flow's data declares this field.
    """

    keys: tuple[str, ...]
    types: tuple[type, ...]
    labels: dict[str, str]
    default: Any
    is_declared: bool

    @property
    def is_key(self) -> bool:
        """Whether the answer is always the key of an option."""
        return bool(self.keys) and not self.types

    @property
    def all_types(self) -> tuple[type, ...]:
        """The types of all values that the answer can have. Keys are texts."""
        return (str, *self.types) if self.keys else self.types


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
        if flow is None or definition.is_state_machine:
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
                yield from _misused(flow.source, place, node, owner, answers, function)


def _changed(source: Source) -> Iterator[str]:
    """Yield the names of fields that code sets.

    Keys of dicts count, too, because a dict may be the data with which a flow is started.
    """
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
    is_declared = declared_data(definition.model) is not None
    return Answers(tuple(ask.options), types, labels, default, is_declared)


def _field(definition: Definition, name: str, types: tuple[type, ...]) -> tuple[bool, Any]:
    """Return whether the field of an answer stores values of these types unchanged, and the field's
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
    """If a node compares an expression with values, yield a pair (expression, value) for each
    value.
    """
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
    if answers.is_key:
        if value in answers.keys:
            return ""
        listed = f"the answer is the key of an option: {', '.join(map(repr, answers.keys))}."
        if value in answers.labels:
            return f"that is a label, and {listed} Write {answers.labels[value]!r}."
        return listed + (meant(value, answers.keys) if isinstance(value, str) else "")
    types = answers.all_types
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
    return f"{what} Compare the answer with a value of this type."


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
    types = found.all_types
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


def _misused(
    source: Source,
    place: str,
    node: ast.AST,
    owner: str,
    answers: dict[str, Answers],
    function: Function | ast.Lambda,
) -> Iterator[Finding]:
    """Yield a finding if a node reads an answer inside an expression that does not fit the
    answer.
    """
    if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
        return
    parent = source.parents.get(node)
    found = answers.get(node.attr) if dotted(node.value) == owner else None
    if found is not None:
        what = _misuse(source, node, parent, found, function)
    else:
        what = _uncalled(node, parent, owner, answers)
    if what:
        yield finding(source, node, f"{place}: {ast.unparse(node)} {what}", "warning")


def _misuse(
    source: Source,
    read: ast.Attribute,
    parent: ast.AST | None,
    answers: Answers,
    function: Function | ast.Lambda,
) -> str:
    """Return why a parent expression does not fit an answer, and what to write; "" if it fits."""
    may_be_empty = answers.is_declared and not answers.default
    if answers.is_key and not may_be_empty and _is_test(parent, read):
        listed = ", ".join(map(repr, answers.keys))
        return (
            f"is always true, because it is the key of an option: {listed}. Compare it with a"
            f" key: {ast.unparse(read)} == {answers.keys[0]!r}."
        )
    if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Mult):
        other = parent.right if parent.left is read else parent.left
        factor = other.value if isinstance(other, ast.Constant) else source.value(other)
        if answers.all_types == (str,) and isinstance(factor, int | float):
            return (
                "is a text, so `*` repeats the text. Read the answer by accept=parse.integer() or"
                " parse.decimal()."
            )
    if isinstance(parent, ast.FormattedValue) and parse.Location in answers.types:
        is_tested = any(
            isinstance(each, ast.Call) and dotted(each.func) in ("isinstance", "type")
            for each in ast.walk(function)
        )
        if not is_tested:
            return (
                "may be a parse.Location, and the contact would read Location(latitude=…). Test"
                f" isinstance({ast.unparse(read)}, parse.Location), and send its coordinates by"
                " bot.Location."
            )
    return ""


def _is_test(parent: ast.AST | None, read: ast.expr) -> bool:
    """Return whether an expression is only tested for truth."""
    if isinstance(parent, ast.If | ast.While | ast.IfExp):
        return parent.test is read
    return isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not)


def _uncalled(
    node: ast.Attribute, parent: ast.AST | None, owner: str, answers: dict[str, Answers]
) -> str:
    """If code reads a method of an answer without calling it, return what to write; otherwise
    "".
    """
    read = node.value
    if not isinstance(read, ast.Attribute) or dotted(read.value) != owner:
        return ""
    found = answers.get(read.attr)
    used = (ast.Compare, ast.BinOp, ast.BoolOp, ast.UnaryOp, ast.FormattedValue)
    if found is None or not (isinstance(parent, used) or _is_test(parent, node)):
        return ""
    if not all(callable(getattr(each, node.attr, None)) for each in found.all_types):
        return ""
    return f"is a method that is not called. Write {ast.unparse(node)}()."
