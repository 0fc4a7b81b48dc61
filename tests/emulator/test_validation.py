"""Accepted messages and send requests, and the fields named in rejections."""

from typing import Any

import pytest

from bot.emulator import Platform
from tests.support.emulator import Client, recipient

PLACE = {"latitude": 59.3, "longitude": 18.1}
TEXT_CHOICE: dict[str, Any] = {"text_message": {"text": "Yes"}, "postback_data": "y"}
EVENT = {
    "title": "Add",
    "event_start": "2026-05-01T10:00:00+02:00",
    "event_end": "2026-05-01T11:00:00+02:00",
    "event_title": "Haircut",
    "event_description": "Short",
    "fallback_url": "https://salon.example/book",
}
EVERY_CHOICE: list[dict[str, Any]] = [
    TEXT_CHOICE,
    {"url_message": {"title": "Open", "url": "https://salon.example"}},
    {"call_message": {"title": "Call", "phone_number": "+46700000000"}},
    {"location_message": {"title": "Where", "label": "Here", "coordinates": PLACE}},
    {"calendar_message": EVENT},
    {"share_location_message": {"title": "Share", "fallback_url": "https://salon.example/s"}},
]
CARD: dict[str, Any] = {
    "title": "Cut",
    "description": "With wash",
    "media_message": {"url": "https://salon.example/cut.png", "thumbnail_url": "https://x.example"},
    "height": "TALL",
    "choices": EVERY_CHOICE,
    "message_properties": {"whatsapp_header": "Hi"},
}
ITEM = {"choice": {"title": "Cut", "description": "d", "media": {"url": "u"}, "postback_data": "c"}}
PRODUCT = {"product": {"id": "p1", "marketplace": "FACEBOOK", "quantity": 2, "item_price": 9.5}}


def products(**properties: str) -> Any:
    sections = [{"title": "All", "items": [PRODUCT]}]
    return {
        "list_message": {"title": "Shop", "sections": sections, "message_properties": properties}
    }


def choices(*given: Any, **more: Any) -> Any:
    return {"choice_message": {"text_message": {"text": "Go on?"}, "choices": list(given), **more}}


def items(*given: Any) -> Any:
    return {"list_message": {"title": "Menu", "sections": [{"items": list(given)}]}}


@pytest.mark.parametrize(
    "message",
    [
        {"text_message": {"text": "Hello"}},
        {"text_message": {"text": "Hello"}, "agent": {"display_name": "Ann", "type": "HUMAN"}},
        {"text_message": {"text": "Hello"}, "unknown_field": 1, "card_message": None},
        {"media_message": {"url": "https://x.example/a.pdf", "filename_override": "a.pdf"}},
        choices(*EVERY_CHOICE, message_properties={"whatsapp_footer": "Bye"}),
        {"choice_message": {"choices": [TEXT_CHOICE]}},
        {"card_message": CARD},
        {"card_message": {"media_message": {"url": "https://x.example/a.png"}}},
        {"carousel_message": {"cards": [CARD] * 10, "choices": EVERY_CHOICE[:3]}},
        {"location_message": {"title": "Us", "coordinates": PLACE}},
        items(*[ITEM] * 10),
        products(catalog_id="c1", menu="Open"),
        {
            "template_message": {
                "channel_template": {
                    "WHATSAPP": {"template_id": "t", "parameters": {"body[1]text": "x"}}
                },
                "omni_template": {"template_id": "t", "version": "1", "language_code": "en"},
            }
        },
        {
            "contact_info_message": {
                "name": {"full_name": "Ann Beer", "first_name": "Ann"},
                "phone_numbers": [{"phone_number": "+46700000000", "type": "CELL"}],
                "addresses": [{"city": "Lund"}],
                "email_addresses": [{"email_address": "a@x.example"}],
                "organization": {"company": "X"},
                "urls": [{"url": "https://x.example"}],
                "birthday": "1990-01-31",
            }
        },
        {"explicit_channel_message": {"WHATSAPP": "{}"}},
        {"explicit_channel_omni_message": {"SMS": {"text_message": {"text": "Hello"}}}},
        {"explicit_channel_omni_message": {"SMS": {"template_reference": {"template_id": "t"}}}},
        {"channel_specific_message": {"WHATSAPP": {"message_type": "FLOWS", "message": {"a": 1}}}},
    ],
)
async def test_these_messages_are_taken(api: Client, message: Any) -> None:
    assert await api.send(message)


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({}, "message"),
        ({"text_message": {"text": "a"}, "media_message": {"url": "b"}}, "message"),
        ({"text_message": {}}, "message.text_message.text"),
        ({"text_message": {"text": 5}}, "message.text_message.text"),
        ({"text_message": "Hello"}, "message.text_message"),
        ({"media_message": {}}, "message.media_message.url"),
        (choices(), "message.choice_message.choices"),
        (choices(*[TEXT_CHOICE] * 11), "message.choice_message.choices"),
        (choices({}), "message.choice_message.choices[0]"),
        (choices(EVERY_CHOICE[1] | TEXT_CHOICE), "message.choice_message.choices[0]"),
        (
            choices({"url_message": {"title": "Open"}}),
            "message.choice_message.choices[0].url_message.url",
        ),
        (
            choices({"calendar_message": EVENT | {"event_start": "tomorrow"}}),
            "message.choice_message.choices[0].calendar_message.event_start",
        ),
        (
            choices(TEXT_CHOICE, message_properties=[]),
            "message.choice_message.message_properties",
        ),
        ({"card_message": {"description": "d"}}, "message.card_message"),
        ({"card_message": CARD | {"height": "HUGE"}}, "message.card_message.height"),
        ({"carousel_message": {"cards": []}}, "message.carousel_message.cards"),
        ({"carousel_message": {"cards": [CARD] * 11}}, "message.carousel_message.cards"),
        (
            {"carousel_message": {"cards": [CARD], "choices": EVERY_CHOICE[:4]}},
            "message.carousel_message.choices",
        ),
        (
            {"location_message": {"title": "Us", "coordinates": PLACE | {"latitude": 91}}},
            "message.location_message.coordinates.latitude",
        ),
        (
            {"location_message": {"title": "Us", "coordinates": PLACE | {"latitude": True}}},
            "message.location_message.coordinates.latitude",
        ),
        ({"location_message": {"coordinates": PLACE}}, "message.location_message.title"),
        (items(*[ITEM] * 11), "message.list_message.sections"),
        (items(ITEM, PRODUCT), "message.list_message.sections"),
        (products(), "message.list_message.message_properties.catalog_id"),
        (items({}), "message.list_message.sections[0].items[0]"),
        ({"template_message": {}}, "message.template_message"),
        (
            {"template_message": {"omni_template": {}}},
            "message.template_message.omni_template.template_id",
        ),
        (
            {"contact_info_message": {"name": {"full_name": "A"}}},
            "message.contact_info_message.phone_numbers",
        ),
        (
            {"explicit_channel_omni_message": {"SMS": {}}},
            "message.explicit_channel_omni_message.SMS",
        ),
        (
            {
                "explicit_channel_omni_message": {
                    "SMS": {"template_message": {"omni_template": {"template_id": "t"}}}
                }
            },
            "message.explicit_channel_omni_message.SMS",
        ),
        (
            {"explicit_channel_omni_message": {"SMS": {"template_reference": {}}}},
            "message.explicit_channel_omni_message.SMS.template_reference.template_id",
        ),
        ({"explicit_channel_message": {"PIGEON": "{}"}}, "message.explicit_channel_message"),
        ({"explicit_channel_message": []}, "message.explicit_channel_message"),
        (
            {"channel_specific_message": {"WHATSAPP": {"message_type": "X", "message": {}}}},
            "message.channel_specific_message.WHATSAPP.message_type",
        ),
    ],
)
async def test_these_messages_are_refused(
    api: Client, platform: Platform, message: Any, field: str
) -> None:
    body = {
        "app_id": platform.app_id,
        "recipient": recipient("SMS:46700000001"),
        "message": message,
    }

    answer = await api("POST", "/messages:send", body)

    assert answer.status_code == 400
    fields = [one["field"] for one in answer.json()["error"]["details"][0]["field_violations"]]
    assert field in fields
    assert platform.state.messages == {}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"app_id": ""}, "app_id"),
        ({"message": None}, "message"),
        ({"recipient": {}}, "recipient"),
        ({"recipient": {"contact_id": "a", **recipient("SMS:1")}}, "recipient"),
        (
            {"recipient": {"identified_by": {"channel_identities": []}}},
            "recipient.identified_by.channel_identities",
        ),
        (
            {"recipient": recipient("CHANNEL_UNSPECIFIED:1")},
            "recipient.identified_by.channel_identities[0].channel",
        ),
        ({"channel_priority_order": ["SMS", "SMS"]}, "channel_priority_order"),
        ({"channel_priority_order": "SMS"}, "channel_priority_order"),
        ({"channel_properties": {"SMS_SENDER": 5}}, "channel_properties.SMS_SENDER"),
        ({"channel_properties": {"SMS_SENDER": "x" * 1025}}, "channel_properties.SMS_SENDER"),
        ({"message_metadata": "x" * 1025}, "message_metadata"),
        ({"conversation_metadata": "x"}, "conversation_metadata"),
        ({"conversation_metadata": {"x": "x" * 2048}}, "conversation_metadata"),
        ({"conversation_metadata_update_strategy": "ADD"}, "conversation_metadata_update_strategy"),
        ({"queue": "LOW"}, "queue"),
        ({"ttl": 86400}, "ttl"),
        ({"ttl": "2s"}, "ttl"),
        ({"ttl": "315576000001s"}, "ttl"),
        ({"processing_strategy": "CONVERSATION"}, "processing_strategy"),
        ({"correlation_id": "x" * 129}, "correlation_id"),
        ({"message_content_type": "CONTENT_FUN"}, "message_content_type"),
    ],
)
async def test_these_send_requests_are_refused(
    api: Client, platform: Platform, change: Any, field: str
) -> None:
    body = {
        "app_id": platform.app_id,
        "recipient": recipient("SMS:46700000001"),
        "message": {"text_message": {"text": "Hello"}},
    }

    answer = await api("POST", "/messages:send", body | change)

    assert answer.status_code == 400
    fields = [one["field"] for one in answer.json()["error"]["details"][0]["field_violations"]]
    assert field in fields


async def test_every_field_of_a_send_request_at_its_limit(api: Client) -> None:
    assert await api.send(
        "Hello",
        callback_url="https://bot.example/receipts",
        channel_priority_order=["SMS", "RCS"],
        channel_properties={"SMS_SENDER": "x" * 1024},
        message_metadata="m" * 1024,
        conversation_metadata={"x": "x" * 2040},
        conversation_metadata_update_strategy="MERGE_PATCH",
        queue="HIGH_PRIORITY",
        ttl="315576000000s",
        processing_strategy="DEFAULT",
        correlation_id="c" * 128,
        message_content_type="CONTENT_UNKNOWN",
        project_id="old and ignored",
    )
