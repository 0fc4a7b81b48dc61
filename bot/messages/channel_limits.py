"""The limits of the API and of each channel for messages, as tables, and functions that check these
limits.

Content with a violation is rejected, lost or cut off. Content with a note still arrives, but as
plain text instead of buttons. Lengths are in characters. Only limits from the API's documentation
are listed. A channel that a table does not name has no limit of its own.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from bot.errors import MessageError
from bot.messages.api_rules import (
    MAX_ITEMS,
    body_violations,
    exceeded,
    is_exceeded,
    values,
    values_at,
    violations,
)
from bot.messages.app_message import Message
from bot.messages.choices import TextChoice
from bot.messages.message_types import Choice
from bot.messages.sms_parts import sms_parts

REFUSED, CUT = "", ", the rest is cut off"
AS_TEXT = "; with more, the message is shown as text"


class Limit(NamedTuple):
    """The maximum of a channel for one field. `path` leads to the field from the message's body."""

    channel: str
    kind: str
    path: str
    most: int
    effect: str = REFUSED


LIMITS = (
    Limit("WHATSAPP", "text_message", "text", 4096),
    Limit("WHATSAPP", "choice_message", "message_properties.whatsapp_footer", 60),
    Limit("WHATSAPP", "choice_message", "text_message.text", 1024, AS_TEXT),
    Limit("WHATSAPP", "choice_message", "choices", 3, AS_TEXT),
    Limit("WHATSAPP", "choice_message", "choices[].text_message.text", 20, AS_TEXT),
    Limit("WHATSAPP", "choice_message", "choices[].postback_data", 229, AS_TEXT),
    Limit("WHATSAPP", "card_message", "title", 1024, AS_TEXT),
    Limit("WHATSAPP", "card_message", "description", 60, AS_TEXT),
    Limit("WHATSAPP", "card_message", "choices", 3, AS_TEXT),
    Limit("WHATSAPP", "card_message", "choices[].text_message.text", 20, AS_TEXT),
    Limit("WHATSAPP", "card_message", "choices[].postback_data", 229, AS_TEXT),
    Limit("MESSENGER", "card_message", "choices", 3, AS_TEXT),
    Limit("MESSENGER", "carousel_message", "cards[].choices", 3, AS_TEXT),
    Limit("INSTAGRAM", "carousel_message", "choices", 0),
    Limit("RCS", "card_message", "title", 200),
    Limit("RCS", "card_message", "description", 2000),
    Limit("RCS", "carousel_message", "cards[].title", 200),
    Limit("RCS", "carousel_message", "cards[].description", 2000),
    Limit("VIBERBM", "text_message", "text", 1000, CUT),
    Limit("VIBERBM", "choice_message", "choices", 1, AS_TEXT),
    Limit("VIBERBM", "choice_message", "choices[].url_message.title", 30, CUT),
    Limit("VIBERBM", "choice_message", "choices[].call_message.title", 30, CUT),
    Limit("VIBERBM", "choice_message", "choices[].location_message.title", 30, CUT),
)

_LIMITS_OF = {
    (channel, kind): [each for each in LIMITS if (each.channel, each.kind) == (channel, kind)]
    for channel, kind, *_ in LIMITS
}
"""The limits by channel and type of message."""

SHORT = min(
    each.most for each in LIMITS if each.path in ("text_message.text", "choices[].postback_data")
)
"""Maximum length of a question or a postback that is within the limits of every channel."""

_TEXT, _MEDIA, _CHOICE, _CARD, _CAROUSEL, _LOCATION, _LIST = (
    "text_message",
    "media_message",
    "choice_message",
    "card_message",
    "carousel_message",
    "location_message",
    "list_message",
)

NATIVE = {
    "WHATSAPP": {_TEXT, _MEDIA, _CHOICE, _CARD, _LOCATION, _LIST},
    "SMS": {_TEXT, _MEDIA, _LOCATION},
    "MESSENGER": {_TEXT, _MEDIA, _CHOICE, _CARD, _CAROUSEL, _LOCATION},
    "INSTAGRAM": {_TEXT, _MEDIA, _CHOICE, _CARD, _CAROUSEL},
    "MMS": {_TEXT, _MEDIA, _CARD},
    "RCS": {_TEXT, _MEDIA, _CHOICE, _CARD, _CAROUSEL},
    "VIBERBM": {_TEXT, _MEDIA, _CHOICE, _CARD},
    "TELEGRAM": {_TEXT, _MEDIA, _CHOICE, _CARD, _LOCATION},
    "KAKAOTALK": {_TEXT, _MEDIA, _CHOICE, _CARD},
    "LINE": {_TEXT, _MEDIA, _CHOICE, _CARD, _CAROUSEL, _LOCATION},
    "WECHAT": {_TEXT, _MEDIA},
}
"""The types of messages that a channel shows natively. The channel gets all other types as text.

Lists are the exception: according to Sinch's documentation, a list reaches only the channels that
show lists natively.
"""

CHANNELS = (*NATIVE, "VIBER", "KAKAOTALKCHAT", "APPLEBC")
"""All channels that the API names."""

NATIVE_CHOICES = {
    "WHATSAPP": {"text_message"},
    "MESSENGER": {"text_message", "url_message", "location_message"},
    "MMS": set[str](),
    "VIBERBM": {"url_message", "call_message", "location_message"},
}
"""The types of choices that a channel shows as buttons.

A channel that is not listed here shows all types of choices as buttons.
"""

_ALWAYS = {"template_message", "contact_info_message"}
_MARKDOWN = frozenset("*_~`")


def most_choices(kind: str, channel: str) -> int:
    """Return the maximum number of choices in a message of this type on a channel.

    The channel shows these choices as buttons or as text.
    """
    limits = _LIMITS_OF.get((channel, kind), ())
    own = [each.most for each in limits if each.path == "choices" and each.effect != AS_TEXT]
    return min(MAX_ITEMS[kind]["choices"], *own) if own else MAX_ITEMS[kind]["choices"]


def check(message: Message, channel: str | None = None) -> list[str]:
    """Return a line for each part of the message that is rejected, lost or cut off.

    A line names the message, the field, the limit and the channel. Without `channel`, the lines
    name violations on every channel, in the message and in its overrides. With `channel`, the lines
    name violations on this channel, in the body that this channel gets: the channel's override if
    there is one, else the message.
    """
    if channel is None:
        labels = _labels(message) if message.is_alone else ()
        return [*_violations(labels)] if labels else violations(message)
    shown = _shown_on(message, channel)
    general = body_violations(*shown) if shown and shown.kind else ()
    return [*general, *beyond(message, channel)]


def beyond(message: Message, channel: str) -> list[str]:
    """Return the violations of rules that only `channel` has, in the format of `check`."""
    kind = message.overrides.get(channel, message).kind
    if kind not in ("", _LIST) and (channel, kind) not in _LIMITS_OF:
        return []  # The channel has no rule of its own for this type.
    shown = _shown_on(message, channel)
    if shown is None:
        return []
    if not shown.kind:
        return [f"message: empty message ({channel})"]
    lines = list(_exceeded(channel, shown, (REFUSED, CUT)))
    if _is_lost(channel, shown.kind):
        other = f"say something else with .on({channel!r}, …)"
        lines.append(f"{shown.at}: not shown; {other} ({channel})")
    return lines


def notes(message: Message, channel: str) -> list[str]:
    """Return the parts that `channel` shows differently, in the format of `check`.

    No part is lost.
    """
    shown = _shown_on(message, channel)
    if shown is None:
        return []
    lines = list(_as_text(channel, shown))
    if channel == "SMS" and shown.kind == _TEXT:
        parts, encoding = sms_parts(shown.body["text"])
        if parts > 1:
            lines.append(f"{shown.at}.text: sent as {parts} parts in {encoding} (SMS)")
    return lines


def keeps_choices(message: Message, channel: str) -> bool:
    """Return whether `channel` shows the message natively, with all choices of the message as
    buttons.
    """
    if channel in message.raw_overrides or channel in message.specific:
        return True
    shown = message.overrides.get(channel, message)
    if not _is_native(shown.kind, channel):
        return False  # This comes first, because checking the choices takes most of the time.
    labels = _labels(shown)
    return channel not in _text_channels(labels, (channel,)) if labels else _keeps(channel, shown)


def text_channels(message: Message, channels: tuple[str, ...]) -> Iterable[str]:
    """Return those of `channels` that do not show all choices of the message as buttons."""
    labels = _labels(message) if message.is_alone else ()
    if labels:
        return _text_channels(labels, channels)
    return [channel for channel in channels if not keeps_choices(message, channel)]


def _keeps(channel: str, shown: Message) -> bool:
    if not shown.kind:
        return True
    is_lost = _is_lost(channel, shown.kind)
    return not (is_lost or any(_as_text(channel, _Shown(shown.kind, shown.body, ""))))


def _labels(shown: Message) -> tuple[str, ...]:
    """Return the labels of the choices if the message is a short question with text choices only;
    () for any other message.

    In a short question, the text, each label and each postback have no more than `SHORT`
    characters. So only the labels can exceed a limit.
    """
    if type(shown) is not Choice or not shown.text or not _is_short(shown.text):
        return ()
    labels = []
    for each in shown.choices:
        if not (type(each) is TextChoice and _is_short(each.text) and _is_short(each.postback)):
            return ()
        labels.append(each.text)
    return tuple(labels) if len(labels) <= MAX_ITEMS[_CHOICE]["choices"] else ()


def _is_short(text: str) -> bool:
    return type(text) is str and len(text) <= SHORT


# The result for the labels is cached, because many contacts get the same question with other
# postbacks.


@lru_cache(1024)
def _violations(labels: tuple[str, ...]) -> list[str]:
    return violations(_asked(labels))


@lru_cache(1024)
def _text_channels(labels: tuple[str, ...], channels: tuple[str, ...]) -> tuple[str, ...]:
    asked = _asked(labels)
    return tuple([each for each in channels if not _keeps(each, asked)])


def _asked(labels: tuple[str, ...]) -> Choice:
    return Choice("?", [TextChoice(label) for label in labels])


def require(message: Message, channels: Iterable[str] = ()) -> None:
    """Check a message by the rules of all channels, and by the limits of `channels`.

    Raises:
        MessageError: a part is rejected, lost or cut off. The error lists all such parts.
    """
    lines = check(message)
    for channel in channels:
        lines += check(message, channel)
    if lines:
        raise MessageError(list(dict.fromkeys(lines)))


class _Shown(NamedTuple):
    """The body that a channel gets, and the path of this body in the message."""

    kind: str
    body: Mapping[str, Any]
    at: str


def _shown_on(message: Message, channel: str) -> _Shown | None:
    """Return the body that a channel gets.

    Return None if the channel gets its own JSON. The author of this JSON must check it.
    """
    if channel in message.raw_overrides or channel in message.specific:
        return None
    found = message.overrides.get(channel, message)
    if not found.kind:
        return _Shown("", {}, "message")
    before = "" if found is message else f"explicit_channel_omni_message.{channel}."
    return _Shown(found.kind, found.body, before + found.kind)


def _exceeded(channel: str, shown: _Shown, effects: tuple[str, ...]) -> Iterator[str]:
    for _, _, path, most, effect in _LIMITS_OF.get((channel, shown.kind), ()):
        if effect in effects and is_exceeded(shown.body, path, most):
            yield from exceeded(shown.body, path, most, shown.at, channel, effect)


def _is_native(kind: str, channel: str) -> bool:
    return not kind or kind in _ALWAYS or channel not in NATIVE or kind in NATIVE[channel]


def _is_lost(channel: str, kind: str) -> bool:
    return kind == _LIST and _LIST not in NATIVE.get(channel, {_LIST})


def _as_text(channel: str, shown: _Shown) -> Iterator[str]:
    kind, body, at = shown
    if not kind or kind in _ALWAYS or channel not in NATIVE or _is_lost(channel, kind):
        return
    if not _is_native(kind, channel):
        yield f"{at}: shown as text ({channel})"
        return
    if kind in (_CHOICE, _CARD):
        yield from _other_choices(channel, body.get("choices", []), at)
    yield from _exceeded(channel, shown, (AS_TEXT,))
    if channel == "WHATSAPP":
        yield from _whatsapp(shown)


def _other_choices(channel: str, choices: list[dict[str, Any]], at: str) -> Iterator[str]:
    kinds = [next(iter(choice)) for choice in choices]
    native = NATIVE_CHOICES.get(channel, set(kinds))
    if channel == "WHATSAPP" and kinds == ["url_message"]:
        return
    for index, kind in enumerate(kinds):
        if kind not in native:
            yield f"{at}.choices[{index}]: {kind} is shown as text ({channel})"
    if channel == "MESSENGER" and len(kinds) > 3 and set(kinds) != {"text_message"}:
        most = "at most 3 unless all are text_message"
        yield f"{at}.choices: {len(kinds)} choices, {most}{AS_TEXT} (MESSENGER)"


def _whatsapp(shown: _Shown) -> Iterator[str]:
    kind, body, at = shown
    if kind == _CHOICE and "text_message" not in body:
        yield f"{at}.text_message: missing, so the message is shown as text (WHATSAPP)"
    texts = values(body, "choices[].text_message.text")
    if len(set(texts)) < len(texts):
        yield (
            f"{at}.choices: two choices have the same text, so the message is shown as text"
            " (WHATSAPP)"
        )
    if not _MARKDOWN.isdisjoint("".join(texts)):
        for place, text in values_at(body, "choices[].text_message.text", at):
            if not _MARKDOWN.isdisjoint(text):
                yield f"{place}: has markdown, so the message is shown as text (WHATSAPP)"
