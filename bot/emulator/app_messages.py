"""Checks app messages, recipients and send requests against the API's rules."""

from collections.abc import Iterator
from typing import Any

from bot.emulator.api_error import Json, Violation
from bot.emulator.channels import CHANNELS
from bot.emulator.validation import (
    Check,
    anything,
    instant,
    items,
    json_object,
    mapping,
    number,
    one_word,
    record,
    text,
)

_some = text()
_needed = text(empty=False)
_channel = one_word(CHANNELS)

_coordinates = record({"latitude": number(-90, 90), "longitude": number(-180, 180)})
_media = record({"url": _needed}, {"thumbnail_url": _some, "filename_override": _some})
_text = record({"text": _needed})
_location = record({"title": _needed, "coordinates": _coordinates}, {"label": _some})

_choice = record(
    optional={"postback_data": _some},
    one_of={
        "text_message": _text,
        "url_message": record({"title": _needed, "url": _needed}),
        "call_message": record({"title": _needed, "phone_number": _needed}),
        "location_message": _location,
        "calendar_message": record(
            {
                "title": _needed,
                "event_start": instant,
                "event_end": instant,
                "event_title": _needed,
                "fallback_url": _needed,
            },
            {"event_description": _some},
        ),
        "share_location_message": record({"title": _needed, "fallback_url": _needed}),
    },
)
_choices = items(_choice, most=10)

_choice_message = record(
    {"choices": items(_choice, least=1, most=10)},
    {"text_message": _text, "message_properties": record(optional={"whatsapp_footer": _some})},
)

_card_fields = record(
    optional={
        "title": _some,
        "description": _some,
        "media_message": _media,
        "height": one_word(("UNSPECIFIED_HEIGHT", "SHORT", "MEDIUM", "TALL")),
        "choices": _choices,
        "message_properties": record(optional={"whatsapp_header": _some}),
    }
)


def _card(value: Any, at: str) -> Iterator[Violation]:
    yield from _card_fields(value, at)
    if isinstance(value, dict) and not (value.get("title") or value.get("media_message")):
        yield Violation(at, "a card needs a title or media")


_carousel = record({"cards": items(_card, least=1, most=10)}, {"choices": items(_choice, most=3)})

_item = record(
    one_of={
        "choice": record(
            {"title": _needed}, {"description": _some, "media": _media, "postback_data": _some}
        ),
        "product": record(
            {"id": _needed, "marketplace": _needed},
            {"quantity": number(0, 1e9, whole=True), "item_price": anything, "currency": _some},
        ),
    }
)
_list_fields = record(
    {
        "title": _needed,
        "sections": items(
            record({"items": items(_item, least=1)}, {"title": _some}), least=1, most=10
        ),
    },
    {
        "description": _some,
        "media": _media,
        "message_properties": record(
            optional={"menu": _some, "catalog_id": _some, "whatsapp_header": _some}
        ),
    },
)


def _list(value: Any, at: str) -> Iterator[Violation]:
    faults = list(_list_fields(value, at))
    yield from faults
    if faults:
        return
    entries = [entry for section in value["sections"] for entry in section["items"]]
    products = [entry for entry in entries if entry.get("product")]
    if products and len(products) < len(entries):
        yield Violation(f"{at}.sections", "choices and products can't be mixed")
    if products and not (value.get("message_properties") or {}).get("catalog_id"):
        yield Violation(f"{at}.message_properties.catalog_id", "is mandatory for products")
    if not products and len(entries) > 10:
        yield Violation(f"{at}.sections", "must hold at most 10 choices in total")


_template_reference = record(
    {"template_id": _needed},
    {"version": _some, "language_code": _some, "parameters": mapping(None, _some)},
)
_template = record(
    optional={
        "channel_template": mapping(CHANNELS, _template_reference),
        "omni_template": _template_reference,
    }
)


def _template_message(value: Any, at: str) -> Iterator[Violation]:
    yield from _template(value, at)
    if isinstance(value, dict) and not (
        value.get("channel_template") or value.get("omni_template")
    ):
        yield Violation(at, "channel_template or omni_template must be set")


def _each(required: str, *optional: str) -> Check:
    return items(record({required: _needed}, dict.fromkeys(optional, _some)))


_contact_info = record(
    {
        "name": record(
            {"full_name": _needed},
            dict.fromkeys(("first_name", "middle_name", "last_name", "prefix", "suffix"), _some),
        ),
        "phone_numbers": items(record({"phone_number": _needed}, {"type": _some}), least=1),
    },
    {
        "addresses": items(json_object),
        "email_addresses": _each("email_address", "type"),
        "organization": record(optional=dict.fromkeys(("company", "department", "title"), _some)),
        "urls": _each("url", "type"),
        "birthday": _some,
    },
)

KINDS: dict[str, Check] = {
    "text_message": _text,
    "media_message": _media,
    "choice_message": _choice_message,
    "card_message": _card,
    "carousel_message": _carousel,
    "location_message": _location,
    "list_message": _list,
    "template_message": _template_message,
    "contact_info_message": _contact_info,
}
"""The check of each type of app message, by the type's key."""

AGENT = record(
    optional={
        "display_name": _some,
        "type": one_word(("UNKNOWN_AGENT_TYPE", "HUMAN", "BOT")),
        "picture_url": _some,
    }
)

_IN_PLACE = {kind: check for kind, check in KINDS.items() if kind != "template_message"}
"""The checks of the types that an override for a channel may have.

An override can have no template message. To send a template, an override has a reference to the
template.
"""

_OVERRIDES: dict[str, Check] = {
    "explicit_channel_message": mapping(CHANNELS, _needed),
    "explicit_channel_omni_message": mapping(
        CHANNELS, record(one_of={**_IN_PLACE, "template_reference": _template_reference})
    ),
    "channel_specific_message": mapping(
        CHANNELS,
        record(
            {
                "message_type": one_word(
                    (
                        "FLOWS",
                        "ORDER_DETAILS",
                        "ORDER_STATUS",
                        "COMMERCE",
                        "CAROUSEL_COMMERCE",
                        "NOTIFICATION_MESSAGE_TEMPLATE",
                    )
                ),
                "message": json_object,
            }
        ),
    ),
}

APP_MESSAGE = record(
    optional={**_OVERRIDES, "agent": AGENT},
    one_of=KINDS,
    may_lack=lambda message: any(message.get(name) for name in _OVERRIDES),
)

IDENTITY = record({"channel": _channel, "identity": _needed}, {"app_id": _some})
RECIPIENT = record(
    one_of={
        "contact_id": _needed,
        "identified_by": record({"channel_identities": items(IDENTITY, least=1)}),
    }
)
PRIORITY = items(_channel, unique=True)


def kind_of(message: Json) -> str:
    """Return the key of the message's body, such as `text_message`; "" if it has no body.

    A message without a body has only overrides.
    """
    return next((kind for kind in KINDS if message.get(kind) is not None), "")
