"""Every form in which an option can be chosen, on channels with buttons and without."""

import pytest

from bot import END, Flow, Option, choose, step


class Pizza(Flow):
    start_on = ("pizza",)

    size = choose(
        "Which size?",
        {
            "small": Option("Small one", to=END),
            "large": Option("Large one", to="more", synonyms=("big", "the big one")),
        },
    )

    @step(to=END)
    def more(self, turn):
        turn.say("Hungry!")
        return END


pytestmark = pytest.mark.flows([Pizza])

FORMS = [
    *("2", "large", "LARGE ", "Large one", "  large ONE", "big", "The big one!"),
    *("The big, one", "\uff12", "\u0662", "large\u200b one"),
]


@pytest.mark.parametrize("form", FORMS)
async def test_understands_every_form_on_sms(contact, form):
    await contact.says("pizza")
    await contact.says(form)

    contact.sees("Hungry!")
    assert contact.data == {"size": "large"}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.contact(channel="WHATSAPP")
async def test_understands_every_form_on_whatsapp(contact, form):
    await contact.says("pizza")
    await contact.says(form)

    contact.sees("Hungry!")


@pytest.mark.contact(channel="WHATSAPP")
async def test_understands_a_tap(contact):
    await contact.says("PIZZA")
    contact.sees("Which size?", choices=["Small one", "Large one"])
    await contact.taps("Large one")

    contact.sees("Hungry!")


@pytest.mark.contact(channel="WHATSAPP", mode="DISPATCH")
async def test_works_in_dispatch_mode(contact):
    await contact.says("pizza")
    await contact.taps("Large one")

    contact.sees("Hungry!")
    assert contact.session.address.key == f"WHATSAPP:{contact.phone.identity}"


async def test_sms_shows_numbers(contact):
    await contact.says("pizza")

    shown = contact.sees("Which size?")
    assert shown.text == "Which size?\n\n1. Small one\n2. Large one"


async def test_takes_a_foreign_postback_for_plain_text(contact):
    await contact.says("pizza")
    contact.phone.answers("01E6NKBV63YG6K01ENEW7S1N80", "large")
    await contact.run_until_idle()

    contact.sees("Hungry!")


async def test_takes_a_forged_postback_for_plain_text(contact):
    await contact.says("pizza")
    contact.phone.answers("01E6NKBV63YG6K01ENEW7S1N80", "v2/pizza/size/1.1/large/AAAAAAAAAAAA")
    await contact.run_until_idle()

    contact.sees("Sorry, I didn't understand that.")
    assert contact.state == "size"


class Nights(Flow):
    start_on = ("nights",)

    count = choose("How many?", {"two": Option("2", to=END), "four": Option("4", to=END)})


@pytest.mark.flows([Nights])
async def test_a_label_that_is_a_number_comes_before_the_place_in_the_list(contact):
    await contact.says("nights")
    await contact.says("2")

    assert contact.data == {"count": "two"}
