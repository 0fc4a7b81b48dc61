"""Finds mistakes in steps and handlers: wrong results, missing and needless awaits, blocking
calls.
"""

import ast
import inspect
from collections.abc import Iterator, Sequence
from typing import get_type_hints

import msgspec

from bot.flow.keywords import Keywords
from bot.flow.places import names_in
from bot.tooling.check.attributes import functions_of_data
from bot.tooling.check.findings import Finding, finding, meant
from bot.tooling.check.naive_times import is_naive
from bot.tooling.check.sources import (
    CONSTANTS,
    UNKNOWN,
    FlowClass,
    Function,
    Source,
    argument,
    decorator,
    dotted,
    is_async,
    is_awaited_later,
    is_generator,
    is_state,
    keyword,
    last_name,
    literal,
    own_nodes,
    results,
    texts,
    turn_of,
)

_SYNC = ("say", "schedule", "unschedule", "send_event")
"""Methods of a turn that must not be awaited."""

_BLOCKING = (
    *("time.sleep", "subprocess.run", "subprocess.call", "subprocess.check_output", "os.system"),
    *("urllib.request.urlopen", "urlopen"),
    *(f"requests.{verb}" for verb in ("get", "post", "put", "patch", "delete", "request")),
    *(f"httpx.{verb}" for verb in ("get", "post", "put", "patch", "delete", "request")),
    *("subprocess.check_call", "subprocess.getoutput"),
)
_READING = ("open", "sqlite3.connect")
"""Functions that block, but usually so briefly that an author calls them on purpose."""

MAX_SLEEP_S = 5
"""Maximum sleep of a step, in seconds.

A longer sleep should be a timer, because a turn must not wait.
"""


def returns(flows: Sequence[FlowClass]) -> Iterator[Finding]:
    """Yield results of steps and handlers that their `to` does not declare."""
    for flow in flows:
        for method in flow.methods:
            if step := decorator(method, "step"):
                yield from _returns_of(flow, method, step, is_step=True)
            elif handler := decorator(method, "on"):
                yield from _returns_of(flow, method, handler, is_step=False)


def _returns_of(
    flow: FlowClass, method: Function, made: ast.Call, *, is_step: bool
) -> Iterator[Finding]:
    listed = texts(keyword(made, "to"))
    if listed is None:
        return
    declared = [value for _, value in listed]
    place = f"{flow.name}.{method.name}"
    yield from _no_names(flow, method, place, declared)
    names = ", ".join(_written(each) for each in declared)
    for node, value in returned(method):
        if isinstance(value, str) and value not in declared:
            if not declared:
                if not is_step:
                    yield finding(
                        flow.source,
                        node,
                        f"{place} returns {value!r}, but its @on has no `to`. Write"
                        f" to={_written(value)} in the @on.",
                    )
                continue
            yield finding(
                flow.source,
                node,
                f"{place} returns {value!r}; its `to` declares {names}.{meant(value, declared)} Add"
                f" {value!r} to `to`, or return a declared state.",
            )
        elif value is None and is_step:
            yield finding(
                flow.source, node, f"{place} returns no state. Return {_either(declared)}."
            )
    if not is_step and declared and _leads_nowhere(method):
        yield finding(
            flow.source,
            keyword(made, "to"),
            f"{place} never returns a state, so its `to` has no effect. Return {_either(declared)}"
            " to go there, or remove `to`.",
        )
    is_generator = any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own_nodes(method))
    if is_step and not is_generator and not ends(method.body):
        yield finding(
            flow.source,
            method,
            f"{place} can end without a state. Return {_either(declared)} on every path.",
        )


def _leads_nowhere(method: Function) -> bool:
    """Return whether a handler of events can end, but never returns a state."""
    has_values = any(value is not None for _, value in returned(method))
    only_raises = ends(method.body) and not returned(method)
    return not (has_values or is_generator(method) or only_raises)


def _no_names(
    flow: FlowClass, method: Function, place: str, declared: Sequence[str]
) -> Iterator[Finding]:
    """Yield results that are a state, or a tuple or list with a state's name, instead of the
    name.
    """
    states = [name for node in flow.node.body if is_state(node) for name in names_in(node)]
    for node in own_nodes(method):
        value = node.value if isinstance(node, ast.Return) else None
        own = dotted(value).removeprefix("self.")
        if isinstance(value, ast.Attribute) and own in states and own != dotted(value):
            added = "" if own in declared else ", and add it to `to`"
            yield finding(
                flow.source,
                value,
                f"{place} returns the state itself. Return its name: {own!r}{added}.",
            )
        inner = [literal(each) for each in getattr(value, "elts", ())]
        if inner and any(each in declared for each in inner if isinstance(each, str)):
            yield finding(
                flow.source,
                value,
                f"{place} returns several values. Return only the state, and store other values in"
                " self.data.",
            )


def replies(classes: Sequence[FlowClass]) -> Iterator[Finding]:
    """Yield methods of Keywords whose result the framework sends, but which return no text."""
    sent = [
        name
        for name, each in vars(Keywords).items()
        if inspect.isfunction(each) and inspect.signature(each).return_annotation is str
    ]
    for each in classes:
        for method in each.methods:
            if method.name not in sent or method.decorator_list:
                continue
            values = returned(method)
            place = f"{each.name}.{method.name}"
            if any(value is None for _, value in values) or not (values or ends(method.body)):
                yield finding(
                    each.source,
                    method,
                    f"{place} returns None, but the contact gets the text that this method returns."
                    " Return a text instead of calling turn.say.",
                )


def returned(function: Function) -> list[tuple[ast.AST, object]]:
    """Return the value of each `return` of a function: a text, None, or `UNKNOWN`."""
    return (
        [] if is_generator(function) else [(node, _value(each)) for node, each in results(function)]
    )


def _value(result: ast.expr | None) -> object:
    is_said = isinstance(result, ast.Call) and last_name(result) == "say"
    return None if result is None or is_said else literal(result)


def ends(body: Sequence[ast.stmt]) -> bool:
    """Return whether every path through these statements returns or raises."""
    return any(map(_is_end, body))


def _is_end(node: ast.stmt) -> bool:
    match node:
        case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
            return True
        case ast.If(_, body, orelse):
            return ends(body) and ends(orelse)
        case ast.With(_, body) | ast.AsyncWith(_, body):
            return ends(body)
        case ast.Try(body, handlers, orelse, last):
            tried = ends(body) or ends(orelse)
            return ends(last) or (tried and all(ends(each.body) for each in handlers))
        case ast.Match(_, cases):
            is_whole = any(
                isinstance(each.pattern, ast.MatchAs)
                and each.pattern.pattern is None
                and each.guard is None
                for each in cases
            )
            return is_whole and all(ends(each.body) for each in cases)
        case ast.While(ast.Constant(value), body):
            return bool(value) and not any(isinstance(each, ast.Break) for each in _in_loop(body))
        case ast.Expr(ast.Call(function)):
            return last_name(function) in ("assert_never", "exit", "fail")
    return False


def _in_loop(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    for node in body:
        yield node
        if not isinstance(node, ast.For | ast.While):
            yield from own_nodes(node)


def _written(state: str) -> str:
    constants = {value: name for name, value in CONSTANTS.items()}
    return constants[state] if state in ("end", "handoff") else repr(state)


def _either(states: Sequence[str]) -> str:
    return " or ".join(_written(each) for each in states) or "a state"


def awaits(flows: Sequence[FlowClass]) -> Iterator[Finding]:
    """Yield calls that are awaited needlessly, and calls of async functions that nobody awaits."""
    for flow in flows:
        for method in flow.methods:
            for node in own_nodes(method):
                if isinstance(node, ast.Call):
                    yield from _calls(flow, method, node)
        for name, function in functions_of_data(flow):
            if isinstance(function, Function):
                yield from _unawaited_of_data(flow, f"{flow.name}.{name}", function)


def _unawaited_of_data(flow: FlowClass, place: str, function: Function) -> Iterator[Finding]:
    """Yield calls of async functions that a function of the flow's data does not await."""
    is_async = isinstance(function, ast.AsyncFunctionDef)
    way_out = (
        "Write await before the call."
        if is_async
        else f"Write async def {function.name}, and await the call."
    )
    for call in own_nodes(function):
        if not isinstance(call, ast.Call) or not _is_async_call(flow, function, call):
            continue
        if _is_unawaited(flow.source, function, call):
            yield finding(
                flow.source,
                call,
                f"{place}: {function.name}() does not await {dotted(call.func)}(), so it gets a"
                f" coroutine instead of the result. {way_out}",
            )


def _calls(flow: FlowClass, method: Function, call: ast.Call) -> Iterator[Finding]:
    source, place, turn = flow.source, f"{flow.name}.{method.name}", turn_of(method)
    name, parent = dotted(call.func), source.parents.get(call)
    if isinstance(parent, ast.Await) and name in [f"{turn}.{each}" for each in _SYNC]:
        yield finding(
            source, call, f"{place}: {name} returns nothing to await. Remove the `await`."
        )
    if name == f"{turn}.once" and call.args:
        yield from _once(flow, place, method, call.args[0])
    yield from _own_arguments(flow, place, call)
    if name == f"{turn}.schedule":
        yield from _schedule(source, place, method, call)
        yield from _circle_of_events(source, place, method, call)
    yield from _blocking(source, place, turn, call)
    if name == "input" and not _is_own(source, name):
        yield finding(
            source,
            call,
            f"{place}: input() reads the terminal of the bot's process, not what the contact"
            " writes. Ask a question: ask(…) or choose(…).",
        )
    if name in ("asyncio.create_task", "asyncio.ensure_future") and isinstance(parent, ast.Expr):
        yield finding(
            source,
            call,
            f"{place}: the task of {name}() is neither stored nor awaited, so it may never end, and"
            " its errors are lost. Await the call, or turn.once(…).",
            "warning",
        )
    if name == "asyncio.sleep" and call.args and _is_long(call.args[0]):
        yield finding(
            source,
            call,
            f"{place} waits inside a turn. The turn's messages are sent only after the turn, and"
            " BOT_TURN_TIMEOUT limits the turn. Use turn.schedule(…) to act later, or ask a"
            " question with `remind`.",
        )
    is_once = name == f"{turn}.once"
    if (is_once or _is_async_call(flow, method, call)) and _is_unawaited(source, method, call):
        yield finding(
            source,
            call,
            f"{place}: {name}() is not awaited, so it does nothing. Write await before the call.",
        )


def _blocking(source: Source, place: str, turn: str, call: ast.Call) -> Iterator[Finding]:
    """Yield calls that block the process, directly or inside a function of the same module."""
    name = dotted(call.func)
    is_once = name == f"{turn}.once" and bool(call.args)
    called = dotted(call.args[0]) if is_once else name
    blocks = called
    if called not in (*_BLOCKING, *_READING):
        functions = [each for each in source.tree.body if isinstance(each, ast.FunctionDef)]
        inner = [
            dotted(node.func)
            for each in functions
            if each.name == called
            for node in own_nodes(each)
            if isinstance(node, ast.Call)
        ]
        blocks = next((each for each in inner if each in _BLOCKING), "")
    if blocks not in (*_BLOCKING, *_READING) or _is_own(source, blocks):
        return
    what = f"{blocks}()" if blocks == called else f"{called}() calls {blocks}(), which"
    instead = "turn.once with an async function" if is_once else "an async call"
    way_out = f"Await {instead} instead, or await asyncio.to_thread({called}, …)."
    if blocks in _READING:
        way_out = "Move the call into a function, and await asyncio.to_thread(function, …)."
    yield finding(
        source,
        call,
        f"{place}: {what} blocks all contacts until it ends. {way_out}",
        "warning" if blocks in _READING else "error",
    )


def blocking(sources: Sequence[Source], flows: Sequence[FlowClass]) -> Iterator[Finding]:
    """Yield calls that block the process in async functions that are no methods of `flows`, such as
    hooks, services and functions of `turn.once`.
    """
    checked = [method for flow in flows for method in flow.methods]
    for source in sources:
        for function in ast.walk(source.tree):
            if not isinstance(function, ast.AsyncFunctionDef) or function in checked:
                continue
            for call in own_nodes(function):
                name = dotted(call.func) if isinstance(call, ast.Call) else ""
                if name in _BLOCKING:
                    yield finding(
                        source,
                        call,
                        f"{function.name}: {name}() blocks all contacts until it ends. Await an"
                        f" async call instead, or await asyncio.to_thread({name}, …).",
                    )


def _is_own(source: Source, name: str) -> bool:
    """Return whether `name` is the name of a builtin that the module replaces by a function or an
    import of its own.
    """
    names = {each.name for each in source.tree.body if isinstance(each, Function)}
    imports = [each for each in source.tree.body if isinstance(each, ast.Import | ast.ImportFrom)]
    names |= {one.asname or one.name for each in imports for one in each.names}
    return name in names and name in ("open", "input")


def _own_arguments(flow: FlowClass, place: str, call: ast.Call) -> Iterator[Finding]:
    """Yield calls of the flow's own methods in which a required argument is missing."""
    name = dotted(call.func)
    called = next((each for each in flow.methods if name == f"self.{each.name}"), None)
    if (
        called is None
        or called.decorator_list
        or any(isinstance(each, ast.Starred) for each in call.args)
        or any(each.arg is None for each in call.keywords)
    ):
        return
    made = called.args
    placed = [each.arg for each in (*made.posonlyargs, *made.args)]
    required = placed[1 : len(placed) - len(made.defaults)][len(call.args) :]
    required += [
        each.arg
        for each, default in zip(made.kwonlyargs, made.kw_defaults, strict=True)
        if default is None
    ]
    given = [each.arg for each in call.keywords]
    if missing := [each for each in required if each not in given]:
        yield finding(
            flow.source,
            call,
            f"{place}: {name}() takes {', '.join(placed[1:])}, and gets no {missing[0]!r}.",
        )


def _is_long(node: ast.expr) -> bool:
    value = node.value if isinstance(node, ast.Constant) else 0
    return isinstance(value, int | float) and value >= MAX_SLEEP_S


def _once(flow: FlowClass, place: str, method: Function, given: ast.expr) -> Iterator[Finding]:
    if isinstance(given, ast.Lambda):
        yield finding(
            flow.source,
            given,
            f"{place}: turn.once is given a lambda, which has no name for the recorded result and"
            " can't be replaced in tests. Write turn.once(function, argument).",
        )
    if isinstance(given, ast.Call) and _is_async_call(flow, method, given):
        name = dotted(given.func)
        arguments = ", ".join([name, *map(ast.unparse, given.args)])
        yield finding(
            flow.source,
            given,
            f"{place}: turn.once takes the function and its arguments, not the result of a call."
            f" Write turn.once({arguments}).",
        )
    function = flow.source.value(given)
    returned = _returned_type(function)
    if isinstance(returned, type) and _is_not_json(returned):
        written = f"{returned.__module__.partition('.')[0].lstrip('_')}.{returned.__name__}"
        yield finding(
            flow.source,
            given,
            f"{place}: {dotted(given)} returns {written}, and turn.once stores the result as JSON,"
            f" so the turn fails. Return what the step needs from {dotted(given)}: a text, a"
            " number, a list, a dict or a dataclass.",
        )


def _returned_type(function: object) -> object:
    try:
        return get_type_hints(function).get("return") if inspect.isfunction(function) else None
    except (NameError, TypeError):
        return None  # The annotation names what only type checkers import.


def _is_not_json(kind: type) -> bool:
    try:
        return isinstance(msgspec.inspect.type_info(kind), msgspec.inspect.CustomType)
    except TypeError:
        return False


def _schedule(source: Source, place: str, method: Function, call: ast.Call) -> Iterator[Finding]:
    at = argument(call, 1, "at")
    if at is not None and is_naive(at, method):
        yield finding(
            source,
            at,
            f"{place}: turn.schedule takes a time with a zone, but this time has none. Add a zone,"
            " such as tzinfo=ZoneInfo(turn.zone), or start from turn.now.",
        )
    if isinstance(at, ast.Constant):
        yield finding(
            source,
            at,
            f"{place}: turn.schedule takes a time, not {at.value!r}. Write turn.now +"
            " timedelta(minutes=45), for example.",
        )


def _circle_of_events(
    source: Source, place: str, method: Function, call: ast.Call
) -> Iterator[Finding]:
    """Yield an event that its own handler always schedules again without a delay."""
    handler = decorator(method, "on")
    event, at = literal(argument(call, 0, "event")), argument(call, 1, "at")
    handled = [literal(each) for each in handler.args] if handler else []
    is_always = isinstance(parent := source.parents.get(call), ast.Expr) and parent in method.body
    if event in handled and is_always and dotted(at) == f"{turn_of(method)}.now":
        yield finding(
            source,
            call,
            f"{place} handles {event!r} and schedules it for now, so the event comes again without"
            " end. Schedule the event for later, such as turn.now + timedelta(hours=1), or only if"
            " a condition holds.",
        )


def _is_async_call(flow: FlowClass, method: Function, call: ast.Call) -> bool:
    """Return whether a call makes a coroutine; False if the called function cannot be found."""
    function = call.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        owner = function.value.id
        if owner == "self":
            own = [each for each in flow.methods if each.name == function.attr]
            return any(isinstance(each, ast.AsyncFunctionDef) for each in own)
        annotated = {each.arg: each.annotation for each in method.args.args}
        kind = flow.source.value(annotated.get(owner))
        if owner in annotated:
            return is_async(getattr(kind, function.attr, None))
    elif isinstance(function, ast.Name):
        made = [each for each in flow.source.tree.body if isinstance(each, Function)]
        if any(each.name == function.id for each in made):
            return any(
                each.name == function.id and isinstance(each, ast.AsyncFunctionDef) for each in made
            ) and not any(isinstance(node, ast.Yield) for e in made for node in own_nodes(e))
    return is_async(flow.source.value(function))


def _is_unawaited(source: Source, method: Function, call: ast.Call) -> bool:
    parent = source.parents.get(call)
    if isinstance(parent, ast.If | ast.While | ast.IfExp | ast.Assert):
        return parent.test is call
    if isinstance(parent, ast.For | ast.comprehension):
        return parent.iter is call
    if isinstance(parent, ast.Match):
        return parent.subject is call
    if isinstance(parent, ast.BoolOp | ast.UnaryOp):
        return True
    if isinstance(parent, ast.Expr | ast.FormattedValue | ast.BinOp | ast.Compare | ast.Subscript):
        return True
    if isinstance(parent, ast.Attribute):
        return parent.attr not in ("close", "send", "throw")
    if isinstance(parent, ast.List | ast.Tuple):
        return any(isinstance(each, ast.Await) for each in parent.elts)
    if isinstance(parent, ast.Call):
        return last_name(parent) in ("say", "_", "str", "int", "len") and call in parent.args
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1:
        target = parent.targets[0]
        if isinstance(target, ast.Attribute):
            return True
        if isinstance(target, ast.Name):
            return not is_awaited_later(method, target.id)
    return False


__all__ = ["UNKNOWN", "awaits", "ends", "returned", "returns"]
