"""A test sees what the contact's channel gets of a message."""

import pytest

from bot import END, Card, Carousel, Flow, ListMessage, Option, choose
from bot.messages import Choice, ListChoice, Section
from bot.testing.chat_file import Reply

FLATS = Carousel([Card("Harbour", description="2 rooms"), Card("Park", description="3 rooms")])
LIST = ListMessage(
    "Flats",
    [Section("", [ListChoice("Number one", postback="h"), ListChoice("Two", postback="p")])],
)


class Flat(Flow):
    start_on = ("flat",)

    which = choose(
        FLATS.on("SMS", "Harbour or Park?").on("WHATSAPP", LIST).on("INSTAGRAM", "Which?"),
        {"h": Option("Harbour", to=END), "p": Option("Park", to=END)},
    )


pytestmark = pytest.mark.flows([Flat])


@pytest.mark.parametrize(
    ("channel", "kind", "reply"),
    [
        ("SMS", Choice, Reply("Harbour or Park?", ("Harbour", "Park"))),
        ("WHATSAPP", ListMessage, Reply("Flats", ("Number one", "Two"), "list")),
        (
            "VIBERBM",
            Carousel,
            Reply("Harbour\n2 rooms\n\nPark\n3 rooms", ("Harbour", "Park"), "carousel"),
        ),
    ],
)
async def test_what_a_channel_gets_in_a_message_s_place_is_what_is_seen(
    contacts, channel, kind, reply
):
    [contact] = contacts(1, channel=channel)
    await contact.says("flat")

    contact.sees(kind, choices=reply.labels)
    assert [each for each in contact.entries if isinstance(each, Reply)] == [reply]
