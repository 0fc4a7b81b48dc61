"""Finds mistakes in the bodies of flow classes."""

import ast
from collections.abc import Iterator, Sequence

from bot.flow.flow import Flow
from bot.flow.keywords import Keywords
from bot.flow.places import names_in
from bot.tooling.check.findings import Finding, finding
from bot.tooling.check.sources import FlowClass, Function, Source, base_names, is_state, turn_of


def classes(sources: Sequence[Source], flows: Sequence[FlowClass]) -> Iterator[Finding]:
    """Yield classes that replace a class of the same name, classes that have states but are no
    flows, and mistakes in flows.
    """
    for source in sources:
        yield from _replaced_classes(source)
        yield from _without_base(source)
    for flow in flows:
        yield from _replaced_attributes(flow)
        yield from _initializers(flow)
        yield from _attributes_set(flow)


def _replaced_classes(source: Source) -> Iterator[Finding]:
    seen: dict[str, ast.ClassDef] = {}
    for node in source.classes:
        if node.name in seen:
            yield finding(
                source,
                node,
                f"class {node.name} is defined in line {seen[node.name].lineno} already, and is"
                " replaced here. Give one of them another name.",
            )
        seen[node.name] = node


def _without_base(source: Source) -> Iterator[Finding]:
    for node in source.classes:
        if set(base_names(node)) <= {"object"} and any(map(is_state, node.body)):
            yield finding(
                source,
                node,
                f"{node.name} has states, but is no flow. Write class {node.name}(Flow).",
            )


def _replaced_attributes(flow: FlowClass) -> Iterator[Finding]:
    seen: dict[str, ast.stmt] = {}
    for node in flow.node.body:
        if _continues_property(node):
            continue
        for name in names_in(node):
            other = seen.get(name)
            if other is not None and (is_state(node) or is_state(other)):
                yield finding(
                    flow.source,
                    node,
                    f"{flow.name}.{name} is defined in line {other.lineno} already, and is replaced"
                    " here. Give one of them another name.",
                )
            if not (isinstance(node, ast.AnnAssign) and node.value is None):
                seen[name] = node


def _continues_property(node: ast.stmt) -> bool:
    if not isinstance(node, Function):
        return False
    names = {each.attr for each in node.decorator_list if isinstance(each, ast.Attribute)}
    overloads = {each.id for each in node.decorator_list if isinstance(each, ast.Name)}
    return bool(names & {"setter", "deleter", "getter"} or "overload" in overloads)


def _initializers(flow: FlowClass) -> Iterator[Finding]:
    for method in flow.methods:
        if method.name == "__init__":
            yield finding(
                flow.source,
                method,
                f"{flow.name}.__init__: each turn creates a new flow object, so nothing"
                " that is set here lasts. Store the values in self.data, and write their defaults"
                " in the type of `data`.",
            )


def _attributes_set(flow: FlowClass) -> Iterator[Finding]:
    for method in flow.methods:
        self_name = method.args.args[0].arg if method.args.args else "self"
        for node in ast.walk(method):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.ctx, ast.Store)
                and isinstance(node.value, ast.Name)
                and node.value.id == self_name
                and node.attr not in ("data", "state")
                and method.name != "__init__"
            ):
                yield finding(
                    flow.source,
                    node,
                    f"{flow.name}.{method.name}: self.{node.attr} is lost after this turn. Store it"
                    f" in self.data: self.data.{node.attr} = …",
                )


def uncalled(
    sources: Sequence[Source], flows: Sequence[FlowClass], keywords: Sequence[FlowClass]
) -> Iterator[Finding]:
    """Yield methods that nothing calls and that are neither a state nor a handler nor a keyword."""
    named = {name for source in sources for name in _named(source)}
    for kind, classes in ((Flow, flows), (Keywords, keywords)):
        for each in classes:
            for method in each.methods:
                is_private = method.name.startswith("_")
                is_known = hasattr(kind, method.name) or method.name in named
                if is_private or is_known or method.decorator_list or not turn_of(method):
                    continue
                yield finding(
                    each.source,
                    method,
                    f"{each.name}.{method.name}: nothing calls this method."
                    f" {_instead(each, method, kind)}",
                    "warning",
                )


def _named(source: Source) -> Iterator[str]:
    """Yield all names and string literals in a module. Each of them may be the name of a method."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _instead(flow: FlowClass, method: Function, kind: type) -> str:
    """Return what to do with a method that nothing calls."""
    states = [name for node in flow.node.body if is_state(node) for name in names_in(node)]
    prefix, _, field = method.name.partition("_")
    if kind is Flow and field in states and prefix in ("validate", "check", "parse"):
        return (
            f"To check the answer to {field!r}, give the question a parser: accept=function. The"
            " function raises parse.NotUnderstood for a wrong answer."
        )
    if kind is Keywords:
        return 'Write @keyword("…") above the method, or remove the method.'
    return (
        "For a step, write @step(to=…) above the method, and name the method in a `to`. For an"
        " event, write @on(…) above the method. Otherwise, remove the method."
    )
