"""A turn as authors see it: the item that started it, the contact, and ways to reply."""

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
"""Maximum number of events in a row, each scheduled without a delay by a handler of the previous
event.
"""

MIN_DELAY_S = 1.0
"""An event that is scheduled for less than this many seconds later has no delay."""

MIN_PERIOD_S = 30.0
"""Events that are due at least this many seconds apart are not counted for `MAX_ROUNDS`, even if
they are handled late.
"""


class EventCircle(FlowError):
    """Too many events in a row were each scheduled without a delay by a handler of the previous
    event.
    """


class Contact:
    """The person with whom the turn communicates."""

    __slots__ = ("_effects", "_session")

    def __init__(self, session: Session, effects: TurnEffects | None = None) -> None:
        self._session = session
        self._effects = effects

    @property
    def channel(self) -> str:
        """The channel that the contact last wrote on. Replies are sent on it."""
        return self._session.address.channel

    @property
    def key(self) -> str:
        """The contact's key in the store and in commands: its id, or CHANNEL:identity."""
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
        """The contact's language as a BCP 47 tag, such as `sv`; empty if unknown. Can be set.

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
        """The contact's IANA time zone, such as `Europe/Stockholm`; empty unless it was set.

        Can be set.

        `Turn.zone` is the zone that the turn uses.

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
        assert self._effects is not None, "this contact belongs to no turn"
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

        The flow starts with `data` in `state`, or in its first state. It starts after the steps of
        this turn and before a question is asked. With `replace`, all active flows end first,
        including the flow that calls this method. While a person handles the contact, the start
        waits. After a STOP the flow does not start.

            turn.contact.start("delivery", {"size": "large"}, state="address")

        Raises:
            FlowError: there is no such flow or state, or the flow does not accept this data.
        """
        assert self._effects is not None, "this contact belongs to no turn"
        caller = sys._getframe(1)
        self._effects.start_place = (caller.f_code.co_filename, caller.f_lineno)
        self._effects.start(flow, data or {}, state, replace=replace)

    def consent_to(self, purpose: Purpose) -> str:
        """Return "in" if the contact has opted in to this purpose, "out" if it has opted out,
        otherwise "".
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

        It is the first known one of these: the zone that was set for the contact; the zone of its
        phone number, or of the country of its WhatsApp user ID; BOT_ZONE; UTC. If a number or
        country has several zones, BOT_ZONE is used if it is one of them, otherwise the zone in
        which nearly everybody there lives, such as Europe/Berlin in Germany. If there is no such
        zone, as in Russia, the zone counts as unknown.
        """
        return self._effects.zone

    @property
    def message(self) -> ContactMessage:
        """The contact's message. A redacted message is masked.

        In a turn without a message it is empty.
        """
        return self._effects.with_downloader(self._effects.message)

    @property
    def messages(self) -> list[ContactMessage]:
        """The messages of a burst, oldest first; otherwise the turn's message, if it has one."""
        return [self._effects.with_downloader(each) for each in self._effects.messages]

    @property
    def run(self) -> int:
        """The number of the run that this code belongs to; 0 if it belongs to no run. Pass this
        number to `client.trigger`.
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
        """What started the turn: `message`, `start`, or the name of a timer or event."""
        return self._happening.name if self._happening else self._effects.event

    @property
    def event_data(self) -> dict[str, Any]:
        """The data of an event of your own; empty for other events and for messages."""
        event = self._happening or self.item.event
        return event.data if event else {}

    @property
    def failed_message(self) -> Message | None:
        """The message that failed, as it was sent, so that a handler of `failed` can send it again.

        None if the message is no longer stored. The last ten messages are stored.

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
        """Send messages in this order, after the turn has succeeded.

        - `outside_window`: what happens if the messages are due after the channel's messaging
          window has closed. It replaces the flow's value.
        - `urgent`: send them during quiet hours, too.
        - `max_age`: a duration such as `"10m"`. Messages are dropped if they cannot be sent within
          that time after the contact's message or the turn's timer.
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

        Ask the contact first. The record contains the contact's words and the bot's last message.
        In a turn that the contact did not start, the record names a program as its source.

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
        """Send an app event, such as `composing()`, in order with the messages.

        `options` are further fields of `events:send`.
        """
        self._effects.send_event(event, **options)

    def once(
        self, function: Callable[..., Any | Awaitable[Any]], *args: Any, **kwargs: Any
    ) -> Coroutine[Any, Any, Any]:
        """Call `function` and return its result.

        If this turn runs again, return the recorded result instead.

        The result must be storable as JSON. A struct or dataclass is returned as the function's
        annotated return type. After a crash between the call and its recording, the function is
        called again. If a second call would do harm, pass an idempotency key to the function:
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

        The event is delivered to the contact, whatever flow is active then. If the time has passed,
        the event is delivered immediately. Scheduling an event again moves it. Use an `id` if
        several events with this name may be scheduled, such as a reminder of each visit. An event
        that no flow handles waits for `expires`, such as `"24h"`.

            turn.schedule("visit_tomorrow", visit_at - timedelta(days=1), {"day": "Friday"})

        Raises:
            FlowError: `at` is no time or has no time zone, `data` cannot be stored as JSON, or too
                many events in a row were each scheduled without a delay by a handler of the
                previous event.
        """
        if not isinstance(at, datetime):
            raise FlowError(
                f"Event {event!r} is scheduled for {at!r}, which is no time. Give it a time with a"
                " zone, such as turn.now + timedelta(hours=1)."
            )
        if at.utcoffset() is None:
            raise FlowError(
                f"Event {event!r} is scheduled for {at}, which has no time zone. Give it one, such"
                " as tzinfo=ZoneInfo(turn.zone)."
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
        """Return how many events in a row were each scheduled without a delay by a handler of the
        previous event.

        Events that are due each minute count as delayed, even if a worker handles many of them at
        once after an outage.

        Raises:
            EventCircle: there are too many.
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
                " handler of each event scheduled the next one within a second. Schedule"
                " the event for a later time, such as turn.now + timedelta(minutes=1), or not at"
                " all."
            )
        return rounds

    def unschedule(self, event: str, *, id: str = "") -> None:
        """Cancel a scheduled event. If it is not scheduled, nothing happens."""
        name = _scheduled(event, id)
        if self._effects.session.scheduled.pop(name, None) is not None:
            self._effects.events_set.pop(name, None)
            self._effects.events_cancelled.append(name)


def _scheduled(event: str, id: str) -> str:
    """Return the session's name for a scheduled event with this id."""
    parts = (event, id) if id else (event,)
    return ":".join(part.replace("%", "%25").replace(":", "%3A") for part in parts)
