"""What a flow says, found without running it: for previews, checks and translators.

Questions, reasks and reminders that are data are known as they are. What functions say is tried
with sample data; expressions that call anything but the framework's own messages are left alone,
since a preview must not order a pizza.
"""

import ast
import inspect
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from bot import parse
from bot.contact.session import Frame
from bot.errors import BotError
from bot.flow import durations
from bot.flow.definition import Definition
from bot.flow.flow import Data
from bot.flow.prompts import with_options, words_of
from bot.flow.states import Ask, Question, Step
from bot.i18n.languages import ngettext, translated
from bot.messages import Message, as_message, channel_limits
from bot.messages.rendering import numbered_choices
from bot.turn.postback import Postbacks

SAMPLES: dict[Any, Any] = {
    str: "…",
    bool: True,
    int: 2,
    float: 2.5,
    Decimal: Decimal("2.5"),
    date: date(2026, 1, 5),
    time: time(12, 30),
    list[str]: ["…"],
    parse.Location: parse.Location(55.6, 13.0),
    parse.Media: parse.Media("https://example.com/picture.jpg", "image"),
}
"""An answer of each type that the framework's parsers give."""

_SAMPLE_POSTBACKS = Postbacks(())


@dataclass(frozen=True, slots=True)
class Saying:
    """One thing that a flow says, and where; without a message, `why` it can't be told."""

    state: str
    what: str
    message: Message | None
    why: str = ""


def data_said(definition: Definition) -> Iterator[tuple[str, Ask, str, Question]]:
    """What the flow's asks hold: state, ask, what it is, and the message or function."""
    for name, ask in definition.states.items():
        if isinstance(ask, Ask):
            yield name, ask, "question", ask.question
            if ask.reask is not None:
                yield name, ask, "reask", ask.reask
            for after_s, words in ask.remind:
                yield name, ask, f"reminder after {durations.written(after_s)}", words


def sayings(definition: Definition) -> Iterator[Saying]:
    """All that the flow says, asks first, in the language that is spoken where this is called."""
    data = sample_data(definition)
    for name, ask, what, question in data_said(definition):
        yield _asked(definition, name, ask, what, question, data)
    for name, function in _functions(definition):
        yield from _said_in(name, function, data)


def message_errors(definition: Definition) -> Iterator[str]:
    """What no channel takes of the questions, reasks and reminders that are data."""
    for name, ask, what, question in data_said(definition):
        if not callable(question):
            known = replace(ask, offer=None)  # What a function offers is known when it is run.
            saying = _asked(definition, name, known, what, question, Data({}))
            found = channel_limits.check(saying.message) if saying.message else [saying.why]
            for error in found:
                yield f"{definition.where}.{name}: {what}: {error}"


def postbacks(definition: Definition) -> Iterator[tuple[str, Ask, str, str]]:
    """The choices that questions bring themselves: state, ask, what it is, and the postback that
    tapping one sends.
    """
    for name, ask, what, question in data_said(definition):
        if not callable(question):
            message = as_message(question)
            for each in (message, *message.overrides.values()):
                for choice in numbered_choices(each):
                    yield name, ask, what, choice.postback


def sample_data(definition: Definition) -> Data:
    """A flow's data as it may be once every ask was answered: first options, sample answers."""
    values: dict[str, Any] = {}
    for name, ask in definition.states.items():
        if isinstance(ask, Ask) and ask.options:
            values[name] = next(iter(ask.options))
        elif isinstance(ask, Ask) and ask.offer:
            values[name] = SAMPLES[str]
        elif isinstance(ask, Ask) and ask.accept:
            kind = ask.accept.choices[0].type if ask.accept.choices else ask.accept.type
            if kind in SAMPLES:
                values[name] = SAMPLES[kind]
    return Data(values)


def _asked(
    definition: Definition, name: str, ask: Ask, what: str, question: Question, data: Data
) -> Saying:
    frame = Frame(definition.name, name)
    try:
        message = words_of(question, data)
        if not what.startswith("reminder"):
            message = with_options(message, ask.offering(data), frame, "", _SAMPLE_POSTBACKS)
    except BotError as error:
        return Saying(name, what, None, str(error))
    except Exception as error:
        # An author's function may fail in any way on data that is made up.
        return Saying(name, what, None, f"not with sample data: {error}")
    return Saying(name, what, message)


def _functions(definition: Definition) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The functions that speak, by the name of their state or method."""
    if definition.is_raw:
        yield from inspect.getmembers(definition.model, inspect.isfunction)
    for name, state in definition.states.items():
        if isinstance(state, Step):
            yield name, state.function
    for name, handler in definition.handlers.items():
        yield name, handler.function


def _said_in(name: str, function: Callable[..., Any], data: Data) -> Iterator[Saying]:
    """What a method says by `turn.say(…)`, in the order written."""
    try:
        lines, first = inspect.getsourcelines(function)
    except OSError:
        return
    tree = ast.parse(textwrap.dedent("".join(lines)))
    parameters = [*inspect.signature(function).parameters, "", ""]
    values = {
        **inspect.getclosurevars(function).nonlocals,
        **function.__globals__,
        parameters[0]: SimpleNamespace(data=data),
    }
    values.update(_locals(tree, values))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == f"{parameters[1]}.say":
            for argument in node.args:
                yield _told(name, f"line {first + argument.lineno - 1}", argument, values)


def _told(name: str, what: str, argument: ast.expr, values: dict[str, Any]) -> Saying:
    try:
        return Saying(name, what, as_message(_value(argument, values)))
    except BotError as error:
        return Saying(name, what, None, str(error))
    except Exception as error:
        # As with a question's function: it is tried with data that is made up.
        return Saying(name, what, None, f"not without running it: {error}")


def _locals(tree: ast.AST, values: dict[str, Any]) -> dict[str, Any]:
    """Names that are set once, to something that can be told, such as `data = self.data`."""
    names = Counter(
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    found: dict[str, Any] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            try:
                found[name] = _value(node.value, {**values, **found})
            except Exception:
                names[name] = 0  # Whatever it is, it is made when the flow runs.
            if names[name] != 1:
                found.pop(name, None)
    return found


class _NotTold(Exception):
    """An expression that is left alone."""


def _value(expression: ast.expr, values: dict[str, Any]) -> Any:
    """What an expression of the author's is worth, if finding out does nothing.

    Raises:
        _NotTold: it calls something, or names what is known only when the flow runs.
    """
    for node in ast.walk(expression):
        if isinstance(node, ast.Call):
            _require_harmless(node.func, values)
        elif isinstance(node, ast.Await | ast.Lambda | ast.NamedExpr | ast.Yield):
            raise _NotTold(f"`{ast.unparse(node)}`")
        elif isinstance(node, ast.Name) and node.id not in values:
            raise _NotTold(f"`{node.id}` is known only then")
    code = compile(ast.Expression(expression), "<said>", "eval")
    return eval(code, {"__builtins__": {}}, values)


def _require_harmless(called: ast.expr, values: dict[str, Any]) -> None:
    """Calls are harmless to the framework's messages and marks, and to a text's methods."""
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Constant):
        return
    function = _value(called, values) if isinstance(called, ast.Name | ast.Attribute) else None
    is_ours = isinstance(function, type) and function.__module__.startswith("bot.")
    if not is_ours and function not in (translated, ngettext):
        raise _NotTold(f"it calls `{ast.unparse(called)}`")
