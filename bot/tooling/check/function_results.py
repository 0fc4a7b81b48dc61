"""Finds functions with unfit results: migrations, `returns()`, recognizers, and functions that
return options.
"""

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bot.flow.definition import Definition
from bot.flow.flow import TARGETS, Flow
from bot.flow.load import Flows
from bot.flow.states import Ask, Call
from bot.flow.validate import renamed_later
from bot.tooling.check.findings import Finding, finding, meant
from bot.tooling.check.sources import (
    Function,
    Source,
    branches,
    function_of,
    is_generator,
    last_name,
    results,
)
from bot.tooling.check.steps import ends

Body = Function | ast.Lambda
Results = Sequence[tuple[ast.AST, ast.expr | None]]

MAX_SHOWN = 40
"""Maximum number of characters of an expression that a finding repeats."""

_NO_DICT = (ast.List, ast.Tuple, ast.Set, ast.ListComp, ast.SetComp, ast.JoinedStr)
_NO_TEXT = (*_NO_DICT[:-1], ast.Dict, ast.DictComp)
_NO_PAIR = (*(each for each in _NO_DICT if each is not ast.Tuple), ast.Dict, ast.DictComp)


def function_results(sources: Sequence[Source], flows: Flows) -> Iterator[Finding]:
    """Yield results that the framework does not accept, as far as the code shows them."""
    yield from _migrations(sources, flows)
    for definition in flows:
        if not definition.is_state_machine:
            yield from _returns(sources, definition)
            yield from _of_states(sources, definition)
    yield from _hooks(sources, flows)


def _migrations(sources: Sequence[Source], flows: Flows) -> Iterator[Finding]:
    uses: dict[Callable[..., Any], list[tuple[Definition, int]]] = {}
    for definition in flows:
        for version, move in definition.migrate.items():
            if callable(move):
                uses.setdefault(move, []).append((definition, version))
    for function, at in uses.items():
        if found := function_of(sources, function):
            yield from _migration(*found, at)


def _migration(source: Source, body: Body, uses: list[tuple[Definition, int]]) -> Iterator[Finding]:
    definition, version = uses[0]
    place = f"{_owner(definition)}.migrate: the function of version {version}, {_named(body)},"
    form = "Write `return state, data`."
    found = results(body)
    if is_generator(body):
        yield finding(
            source, body, f"{place} has a yield, but must return a state and the data. {form}"
        )
        return
    if not isinstance(body, ast.Lambda) and not ends(body.body):
        what = "can end without a result" if found else "returns nothing"
        yield finding(source, body, f"{place} {what}, but must return a state and the data. {form}")
    for node, value in found:
        result = _settled(body, value)
        if _is_no_pair(body, result):
            yield finding(
                source,
                node,
                f"{place} returns {_written(value)}, but must return a state and the data. {form}",
            )
            continue
        marked, state = _unknown_state(source, body, result, uses) or (node, "")
        if state:
            states = [each for each in definition.machine.states if each not in TARGETS]
            yield finding(
                source,
                marked,
                f"{place} returns {state!r}, which is not a state of this flow."
                f"{meant(state, states)} The states are {', '.join(states)}.",
            )


def _unknown_state(
    source: Source, body: Body, result: ast.expr | None, uses: list[tuple[Definition, int]]
) -> tuple[ast.AST, str] | None:
    """Find a state that a function of `migrate` returns, but that no flow in `uses` has.

    `result` is the expression that the function returns. Return the node at which a finding is
    reported, and the state's name; None if all states are known.
    """
    for node, value in branches(result.elts[0]) if isinstance(result, ast.Tuple) else ():
        state = _text(source, body, value)
        if state is not None and not any(_is_state(each, at, state) for each, at in uses):
            return node, state
    return None


def _is_state(definition: Definition, version: int, state: str) -> bool:
    """Return whether the flow may have `state`, perhaps renamed by later migrations.

    `state` is a result of a migration of `version`.
    """
    now = renamed_later(definition.migrate, version, state)
    return now is None or definition.has(now)


def _is_no_pair(body: Body, result: ast.expr | None) -> bool:
    """Return whether a result certainly is no pair of a text and a dict."""
    if result is None or isinstance(result, (ast.Constant, *_NO_PAIR)):
        return True
    if isinstance(result, ast.Name):
        return result.id in _parameters(body) and not _assigned(body, result.id)
    if not isinstance(result, ast.Tuple) or any(isinstance(e, ast.Starred) for e in result.elts):
        return False
    if len(result.elts) != 2:
        return True
    state, data = (_settled(body, each) for each in result.elts)
    is_no_state = isinstance(state, _NO_TEXT) or (
        isinstance(state, ast.Constant) and not isinstance(state.value, str)
    )
    is_swapped = all(map(isinstance, (state, data), (ast.Name, ast.Name))) and [
        getattr(state, "id", ""),
        getattr(data, "id", ""),
    ] == [each for each in _parameters(body)[1::-1] if not _assigned(body, each)]
    return is_no_state or is_swapped or isinstance(data, (ast.Constant, *_NO_DICT))


def _returns(sources: Sequence[Source], definition: Definition) -> Iterator[Finding]:
    """Yield the method `returns()` of a flow if the method can end without a value."""
    function = definition.model.returns
    found = function_of(sources, function) if function is not Flow.returns else None
    if found is None or is_generator(found[1]):
        return
    source, body = found
    if isinstance(body, ast.Lambda):
        return
    values = [value for _, value in results(body)]
    is_whole = ends(body.body) and None not in values
    annotated = ast.unparse(body.returns) if body.returns else ""
    may_be_none = any(each in annotated for each in ("None", "Optional", "Any", "object"))
    is_meant = may_be_none or (not annotated and not _has_code(body))
    has_values = any(values)
    if is_meant or is_whole or (has_values and not annotated):
        return
    what = "can end without a value" if has_values else "returns no value"
    yield finding(
        source,
        body,
        f"{function.__qualname__} {what}, so the calling flow gets None. Return the value, or write"
        " -> None if None is intended.",
    )


def _has_code(body: Function) -> bool:
    """Return whether a function has other statements than `pass`, `…` and a docstring."""
    return not all(
        isinstance(each, ast.Pass)
        or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
        for each in body.body
    )


def _of_states(sources: Sequence[Source], definition: Definition) -> Iterator[Finding]:
    """Yield functions that should return a question's options, or the data of a call, but return
    none.
    """
    for name, state in definition.states.items():
        given = state.offer.options if isinstance(state, Ask) and state.offer else None
        what = "options. Return a dict of keys and labels, or of keys and Options"
        is_wrong: Callable[[ast.expr | None], bool] = _is_empty
        if isinstance(state, Call) and state.data:
            given = state.data
            what = "data. Return a dict of the called flow's fields"
            is_wrong = _is_no_dict
        found = function_of(sources, given) if given else None
        if found is None or is_generator(found[1]):
            continue
        source, body = found
        values = [value for _, value in results(body)]
        only_raises = not isinstance(body, ast.Lambda) and ends(body.body) and not values
        if not only_raises and all(map(is_wrong, values)):
            yield finding(
                source, body, f"{_owner(definition)}.{name}: {_named(body)} returns no {what}."
            )


def _is_no_dict(value: ast.expr | None) -> bool:
    return value is None or isinstance(value, (ast.Constant, *_NO_DICT))


def _is_empty(value: ast.expr | None) -> bool:
    is_none = isinstance(value, ast.Constant) and value.value is None
    is_dict = isinstance(value, ast.Dict) and not value.keys
    return value is None or is_none or is_dict


def _hooks(sources: Sequence[Source], flows: Flows) -> Iterator[Finding]:
    """Yield hooks that return nothing, and results of the recognizer that name no option and no
    flow.
    """
    hooks = flows.hooks
    if hooks.recognizer and (found := function_of(sources, hooks.recognizer[0])):
        yield from _without_result(*found, "a key of the candidates")
        yield from _keys(*found, flows)
    if hooks.transcriber and (found := function_of(sources, hooks.transcriber.function)):
        yield from _without_result(*found, "the text of the recording")
        yield from _texts(*found)


def _without_result(source: Source, body: Body, what: str) -> Iterator[Finding]:
    if isinstance(body, ast.Lambda) or ends(body.body) or results(body):
        return
    if _has_code(body):
        yield finding(
            source, body, f"{_named(body)} returns nothing, so it has no effect. Return {what}."
        )


def _texts(source: Source, body: Body) -> Iterator[Finding]:
    for node, value in results(body):
        if _is_no_text(_settled(body, value)):
            yield finding(
                source,
                node,
                f"{_named(body)} returns {_written(value)}, which is no text. Return the text of"
                " the recording, or None.",
            )


def _is_no_text(value: ast.expr | None) -> bool:
    is_other = isinstance(value, ast.Constant) and not isinstance(value.value, str | None)
    return is_other or isinstance(value, _NO_TEXT)


def _keys(source: Source, body: Body, flows: Flows) -> Iterator[Finding]:
    asks = [each for flow in flows for each in flow.states.values() if isinstance(each, Ask)]
    options = {key: option.label for ask in asks for key, option in ask.options.items()}
    has_functions = any(ask.offer for ask in asks)
    for node, value in results(body):
        result = _settled(body, value)
        text = _text(source, body, result)
        is_unknown = text is not None and text not in options and text not in flows
        if _is_no_text(result) or (is_unknown and not has_functions):
            labeled = [key for key, label in options.items() if label == text]
            near = f" Did you mean {labeled[0]!r}?" if labeled else ""
            near = near or (meant(text, [*options, *flows.names]) if text else "")
            yield finding(
                source,
                node,
                f"{_named(body)} returns {_written(value)}, which is no option of a question and no"
                f" flow.{near} Return a key of the candidates, or None.",
            )


def _settled(body: Body, value: ast.expr | None) -> ast.expr | None:
    """If `value` is a local variable that is assigned only once, return the assigned value.

    Return any other expression unchanged.
    """
    if not isinstance(value, ast.Name) or value.id in _parameters(body):
        return value
    stores = _assigned(body, value.id)
    made = [
        each.value
        for each in ast.walk(body)
        if isinstance(each, ast.Assign | ast.AnnAssign)
        and value.id
        in [
            last_name(target)
            for target in (each.targets if isinstance(each, ast.Assign) else [each.target])
            if isinstance(target, ast.Name)
        ]
    ]
    return made[0] if len(stores) == len(made) == 1 and made[0] is not None else value


def _assigned(body: Body, name: str) -> list[ast.AST]:
    return [
        node
        for node in ast.walk(body)
        if (isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load))
        or (isinstance(node, ast.Global | ast.Nonlocal) and name in node.names)
        or (isinstance(node, ast.MatchAs | ast.MatchStar) and node.name == name)
        or (isinstance(node, ast.MatchMapping) and node.rest == name)
    ]


def _text(source: Source, body: Body, node: ast.expr | None) -> str | None:
    """Return the value of an expression if it is a text that the code shows; otherwise None."""
    node = _settled(body, node)
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name) and (node.id in _parameters(body) or _assigned(body, node.id)):
        return None
    value = source.value(node)
    return value if isinstance(value, str) else None


def _parameters(body: Body) -> list[str]:
    made = body.args
    return [each.arg for each in (*made.posonlyargs, *made.args, *made.kwonlyargs)]


def _named(body: Body) -> str:
    return "the lambda" if isinstance(body, ast.Lambda) else f"{body.name}()"


def _owner(definition: Definition) -> str:
    return definition.name if definition.is_state_machine else definition.model.__name__


def _written(value: ast.expr | None) -> str:
    text = ast.unparse(value) if value is not None else "None"
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"
