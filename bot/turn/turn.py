"""A turn as a flow's author sees it: what set it off, the contact, and what may be said."""

import re
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any, Literal, get_args

import msgspec

from bot.callbacks import Callback, ContactMessage
from bot.clock import as_datetime
from bot.contact.session import Purpose, Session
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


class Contact:
    """The person this turn is with."""

    __slots__ = ("_effects", "_session")

    def __init__(self, session: Session, effects: TurnEffects | None = None) -> None:
        self._session = session
        self._effects = effects

    @property
    def channel(self) -> str:
        """The channel that the contact last wrote on; answers go there."""
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
        """A BCP 47 tag, such as `sv`; empty if it isn't known. Can be set.

        Raises:
            FlowError: the text is no language tag.
        """
        return self._session.language

    @language.setter
    def language(self, tag: str) -> None:
        if tag and not _TAG.fullmatch(tag):
            raise FlowError(f"{tag!r} is no language; it takes a tag such as sv or pt-BR.")
        self._session.language = tag

    @property
    def zone(self) -> str:
        """An IANA time zone, such as `Europe/Stockholm`; empty unless it was set. Can be set.

        `Turn.zone` is the zone that the turn uses.

        Raises:
            FlowError: the text is no time zone.
        """
        return self._session.zone

    @zone.setter
    def zone(self, name: str) -> None:
        if name:
            require_zone(name)
        self._session.zone = name

    @property
    def data(self) -> Any:
        """What your flows know of the contact beyond themselves: the subclass of `ContactData` that
        they declare. A field can be set; it takes what fits its type.

        Raises:
            FlowError: none is declared.
        """
        assert self._effects is not None, "flows have the contact of a turn"
        return self._effects.contact_data

    def start(self, flow: str, data: dict[str, Any] | None = None, *, state: str = "") -> None:
        """Start a flow above the active one, which continues afterwards: with this data, in `state`
        or in its first state.

        It starts when the steps of this turn are done, before a question is asked. While a person
        handles the contact it waits; after a STOP it doesn't start.

            turn.contact.start("delivery", {"size": "large"}, state="address")

        Raises:
            FlowError: there is no such flow or state, or the flow doesn't take this data.
        """
        assert self._effects is not None, "flows have the contact of a turn"
        self._effects.start(flow, data or {}, state)

    def consent_to(self, purpose: Purpose) -> str:
        """Return "in" or "out" if the contact has opted in or out of messages of this purpose, else
        "".
        """
        return self._session.purposes.get(purpose, "")


class Turn:
    """One inbound item that a flow handles: a message, an event, a timer.

    Everything that is said and changed here takes effect when the whole turn has succeeded.
    """

    __slots__ = ("_effects", "_happening", "contact")

    def __init__(self, effects: TurnEffects, happening: CustomEvent | None = None) -> None:
        self._effects = effects
        self._happening = happening
        self.contact = Contact(effects.session, effects)

    @property
    def item(self) -> Item:
        """The inbound item of this turn; its `id` is the same however often the turn runs."""
        return self._effects.item

    @property
    def callback(self) -> Callback | None:
        """What Sinch posted, or None if something else set the turn off."""
        return self._effects.callback

    @property
    def now(self) -> datetime:
        """The time of this turn, the same from its beginning to its end; aware, UTC."""
        return as_datetime(self._effects.at)

    @property
    def language(self) -> str:
        """The language of this turn, a BCP 47 tag: the contact's, or the default."""
        return self._effects.language

    @property
    def zone(self) -> str:
        """The time zone of this turn, an IANA name: the contact's, if it was set; else that of its
        phone number, or of the country of its WhatsApp user ID; else BOT_ZONE; else UTC. If the
        number may be in several zones, BOT_ZONE counts.
        """
        return self._effects.zone

    @property
    def message(self) -> ContactMessage:
        """What the contact sent, or the masked form of a redaction; empty if something else set the
        turn off.
        """
        return self._effects.with_downloader(self._effects.message)

    @property
    def messages(self) -> list[ContactMessage]:
        """The messages of a burst, oldest first; else the one message, if there is one."""
        return [self._effects.with_downloader(each) for each in self._effects.messages]

    @property
    def run(self) -> int:
        """The number of the run that this code belongs to, or 0. `client.trigger` takes it."""
        return self._effects.run.id if self._effects.run else 0

    @property
    def text(self) -> str:
        """The text that the contact wrote, also beside media, without the signature of a phone or a
        mail program; empty if there is none.
        """
        return self._effects.text

    @property
    def postback(self) -> str:
        """The postback of the choice that the contact tapped; empty if there is none."""
        return self._effects.postback

    @property
    def event(self) -> str:
        """What set the turn off: `message`, `start`, or the name of a timer or event."""
        return self._happening.name if self._happening else self._effects.event

    @property
    def event_data(self) -> dict[str, Any]:
        """The data of an event of your own; empty for anything else."""
        event = self._happening or self.item.event
        return event.data if event else {}

    @property
    def failed_message(self) -> Message | None:
        """In a handler of `failed`: the message that failed, as it was sent, so that it can be said
        again.

        None if the message is no longer known. The last ten are stored.

            turn.say(turn.failed_message, channel_priority_order=["SMS"])
        """
        return self._effects.failed_message

    @property
    def answer(self) -> Answer:
        """The contact's message as parsers take it."""
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
        """Send messages, in this order, when the turn has succeeded.

        `outside_window` replaces the flow's own for these messages: what happens if they leave
        after the channel's window. With `urgent` they are sent during quiet hours, too. With a
        `max_age`, such as `"10m"`, they are dropped if they can't be sent within that time after
        the contact's message, or after the instant of the turn's timer. `purpose` replaces the
        flow's own. `options` are further fields of `messages:send`, such as
        `channel_priority_order`, `ttl_s`, `queue` or `channel_properties`.

        Raises:
            MessageError: one of them is no message, or breaks a rule of the API.
        """
        if wrong := messaging_window.error(outside_window):
            raise MessageError([f"outside_window: {wrong}"])
        if max_age:
            seconds(max_age)  # raises
        if purpose:
            _require_purpose(purpose)
        self._effects.say(
            *messages,
            outside_window=outside_window,
            urgent=urgent,
            max_age=max_age,
            purpose=purpose,
            **options,
        )

    def opt_in(self, purpose: Purpose) -> None:
        """Record that the contact wants messages of this purpose.

        Ask for it first. The record has the contact's words, and what the bot had said before. In a
        turn that the contact did not set off, it says that a program wanted it.

        Raises:
            FlowError: there is no such purpose.
        """
        self._effects.consent_wanted[_require_purpose(purpose)] = "in"

    def opt_out(self, purpose: Purpose) -> None:
        """Record that the contact wants no messages of this purpose.

        Raises:
            FlowError: there is no such purpose.
        """
        self._effects.consent_wanted[_require_purpose(purpose)] = "out"

    def send_event(self, event: AppEvent, **options: Any) -> None:
        """Send an app event, such as `composing()`, in order with the messages.

        `options` are further fields of `events:send`.
        """
        self._effects.send_event(event, **options)

    def once(
        self, function: Callable[..., Any | Awaitable[Any]], *args: Any, **kwargs: Any
    ) -> Coroutine[Any, Any, Any]:
        """Call `function` and return its result. If this turn runs again, return the recorded
        result instead.

        The result must be something that JSON can store. A struct or dataclass is returned as the
        function's annotated return type. After a crash between the call and its recording, the
        function is called again. If that would do harm, give it an idempotency key: `turn.item.id`
        stays the same however often the turn runs.

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
        """Schedule an event of your own at `at`, an aware time. It reaches the contact whatever
        flow is active then. If the time has passed, it happens at once.

        Scheduling an event again moves it. Give it an `id` if there may be several with this name,
        such as a reminder of each visit. If no flow handles it, it waits for `expires`, such as
        `"24h"`.

            turn.schedule("visit_tomorrow", visit_at - timedelta(days=1), {"day": "Friday"})

        Raises:
            FlowError: `at` has no time zone, or `data` can't be stored as JSON.
        """
        if at.utcoffset() is None:
            raise FlowError(
                f"Event {event!r} is scheduled for {at}, which has no time zone. Give it one, such"
                " as tzinfo=ZoneInfo(turn.zone)."
            )
        try:
            kept = msgspec.to_builtins(data or {}, str_keys=True)
        except TypeError as error:
            raise FlowError(f"The data of {event!r} can't be kept as JSON: {error}.") from error
        name = _scheduled(event, id)
        self._effects.session.scheduled[name] = at.timestamp()
        wait_s = seconds(expires) if expires else 0.0
        self._effects.events_set[name] = CustomEvent(event, kept, name, expires_s=wait_s)

    def unschedule(self, event: str, *, id: str = "") -> None:
        """Let a scheduled event not happen; if it isn't scheduled, this changes nothing."""
        name = _scheduled(event, id)
        if self._effects.session.scheduled.pop(name, None) is not None:
            self._effects.events_set.pop(name, None)
            self._effects.events_cancelled.append(name)


def _require_purpose(purpose: str) -> str:
    if purpose not in get_args(Purpose):
        known = " and ".join(map(repr, get_args(Purpose)))
        raise FlowError(f"There is no purpose {purpose!r}. The purposes are {known}.")
    return purpose


def _scheduled(event: str, id: str) -> str:
    """Return the unique name in the session of a scheduled event with this id."""
    parts = (event, id) if id else (event,)
    return ":".join(part.replace("%", "%25").replace(":", "%3A") for part in parts)
