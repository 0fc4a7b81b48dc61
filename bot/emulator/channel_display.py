"""Computes the part of an app message that a channel shows, and the part's text and choices.

The part is the override for the channel; without an override, the part is the message's body.
The conditions for native choices and cards come from the API's pages on choice and card messages.
"""

import json
import re

from msgspec import structs

from bot.emulator.api_error import Json
from bot.emulator.app_messages import kind_of
from bot.emulator.channels import CHANNELS
from bot.emulator.rendering import plain_text
from bot.emulator.state import Shown, ShownChoice

_VIBER_LABEL = 30
_MARKDOWN = re.compile(r"[*_~`]")
_RCS_KINDS = {
    "text_message",
    "url_message",
    "call_message",
    "location_message",
    "calendar_message",
    "share_location_message",
}
_MESSENGER_KINDS = {"text_message", "url_message", "call_message", "location_message"}


def part_for(message: Json, channel: str) -> Json:
    """Return an app message's override for this channel; if there is none, the message's body."""
    for override in ("explicit_channel_message", "channel_specific_message"):
        if channel in (message.get(override) or {}):
            return {override: message[override][channel]}
    if omni := (message.get("explicit_channel_omni_message") or {}).get(channel):
        if reference := omni.get("template_reference"):
            return {"template_message": {"omni_template": reference}}
        return {kind_of(omni): omni[kind_of(omni)]}
    kind = kind_of(message)
    return {kind: message[kind]} if kind else {}


def is_native(part: Json, channel: str) -> bool:
    """Return whether the channel shows this part natively rather than as text."""
    kind = next(iter(part))
    if kind in ("explicit_channel_message", "channel_specific_message"):
        return True
    if kind not in CHANNELS[channel].native:
        return False
    body = part[kind]
    if kind == "choice_message":
        return _native_choices(body, channel) and (
            channel != "WHATSAPP"
            or 0 < len((body.get("text_message") or {}).get("text", "")) <= 1024
        )
    if kind == "card_message":
        return _native_card(body, channel)
    if kind == "carousel_message":
        return all(_native_card(card, channel) for card in body["cards"])
    return True


def _native_card(card: Json, channel: str) -> bool:
    if channel == "MMS":
        return False  # The picture is an attachment. Everything else is text.
    if channel == "WHATSAPP" and (
        len(card.get("title") or "") > 1024 or len(card.get("description") or "") > 60
    ):
        return False
    return not card.get("choices") or _native_choices(card, channel)


def _native_choices(body: Json, channel: str) -> bool:
    choices = body["choices"]
    kinds = [choice_kind(choice) for choice in choices]
    if channel == "WHATSAPP":
        return kinds == ["url_message"] or (set(kinds) == {"text_message"} and _whatsapp(choices))
    if channel == "VIBERBM":
        return len(kinds) == 1 and kinds[0] in ("url_message", "call_message", "location_message")
    if channel == "MESSENGER":
        most = 13 if set(kinds) == {"text_message"} else 3
        return set(kinds) <= _MESSENGER_KINDS and len(kinds) <= most
    if channel == "RCS":
        return set(kinds) <= _RCS_KINDS
    return True


def _whatsapp(choices: list[Json]) -> bool:
    texts = [choice["text_message"]["text"] for choice in choices]
    return (
        len(texts) <= 3
        and len(set(texts)) == len(texts)
        and all(len(text) <= 20 and not _MARKDOWN.search(text) for text in texts)
        and all(len(choice.get("postback_data") or "") <= 229 for choice in choices)
    )


def choice_kind(choice: Json) -> str:
    """Return the key of a choice's body, such as `url_message`."""
    return next(key for key in choice if key.endswith("_message") and choice[key] is not None)


def offered(part: Json, message_id: str) -> list[ShownChoice]:
    """Return all choices of a message's part, in order, with their postbacks."""
    kind = next(iter(part))
    body = part[kind]
    if kind == "list_message":
        items = [
            item["choice"]
            for entry in body["sections"]
            for item in entry["items"]
            if item.get("choice")
        ]
        return [_offer("text", item["title"], item, message_id, item) for item in items]
    groups = [("", body.get("choices") or [])] if isinstance(body, dict) else []
    if kind == "carousel_message":
        cards = [(card.get("title") or "", card.get("choices") or []) for card in body["cards"]]
        groups = [*cards, *groups]
    found = []
    for title, choice in ((title, choice) for title, choices in groups for choice in choices):
        name = choice_kind(choice)
        inner = choice[name]
        label = inner["text"] if name == "text_message" else inner["title"]
        offer = _offer(name.removesuffix("_message"), label, choice, message_id, inner)
        found.append(structs.replace(offer, card=title))
    return found


def _offer(kind: str, label: str, holder: Json, message_id: str, body: Json) -> ShownChoice:
    postback = holder.get("postback_data") or f"{message_id}_{label}"
    return ShownChoice(kind, label, postback, body)


def show(message_id: str, app_message: Json, channel: str, at: float, status: str) -> Shown:
    """Return a message as the phone shows it."""
    part = part_for(app_message, channel)
    native = is_native(part, channel)
    choices = offered(part, message_id) if native else []
    if channel == "RCS" and (place := part.get("location_message")):
        choices = [_offer("location", place["title"], {}, message_id, place)]
    if channel == "VIBERBM":
        choices = [structs.replace(one, label=one.label[:_VIBER_LABEL]) for one in choices]
    return Shown(
        message_id=message_id,
        at=at,
        kind=next(iter(part)).removesuffix("_message"),
        native=native,
        text=_native_text(part, channel) if native else plain_text(part, channel),
        choices=choices,
        message=part,
        app_message=app_message,
        status=status,
    )


def _native_text(part: Json, channel: str) -> str:
    """Return a native message's text without buttons and pictures; for a raw message, its JSON."""
    kind = next(iter(part))
    body = part[kind]
    if kind == "explicit_channel_message":
        return str(body)
    if kind == "channel_specific_message":
        return json.dumps(body["message"], ensure_ascii=False)
    if kind == "choice_message":
        return str((body.get("text_message") or {}).get("text") or "")
    if kind == "card_message":
        return _lines(body.get("title"), body.get("description"))
    if kind == "carousel_message":
        return "\n\n".join(_lines(c.get("title"), c.get("description")) for c in body["cards"])
    if kind == "list_message":
        return _lines(body["title"], body.get("description"))
    if kind == "location_message":
        return _lines(body["title"], body.get("label"))
    return plain_text(part, channel)


def _lines(*texts: str | None) -> str:
    return "\n".join(text for text in texts if text)
