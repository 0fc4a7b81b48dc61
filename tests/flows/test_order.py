"""The order flow: part, quantity, address, confirmation."""

import pytest

from bot import Card


async def test_orders_by_number_label_and_tap(contact):
    await contact.says("order")
    contact.sees("Which part", choices=["Front light, 29 €", "Chain lock, 49 €", "Brass bell, 9 €"])
    await contact.says("1")
    contact.sees("How many?")
    await contact.says("2")
    contact.sees("Where shall we send it?")
    await contact.sends_location(55.61, 13.0)
    contact.sees("2 x light, 58 € in all.", choices=["Yes, order", "Start over"])
    await contact.taps("Yes, order")

    contact.sees(Card, title="Thank you! Order O", choices=["Track it"])
    assert contact.flow is None
    assert contact.data["product"] == "light"
    assert contact.data["quantity"] == 2
    assert contact.data["address"]["latitude"] == 55.61


async def test_asks_again_for_what_is_no_quantity_or_address(contact):
    await contact.says("parts")
    await contact.says("LOCK ")
    await contact.says("a few")
    contact.sees("whole number")
    assert contact.state == "quantity"

    await contact.says("1")
    await contact.says("here")
    contact.sees("Please give street, number and town.")
    assert contact.state == "address"


async def test_says_when_the_shelf_holds_too_few(contact):
    for answer in ("order", "lock", "5", "Harbour Street 1, Malmö", "yes"):
        await contact.says(answer)

    contact.sees("We have only 3 of those left.")
    contact.sees("How many?")
    assert contact.state == "quantity"


async def test_starts_over(contact):
    for answer in ("order", "bell", "5", "Harbour Street 1, Malmö"):
        await contact.says(answer)
    await contact.taps("Start over")

    contact.sees("Which part")
    assert contact.state == "product"


async def test_reminds_once_and_gives_up_after_a_day(contact):
    for answer in ("order", "bell", "5", "Harbour Street 1, Malmö"):
        await contact.says(answer)

    await contact.waits("31m")
    contact.sees("Your order is waiting for your yes.")
    await contact.waits("20h")
    contact.sees_nothing()
    await contact.waits("4h")

    assert contact.flow is None


@pytest.mark.parametrize("answers", [["a tent"], ["bell", "5", "Harbour Street 1, Malmö", "hm"]])
async def test_asks_again_for_what_is_no_option(contact, answers):
    for answer in ["order", *answers]:
        await contact.says(answer)

    contact.sees("Sorry, I didn't understand that.")


@pytest.mark.parametrize("answers", [[], ["bell"], ["bell", "5"]])
async def test_gives_up_a_question_that_nobody_answers(contact, answers):
    for answer in ["order", *answers]:
        await contact.says(answer)
    assert contact.flow == "order"
    await contact.waits("25h")

    contact.sees_nothing()
    assert contact.flow is None
