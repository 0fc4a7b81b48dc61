"""A button of an earlier question is recognized, and does what that question says."""

import pytest

from bot import END, Flow, Option, choose
from bot.flow.definition import of_class
from bot.flow.load import Flows


def pizza(stale):
    class Pizza(Flow):
        start_on = ("pizza",)

        size = choose(
            "Which size?",
            {"small": Option("Small", to="sauce"), "large": Option("Large", to="sauce")},
            stale=stale,
        )
        sauce = choose(
            lambda data: f"Which sauce on the {data.size} one?",
            {"red": Option("Red", to="sure"), "white": Option("White", to="sure")},
        )
        sure = choose("Sure?", {"yes": Option("Yes", to=END)})

    return Pizza


pytestmark = pytest.mark.contact(channel="RCS")


@pytest.mark.flows([pizza("reask")])
async def test_asks_the_present_question_again(contact):
    await contact.says("pizza")
    await contact.taps("Small")
    await contact.taps("Large")

    contact.sees("That button belongs to an earlier question.")
    contact.sees("Which sauce on the small one?")
    assert contact.data == {"size": "small"}


@pytest.mark.flows([pizza("accept")])
async def test_takes_the_new_answer_and_stays(contact):
    await contact.says("pizza")
    await contact.taps("Small")
    await contact.taps("Large")

    contact.sees("Which sauce on the large one?")
    assert contact.state == "sauce"


@pytest.mark.flows([pizza("jump")])
async def test_goes_back_to_the_question(contact):
    await contact.says("pizza")
    await contact.taps("Small")
    await contact.taps("Red")
    contact.sees("Sure?")
    await contact.taps("Large")

    contact.sees("Which sauce on the large one?")
    assert contact.state == "sauce"


@pytest.mark.flows([pizza("reask")])
async def test_a_tap_in_the_same_state_counts_whichever_turn_asked(contact):
    await contact.says("pizza")
    await contact.says("what?")
    contact.sees("Sorry, I didn't understand that. Which size?")
    first = contact.phone.shown[0].choices[1]
    contact.phone.answers(contact.phone.shown[0].message_id, first.postback)
    await contact.run_until_idle()

    assert contact.data == {"size": "large"}


@pytest.mark.flows([pizza("reask")])
async def test_starts_nothing_once_the_flow_is_over(contact):
    for label in ("Small", "Red", "Yes"):
        await contact.says("pizza") if label == "Small" else None
        await contact.taps(label)
    await contact.taps("Large")

    contact.sees("Sorry, I don't know what to do with that. You can say: pizza.")


@pytest.mark.flows([pizza("jump")])
async def test_starts_over_once_the_flow_is_over(contact):
    for label in ("Small", "Red", "Yes"):
        await contact.says("pizza") if label == "Small" else None
        await contact.taps(label)
    await contact.taps("Large")

    contact.sees("Which size?")


class Released(Flow):
    """A release of `Pizza` without the option of an older button."""

    name = "pizza"
    start_on = ("pizza",)

    size = choose("Which size?", {"small": Option("Small", to="sauce")}, stale="jump")
    sauce = choose("Which sauce?", {"red": Option("Red", to=END)})


@pytest.mark.flows([pizza("jump")])
async def test_a_button_whose_option_is_gone_asks_the_present_question_again(contact, simulation):
    await contact.says("pizza")
    await contact.taps("Small")
    simulation.bot.engine.flows = Flows([of_class(Released)])
    await contact.taps("Large")

    contact.sees("That button belongs to an earlier question.")
    contact.sees("Which sauce?")
    assert not [letter async for letter in simulation.bot.store.admin.dead_letters()]


class Twice(Flow):
    start_on = ("twice",)

    tea = choose("Tea?", {"y": Option("Yes", to="milk"), "n": Option("No", to=END)})
    milk = choose("Milk?", {"with_": Option("Yes", to=END), "without": Option("No", to=END)})


@pytest.mark.contact(channel="SMS")
@pytest.mark.flows([Twice])
async def test_a_typed_answer_that_is_taken_for_an_earlier_choice_is_the_present_one(contact):
    await contact.says("twice")
    tapped = contact.phone.shown[0].app_message["choice_message"]["choices"][0]["postback_data"]
    await contact.says("1")
    contact.phone.answers(contact.phone.shown[0].message_id, tapped)  # as the platform reads "Yes"
    await contact.run_until_idle()

    assert contact.data == {"tea": "y", "milk": "with_"}


class Survey(Flow):
    start_on = ("survey",)

    color = choose(
        "Which color?",
        {"r": Option("Red", to="size")},
        attempts=1,
        otherwise="size",
        stale="accept",
    )
    size = choose("Which size?", {"s": Option("Small", to=END)})


@pytest.mark.flows([Survey])
async def test_back_takes_back_what_an_old_button_stored_for_a_question_without_an_answer(contact):
    await contact.says("survey")
    await contact.says("nothing")
    await contact.taps("Red")
    assert contact.data == {"color": "r"}
    await contact.says("back")

    contact.sees("Which color?")
    assert contact.data == {}
