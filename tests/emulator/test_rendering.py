"""Plain text in place of choices, cards, carousels and locations."""

from typing import Any

import pytest

from bot.emulator.rendering import float32, plain_text

PARK = {"latitude": 59.329323, "longitude": 18.068581}
PARK_LINK = "https://www.google.com/maps/search/?api=1&query=59.329323,18.06858"


def choice(*choices: Any, text: str = "Coffee or tea?") -> Any:
    return {"choice_message": {"text_message": {"text": text}, "choices": list(choices)}}


def text_choice(text: str) -> Any:
    return {"text_message": {"text": text}}


URL = {"url_message": {"title": "Menu", "url": "https://cafe.example/menu"}}
CALL = {"call_message": {"title": "Ring us", "phone_number": "46700000099"}}
PLACE = {"location_message": {"title": "Find us", "label": "By the park", "coordinates": PARK}}
CALENDAR = {
    "calendar_message": {
        "title": "Book",
        "event_start": "2026-01-01T10:00:00Z",
        "event_end": "2026-01-01T11:00:00Z",
        "event_title": "Tasting",
        "fallback_url": "https://cafe.example/book",
    }
}
SHARE = {"share_location_message": {"title": "Where", "fallback_url": "https://cafe.example/w"}}
CARD = {
    "title": "Roast",
    "description": "Dark and slow",
    "media_message": {"url": "https://cafe.example/roast.png"},
    "choices": [text_choice("Buy it"), URL],
}


@pytest.mark.parametrize(
    ("channel", "message", "lines"),
    [
        ("SMS", {"text_message": {"text": "Hello"}}, ["Hello"]),
        (
            "SMS",
            {"media_message": {"url": "https://cafe.example/a.png"}},
            ["https://cafe.example/a.png"],
        ),
        (
            "SMS",
            {"location_message": {"title": "Us", "label": "x", "coordinates": PARK}},
            [f"Us: {PARK_LINK}"],
        ),
        (
            "SMS",
            choice(text_choice("Straße"), URL, CALL, PLACE, CALENDAR, SHARE),
            [
                "Coffee or tea?",
                "",
                "> STRASSE",
                "> Menu: https://cafe.example/menu",
                "> Ring us: 46700000099",
                f"> Find us: {PARK_LINK}",
                "> Book: https://cafe.example/book",
                "> Where: https://cafe.example/w",
            ],
        ),
        ("MMS", choice(text_choice("Tea")), ["Coffee or tea?", "> TEA"]),
        ("WHATSAPP", choice(text_choice("Tea")), ["Coffee or tea?", "", "> TEA"]),
        ("VIBERBM", choice(text_choice("Tea")), ["*Coffee or tea?*", "", "> TEA"]),
        ("TELEGRAM", choice(text_choice("Tea")), ["Coffee or tea?", "", "> TEA"]),
        ("SMS", {"choice_message": {"choices": [text_choice("Tea")]}}, ["> TEA"]),
        (
            "SMS",
            {"card_message": CARD},
            [
                "Roast",
                "Dark and slow",
                "https://cafe.example/roast.png",
                "> BUY IT",
                "> Menu: https://cafe.example/menu",
            ],
        ),
        ("SMS", {"card_message": {"title": "Roast"}}, ["Roast"]),
        (
            "MMS",
            {"card_message": CARD},
            ["Roast", "Dark and slow", "> BUY IT", "> Menu: https://cafe.example/menu"],
        ),
        (
            "WHATSAPP",
            {"card_message": CARD},
            ["*Roast*", "_Dark and slow_", "", "> BUY IT", "> Menu: https://cafe.example/menu"],
        ),
        (
            "VIBERBM",
            {"card_message": CARD},
            [
                "*Roast*",
                "_Dark and slow_",
                "",
                "https://cafe.example/roast.png",
                "",
                "> BUY IT",
                "> Menu: https://cafe.example/menu",
            ],
        ),
        (
            "SMS",
            {
                "carousel_message": {
                    "cards": [CARD, {"title": "Green"}],
                    "choices": [text_choice("None")],
                }
            },
            [
                "1. Roast",
                "Dark and slow",
                "https://cafe.example/roast.png",
                "> BUY IT",
                "> Menu: https://cafe.example/menu",
                "",
                "2. Green",
                "",
                "> NONE",
            ],
        ),
        ("MMS", {"carousel_message": {"cards": [{"title": "A"}, {"title": "B"}]}}, ["A", "B"]),
        (
            "SMS",
            {
                "list_message": {
                    "title": "Today",
                    "description": "Take one",
                    "sections": [
                        {"title": "Hot", "items": [{"choice": {"title": "Soup"}}]},
                        {"items": [{"choice": {"title": "Salad"}}]},
                    ],
                }
            },
            ["Today", "Take one", "", "Hot", "> SOUP", "", "> SALAD"],
        ),
        (
            "SMS",
            {
                "template_message": {
                    "omni_template": {"template_id": "hi", "parameters": {"n": "Ann"}}
                }
            },
            ["hi", "n: Ann"],
        ),
        (
            "SMS",
            {
                "contact_info_message": {
                    "name": {"full_name": "Ann Beer"},
                    "phone_numbers": [{"phone_number": "+4670"}],
                    "urls": [{"url": "https://ann.example"}],
                }
            },
            ["Ann Beer", "+4670", "https://ann.example"],
        ),
    ],
)
def test_layout(channel: str, message: Any, lines: list[str]) -> None:
    assert plain_text(message, channel) == "\n".join(lines)


@pytest.mark.parametrize(
    ("coordinate", "text"),
    [
        (55.610479, "55.610477"),
        (-4.3727685, "-4.3727684"),
        (47.7981899, "47.79819"),
        (13.0, "13.0"),
        (0.0, "0.0"),
        (0.00001, "0.00001"),
        (-180, "-180.0"),
    ],
)
def test_coordinates_have_the_precision_of_32_bits(coordinate: float, text: str) -> None:
    assert float32(coordinate) == text


def test_viber_cuts_long_texts() -> None:
    assert len(plain_text({"text_message": {"text": "x" * 1200}}, "VIBERBM")) == 1000
