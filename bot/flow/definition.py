"""A flow as the engine takes it: a `Flow` class, or a module of raw `states` and `transitions`."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from inspect import iscoroutinefunction
from pathlib import Path
from types import ModuleType
from typing import Any

from bot.errors import FlowError
from bot.flow.flow import Data, Flow, Handler, UnknownState, short, source_of
from bot.flow.machine import CONDITIONS, Config, Machine
from bot.flow.states import Ask, Bursts, State, bursts_of
from bot.flow.validate import errors
from bot.parse import phrase
from bot.turn.messaging_window import Outside


@dataclass(frozen=True)
class Definition:
    """One flow, ready to run. `states` is empty for a raw module: its machine is all there is.

    Without slots, so that what follows from the fields is worked out once, not in every turn.
    """

    name: str
    version: int
    config: Config
    machine: Machine
    model: type[Any]
    source: str
    module: str = ""
    start_on: tuple[str, ...] = ()
    start_on_events: tuple[str, ...] = ()
    fallback: bool = False
    states: Mapping[str, State] = field(default_factory=dict)
    handlers: Mapping[str, Handler] = field(default_factory=dict)
    migrate: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    unknown_state: UnknownState = "restart"
    interrupt: str = "switch"
    bursts: Bursts | None = None
    outside_window: Outside = ""
    secrets: tuple[str, ...] = ()
    """The asks whose answers are secret."""

    @property
    def where(self) -> str:
        """The file, and the class in it; of a raw module, its name."""
        return f"{self.source}: {self.name if self.is_raw else self.model.__name__}"

    def without_secrets(self, data: dict[str, Any]) -> dict[str, Any]:
        """A frame's data as others than the flow may have it."""
        return {name: value for name, value in data.items() if name not in self.secrets}

    @property
    def is_raw(self) -> bool:
        return not self.states

    @cached_property
    def graph(self) -> str:
        """A short hash of states and transitions: differs when a release changes the flow."""
        text = json.dumps(self.config, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    @cached_property
    def names(self) -> dict[str, str]:
        """What each ask is called, folded, with its state."""
        return {
            phrase(state.label or name.replace("_", " ")): name
            for name, state in self.states.items()
            if isinstance(state, Ask)
        }

    @property
    def events(self) -> set[str]:
        """The events that it handles or is started by; of a raw flow, all its triggers."""
        found = {*self.start_on_events}
        for handler in self.handlers.values():
            found.update(handler.events)
        if self.is_raw:
            for state in self.machine.states:
                found.update(self.machine.triggers(state))
        return found

    def has(self, state: str) -> bool:
        return self.machine.has(state)


def of_class(flow: type[Flow]) -> Definition:
    """The definition of a `Flow` class.

    Raises:
        FlowError: with every fault of the flow, a line each.
    """
    found = list(errors(flow))
    if found:
        raise FlowError("\n".join(found))
    return Definition(
        name=flow.name,
        version=flow.version,
        config=flow.config,
        machine=Machine(flow.name, flow.config),
        model=flow,
        source=source_of(flow),
        module=flow.__module__,
        start_on=flow.start_on,
        start_on_events=flow.start_on_events,
        fallback=flow.fallback,
        states=flow.states,
        handlers=flow.handlers,
        migrate=flow.migrate,
        unknown_state=flow.unknown_state,
        interrupt=flow.interrupt,
        bursts=bursts_of(flow.bursts),
        outside_window=flow.outside_window,
        secrets=tuple(
            name for name, state in flow.states.items() if isinstance(state, Ask) and state.secret
        ),
    )


class _NoModel:
    """The model of a raw module that brings none."""


def of_module(module: ModuleType) -> Definition:
    """The definition of a module that exports `states` and `transitions` as `transitions` takes
    them, and may export `Model`, `initial`, `version`, `start_on`, `fallback` and `migrate`.

    Raises:
        FlowError: they don't fit together.
    """
    name = module.__name__.rpartition(".")[2]
    first = module.states[0]
    config = {
        "states": list(module.states),
        "transitions": list(module.transitions),
        "initial": getattr(module, "initial", None) or _state_name(first),
    }
    words = getattr(module, "start_on", ())
    machine, model = Machine(name, config), getattr(module, "Model", _NoModel)
    _require_methods(name, machine, model)
    return Definition(
        name=name,
        version=getattr(module, "version", 1),
        config=config,
        machine=machine,
        model=model,
        source=short(Path(getattr(module, "__file__", None) or name)),
        module=module.__name__,
        start_on=(words,) if isinstance(words, str) else tuple(words),
        start_on_events=tuple(getattr(module, "start_on_events", ())),
        fallback=getattr(module, "fallback", False),
        migrate=getattr(module, "migrate", {}),
        unknown_state=getattr(module, "unknown_state", "restart"),
        interrupt=getattr(module, "interrupt", "switch"),
        bursts=bursts_of(getattr(module, "bursts", None)),
        outside_window=getattr(module, "outside_window", ""),
    )


def _require_methods(name: str, machine: Machine, model: type[Any]) -> None:
    """The library finds that a callback is missing only when it is to be called, and takes what an
    async condition leaves to be awaited for a refusal.
    """
    made, found = model(), []
    for where, method in dict.fromkeys(machine.callbacks()):
        if not hasattr(made, method):
            found.append(f"Flow {name!r}: {where}={method!r} is no method of its Model.")
        elif where.endswith(CONDITIONS) and iscoroutinefunction(getattr(made, method)):
            found.append(
                f"Flow {name!r}: {where}={method!r} is async; a condition decides at once. Find out"
                " before what it needs, and keep it in self.data."
            )
    if found:
        raise FlowError("\n".join(found))


def new_model(definition: Definition, state: str, data: Mapping[str, Any]) -> Any:
    """The throw-away model of a turn: an instance of the flow, or of a raw module's `Model`."""
    if issubclass(definition.model, Flow):
        return definition.model(state, data)
    model = definition.model()
    model.state = state
    model.data = Data(data)
    return model


def _state_name(state: Any) -> str:
    return str(state["name"] if isinstance(state, Mapping) else getattr(state, "name", state))
