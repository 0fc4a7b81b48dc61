"""A turn as authors see it: the item that started the turn, the contact, and methods to reply."""

import re
import sys
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any, Literal

import msgspec

from bot.callbacks import Callback, ContactMessage
from bot.clock import as_datetime
from bot.contact.session import Purpose, Session, require_purpose
from bot.errors import FlowError, MessageError
from bot.items.inbound import CustomEvent, Item
from bot.messages import Message
from bot.messages.app_events import AppEvent
from bot.parse import Answer
from bot.parse.time_zones import require_zone
from bot.turn import messaging_window
from bot.turn.durations import seconds
from bot.turn.effects import TurnEffects
from bot.turn.messaging_window import Outside

_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")

MAX_ROUNDS = 100
"""Maximum number of events in a row if a handler of each event schedules the next event without a
delay.
"""

MIN_DELAY_S = 1.0
"""An event that is scheduled for less than this many seconds after the turn has no delay."""

MIN_PERIOD_S = 30.0
"""Events that are due at least this many seconds apart are not counted for `MAX_ROUNDS`, even if
a worker handles the events late.
"""


class EventCircle(FlowError):
    """There were more than `MAX_ROUNDS` events in a row: a handler of each event scheduled the next
    event without a delay.
    """


class Contact:
    """The person with whom the turn communicates."""

    __slots__ = ("_effects", "_session")

    def __init__(self, session: Session, effects: TurnEffects | None = None) -> None:
        self._session = session
        self._effects = effects

    @property
    def channel(self) -> str:
        """The channel that the contact last wrote on. Replies are sent on this channel."""
        return self._session.address.channel

    @property
    def key(self) -> str:
        """The contact's key in the store and in commands: the API's id, or CHANNEL:identity."""
        return self._session.address.key

    @property
    def contact_id(self) -> str:
        """The API's id of the contact; empty in DISPATCH mode."""
        return self._session.address.contact_id

    @property
    def identity(self) -> str:
        """The contact's address on `channel`: a phone number without `+`, such as `46701234567`,
        or a user ID.
        """
        return self._session.address.plain_identity

    @property
    def language(self) -> str:
        """The contact's language as a BCP 47 tag, such as `sv`; empty if unknown.

        A flow can set the language.

        Raises:
            FlowError: the value is not a language tag.
        """
        return self._session.language

    @language.setter
    def language(self, tag: str) -> None:
        if not isinstance(tag, str) or (tag and not _TAG.fullmatch(tag)):
            raise FlowError(
                f"{tag!r} is not a language; write a tag such as sv or pt-BR, or '' if the language"
                " is unknown."
            )
        self._session.language = tag

    @property
    def zone(self) -> str:
        """The contact's IANA time zone, such as `Europe/Stockholm`; empty until a flow sets it.

        A flow can set the zone. The zone that the turn uses is `Turn.zone`.

        Raises:
            FlowError: the value is not a time zone.
        """
        return self._session.zone

    @zone.setter
    def zone(self, name: str) -> None:
        if not isinstance(name, str):
            raise FlowError(
                f"{name!r} is not a time zone; write an IANA name such as Europe/Stockholm, or ''"
                " if the zone is unknown."
            )
        if name:
            require_zone(name)
        self._session.zone = name

    @property
    def data(self) -> Any:
        """The contact's data that all flows share: an instance of your `ContactData` subclass.

        Fields can be set; a value must fit the field's type.

        Raises:
            FlowError: no subclass is declared, or a value does not fit.
        """
        assert self._effects is not None, "contact.data and contact.start work only in a turn"
        return self._effects.contact_data

    def start(
        self,
        flow: str,
        data: dict[str, Any] | None = None,
        *,
        state: str = "",
        replace: bool = False,
    ) -> None:
        """Start a flow. The active flow is interrupted and continues afterwards.

        The new flow starts with `data`, in `state` or by default in its first state. The new flow
        starts after the steps of this turn and before a question is asked. With `replace`, all
        flows of the contact end first, including the flow that calls this method. If a person
        handles the contact, the new flow starts after the hand-over. After a STOP the new flow does
        not start.

            turn.contact.start("delivery", {"size": "large"}, state="address")

        Raises:
            FlowError: there is no such flow or state, or the flow does not accept this data.
        """
        assert self._effects is not None, "contact.data and contact.start work only in a turn"
        caller = sys._getframe(1)
        self._effects.start_place = (caller.f_code.co_filename, caller.f_lineno)
        self._effects.start(flow, data or {}, state, replace=replace)

    def consent_to(self, purpose: Purpose) -> str:
        """Return "in" if the contact has opted in to this purpose, "out" if the contact has opted
        out, otherwise "".
        """
        return self._session.purposes.get(purpose, "")


class Turn:
    """One inbound item that a flow handles: a message, an event or a timer.

    All messages and changes of a turn take effect together, when the turn has succeeded.
    """

    __slots__ = ("_effects", "_happening", "contact")

    def __init__(self, effects: TurnEffects, happening: CustomEvent | None = None) -> None:
        self._effects = effects
        self._happening = happening
        self.contact = Contact(effects.session, effects)

    @property
    def item(self) -> Item:
        """The inbound item of this turn. Its `id` stays the same if the turn runs again."""
        return self._effects.item

    @property
    def callback(self) -> Callback | None:
        """The callback that Sinch posted, or None if something else started the turn."""
        return self._effects.callback

    @property
    def now(self) -> datetime:
        """The time at which this turn started: an aware datetime in UTC.

        It does not change during the turn.
        """
        return as_datetime(self._effects.at)

    @property
    def language(self) -> str:
        """The language of this turn, a BCP 47 tag: the contact's, or the default."""
        return self._effects.language

    @property
    def zone(self) -> str:
        """The time zone of this turn, an IANA name.

        The turn uses the first of these zones that is known:

        - the zone that was set for the contact;
        - the zone of the contact's phone number, or of the country of the contact's WhatsApp user
          ID;
        - BOT_ZONE;
        - UTC.

        A phone number or country may have several zones. If BOT_ZONE is one of them, the turn uses
        BOT_ZONE, otherwise the zone in which nearly everybody there lives, such as Europe/Berlin in
        Germany. If nearly everybody lives in no single zone, as in Russia, the phone number or
        country has no known zone.
        """
        return self._effects.zone

    @property
    def message(self) -> ContactMessage:
        """The contact's message. A redacted message is masked.

        In a turn without a message, the value is an empty message.
        """
        return self._effects.with_downloader(self._effects.message)

    @property
    def messages(self) -> list[ContactMessage]:
        """All messages of a burst, oldest first. Outside a burst, the list has the turn's message,
        or is empty if the turn has no message.
        """
        return [self._effects.with_downloader(each) for each in self._effects.messages]

    @property
    def run(self) -> int:
        """The number of the run that this code belongs to; 0 if the code belongs to no run.

        If you pass this number to `client.trigger`, the event is delivered to this run.
        """
        return self._effects.run.id if self._effects.run else 0

    @property
    def text(self) -> str:
        """The text that the contact wrote, including the caption of media; "" if there is none.

        Signatures of phones and mail programs are removed.
        """
        return self._effects.text

    @property
    def postback(self) -> str:
        """The postback of the choice that the contact tapped; "" if the message is not a tap."""
        return self._effects.postback

    @property
    def event(self) -> str:
        """`message`, `start`, or the name of the timer or event that started the turn."""
        return self._happening.name if self._happening else self._effects.event

    @property
    def event_data(self) -> dict[str, Any]:
        """The data of an event of your own; empty for other events and for messages."""
        event = self._happening or self.item.event
        return event.data if event else {}

    @property
    def failed_message(self) -> Message | None:
        """The message that failed, as it was sent. A handler of `failed` can send it again.

        The value is None if the message is no longer stored. The last ten messages are stored.

            turn.say(turn.failed_message, channel_priority_order=["SMS"])
        """
        return self._effects.failed_message

    @property
    def answer(self) -> Answer:
        """The contact's message in the form that parsers take."""
        message = self.message
        return Answer(
            message=message,
            text=self.text,
            postback=self.postback,
            channel=self.contact.channel,
            locale=self.language,
            find_zone=lambda: self._effects.zone,
            now=self.now,
        )

    def say(
        self,
        *messages: str | Message,
        outside_window: Outside = "",
        urgent: bool = False,
        max_age: str = "",
        purpose: Purpose | Literal[""] = "",
        **options: Any,
    ) -> None:
        """Send the messages in the given order, after the turn has succeeded.

        - `outside_window`: the treatment of the messages if they are due outside the channel's
          messaging window. This value replaces the flow's `outside_window`.
        - `urgent`: send the messages during quiet hours, too.
        - `max_age`: a duration such as `"10m"`. Messages are dropped if they cannot be sent within
          that time after the contact's message, the event or the timer that they are about.
        - `purpose`: replaces the flow's purpose.
        - `options`: further fields of `messages:send`, such as `channel_priority_order`, `ttl_s`,
          `queue` or `channel_properties`.

        Raises:
            MessageError: an argument is not a message, or breaks a rule of the API.
        """
        if wrong := messaging_window.error(outside_window):
            raise MessageError([f"outside_window: {wrong}"])
        if max_age:
            seconds(max_age)  # This raises FlowError for a malformed duration.
        if purpose:
            require_purpose(purpose)
        self._effects.say(
            *messages,
            outside_window=outside_window,
            urgent=urgent,
            max_age=max_age,
            purpose=purpose,
            **options,
        )

    def opt_in(self, purpose: Purpose) -> None:
        """Record that the contact has opted in to messages of this purpose.

        Call this method only after the contact has agreed. The record contains the contact's words
        and the bot's last message. In a turn that the contact did not start, the record names a
        program as its source.

        Raises:
            FlowError: there is no such purpose.
        """
        self._effects.consent_wanted[require_purpose(purpose)] = "in"

    def opt_out(self, purpose: Purpose) -> None:
        """Record that the contact has opted out of messages of this purpose.

        Raises:
            FlowError: there is no such purpose.
        """
        self._effects.consent_wanted[require_purpose(purpose)] = "out"

    def send_event(self, event: AppEvent, **options: Any) -> None:
        """Send an app event, such as `composing()`.

        The turn's messages and app events are sent in the order of the calls. `options` are further
        fields of `events:send`.
        """
        self._effects.send_event(event, **options)

    def once(
        self, function: Callable[..., Any | Awaitable[Any]], *args: Any, **kwargs: Any
    ) -> Coroutine[Any, Any, Any]:
        """Call `function` and return its result.

        If this turn runs again, return the recorded result instead.

        The result must be storable as JSON. A function that returns a struct or dataclass needs a
        return annotation, because the stored JSON is converted to the annotated type. If the
        process crashes after the call and before the result is recorded, the function is called
        again. If a second call would do harm, pass an idempotency key to the function:
        `turn.item.id` stays the same however often the turn runs.

        Raises:
            FlowError: the result can't be stored as JSON.
        """
        return self._effects.once(function, args, kwargs)

    def schedule(
        self,
        event: str,
        at: datetime,
        data: dict[str, Any] | None = None,
        *,
        id: str = "",
        expires: str = "",
    ) -> None:
        """Schedule an event of your own for `at`, an aware time.

        The event is delivered to the contact at this time, whatever flow is active then. If the
        time has passed, the event is delivered immediately. A second call for the same event moves
        the event. Pass an `id` if several events with this name may be scheduled, such as a
        reminder of each visit. If no flow handles the event, the event waits for the duration
        `expires`, such as `"24h"`, for a flow that handles it.

            turn.schedule("visit_tomorrow", visit_at - timedelta(days=1), {"day": "Friday"})

        Raises:
            FlowError: `at` is no time or has no time zone; or `data` cannot be stored as JSON; or
                there were more than 100 events in a row and a handler of each event scheduled the
                next event without a delay.
        """
        if not isinstance(at, datetime):
            raise FlowError(
                f"Event {event!r} is scheduled for {at!r}, which is no time. Give it a time with a"
                " zone, such as turn.now + timedelta(hours=1)."
            )
        if at.utcoffset() is None:
            raise FlowError(
                f"Event {event!r} is scheduled for {at}, which has no time zone. Add a time zone,"
                " such as tzinfo=ZoneInfo(turn.zone)."
            )
        try:
            kept = msgspec.to_builtins(data or {}, str_keys=True)
        except TypeError as error:
            raise FlowError(f"The data of {event!r} can't be stored as JSON: {error}.") from error
        rounds = self._rounds(event, at.timestamp())
        name = _scheduled(event, id)
        self._effects.session.scheduled[name] = at.timestamp()
        wait_s = seconds(expires) if expires else 0.0
        self._effects.events_set[name] = CustomEvent(
            event, kept, name, expires_s=wait_s, rounds=rounds
        )

    def _rounds(self, event: str, at: float) -> int:
        """Return the number of events before `event` in its row.

        Events form a row if a handler of each event schedules the next event without a delay.
        Events that are due each minute count as delayed, even if a worker handles many events at
        once after an outage.

        Raises:
            EventCircle: there are too many events in the row.
        """
        before = self._effects.item
        is_delayed = at - self._effects.at >= MIN_DELAY_S
        if before.event is None or is_delayed or at - before.at >= MIN_PERIOD_S:
            return 0
        rounds = before.event.rounds + 1
        if rounds > MAX_ROUNDS:
            flow, state = self._effects.where
            raise EventCircle(
                f"Flow {flow!r}, state {state!r}: event {event!r} is scheduled in a circle."
                f" There were {MAX_ROUNDS} events in a row, the last {before.event.name!r}. The"
                " handler of each event scheduled the next event within a second. Schedule"
                " the event for a later time, such as turn.now + timedelta(minutes=1), or not at"
                " all."
            )
        return rounds

    def unschedule(self, event: str, *, id: str = "") -> None:
        """Cancel a scheduled event. If the event is not scheduled, nothing happens."""
        name = _scheduled(event, id)
        if self._effects.session.scheduled.pop(name, None) is not None:
            self._effects.events_set.pop(name, None)
            self._effects.events_cancelled.append(name)


def _scheduled(event: str, id: str) -> str:
    """Return the name under which the session stores a scheduled event."""
    parts = (event, id) if id else (event,)
    return ":".join(part.replace("%", "%25").replace(":", "%3A") for part in parts)
