"""The effects of one turn: replies, timers, events, and requests to the agents' system.

The effects stay in memory until the worker commits all of them together. Authors see a turn through
`bot.turn.turn.Turn`, which does not expose its `TurnEffects`.
"""

import math
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

import msgspec

from bot.callbacks import Callback, ContactMessage
from bot.callbacks.contact_message import MessageWithFile
from bot.callbacks.files import Downloader
from bot.contact.session import Chain, Run, Session, Timer, Where
from bot.contact.zones import zone_of
from bot.errors import FlowError, MessageError
from bot.items.inbound import CustomEvent, Item, StartFlow
from bot.items.outbound import entry_id
from bot.items.turn_log import LoggedData
from bot.messages import Message, Template, as_message
from bot.messages.app_events import AppEvent
from bot.messages.app_message import SentMessage
from bot.messages.message_types import in_language
from bot.messages.requests import EventRequest, SendRequest, require_options
from bot.turn.call_journal import Journal, Once
from bot.turn.captions import note_caption
from bot.turn.holds import DEFAULT_RULES, UNTIL_WRITTEN_TO, expires_at, held_until
from bot.turn.messaging_window import Outside
from bot.turn.reactions import remember, with_reaction
from bot.turn.received import Received

HANDED_BACK = Timer("handed_back", 0)
"""The timer that ends a hand-over. `entered` is 0, because the timer belongs to no state."""

MERGE_FORWARDING_ENDED = Timer("parted", 0)
"""The timer that ends the forwarding of a merged contact's late items to the remaining contact."""

WAITING = Timer("waiting", 0)
"""The timer that fires when the first waiting event of the session expires."""

HELD = Timer("held", 0)
"""The timer after which the bot checks whether a flow that was switched off is on again.

The timer is set while items wait for the flow.
"""

BROADCAST_OVER = Timer("broadcast_over", 0)
"""The timer that ends the time in which a message counts as the answer to a broadcast."""

_SET_BY_US = {"app_id", "recipient", "message", "event", "event_metadata"}


class Reply(msgspec.Struct, frozen=True):
    """An app message or app event that this turn sends.

    - `options`: further fields of the request to Sinch.
    - `flow`, `state`: the flow and state that send the reply.
    - `outside`: the treatment of the reply outside the channel's messaging window.
    - `urgent`: whether the reply is sent during quiet hours, too.
    - `run`: the run that receives reports about the reply; 0 means no run.
    - `max_age`: a duration, such as "10m", after which the reply is no longer sent; "" means no
      limit. `expires_at` is the Unix second from which the reply is too old; infinity means never.
    - `broadcast`: the tag of the broadcast to which the reply belongs.
    - `purpose`: the purpose to which the contact must consent.
    - `visit`: the visit (see `Run.entered`) of the question that the reply asks.
    - `is_reminder`: whether the reply reminds the contact of the question.
    - `waits`: whether the reply waits for the messaging window, for the end of quiet hours, or
      behind such a reply.
    """

    content: Message | AppEvent
    options: dict[str, Any]
    flow: str
    state: str
    outside: Outside = ""
    urgent: bool = False
    run: int = 0
    max_age: str = ""
    broadcast: str = ""
    purpose: str = ""
    visit: int = 0
    is_reminder: bool = False
    waits: bool = False
    expires_at: float = math.inf

    def entry_id(self, turn_id: str, number: int) -> str:
        """Return the id of the reply's entry in the outbox."""
        return entry_id(turn_id, number, self.run, self.broadcast, self.visit)


class Broadcast(NamedTuple):
    """The tag of a broadcast, and the fallback channel of the broadcast's messages."""

    tag: str
    fallback: str


class Move(NamedTuple):
    """A transition of a flow: the state, the trigger that was fired in it, and the next state."""

    flow: str
    state: str
    trigger: str
    to: str


class Forward(NamedTuple):
    """A request to the agents' desk.

    `kind` is `handoff` when a hand-over begins, `message` for a message of the contact, `event` for
    an event of the contact, and `resume` when the bot continues.
    """

    kind: Literal["handoff", "message", "event", "resume"]
    reason: str = ""
    flow: str = ""
    state: str = ""
    data: dict[str, Any] = {}  # noqa: RUF012


class DataType(Protocol):
    """Reads and writes the contact data in sessions."""

    def load(self, session: Session) -> Any: ...

    def reload(self, session: Session, loaded: Any) -> None: ...

    def store(self, session: Session, loaded: Any) -> bool: ...

    def merge(self, session: Session, data: dict[str, Any], version: int) -> None: ...

    def without_secrets(self, data: dict[str, Any]) -> dict[str, Any]: ...


class Ended(NamedTuple):
    """A run that has ended without reaching END, and the reason."""

    run: Run
    reason: str


class TurnEffects(Received):
    """The session and item of one turn, and everything that the turn sends and changes.

    - `held_until`: the Unix second until which the last reply waits; 0 if the last reply is sent at
      once.
    - `forwarded_item`: an item that is put into another contact's inbox before this turn commits.
      The item's id is stable, so a rerun does not duplicate the item. In the turn of a merge, the
      item has the state of the merged contact. In any other turn, the item is this turn's own item,
      which the other contact's turn handles.
    - `chain`: the chain whose code runs now; None means the active chain.
    - `others`: the items that arrived between the messages of a burst.
    - `is_last_try`: whether the turn is given up if it fails.
    - `handled`: the number of items that this turn handles: the messages of the burst and `others`.
    - `problem`: an error in an author's code that did not fail the turn.
    - `wish`: what the contact's message says about consent; see `bot.engine.consent.Wish`.
    - `cancel_asks`: if True, the bot asks a contact who has canceled a flow whether to stop all
      messages.
    - `followed`: the consent, "in" or "out", that this turn copied from another key of the contact.
    - `drops_contact_data`: whether this turn does not store the contact data that flows have set,
      because Sinch has deleted or merged the contact.
    - `downloader`: downloads files of contacts.
    - `understood`: whether a flow or a keyword handled the message.
    - `consent_wanted`: the consent that the flow has recorded, by purpose.
    """

    # Defaults of the class, because most turns set few of these.
    held_until = 0.0
    drop_unsent: Literal["", "opted_out", "merged", "deleted"] = ""
    despite_stop = False
    followed = ""
    chain: Chain | None = None
    contact_data_type: DataType | None = None
    contact_data_before: LoggedData | None = None
    drops_contact_data = False
    _contact_data: Any = None
    started = 0
    start_place = ("", 0)
    problem: Exception | None = None
    others: Sequence[tuple[Item, Callback | None]] = ()
    is_last_try = False
    handled = 1
    forwarded_item: Item | None = None
    finished: dict[str, Any] | None = None
    downloader: Downloader | None = None
    hold_rules = DEFAULT_RULES
    opt_in_purposes: Collection[str] = ()
    default_language = "en"
    default_zone = ""
    wish = ""
    cancel_asks = False
    understood = True

    def __init__(
        self,
        session: Session,
        item: Item,
        callback: Callback | None,
        now: float,
        journal: Journal,
        *,
        max_replies: int = 100,
    ) -> None:
        super().__init__(item, with_reaction(callback, session) if callback else None, now)
        self.session = session
        self._has_new_caption = note_caption(session, self.message, now)
        self.replies: list[Reply] = []
        self.consent_wanted: dict[str, str] = {}
        self.forwards: list[Forward] = []
        self.ended: list[Ended] = []
        self.broadcasts: dict[int, Broadcast] = {}
        self.outcomes: list[tuple[str, Literal["answered", "stopped", "failed"], str]] = []
        self.starts: list[StartFlow] = []
        self.start_of: Callable[[str, Mapping[str, Any], str], StartFlow] | None = None
        self.path: list[str] = []
        self.moves: list[Move] = []
        self.stand_ins: Mapping[Callable[..., Any], Callable[..., Any]] = {}
        self.services: Mapping[str, Any] = {}
        self.outside_windows: Mapping[str, Outside] = {}
        self.max_ages: Mapping[str, str] = {}
        self.purposes: Mapping[str, str] = {}
        self.timers_set: dict[Timer, float] = {}
        self.timers_cancelled: list[Timer] = []
        self.events_set: dict[str, CustomEvent] = {}
        self.events_cancelled: list[str] = []
        self._once = Once(journal)
        self._max_replies = max_replies

    @property
    def contact_data(self) -> Any:
        """The contact's data as flows see it, read from the session on first use."""
        if self.contact_data_type is None:
            raise FlowError(
                "No contact data is declared. Write a subclass of bot.ContactData in a module of"
                " your flows."
            )
        if self._contact_data is None:
            self._contact_data = self.contact_data_type.load(self.session)
        return self._contact_data

    def store_contact_data(self) -> None:
        """Store the contact data in the session if flows have changed the data."""
        if self._contact_data is None or self.contact_data_type is None or self.drops_contact_data:
            return
        before, version = self.session.data, self.session.data_version
        if not self.contact_data_type.store(self.session, self._contact_data):
            return
        if self.contact_data_before is None:
            shown = self.contact_data_type.without_secrets(before)
            self.contact_data_before = LoggedData(version, shown)

    def reload_contact_data(self) -> None:
        """Read the contact data for flows from the session again."""
        if self._contact_data is not None and self.contact_data_type is not None:
            self.contact_data_type.reload(self.session, self._contact_data)

    @property
    def run(self) -> Run | None:
        """The run whose code runs now; None if no flow's code runs."""
        if self.chain is not None and self.chain.runs:
            return self.chain.runs[-1]
        return self.session.run

    @property
    def where(self) -> Where:
        """The flow and state whose code runs now."""
        run = self.run
        return Where(run.flow, run.state) if run else Where()

    @property
    def failed_message(self) -> SentMessage | None:
        """The message that a `failed` report is about; None if that message is no longer stored."""
        if self.event != "failed":
            return None
        report = self.callback and (
            self.callback.message_delivery_report or self.callback.message_submit_notification
        )
        id = report.metadata.partition(" ")[0] if report else self.item.id.removeprefix("failed:")
        said = self.session.said.get(id)
        return SentMessage(said=msgspec.json.decode(said)) if said is not None else None

    @property
    def once_results(self) -> dict[str, bytes]:
        """The results of `once` as JSON, by the number and name of the call."""
        return self._once.results

    @property
    def language(self) -> str:
        """The language of this turn, a BCP 47 tag: the contact's, or the default."""
        return self.session.language or self.default_language

    @property
    def zone(self) -> str:
        """The time zone of this turn, an IANA name; see `zones.zone_of`."""
        return zone_of(self.session, self.default_zone)

    def with_downloader(self, message: ContactMessage) -> ContactMessage:
        """Return the message with the downloader for its file."""
        if message.file_url and self.downloader is not None:
            return MessageWithFile.of(message, self.downloader)
        return message

    @property
    def is_proactive(self) -> bool:
        """Whether a program or a timer started the turn, not the contact or an agent."""
        by_person = self.item.say is not None and self.session.pause is not None
        return self.callback is None and not by_person

    def say(
        self,
        *messages: str | Message,
        outside_window: Outside = "",
        urgent: bool = False,
        max_age: str = "",
        purpose: str = "",
        visit: int = 0,
        is_reminder: bool = False,
        **options: Any,
    ) -> None:
        """Add messages to the replies; see `Turn.say`.

        `visit` is the visit (see `Run.entered`) of the question that the messages ask, or of which
        they remind the contact.

        Raises:
            MessageError: the request does not take a name or a value in `options`.
            FlowError: the turn sends too many messages.
        """
        for message in messages:
            spoken = in_language(as_message(message), self.language)
            self._reply(
                *(spoken, options, SendRequest, outside_window, urgent, max_age, purpose, visit),
                is_reminder,
            )
            remember(self.session, spoken)

    def send_event(self, event: AppEvent, **options: Any) -> None:
        """Add an app event to the replies."""
        self._reply(event, options, EventRequest)

    def once(
        self,
        function: Callable[..., Any | Awaitable[Any]],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Coroutine[Any, Any, Any]:
        """Call `function` or its stand-in; see `Turn.once`."""
        return self._once.call(self.stand_ins.get(function, function), function, args, kwargs)

    def once_as(
        self, function: Callable[..., Any], run: Callable[[], Awaitable[Any]]
    ) -> Coroutine[Any, Any, Any]:
        """Call `run`, and record the result of `run` under the name of `function`."""
        return self._once.call(run, function, (), {})

    def start(self, flow: str, data: Mapping[str, Any], state: str, *, replace: bool) -> None:
        """Start a flow after the turn's item is handled; see `Contact.start`."""
        assert self.start_of is not None, "the engine sets start_of before each turn"
        start = self.start_of(flow, data, state)
        start.replace = replace
        start.by = "contact" if self.event == "message" else "program"
        self.starts.append(start)

    def set_timer(self, timer: Timer, at: float) -> None:
        """Set a timer to `at`, in Unix seconds. A timer that is already set is moved to `at`."""
        self.timers_set[timer] = at

    def drop_calls(self) -> None:
        """After the turn has failed, close the calls of `once` that were never awaited."""
        self._once.drop()

    def close(self) -> None:
        """Cancel the timers that the session no longer needs, e.g. timers of a state that was left.

        Raises:
            FlowError: the turn has called `once` without awaiting it.
        """
        self._once.require_awaited()
        session = self.session
        if self.drop_unsent:
            session.held_until = session.window_until = 0.0
        if not (session.timers or self.timers_set):
            return
        known = {*session.timers, *self.timers_set}
        visits = {(run.id, run.entered) for run in session.runs}
        living = {timer for timer in known if _lives(timer, session, visits)}
        keys = {timer.key for timer in living}
        self.timers_cancelled = [timer for timer in session.timers if timer.key not in keys]
        self.timers_set = {t: at for t, at in self.timers_set.items() if t in living}
        session.timers = sorted(living, key=lambda timer: timer.key)

    def _reply(
        self,
        content: Message | AppEvent,
        options: dict[str, Any],
        request: type[SendRequest | EventRequest],
        outside: Outside = "",
        urgent: bool = False,
        max_age: str = "",
        purpose: str = "",
        visit: int = 0,
        is_reminder: bool = False,
    ) -> None:
        if options:
            known = request.__struct_fields__
            unknown = [name for name in options if name in _SET_BY_US or name not in known]
            if unknown:
                what = f"{request.__name__} has no field of this name that a flow can set"
                raise MessageError([f"{name}: {what}" for name in unknown])
            require_options(request, options)
        run = self.run
        flow, state = (run.flow, run.state) if run else ("", "")
        if len(self.replies) >= self._max_replies:
            raise FlowError(
                f"Flow {flow!r} says more than {self._max_replies} messages in one turn, in state"
                f" {state!r}. Say fewer messages, or ask a question between them."
            )
        outside = outside or self._outside_of(flow)
        broadcast = self._broadcast() if self.broadcasts else None
        if broadcast and broadcast.fallback and request is SendRequest:
            order = [self.session.address.channel, broadcast.fallback]
            options = {"channel_priority_order": order, **options}
            outside = outside or broadcast.fallback
        reply = Reply(
            content,
            options,
            flow,
            state,
            outside,
            urgent,
            0 if self.is_report or not run else run.id,
            max_age or ("" if self.item.say else self.max_ages.get(flow, "")),
            broadcast.tag if broadcast else "",
            purpose or (self._purpose_of(flow) if self.purposes else ""),
            visit,
            is_reminder,
        )
        if reply.max_age or is_reminder:
            reply = msgspec.structs.replace(reply, expires_at=self._expires_at(reply))
        self.replies.append(reply)
        if self.callback is None or not self.callback.said:
            self._note_hold(reply)

    def _note_hold(self, reply: Reply) -> None:
        """Record how long the last reply waits.

        Replies are sent in order, so a reply also waits for the replies before it. There is one
        exception: a reply to which quiet hours do not apply is sent before replies that wait only
        for the end of quiet hours.
        """
        session, is_proactive = self.session, self.is_proactive
        if reply.purpose and is_proactive and not self._consents_to(reply.purpose):
            self.held_until = 0.0  # The outbox will drop the reply.
            return
        own = held_until(self.hold_rules, reply, session, self.at, proactive=is_proactive)
        before = session.held_until if session.held_until > self.at else 0.0
        is_behind_window = session.window_until > self.at
        if not own and not is_behind_window and isinstance(reply.content, Message):
            self.held_until = 0.0
            return
        self.held_until = max(own, before)
        if not self.held_until:
            return
        self.replies[-1] = msgspec.structs.replace(reply, waits=True)
        if self.held_until >= reply.expires_at:
            self.held_until = UNTIL_WRITTEN_TO  # A question that is dropped is asked again then.
        until = min(own, reply.expires_at)
        session.held_until = max(until, before)
        if own == UNTIL_WRITTEN_TO:
            session.window_until = max(until, session.window_until)

    def _expires_at(self, reply: Reply) -> float:
        since = self.item.at or self.at
        return expires_at(self.hold_rules, reply, self.session, since, proactive=self.is_proactive)

    def _consents_to(self, purpose: str) -> bool:
        if wanted := self.consent_wanted.get(purpose):
            return wanted == "in"
        return self.session.consents_to(purpose, self.opt_in_purposes)

    def _broadcast(self) -> Broadcast | None:
        """Return the broadcast of the messages that are sent now; None if there is none."""
        if self.item.say:
            return self.broadcasts.get(0)
        chain = self.chain or (self.session.chains[-1] if self.session.chains else None)
        return self.broadcasts.get(chain.runs[0].id) if chain and chain.runs else None

    def _purpose_of(self, flow: str) -> str:
        """Return the flow's purpose.

        A flow without a purpose takes the purpose of its nearest calling flow that has a purpose.
        """
        if self.item.say:
            return ""
        chain = self.chain or (self.session.chains[-1] if self.session.chains else None)
        callers = [run.flow for run in reversed(chain.runs)] if chain else []
        found = (self.purposes.get(each, "") for each in (flow, *callers))
        return next(filter(None, found), "")

    def has_spoken(self, run: Run) -> bool:
        """Return whether a run has sent a message in this turn."""
        return any(reply.run == run.id for reply in self.replies)

    def _outside_of(self, flow: str) -> Outside:
        """Return the treatment of the flow's next message if the messaging window is closed.

        The treatment is the flow's `outside_window`. But a template replaces only one message of a
        turn, so that the contact gets the template once. The treatment of the turn's further
        messages is "wait".
        """
        if self.item.say:
            return ""
        outside = self.outside_windows.get(flow, "")
        if isinstance(outside, Template) and any(each.outside is outside for each in self.replies):
            return "wait"
        return outside


def _lives(timer: Timer, session: Session, visits: set[tuple[int, int]]) -> bool:
    if session.merged_into is not None:
        return timer == MERGE_FORWARDING_ENDED
    if timer == HANDED_BACK:
        return session.pause is not None
    if timer == WAITING:
        return bool(session.waiting)
    if timer == BROADCAST_OVER:
        return session.broadcast is not None
    if timer == HELD:
        return bool(session.chains)
    return (timer.run, timer.entered) in visits
