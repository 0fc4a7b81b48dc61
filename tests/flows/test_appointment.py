"""The appointment flow, on a simulated Monday, 5 January."""

import pytest

from bot import Card, Carousel


@pytest.mark.contact(channel="RCS")
async def test_books_by_tapping(contact):
    await contact.says("repair")
    contact.sees(Carousel, choices=["Tune-up", "Flat tyre", "Wheel truing"])
    await contact.taps("Flat tyre")
    contact.sees("Which day suits you?")
    await contact.says("this friday")
    contact.sees("At what time", choices=["9:00", "12:00", "15:00"])
    await contact.taps("12:00")
    contact.sees("What is your name?")
    await contact.says("Astrid")
    contact.sees("Flat tyre on Friday, January 9, 2026.", choices=["Yes, book it", "Start over"])
    await contact.taps("Yes, book it")

    contact.sees(Card, title="Booked: R")
    assert contact.data["day"] == "2026-01-09"
    assert contact.flow is None


async def test_hands_over_after_three_days_not_understood(contact):
    await contact.says("appointment")
    await contact.says("puncture")
    for _ in range(2):
        await contact.says("whenever you like, really")
        contact.sees("Please name a day from tomorrow on")
    await contact.says("hm")

    contact.sees("A colleague will take over.")
    assert contact.session.pause is not None
    await contact.says("hello?")
    contact.sees_nothing()


@pytest.mark.contact(language="de")
async def test_hands_over_in_the_contact_s_language(contact):
    for answer in ("termin", "platten", "irgendwann", "irgendwann", "hm"):
        await contact.says(answer)

    contact.sees("Jemand aus unserem Team übernimmt.")


async def test_reminds_after_half_an_hour(contact):
    await contact.says("appointment")
    await contact.says("tune-up")
    await contact.waits("31m")

    contact.sees("Are you still there?")
    assert contact.state == "day"


BY_STATE = {
    "service": ["repair"],
    "day": ["repair", "tune-up"],
    "hour": ["repair", "tune-up", "this friday"],
    "who": ["repair", "tune-up", "this friday", "nine"],
    "confirm": ["repair", "tune-up", "this friday", "nine", "Astrid"],
}


@pytest.mark.parametrize("state", BY_STATE)
async def test_gives_up_a_question_that_nobody_answers(contact, state):
    for answer in BY_STATE[state]:
        await contact.says(answer)
    assert contact.state == state
    await contact.waits("25h")

    assert contact.flow is None


@pytest.mark.parametrize(
    ("state", "junk"),
    [("service", "a car"), ("hour", "at night"), ("who", "A"), ("confirm", "perhaps")],
)
async def test_asks_again_for_what_is_no_answer(contact, state, junk):
    for answer in [*BY_STATE[state], junk]:
        await contact.says(answer)

    assert contact.state == state
    contact.sees("")


@pytest.mark.parametrize("hour", ["9:00", "12:00", "15:00"])
async def test_books_wheels_at_any_hour(contact, hour):
    for answer in ("repair", "truing", "this friday", hour, "Astrid", "ok"):
        await contact.says(answer)

    contact.sees("Wheel truing, Friday, January 9, 2026")


async def test_starts_over(contact):
    for answer in [*BY_STATE["confirm"], "no"]:
        await contact.says(answer)

    assert contact.state == "service"
