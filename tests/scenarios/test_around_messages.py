"""Captions, signatures and reactions as texts, in conversations."""

import pytest

from bot import END, Flow, Option, Turn, ask, choose, on, parse

PICTURE = "https://example.com/a.jpg"


class Pizza(Flow):
    start_on = ("pizza",)

    size = choose(
        "Which size?", {"s": Option("Small", to="where"), "l": Option("Large", to="where")}
    )
    where = ask("Where to?", accept=parse.text(), to=END)


class Note(Flow):
    start_on = ("note",)

    note = ask("Any note?", accept=parse.text(), to="day")
    day = ask("Which day?", accept=parse.date(future=True), to=END)

    @on("reaction")
    def reacted(self, turn: Turn) -> None:
        assert turn.callback
        assert turn.callback.event
        of_message = turn.callback.event.contact_message_event
        assert of_message
        assert of_message.reaction_event
        turn.say(f"Saw {of_message.reaction_event.emoji}.")


pytestmark = pytest.mark.flows([Pizza, Note])


@pytest.mark.parametrize("channel", ["INSTAGRAM", "MMS"])
async def test_start_word_in_a_caption_starts_the_flow(contacts, channel):
    (contact,) = contacts(1, channel=channel)
    await contact.sends_media(PICTURE, caption="pizza")

    assert contact.flow == "pizza"


@pytest.mark.parametrize("channel", ["INSTAGRAM", "WHATSAPP"])
async def test_stop_in_a_caption_opts_out(contacts, channel):
    (contact,) = contacts(1, channel=channel)
    await contact.sends_media(PICTURE, caption="STOP")

    assert contact.consent == "out"


async def test_caption_is_an_answer(contacts):
    (contact,) = contacts(1, channel="MMS")
    await contact.says("pizza")
    await contact.sends_media(PICTURE, caption="Large")
    await contact.sends_media(PICTURE, caption="Main street 12")

    assert contact.data == {"size": "l", "where": "Main street 12"}


async def test_caption_of_an_mms_of_several_attachments_counts_once(contacts):
    (contact,) = contacts(1, channel="MMS")
    await contact.says("pizza")
    await contact.sends_media(PICTURE, caption="Large")
    await contact.sends_media(PICTURE, caption="Large")

    assert contact.data == {"size": "l"}
    assert contact.state == "where"


async def test_signature_below_an_answer_is_no_part_of_it(contact):
    await contact.says("note")
    await contact.says("Ring twice\n\nSent from my iPhone")
    await contact.says("1/20/2036\n\nSent from my iPhone")

    assert contact.data["note"] == "Ring twice"
    assert contact.flow is None


@pytest.mark.parametrize("text", ["Liked “Any note?”", "Reacted 👍 to “Any note?”"])
async def test_reaction_as_a_text_is_the_event_reaction(contact, text):
    await contact.says("note")
    await contact.says(text)

    contact.sees("Saw 👍.")
    assert contact.state == "note"


async def test_text_that_quotes_something_else_is_an_answer(contact):
    await contact.says("note")
    await contact.says("Liked “The Hobbit”")

    assert contact.data == {"note": "Liked “The Hobbit”"}


async def test_reaction_to_an_earlier_message_is_known_too(contact):
    await contact.says("note")
    await contact.says("Ring twice")
    await contact.says("Loved “Any note?”")

    contact.sees("Saw ❤️.")
    assert contact.state == "day"


class Diary(Flow):
    start_on = ("diary",)

    entry = ask("Dear diary?", accept=parse.text(), to="mood", bursts=("merge", "5s"))
    mood = ask("Which mood?", accept=parse.text(), to=END)

    @on("reaction")
    def react(self, turn):
        turn.say("Thanks.")


@pytest.mark.flows([Diary])
@pytest.mark.parametrize("place", [0, 1, 2])
async def test_reaction_as_a_text_is_no_part_of_a_burst(contact, place):
    await contact.says("diary")
    texts = ["one", "two"]
    texts.insert(place, "Liked “Dear diary?”")
    for text in texts:
        contact.phone.says(text)
    await contact.waits("6s")

    assert {shown.text for shown in contact.phone.shown[1:]} == {"Thanks.", "Which mood?"}
    assert contact.data == {"entry": "one\ntwo"}
