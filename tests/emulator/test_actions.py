"""Actions of a contact on a phone, as JSON."""

import pytest

from bot.emulator import NotOnPhone, Platform
from bot.emulator.actions import ACTIONS, Says, Taps, action_from, json_of
from tests.support.emulator import Client

VALUES = {
    "answer": {"postback": "p"},
    "location": {"latitude": 1.0, "longitude": 2.0},
    "media": {"url": "https://x.example/a"},
    "file": {"name": "a.ogg", "content": "T2dnUw=="},
    "contact_message": {"fallback_message": {}},
    "event": {"composing_event": {}},
    "reaction": {"emoji": "👍"},
    "typing": False,
    "read": True,
    "opted_in": False,
    "analysis": {},
}


def test_every_action_is_read_from_the_json_it_is_written_as():
    for key in ACTIONS:
        written = json_of(action_from({key: VALUES.get(key, "a")}))

        assert written == {"label" if key == "postback" else key: VALUES.get(key, "a")}


def test_fields_of_the_message_are_written_beside_the_text():
    action = Says("Hi", reply_to="01M", copies=2, late_s=1.5, to="71700")

    assert json_of(action) == {
        "text": "Hi",
        "reply_to": "01M",
        "copies": 2,
        "late_s": 1.5,
        "to": "71700",
    }
    assert action_from(json_of(action)) == action


async def test_an_option_of_several_cards_is_tapped_by_the_title_of_its_card(
    api: Client, platform: Platform
) -> None:
    phone = platform.phone("RCS", "46700000001")
    phone.says("hi")
    cards = [
        {
            "title": title,
            "media_message": {"url": "https://x.example/a"},
            "choices": [{"text_message": {"text": "Buy"}, "postback_data": title.lower()}],
        }
        for title in ("Lamp", "Bell")
    ]
    await api.send({"carousel_message": {"cards": cards}}, "RCS:46700000001")
    await platform.run_due()

    with pytest.raises(NotOnPhone, match="is on card='Lamp', card='Bell'; name the card"):
        Taps("Buy").perform(phone)
    with pytest.raises(NotOnPhone, match="is on card='Lamp', card='Bell'"):
        Taps("Buy", card="Pump").perform(phone)
    sent = Taps("buy", card="Bell").perform(phone)

    content = platform.state.messages[sent].contact_message or {}
    assert content["choice_response_message"]["postback_data"] == "bell"
