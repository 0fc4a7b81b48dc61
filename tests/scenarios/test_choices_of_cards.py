"""A card's choice is the button of an option if its postback is the option's key. A number means
the choice that was shown with this number.
"""

import pytest

from bot import END, Card, Carousel, Choice, Flow, Option, choose, open_url, reply

GOODS = {"lamp": "Lamp", "lock": "Lock", "bell": "Bell"}


def cards(data):
    shown = ("bell", "lamp", "lock")
    return Carousel(
        [
            Card(
                GOODS[key],
                media=f"https://shop.example/{key}.jpg",
                choices=[
                    reply(f"Buy {GOODS[key]}", postback=key),
                    open_url("More", f"https://shop.example/{key}"),
                ],
            )
            for key in shown
        ]
    )


class Shop(Flow):
    start_on = ("shop",)

    goods = choose(
        cards,
        {
            **{key: Option(name, to="sure") for key, name in GOODS.items()},
            "none": Option("None of them", to=END),
        },
    )
    sure = choose(
        Choice("Sure?", [reply("Hours", postback="hours"), reply("Other", postback="no")]),
        {"yes": Option("Yes", to=END), "no": Option("No", to="goods")},
    )


class Hours(Flow):
    start_on = ("hours",)

    day = choose("Weekday or weekend?", {"week": Option("Weekday", to=END)})


class Market(Flow):
    start_on = ("market",)

    goods = choose(
        lambda data: Carousel(
            [
                Card(name, "Fine", choices=[reply("Buy", postback=key)])
                for key, name in GOODS.items()
            ]
        ),
        {key: Option(name, to="sure") for key, name in GOODS.items()},
        stale="jump",
    )
    sure = choose("Sure?", {"yes": Option("Yes", to=END)})


pytestmark = pytest.mark.flows([Shop, Hours, Market])


@pytest.mark.contact(channel="RCS")
async def test_are_shown_once_and_signed(contact):
    await contact.says("shop")
    shown = contact.sees(Carousel).app_message["carousel_message"]

    assert [choice["text_message"]["text"] for choice in shown["choices"]] == ["None of them"]
    assert shown["cards"][0]["choices"][0]["postback_data"].startswith("v2/shop/goods/")
    await contact.taps("Buy Lamp")
    contact.sees("Sure?", choices=["Yes", "Hours", "Other"])
    assert contact.data == {"goods": "lamp"}


@pytest.mark.parametrize(
    ("answer", "goods"), [("1", "bell"), ("2", "lamp"), ("3", "lock"), ("lamp", "lamp")]
)
async def test_a_number_is_that_of_the_choice_as_it_is_shown(contact, answer, goods):
    await contact.says("shop")
    shown = contact.sees("1. Buy Bell")
    assert "2. Buy Lamp" in shown.text
    assert "4. None of them" in shown.text
    await contact.says(answer)

    contact.sees("Sure?")
    assert contact.data["goods"] == goods


async def test_the_last_number_is_that_of_the_option_without_a_card(contact):
    await contact.says("shop")
    await contact.says("4")

    assert contact.flow is None


async def test_a_number_may_be_that_of_a_choice_which_is_no_option(contact):
    await contact.says("shop")
    await contact.says("1")
    contact.sees("Sure?\n\n1. Yes\n2. Hours\n3. Other")
    await contact.says("2")
    contact.sees("Weekday or weekend?")


async def test_what_an_own_choice_says_is_its_option(contact):
    await contact.says("shop")
    await contact.says("1")
    await contact.says("3")

    contact.sees("1. Buy Bell")


class Offer(Flow):
    start_on = ("offer",)

    take = choose(
        Card("Will you take it?", choices=[reply("Take it!", postback="yes")]),
        {"yes": Option("Take it", to=END), "no": Option("Leave it", to=END)},
    )


@pytest.mark.contact(channel="RCS")
@pytest.mark.flows([Offer])
async def test_a_card_s_own_button_takes_the_place_of_its_option_s(contact):
    await contact.says("offer")
    contact.sees(Card, choices=["Leave it", "Take it!"])
    await contact.taps("Take it!")

    assert contact.data == {"take": "yes"}


@pytest.mark.contact(channel="RCS")
@pytest.mark.flows([Offer, Shop, Hours])
async def test_a_card_and_a_choice_are_asked_again_with_the_hint(contact):
    await contact.says("offer")
    await contact.says("what?")
    contact.sees("Sorry, I didn't understand that.")
    contact.sees(Card, choices=["Leave it", "Take it!"])
    await contact.says("shop")
    await contact.says("lamp")
    await contact.says("what?")

    contact.sees("Sorry, I didn't understand that. Sure?", choices=["Yes", "Hours", "Other"])


@pytest.mark.parametrize("channel", ["RCS", "SMS"])
async def test_the_same_label_on_several_cards_is_tapped_by_the_card(contacts, channel):
    (contact,) = contacts(1, channel=channel)
    await contact.says("market")
    with pytest.raises(AssertionError) as caught:
        await contact.taps("Buy")
    told = (
        "the option 'Buy' is on card='Lamp', card='Lock', card='Bell'; name the card by its title"
    )
    assert told in str(caught.value)
    with pytest.raises(AssertionError, match="card='Lamp', card='Lock', card='Bell'"):
        await contact.taps("Buy", card="Pump")
    await contact.taps("Buy", card="Lock")

    contact.sees("Sure?")
    assert contact.data == {"goods": "lock"}
    assert "> [Lock] [Buy]\n" in contact.transcript


@pytest.mark.contact(channel="RCS")
async def test_an_old_card_is_tapped_by_its_title(contact):
    await contact.says("market")
    await contact.taps("Buy", card="Lock")
    await contact.taps("Buy", card="Bell", old=True)

    contact.sees("Sure?")
    assert contact.data == {"goods": "bell"}


class Garage(Flow):
    start_on = ("garage",)

    goods = choose(
        Carousel(
            [
                Card(
                    name,
                    media=f"https://shop.example/{key}.jpg",
                    choices=[
                        reply(f"Take the {key} home", postback=key),
                        open_url("More", "https://shop.example"),
                    ],
                )
                for key, name in {"l1": "Lamp", "l2": "Lock"}.items()
            ]
        ),
        {"l1": Option("Lamp", to=END), "l2": Option("Lock", to="sure")},
    )
    sure = choose("Sure?", {"yes": Option("Yes", to=END)})


@pytest.mark.flows([Garage, Market])
@pytest.mark.parametrize("channel", ["SMS", "WHATSAPP", "MESSENGER", "RCS"])
@pytest.mark.parametrize("text", ["Take the l2 home", "2. Take the l2 home", "Lock", "2"])
async def test_label_of_a_cards_choice_is_understood_if_it_is_typed(contacts, channel, text):
    [contact] = contacts(1, channel=channel)
    await contact.says("garage")
    await contact.says(text)

    assert contact.state == "sure"


@pytest.mark.flows([Garage, Market])
@pytest.mark.parametrize("channel", ["SMS", "WHATSAPP", "MESSENGER", "RCS"])
async def test_label_of_a_cards_choice_can_be_tapped(contacts, channel):
    [contact] = contacts(1, channel=channel)
    await contact.says("garage")
    await contact.taps("Take the l2 home")

    assert contact.state == "sure"


@pytest.mark.flows([Garage, Market])
async def test_label_that_several_cards_share_is_not_understood(contact):
    await contact.says("market")
    await contact.says("Buy")

    assert contact.state == "goods"
    assert contact.data == {}
