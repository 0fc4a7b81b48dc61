"""Finds mistakes in parsers and options, and code that reads an answer before the question is
asked.
"""

import ast
import asyncio
import contextlib
import inspect
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from bot.callbacks import ContactMessage
from bot.clock import as_datetime
from bot.flow.definition import Definition
from bot.flow.flow import Flow, declared_data
from bot.flow.load import Flows
from bot.flow.places import place_of, short
from bot.flow.samples import sample
from bot.flow.states import END, HANDOFF, Ask, Call, Step
from bot.flow.stop_phrases import OUT, Rule, wish_of
from bot.parse import Answer, NotUnderstood, Parser, apply
from bot.testing.clock import START
from bot.tooling.check.findings import Finding, finding, of_error
from bot.tooling.check.sources import (
    FlowClass,
    Function,
    Source,
    dotted,
    keyword,
    last_name,
    own_nodes,
)
from bot.tooling.check.time_limit import TooSlow, limited

_MEDIA = ("location", "media", "form")
"""Parsers that read other content than text."""

_PATTERN = ("\\d", "\\w", "\\s", ".*", ".+", "*", "^", "$", "(?")
_OTHER_TYPE = re.compile(r"Expected `[^`]+`, got `[^`]+`")
_TEXTS = ("qwx zzq", "the red one", "#12", "5")
_GAVE_UP = ("gave_up", "timed_out", "abandoned")


class ReturnsNone(Exception):
    """A parser has returned None."""


def parsers(
    sources: Sequence[Source], classes: Sequence[FlowClass], flows: Flows
) -> Iterator[Finding]:
    """Yield parsers that are never tried, and an author's own parsers that fail or return None.

    A parser after `parse.text()` is never tried, because `parse.text()` takes any text.
    """
    for flow in classes:
        yield from _never_tried(flow)
    for definition in flows:
        for name, ask in definition.states.items():
            if isinstance(ask, Ask) and ask.accept:
                for parser in ask.accept.choices or (ask.accept,):
                    yield from _own_parser(definition, name, parser, sources)


def _never_tried(flow: FlowClass) -> Iterator[Finding]:
    for statement in flow.node.body:
        for call in ast.walk(statement):
            if not isinstance(call, ast.Call) or last_name(call) not in ("ask", "any_of"):
                continue
            accept = keyword(call, "accept")
            tried = call.args if last_name(call) == "any_of" else getattr(accept, "elts", [])
            if not isinstance(accept, ast.Tuple) and last_name(call) == "ask":
                continue
            for place, each in enumerate(tried):
                later = [dotted(getattr(one, "func", one)) for one in tried[place + 1 :]]
                missed = [one for one in later if last_name_of(one) not in _MEDIA]
                takes_all = (
                    isinstance(each, ast.Call)
                    and dotted(each.func) in ("parse.text", "text")
                    and not each.args
                    and not each.keywords
                )
                if takes_all and missed:
                    yield finding(
                        flow.source,
                        each,
                        f"{flow.name}: parse.text() takes any text, so the parsers after it are"
                        " never tried. Put parse.text() last.",
                    )


def last_name_of(name: str) -> str:
    return name.rpartition(".")[2]


def _own_parser(
    definition: Definition, name: str, parser: Parser[Any], sources: Sequence[Source]
) -> Iterator[Finding]:
    function = parser.read
    if not inspect.isfunction(function) or function.__module__.partition(".")[0] == "bot":
        return
    code = function.__code__
    place = f"{short_of(code.co_filename)}:{code.co_firstlineno}"
    what = f"{function.__name__}() of {definition.model.__name__}.{name}"
    not_understood = 'Raise parse.NotUnderstood("…") for an answer that is not understood.'
    for text in _TEXTS:
        error = _tried(parser, text)
        if isinstance(error, ReturnsNone):
            yield of_error(
                f"{place}: {what} returns None for the answer {text!r}, and None is stored as the"
                f" answer. {not_understood}",
                sources,
            )
            return
        if error is not None:
            line = _line_in(error, code.co_filename) or code.co_firstlineno
            yield of_error(
                f"{short_of(code.co_filename)}:{line}: {what} raised {type(error).__name__} for the"
                f" answer {text!r}: {error}. {not_understood}",
                sources,
            )
            return
    if _may_be_none(function):
        yield of_error(
            f"{place}: {what} may return None, which would be stored as the answer."
            f" {not_understood}",
            sources,
            "warning",
        )


def short_of(file: str) -> str:
    return short(Path(file))


def _may_be_none(function: Any) -> bool:
    try:
        returned = get_type_hints(function).get("return")
    except (NameError, TypeError):
        return False
    is_union = get_origin(returned) in (Union, UnionType)
    return is_union and type(None) in get_args(returned)


def _tried(parser: Parser[Any], text: str) -> Exception | None:
    """Return the exception that a parser raises for a text.

    Return None if the parser raises nothing or `NotUnderstood`.
    """
    answer = Answer(
        message=ContactMessage(),
        text=text,
        postback="",
        channel="SMS",
        locale="en",
        now=as_datetime(START),
    )
    try:
        with limited():
            value = asyncio.run(apply(parser, answer))
    except NotUnderstood:
        return None
    except TooSlow as error:
        return TimeoutError(str(error))
    except Exception as error:
        # An author's function may raise anything. This call looks for such errors.
        return error
    return ReturnsNone() if value is None else None


def _line_in(error: BaseException, file: str) -> int:
    found, line = error.__traceback__, 0
    while found:
        if found.tb_frame.f_code.co_filename == file:
            line = found.tb_lineno
        found = found.tb_next
    return line


def types(sources: Sequence[Source], flows: Flows) -> Iterator[Finding]:
    """Yield answers that do not fit the type of their field in the flow's data."""
    for definition in flows:
        declared = None if definition.is_state_machine else declared_data(definition.model)
        fields = get_type_hints(declared) if isinstance(declared, type) else {}
        for name, state in definition.states.items():
            wrong, other = "", "the question"
            if isinstance(state, Ask) and name in fields:
                wrong = _unfit(state, fields[name])
            elif isinstance(state, Call) and name in fields:
                wrong = _unfit_result(flows.get(state.flow), fields[name])
                other = f"what {state.flow!r} returns"
            if wrong:
                yield of_error(
                    f"{definition.at(name)}: {wrong}, and {_type_name(declared)}.{name} takes"
                    f" {_type_name(fields[name])}. Change the type of the field, or {other}.",
                    sources,
                )


def _unfit_result(called: Definition | None, kind: Any) -> str:
    """Return a called flow's result, described in words, if the result cannot fit a type.

    Return "" if the result may fit.
    """
    if called is None or called.is_state_machine:
        return ""
    function = called.model.returns
    is_own = function is not Flow.returns
    with contextlib.suppress(NameError, TypeError, LookupError):  # The type is unknown.
        returned = get_type_hints(function).get("return", Any) if is_own else dict
        if returned is Any:
            return ""
        result = None if returned is type(None) else sample(returned) if is_own else {}
        try:
            msgspec.convert(msgspec.to_builtins(result), kind)
        except msgspec.ValidationError as error:
            if _OTHER_TYPE.match(str(error)):
                at = place_of(called.model, "returns")
                return (
                    f"returns() of {called.name!r} ({at}) returns {_type_name(returned)}"
                    if is_own
                    else f"{called.name!r} has no returns(), so its result is a dict of its answers"
                )
    return ""


def _unfit(ask: Ask, kind: Any) -> str:
    """Return why an answer of a question may not fit a type; "" if no reason is found."""
    for key in ask.options:
        try:
            msgspec.convert(key, kind)
        except msgspec.ValidationError:
            return f"the answer may be {key!r}"
    for parser in (ask.accept.choices or (ask.accept,)) if ask.accept else ():
        if parser.type is Any:
            continue
        try:
            msgspec.convert(msgspec.to_builtins(sample(parser.type)), kind)
        except msgspec.ValidationError as error:
            if _OTHER_TYPE.match(str(error)):
                return f"the question's parser returns {_type_name(parser.type)}"
        except LookupError:
            continue  # This is an author's type, for which there is no sample.
    return ""


def _type_name(kind: Any) -> str:
    return kind.__name__ if type(kind) is type else str(kind)


def starts(sources: Sequence[Source], flows: Flows, rule: Rule) -> Iterator[Finding]:
    """Yield words in `start_on` that look like patterns, words that are commands, and words that
    mean STOP under `rule`, the value of BOT_STOP_WORDS.
    """
    for definition in flows:
        for word in definition.start_on:
            if wish_of(word, rule) == OUT:
                yield of_error(
                    f"{definition.at('start_on')}: {word!r} means STOP with BOT_STOP_WORDS={rule}:"
                    " it opts the contact out, and starts no flow. Choose another word.",
                    sources,
                )
                continue
            if any(each in word for each in _PATTERN):
                yield of_error(
                    f"{definition.at('start_on')}: {word!r} looks like a pattern, but words are"
                    " compared as they are. Name the words, or take free text by fallback = True"
                    " or @hooks.recognize().",
                    sources,
                    "warning",
                )
            if flows.words.found(word) is not None:
                yield of_error(
                    f"{definition.at('start_on')}: {word!r} is also a global keyword: it starts"
                    " this flow only if no flow is active. Choose another word, or leave it out"
                    " of your Keywords.",
                    sources,
                    "warning",
                )


def labels(sources: Sequence[Source], flows: Flows) -> Iterator[Finding]:
    """Yield labels, such as "2", that equal the number of another option in the list."""
    for definition in flows:
        for name, ask in definition.states.items():
            keys = [*ask.options] if isinstance(ask, Ask) else []
            for number, key in enumerate(keys, 1):
                label = ask.options[key].label.strip() if isinstance(ask, Ask) else ""
                if label.isdecimal() and 0 < int(label) <= len(keys) and int(label) != number:
                    yield of_error(
                        f"{definition.at(name)}: {label!r} is the label of {key!r}, but also the"
                        f" number of {keys[int(label) - 1]!r} in the list. If a contact types it,"
                        " the bot takes it as the label. Write more than a number in the label, or"
                        " ask for a number with ask(…, accept=parse.integer()).",
                        sources,
                        "warning",
                    )


def missing(classes: Sequence[FlowClass], flows: Flows) -> Iterator[Finding]:
    """Yield a finding for each place where code reads an answer that may not have been given."""
    by_place = {(each.source.file, each.name): each for each in classes}
    for definition in flows:
        flow = by_place.get((definition.source, definition.model.__name__))
        if (
            flow is None
            or definition.is_state_machine
            or declared_data(definition.model) is not None
        ):
            continue
        known = _known_in(definition, flow)
        for name, function in _functions(definition, flow):
            for node, answer in _reads(function):
                state = definition.states.get(answer)
                if not isinstance(state, Ask | Call) or answer in known.get(name, {answer}):
                    continue
                yield finding(
                    flow.source,
                    node,
                    f"{flow.name}.{name} reads {answer!r}, but some paths to {name} don't ask that"
                    f" question. Check {answer!r} in self.data first, or give the data a type with"
                    " defaults.",
                    "warning",
                )


def _known_in(definition: Definition, flow: FlowClass) -> dict[str, set[str]]:
    """Return for each state the names of the data that exist on every path to the state."""
    methods = {each.name: each for each in flow.methods}
    edges: list[tuple[str, str, set[str]]] = []
    for name, state in definition.states.items():
        for trigger, target in state.targets().items():
            adds: set[str] = set()
            if isinstance(state, Ask | Call) and trigger not in _GAVE_UP:
                adds = {name}
            elif isinstance(state, Step) and name in methods:
                adds = _set_in(methods[name])
            edges.append((name, target, adds))
    for name, handler in definition.handlers.items():
        adds = _set_in(methods[name]) if name in methods else set()
        for source in handler.states or definition.states:
            edges += [(source, target, adds) for target in handler.to]
    everything = {*definition.states, *(each for _, _, adds in edges for each in adds)}
    known = {name: set(everything) for name in definition.states}
    known[str(definition.machine.initial)] = set()
    changed = True
    while changed:
        changed = False
        for source, target, adds in edges:
            if target in (END, HANDOFF) or target not in known:
                continue
            left = known[target] & (known[source] | adds)
            if left != known[target]:
                known[target], changed = left, True
    return known


def _set_in(function: Function) -> set[str]:
    return {
        node.attr
        for node in own_nodes(function)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and dotted(node.value) == "self.data"
    }


def _functions(definition: Definition, flow: FlowClass) -> Iterator[tuple[str, ast.AST]]:
    """Yield the steps of a flow, and the functions that make the flow's questions and options."""
    for statement in flow.node.body:
        if isinstance(statement, Function):
            if isinstance(definition.states.get(statement.name), Step):
                yield statement.name, statement
        elif isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
            made = statement.value
            for target in statement.targets:
                if isinstance(target, ast.Name) and target.id in definition.states:
                    for each in [*made.args, *(one.value for one in made.keywords)]:
                        if isinstance(each, ast.Lambda):
                            yield target.id, each


def _reads(function: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Yield the answers that a function reads unconditionally."""
    if isinstance(function, ast.Lambda):
        owner = function.args.args[0].arg if function.args.args else ""
        body: Sequence[ast.AST] = [function.body]
    else:
        assert isinstance(function, Function)
        owner, body = "self.data", function.body
    written = ast.dump(function)
    for statement in body:
        if isinstance(statement, ast.If | ast.Try | ast.While | ast.Match | ast.For):
            return  # Code after this may depend on the condition.
        for node in _surely(statement):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.ctx, ast.Load)
                and dotted(node.value) == owner
                and f"Constant(value='{node.attr}')" not in written
                and not node.attr.startswith("_")
            ):
                yield node, node.attr


def _surely(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if isinstance(node, ast.IfExp | ast.BoolOp | Function | ast.Lambda | ast.GeneratorExp):
        return
    for each in ast.iter_child_nodes(node):
        yield from _surely(each)
