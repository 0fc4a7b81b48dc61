"""A contact's phone: the messages that it shows, and the contact's actions."""

from collections.abc import Callable, Sequence

from bot.emulator.api_error import Json
from bot.emulator.channels import CHANNELS, normal_identity
from bot.emulator.core import Core
from bot.emulator.incoming import Incoming
from bot.emulator.outgoing import Outgoing
from bot.emulator.state import Message, Shown, ShownChoice, phone_key
from bot.errors import BotError

_MESSAGE_EVENTS = {"payment_status_update_event", "reaction_event", "shortlink_activated_event"}


class NotOnPhone(BotError):
    """The phone does not show the choice or message of an action."""


class Phone:
    """The phone of one contact on one channel of an app.

    Actions are queued at once, and reach the webhook the next time that the platform does its work.
    `to` is the app's number to which the contact writes; "" means the channel's own number.
    """

    def __init__(
        self,
        core: Core,
        incoming: Incoming,
        outgoing: Outgoing,
        app_id: str,
        channel: str,
        identity: str,
    ) -> None:
        self._core = core
        self._incoming = incoming
        self._outgoing = outgoing
        self.app_id = app_id
        self.channel = channel
        self.identity = normal_identity(channel, identity)
        self.key = phone_key(app_id, channel, self.identity)
        self.to = ""

    @property
    def shown(self) -> Sequence[Shown]:
        """The messages on the screen, the oldest first."""
        return self._core.state.shown.get(self.key, [])

    @property
    def typing(self) -> bool:
        """Whether the phone shows that somebody is typing."""
        return self.key in self._core.state.typing

    def says(self, text: str, *, reply_to: str = "", late_s: float = 0.0, copies: int = 0) -> str:
        """Type and send a text, and return the id of the message.

        If `reply_to` is set, the text replies to the message with this id. The callback of the text
        comes `late_s` seconds later than usual, and is then repeated `copies` times. On a channel
        that shows choices as text, a text that equals a choice's label becomes a choice response.
        """
        match = self._incoming.suggestion(self.app_id, self.channel, self.identity, text)
        if match is not None:
            return self._responds(*match, late_s, copies)
        message: Json = {"text_message": {"text": text}}
        if reply_to:
            message["reply_to"] = {"message_id": reply_to}
        return self._sends(message, late_s, copies)

    def taps(
        self,
        wanted: str,
        *,
        old: bool = False,
        card: str = "",
        late_s: float = 0.0,
        copies: int = 0,
    ) -> str:
        """Tap the newest choice with this label or postback. If `old` is True, tap the oldest such
        choice.

        If several cards of a message have the choice, `card` is the title of the card to tap on.
        Return the id of the resulting message; "" if no message results. A tap on a link, a call or
        a map results in a message only on RCS.

        Raises:
            NotOnPhone: there is no such choice, or several cards have the choice and `card` is "".
        """
        message_id, choice = self._find(wanted, old, card)
        if choice.kind == "share_location":
            raise NotOnPhone(f"{wanted!r} asks for a location: use sends_location()")
        if choice.kind == "text" or self.channel == "RCS":
            return self._responds(message_id, choice, late_s, copies)
        self._core.tell("phone", phone=self.key, opened=choice)
        return ""

    def answers(
        self, message_id: str, postback: str, *, late_s: float = 0.0, copies: int = 0
    ) -> str:
        """Send a choice response with any postback, such as the postback of an old message."""
        response = {"message_id": message_id, "postback_data": postback}
        return self._sends({"choice_response_message": response}, late_s, copies)

    def sends_location(
        self,
        latitude: float,
        longitude: float,
        *,
        title: str = "",
        label: str = "",
        late_s: float = 0.0,
        copies: int = 0,
    ) -> str:
        coordinates = {"latitude": latitude, "longitude": longitude}
        body = {"title": title, "coordinates": coordinates, "label": label}
        return self._sends({"location_message": body}, late_s, copies)

    def sends_media(
        self, url: str, *, caption: str = "", late_s: float = 0.0, copies: int = 0
    ) -> str:
        """Send a picture, sound, video or document.

        With a caption, the file becomes a media card.
        """
        if caption:
            body = {"media_card_message": {"url": url, "caption": caption}}
        else:
            body = {"media_message": {"url": url, "thumbnail_url": "", "filename_override": ""}}
        return self._sends(body, late_s, copies)

    def sends_file(
        self,
        content: bytes,
        name: str,
        *,
        caption: str = "",
        late_s: float = 0.0,
        copies: int = 0,
    ) -> str:
        """Send a file with this content, such as a recording.

        The emulator stores only the latest files. Each message has the URL of its file.
        """
        url = self._core.keep_file(content, name)
        return self.sends_media(url, caption=caption, late_s=late_s, copies=copies)

    def sends(
        self, contact_message: Json, *, metadata: str = "", late_s: float = 0.0, copies: int = 0
    ) -> str:
        """Send any contact message, given in the API's JSON format."""
        return self._sends(contact_message, late_s, copies, metadata)

    def sends_unsupported(self, payload: str) -> None:
        """Send something that the API cannot translate. `payload` is the channel's own JSON."""
        self._incoming.unsupported(self.app_id, self.channel, self.identity, payload)

    def reacts(self, emoji: str, message_id: str = "", *, undo: bool = False) -> str:
        """Send an event: the contact reacts to a message, by default to the last message.

        Return the event's id.

        Raises:
            NotOnPhone: the phone shows no message.
        """
        if not message_id:
            if not self.shown:
                raise NotOnPhone("the phone shows nothing to react to")
            message_id = self.shown[-1].message_id
        action = "REACTION_ACTION_UNREACT" if undo else "REACTION_ACTION_REACT"
        reaction = {"emoji": emoji, "action": action, "message_id": message_id}
        return self._event({"contact_message_event": {"reaction_event": reaction}})

    def types(self, *, stops: bool = False) -> str:
        """Send an event: the contact starts typing, or stops if `stops` is True. Return the event's
        id.
        """
        name = "composing_end_event" if stops else "composing_event"
        return self._event({"contact_event": {name: {}}})

    def comments(self, text: str, *, on: str = "", user: str = "") -> str:
        """Send an event: the contact comments on a post. Return the event's id."""
        comment = {
            "id": self._core.inbound_id(),
            "text": text,
            "comment_type": "FEED",
            "commented_on": on,
            "user": user,
        }
        return self._event({"contact_event": {"comment_event": comment}})

    def happens(self, event: Json) -> str:
        """Send any event of the contact, given in the API's JSON format. Return the event's id.

        An example is `{"payment_status_update_event": {…}}`.
        """
        of_message = not _MESSAGE_EVENTS.isdisjoint(event)
        return self._event({"contact_message_event" if of_message else "contact_event": event})

    def is_analyzed(self, results: Json) -> str:
        """Send Sinch's analysis of this phone's last text, with these results. Return the text's
        id.

        Raises:
            NotOnPhone: the phone has sent no text.
        """
        return self._analyzed(
            self._incoming.analyzed(self.app_id, self.channel, self.identity, results)
        )

    def is_redacted(self, text: str) -> str:
        """Send Sinch's redaction of this phone's last text, and return the text's id.

        `text` is the masked form.

        Raises:
            NotOnPhone: the phone has sent no text.
        """
        return self._analyzed(
            self._incoming.redacted(self.app_id, self.channel, self.identity, text)
        )

    def opts_out(self) -> None:
        """Refuse further messages, as if the contact blocked the sender.

        An OPT_OUT callback follows.
        """
        self._incoming.consent(self.app_id, self.channel, self.identity, wanted=False)

    def opts_in(self) -> None:
        """Accept messages again. An OPT_IN callback follows."""
        self._incoming.consent(self.app_id, self.channel, self.identity, wanted=True)

    def reads(self) -> int:
        """Read all messages on the phone, and return how many were unread.

        READ reports follow. On a channel without READ reports, nothing happens and 0 is returned.
        """
        if not CHANNELS[self.channel].reads:
            return 0
        read = 0
        for shown in self.shown:
            message = self._core.state.messages.get(shown.message_id)
            if message is not None and shown.status != "READ":
                shown.status = "READ"
                self._outgoing.read(message)
                read += 1
        return read

    def _analyzed(self, message_id: str) -> str:
        if not message_id:
            raise NotOnPhone("no text was sent from this phone")
        return message_id

    def _find(self, wanted: str, old: bool, card: str) -> tuple[str, ShownChoice]:
        ways: tuple[Callable[[ShownChoice], bool], ...] = (
            lambda choice: wanted in (choice.label, choice.postback),
            lambda choice: choice.label.casefold() == wanted.casefold(),
        )
        for is_meant in ways:
            for shown in self.shown if old else reversed(self.shown):
                if found := [choice for choice in shown.choices if is_meant(choice)]:
                    return shown.message_id, on_card(found, wanted, card)
        offered = [choice.label for shown in self.shown[-1:] for choice in shown.choices]
        raise NotOnPhone(
            f"no choice {wanted!r} on this {self.channel} phone;"
            f" its last message offers {offered or 'none'}"
        )

    def _responds(self, message_id: str, choice: ShownChoice, late_s: float, copies: int) -> str:
        return self.answers(message_id, choice.postback, late_s=late_s, copies=copies)

    def _sends(
        self, contact_message: Json, late_s: float = 0.0, copies: int = 0, metadata: str = ""
    ) -> str:
        self._core.tell("phone", phone=self.key, contact_message=contact_message)
        message: Message = self._incoming.message(
            self.app_id,
            self.channel,
            self.identity,
            contact_message,
            metadata=metadata,
            to=self.to,
            late_s=late_s,
            copies=copies,
        )
        return message.id

    def _event(self, body: Json) -> str:
        self._core.tell("phone", phone=self.key, event=body)
        return self._incoming.event(self.app_id, self.channel, self.identity, body).id


def on_card(found: Sequence[ShownChoice], wanted: str, card: str) -> ShownChoice:
    """Return the choice in `found` that is on the card with the title `card`. All choices in
    `found` match `wanted`.

    `card` may be "" if the choices in `found` are on only one card, or have only one postback.

    Raises:
        NotOnPhone: no choice is on this card, or `card` is "" and it is unclear which choice is
            meant.
    """
    meant = [choice for choice in found if choice.card == card] if card else found
    is_clear = card or 1 in (len({each.card for each in found}), len({e.postback for e in found}))
    if meant and is_clear:
        return meant[0]
    titles = ", ".join(f"card={choice.card!r}" for choice in found if choice.card)
    on = titles or "no card"
    raise NotOnPhone(f"the option {wanted!r} is on {on}; name the card by its title")
