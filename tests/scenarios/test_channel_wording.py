"""A question with other texts and options on each channel."""

import pytest

from bot import END, Flow, ListMessage, Option, Text, choose, reply
from bot.messages import Choice, ListChoice, Section

OPTIONS = {"small": Option("Small", to=END), "large": Option("Large", to=END)}
LIST = ListMessage(
    "Which size?",
    [Section("", [ListChoice("Small one", postback="small"), ListChoice("Big", postback="large")])],
    menu="Sizes",
)


def pizza(question):
    class Pizza(Flow):
        start_on = ("pizza",)

        size = choose(question, OPTIONS)

    return Pizza


SHORT = pizza(Text("Which size would you like today?").on("SMS", "Size?"))


@pytest.mark.flows([SHORT])
async def test_a_channel_has_its_own_words_and_the_same_options(contacts):
    (sms,), (rcs,) = contacts(1), contacts(1, channel="RCS")
    for contact in (sms, rcs):
        await contact.says("pizza")

    assert sms.sees("Size?").text == "Size?\n\n1. Small\n2. Large"
    rcs.sees("Which size would you like today?", choices=["Small", "Large"])
    await sms.says("2")
    assert sms.data == {"size": "large"}


@pytest.mark.flows([SHORT])
async def test_the_hint_stands_before_each_wording(contact):
    await contact.says("pizza")
    await contact.says("what?")

    contact.sees("Sorry, I didn't understand that. Size?", choices=["Small", "Large"])


@pytest.mark.contact(channel="WHATSAPP")
@pytest.mark.flows([pizza(Text("Which size?").on("WHATSAPP", LIST))])
async def test_a_list_s_items_are_the_options(contact):
    await contact.says("pizza")
    contact.sees("Which size?")
    await contact.taps("Big")

    assert contact.data == {"size": "large"}


@pytest.mark.contact(channel="RCS")
@pytest.mark.flows([pizza(Choice("Which size?", [reply("No idea", postback="large")]))])
async def test_a_choice_s_own_choices_come_after_the_options_that_they_do_not_replace(contact):
    await contact.says("pizza")
    contact.sees("Which size?", choices=["Small", "No idea"])
    await contact.taps("No idea")

    assert contact.data == {"size": "large"}
