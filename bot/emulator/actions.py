"""The actions of a contact on a phone.

As JSON, an action is the body of a POST to a phone's control endpoint: an object with one of the
keys in `ACTIONS`. Further fields, such as `copies`, are beside this key: `{"text": "Hi", "copies":
1}`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from bot.emulator.phones import Phone

_Text = Annotated[str, Meta(max_length=16_384)]
_Short = Annotated[str, Meta(max_length=1024)]
_Latitude = Annotated[float, Meta(ge=-90, le=90)]
_Longitude = Annotated[float, Meta(ge=-180, le=180)]


class Action(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An action of a contact on a phone.

    The bounds of the fields are checked when an action is read from JSON.
    """

    def perform(self, phone: Phone) -> str:
        """Perform the action. Return the id of the resulting message or event; "" if nothing
        results.

        Raises:
            NotOnPhone: the phone does not show the choice or message of the action.
        """
        raise NotImplementedError


class Message(Action, frozen=True, kw_only=True):
    """An action that sends a message.

    The callback of the message comes `late_s` seconds later than usual, and is then repeated
    `copies` times. `to` is the app's phone number to which the message is sent.
    """

    copies: Annotated[int, Meta(ge=0, le=100)] = 0
    late_s: Annotated[float, Meta(ge=0, le=86_400)] = 0.0
    to: _Short = ""

    def perform(self, phone: Phone) -> str:
        if self.to:
            phone.to = self.to
        return self.send(phone, late_s=self.late_s, copies=self.copies)

    def send(self, phone: Phone, *, late_s: float, copies: int) -> str:
        """Send the message from this phone, and return its id; "" if no message results."""
        raise NotImplementedError


class Says(Message, frozen=True):
    """Type a text. If `reply_to` is set, the text replies to the message with this id."""

    text: _Text
    reply_to: _Short = ""

    def send(self, phone: Phone, *, late_s: float, copies: int) -> str:
        return phone.says(self.text, reply_to=self.reply_to, late_s=late_s, copies=copies)


class Taps(Message, frozen=True):
    """Tap the newest choice with this label or postback. If `old` is True, tap the oldest such
    choice.

    If several cards have the choice, `card` is the title of the card.
    """

    label: _Short
    old: bool = False
    card: _Short = ""

    def send(self, phone: Phone, *, late_s: float, copies: int) -> str:
        return phone.taps(self.label, old=self.old, card=self.card, late_s=late_s, copies=copies)


class Answers(Message, frozen=True):
    """Send a choice response with any postback, such as the postback of an old message.

    The response replies to the message `message_id`, by default to the newest message.
    """

    postback: _Short
    message_id: _Short = ""

    def send(self, phone: Phone, *, late_s: float, copies: int) -> str:
        newest = phone.shown[-1].message_id if phone.shown else "none"
        message_id = self.message_id or newest
        return phone.answers(message_id, self.postback, late_s=late_s, copies=copies)


class SendsLocation(Message, frozen=True):
    latitude: _Latitude
    longitude: _Longitude
    title: _Short = ""
    label: _Short = ""

    def send(self, phone: Phone, *, late_s: float, copies: int) -> str:
        return phone.sends_location(
            self.latitude,
            self.longitude,
            title=self.title,
            label=self.label,
            late_s=late_s,
            copies=copies,
        )


class SendsMedia(Message, frozen=True):
    url: Annotated[str, Meta(min_length=1, max_length=2048)]
    caption: _Short = ""

    def send(self, phone: Phone, *, late_s: float, copies: int) -> str:
        return phone.sends_media(self.url, caption=self.caption, late_s=late_s, copies=copies)


class SendsFile(Message, frozen=True):
    """Send a file with this content; in JSON the content is base64."""

    name: Annotated[str, Meta(min_length=1, max_length=256)]
    content: bytes
    caption: _Short = ""

    def send(self, phone: Phone, *, late_s: float, copies: int) -> str:
        return phone.sends_file(
            self.content, self.name, caption=self.caption, late_s=late_s, copies=copies
        )


class SendsMessage(Message, frozen=True):
    """Send any contact message, given in the API's JSON format."""

    contact_message: dict[str, Any]

    def send(self, phone: Phone, *, late_s: float, copies: int) -> str:
        return phone.sends(self.contact_message, late_s=late_s, copies=copies)


class SendsUnsupported(Action, frozen=True):
    """Send something that the API cannot translate. `payload` is the channel's own JSON."""

    payload: _Text

    def perform(self, phone: Phone) -> str:
        phone.sends_unsupported(self.payload)
        return ""


class SendsEvent(Action, frozen=True):
    """Send any event of a contact, given in the API's JSON format."""

    event: Annotated[dict[str, Any], Meta(min_length=1, max_length=1)]

    def perform(self, phone: Phone) -> str:
        return phone.happens(self.event)


class Reacts(Action, frozen=True):
    """React to the message `message_id`, by default to the newest message.

    `undo` removes the reaction.
    """

    emoji: Annotated[str, Meta(min_length=1, max_length=64)]
    message_id: _Short = ""
    undo: bool = False

    def perform(self, phone: Phone) -> str:
        return phone.reacts(self.emoji, self.message_id, undo=self.undo)


class Comments(Action, frozen=True):
    text: _Text

    def perform(self, phone: Phone) -> str:
        return phone.comments(self.text)


class Types(Action, frozen=True):
    """Start typing if `begins` is True; otherwise stop."""

    begins: bool

    def perform(self, phone: Phone) -> str:
        return phone.types(stops=not self.begins)


class Reads(Action, frozen=True):
    """Read all messages on the phone."""

    def perform(self, phone: Phone) -> str:
        phone.reads()
        return ""


class AllowsMessages(Action, frozen=True):
    """Opt in to messages on the channel if `wanted` is True; otherwise opt out."""

    wanted: bool

    def perform(self, phone: Phone) -> str:
        (phone.opts_in if self.wanted else phone.opts_out)()
        return ""


class IsAnalyzed(Action, frozen=True):
    """Send Sinch's analysis of the contact's last text, with `results` as its results."""

    results: dict[str, Any]

    def perform(self, phone: Phone) -> str:
        return phone.is_analyzed(self.results)


class IsRedacted(Action, frozen=True):
    """Send Sinch's redaction of the contact's last text. `text` is the masked form."""

    text: _Text

    def perform(self, phone: Phone) -> str:
        return phone.is_redacted(self.text)


ACTIONS: Mapping[str, tuple[type[Action], str | None]] = {
    "text": (Says, "text"),
    "label": (Taps, "label"),
    "postback": (Taps, "label"),
    "answer": (Answers, ""),
    "location": (SendsLocation, ""),
    "media": (SendsMedia, ""),
    "file": (SendsFile, ""),
    "contact_message": (SendsMessage, "contact_message"),
    "unsupported": (SendsUnsupported, "payload"),
    "event": (SendsEvent, "event"),
    "reaction": (Reacts, ""),
    "comment": (Comments, "text"),
    "typing": (Types, "begins"),
    "read": (Reads, None),
    "opted_in": (AllowsMessages, "wanted"),
    "analysis": (IsAnalyzed, "results"),
    "redaction": (IsRedacted, "text"),
}
"""Maps each key to its type of action, and to the field that the key's value sets.

The field is "" if the value is an object with all fields, and None if the value is ignored.
"""


def action_from(body: Mapping[str, Any]) -> Action:
    """Return the action that a JSON object describes.

    Raises:
        msgspec.ValidationError: the object does not describe an action.
    """
    keys = [key for key in ACTIONS if body.get(key) is not None]
    if len(keys) != 1:
        raise msgspec.ValidationError(f"Needs exactly one of {', '.join(ACTIONS)}")
    [key] = keys
    kind, name = ACTIONS[key]
    fields = {each: value for each, value in body.items() if each not in ACTIONS}
    if name:
        fields[name] = body[key]
    elif name == "":
        fields |= msgspec.convert(body[key], dict[str, Any])
    return msgspec.convert(fields, kind)


def json_of(action: Action) -> dict[str, Any]:
    """Return an action as a JSON object, in the format of `action_from`."""
    key, name = next((key, name) for key, (kind, name) in ACTIONS.items() if kind is type(action))
    fields = msgspec.to_builtins(action)
    if name is None:
        return {key: True}
    return {key: fields.pop(name), **fields} if name else {key: fields}
