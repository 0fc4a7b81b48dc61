"""A turn: one inbound item handled to its end. What a flow says and changes is collected here, in
memory; nothing leaves before the worker has committed it all at once.
"""

import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec

from bot import window
from bot.callbacks import Callback, ContactMessage
from bot.callbacks.events import event_of
from bot.clock import as_datetime
from bot.errors import FlowError, MessageError
from bot.inbox import Happening, Item, Timer
from bot.messages import Message, Template, as_message
from bot.messages.app_events import AppEvent
from bot.messages.kinds import in_language
from bot.messages.sending import EventRequest, SendRequest
from bot.once import Journal, Once
from bot.parse import Answer
from bot.parse.locales import require_zone
from bot.session import Session
from bot.window import Outside

HANDED_BACK = Timer("handed_back", 0)
"""Ends a hand-over to a person. No state is entered in turn 0."""

PARTED = Timer("parted", 0)
"""Ends the time in which what comes late for a merged contact goes on to the other one."""

_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")

_SET_BY_US = {"app_id", "recipient", "message", "event", "event_metadata"}


class Reply(msgspec.Struct, frozen=True):
    """An app message or app event said in this turn, with further fields of its request.

    `flow` and `state` tell where it was said, `outside` what becomes of it outside the channel's
    window. What is `urgent` doesn't mind quiet hours.
    """

    content: Message | AppEvent
    options: dict[str, Any]
    flow: str
    state: str
    outside: Outside = ""
    urgent: bool = False


class Move(NamedTuple):
    """A trigger that was fired in a flow's state, and the state it led to."""

    flow: str
    state: str
    trigger: str
    to: str


class Forward(NamedTuple):
    """What the person who has the contact is told: `handoff`, a `message` or `event` of the
    contact's, or `resume`, when the bot goes on.
    """

    kind: Literal["handoff", "message", "event", "resume"]
    reason: str = ""
    flow: str = ""
    state: str = ""
    data: dict[str, Any] = {}  # noqa: RUF012


class Contact:
    """The person this turn is with."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def channel(self) -> str:
        """The channel last heard from, on which the contact is answered."""
        return self._session.address.channel

    @property
    def key(self) -> str:
        """Names the contact in the store and in commands: the contact's id, or channel:identity."""
        return self._session.address.key

    @property
    def contact_id(self) -> str:
        """The API's id of the contact; empty in DISPATCH mode."""
        return self._session.address.contact_id

    @property
    def identity(self) -> str:
        """The contact's address on `channel`, such as a phone number."""
        return self._session.address.identity

    @property
    def language(self) -> str:
        """A BCP 47 tag, such as `sv`; empty where it isn't known. Can be set.

        Raises:
            FlowError: what is set has not the form of one.
        """
        return self._session.language

    @language.setter
    def language(self, tag: str) -> None:
        if tag and not _TAG.fullmatch(tag):
            raise FlowError(f"{tag!r} is no language; it takes a tag such as sv or pt-BR.")
        self._session.language = tag

    @property
    def zone(self) -> str:
        """An IANA time zone, such as `Europe/Stockholm`; empty where it isn't known. Can be set.

        Raises:
            FlowError: what is set is none.
        """
        return self._session.zone

    @zone.setter
    def zone(self, name: str) -> None:
        if name:
            require_zone(name)
        self._session.zone = name


class Turn:
    """What a step sees of the moment, and what it says.

    `bequest` goes into the inbox of its own address before the turn is committed, so with an id
    that is the same when the turn runs again. Except in the turn of a merge itself it is the turn's
    own item, handled there and not here.
    """

    def __init__(
        self,
        session: Session,
        item: Item,
        callback: Callback | None,
        now: float,
        journal: Journal,
        *,
        most_replies: int = 100,
    ) -> None:
        self.session = session
        self.item = item
        self.callback = callback
        self.contact = Contact(session)
        self.at = now
        self.replies: list[Reply] = []
        self.drop_unsent = False
        self.despite_stop = False
        self.forwards: list[Forward] = []
        self.bequest: Item | None = None
        self.finished: dict[str, Any] | None = None
        self.path: list[str] = []
        self.moves: list[Move] = []
        self.stand_ins: Mapping[Callable[..., Any], Callable[..., Any]] = {}
        self.services: Mapping[str, Any] = {}
        self.outside_windows: Mapping[str, Outside] = {}
        self.default_language = "en"
        self.timers_set: dict[Timer, float] = {}
        self.timers_cancelled: list[Timer] = []
        self.events_set: dict[str, Happening] = {}
        self.events_cancelled: list[str] = []
        self._once = Once(journal)
        self._most_replies = most_replies

    @property
    def once_results(self) -> dict[str, bytes]:
        """What `once` gave, as JSON, by the number and name of the call."""
        return self._once.results

    @property
    def now(self) -> datetime:
        """The time of this turn, the same from its beginning to its end; aware, UTC."""
        return as_datetime(self.at)

    @property
    def language(self) -> str:
        """The language this turn is held in, a BCP 47 tag: the contact's, or the default."""
        return self.contact.language or self.default_language

    @property
    def message(self) -> ContactMessage:
        """What the contact sent, or of a redaction the masked form of it; empty where the turn was
        set off by something else.
        """
        callback = self.callback
        inbound = callback.message or callback.message_redaction if callback else None
        return (inbound.contact_message if inbound else None) or ContactMessage()

    @property
    def text(self) -> str:
        """The text the contact wrote; empty where there is none."""
        return self.message.text

    @property
    def postback(self) -> str:
        """The postback of the choice the contact tapped; empty where there is none."""
        response = self.message.choice_response_message
        return response.postback_data if response else ""

    @property
    def event(self) -> str:
        """What set the turn off: `message`, `start`, or the name of a timer or event."""
        if self.item.timer:
            return self.item.timer.name
        if self.item.event:
            return self.item.event.name
        if self.item.command:
            return self.item.command.do
        if self.item.start:
            return "start"
        if self.item.say:
            return "say"
        if self.item.legacy:
            return "legacy"
        if self.callback is None:
            return ""
        return "message" if self.callback.said else event_of(self.callback)

    @property
    def event_data(self) -> dict[str, Any]:
        """What came with an event of your own; empty for anything else."""
        return self.item.event.data if self.item.event else {}

    @property
    def answer(self) -> Answer:
        """The contact's message as parsers take it."""
        message = self.message
        return Answer(
            message=message,
            text=message.text,
            postback=self.postback,
            channel=self.contact.channel,
            locale=self.language,
            zone=self.contact.zone or "UTC",
            now=self.now,
        )

    @property
    def written_at(self) -> float:
        """When the contact wrote, as far as is known, in Unix seconds."""
        taken = self.callback.accepted_time if self.callback else ""
        try:
            sent_at = msgspec.convert(taken, datetime).timestamp()
        except msgspec.ValidationError:
            sent_at = self.at
        return min(sent_at, self.item.at or self.at)

    @property
    def is_proactive(self) -> bool:
        """Whether neither an act of the contact's nor a person on our side set the turn off."""
        by_person = self.item.say is not None and self.session.pause is not None
        return self.callback is None and not by_person

    def say(
        self,
        *messages: str | Message,
        outside_window: Outside = "",
        urgent: bool = False,
        **options: Any,
    ) -> None:
        """Send messages, in this order, once the turn is committed.

        `outside_window` says what becomes of them where they leave after the channel's window, as
        that of a flow does. What is `urgent` is sent in quiet hours too. `options` are further
        fields of `messages:send`, such as `channel_priority_order`, `ttl_s`,
        `queue` or `channel_properties`.

        Raises:
            MessageError: one of them is no message, or breaks a rule of the API.
        """
        if wrong := window.fault(outside_window):
            raise MessageError([f"outside_window: {wrong}"])
        for message in messages:
            spoken = in_language(as_message(message), self.language)
            self._reply(spoken, options, SendRequest, outside_window, urgent)

    def signal(self, event: AppEvent, **options: Any) -> None:
        """Send an app event, such as `composing()`, in order with what is said.

        `options` are further fields of `events:send`.
        """
        self._reply(event, options, EventRequest)

    def once(
        self, function: Callable[..., Any | Awaitable[Any]], *args: Any, **kwargs: Any
    ) -> Coroutine[Any, Any, Any]:
        """Call `function` and give its result; when this turn has to run again, give the recorded
        result instead of calling again.

        The result must be something JSON can hold; a struct or dataclass comes back as the
        function's annotated return type. A crash between the call's end and its recording calls it
        again, so give the function an idempotency key where even that hurts: `turn.item.id` is the
        same however often the turn runs.

        Raises:
            FlowError: the result can't be kept as JSON.
        """
        return self._once.call(self.stand_ins.get(function, function), function, args, kwargs)

    def schedule(
        self, event: str, at: datetime, data: dict[str, Any] | None = None, *, id: str = ""
    ) -> None:
        """Let an event of your own happen to the contact at `at`, an aware time, whatever is under
        way then; one whose time has passed happens at once.

        There is one of a name, so scheduling it again moves it; give it an `id` where there may be
        several, such as a reminder of each visit.

            turn.schedule("visit_tomorrow", visit_at - timedelta(days=1), {"day": "Friday"})

        Raises:
            FlowError: `at` has no time zone, or `data` can't be kept as JSON.
        """
        if at.utcoffset() is None:
            raise FlowError(
                f"Event {event!r} is scheduled for {at}, which has no time zone. Give it one, such"
                " as tzinfo=ZoneInfo(turn.contact.zone or 'UTC')."
            )
        try:
            kept = msgspec.to_builtins(data or {}, str_keys=True)
        except TypeError as fault:
            raise FlowError(f"The data of {event!r} can't be kept as JSON: {fault}.") from fault
        name = _scheduled(event, id)
        self.session.scheduled[name] = at.timestamp()
        self.events_set[name] = Happening(event, kept, name)

    def unschedule(self, event: str, *, id: str = "") -> None:
        """Let a scheduled event not happen; where it isn't scheduled, this changes nothing."""
        name = _scheduled(event, id)
        if self.session.scheduled.pop(name, None) is not None:
            self.events_set.pop(name, None)
            self.events_cancelled.append(name)

    def set_timer(self, timer: Timer, at: float) -> None:
        """Set a timer, or move it, to `at` in Unix seconds; there is one of each name."""
        self.timers_set[timer] = at

    def drop_calls(self) -> None:
        """Give up calls of `once` that nobody has awaited: the turn has failed."""
        self._once.drop()

    def close(self) -> None:
        """Settle which timers live on: those of the state the contact is left in, or while a
        person has the contact, the one that ends this.

        Raises:
            FlowError: the turn has called `once` without awaiting it.
        """
        self._once.require_awaited()
        session = self.session
        known = {*session.timers, *self.timers_set}
        living = {timer for timer in known if _lives(timer, session)}
        names = {timer.name for timer in living}
        self.timers_cancelled = [timer for timer in session.timers if timer.name not in names]
        self.timers_set = {t: at for t, at in self.timers_set.items() if t in living}
        session.timers = sorted(living, key=lambda timer: timer.name)

    def _reply(
        self,
        content: Message | AppEvent,
        options: dict[str, Any],
        request: type[msgspec.Struct],
        outside: Outside = "",
        urgent: bool = False,
    ) -> None:
        known = request.__struct_fields__
        unknown = [name for name in options if name in _SET_BY_US or name not in known]
        if unknown:
            raise MessageError([f"{name}: no field of {request.__name__}" for name in unknown])
        where = self.session.where
        if len(self.replies) >= self._most_replies:
            raise FlowError(
                f"Flow {where.flow!r} says more than BOT_MAX_REPLIES={self._most_replies} messages"
                f" in one turn, in state {where.state!r}."
            )
        outside = outside or self._outside_of(where.flow)
        self.replies.append(Reply(content, options, *where, outside, urgent))

    def _outside_of(self, flow: str) -> Outside:
        """What the flow says of its own messages; of those of a turn, only the first becomes the
        flow's template.
        """
        if self.item.say:
            return ""
        outside = self.outside_windows.get(flow, "")
        if isinstance(outside, Template) and any(each.outside is outside for each in self.replies):
            return "wait"
        return outside


def _scheduled(event: str, id: str) -> str:
    return f"{event}:{id}" if id else event


def _lives(timer: Timer, session: Session) -> bool:
    if session.became is not None:
        return timer == PARTED
    if session.pause is not None:
        return timer == HANDED_BACK
    return session.frame is not None and timer.entered == session.frame.entered
