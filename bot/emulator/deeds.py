"""What a contact can do on its phone, as JSON: the body of a POST to a phone's control endpoint."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from bot.emulator.phones import Phone

_Text = Annotated[str, Meta(max_length=16_384)]
_Short = Annotated[str, Meta(max_length=1024)]


class Location(msgspec.Struct, forbid_unknown_fields=True):
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    title: _Short = ""
    label: _Short = ""


class Media(msgspec.Struct, forbid_unknown_fields=True):
    url: Annotated[str, Meta(min_length=1, max_length=2048)]
    caption: _Short = ""


class Reaction(msgspec.Struct, forbid_unknown_fields=True):
    """To `message_id`, by default the last message shown; `undo` takes it back."""

    emoji: Annotated[str, Meta(min_length=1, max_length=64)]
    message_id: _Short = ""
    undo: bool = False


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """A choice response of any content, such as to a message from long ago."""

    message_id: _Short
    postback: _Short


class Deed(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One thing done; `late_s` and `copies` delay and repeat the callback of a message.

    `reply_to` is the id of the message that a text answers, `to` the app's number written to.
    `label` and `postback` tap a choice that is shown. `contact_message` is any message as the API
    spells it, `event` any event, `unsupported` the channel's own JSON of something the API can't
    translate. `analysis` (its `analysis_results`) and `redaction` (the text, masked) are what Sinch
    tells of the last text that was sent.
    """

    text: _Text | None = None
    label: _Short | None = None
    postback: _Short | None = None
    answer: Answer | None = None
    location: Location | None = None
    media: Media | None = None
    reaction: Reaction | None = None
    comment: _Text | None = None
    typing: bool | None = None
    read: bool | None = None
    opted_in: bool | None = None
    contact_message: dict[str, Any] | None = None
    event: Annotated[dict[str, Any], Meta(min_length=1, max_length=1)] | None = None
    unsupported: _Text | None = None
    analysis: dict[str, Any] | None = None
    redaction: _Text | None = None
    reply_to: _Short = ""
    to: _Short = ""
    late_s: Annotated[float, Meta(ge=0, le=86_400)] = 0.0
    copies: Annotated[int, Meta(ge=0, le=100)] = 0

    def __post_init__(self) -> None:
        if len(self.done()) != 1:
            raise ValueError(f"needs exactly one of {', '.join(_DEEDS)}")
        if self.reply_to and self.text is None:
            raise ValueError("reply_to goes with text")

    def done(self) -> list[str]:
        """The names of the deeds that are set."""
        return [name for name in _DEEDS if getattr(self, name) is not None]


_DETAILS = ("reply_to", "to", "late_s", "copies")
_DEEDS = [name for name in Deed.__struct_fields__ if name not in _DETAILS]


def do(phone: Phone, deed: Deed) -> str:
    """Do it; the id of the message or event that follows, "" where none does.

    Raises:
        NotOnPhone: the phone shows nothing like it.
    """
    phone.to = deed.to
    late_s, copies = deed.late_s, deed.copies
    match deed:
        case Deed(text=str(text)):
            return phone.says(text, reply_to=deed.reply_to, late_s=late_s, copies=copies)
        case Deed(label=str(wanted)) | Deed(postback=str(wanted)):
            return phone.taps(wanted, late_s=late_s, copies=copies)
        case Deed(answer=Answer() as answer):
            return phone.answers(answer.message_id, answer.postback, late_s=late_s, copies=copies)
        case Deed(location=Location() as place):
            return phone.sends_location(
                place.latitude,
                place.longitude,
                title=place.title,
                label=place.label,
                late_s=late_s,
                copies=copies,
            )
        case Deed(media=Media() as media):
            return phone.sends_media(media.url, caption=media.caption, late_s=late_s, copies=copies)
        case Deed(contact_message=dict(message)):
            return phone.sends(message, late_s=late_s, copies=copies)
    return _do_quietly(phone, deed)


def _do_quietly(phone: Phone, deed: Deed) -> str:
    """What sends no message."""
    match deed:
        case Deed(reaction=Reaction() as reaction):
            return phone.reacts(reaction.emoji, reaction.message_id, undo=reaction.undo)
        case Deed(comment=str(text)):
            return phone.comments(text)
        case Deed(typing=bool(begins)):
            return phone.types(stops=not begins)
        case Deed(event=dict(event)):
            return phone.happens(event)
        case Deed(analysis=dict(results)):
            return phone.is_analysed(results)
        case Deed(redaction=str(text)):
            return phone.is_redacted(text)
        case Deed(opted_in=bool(wanted)):
            (phone.opts_in if wanted else phone.opts_out)()
        case Deed(unsupported=str(payload)):
            phone.sends_unsupported(payload)
        case _:
            phone.reads()
    return ""
