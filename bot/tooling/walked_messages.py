"""Finds the messages that flows send, by walking through their conversations.

Each flow is started. In each state that is reached, every kind of answer, every timer and every
event is tried. A state that cannot be reached is entered directly. The engine runs the turns in
memory: nothing is stored or sent, and connections are refused. Functions given to `turn.once` are
not called. A sample of the declared result is used instead.
"""

import asyncio
import logging
import sys
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from inspect import Signature, signature
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import msgspec

import bot
from bot.callbacks import Callback
from bot.callbacks import decode as decode_callback
from bot.callbacks.events import BUILT_IN
from bot.contact.address import Address
from bot.contact.session import Chain, Run, Session, Where
from bot.contact.session import decode as decode_session
from bot.contact.session import encode as encode_session
from bot.emulator.actions import Says, SendsLocation, SendsMedia, Taps
from bot.engine.engine import Engine
from bot.errors import FlowError
from bot.flow.definition import Definition
from bot.flow.flow import dump_data
from bot.flow.import_errors import way_out
from bot.flow.load import Flows
from bot.flow.samples import sample
from bot.flow.states import Ask, Call, Step
from bot.flow.static_messages import FlowMessage, ask_messages, reason, sample_data
from bot.flow.switch import SWITCH
from bot.i18n.languages import speaking
from bot.items.inbound import CustomEvent, Item, OperatorCommand, StartFlow
from bot.messages import Message as AppMessage
from bot.messages.app_events import AppEvent
from bot.messages.rendering import numbered_choices
from bot.testing.actions import Action
from bot.testing.clock import START
from bot.testing.network_guard import ConnectionRefused, no_connections
from bot.testing.services import HttpStub, UnexpectedRequest
from bot.testing.unawaited import unawaited
from bot.tooling.check.time_limit import TooSlow, limited
from bot.tooling.explore.attempts import JUNK, answers
from bot.tooling.made_up_data import (
    NotedData,
    more_event_data,
    more_start_data,
    start_data,
    with_missing,
)
from bot.turn.effects import TurnEffects
from bot.turn.postback import Postbacks
from bot.turn.turn import Turn

OURS = Path(bot.__file__).parent
ADDRESS = Address("01HSAMPLECONTACT0000000000", "SMS", "46700000000")
MAX_TURN_S = 2.0
"""Maximum duration of a turn in seconds, because an author's code may wait or never end."""

MAX_TAPS = 5
"""Maximum number of times that a walk taps a button.

After a handled tap, the walk does not tap the button again.
"""

MAX_SLOW_TURNS = 3
"""Number of too slow turns after which the walk ends."""

MAX_TURNS = 20_000
"""Number of turns after which the walk ends, because flows can have infinitely many states."""


class Origin(NamedTuple):
    """The author's line that sent a message."""

    function: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message that a flow has sent by `turn.say(…)`."""

    flow: str
    origin: Origin
    message: AppMessage


class SaidButton(NamedTuple):
    """A button of a message that is not a question, and the author's line that sent the message."""

    flow: str
    origin: Origin
    label: str
    postback: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed turn of a walk, and the messages of the conversation that led to the turn."""

    where: Where
    error: BaseException
    said: tuple[str, ...]


@dataclass(slots=True)
class Walked:
    """The results of a walk.

    - `questions`: the first question of each state.
    - `passed`: the states and handlers with a successful turn.
    - `failed`: the reasons why the other states and handlers have no successful turn.
    - `failures`: failures in conversations without made-up data.
    - `taps`: for each button of a message that is not a question, whether something handled a tap
      on it.
    """

    spoken: list[Spoken] = field(default_factory=list)
    questions: dict[Where, AppMessage] = field(default_factory=dict)
    passed: set[Where] = field(default_factory=set)
    failed: dict[Where, str] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    taps: dict[SaidButton, bool] = field(default_factory=dict)


def walk(flows: Flows, language: str = "") -> Walked:
    """Walk all flows with a contact of this language; "" is the source language."""
    walker = _Walker(flows, language)
    disabled = logging.root.manager.disable
    logging.disable()  # The walk reports failed turns itself.
    try:
        with no_connections(), HttpStub().replacing():
            asyncio.run(walker.walk())
    finally:
        logging.disable(disabled)
    return walker.walked


def messages_of(
    flows: Flows, language: str = "", walked: Walked | None = None
) -> dict[str, list[FlowMessage]]:
    """Return all messages of each flow, by the flow's name.

    First come the messages of asks, then the messages that steps, handlers and hooks sent in the
    walk.
    """
    walked = walked or walk(flows, language)
    found = {}
    for definition in flows:
        with speaking(partial(flows.languages.find, language, definition.module)):
            said = [_as_asked(definition, each, walked) for each in ask_messages(definition)]
        spoken = [each for each in walked.spoken if each.flow == definition.name]
        for each in sorted(spoken, key=lambda each: each.origin[1:]):
            said.append(FlowMessage(each.origin.function, f"line {each.origin.line}", each.message))
        found[definition.name] = [*said, *_untold(definition, walked)]
    return found


def _as_asked(definition: Definition, saying: FlowMessage, walked: Walked) -> FlowMessage:
    """If a function makes the question, return the question that the walk has asked; otherwise
    `saying`.

    The question in `saying` is made from sample data, which may not fit the function.
    """
    ask = definition.states[saying.state]
    asked = walked.questions.get(Where(definition.name, saying.state))
    is_made = isinstance(ask, Ask) and (callable(ask.question) or ask.offer is not None)
    if asked is None or not is_made or saying.what != "question":
        return saying
    return replace(saying, message=asked, why="")


def _untold(definition: Definition, walked: Walked) -> Iterator[FlowMessage]:
    """Yield the steps and handlers without a successful turn, with the reasons."""
    for name, state in definition.states.items():
        where = Where(definition.name, name)
        if isinstance(state, Step) and where not in walked.passed:
            why = walked.failed.get(where, "no explored conversation reached it")
            yield FlowMessage(name, "step", None, why)
    for name in definition.handlers:
        where = Where(definition.name, name)
        if where in walked.failed and where not in walked.passed:
            yield FlowMessage(name, "handler", None, walked.failed[where])


class _Walker:
    """One walk. Its contact is copied for each turn."""

    def __init__(self, flows: Flows, language: str) -> None:
        self.walked = Walked()
        self._flows = flows
        self._language = language
        self._engine = Engine(flows, Postbacks(()), language)
        self._engine.services = _NoServices()
        self._waiting: deque[tuple[Session, Said]] = deque()
        self._slow = 0
        self._latest: dict[str, Session] = {}
        self._known: set[Where] = set()
        self._labels: dict[Where, list[str]] = {}
        self._lines: set[Origin] = set()
        self._tries: Counter[SaidButton] = Counter()
        self._turns = 0
        self._failure: tuple[Where, BaseException] | None = None

    async def walk(self) -> None:
        names = [definition.name for definition in self._flows if definition.name != SWITCH]
        called = {
            state.flow
            for name in names
            for state in self._flows[name].states.values()
            if isinstance(state, Call)
        }
        # A called flow gets its data from its caller. The walk starts the flow itself only if no
        # caller reached the flow.
        for name in sorted(names, key=lambda name: name in called):
            if name not in called or name not in self._latest:
                await self._start(self._flows[name])
            await self._try_waiting()
        for name in names:
            for state in self._flows[name].machine.states:
                if Where(name, state) not in self.walked.passed:
                    command = OperatorCommand("move", flow=name, state=state)
                    await self._made_up_turn(self._halfway(name), None, command=command)
                    await self._try_waiting()

    async def _start(self, definition: Definition) -> None:
        """Start a flow. If no message of a contact starts the flow, the flow gets made-up data."""
        name = definition.name
        if definition.start_on or definition.fallback:
            said = (f"the start of {name!r}",)
            await self._turn(self._stranger(), said, start=StartFlow(name))
            return
        data = start_data(definition)
        for event in definition.start_on_events[:1]:
            made_up = CustomEvent(event, NotedData(data))
            await self._made_up_turn(self._stranger(), None, event=made_up)
        if name not in self._latest:
            start = StartFlow(name, data, version=definition.version)
            await self._made_up_turn(self._stranger(), None, start=start)

    def _stranger(self) -> Session:
        return Session(ADDRESS, language=self._language)

    def _halfway(self, name: str) -> Session:
        """Return a session in the middle of a flow, with sample data for missing answers."""
        definition = self._flows[name]
        samples = dump_data(definition.model, sample_data(definition))
        latest = self._latest.get(name)
        session = decode_session(encode_session(latest)) if latest else self._stranger()
        if not latest:
            run = Run(name, definition.machine.initial, version=definition.version)
            session.chains = [Chain([run])]
        for run in session.runs[-1:]:
            run.data = {**samples, **run.data}
        return session

    async def _try_waiting(self) -> None:
        while self._waiting and self._turns < MAX_TURNS and self._slow < MAX_SLOW_TURNS:
            await self._try_all(*self._waiting.popleft())

    async def _try_all(self, session: Session, said: "Said") -> None:
        where = session.where
        definition = self._flows[where.flow]
        ask = definition.states.get(where.state)
        for action in answers(definition, where.state, self._labels.get(where, ()), ()):
            await self._made_up_turn(session, _with(said, action), message=_content(action))
        left: Session | None = session
        misunderstood = said
        for _ in range(ask.attempts or 1 if isinstance(ask, Ask) else 1):
            if left is not None and left.where == where:
                misunderstood = _with(misunderstood, JUNK[0])
                left = await self._turn(left, misunderstood, message=_content(JUNK[0]))
        for timer in session.timers:
            await self._made_up_turn(session, (*said, timer.name) if said else None, timer=timer)
        for handler in definition.handlers.values():
            if not handler.states or where.state in handler.states:
                for event in handler.events:
                    after = (*said, f"the event {event!r}") if said else None
                    made_up = CustomEvent(event, NotedData())
                    await self._made_up_turn(session, after, event=made_up)

    async def _made_up_turn(self, before: Session, said: "Said", **what: Any) -> Session | None:
        """Run a turn. If the turn fails because it lacks data that only a program has, add a sample
        of the data and run the turn again, until the turn lacks no data.
        """
        while (session := await self._turn(before, said, **what)) is None and self._failure:
            where, error = self._failure
            if "event" in what and isinstance(error, KeyError | TypeError | ValueError):
                data = dict(what["event"].data)
                more = more_event_data(data, error)
                what["event"] = msgspec.structs.replace(what["event"], data=NotedData(more or {}))
            elif said is None and "start" in what:
                start = what["start"]
                more = more_start_data(self._flows[start.flow], start.data, error)
                what["start"] = msgspec.structs.replace(start, data=more or {})
            elif said is None and before.runs:
                before = decode_session(encode_session(before))
                more = with_missing(before.runs[-1].data, error)
                before.runs[-1].data = more or {}
            else:
                more = None
            if more is None:
                return None
            self.walked.failed.pop(where, None)
        return session

    async def _turn(
        self, before: Session, said: "Said", *, message: dict[str, Any] | None = None, **what: Any
    ) -> Session | None:
        """Run a turn on a copy of a session. Return the copy, or None if the turn failed.

        `said` is the conversation up to the turn; None if a part of it is made up.
        """
        self._failure = None
        if self._slow >= MAX_SLOW_TURNS:
            return None
        self._turns += 1
        session = decode_session(encode_session(before))
        callback = _callback(message, self._turns) if message else None
        item = Item(id=f"walk:{self._turns}", at=START, address=ADDRESS, **what)
        effects = _Effects(session, item, callback, START, _Journal())
        handled = self._handler(before, item)
        try:
            # Blocking code is interrupted a little later than waiting code.
            with unawaited() as left, limited(MAX_TURN_S * 1.5):
                async with asyncio.timeout(MAX_TURN_S):
                    await self._engine.run(effects)
            if left:
                raise FlowError(left[0])
            if effects.problem is not None:
                raise effects.problem
        except (Exception, TooSlow) as error:
            # An author's functions may raise anything, especially with made-up data.
            self._slow += isinstance(error, TimeoutError | TooSlow)
            self._fail(effects, handled, error, said)
            return None
        finally:
            self._collect(effects)
        self.walked.passed.update(_entered(effects))
        if handled:
            self.walked.passed.add(handled)
        if session.where.flow and session.pause is None and session.where not in self._known:
            self._known.add(session.where)
            self._waiting.append((session, None if effects.is_made_up else said))
            self._latest[session.where.flow] = session
        if not self._language:
            await self._tap_said(session, effects)
        return session

    async def _tap_said(self, after: Session, effects: "_Effects") -> None:
        """Tap the buttons of the turn's messages that are not questions.

        Buttons on which a tap was handled before are skipped.
        """
        for reply, origin in zip(effects.replies, effects.origins, strict=True):
            if origin is None or not isinstance(reply.content, AppMessage) or not reply.flow:
                continue
            for choice in numbered_choices(reply.content):
                button = SaidButton(reply.flow, origin, choice.title, choice.postback)
                if self._tries[button] < MAX_TAPS and not self.walked.taps.get(button):
                    self._tries[button] += 1
                    self.walked.taps[button] = await self._is_tap_handled(after, button)

    async def _is_tap_handled(self, before: Session, button: SaidButton) -> bool:
        self._turns += 1
        session = decode_session(encode_session(before))
        # If a choice has no postback, the API makes one.
        tapped = {"postback_data": button.postback or f"walk_{button.label}"}
        callback = _callback({"choice_response_message": tapped}, self._turns)
        item = Item(id=f"walk:{self._turns}", at=START, address=ADDRESS)
        effects = _Effects(session, item, callback, START, _Journal())
        try:
            with unawaited(), limited(MAX_TURN_S * 1.5):
                async with asyncio.timeout(MAX_TURN_S):
                    await self._engine.run(effects)
        except (Exception, TooSlow):
            return True  # The walk reports the failure if a text leads to this handler.
        return effects.understood

    def _handler(self, session: Session, item: Item) -> Where | None:
        """Return the handler of the active flow for an event; None if the flow has no such
        handler.
        """
        if item.event is None or not session.where.flow:
            return None
        definition = self._flows[session.where.flow]
        for name, handler in definition.handlers.items():
            if item.event.name in handler.events and (
                not handler.states or session.where.state in handler.states
            ):
                return Where(definition.name, name)
        return None

    def _fail(
        self, effects: "_Effects", handled: Where | None, error: BaseException, said: "Said"
    ) -> None:
        why = f"not run to the end: {reason(error)}"
        why += way_out(error) if isinstance(error, Exception) else ""
        entered = _entered(effects)
        where = handled if handled and not entered else (entered or [effects.session.where])[-1]
        is_known = any(each.where == where for each in self.walked.failures)
        is_made_up = effects.is_made_up or _needs_data(effects.item.event)
        if said and where.flow and not is_made_up and not is_known and not _outside(error):
            self.walked.failures.append(Failure(where, error, said))
        self.walked.failed.setdefault(where, why)
        self._failure = where, error
        self.walked.passed.update(entered[:-1])

    def _collect(self, effects: "_Effects") -> None:
        lines: set[Origin] = set()
        for reply, origin in zip(effects.replies, effects.origins, strict=True):
            if not isinstance(reply.content, AppMessage):
                continue
            where = Where(reply.flow, reply.state)
            if origin is None:
                if f"{where.flow}/{where.state}" in effects.path:
                    self.walked.questions.setdefault(where, reply.content)
                self._labels[where] = [each.title for each in numbered_choices(reply.content)]
            elif where.flow and origin not in self._lines:
                # One line may send several messages in a turn. Other turns may send the same
                # messages again.
                lines.add(origin)
                self.walked.spoken.append(Spoken(where.flow, origin, reply.content))
        self._lines |= lines


def _needs_data(event: CustomEvent | None) -> bool:
    """Return whether a turn needs the data of `event`, the made-up event that the turn handled.

    The turn needs the data if the event is a report of the platform, or if code has read the data.
    """
    if event is None:
        return False
    is_read = bool(event.data) or (isinstance(event.data, NotedData) and event.data.was_read)
    return is_read or event.name in BUILT_IN


def _entered(effects: TurnEffects) -> list[Where]:
    """Return the states that a turn has entered, in order."""
    return [Where(*entry.split("/", 1)) for entry in effects.path if "/" in entry]


class _Effects(TurnEffects):
    """Effects that also have the author's line for each reply; None for a reply of the
    framework.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.origins: list[Origin | None] = []
        self.is_made_up = False

    def say(self, *messages: str | AppMessage, **options: Any) -> None:
        origin = _origin(sys._getframe(1))
        try:
            super().say(*messages, **options)
        finally:  # Messages before a refused message have been said.
            self.origins += [origin] * (len(self.replies) - len(self.origins))

    def send_event(self, event: AppEvent, **options: Any) -> None:
        super().send_event(event, **options)
        self.origins.append(None)

    def once(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Coroutine[Any, Any, Any]:
        self.is_made_up = True
        return self._once.call(partial(_result_of, function), function, (), {})


def _origin(caller: FrameType) -> Origin | None:
    author = caller.f_back
    if caller.f_code is not Turn.say.__code__ or author is None:
        return None
    file = author.f_code.co_filename
    if Path(file).is_relative_to(OURS):
        return None
    return Origin(author.f_code.co_name, file, author.f_lineno)


def _result_of(function: Callable[..., Any]) -> Any:
    if make := getattr(function, "sample", None):
        return make()
    name = getattr(function, "__qualname__", str(function))
    declared: Any = Signature.empty
    try:
        declared = signature(function, eval_str=True).return_annotation
        return sample(declared)
    except (LookupError, TypeError, ValueError, NameError) as error:
        way_out = f"declare the type that {name} returns"
        if declared is not Signature.empty:
            kind = getattr(declared, "__name__", declared)
            way_out = f"{name} returns {kind}; declare a type that can be stored as JSON"
        raise FlowError(
            f"it calls {name}, and no sample of the result is known: {way_out}"
        ) from error


def _content(action: Action) -> dict[str, Any]:
    """Return the contact message of an answer in the API's JSON format.

    A tap becomes a text with the label.
    """
    match action:
        case SendsLocation(latitude, longitude, title, label):
            coordinates = {"latitude": latitude, "longitude": longitude}
            place = {"title": title, "label": label, "coordinates": coordinates}
            return {"location_message": place}
        case SendsMedia(url, caption) if caption:
            return {"media_card_message": {"url": url, "caption": caption}}
        case SendsMedia(url):
            return {"media_message": {"url": url}}
        case Says(text) | Taps(text):
            return {"text_message": {"text": text}}
    raise TypeError(f"{action!r} sends no message.")


def _callback(contact_message: dict[str, Any], number: int) -> Callback:
    identity = {"channel": ADDRESS.channel, "identity": ADDRESS.identity}
    message = {
        "id": f"01M{number:023}",
        "direction": "TO_APP",
        "contact_message": contact_message,
        "channel_identity": identity,
        "contact_id": ADDRESS.contact_id,
    }
    return decode_callback(msgspec.json.encode({"message": message}))


class _Journal:
    """A journal that records nothing, because each turn runs only once."""

    async def read(self, key: str) -> bytes | None:
        return None

    async def write(self, key: str, value: bytes) -> None:
        return None


class NoService(FlowError):
    """A turn needs a service, and a walk opens no services."""


Said = tuple[str, ...] | None


def _with(said: Said, action: Action) -> Said:
    """Return the conversation with one more answer of the contact."""
    match action:
        case Says(text) | Taps(text):
            return (*said, repr(text[:40])) if said else None
    return (*said, type(action).__name__) if said else None


def _outside(error: BaseException | None) -> bool:
    """Return whether an error results from the lack of a service or of a connection."""
    while error is not None:
        if isinstance(error, NoService | ConnectionRefused | UnexpectedRequest):
            return True
        error = error.__cause__ or error.__context__
    return False


class _NoServices(dict[str, Any]):
    def __missing__(self, name: str) -> Any:
        raise NoService(f"it needs the service {name!r}, which isn't opened here")
