"""The rules of app messages on all channels: required fields and their formats.

The rules are tables of paths in the message's JSON. A path such as `cards[].choices` leads from the
body of a message to a field; `[]` means each item of a list.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, NamedTuple

from bot.messages.app_message import Message

EVERY = "every channel"

_EMPTY: tuple[Any, ...] = (None, "", [])
_LONG = (str, list)


class Form(NamedTuple):
    """The format of a field, described by `words`.

    If `required` is False, the field may be empty.
    """

    words: str
    fits: Callable[[Any], bool]
    required: bool = True

    def is_met(self, value: Any) -> bool:
        return not self.required if value in _EMPTY else self.fits(value)

    def or_none(self) -> "Form":
        return self._replace(required=False)


def pattern(words: str, expression: str) -> Form:
    """Return a form for texts that match a regular expression as a whole."""
    match = re.compile(expression).fullmatch
    return Form(words, lambda value: isinstance(value, str) and match(value) is not None)


def one_of(*names: str) -> Form:
    """Return a form for texts that are one of these values or empty."""
    return Form("one of " + ", ".join(names), lambda value: value in names, required=False)


def _degrees(most: int) -> Form:
    return Form(
        f"degrees from -{most} to {most}",
        lambda value: isinstance(value, int | float) and -most <= value <= most,
    )


WORDS = Form("a text", lambda value: isinstance(value, str) and bool(value.strip()))
ITEMS = Form("a list", lambda value: isinstance(value, list))
LINK = pattern("a URL that begins with http:// or https://", r"https?://\S+")
ANY_LINK = pattern(
    "a URL that begins with its scheme, such as https:", r"[A-Za-z][A-Za-z0-9+.-]*:\S+"
)
PHONE_NUMBER = pattern("a phone number in E.164 form, such as +46700100200", r"\+[1-9][0-9]{4,14}")
CHANNEL = pattern("a channel's name, such as SMS", r"(?!CHANNEL_UNSPECIFIED$)[A-Z][A-Z0-9_]*")
HEIGHT = one_of("UNSPECIFIED_HEIGHT", "SHORT", "MEDIUM", "TALL")
AGENT_TYPE = one_of("UNKNOWN_AGENT_TYPE", "HUMAN", "BOT")
SPECIFIC_TYPE = one_of(
    "FLOWS",
    "ORDER_DETAILS",
    "ORDER_STATUS",
    "COMMERCE",
    "CAROUSEL_COMMERCE",
    "NOTIFICATION_MESSAGE_TEMPLATE",
)

Fields = dict[str, Form]

_PLACE: Fields = {
    "title": WORDS,
    "coordinates.latitude": _degrees(90),
    "coordinates.longitude": _degrees(180),
}
_MEDIA: Fields = {"url": LINK, "thumbnail_url": LINK.or_none()}


def _below(path: str, fields: Fields) -> Fields:
    return {f"{path}.{name}": form for name, form in fields.items()}


CHOICE_FIELDS: dict[str, Fields] = {
    "text_message": {"text": WORDS},
    "url_message": {"title": WORDS, "url": ANY_LINK},
    "call_message": {"title": WORDS, "phone_number": PHONE_NUMBER},
    "location_message": _PLACE,
    "calendar_message": {"title": WORDS, "event_title": WORDS, "fallback_url": LINK},
    "share_location_message": {"title": WORDS, "fallback_url": LINK},
}
"""The fields of each type of choice.

Fields of a nested object are checked only if the object exists.
"""

_CARD: Fields = {"height": HEIGHT, **_below("media_message", _MEDIA)}

FIELDS: dict[str, Fields] = {
    "text_message": {"text": WORDS},
    "media_message": _MEDIA,
    "choice_message": {"choices": ITEMS},
    "card_message": _CARD,
    "carousel_message": {"cards": ITEMS, **_below("cards[]", _CARD)},
    "location_message": _PLACE,
    "list_message": {
        "title": WORDS,
        **_below("media", _MEDIA),
        "sections": ITEMS,
        "sections[].items": ITEMS,
        "sections[].items[].choice.title": WORDS,
        **_below("sections[].items[].choice.media", _MEDIA),
        "sections[].items[].product.id": WORDS,
        "sections[].items[].product.marketplace": WORDS,
    },
    "template_message": {"omni_template.template_id": WORDS},
    "contact_info_message": {
        "name.full_name": WORDS,
        "phone_numbers": ITEMS,
        "phone_numbers[].phone_number": WORDS,
        "email_addresses[].email_address": WORDS,
        "urls[].url": WORDS,
    },
}
"""The fields of each type of message, without the fields of the message's choices."""

MAX_ITEMS: dict[str, dict[str, int]] = {
    "choice_message": {"choices": 10},
    "card_message": {"choices": 10},
    "carousel_message": {"cards": 10, "cards[].choices": 10, "choices": 3},
}
"""Maximum number of items in each list of a message, by the type of the message and the path of the
list.
"""

CHANNELS = (
    *("WHATSAPP", "SMS", "MESSENGER", "INSTAGRAM", "MMS", "RCS", "VIBER", "VIBERBM", "TELEGRAM"),
    *("KAKAOTALK", "KAKAOTALKCHAT", "LINE", "WECHAT", "APPLEBC"),
)
"""All channels of the Conversation API."""

MAX_LIST_CHOICES = 10
"""Maximum number of choices of a list message, in all of its sections."""


def violations(message: Message) -> list[str]:
    """Return an error for each part of the message that the API rejects on every channel.

    The overrides and the agent of the message are checked, too.
    """
    lines = list(_beside(message))
    if message.kind:
        lines += body_violations(message.kind, message.body, message.kind)
    for channel, other in message.overrides.items():
        at = f"explicit_channel_omni_message.{channel}.{other.kind}"
        lines += body_violations(other.kind, other.body, at)
        if not other.in_place(channel):
            lines.append(
                f"{at}: the template needs an omni_template, or a channel_template for"
                f" {channel!r} ({EVERY})"
            )
    return lines


def body_violations(kind: str, body: Mapping[str, Any], at: str) -> Iterator[str]:
    """Yield an error for each part of one body that the API rejects. `at` is the body's path in the
    message.
    """
    yield from field_violations(FIELDS.get(kind, {}), body, at)
    for path, most in MAX_ITEMS.get(kind, {}).items():
        if is_exceeded(body, path, most):
            yield from exceeded(body, path, most, at, EVERY)
        if path.endswith("choices"):
            for place, choices in values_at(body, path, at):
                for index, choice in enumerate(choices or ()):
                    name, content = next(iter(choice.items()))
                    fields = CHOICE_FIELDS.get(name, {})
                    if not are_met(fields, content):
                        yield from field_violations(fields, content, f"{place}[{index}].{name}")
    if kind in _MORE:
        for error in _MORE[kind](body):
            yield f"{at}{error} ({EVERY})"


def field_violations(
    fields: Fields, found: Mapping[str, Any], at: str, who: str = EVERY
) -> Iterator[str]:
    """Yield an error for each field that is missing or malformed. Errors do not show the field's
    value.

    `who` is the API or the channel that has the rule.
    """
    if are_met(fields, found):
        return  # This is the usual case. The paths are only needed for an error.
    for path, form in fields.items():
        for place, value in values_at(found, path, at):
            if not form.is_met(value):
                wrong = "missing" if value in _EMPTY else f"not {form.words}"
                yield f"{place}: {wrong} ({who})"


def are_met(fields: Fields, found: Mapping[str, Any]) -> bool:
    """Return whether every field is valid. This check is much faster than `field_violations`."""
    for path, form in fields.items():
        if path in found:
            is_met = form.is_met(found[path])
        elif "." in path:
            is_met = all(map(form.is_met, values(found, path)))
        else:
            is_met = not form.required
        if not is_met:
            return False
    return True


def _card(body: Mapping[str, Any]) -> Iterator[str]:
    if not body.keys() & {"title", "description", "media_message"}:
        yield ": empty; it needs a title, a description or media"


def _carousel(body: Mapping[str, Any]) -> Iterator[str]:
    for index, card in enumerate(body["cards"]):
        for error in _card(card):
            yield f".cards[{index}]{error}"


def _list(body: Mapping[str, Any]) -> Iterator[str]:
    items = [item for section in body["sections"] for item in section["items"]]
    choices = sum("choice" in item for item in items)
    if choices > MAX_LIST_CHOICES:
        yield f".sections: {choices} choices in all; at most {MAX_LIST_CHOICES}"
    if 0 < choices < len(items):
        yield ".sections: must have only choices or only products"
    if choices < len(items) and not body.get("message_properties", {}).get("catalog_id"):
        yield ".message_properties.catalog_id: missing; products need it"


def _template(body: Mapping[str, Any]) -> Iterator[str]:
    if not body:
        yield ": empty; it needs an omni_template or a channel_template"
    for channel, reference in body.get("channel_template", {}).items():
        if not reference.get("template_id"):
            yield f".channel_template.{channel}.template_id: missing"


_MORE: dict[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "card_message": _card,
    "carousel_message": _carousel,
    "list_message": _list,
    "template_message": _template,
}


def _beside(message: Message) -> Iterator[str]:
    if message.kind and message.is_alone:
        return
    parts = {
        "explicit_channel_omni_message": message.overrides,
        "explicit_channel_message": message.raw_overrides,
        "channel_specific_message": message.specific,
    }
    if not message.kind and not any(parts.values()):
        yield f"message: empty; it needs a body or an override ({EVERY})"
    for name, channels in parts.items():
        for channel in channels:
            if not CHANNEL.fits(channel):
                yield f"{name}: the key {channel!r} is not {CHANNEL.words} ({EVERY})"
            elif channel not in CHANNELS:
                yield f"{name}: {unknown_channel(channel)} ({EVERY})"
    for channel, payload in message.raw_overrides.items():
        if not _is_json(payload):
            yield f"explicit_channel_message.{channel}: not JSON ({EVERY})"
    for channel, specific in message.specific.items():
        if not SPECIFIC_TYPE.fits(specific["message_type"]):
            at = f"channel_specific_message.{channel}.message_type"
            yield f"{at}: not {SPECIFIC_TYPE.words} ({EVERY})"
    if message.agent:
        yield from field_violations({"type": AGENT_TYPE}, message.agent.to_json(), "agent")


def unknown_channel(channel: str) -> str:
    """Return an error for an unknown channel. The error suggests the channel with the most similar
    name.
    """
    near = get_close_matches(str(channel).upper(), CHANNELS, n=1)
    meant = f"Did you mean {near[0]!r}?" if near else f"The channels are {', '.join(CHANNELS)}."
    return f"unknown channel {channel!r}. {meant}"


def over(at: str, value: Any, most: int, who: str, effect: str = "") -> list[str]:
    """Return a list with one error if `value` is longer than the maximum `most`, else an empty
    list.
    """
    if not isinstance(value, _LONG) or len(value) <= most:
        return []
    unit = "characters" if isinstance(value, str) else at.rpartition(".")[2]
    if len(value) == 1:
        unit = unit.removesuffix("s")
    return [f"{at}: {len(value)} {unit}, at most {most}{effect} ({who})"]


def exceeded(
    body: Mapping[str, Any], path: str, most: int, at: str, who: str, effect: str = ""
) -> Iterator[str]:
    """Yield an error for each field under `path` that is longer than its maximum."""
    for place, value in values_at(body, path, at):
        yield from over(place, value, most, who, effect)


def is_exceeded(body: Mapping[str, Any], path: str, most: int) -> bool:
    """Return whether any field under `path` is longer than its maximum.

    This check is much faster than `exceeded`.
    """
    return any([isinstance(each, _LONG) and len(each) > most for each in values(body, path)])


def values(found: Any, path: str) -> list[Any]:
    """Return the values of the fields under `path`. The value of a missing field is None."""
    steps, last = _steps(path)
    holders = [found]
    for step in steps:
        if step == "[]":
            holders = [item for each in holders for item in each]
        else:
            holders = [each[step] for each in holders if step in each]
        if not holders:
            return holders
    # An invalid message may have a text instead of an object, and a text has no `get`.
    return [each[last] if last in each else None for each in holders]  # noqa: SIM401


def values_at(found: Any, path: str, where: str) -> Iterator[tuple[str, Any]]:
    """Yield (path, value) for each value that `values` returns. The path leads from the message to
    the value. This function is much slower than `values`.
    """
    steps, last = _steps(path)
    return _follow(found, (*steps, last), where)


def _follow(found: Any, steps: tuple[str, ...], where: str) -> Iterator[tuple[str, Any]]:
    if not steps:
        yield where, found
    elif steps[0] == "[]":
        for index, item in enumerate(found):
            yield from _follow(item, steps[1:], f"{where}[{index}]")
    elif steps[0] in found:
        yield from _follow(found[steps[0]], steps[1:], f"{where}.{steps[0]}")
    elif len(steps) == 1:
        yield f"{where}.{steps[0]}", None


@cache
def _steps(path: str) -> tuple[tuple[str, ...], str]:
    """Return the parent steps of a path and its last step, which is the name of a field.

    The step `[]` stands for all items of a list.
    """
    *steps, last = path.replace("[]", ".[]").split(".")
    return tuple(steps), last


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
