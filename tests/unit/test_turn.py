"""The public attributes of a turn."""

import pytest

from bot.contact.address import Address
from bot.contact.session import Session
from bot.turn.turn import Contact, Turn


def test_turn_shows_authors_only_what_they_need():
    shown = {name for name in dir(Turn) if not name.startswith("_")}

    assert shown == {
        "answer",
        "callback",
        "contact",
        "event",
        "event_data",
        "failed_message",
        "item",
        "language",
        "message",
        "messages",
        "now",
        "once",
        "opt_in",
        "opt_out",
        "postback",
        "run",
        "say",
        "schedule",
        "send_event",
        "text",
        "unschedule",
        "zone",
    }


@pytest.mark.parametrize(
    ("channel", "identity", "shown"),
    [
        ("SMS", "+46700900001", "46700900001"),
        ("WHATSAPP", "46700900001", "46700900001"),
        ("WHATSAPP", "SE.123", "SE.123"),
        ("VIBER", "+kQ==", "+kQ=="),
    ],
)
def test_a_phone_number_has_no_plus(channel, identity, shown):
    assert Contact(Session(Address("01HZC0NTACT", channel, identity))).identity == shown
