"""Stores messages and events from contacts, and sends callbacks about them."""

from bot.emulator.api_error import Json
from bot.emulator.callbacks import Callbacks
from bot.emulator.channel_display import offered
from bot.emulator.channels import CHANNELS
from bot.emulator.consents import Consents
from bot.emulator.contacts import Contacts, channel_identity
from bot.emulator.conversations import Conversations
from bot.emulator.core import Core
from bot.emulator.state import Event, Message, ShownChoice, phone_key
from bot.emulator.timestamps import rfc3339

_STOP = {"stop", "stopall", "unsubscribe", "cancel", "end", "quit"}
_START = {"start", "unstop"}


class Incoming:
    def __init__(
        self,
        core: Core,
        callbacks: Callbacks,
        contacts: Contacts,
        conversations: Conversations,
        consents: Consents,
    ) -> None:
        self._core = core
        self._callbacks = callbacks
        self._contacts = contacts
        self._conversations = conversations
        self._consents = consents

    def message(
        self,
        app_id: str,
        channel: str,
        identity: str,
        contact_message: Json,
        *,
        metadata: str = "",
        to: str = "",
        late_s: float = 0.0,
        copies: int = 0,
    ) -> Message:
        """Store a contact message to the app's number `to`; "" means the channel's own number.

        MESSAGE_INBOUND is sent `late_s` seconds later than usual, and then repeated `copies` times.
        Without `metadata`, the message has the metadata of the app message to which it replies.
        """
        now = self._core.now()
        contact_id, conversation_id, kept = self._arrive(app_id, channel, identity)
        self._core.state.last_inbound[phone_key(app_id, channel, identity)] = now
        message = Message(
            id=self._core.inbound_id(),
            app_id=app_id,
            direction="TO_APP",
            mode=self._mode(app_id),
            accept_at=now,
            channel=channel,
            identity=identity,
            contact_id=contact_id,
            conversation_id=conversation_id,
            metadata=metadata or self._metadata_of_quoted(app_id, contact_message),
            sender_id=to or self._sender(app_id, channel),
            contact_message=contact_message,
        )
        self._core.state.messages[message.id] = message
        self.tell(message, kept, late_s=late_s, copies=copies)
        if self._core.behavior.consent_management:
            self._apply_words(message)
        return message

    def tell(self, message: Message, kept: Json, *, late_s: float = 0.0, copies: int = 0) -> None:
        """Send MESSAGE_INBOUND. `kept` has the metadata of the conversation or the identity."""
        self._callbacks.send(
            "MESSAGE_INBOUND",
            inbound_body(message),
            app_id=message.app_id,
            message_metadata=self._conversations.metadata_text(message.app_id, kept),
            correlation_id=kept.get("correlation_id") or "",
            late_s=late_s,
            copies=copies,
        )

    def event(self, app_id: str, channel: str, identity: str, body: Json) -> Event:
        """Store an event of a contact, and send EVENT_INBOUND.

        `body` is `{"contact_event": …}` or `{"contact_message_event": …}`.
        """
        contact_id, conversation_id, kept = self._arrive(app_id, channel, identity)
        event = Event(
            id=self._core.inbound_id(),
            app_id=app_id,
            direction="TO_APP",
            mode=self._mode(app_id),
            accept_at=self._core.now(),
            channel=channel,
            identity=identity,
            body=body,
            contact_id=contact_id,
            conversation_id=conversation_id,
        )
        self._core.state.events[event.id] = event
        self._callbacks.send(
            "EVENT_INBOUND",
            event_body(event),
            app_id=app_id,
            message_metadata=self._conversations.metadata_text(app_id, kept),
            correlation_id=kept.get("correlation_id") or "",
        )
        return event

    def unsupported(self, app_id: str, channel: str, identity: str, payload: str) -> None:
        """Send UNSUPPORTED for something that the API cannot translate.

        `payload` is the channel's JSON.
        """
        contact_id, conversation_id, _ = self._arrive(app_id, channel, identity)
        body = {
            "channel": channel,
            "payload": payload,
            "processing_mode": self._mode(app_id),
            "id": self._core.inbound_id(),
            "contact_id": contact_id,
            "conversation_id": conversation_id,
            "channel_identity": channel_identity(app_id, channel, identity),
        }
        self._callbacks.send("UNSUPPORTED", body, app_id=app_id)

    def analyzed(self, app_id: str, channel: str, identity: str, results: Json) -> str:
        """Send SMART_CONVERSATION with analysis results for the contact's last message.

        Return the message's id. If there is no message, send nothing and return "".
        """
        message = self._last(app_id, channel, identity)
        if message is None:
            return ""
        body = {
            "contact_id": message.contact_id,
            "channel_identity": message.identity,
            "channel": message.channel,
            "message_id": message.id,
            "conversation_id": message.conversation_id,
            "analysis_results": results,
        }
        self._callbacks.send("SMART_CONVERSATION", body, app_id=app_id)
        return message.id

    def redacted(self, app_id: str, channel: str, identity: str, text: str) -> str:
        """Send a redaction of the contact's last message. `text` is the masked form.

        Return the message's id. If there is no message, send nothing and return "".
        """
        message = self._last(app_id, channel, identity)
        if message is None:
            return ""
        masked = {**received_content(message), "text_message": {"text": text}}
        body = {**inbound_body(message), "contact_message": masked}
        trigger = "MESSAGE_INBOUND_SMART_CONVERSATION_REDACTION"
        self._callbacks.send(trigger, body, app_id=app_id)
        return message.id

    def _last(self, app_id: str, channel: str, identity: str) -> Message | None:
        """Return the last text message from the identity to the app on the channel; None if there
        is none.
        """
        for message in reversed(self._core.state.messages.values()):
            place = message.app_id, message.channel, message.identity
            is_text = "text_message" in (message.contact_message or {})
            if is_text and place == (app_id, channel, identity):
                return message
        return None

    def suggestion(
        self, app_id: str, channel: str, identity: str, text: str
    ) -> tuple[str, ShownChoice] | None:
        """Return the choice that a typed text selects, with the id of the choice's message.

        Return None if the text selects no choice. A text can select a choice only on a channel that
        shows choices as text.

        The text must equal the choice's label; case and surrounding spaces are ignored. Only the
        last message with text choices on the channel counts. An SMS of the contact may also answer
        an MMS. In DISPATCH mode no choice is found, because no messages are stored.
        """
        if not CHANNELS[channel].matches_text or self._mode(app_id) == "DISPATCH":
            return None
        screens = [
            shown
            for other in (("SMS", "MMS") if channel == "SMS" else (channel,))
            for shown in self._core.state.shown.get(phone_key(app_id, other, identity), ())
        ]
        said = text.strip().casefold()
        for shown in reversed(sorted(screens, key=lambda one: one.at)):
            texts = [one for one in offered(shown.message, shown.message_id) if one.kind == "text"]
            if texts:
                match = next((one for one in texts if one.label.strip().casefold() == said), None)
                return (shown.message_id, match) if match and not shown.native else None
        return None

    def _arrive(self, app_id: str, channel: str, identity: str) -> tuple[str, str, Json]:
        """Return contact id, conversation id and stored metadata for a new message or event."""
        if self._mode(app_id) == "DISPATCH":
            return "", "", self._conversations.kept_on(app_id, channel, identity)
        contact = self._contacts.find_or_create(app_id, [(channel, identity)])
        conversation = self._conversations.receive(app_id, contact["id"], channel)
        return contact["id"], conversation["id"], conversation

    def _mode(self, app_id: str) -> str:
        return str(self._core.state.apps[app_id]["processing_mode"])

    def _metadata_of_quoted(self, app_id: str, contact_message: Json) -> str:
        for key in ("choice_response_message", "reply_to"):
            id = (contact_message.get(key) or {}).get("message_id") or ""
            quoted = self._core.state.messages.get(id)
            if quoted and quoted.app_id == app_id and quoted.app_message is not None:
                return quoted.metadata
        return ""

    def _sender(self, app_id: str, channel: str) -> str:
        for entry in self._core.state.apps[app_id]["channel_credentials"]:
            if entry["channel"] == channel:
                return str(entry.get("channel_known_id") or "")
        return ""

    def consent(self, app_id: str, channel: str, identity: str, *, wanted: bool) -> None:
        """Opt the contact in or out, and send the callback OPT_IN or OPT_OUT."""
        contact = self._contacts.find(app_id, channel, identity) or {"id": ""}
        change = self._consents.opt_in if wanted else self._consents.opt_out
        change(app_id, identity, origin="ORIGIN_MO")
        trigger = "OPT_IN" if wanted else "OPT_OUT"
        contact_id = "" if self._mode(app_id) == "DISPATCH" else contact["id"]
        self._consents.tell(trigger, app_id, contact_id, channel, identity, self._core.inbound_id())

    def _apply_words(self, message: Message) -> None:
        text = ((message.contact_message or {}).get("text_message") or {}).get("text", "")
        word = text.strip().casefold()
        if word in _STOP | _START:
            app_id, wanted = message.app_id, word in _START
            self.consent(app_id, message.channel, message.identity, wanted=wanted)


def inbound_body(message: Message) -> Json:
    """Return the field `message` of a MESSAGE_INBOUND callback."""
    return {
        "id": message.id,
        "direction": message.direction,
        "contact_message": received_content(message),
        "channel_identity": channel_identity(message.app_id, message.channel, message.identity),
        "conversation_id": message.conversation_id,
        "contact_id": message.contact_id,
        "metadata": message.metadata,
        "accept_time": rfc3339(message.accept_at),
        "sender_id": message.sender_id,
        "processing_mode": message.mode,
        "injected": message.injected,
    }


def received_content(message: Message) -> Json:
    """Return a contact message with `reply_to`, which is null if the message replies to nothing."""
    given = message.contact_message or {}
    return {**given, "reply_to": given.get("reply_to")}


def event_body(event: Event) -> Json:
    """Return an event in the JSON form that callbacks and lists contain."""
    return {
        "id": event.id,
        "direction": event.direction,
        **event.body,
        "channel_identity": channel_identity(event.app_id, event.channel, event.identity),
        "contact_id": event.contact_id,
        "conversation_id": event.conversation_id,
        "accept_time": rfc3339(event.accept_at),
        "processing_mode": event.mode,
    }
