"""Renders messages as plain text, in Sinch's form, for channels that do not show them natively.

SMS, MMS, WhatsApp and Viber Business have their own layouts. All other channels use the layout of
SMS. Some layouts are not on Sinch's pages, so this module defines them: a calendar or
share-location choice shows its fallback URL, outer choices of a carousel follow an empty line, and
lists, templates and contact cards are plain lines.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.emulator.api_error import Json
from bot.emulator.app_messages import kind_of

_VIBER_TEXT = 1000
MAPS_URL = "https://www.google.com/maps/search/?api=1&query="


@dataclass(frozen=True, slots=True)
class Layout:
    """The markup and the empty lines in messages that one channel shows as text."""

    bold: str = ""
    italic: str = ""
    bold_question: bool = False
    gap_after_question: bool = True
    gap_in_card: bool = False
    gap_around_url: bool = False
    attaches_media: bool = False
    numbers_cards: bool = True


_PLAIN = Layout()
_LAYOUTS = {
    "MMS": Layout(gap_after_question=False, attaches_media=True, numbers_cards=False),
    "WHATSAPP": Layout(bold="*", italic="_", gap_in_card=True, attaches_media=True),
    "VIBERBM": Layout(
        bold="*", italic="_", bold_question=True, gap_in_card=True, gap_around_url=True
    ),
}


def plain_text(message: Json, channel: str) -> str:
    """Return the text that this channel shows instead of `message`.

    `message` must have exactly one type.
    """
    kind = kind_of(message)
    body = message[kind]
    if kind == "template_message":
        body = (body.get("channel_template") or {}).get(channel) or body["omni_template"]
    text = _RENDERERS[kind](body, _LAYOUTS.get(channel, _PLAIN))
    return text[:_VIBER_TEXT] if channel == "VIBERBM" else text


def float32(value: float) -> str:
    """Return a coordinate as the API prints it: the shortest text for the same 32-bit number."""
    narrow = struct.unpack("f", struct.pack("f", value))[0]
    for digits in range(1, 10):
        text = f"{narrow:.{digits}g}"
        if struct.pack("f", float(text)) == struct.pack("f", narrow):
            break
    plain = format(Decimal(text), "f")
    return plain if "." in plain else f"{plain}.0"


def maps_link(coordinates: Json) -> str:
    latitude, longitude = coordinates["latitude"], coordinates["longitude"]
    return f"{MAPS_URL}{float32(latitude)},{float32(longitude)}"


def choice_line(choice: Json) -> str:
    """Return a choice as a line.

    A text choice is in capitals. Another choice has its title, and its URL, phone number or link to
    a map.
    """
    kind = next(key for key in choice if key.endswith("_message") and choice[key])
    body = choice[kind]
    if kind == "text_message":
        return f"> {body['text'].upper()}"
    target: dict[str, Callable[[], str]] = {
        "url_message": lambda: str(body["url"]),
        "call_message": lambda: str(body["phone_number"]),
        "location_message": lambda: maps_link(body["coordinates"]),
    }
    leads_to = target.get(kind, lambda: str(body["fallback_url"]))()
    return f"> {body['title']}: {leads_to}"


def _text(body: Json, layout: Layout) -> str:
    return str(body["text"])


def _media(body: Json, layout: Layout) -> str:
    return str(body["url"])


def _location(body: Json, layout: Layout) -> str:
    return f"{body['title']}: {maps_link(body['coordinates'])}"


def _choice(body: Json, layout: Layout) -> str:
    question = (body.get("text_message") or {}).get("text") or ""
    mark = layout.bold if layout.bold_question else ""
    lines = [choice_line(choice) for choice in body["choices"]]
    if not question:
        return "\n".join(lines)
    gap = [""] if layout.gap_after_question else []
    return "\n".join([f"{mark}{question}{mark}", *gap, *lines])


def _card(body: Json, layout: Layout) -> str:
    url = "" if layout.attaches_media else (body.get("media_message") or {}).get("url")
    return "\n".join(_card_lines(body, layout, url or ""))


def _card_lines(card: Json, layout: Layout, url: str) -> Iterator[str]:
    yield from _marked(card.get("title"), layout.bold)
    yield from _marked(card.get("description"), layout.italic)
    choices = card.get("choices") or []
    if url:
        yield from [""] * layout.gap_around_url
        yield url
    if choices and layout.gap_in_card:
        yield ""
    yield from map(choice_line, choices)


def _marked(text: str | None, mark: str) -> Sequence[str]:
    return [f"{mark}{text}{mark}"] if text else []


def _carousel(body: Json, layout: Layout) -> str:
    cards = []
    for number, card in enumerate(body["cards"], 1):
        url = (card.get("media_message") or {}).get("url") or ""
        first = f"{number}. " if layout.numbers_cards else ""
        cards.append(first + "\n".join(_card_lines(card, layout, url)))
    text = ("\n\n" if layout.numbers_cards else "\n").join(cards)
    outer = [choice_line(choice) for choice in body.get("choices") or []]
    return "\n".join([text, "", *outer]) if outer else text


def _list(body: Json, layout: Layout) -> str:
    lines = [*_marked(body["title"], layout.bold), *_marked(body.get("description"), layout.italic)]
    for section in body["sections"]:
        lines += ["", *_marked(section.get("title"), "")]
        for item in section["items"]:
            name = item["choice"]["title"] if item.get("choice") else item["product"]["id"]
            lines.append(f"> {name.upper()}")
    return "\n".join(lines)


def _template(body: Json, layout: Layout) -> str:
    parameters = body.get("parameters") or {}
    return "\n".join([body["template_id"], *(f"{k}: {v}" for k, v in parameters.items())])


def _contact_info(body: Json, layout: Layout) -> str:
    lines = [body["name"]["full_name"]]
    lines += [entry["phone_number"] for entry in body["phone_numbers"]]
    lines += [entry["email_address"] for entry in body.get("email_addresses") or []]
    lines += [entry["url"] for entry in body.get("urls") or []]
    return "\n".join(lines)


_RENDERERS: dict[str, Callable[[Json, Layout], str]] = {
    "text_message": _text,
    "media_message": _media,
    "location_message": _location,
    "choice_message": _choice,
    "card_message": _card,
    "carousel_message": _carousel,
    "list_message": _list,
    "template_message": _template,
    "contact_info_message": _contact_info,
}
