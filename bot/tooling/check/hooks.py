"""Finds mistakes in hooks and services."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.flow.hooks import KINDS, Hooks
from bot.flow.load import Flows
from bot.tooling.check.findings import Finding, finding
from bot.tooling.check.sources import (
    Function,
    Source,
    dotted,
    is_awaited_later,
    last_name,
    own_nodes,
)

_AROUND = {
    "around_turn": "so no flow handles a turn",
    "around_send": "so no message is sent",
}
"""The hooks that call `proceed`, and what happens if they do not."""


def hooks(sources: Sequence[Source]) -> Iterator[Finding]:
    """Yield hooks that do not await `proceed` or cannot await, services that yield nothing, and a
    `Hooks` without parentheses.
    """
    for source in sources:
        classes = _without_parentheses(source)
        for function, kinds in _kinds(source, classes).items():
            yield from _around(source, function, kinds)
            yield from _not_async(source, function, kinds)
        for function, method in _decorators(ast.walk(source.tree)):
            if method.attr == "service":
                yield from _service(source, function)
        for name, node in classes.items():
            yield finding(
                source,
                node,
                f"{name} is the class Hooks, not an object. Write {name} ="
                f" {ast.unparse(node.value)}(), with"
                " parentheses.",
            )
        yield from _of_class(source)


def unregistered(sources: Sequence[Source], flows: Flows) -> Iterator[Finding]:
    """Yield a finding for each hook that is never called, because its `Hooks` object is not a
    variable of a module.
    """
    registered = _registered(flows.hooks) if flows.hooks else set()
    for source in sources:
        made = [
            target
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Assign) and _makes_hooks(node.value)
            for target in node.targets
        ]
        names = {last_name(each) for each in made} - {""}
        for function, method in _decorators(ast.walk(source.tree)):
            owner = method.value
            owner = owner.value if isinstance(owner, ast.Subscript) else owner
            is_only = len(function.decorator_list) == 1
            if last_name(owner) in names and is_only and function.name not in registered:
                name = last_name(owner)
                yield finding(
                    source,
                    function,
                    f"{function.name} is never called, because its Hooks is not a variable of a"
                    f" module. Write {name} = Hooks() outside of functions and classes, and"
                    f" @{name}.{method.attr}.",
                )


def _decorators(nodes: Iterable[ast.AST]) -> Iterator[tuple[Function, ast.Attribute]]:
    """Yield each function that has a decorator with the name of a hook, such as
    `hooks.around_turn`, together with the decorator.
    """
    for function in nodes:
        for each in function.decorator_list if isinstance(function, Function) else ():
            method = each.func if isinstance(each, ast.Call) else each
            if isinstance(method, ast.Attribute) and method.attr in KINDS:
                assert isinstance(function, Function)
                yield function, method


def _makes_hooks(value: ast.expr) -> bool:
    """Return whether an expression makes a `Hooks`, perhaps inside a list or dict."""
    return any(
        isinstance(each, ast.Call) and last_name(each.func) == "Hooks" for each in ast.walk(value)
    )


def _registered(hooks: Hooks) -> set[str]:
    """Return the names of all functions that are registered in a `Hooks`."""
    found = [*hooks.turns, *hooks.sends, *hooks.services.values()]
    found += [each[0] for each in (hooks.recognizer, hooks.transcriber, hooks.forward) if each]
    return {getattr(each, "__name__", "") for each in found}


def _without_parentheses(source: Source) -> dict[str, ast.Assign]:
    """Return the module's variables that are the class `Hooks`, but are used like an instance."""
    used = {
        dotted(each.value)
        for each in ast.walk(source.tree)
        if isinstance(each, ast.Attribute) and each.attr in KINDS
    }
    return {
        each.targets[0].id: each
        for each in source.tree.body
        if isinstance(each, ast.Assign)
        and isinstance(each.targets[0], ast.Name)
        and each.targets[0].id in used
        and isinstance(each.value, ast.Name | ast.Attribute)
        and last_name(each.value) == "Hooks"
    }


def _of_class(source: Source) -> Iterator[Finding]:
    for _function, method in _decorators(source.tree.body):
        if last_name(method.value) == "Hooks" and not isinstance(method.value, ast.Call):
            yield finding(
                source,
                method,
                "Hooks is a class, but a hook needs an object. Write hooks = Hooks() above, and"
                f" @hooks.{method.attr}.",
            )


def _kinds(source: Source, classes: Mapping[str, ast.Assign]) -> dict[Function, list[str]]:
    """Return the functions of a module that are hooks, with the hooks' names."""
    found: dict[Function, list[str]] = {}
    for function, method in _decorators(source.tree.body):
        owner = dotted(method.value)
        if owner and owner not in classes and _is_hooks(source, method.value):
            found.setdefault(function, []).append(method.attr)
    return found


def _is_hooks(source: Source, owner: ast.expr) -> bool:
    """Return whether an expression is a `Hooks`, as far as the code shows."""
    found = source.value(owner)
    return isinstance(found, Hooks) or (found is None and "hooks" in dotted(owner).lower())


def _around(source: Source, function: Function, kinds: Sequence[str]) -> Iterator[Finding]:
    kind = next((each for each in kinds if each in _AROUND), "")
    arguments = [each.arg for each in function.args.args]
    if not kind or len(arguments) < 2:
        return
    proceed, name = arguments[1], function.name
    is_async = isinstance(function, ast.AsyncFunctionDef)
    nodes = [*own_nodes(function)]
    used = [each for each in nodes if isinstance(each, ast.Name) and each.id == proceed]
    signature = "" if is_async else f" `async def {name}({', '.join(arguments)})` and"
    if not used and kind == "around_turn":
        yield finding(
            source,
            function,
            f"{name} never calls {proceed}(), {_AROUND[kind]}."
            f" Write{signature} `await {proceed}()`.",
        )
    if kind == "around_turn":
        yield from _left_out(source, function, proceed)
    for node in nodes:
        if not isinstance(node, ast.Call) or dotted(node.func) != proceed:
            continue
        parent = source.parents.get(node)
        is_dropped = isinstance(parent, ast.Expr | ast.Return) or (
            isinstance(parent, ast.Assign)
            and not is_awaited_later(function, last_name(parent.targets[0]))
        )
        if is_async and is_dropped:
            yield finding(
                source,
                node,
                f"{name} does not await {proceed}(), {_AROUND[kind]}. Write `await {proceed}()`.",
            )
        elif not is_async and isinstance(parent, ast.Expr):
            yield finding(
                source,
                node,
                f"{name} is not async and can't await {proceed}(), {_AROUND[kind]}."
                f" Write{signature} `await {proceed}()`.",
            )


def _left_out(source: Source, function: Function, proceed: str) -> Iterator[Finding]:
    """Yield each `return` above the first `await proceed()`. Such a `return` makes the turn
    fail.
    """
    calls = [
        each for each in own_nodes(function) if isinstance(each, ast.Name) and each.id == proceed
    ]
    first = min((each.lineno for each in calls), default=0)
    for node in own_nodes(function):
        if isinstance(node, ast.Return) and node.value is None and node.lineno < first:
            yield finding(
                source,
                node,
                f"{function.name} returns without `await {proceed}()`, so the turn fails. Await"
                f" {proceed}() on every path. To send nothing to a contact, use @hooks.around_send,"
                f" which may return without {proceed}().",
            )


def _not_async(source: Source, function: Function, kinds: Sequence[str]) -> Iterator[Finding]:
    """Yield hooks that are not `async def` and do not return an awaitable.

    Hooks that call `proceed` are left out.
    """
    kind = next((each for each in kinds if each not in (*_AROUND, "service")), "")
    is_only = len(function.decorator_list) == 1
    if not kind or not is_only or isinstance(function, ast.AsyncFunctionDef):
        return
    nodes = [each for each in own_nodes(function) if isinstance(each, ast.Return)]
    if not any(isinstance(each.value, ast.Call) for each in nodes):
        yield finding(
            source,
            function,
            f"hooks.{kind}: {function.name}() must be async: async def"
            f" {function.name}({ast.unparse(function.args)}).",
        )


def _service(source: Source, function: Function) -> Iterator[Finding]:
    yields = any(isinstance(node, ast.Yield) for node in own_nodes(function))
    if not (yields and isinstance(function, ast.AsyncFunctionDef)):
        yield finding(
            source,
            function,
            f"{function.name} is not a service: it must be an `async def` that yields the service"
            " once.",
        )
