"""A typed number means the option that was shown with this number."""

from typing import Any

import pytest

from bot import END, Flow, Option, Text, Turn, ask, call, choose, on, parse, step
from bot.flow.definition import of_class
from bot.flow.load import Flows

free: dict[str, str] = {}


@pytest.fixture(autouse=True)
def slots() -> None:
    free.clear()
    free.update({"nine": "9:00", "ten": "10:00", "eleven": "11:00"})


def _free(data: Any) -> dict[str, str]:
    return dict(free)


class Slot(Flow):
    start_on = ("slot",)

    time = choose("Which time?", _free, to="done")

    @step(to=END)
    def done(self, turn: Turn) -> str:
        turn.say(f"Booked {self.data.time}.")
        return END

    @on("freed")
    def freed(self, turn: Turn) -> None:
        free.pop("nine")


class Visit(Flow):
    start_on = ("visit",)

    slot = call("slot", to="guests")
    guests = ask("How many guests?", accept=parse.integer(), to=END)


class News(Flow):
    start_on_events = ("news",)

    @step(to=END)
    def tell(self, turn: Turn) -> str:
        turn.say("We have news.")
        return END


pytestmark = pytest.mark.flows([Slot, Visit, News])


async def test_number_means_what_it_showed_after_an_option_is_gone(contact):
    await contact.says("slot")
    free.pop("nine")
    await contact.says("2")

    contact.sees("Booked ten.")


async def test_number_means_what_it_showed_after_an_option_was_put_in_front(contact):
    await contact.says("slot")
    free.clear()
    free.update({"eight": "8:00", "nine": "9:00"})
    await contact.says("1")

    contact.sees("Booked nine.")


async def test_number_of_an_option_that_is_gone_is_asked_again_with_new_numbers(contact):
    await contact.says("slot")
    free.pop("ten")
    await contact.says("2")

    contact.sees("Which time?", choices=["9:00", "11:00"])
    await contact.says("2")
    contact.sees("Booked eleven.")


async def test_number_means_what_it_showed_in_a_called_flow_and_after_an_event(contact):
    await contact.says("visit")
    await contact.receives_event("freed")
    await contact.receives_event("news")
    await contact.says("2")

    contact.sees("Booked ten.")
    contact.sees("How many guests?")


async def test_repeated_question_gives_numbers_their_new_meaning(contact):
    await contact.says("slot")
    free.pop("nine")
    await contact.says("help")
    await contact.says("2")

    contact.sees("Booked eleven.")


class Sizes(Flow):
    start_on = ("sizes",)

    size = choose(
        Text("Which size?"), {"s": Option("Small", to="done"), "l": Option("Large", to="done")}
    )

    @step(to=END)
    def done(self, turn: Turn) -> str:
        turn.say(f"You get {self.data.size}.")
        return END


class MoreSizes(Sizes):
    size = choose(
        Text("Which size?"),
        {
            "xs": Option("Tiny", to="done"),
            "s": Option("Small", to="done"),
            "l": Option("Large", to="done"),
        },
    )


@pytest.mark.flows([Sizes])
async def test_number_means_what_it_showed_before_a_release(contact, simulation):
    await contact.says("sizes")
    released = of_class(type("Sizes", (MoreSizes,), {"__module__": __name__}))
    simulation.bot.use(Flows([released]))
    await contact.says("2")

    contact.sees("You get l.")
