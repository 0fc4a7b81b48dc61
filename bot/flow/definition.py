"""The definition of a flow, built from a `Flow` class or from the module of a state machine."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import Enum
from functools import cached_property
from inspect import iscoroutinefunction
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from bot.callbacks.events import MESSAGE_KINDS
from bot.errors import FlowError
from bot.flow.flow import (
    TARGETS,
    Data,
    Flow,
    Handler,
    Migration,
    UnknownState,
    declared_data,
    dump_start,
    from_texts,
)
from bot.flow.machine import CONDITIONS, Config, Machine
from bot.flow.places import line_of_variable, place_of, short, source_of
from bot.flow.state_constructors import bursts_of
from bot.flow.states import Ask, Bursts, State
from bot.flow.validate import errors, option_errors, renamed_later
from bot.flow.validate_data import fields_of
from bot.flow.values import decode
from bot.i18n.languages import _
from bot.parse import phrase
from bot.turn.messaging_window import Outside

KINDS = {"message", *MESSAGE_KINDS.values()}
"""Names of the triggers that messages fire because of their type, such as media or location."""


@dataclass(frozen=True)
class Definition:
    """A flow, ready to run.

    If the flow is a state machine (see `of_module`), `states` is empty: only `machine` has states.

    The class has no slots, so that properties derived from its fields can be cached.
    """

    name: str
    config: Config
    machine: Machine
    model: type[Any]
    source: str
    module: str
    version: int = 1
    start_on: tuple[str, ...] = ()
    start_on_events: tuple[str, ...] = ()
    fallback: bool = False
    states: Mapping[str, State] = field(default_factory=dict)
    handlers: Mapping[str, Handler] = field(default_factory=dict)
    key: str = ""
    said: tuple[str, ...] = ()
    migrate: Mapping[int, Migration] = field(default_factory=dict)
    unknown_state: UnknownState = "restart"
    interrupt: str = "switch"
    bursts: Bursts | None = None
    outside_window: Outside = ""
    max_age: str = ""
    purpose: str = ""
    secrets: tuple[str, ...] = ()
    """The names of the asks whose answers are secret."""
    summary: str = ""
    """The first line of the docstring of the flow's class or module. "" if it has no docstring."""

    @property
    def where(self) -> str:
        """Return the file and the class name of the flow. For a state machine, return the file and
        the flow's name.
        """
        return f"{self.source}: {self.name if self.is_state_machine else self.model.__name__}"

    @property
    def place(self) -> str:
        """Return the file and line of the flow's class; for a state machine, the file."""
        return self.source if self.is_state_machine else place_of(self.model)

    def at(self, attribute: str) -> str:
        """Return the beginning of an error about an attribute: file, line, class and attribute.

        For a state machine, return the file, the flow's name and the attribute.
        """
        if self.is_state_machine:
            return f"{self.source}: {self.name}.{attribute}"
        return f"{place_of(self.model, attribute)}: {self.model.__name__}.{attribute}"

    def without_secrets(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return a run's data without secret answers."""
        return {name: value for name, value in data.items() if name not in self.secrets}

    @property
    def is_state_machine(self) -> bool:
        """Whether the flow is written as a state machine, not as a class."""
        return not self.states

    @cached_property
    def graph(self) -> str:
        """A short hash of the flow's states and transitions.

        Two releases have different hashes if their states or transitions differ.
        """
        text = json.dumps(self.config, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    @cached_property
    def names(self) -> dict[str, str]:
        """Maps the case-folded label of each ask to the ask's state."""
        return {
            phrase(state.label or spoken_name(name)): name
            for name, state in self.states.items()
            if isinstance(state, Ask)
        }

    def named(self, spoken: str) -> str:
        """Return the name of the ask with this label; "" if there is none.

        `spoken` is case-folded. `spoken` is compared with the untranslated label, and with the
        label in the turn's language.
        """
        if spoken in self.names:
            return self.names[spoken]
        for name, state in self.states.items():
            if isinstance(state, Ask) and phrase(_(state.label or spoken_name(name))) == spoken:
                return name
        return ""

    @property
    def events(self) -> set[str]:
        """The events that the flow handles or that start the flow.

        If the flow is a state machine, all its triggers are events, too.
        """
        found = {*self.start_on_events}
        for handler in self.handlers.values():
            found.update(handler.events)
        if self.is_state_machine:
            for state in self.machine.states:
                found.update(self.machine.triggers(state))
        return found

    def present_name(self, state: str) -> str:
        """Return the current name of a state of an earlier version.

        Only maps of names are applied, not migration functions.
        """
        for version in sorted(self.migrate):
            move = self.migrate[version]
            if not self.has(state) and not callable(move):
                state = move.get(state, state)
        return state

    def has(self, state: str) -> bool:
        return self.machine.has(state)

    def require(self, state: str) -> None:
        """Raise FlowError if the flow has no such state."""
        if not self.has(state):
            raise FlowError(
                f"Flow {self.name!r} has no state {state!r}; it has"
                f" {', '.join(self.machine.states)}."
            )

    def require_start(self, state: str) -> None:
        """Raise FlowError if the flow cannot start in this state.

        An empty `state` means the first state.
        """
        if not state:
            return
        self.require(state)
        if state in TARGETS or self.machine.is_final(state):
            raise FlowError(
                f"Flow {self.name!r} can't start in {state!r}, because the flow ends there."
            )

    def start_data(
        self, data: Mapping[str, Any], state: str = "", *, is_text: bool = False
    ) -> dict[str, Any]:
        """Check that the flow can start with this data in this state. Return the data as stored.

        If `state` is "", the flow starts in the first state. If `is_text` is True, texts are
        converted to the types that the flow declares.

        Raises:
            FlowError: the flow has no such state, ends in this state, or does not accept this data.
        """
        self.require_start(state)
        self._require_fields(data)
        if is_text:
            data = from_texts(self.model, data)
        try:
            stored = dump_start(self.model, data)
            msgspec.json.encode(stored)
            new_model(self, state or self.machine.initial, stored)
        except (ValueError, TypeError) as error:
            raise FlowError(f"Flow {self.name!r} doesn't take this data: {error}.") from error
        return stored

    def _require_fields(self, data: Mapping[str, Any]) -> None:
        """Raise FlowError if the flow declares a type for its data and this type lacks a field that
        `data` has.
        """
        declared = declared_data(self.model) if issubclass(self.model, Flow) else None
        fields = fields_of(declared)
        if declared is None or fields is None:
            return
        for name in [each for each in data if each not in fields]:
            near = get_close_matches(name, fields, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise FlowError(
                f"Flow {self.name!r} takes no data {name!r}; the fields of {declared.__name__} are"
                f" {', '.join(fields) or 'none'}.{hint}"
            )


def of_class(flow: type[Flow]) -> Definition:
    """Return the definition of a `Flow` class.

    Raises:
        FlowError: the flow has errors; the message has one line for each error.
    """
    found = list(errors(flow))
    if found:
        raise FlowError("\n".join(found))
    return _definition(
        flow,
        flow.name,
        flow.config,
        model=flow,
        source=source_of(flow),
        module=flow.__module__,
        states=flow.states,
        handlers=flow.handlers,
        secrets=tuple(
            name for name, state in flow.states.items() if isinstance(state, Ask) and state.secret
        ),
    )


def spoken_name(state: str) -> str:
    """Return the default label of an ask: the name of the ask's state, with spaces for `_`."""
    return state.replace("_", " ")


class _NoModel:
    """The model of a state machine if the module does not define `Model`."""


def of_module(module: ModuleType) -> Definition:
    """Return the definition of a state machine: a module that exports `states` and `transitions`.

    `states` and `transitions` have the form that the library `transitions` defines. The module may
    also export `Model`, `initial`, and options of a `Flow` class such as `name`, `version`,
    `start_on`, `fallback` and `migrate`.

    Raises:
        FlowError: the exported values contradict each other or use unsupported features.
    """
    stem = module.__name__.rpartition(".")[2]
    source = short(Path(getattr(module, "__file__", None) or stem))
    name = getattr(module, "name", stem)
    options = {each: getattr(module, each) for each in _OPTIONS if hasattr(module, each)}
    if found := [f"{source}: {stem}.{at}: {error}" for at, error in option_errors(name, options)]:
        raise FlowError("\n".join(found))
    states = _plain(list(module.states))
    _require_flat(source, states)
    config = {
        "states": states,
        "transitions": _plain(list(module.transitions)),
        "initial": _plain(getattr(module, "initial", None)) or _state_name(states[0]),
    }
    try:
        definition = _definition(
            module,
            name,
            config,
            model=getattr(module, "Model", _NoModel),
            source=source,
            module=module.__name__,
        )
    except FlowError as error:
        line = line_of_variable(module, "transitions")
        raise FlowError(f"{source}{line and f':{line}'}: {error}") from error
    _require_known_targets(definition)
    _require_methods(name, definition.machine, definition.model)
    return replace(definition, said=_said(name, module, definition.machine))


_OPTIONS = (
    *("version", "start_on", "start_on_events", "fallback", "key", "migrate", "unknown_state"),
    *("interrupt", "bursts", "outside_window", "max_age", "purpose"),
)
"""Options of `Flow` classes that the module of a state machine may export, too.

Each option is a field of `Definition` with a default.
"""


def _definition(
    flow: type[Flow] | ModuleType, name: str, config: Config, **parts: Any
) -> Definition:
    options = {option: getattr(flow, option) for option in _OPTIONS if hasattr(flow, option)}
    for words in ("start_on", "start_on_events"):
        given = options.get(words, ())
        options[words] = (given,) if isinstance(given, str) else tuple(given)
    options["bursts"] = bursts_of(options.get("bursts"))
    return Definition(
        name=name,
        config=config,
        machine=Machine(name, config),
        summary=(flow.__doc__ or "").strip().partition("\n")[0],
        **parts,
        **options,
    )


def _plain(value: Any) -> Any:
    """Return states and transitions with Enum members replaced by their names."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return value


_NOT_TAKEN = ("children", "parallel", "initial", "remap", "tags", "timeout", "on_timeout")


def _require_flat(where: str, states: list[Any]) -> None:
    """Raise FlowError if a state is nested or parallel, or uses an extension of `transitions`."""
    for state in states:
        for key in _NOT_TAKEN if isinstance(state, Mapping) else ():
            if key in state:
                raise FlowError(
                    f"{where}: state {state.get('name')!r}: {key!r} isn't supported. A state"
                    " machine has plain states; for a time-out, schedule an event."
                )


def _require_known_targets(definition: Definition) -> None:
    """Raise FlowError if `migrate` leads to a state that the flow does not have."""
    for version, moves in definition.migrate.items():
        for old, new in () if callable(moves) else moves.items():
            now = renamed_later(definition.migrate, version, new)
            if now is not None and not definition.has(now):
                raise FlowError(
                    f"{definition.at('migrate')}: state {old!r} of version {version} goes to"
                    f" {new!r}, which is not a state of this flow. The states are"
                    f" {', '.join(definition.machine.states)}."
                )


def _said(name: str, module: ModuleType, machine: Machine) -> tuple[str, ...]:
    """Return the triggers that a contact can fire by writing the trigger's name.

    All other triggers are fired by types of messages or by programs.
    """
    where = short(Path(getattr(module, "__file__", None) or name))
    triggers = sorted({edge.trigger for edge in machine.edges} - KINDS)
    if not hasattr(module, "said"):
        way_out = "Add `said = ()`, because the flow has no triggers."
        if triggers:
            way_out = (
                f"Add `said = ({', '.join(map(repr, triggers))},)`, but remove the triggers that a"
                " contact may not fire. Write `said = ()` for none."
            )
        raise FlowError(
            f"{where}: flow {name!r} does not say which triggers a contact may fire by writing"
            f" their names. {way_out}"
        )
    said = (module.said,) if isinstance(module.said, str) else tuple(module.said)
    for each in said:
        if each not in triggers:
            raise FlowError(
                f"{where}: said: {each!r} is not a trigger of this flow. The triggers are"
                f" {', '.join(map(repr, triggers)) or 'none'}."
            )
    return said


def _require_methods(name: str, machine: Machine, model: type[Any]) -> None:
    """Raise FlowError if a callback is missing or a condition is async.

    `transitions` would notice a missing callback only at run time, and would treat the coroutine of
    an async condition as False.
    """
    made, found = model(), []
    for where, method in dict.fromkeys(machine.callbacks()):
        if not hasattr(made, method):
            found.append(f"Flow {name!r}: {where}={method!r} is not a method of its Model.")
        elif where.endswith(CONDITIONS) and iscoroutinefunction(getattr(made, method)):
            found.append(
                f"Flow {name!r}: {where}={method!r} is async; a condition can't await. Await"
                " the value before the transition, and store it in self.data."
            )
    if found:
        raise FlowError("\n".join(found))


def new_model(definition: Definition, state: str, data: Mapping[str, Any]) -> Any:
    """Return the model that one turn uses: an instance of the flow, or of the `Model` of a state
    machine.
    """
    if issubclass(definition.model, Flow):
        return definition.model(state, data)
    model = definition.model()
    model.state = state
    model.data = Data({name: decode(value) for name, value in data.items()})
    return model


def _state_name(state: Any) -> str:
    return str(state["name"] if isinstance(state, Mapping) else getattr(state, "name", state))
