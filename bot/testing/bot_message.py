"""A message of the bot in a conversation: its type, texts and options.

The type, texts and options are those that the author intended for the contact's channel, even if
the channel shows the message in another form. A numbered text that replaces buttons counts as
buttons.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bot.testing.chat_file import Reply

Json = Mapping[str, Any]

_PLAIN = ("text", "choice")
"""Types of messages that `.chat` files do not name."""


def reply_of(app_message: Json, channel: str) -> Reply:
    """Return the reply line of a `.chat` file for an AppMessage that is sent on `channel`."""
    for name in ("explicit_channel_message", "channel_specific_message"):
        own = (app_message.get(name) or {}).get(channel)
        if own is not None:
            return Reply(own if isinstance(own, str) else json.dumps(own), (), "channel")
    part = part_for(app_message, channel)
    kind = kind_of(part)
    body = _body(part)
    words = "\n\n".join(filter(None, _words(kind, body)))
    return Reply(words, tuple(_labels(body)), "" if kind in _PLAIN else kind)


def kind_of(part: Json) -> str:
    """Return the type of an AppMessage's body, such as `card`; "" if the message has no body."""
    if "template_reference" in part:  # This is a template in an override.
        return "template"
    holders = (
        name.removesuffix("_message")
        for name, value in part.items()
        if name.endswith("_message") and value is not None
    )
    return next((name for name in holders if not name.startswith(("explicit", "channel"))), "")


def part_for(app_message: Json, channel: str) -> Json:
    """Return the body for `channel`: the flow's override for the channel, or the common body.

    If the override shows the options as numbered lines of a text, the options become choices again.
    """
    override: Json | None = (app_message.get("explicit_channel_omni_message") or {}).get(channel)
    if override is None:
        return app_message
    labels = [
        *(each["text_message"]["text"] for each in _choices(_body(app_message)) if _is_text(each)),
        *(item["title"] for item in _items(_body(app_message))),
    ]
    shown = "\n\n".join(filter(None, _words(kind_of(override), _body(override))))
    question = _before_numbers(shown, labels)
    if question is None:
        return override
    if all(block in shown for block in _words(kind_of(app_message), _body(app_message))):
        return app_message
    choices = [{"text_message": {"text": label}} for label in labels]
    return {"choice_message": {"text_message": {"text": question}, "choices": choices}}


def labels_of(part: Json) -> list[str]:
    """Return the labels of all options in a message's body, in order."""
    return list(_labels(_body(part)))


class Offered(NamedTuple):
    """An option in a message's body, with the title of the card that has the option."""

    label: str
    postback: str
    card: str = ""


def options_of(part: Json) -> Iterator[Offered]:
    """Yield each option in a message's body, in order."""
    body = _body(part)
    cards = body.get("cards") or []
    for holder, title in [*((card, card.get("title") or "") for card in cards), (body, "")]:
        for choice in holder.get("choices") or []:
            name = next(key for key in choice if key.endswith("_message"))
            postback = choice.get("postback_data") or choice[name].get("postback_data") or ""
            yield Offered(_label(choice), postback, title)
    for item in _items(body):
        yield Offered(item["title"], item.get("postback_data") or "")


def _body(part: Json) -> Json:
    if "template_reference" in part:
        return {"omni_template": part["template_reference"]}
    return part.get(f"{kind_of(part)}_message") or {}


def _before_numbers(shown: str, labels: Sequence[str]) -> str | None:
    """Return the text before the numbered options; None if the text does not contain all options.

    Only the first option must have a number, because options that turn the page may have none.
    """
    place, first = 0, None
    text = f"\n{shown}\n"
    for label in labels:
        number = r"(?:\d+\. )?" if first is not None else r"\d+\. "
        found = re.compile(rf"\n{number}{re.escape(label)}(?!\w)").search(text, place)
        if found is None:
            return None
        place = found.start() + 1
        first = found.start() if first is None else first
    return shown[:first].rstrip("\n") if labels else None


def _is_text(choice: Json) -> bool:
    return "text_message" in choice


def _words(kind: str, body: Json) -> Iterator[str]:
    """Yield the texts in a message's body, block by block."""
    match kind:
        case "text":
            yield body.get("text") or ""
        case "choice":
            yield (body.get("text_message") or {}).get("text") or ""
        case "carousel":
            for card in body.get("cards") or []:
                yield _lines(card.get("title"), card.get("description"))
        case "media":
            yield body.get("url") or ""
        case "location":
            yield _lines(body.get("title"), body.get("label"))
        case "template":
            yield (body.get("omni_template") or {}).get("template_id") or ""
        case "contact_info":
            yield (body.get("name") or {}).get("full_name") or ""
        case _:
            yield _lines(body.get("title"), body.get("description"))


def _labels(body: Json) -> Iterator[str]:
    yield from map(_label, _choices(body))
    yield from (item["title"] for item in _items(body))


def _choices(body: Json) -> Iterator[Json]:
    for holder in [*(body.get("cards") or []), body]:
        yield from holder.get("choices") or []


def _items(body: Json) -> Iterator[Json]:
    for section in body.get("sections") or []:
        yield from (item["choice"] for item in section["items"] if item.get("choice"))


def _label(choice: Json) -> str:
    inner = next(value for key, value in choice.items() if key.endswith("_message"))
    return str(inner.get("text") or inner.get("title") or "")


def _lines(*texts: str | None) -> str:
    return "\n".join(text for text in texts if text)
