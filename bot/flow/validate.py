"""Finds errors in a flow when the flow is loaded.

Each error names the file, the attribute and what to do.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, get_args

from bot.contact.session import Purpose
from bot.errors import FlowError
from bot.flow.flow import TARGETS, Flow, Interrupt, Migration, UnknownState, declared_data
from bot.flow.option_names import clashes, entry_clashes
from bot.flow.places import place_of
from bot.flow.state_constructors import bursts_of
from bot.flow.states import END, Ask, Stale, State, Step
from bot.flow.stop_phrases import OUT, wish_of
from bot.flow.validate_data import attribute_errors, data_errors, fields_of
from bot.messages import Message, Text
from bot.parse import fold
from bot.turn import messaging_window
from bot.turn.durations import seconds, written

_IN_BRACES = re.compile(r"\{(?:self\.)?(?:data\.)?(\w+)\W*?\}")


def errors(flow: type[Flow]) -> Iterator[str]:
    """Yield all errors of a flow. Each error is one line: file, attribute, error, what to do."""

    def at(name: str) -> str:
        return f"{place_of(flow, name)}: {flow.__name__}.{name}"

    if not flow.states:
        found = [f"{at(name)}: {error}" for name, error in attribute_errors(flow)]
        yield from found
        if found:
            return
        yield (
            f"{place_of(flow)}: {flow.__name__} has no states. Give it at least one ask, choose or"
            " step."
        )
        return
    for name, state in flow.states.items():
        for error in _state_errors(flow, name, state):
            yield f"{at(name)}: {error}"
    for check in (_attribute_errors, attribute_errors, data_errors):
        for attribute, error in check(flow):
            yield f"{at(attribute)}: {error}"
    for name in _unreachable(flow):
        yield (
            f"{at(name)}: this state can't be reached from {flow.config['initial']!r}, the first"
            " state."
            f" Name {name!r} in the `to` of another state, or remove {name!r}. If other flows or"
            f" programs start the flow in {name!r}, write entry_points = ({name!r},)."
        )
    for name in flow.handlers:
        for error in _handler_errors(flow, name):
            yield f"{at(name)}: {error}"
    for version, moves in () if _migrate_error(flow) else flow.migrate.items():
        if callable(moves):
            continue
        for old, new in moves.items():
            now = renamed_later(flow.migrate, version, new)
            if now is not None and now not in flow.states and now != END:
                yield (
                    f"{at('migrate')}: state {old!r} of version {version} goes to {new!r}, which is"
                    f" not a state of this flow. {_known(flow, new)}"
                )


def option_errors(name: str, options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the errors in the options of a state machine, as pairs of option and error.

    `name` is the flow's name.
    """
    yield from _attribute_errors(type("Options", (Flow,), {**options, "name": name}))


def _attribute_errors(flow: type[Flow]) -> Iterator[tuple[str, str]]:
    """Yield the errors of class attributes that are not states, as pairs of attribute and error."""
    found = [*_type_errors(flow)]
    yield from found
    if found:
        return
    if wrong := messaging_window.error(flow.outside_window):
        yield "outside_window", wrong
    for name, kind in (("unknown_state", UnknownState), ("interrupt", Interrupt)):
        if (value := getattr(flow, name)) not in get_args(kind):
            yield name, _one_of(value, kind)
    if flow.purpose and flow.purpose not in get_args(Purpose):
        yield "purpose", _one_of(flow.purpose, Purpose)
    for word in flow.start_on:
        if not isinstance(word, str) or not fold(word):
            yield "start_on", f"{word!r} is not a word. Give words that contacts may write."
        elif wish_of(word) == OUT:
            yield (
                "start_on",
                f"{word!r} means STOP: it opts the contact out, and no flow gets it. Choose another"
                " word.",
            )
    if not _NAME.fullmatch(flow.name):
        yield (
            "name",
            f"the name is {flow.name!r}; it takes letters, digits, '_', '-' and '.', such as"
            f" {re.sub(r'[^a-z0-9]+', '_', flow.name.lower()).strip('_') or 'order'!r}.",
        )
    if "message" in flow.start_on_events:
        yield (
            "start_on_events",
            "'message' starts no flow. Name the words in start_on, or write fallback = True for all"
            " messages that nothing else handles.",
        )
    for name in flow.entry_points:
        if name not in flow.states:
            yield "entry_points", f"{name!r} is not a state of this flow. {_known(flow, name)}"
    fields = fields_of(declared_data(flow))
    if flow.key and fields is not None and flow.key not in fields:
        near = get_close_matches(flow.key, fields, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        yield (
            "key",
            f"{flow.key!r} is not a field of {declared_data(flow).__name__}. The fields are"
            f" {', '.join(fields) or 'none'}.{hint}",
        )
    if not isinstance(flow.version, int) or flow.version < 1:
        yield "version", f"the version is {flow.version!r}; it must be a whole number from 1."
        return
    if wrong := _returns_error(flow):
        yield "returns", wrong
    if wrong := _migrate_error(flow):
        yield "migrate", wrong
        return
    for version in flow.migrate:
        if isinstance(version, int) and version < 1:
            yield (
                "migrate",
                f"the version {version!r} never existed, because the first version is 1. Remove"
                " this entry. If it was there to make a state reachable, name the state in"
                " entry_points.",
            )
        elif not isinstance(version, int) or version >= flow.version:
            yield (
                "migrate",
                (
                    f"{version!r} is not lower than the flow's version, {flow.version}, so this"
                    " entry of migrate is never used. Raise `version`."
                ),
            )


_NAME = re.compile(r"[\w.-]+")
_NAMES = (tuple, list, set, frozenset)
_TYPES: Mapping[str, tuple[tuple[type, ...], str]] = {
    "name": ((str,), "a text"),
    "key": ((str,), "the name of a field of the data"),
    "fallback": ((bool,), "True or False"),
    "start_on": (_NAMES, "a tuple of words: ('pizza', 'order')"),
    "start_on_events": (_NAMES, "a tuple of events: ('conversation_start',)"),
    "entry_points": (_NAMES, "a tuple of states: ('confirm',)"),
}
"""The type of each class attribute, and the form that an error suggests."""


def _type_errors(flow: type[Flow]) -> Iterator[tuple[str, str]]:
    for name, (types, form) in _TYPES.items():
        if not isinstance(value := getattr(flow, name), types):
            yield name, f"the value is {value!r}; it must be {form}."
    for name in ("start_on_events", "entry_points"):
        listed = getattr(flow, name)
        for each in listed if isinstance(listed, _NAMES) else ():
            if not isinstance(each, str):
                yield name, f"{each!r} is not a text; {name} takes {_TYPES[name][1]}."
    for name, read in (("max_age", seconds), ("bursts", bursts_of)):
        try:
            if (value := getattr(flow, name)) not in ("", None):
                read(value)
        except FlowError as error:
            yield name, str(error)


def _returns_error(flow: type[Flow]) -> str:
    function = vars(flow).get("returns", Flow.returns)
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return (
            "this method must not be async. Do the asynchronous work in a step before END, and"
            " write def returns(self)."
        )
    try:
        if inspect.isfunction(function):
            inspect.signature(function).bind(None)
    except TypeError:
        return (
            "this method must have no parameter but self: def returns(self). Store the values that"
            " it needs in self.data, in a step before END."
        )
    return ""


def _migrate_error(flow: type[Flow]) -> str:
    moves: Any = flow.migrate
    if isinstance(moves, Mapping) and all(isinstance(each, str) for each in moves.values()):
        if moves:
            return (
                f"the keys are versions, not states: migrate = {{1: {dict(moves)!r}}} migrates"
                " from version 1."
            )
        return ""
    for version, move in moves.items() if isinstance(moves, Mapping) else ():
        if isinstance(version, str) and version.isdecimal():
            return f"the keys are whole numbers: write {int(version)}, not {version!r}."
        if callable(move) and (wrong := _migration_error(version, move)):
            return wrong
    if isinstance(moves, Mapping) and all(
        callable(each)
        or (isinstance(each, Mapping) and all(isinstance(new, str) for new in each.values()))
        for each in moves.values()
    ):
        return ""
    return f"the value is {moves!r}; it must look like {{1: {{'old_state': 'new_state'}}}}."


def _migration_error(version: object, function: Callable[..., Any]) -> str:
    name = getattr(function, "__name__", repr(function))
    if inspect.iscoroutinefunction(function):
        return f"the function of version {version}, {name}(), must not be async. Write def {name}."
    try:
        inspect.signature(function).bind("", {})
    except TypeError:
        return (
            f"the function of version {version}, {name}(), must take a state and the data:"
            f" `def {name}(state, data)`. It must return both: `return state, data`."
        )
    except ValueError:
        return ""  # Python doesn't know the parameters of some built-in functions.
    return ""


def renamed_later(migrate: Mapping[int, Migration], version: int, state: str) -> str | None:
    """Return the name that `state` has after all migrations later than `version`.

    `state` is a result of the migration of `version`. Return None if a later migration is a
    function, because only the function knows the new name.
    """
    for later in sorted(each for each in migrate if each > version):
        move = migrate[later]
        if callable(move):
            return None
        state = move.get(state, state)
    return state


def _migrate_maps(flow: type[Flow]) -> list[Mapping[str, str]]:
    if _migrate_error(flow):
        return []
    return [moves for moves in flow.migrate.values() if not callable(moves)]


def _one_of(value: Any, kind: Any) -> str:
    return f"the value is {value!r}; it must be one of {', '.join(map(repr, get_args(kind)))}."


def _state_errors(flow: type[Flow], name: str, state: State) -> Iterator[str]:
    if name in TARGETS or hasattr(Flow, name) or name in ("data", "state"):
        yield f"{name!r} is a name that the framework uses. Choose another name for this state."
    leads = state.targets()
    if not leads and not (isinstance(state, Ask) and state.offer):
        yield "this state leads nowhere. Give it options, or a `to`."
    for trigger, target in leads.items():
        if target not in flow.states and target not in TARGETS:
            known = _known(flow, target)
            yield f"{_field(state, trigger)}={target!r} is not a state of this flow. {known}"
    if isinstance(state, Ask):
        yield from _ask_errors(state)
        for text in (state.question, state.reask):
            for left in _left_open(flow, text):
                yield (
                    f"{{{left}}} isn't replaced in a plain text; give a function:"
                    f' lambda data: f"… {{data.{left}}} …".'
                )


def _left_open(flow: type[Flow], text: Any) -> list[str]:
    """Return the names of answers that stand in braces in a plain text.

    The author of such a text probably meant an f-string.
    """
    said = text.text if isinstance(text, Text) else text
    named = _IN_BRACES.findall(said) if isinstance(said, str) else []
    return [name for name in dict.fromkeys(named) if name in flow.states]


def _ask_errors(ask: Ask) -> Iterator[str]:
    if ask.otherwise and ask.attempts is None:
        yield (
            f"otherwise={ask.otherwise!r} never happens without `attempts`. Add how many answers"
            " may be wrong: attempts=3."
        )
    if ask.attempts and not ask.otherwise:
        yield (
            f"attempts={ask.attempts} has no effect without `otherwise`. Add the state to go to:"
            " otherwise=HANDOFF."
        )
    if ask.attempts is not None and ask.attempts < 1:
        yield f"attempts is {ask.attempts}; it takes 1 or more."
    if ask.stale not in get_args(Stale):
        yield f"stale: {_one_of(ask.stale, Stale)}"
    for after_s, words in ask.remind:
        if isinstance(words, str) and not words.strip():
            yield f"the reminder after {written(after_s)} is an empty text. Write what to say."
        if callable(words):
            yield (
                "remind: a function can't be a reminder; give a text or a message object, such as"
                " Text(…)."
            )
        elif not isinstance(words, str | Message):
            yield (
                f"remind: {words!r} is not a message; give a text or a message object, such as"
                " Text(…)."
            )
    if ask.timeout:
        for after_s, _ in ask.remind:
            if after_s >= ask.timeout.after_s:
                yield (
                    f"the reminder after {written(after_s)} never comes, because the question times"
                    f" out after {written(ask.timeout.after_s)}. Remind earlier, or time out later."
                )
    if ask.offer and not ask.offer.to:
        yield (
            "the options are a function: declare every state to which its options may lead, by"
            " to=(…)."
        )
    reserved = {"answered", "reasked", "gave_up", "timed_out"} & set(ask.options)
    for key in reserved:
        yield f"option {key!r} has a name that the framework uses. Choose another key."
    for key, option in ask.options.items():
        if not key.strip():
            yield (
                f"an option has an empty key, {key!r}. Write another key, because the key is stored"
                " as the answer."
            )
        if not option.label.strip():
            yield f"option {key!r} has no label. Give the text that the contact sees."
        if isinstance(option.synonyms, str):
            yield (
                f"option {key!r}: synonyms={option.synonyms!r} is a text; "
                f"write synonyms=({option.synonyms!r},)."
            )
        if any(
            wish_of(word, is_asked=True) == OUT for word in (key, option.label, *option.synonyms)
        ):
            yield (
                f"option {key!r} means STOP: a contact who types it is opted out. Choose another"
                " word."
            )
    for key, word in entry_clashes(ask):
        yield (
            f"option {key!r} has the name {word!r}, like the button that shows more of the"
            f" {len(ask.options)} options. Give the option another key or label."
        )
    if any(isinstance(each.synonyms, str) for each in ask.options.values()):
        return  # A text instead of a tuple would make each of its letters a synonym.
    for other, key, word in clashes(ask):
        yield f"the word {word!r} names two options, {other!r} and {key!r}. Change one of them."


def _handler_errors(flow: type[Flow], name: str) -> Iterator[str]:
    handler = flow.handlers[name]
    if "ended" in handler.events and handler.to:
        yield (
            "'ended' comes after the run has ended, so its handler can't lead anywhere."
            " Remove `to`."
        )
    for target in handler.to:
        if target not in flow.states and target not in TARGETS:
            yield f"to={target!r} is not a state of this flow. {_known(flow, target)}"
    for source in handler.states:
        if source not in flow.states:
            yield f"states={source!r} is not a state of this flow. {_known(flow, source)}"
        elif isinstance(flow.states[source], Step):
            yield (
                f"states={source!r} is a step, and no event can arrive during a step, because steps"
                " do not wait. Name a question or a call."
            )
    states = set(handler.states or flow.states)
    for event in handler.events:
        for other, earlier in flow.handlers.items():
            if other == name:
                break
            is_first = not earlier.states or states <= set(earlier.states)
            if event in earlier.events and is_first:
                yield (
                    f"{other!r} above handles {event!r} first, so this method is never called."
                    " Move the method with fewer states to the top, or remove one of them."
                )


def _field(state: State, trigger: str) -> str:
    if trigger == "gave_up":
        return "otherwise"
    if trigger == "timed_out":
        return "timeout"
    if isinstance(state, Ask) and trigger in state.options:
        return f"option {trigger!r}: to"
    return "to"


def _known(flow: type[Flow], name: Any) -> str:
    method = vars(flow).get(name) if isinstance(name, str) else None
    if inspect.isfunction(method):
        return f"The method {name!r} is not a step: write @step(to=…) above it."
    near = get_close_matches(str(name), [*flow.states, *TARGETS], n=1)
    meant = f"Did you mean {near[0]!r}? " if near else ""
    return f"{meant}The states are {', '.join(flow.states)}; END and HANDOFF are always possible."


def _unreachable(flow: type[Flow]) -> list[str]:
    """Return the unreachable states.

    A misspelled target counts as the state with the most similar name, because the misspelling has
    an error of its own.
    """
    leads: dict[str, set[str]] = {}
    for transition in flow.config["transitions"]:
        target = transition["dest"]
        is_known = target is None or target in flow.states or target in TARGETS
        meant = [target] if is_known else get_close_matches(str(target), flow.states, n=1)
        leads.setdefault(transition["source"], set()).update(meant)
    entries = flow.entry_points if isinstance(flow.entry_points, _NAMES) else ()
    reached, waiting = set(), [flow.config["initial"], *entries]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += leads.get(name, ())
    moved = {new for moves in _migrate_maps(flow) for new in moves.values()}
    return [name for name in flow.states if name not in reached | moved]
