"""`Flow`: a class whose attributes are states, compiled to plain `transitions` configuration."""

import inspect
import re
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal, get_type_hints

import msgspec

from bot.contact.session import Purpose
from bot.errors import FlowError
from bot.flow import values as values_
from bot.flow.machine import Config
from bot.flow.places import place_of, short
from bot.flow.state_constructors import names_of, wanted
from bot.flow.states import END, HANDOFF, Ask, Call, State, Step
from bot.parse import Parser, Parts
from bot.turn.messaging_window import Outside

UnknownState = Literal["restart", "stay", "handoff"]
Interrupt = Literal["switch", "ask", "ignore"]
TARGETS = (END, HANDOFF)
_PARTS = "parts"
Migration = Mapping[str, str] | Callable[[str, dict[str, Any]], tuple[str, dict[str, Any]]]
"""A migration from one version to the next version: a mapping of old state names to new state
names, or a function that takes and returns state and data.
"""


class Data:
    """A flow's data by attribute: `self.data.size`.

    `Data` has the answer of each ask under the name of the ask's state. Steps may add other values,
    which must be storable as JSON. If code reads a name that is not set, an `AttributeError` lists
    the names that are set.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__.update(values)

    def __setattr__(self, name: str, value: Any) -> None:
        try:
            values_.encode(value.values if isinstance(value, Parts) else value)
        except values_.NotStorable as error:
            raise FlowError(
                f"self.data.{name} can't be stored: {error}. Store only texts, numbers,"
                " dates, lists, dicts and dataclasses."
            ) from error
        self.__dict__[name] = value

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"The flow's data has no {name!r} yet; it has {', '.join(self.__dict__) or 'nothing'}."
            f" Ask for {name!r} first, set self.data.{name} in an earlier step, or start the flow"
            f" with {name!r}."
        )

    def __contains__(self, name: str) -> bool:
        return name in self.__dict__

    def get(self, name: str, default: Any = None) -> Any:
        return self.__dict__.get(name, default)

    def __repr__(self) -> str:
        return f"Data({', '.join(self.__dict__)})"


@dataclass(frozen=True, slots=True)
class Handler:
    """A method that handles events instead of messages. An empty `states` means all states."""

    events: tuple[str, ...]
    function: Callable[..., str | Awaitable[str | None] | None]
    to: tuple[str, ...]
    states: tuple[str, ...]
    wants: tuple[str, ...] = ()


def on(
    *events: str, to: str | tuple[str, ...] = (), states: str | tuple[str, ...] = ()
) -> Callable[[Callable[..., Any]], Handler]:
    """Make a method handle events while the flow is active.

    The method takes the turn. The method returns the next state, which must be one of `to`, or None
    to stay in the current state. A handler of `ended` has no `to`, because the run has ended.

        @on("order_shipped", to="shipped")
        def tell(self, turn): ...

    If several methods handle an event in the current state, the first method is called.
    """

    if not events or callable(events[0]):
        raise FlowError(
            "@on names no event. Write the events that the method handles: @on('order_shipped')."
        )
    for event in events:
        if not isinstance(event, str):
            is_list = isinstance(event, list | tuple | set)
            names = ", ".join(map(repr, event)) if is_list else "'order_shipped'"
            written = "a state" if isinstance(event, State) else repr(event)
            raise FlowError(
                f"@on takes names of events, and {written} is not a text. Write @on({names})."
            )
    targets, sources = names_of("to", to), names_of("states", states)

    def wrap(function: Callable[..., Any]) -> Handler:
        return Handler(
            events,
            function,
            targets,
            sources,
            wanted(function),
        )

    return wrap


class Flow:
    """A conversation. The attributes of the class are the flow's states.

    The flow begins in the first state.

    Class attributes, all optional:

    - `name`: the name in sessions, `call` and commands; by default the class's name in snake case.
      A new name ends the flow's runs, so keep the name if you rename the class.
    - `version`: 1 by default; raise the version when states change.
    - `migrate`: maps an earlier version to the migration to the next version. A migration is a
      mapping of old state names to new state names, or a function that takes and returns state and
      data.
    - `unknown_state`: the treatment of a contact in a state that no longer exists and that
      `migrate` does not mention: `"restart"` (the default), `"stay"` or `"handoff"`.
    - `start_on`: words that start the flow. A word must be the whole message, in upper or lower
      case.
    - `start_on_events`: events, such as `"conversation_start"`, that start the flow if no flow is
      active; `bot.callbacks.events` lists their names. An event of your own also starts the flow if
      the active flow does not handle the event. Afterwards, the interrupted flow continues.
    - `entry_points`: states in which programs and other flows start this flow. Entry points may be
      unreachable from the flow's own states. The first state need not be listed.
    - `key`: a field of the data that distinguishes several runs of the flow. An event with this
      field is delivered to the run with the same value in the field. No second run with the same
      value is started.
    - `fallback`: True for the flow that starts if nothing else handles a message. Only one flow can
      be the fallback.
    - `interrupt`: what happens if the contact writes another flow's word while this flow is active.
      `"switch"` starts the other flow and returns to this flow afterwards, `"ask"` asks the contact
      first, `"ignore"` ignores the word.
    - `outside_window`: the treatment of a message that is due after the channel's messaging window
      has closed. The value is a `Template` or a value that BOT_OUTSIDE_WINDOW may have. A
      `Template` is sent instead of the message, and the turn's further messages wait until the
      contact writes. A message's own value takes precedence.
    - `max_age`: the maximum age of a message when it is sent, such as `"10m"`. An older message is
      dropped. By default there is no limit, except one hour for reminders. A message's own value
      takes precedence.
    - `purpose`: `"marketing"` or `"notification"`. Messages that the flow sends unprompted go only
      to contacts who have not opted out of this purpose. If BOT_OPT_IN lists the purpose, the
      contacts must also have opted in.
    - `bursts`: `("merge", "2s")` or `("latest", "2s")`, for contacts who answer in several
      messages. An ask's own value takes precedence.

        class Hello(Flow):
            start_on = ("hello",)

            name_ = ask("Who are you?", accept=parse.text(), to="greet")

            @step(to=END)
            def greet(self, turn):
                turn.say(f"Hello {self.data.name_}!")
                return END
    """

    name: ClassVar[str] = ""
    version: ClassVar[int] = 1
    start_on: ClassVar[tuple[str, ...]] = ()
    start_on_events: ClassVar[tuple[str, ...]] = ()
    entry_points: ClassVar[tuple[str, ...]] = ()
    key: ClassVar[str] = ""
    fallback: ClassVar[bool] = False
    migrate: ClassVar[Mapping[int, Migration]] = {}
    unknown_state: ClassVar[UnknownState] = "restart"
    interrupt: ClassVar[Interrupt] = "switch"
    bursts: ClassVar[tuple[str, str] | None] = None
    outside_window: ClassVar[Outside] = ""
    max_age: ClassVar[str] = ""
    purpose: ClassVar[Purpose | Literal[""]] = ""

    states: ClassVar[dict[str, State]] = {}
    handlers: ClassVar[dict[str, Handler]] = {}
    config: ClassVar[Config] = {}

    data: Any
    state: str

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if "name" not in cls.__dict__:
            cls.name = _snake(cls.__name__)
        if isinstance(cls.start_on, str):
            cls.start_on = (cls.start_on,)
        if isinstance(cls.start_on_events, str):
            cls.start_on_events = (cls.start_on_events,)
        if isinstance(cls.entry_points, str):
            cls.entry_points = (cls.entry_points,)
        attributes = _attributes(cls)
        cls.states = {k: v for k, v in attributes.items() if isinstance(v, Ask | Call | Step)}
        cls.handlers = {k: v for k, v in attributes.items() if isinstance(v, Handler)}
        cls.config = compile_config(cls.states, cls.handlers)

    def __init__(self, state: str = "", data: Mapping[str, Any] | None = None) -> None:
        # `__setattr__` is for what an author's code sets.
        self.__dict__.update(state=state, data=load_data(type(self), data or {}))

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "data":
            _require_data(type(self), value)
        elif name != "state":
            raise FlowError(
                f"{place_of(type(self))}: {type(self).__name__}: self.{name} is lost after this"
                f" turn. Store it in self.data: self.data.{name} = …"
            )
        object.__setattr__(self, name, value)

    def returns(self) -> Any:
        """Return the value that a calling flow receives when this flow ends.

        By default, the value is a dict of the flow's data without secret answers. If the flow
        declares a type for its data, the values of the dict are in the form of JSON: a date is a
        text.
        """
        if isinstance(self.data, Data):
            return dict(vars(self.data))
        # `to_builtins` omits a field that was missing when msgspec read the dataclass from JSON.
        has_defaults = is_dataclass(self.data) and not isinstance(self.data, type)
        return msgspec.to_builtins(asdict(self.data) if has_defaults else self.data)


def _require_data(flow: type[Flow], value: Any) -> None:
    """Raise FlowError if an author's code assigns a value of another type to a flow's `data`."""
    declared = declared_data(flow)
    kind = Data if declared is None else declared
    if not isinstance(kind, type) or isinstance(value, kind):
        return
    caller = sys._getframe(2)
    place = f"{short(Path(caller.f_code.co_filename))}:{caller.f_lineno}"
    named = next(iter(value), "") if isinstance(value, Mapping) else ""
    field = named if isinstance(named, str) and named.isidentifier() else "size"
    way_out = f"Set each value: self.data.{field} = …"
    if declared is not None:
        way_out += f", or assign a {kind.__name__}(…)"
    written = "None" if value is None else f"a {type(value).__name__}"
    kept = "the flow's data" if declared is None else f"a {kind.__name__}"
    raise FlowError(f"{place}: self.data is set to {written}, but it must stay {kept}. {way_out}.")


def compile_config(states: Mapping[str, State], handlers: Mapping[str, Handler]) -> Config:
    """Return the states and transitions of a flow, as `transitions.Machine` takes them.

    The states have these triggers:

    - a `choose`: the keys of its options;
    - an `ask`: `answered`;
    - a `choose` or an `ask`: `reprompted`, which stays in the state, and optionally `gave_up` and
      `timed_out`;
    - a step: `to_<state>` for each state that the step may return;
    - a call: `returned`;
    - a state in which a handler is active: `on_<event>_<state>` for each state that the handler may
      return.
    """
    names: list[Any] = [*states]
    transitions: list[dict[str, Any]] = []
    for name, state in states.items():
        for trigger, target in state.targets().items():
            transitions.append({"trigger": trigger, "source": name, "dest": target})
        if isinstance(state, Ask):
            transitions.append({"trigger": "reasked", "source": name, "dest": None})
    for handler in handlers.values():
        for event in handler.events:
            for target in handler.to:
                transitions += [
                    {"trigger": f"on_{event}_{target}", "source": source, "dest": target}
                    for source in handler.states or states
                ]
    used = {transition["dest"] for transition in transitions}
    names += [
        {"name": target, "final": True} for target in TARGETS if target == END or target in used
    ]
    return {"states": names, "transitions": transitions, "initial": next(iter(states), END)}


def load_data(flow: type[Flow], values: Mapping[str, Any]) -> Any:
    """Convert stored data to the object that is `self.data` in the flow.

    The object is a `Data`, or has the type that annotates `data`. Answers have the types that their
    parsers returned.

    Raises:
        FlowError: a value does not fit its type.
    """
    declared = declared_data(flow)
    if declared is not None:
        try:
            return msgspec.convert(values, declared)
        except msgspec.ValidationError as exc:
            way_out = (
                "Start the flow with data that has this field, or give the field a default."
                if "missing required field" in str(exc)
                else "Start the flow with a value of that type. If the type of the field has"
                " changed, raise `version` and convert stored values in `migrate`."
            )
            raise FlowError(
                f"{place_of(flow, 'data')}: {flow.__name__}.data doesn't fit its type: {exc}."
                f" {way_out}"
            ) from exc
    return Data({name: _loaded(flow, name, value) for name, value in values.items()})


def _loaded(flow: type[Flow], name: str, value: Any) -> Any:
    state = flow.states.get(name)
    try:
        if value is None or not (isinstance(state, Ask) and state.accept):
            return values_.decode(value)
        accept = state.accept
        if isinstance(value, dict) and value.get(values_.MARK) == _PARTS:
            return Parts([load_answer(accept, each) for each in value["v"]])
        return load_answer(accept, value)
    except (msgspec.ValidationError, ValueError, TypeError) as error:
        raise FlowError(
            f"{place_of(flow, name)}: the value of {name} does not fit its type: {error}."
        ) from error


def load_answer(accept: Parser[Any], value: Any) -> Any:
    """Convert a stored answer to the type that its parser declares.

    If the parser declares no type, convert the answer to the type that is stored with the answer.
    """
    if accept.type is Any and not accept.choices:
        return values_.decode(value)
    return accept.restore(values_.plain(value))


def fitting(flow: type[Any], values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the values that fit the flow's parsers and types, and the names of the values that do
    not fit.
    """
    kept, unfit = dict(values), list[str]()
    if not issubclass(flow, Flow):
        return kept, []
    while True:
        try:
            load_data(flow, kept)
        except FlowError as error:
            names = re.findall(r"\$\.(\w+)", str(error)) or [*kept][:1]
            if not names:
                return kept, unfit
            unfit.append(names[0])
            kept.pop(names[0], None)
        else:
            return kept, unfit


def dump_data(flow: type[Any], data: Any) -> dict[str, Any]:
    """Return the flow's data as JSON.

    Raises:
        FlowError: a value has a type that cannot be stored, or does not fit the type of `data`.
    """
    if isinstance(data, Data):
        # A text is stored as it is. `Data` has checked it when it was set.
        return {
            name: value if type(value) is str else _dumped(flow, name, value)
            for name, value in data.__dict__.items()
        }
    try:
        dumped = msgspec.to_builtins(data)
        if not isinstance(dumped, dict):
            raise FlowError(
                f"{place_of(flow, 'data')}: the flow's data is of type {type(data).__name__}; it"
                " must be an object with fields."
            )
        msgspec.json.encode(dumped)
        declared = declared_data(flow) if issubclass(flow, Flow) else None
        if declared is not None:
            msgspec.convert(dumped, declared)
    except msgspec.ValidationError as error:
        raise FlowError(
            f"{place_of(flow, 'data')}: {flow.__name__}.data doesn't fit its type: {error}. An"
            " answer or a step has stored a value of another type. Annotate the field with the type"
            " of that value. If the flow merges bursts, the answer of several messages is a"
            " parse.Parts."
        ) from error
    except (TypeError, UnicodeEncodeError) as error:
        raise FlowError(
            f"{place_of(flow, 'data')}: the flow's data can't be stored: {error}."
        ) from error
    return dumped


def result_error(flow: type[Any], name: str, value: Any) -> str:
    """Return an error text if the result of a called flow does not fit the calling flow's data.

    `flow` is the calling flow. `value` is the result, and `name` is the field of the calling flow's
    data that stores the result. Return "" if the result fits, or if the field has no declared type.
    """
    declared = declared_data(flow) if issubclass(flow, Flow) else None
    kind = _fields(declared).get(name) if isinstance(declared, type) else None
    if kind is None:
        return ""
    try:
        msgspec.convert(msgspec.to_builtins(value), kind)
    except msgspec.ValidationError as error:
        return f"{error}. Annotate the field with the type of the result, or return another value."
    except TypeError as error:
        return f"{error}. Return texts, numbers, dates, lists, dicts or dataclasses."
    return ""


@cache
def _fields(declared: type[Any]) -> dict[str, Any]:
    return get_type_hints(declared, include_extras=True)


def dump_start(flow: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values`, the data with which a flow is started, in stored form."""
    if issubclass(flow, Flow) and declared_data(flow) is not None:
        return dict(msgspec.to_builtins(values))
    return {name: _dumped(flow, name, value) for name, value in values.items()}


def from_texts(flow: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the texts in `values` to the types that the flow declares, e.g. "5" to 5 for an int.

    A CSV file and a command line have only texts.

    Raises:
        FlowError: a text cannot be converted to the declared type.
    """
    types = _declared_types(flow) if issubclass(flow, Flow) else {}
    found = dict(values)
    for name, value in values.items():
        kind = types.get(name, Any)
        if not isinstance(value, str) or kind is Any:
            continue
        try:
            found[name] = msgspec.convert(value, kind, strict=False)
        except (msgspec.ValidationError, TypeError) as error:
            declared = declared_data(flow)
            owner = (flow if declared is None else declared).__name__
            written = kind.__name__ if isinstance(kind, type) else kind
            raise FlowError(
                f"{name!r} is {value!r}, which can't be converted: {owner}.{name} takes {written}."
            ) from error
    return found


def _declared_types(flow: type[Flow]) -> Mapping[str, Any]:
    """Return the types of a flow's data by name.

    If the flow declares a type for its data, return the types of the fields; otherwise return the
    types that the parsers of the flow's asks return.
    """
    declared = declared_data(flow)
    if declared is not None:
        return get_type_hints(declared) if isinstance(declared, type) else {}
    return {
        name: state.accept.type
        for name, state in flow.states.items()
        if isinstance(state, Ask) and state.accept
    }


def _dumped(flow: type[Any], name: str, value: Any) -> Any:
    state = flow.states.get(name) if issubclass(flow, Flow) else None
    accept = state.accept if isinstance(state, Ask) else None
    try:
        if accept is None or value is None:
            return values_.encode(value)
        if isinstance(value, Parts):
            return {values_.MARK: _PARTS, "v": [dump_answer(accept, v) for v in value.values]}
        return dump_answer(accept, value)
    except (values_.NotStorable, TypeError) as error:
        raise FlowError(
            f"{place_of(flow, name)}: {flow.__name__}: {name!r} can't be stored in the flow's data:"
            f" {error}. Store only texts, numbers, dates, lists, dicts and dataclasses."
        ) from error


def dump_answer(accept: Parser[Any], value: Any) -> Any:
    """Return `value`, an answer that the parser `accept` has returned, in stored form."""
    if accept.type is Any and not accept.choices:
        return values_.encode(value)
    return values_.encode(msgspec.to_builtins(value))


def _attributes(cls: type[Flow]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if issubclass(base, Flow) and base is not Flow:
            found.update(base.__dict__)
    return found


def declared_data(flow: type[Flow]) -> Any:
    """Return the type that annotates a flow's `data`; None if `data` is not annotated."""
    return _declared_data(flow)  # type: ignore[arg-type]  # a class can be hashed


@cache
def _declared_data(flow: type[Flow]) -> Any:
    for base in flow.__mro__:
        if base is Flow:
            return None
        if "data" in inspect.get_annotations(base):
            return inspect.get_annotations(base, eval_str=True)["data"]
    return None


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
