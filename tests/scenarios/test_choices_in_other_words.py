"""Contacts name options in words that the label does not have."""

import pytest

from bot import END, Flow, Option, ask, choose, parse

LABELS = {"low": "Low", "mid": "⚡ Moderate", "yes": "👍 Yes"}


class Chosen(Flow):
    start_on = ("chosen",)

    level = choose("How hard?", {key: Option(label, to=END) for key, label in LABELS.items()})


class Asked(Flow):
    start_on = ("asked",)

    level = ask("How hard?", accept=parse.choice(LABELS), to=END)


class Confirm(Flow):
    start_on = ("confirm",)

    book = choose(
        "Shall I book it?", {"yes": Option("Book it", to=END), "no": Option("No", to=END)}
    )


class Back(Flow):
    start_on = ("where",)

    pain = choose("Where?", {"b": Option("Back pain", to=END), "h": Option("Headache", to=END)})


pytestmark = pytest.mark.flows([Chosen, Asked, Confirm, Back])


@pytest.mark.parametrize(
    "text", ["moderate", "#2", "2. Moderate", "the second one", "moderate pls"]
)
async def test_choose_understands_what_the_parser_does(contacts, text):
    asked, chosen = contacts(2)
    for contact, flow in ((asked, "asked"), (chosen, "chosen")):
        await contact.says(flow)
        await contact.says(text)

    assert asked.data == chosen.data == {"level": "mid"}


async def test_label_with_another_skin_tone_counts(contact):
    await contact.says("chosen")
    await contact.says("👍🏽 Yes")

    assert contact.data == {"level": "yes"}


async def test_number_that_disagrees_with_the_label_is_asked_again(contact):
    await contact.says("chosen")
    await contact.says("1. Moderate")

    assert contact.state == "level"


async def test_agreement_chooses_the_option_with_the_key_yes(contact):
    await contact.says("confirm")
    await contact.says("sure, thanks")

    assert contact.data == {"book": "yes"}


async def test_word_at_any_time_comes_before_the_beginning_of_a_label(contact):
    await contact.says("chosen")
    await contact.says("low")
    await contact.says("where")
    await contact.says("back")

    assert "pain" not in contact.data


class Parcels(Flow):
    start_on = ("parcels",)
    day = choose("Which day?", {"a": Option("Today", to=END)})


class Desk(Flow):
    start_on = ("desk",)
    what = choose("What?", {"b": Option("Parcel", to=END), "c": Option("Chicken", to=END)})


@pytest.mark.flows([Parcels, Desk])
async def test_a_flow_s_word_is_no_slip_of_an_option(contact):
    await contact.says("desk")
    await contact.says("parcels")
    assert contact.flow == "parcels"

    await contact.says("today")
    await contact.says("chiken")
    assert contact.flow is None
