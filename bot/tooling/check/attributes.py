"""Finds uses of attributes that typed data or the turn do not have, and misspelled methods of
`Keywords`.
"""

import ast
import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from bot.flow.flow import Flow, declared_data
from bot.flow.keywords import Keywords
from bot.tooling.check.findings import Finding, finding, meant
from bot.tooling.check.sources import (
    STATES,
    FlowClass,
    Function,
    Source,
    decorator,
    dotted,
    last_name,
    turn_of,
)
from bot.turn.turn import Contact, Turn

NEAR = 0.8
"""Minimum similarity at which a method's name counts as a misspelling of a known name."""


def of_data(flows: Sequence[FlowClass]) -> Iterator[Finding]:
    """Yield reads of attributes that the type of a flow's data does not have.

    The check covers the methods of flows, and the functions that states call with the data.
    """
    for flow in flows:
        made = flow.source.value(ast.Name(flow.name))
        if not (isinstance(made, type) and issubclass(made, Flow)):
            continue
        declared = declared_data(made)
        known = names_of_type(declared)
        reads: list[tuple[str, Function | ast.Lambda, str]]
        reads = [(each.name, each, "self.data") for each in flow.methods]
        reads += [(name, each, _first(each)) for name, each in functions_of_data(flow)]
        yield from _nested_data(flow, known)
        if declared is None or (known and "__getitem__" not in known):
            yield from _used_as_dict(flow, reads, has_type=declared is not None)
        if not known:
            continue
        for name, function, owner in reads:
            for node in _reads(function, owner):
                if node.attr not in known:
                    yield finding(
                        flow.source,
                        node,
                        f"{flow.name}.{name}: {declared.__name__} has no field"
                        f" {node.attr!r}.{meant(node.attr, known)} If the field is new, add it"
                        f" to {declared.__name__}.",
                    )


def _nested_data(flow: FlowClass, known: Sequence[str]) -> Iterator[Finding]:
    """Yield reads such as `x.data.size` in a function whose argument `x` is the flow's data. The
    field is read as `x.size` there.
    """
    names = {each.id for each in ast.walk(flow.node) if isinstance(each, ast.Name)} | {*known}
    for name, function in functions_of_data(flow):
        owner = _first(function)
        for node in _reads(function, owner):
            parent = flow.source.parents.get(node)
            if node.attr != "data" or "data" in names or not isinstance(parent, ast.Attribute):
                continue
            called = getattr(function, "name", "the lambda")
            yield finding(
                flow.source,
                node,
                f"{flow.name}.{name}: {called} gets the flow's data as {owner}, not the flow."
                f" Write {owner}.{parent.attr}.",
            )


def _used_as_dict(
    flow: FlowClass, reads: Sequence[tuple[str, Function | ast.Lambda, str]], *, has_type: bool
) -> Iterator[Finding]:
    """Yield code that uses the data as a dict, although the data has attributes."""
    for name, function, owner in reads:
        place = f"{flow.name}.{name}"
        for node in _of_owner(function, owner):
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
                kind = _kind_of_literal(node.value)
                if kind:
                    yield finding(
                        flow.source,
                        node.value or node,
                        f"{place}: {owner} is set to a {kind}, but it must stay an object with"
                        f" fields. Set each field: {owner}.{_first_key(node.value)} = …",
                    )
            elif isinstance(node, ast.Subscript):
                key = node.slice.value if isinstance(node.slice, ast.Constant) else ""
                field = key if isinstance(key, str) and key.isidentifier() else "…"
                way_out = f"Write {owner}.{field}."
                if field == "…":
                    way_out = f"Write getattr({owner}, {ast.unparse(node.slice)})."
                    if isinstance(node.ctx, ast.Store):
                        way_out = f"Write setattr({owner}, {ast.unparse(node.slice)}, …)."
                yield finding(
                    flow.source,
                    node,
                    f"{place}: {owner} is an object with fields, not a dict. {way_out}",
                )
            elif isinstance(node, ast.Call) and not has_type:
                method = last_name(node)
                yield finding(
                    flow.source,
                    node,
                    f"{place}: {owner} is no dict and has no {method}(). Write {owner}.name = … for"
                    f" a field, or vars({owner}) for all fields.",
                )


def _of_owner(function: Function | ast.Lambda, owner: str) -> Iterator[ast.AST]:
    """Yield the nodes that assign to `owner`, subscript `owner`, or call a method of dicts on
    `owner`, such as `items`.

    `owner` is a name, or an attribute such as `self.data`. If the function assigns to the name
    `owner`, nothing is yielded, because the name may then have any value. So assignments are
    yielded only for an attribute.
    """
    names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
    is_changed = any(each.id == owner and isinstance(each.ctx, ast.Store) for each in names)
    waiting: list[ast.AST] = [] if is_changed or not owner else [*ast.iter_child_nodes(function)]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, Function | ast.Lambda) and owner in _arguments(node):
            continue
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if "." in owner and owner in map(dotted, targets):
                yield node
        elif isinstance(used := _used(node), ast.expr) and dotted(used) == owner:
            yield node
        waiting = [*ast.iter_child_nodes(node), *waiting]


def _used(node: ast.AST) -> ast.expr | None:
    """Return `x` if the node uses `x` like a dict, as in `x[0]` or `x.items()`; otherwise None."""
    if isinstance(node, ast.Subscript):
        return node.value
    method = node.func if isinstance(node, ast.Call) else None
    is_of_dict = isinstance(method, ast.Attribute) and method.attr in _METHODS_OF_DICT
    return method.value if is_of_dict and isinstance(method, ast.Attribute) else None


_METHODS_OF_DICT = ("update", "items", "keys", "values", "pop", "setdefault", "copy", "clear")


def _kind_of_literal(value: ast.expr | None) -> str:
    """Return the name of the type of an expression such as `[]` or `dict()`; "" if it is
    unknown.
    """
    if isinstance(value, ast.Constant):
        return type(value.value).__name__
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr):
        return "dict" if _kind_of_literal(value.left) or _kind_of_literal(value.right) else ""
    is_dict = isinstance(value, ast.Dict | ast.DictComp) or (
        isinstance(value, ast.Call) and dotted(value.func) == "dict"
    )
    is_list = isinstance(value, ast.List | ast.ListComp)
    return "dict" if is_dict else "list" if is_list else ""


def _first_key(value: ast.expr | None) -> str:
    keys = [each for each in ast.walk(value) if isinstance(each, ast.Dict)] if value else []
    names = [each.value for one in keys for each in one.keys if isinstance(each, ast.Constant)]
    names += [each.arg for each in getattr(value, "keywords", ())]
    return next((each for each in names if isinstance(each, str) and each.isidentifier()), "name")


def functions_of_data(flow: FlowClass) -> Iterator[tuple[str, Function | ast.Lambda]]:
    """Yield the functions that states call with the flow's data, each with its state's name."""
    scope = [*flow.source.tree.body, *flow.node.body]
    by_name = {each.name: each for each in scope if isinstance(each, Function)}
    for statement in flow.node.body:
        made = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
        if not (isinstance(made, ast.Call) and last_name(made) in STATES):
            continue
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        state = last_name(targets[0]) if targets else ""
        given = {each.arg: each.value for each in made.keywords}
        for each in [*made.args, *(given.get(name) for name in _OF_DATA)]:
            function = by_name.get(each.id) if isinstance(each, ast.Name) else each
            if isinstance(function, Function | ast.Lambda):
                yield state, function


_OF_DATA = ("question", "options", "reask", "data")
"""Options of states that may be functions of the data."""


def _first(function: Function | ast.Lambda) -> str:
    arguments = function.args.posonlyargs + function.args.args
    return arguments[0].arg if arguments else ""


def _reads(function: Function | ast.Lambda, owner: str) -> Iterator[ast.Attribute]:
    """Yield the attributes of `owner` that a function reads.

    Inner functions with a parameter named `owner` are skipped.
    """
    waiting: list[ast.AST] = [*ast.iter_child_nodes(function)]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, Function | ast.Lambda) and owner in _arguments(node):
            continue
        if isinstance(node, ast.Attribute) and owner and dotted(node.value) == owner:
            yield node
        waiting = [*ast.iter_child_nodes(node), *waiting]


def _arguments(function: Function | ast.Lambda) -> list[str]:
    made = function.args
    return [each.arg for each in (*made.posonlyargs, *made.args, *made.kwonlyargs)]


def names_of_type(declared: Any) -> list[str]:
    """Return the names of the fields, methods and constants of a type; [] if it has no fields."""
    is_struct = isinstance(declared, type) and issubclass(declared, msgspec.Struct)
    if not is_struct and not (isinstance(declared, type) and dataclasses.is_dataclass(declared)):
        return []
    fields = declared.__struct_fields__ if is_struct else declared.__dataclass_fields__
    return [*fields, *(name for name in dir(declared) if name not in fields)]


def of_turn(sources: Sequence[Source], classes: Sequence[FlowClass]) -> Iterator[Finding]:
    """Yield uses of attributes that the turn, the turn's contact or the data of the event do not
    have.
    """
    states = {
        method: turn_of(method)
        for flow in classes
        for method in flow.methods
        if any(decorator(method, name) for name in ("step", "on", "keyword"))
    }
    for source in sources:
        for function in ast.walk(source.tree):
            if isinstance(function, Function):
                for name in {states.get(function, ""), *_turns(function)} - {""}:
                    yield from _unknown_of_turn(source, function, name)


def _turns(function: Function) -> Iterator[str]:
    """Yield the names of the parameters whose name or annotation shows that they are a turn."""
    for each in (*function.args.posonlyargs, *function.args.args):
        is_annotated = each.annotation is not None
        if last_name(each.annotation) == "Turn" or (each.arg == "turn" and not is_annotated):
            yield each.arg


def _unknown_of_turn(source: Source, function: Function, turn: str) -> Iterator[Finding]:
    for owner, kind in ((turn, Turn), (f"{turn}.contact", Contact)):
        known = [name for name in dir(kind) if not name.startswith("_")]
        for node in _reads(function, owner):
            if node.attr not in dir(kind):
                near = meant(node.attr, known)
                listed = "" if near else f" It has {', '.join(known)}."
                yield finding(
                    source, node, f"{function.name}: {owner} has no {node.attr!r}.{near}{listed}"
                )
    for owner, kind in ((turn, Turn), (f"{turn}.contact", Contact)):
        for node in _reads(function, owner):
            found = getattr(kind, node.attr, None)
            if isinstance(node.ctx, ast.Store) and isinstance(found, property) and not found.fset:
                instead = _instead(turn, kind, node.attr)
                yield finding(
                    source, node, f"{function.name}: {owner}.{node.attr} can't be set.{instead}"
                )
            is_called = _is_called(source, node)
            if is_called and isinstance(found, property) and node.attr not in _CALLABLE:
                yield finding(
                    source,
                    node,
                    f"{function.name}: {owner}.{node.attr} is a value and can't be called. To send"
                    f" a message: {turn}.say(…).",
                )
    for node in _reads(function, f"{turn}.event_data"):
        if node.attr not in dir(dict):
            yield finding(
                source,
                node,
                f"{function.name}: {turn}.event_data is a dict and has no attribute"
                f" {node.attr!r}. Write {turn}.event_data[{node.attr!r}].",
            )


_CALLABLE = ("data",)
"""Properties whose values may be callable, because they may be any object."""


def _is_called(source: Source, node: ast.AST) -> bool:
    parent = source.parents.get(node)
    return isinstance(parent, ast.Call) and parent.func is node


def _instead(turn: str, kind: type, name: str) -> str:
    """Return what to write instead of setting a property of the turn or its contact."""
    if name == "channel":
        return f' To use another channel: {turn}.say(…, channel_priority_order=["SMS"]).'
    settable = [
        each
        for each, found in vars(Contact).items()
        if isinstance(found, property) and found.fset is not None
    ]
    if kind is Turn and name in settable:
        return f" Set {turn}.contact.{name}."
    if kind is Contact:
        return f" Of the contact, only {' and '.join(settable)} can be set."
    return " Store a value in self.data."


def of_keywords(sources: Sequence[Source], classes: Sequence[FlowClass]) -> Iterator[Finding]:
    """Yield methods of Keywords that nothing calls, and whose names look like misspellings of a
    method that the framework calls.
    """
    known = [name for name in vars(Keywords) if not name.startswith("_")]
    used = {
        node.attr
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute)
    }
    for each in classes:
        for method in each.methods:
            is_known = method.name in dir(Keywords) or method.name.startswith("_")
            near = meant(method.name, known, NEAR)
            if near and not is_known and not method.decorator_list and method.name not in used:
                yield finding(
                    each.source,
                    method,
                    f"{each.name}.{method.name}: nothing calls it, because Keywords has no method"
                    f" of this name.{near}",
                )
