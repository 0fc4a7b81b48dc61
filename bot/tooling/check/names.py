"""Finds misspelled names in texts: events, channels, flows and options of messages."""

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from inspect import signature

from bot.callbacks.events import BUILT_IN
from bot.errors import FlowError
from bot.flow.definition import KINDS
from bot.flow.flow import Flow, declared_data
from bot.flow.keywords import HELP_TEXT, Keywords
from bot.flow.load import Flows
from bot.flow.places import line_of_variable
from bot.flow.states import Ask
from bot.messages.api_rules import CHANNELS
from bot.messages.channel_properties import KNOWN
from bot.messages.requests import SendRequest
from bot.tooling.check.findings import Finding, finding, meant, of_error
from bot.tooling.check.sources import (
    CONSTANTS,
    FlowClass,
    Source,
    argument,
    decorator,
    dotted,
    keyword,
    last_name,
    literal,
    own_nodes,
    texts,
    turn_of,
)
from bot.tooling.check.steps import returned
from bot.turn.turn import Turn

NEAR, NEAR_IF_SHORT = 0.8, 0.9
"""Minimum similarity at which an event's name counts as a misspelling of a known event's name.

The second number is for short names.
"""

MAX_SHOWN = 30
"""Maximum number of characters of a text that a finding repeats."""

SHORT = 5
"""Maximum number of characters of a short name."""


def events(
    sources: Sequence[Source], classes: Sequence[FlowClass], flows: Flows
) -> Iterator[Finding]:
    """Yield events that are sent but never handled, and handlers of misspelled events."""
    handled = {event for flow in flows for event in flow.events}
    made = {name for source in sources for _, name in _made(source)}
    timed = {
        each.model.__name__
        for each in flows
        if any(isinstance(state, Ask) and state.timeout for state in each.states.values())
    }
    for source in sources:
        for node, name in _made(source):
            if name not in handled:
                near = meant(name, sorted(handled))
                yield finding(
                    source,
                    node,
                    f"no flow handles the event {name!r}.{near} Write @on({name!r}) in a flow, or"
                    " name it in `start_on_events`.",
                )
    for flow in classes:
        for node, name in _handled(flow):
            if name == "message" and name not in made:
                yield finding(
                    flow.source,
                    node,
                    f"{flow.name}: the event 'message' comes only if a program sends it. For"
                    " texts that nothing else understands, write fallback = True; for the answer"
                    " to a question, ask(…, accept=parse.text()).",
                    "warning",
                )
            elif name == "timeout" and name not in made and flow.name in timed:
                yield finding(
                    flow.source,
                    node,
                    f"{flow.name}: the event 'timeout' comes only if a program sends it. If a"
                    " question times out, the flow goes to the state in its `timeout`.",
                    "warning",
                )
            elif name not in BUILT_IN and name not in made:
                cutoff = NEAR if len(name) > SHORT else NEAR_IF_SHORT
                near = meant(name, sorted({*BUILT_IN, *made}), cutoff)
                if near:
                    yield finding(
                        flow.source,
                        node,
                        f"{flow.name}: the event {name!r} comes only if a program sends it.{near}",
                        "warning",
                    )


def _made(source: Source) -> Iterator[tuple[ast.expr, str]]:
    """Yield the events that a module schedules or triggers by a literal name."""
    for call in ast.walk(source.tree):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        place = {"schedule": 0, "trigger": 1}.get(call.func.attr)
        if place is None or (call.func.attr == "schedule" and not _is_turn(call.func)):
            continue
        node = argument(call, place, "event")
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node, node.value


def triggers(sources: Sequence[Source], flows: Flows) -> Iterator[Finding]:
    """Yield triggers that the `said` of a state machine should probably list.

    Such a trigger makes the same transition as a trigger in `said`, and no code schedules it as an
    event.
    """
    made = {name for source in sources for _, name in _made(source)}
    for flow in flows:
        if not flow.is_state_machine:
            continue
        edges = flow.machine.edges
        by_contact = {(each.state, each.to) for each in edges if each.trigger in flow.said}
        left_out = {
            each.trigger
            for each in edges
            if (each.state, each.to) in by_contact
            and each.trigger not in (*flow.said, *KINDS, *BUILT_IN, *made)
        }
        for name in sorted(left_out):
            line = line_of_variable(sys.modules[flow.module], "said")
            yield of_error(
                f"{flow.source}:{line}: {flow.name}.said: no contact can write {name!r}, because"
                f" `said` does not list {name!r}. Add {name!r} to `said`, unless a program sends"
                " this event.",
                sources,
                "warning",
            )


def formatted_texts(
    sources: Sequence[Source], classes: Sequence[FlowClass], flows: Flows
) -> Iterator[Finding]:
    """Yield texts in the data of scheduled events, if a flow formats these texts like dates."""
    given = _data_of_events(sources)
    by_place = {(each.source.file, each.name): each for each in classes}
    for definition in flows:
        flow = by_place.get((definition.source, definition.model.__name__))
        events = definition.start_on_events
        if flow is None or len(events) != 1 or declared_data(definition.model) is not None:
            continue
        for node in ast.walk(flow.node):
            read, form = _formatted_as_date(node)
            if read is None or read.attr in definition.states:
                continue
            values = given.get((events[0], read.attr), [])
            if values and all(_is_text(value) for _, value in values):
                source, value = values[0]
                yield finding(
                    flow.source,
                    read,
                    f"{flow.name}: self.data.{read.attr} is a text, because"
                    f" {source.file}:{value.lineno} passes a text to the event {events[0]!r}. A"
                    f" text can't be formatted by {form}. Convert the text first, by"
                    " date.fromisoformat(…) or datetime.fromisoformat(…).",
                )


def _data_of_events(
    sources: Sequence[Source],
) -> dict[tuple[str, str], list[tuple[Source, ast.expr]]]:
    """Return the values in the data of scheduled events, by event and field."""
    found: dict[tuple[str, str], list[tuple[Source, ast.expr]]] = {}
    for source in sources:
        for call in ast.walk(source.tree):
            if not isinstance(call, ast.Call) or last_name(call) != "schedule":
                continue
            event, data = literal(argument(call, 0, "event")), argument(call, 2, "data")
            if isinstance(event, str) and isinstance(data, ast.Dict):
                for key, value in zip(data.keys, data.values, strict=True):
                    found.setdefault((event, str(literal(key))), []).append((source, value))
    return found


def _is_text(node: ast.expr) -> bool:
    """Return whether an expression certainly is a text."""
    is_call = isinstance(node, ast.Call) and last_name(node) in ("isoformat", "strftime", "str")
    return is_call or isinstance(node, ast.JoinedStr) or isinstance(literal(node), str)


def _formatted_as_date(node: ast.AST) -> tuple[ast.Attribute | None, str]:
    """Return the field of the data that an f-string formats as a date, and the format; None and ""
    if there is no such field.
    """
    if not isinstance(node, ast.FormattedValue) or not isinstance(node.value, ast.Attribute):
        return None, ""
    form = ast.unparse(node.format_spec)[2:-1] if node.format_spec else ""
    is_date = "%" in form and dotted(node.value.value) == "self.data"
    return (node.value, form) if is_date else (None, "")


def cancelled(sources: Sequence[Source]) -> Iterator[Finding]:
    """Yield calls of `turn.unschedule` without `id` if the event is only scheduled with `id`, and
    calls with `id` if the event is only scheduled without `id`.
    """
    calls = [
        (source, call)
        for source in sources
        for call in ast.walk(source.tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
    ]
    scheduled: dict[str, list[tuple[Source, ast.Call]]] = {}
    for source, call in calls:
        event = literal(argument(call, 0, "event"))
        if last_name(call) == "schedule" and isinstance(event, str):
            scheduled.setdefault(event, []).append((source, call))
    for source, call in calls:
        event = literal(argument(call, 0, "event"))
        made = scheduled.get(event, []) if isinstance(event, str) else []
        if last_name(call) != "unschedule" or not made or not _has_plain_keywords(call):
            continue
        has_id = keyword(call, "id") is not None
        others = [each for _, each in made]
        if all(_has_plain_keywords(each) for each in others) and all(
            (keyword(each, "id") is not None) != has_id for each in others
        ):
            where = f"{made[0][0].file}:{made[0][1].lineno}"
            how = "without an id" if has_id else "with an id"
            way_out = "Leave the id out here." if has_id else "Give the same id here: id=…."
            yield finding(
                source,
                call,
                f"this call cancels nothing, because {event!r} is scheduled {how} ({where})."
                f" {way_out}",
            )


def _has_plain_keywords(call: ast.Call) -> bool:
    return all(each.arg for each in call.keywords)


def _is_turn(function: ast.Attribute) -> bool:
    return dotted(function.value).endswith("turn")


def _handled(flow: FlowClass) -> Iterator[tuple[ast.expr, str]]:
    for method in flow.methods:
        for node in made.args if (made := decorator(method, "on")) else ():
            if isinstance(value := literal(node), str):
                yield node, value
    for statement in flow.node.body:
        if isinstance(statement, ast.Assign) and "start_on_events" in map(
            last_name, statement.targets
        ):
            yield from texts(statement.value) or ()


def channels(sources: Sequence[Source]) -> Iterator[Finding]:
    """Yield names of channels that do not exist."""
    for source in sources:
        for call in ast.walk(source.tree):
            if not isinstance(call, ast.Call):
                continue
            named: list[tuple[ast.expr, str]] = []
            if last_name(call) == "on" and isinstance(call.func, ast.Attribute) and call.args:
                value = literal(call.args[0])
                if isinstance(value, str) and (value.isupper() or _is_message(call.func.value)):
                    named.append((call.args[0], value))
            named += texts(keyword(call, "channel_priority_order")) or ()
            for node, name in named:
                if name not in CHANNELS:
                    near = meant(name.upper(), sorted(CHANNELS))
                    known = "" if near else f" The channels are {', '.join(sorted(CHANNELS))}."
                    yield finding(source, node, f"unknown channel {name!r}.{near}{known}")


def _is_message(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and last_name(node)[:1].isupper()


def on_texts(sources: Sequence[Source]) -> Iterator[Finding]:
    """Yield calls of `.on` on plain texts. Only messages have this method."""
    for source in sources:
        for call in ast.walk(source.tree):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
                continue
            said = call.func.value
            is_text = isinstance(said, ast.JoinedStr) or isinstance(literal(said), str)
            is_translated = isinstance(said, ast.Call) and dotted(said.func) in ("_", "ngettext")
            if call.func.attr == "on" and (is_text or is_translated):
                written = ast.unparse(said)
                written = written if len(written) <= MAX_SHOWN else "…"
                yield finding(
                    source,
                    call,
                    f"a text has no .on(), but a message has one. Write Text({written}).on(…).",
                )


def properties(sources: Sequence[Source]) -> Iterator[Finding]:
    """Yield unknown names of channel properties that look like a misspelling of a known name."""
    for source in sources:
        for call in ast.walk(source.tree):
            given = keyword(call, "channel_properties") if isinstance(call, ast.Call) else None
            for node in given.keys if isinstance(given, ast.Dict) else ():
                name = literal(node)
                if isinstance(name, str) and name not in KNOWN:
                    near = meant(name.upper(), KNOWN, NEAR_IF_SHORT)
                    if near and node is not None:
                        what = f"unknown channel property {name!r}.{near}"
                        yield finding(source, node, what, "warning")


def templates(sources: Sequence[Source]) -> Iterator[Finding]:
    """Yield templates stored at Sinch that are sent without their version."""
    for source in sources:
        for call in ast.walk(source.tree):
            if not isinstance(call, ast.Call) or last_name(call) != "Template":
                continue
            reference = argument(call, 0, "omni_template")
            parent = source.parents.get(call)
            is_other = isinstance(parent, ast.Call) and last_name(parent) == "on"
            if (
                isinstance(reference, ast.Call)
                and last_name(reference) == "TemplateReference"
                and argument(reference, 1, "version") is None
                and all(each.arg for each in reference.keywords)
                and not is_other
            ):
                yield finding(
                    source,
                    reference,
                    "a template that is stored at Sinch needs its version: TemplateReference(…,"
                    " version='1').",
                    "warning",
                )


def options_of_say(classes: Sequence[FlowClass]) -> Iterator[Finding]:
    """Yield the named arguments of `turn.say` that do not exist."""
    known = [*SendRequest.__struct_fields__, *signature(Turn.say).parameters]
    for flow in classes:
        for method in flow.methods:
            for call in ast.walk(method):
                if isinstance(call, ast.Call) and dotted(call.func) == f"{turn_of(method)}.say":
                    for each in call.keywords:
                        if each.arg and each.arg not in known:
                            yield finding(
                                flow.source,
                                each,
                                f"{flow.name}.{method.name}: turn.say takes no"
                                f" {each.arg!r}.{meant(each.arg, known)}",
                            )


def keywords(classes: Sequence[FlowClass], flows: Flows) -> Iterator[Finding]:
    """Yield methods of Keywords that return an unknown flow."""
    actions = [value for name, value in CONSTANTS.items() if name != "END"]
    known = [*actions, *flows.names]
    for each in classes:
        for method in each.methods:
            for node, value in returned(method) if decorator(method, "keyword") else ():
                named = each.source.value(node) if isinstance(node, ast.Name) else None
                if isinstance(named, type) and issubclass(named, Flow):
                    yield finding(
                        each.source,
                        node,
                        f"{each.name}.{method.name} returns a class. Return the flow's name:"
                        f" {named.name!r}.",
                    )
                if isinstance(value, str) and value not in known:
                    yield finding(
                        each.source,
                        node,
                        f"{each.name}.{method.name}: there is no flow"
                        f" {value!r}.{meant(value, known)} The flows are {', '.join(flows.names)}.",
                    )


def words_of_help(classes: Sequence[FlowClass], flows: Flows) -> Iterator[Finding]:
    """Yield the framework's keywords that the reply to `help` names, although nothing
    handles them.
    """
    for each in classes:
        method = next((method for method in each.methods if method.name == "help"), None)
        named: list[tuple[ast.AST, str]] = [(each.node, HELP_TEXT)]
        if method is not None:
            named = [
                (node, node.value)
                for node in own_nodes(method)
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            ]
        for node, text in named:
            for word, language in _unhandled(flows, text).items():
                yield finding(
                    each.source,
                    node,
                    f"{each.name}: the reply to help names {word!r}{language}, but no keyword"
                    " handles the word. Add the word to a method's @keyword, or override help.",
                    "warning",
                )


def _unhandled(flows: Flows, text: str) -> dict[str, str]:
    """Return the words in a text and its translations that are keywords of the framework, but that
    this bot does not handle.

    The value of a word is "" if the word is in the text itself. If the word is in a translation,
    the value is a suffix such as " in sv".
    """
    catalogs = {"": None} | {f" in {tag}": flows.languages.find(tag) for tag in flows.languages}
    found: dict[str, str] = {}
    for language, catalog in catalogs.items():
        for word in re.findall(r"\w+", catalog.gettext(text) if catalog else text):
            is_handled = flows.words.found(word) or flows.started_by(word)
            if Keywords.by_word.find(word) and not is_handled:
                found.setdefault(word, language)
    return found


def started_flows(sources: Sequence[Source], flows: Flows) -> Iterator[Finding]:
    """Yield unknown flows and states in calls of `turn.contact.start`."""
    for source in sources:
        for call in ast.walk(source.tree):
            if not isinstance(call, ast.Call) or not dotted(call.func).endswith("contact.start"):
                continue
            node = argument(call, 0, "flow")
            name = literal(node)
            if not isinstance(name, str) or not name:
                continue
            if name not in flows:
                near = meant(name, flows.names)
                yield finding(
                    source,
                    node,
                    f"there is no flow {name!r} to start.{near} The flows are"
                    f" {', '.join(flows.names)}.",
                )
                continue
            state = literal(given := keyword(call, "state"))
            if isinstance(state, str):
                try:
                    flows[name].require_start(state)
                except FlowError as error:
                    yield finding(source, given, str(error))
