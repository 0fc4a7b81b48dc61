"""`back` over events whose handlers have stored data."""

import pytest

from bot import END, Flow, Option, Turn, ask, choose, on, parse, step
from tests.support.conversation import sees, talk


class Ticket(Flow):
    start_on = ("ticket",)

    holder = ask("Whose ticket?", accept=parse.text(), to="add", bursts=("merge", "3s"))

    @step(to="more")
    def add(self, turn: Turn) -> str:
        self.data.price = self.data.get("price", 0) + 10
        return "more"

    more = choose(
        lambda data: f"{data.price} €. Another ticket?",
        {"yes": Option("Yes", to="holder"), "no": Option("No", to=END)},
    )

    @on("dearer")
    def raise_price(self, turn: Turn) -> None:
        self.data.price = self.data.get("price", 0) + turn.event_data["by"]

    @on("free")
    def forget_price(self, turn: Turn) -> None:
        del self.data.price


pytestmark = pytest.mark.flows([Ticket])


async def buys(contact, holder, question):
    await contact.says(holder)
    await contact.waits("4s")
    sees(contact, question)


async def test_value_of_a_step_that_a_handler_has_changed_stays(contact):
    await talk(contact, ("ticket", "Whose ticket?"))
    await buys(contact, "Ada", "10 €.")
    await contact.receives_event("dearer", {"by": 5})
    await talk(contact, ("back", "Whose ticket?"))

    assert contact.data == {"price": 15}


async def test_value_that_a_handler_has_changed_since_an_earlier_visit_stays(contact):
    await talk(contact, ("ticket", "Whose ticket?"))
    await buys(contact, "Ada", "10 €.")
    await talk(contact, ("yes", "Whose ticket?"))
    await buys(contact, "Bo", "20 €.")
    await contact.receives_event("dearer", {"by": 5})
    await talk(contact, ("back", "Whose ticket?"), ("back", "25 €."))

    assert contact.data == {"holder": "Ada", "price": 25}


async def test_value_that_a_handler_has_deleted_stays_deleted(contact):
    await talk(contact, ("ticket", "Whose ticket?"))
    await buys(contact, "Ada", "10 €.")
    await talk(contact, ("yes", "Whose ticket?"))
    await buys(contact, "Bo", "20 €.")
    await contact.receives_event("free")
    await talk(contact, ("back", "Whose ticket?"))

    assert contact.data == {"holder": "Ada", "more": "yes"}


async def test_value_of_a_handler_in_a_burst_stays(contact):
    await talk(contact, ("ticket", "Whose ticket?"))
    await contact.says("Ada")
    await contact.receives_event("dearer", {"by": 5})
    await buys(contact, "Lovelace", "15 €.")
    await talk(contact, ("back", "Whose ticket?"))

    assert contact.data == {"price": 15}
