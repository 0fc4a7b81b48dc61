"""The state machine of a flow. This is the only module that imports `transitions`.

One machine is built for each flow when the flow is loaded. Each turn moves a temporary model that
the machine does not register. So a move takes microseconds, regardless of the number of contacts,
and turns of different contacts do not affect each other.

Moves are decided synchronously. The asynchronous machine of `transitions` would run all callbacks
of an option such as `after` concurrently, and would cancel a running trigger when another trigger
starts. Coroutines that callbacks return are collected, and are awaited in order after the move.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator
from difflib import get_close_matches
from itertools import chain
from typing import Any, NamedTuple

from transitions import Machine as _Machine
from transitions import MachineError
from transitions.extensions import GraphMachine

from bot.errors import FlowError
from bot.flow.diagram import Drawing, draw

Config = dict[str, Any]
"""`states`, `transitions` and `initial`, as `transitions.Machine` takes them."""


CONDITIONS = ("conditions", "unless")


class Edge(NamedTuple):
    """A transition from `state` by `trigger` to the state `to`."""

    state: str
    trigger: str
    to: str


class Cursor:
    """The temporary model of a turn: its state, and the coroutines that its callbacks returned."""

    state: str

    def __init__(self, state: str) -> None:
        self.state = state


class _Collecting(_Machine):
    def set_state(self, state: Any, model: Any = None) -> None:
        """Put a model into a state, and note that the model has entered the state.

        A transition without `dest` does not call this method.
        """
        super().set_state(state, model)
        _note_entry(model)

    def callback(self, func: Any, event_data: Any) -> None:
        """Run a callback. If it returns an awaitable, store the awaitable in the model."""
        function = self.resolve_callable(func, event_data)
        left = function(*event_data.args, **event_data.kwargs)
        if inspect.isawaitable(left):
            event_data.model.__dict__.setdefault("_left", []).append(left)


class Machine:
    """A flow's machine, shared by all contacts."""

    def __init__(self, name: str, config: Config) -> None:
        self.name = name
        self._config = config
        try:
            self._machine = _Collecting(model=None, auto_transitions=False, **config)
            self._require_states()
            self._plain = dict(self._plain_moves())
            self._final = {name for name, each in self._machine.states.items() if each.final}
        except (ValueError, KeyError, AttributeError, TypeError, MachineError) as error:
            raise FlowError(
                f"Flow {name!r}: its states and transitions are invalid: {error}"
            ) from error

    def _require_states(self) -> None:
        """Raise ValueError if a transition names a missing state.

        The library `transitions` would report the missing state only when the transition runs.
        """
        for event in self._machine.events.values():
            for transition in chain.from_iterable(event.transitions.values()):
                for end in (transition.source, transition.dest):
                    if end is not None and end not in self._machine.states:
                        raise ValueError(
                            f"transition {event.name!r} names {end!r}, which is not a state;"
                            f"{_meant(end, [*self._machine.states])} the states are"
                            f" {', '.join(self._machine.states)}"
                        )

    def _plain_moves(self) -> Iterator[tuple[tuple[str, str], str | None]]:
        """Yield ((state, trigger), target) if the first transition of the state and trigger has no
        conditions and no callbacks.

        If the transition has no target, the state stays and `target` is None.
        """
        for name, event in self._machine.events.items():
            for state, (first, *_) in event.transitions.items():
                callbacks = [*first.prepare, *first.conditions, *first.before, *first.after]
                if first.dest is not None:
                    callbacks += self._machine.states[state].on_exit
                    callbacks += self._machine.states[first.dest].on_enter
                if not callbacks:
                    yield (state, name), first.dest

    def callbacks(self) -> Iterator[tuple[str, str]]:
        """Yield (place, name) for each callback that is declared by a method's name.

        The place names the state or transition, and the option such as `on_enter`.

        Names with a dot are skipped, because they are import paths of functions.
        """
        for state in self._machine.states.values():
            for hook in ("on_enter", "on_exit"):
                yield from _named(f"state {state.name!r}: {hook}", getattr(state, hook))
        for name, event in self._machine.events.items():
            for each in chain.from_iterable(event.transitions.values()):
                for hook in ("prepare", "before", "after"):
                    yield from _named(f"transition {name!r}: {hook}", getattr(each, hook))
                for condition in each.conditions:
                    hook = CONDITIONS[0 if condition.target else 1]
                    yield from _named(f"transition {name!r}: {hook}", [condition.func])

    @property
    def initial(self) -> str:
        return str(self._machine.initial)

    @property
    def states(self) -> list[str]:
        return list(self._machine.states)

    def has(self, state: str) -> bool:
        return state in self._machine.states

    @property
    def edges(self) -> list[Edge]:
        """Return all transitions in the order declared.

        If a transition stays in its state, `to` is the same as `state`.
        """
        return list(
            dict.fromkeys(
                Edge(str(each.source), name, str(each.dest or each.source))
                for name, event in self._machine.events.items()
                for each in chain.from_iterable(event.transitions.values())
            )
        )

    def is_final(self, state: str) -> bool:
        """Return whether `state` is declared with `final`."""
        return state in self._final

    def triggers(self, state: str) -> list[str]:
        """Return the triggers of transitions that leave `state`."""
        return [str(trigger) for trigger in self._machine.get_triggers(state)]

    def mermaid(self) -> str:
        """Return the machine as a Mermaid state diagram."""
        model: Any = Cursor(self.initial)
        GraphMachine(model=model, auto_transitions=False, graph_engine="mermaid", **self._config)
        return str(model.get_graph().source)

    def drawing(self) -> Drawing:
        """Return the layout of the machine, for drawing."""
        final = [state for state in self.states if self.is_final(state)]
        return draw(self.states, self.edges, initial=self.initial, final=final)

    def fire(self, model: Any, trigger: str, *args: Any) -> bool:
        """Move `model` by `trigger`. Return False if conditions refuse the move.

        Raises:
            FlowError: no transition with this trigger leaves the model's state.
        """
        key = model.state, trigger
        if key in self._plain:  # `transitions` would need ten times as long for the same.
            if (target := self._plain[key]) is not None:
                model.state = target
                _note_entry(model)
            return True
        event = self._machine.events.get(trigger)
        if event is None or model.state not in event.transitions:
            raise FlowError(
                f"Flow {self.name!r} has no transition for trigger {trigger!r} in state"
                f" {model.state!r}. Add a transition:"
                f' {{"trigger": {trigger!r}, "source": {model.state!r}, "dest": …}}'
            )
        return bool(event.trigger(model, *args))

    def enter(self, model: Any, *args: Any) -> None:
        """Run the `on_enter` callbacks of the model's state, which is the flow's first state."""
        state = self._machine.get_state(model.state)
        for function in state.on_enter:
            self._run(function, model, args)

    def _run(self, function: Any, model: Any, args: tuple[Any, ...]) -> None:
        run: Callable[..., Any] = (
            getattr(model, function) if isinstance(function, str) else function
        )
        left = run(*args)
        if inspect.isawaitable(left):
            model.__dict__.setdefault("_left", []).append(left)


def _meant(name: str, known: list[str]) -> str:
    near = get_close_matches(str(name), known, 1)
    return f" did you mean {near[0]!r}?" if near else ""


def _named(where: str, callbacks: Iterable[Any]) -> Iterator[tuple[str, str]]:
    return ((where, each) for each in callbacks if isinstance(each, str) and "." not in each)


def _note_entry(model: Any) -> None:
    model.__dict__["_has_entered"] = True


def has_entered(model: Any) -> bool:
    """Return whether the last move has entered a state. A second call returns False."""
    return bool(model.__dict__.pop("_has_entered", False))


def left_to_await(model: Any) -> list[Awaitable[Any]]:
    """Return the awaitables that the callbacks of the last move returned, in order.

    The awaitables are removed from the model.
    """
    return list(model.__dict__.pop("_left", []))
