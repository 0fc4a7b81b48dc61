"""Another flow's word while a flow is active: switch and come back, ask first, or ignore."""

import pytest

from bot import END, Flow, Option, ask, call, choose, parse


def order(policy):
    class Order(Flow):
        start_on = ("order",)
        interrupt = policy

        item = ask(
            "What would you like?", accept=parse.integer(), to="sure", reask="A number, please."
        )
        sure = choose("Sure?", {"yes": Option("Yes", to=END)})

    return Order


class Hours(Flow):
    start_on = ("hours",)

    day = choose("Which day?", {"mon": Option("Monday", to=END)})


@pytest.mark.flows([order("switch"), Hours])
async def test_switches_and_comes_back(contact):
    await contact.says("order")
    await contact.says("7")
    await contact.says("hours")
    contact.sees("Which day?")
    await contact.says("monday")

    contact.sees("Sure?")
    assert (contact.flow, contact.data) == ("order", {"item": 7})


@pytest.mark.flows([order("ignore"), Hours])
async def test_ignores(contact):
    await contact.says("order")
    await contact.says("hours")

    contact.sees("A number, please.")
    assert contact.flow == "order"


@pytest.mark.flows([order("ask"), Hours])
async def test_asks_first_and_switches(contact):
    await contact.says("order")
    await contact.says("hours")
    contact.sees("Do you want to switch to hours instead?", choices=["Yes", "No, continue"])
    await contact.says("yes")
    contact.sees("Which day?")
    await contact.says("1")

    contact.sees("What would you like?")


@pytest.mark.flows([order("ask"), Hours])
async def test_asks_first_and_stays(contact):
    await contact.says("order")
    await contact.says("hours")
    await contact.says("no")

    contact.sees("What would you like?")
    assert contact.flow == "order"


class Address(Flow):
    """A flow that others call, and that returns a value."""

    street = ask("Which street?", accept=parse.text(), to="town")
    town = ask(lambda data: f"{data.street} in which town?", accept=parse.text(), to=END)

    def returns(self):
        return f"{self.data.street}, {self.data.town}"


class Delivery(Flow):
    start_on = ("delivery",)

    where = call("address", to="sure", data=lambda data: {"hint": "home"})
    sure = choose(lambda data: f"To {data.where}?", {"yes": Option("Yes", to=END)})


@pytest.mark.flows([Delivery, Address])
async def test_calls_a_flow_and_takes_what_it_returns(contact):
    await contact.says("delivery")
    contact.sees("Which street?")
    assert contact.data == {"hint": "home"}
    await contact.says("Main")
    await contact.says("Oslo")

    contact.sees("To Main, Oslo?")
    await contact.says("yes")
    assert contact.data == {"where": "Main, Oslo", "sure": "yes"}


class Menu(Flow):
    start_on = ("menu",)

    pick = choose("Menu?", {"hours": Option("Hours", to="sub")})
    sub = call("hours", to="pick")


@pytest.mark.flows([Menu, Hours])
async def test_going_to_and_fro_piles_nothing_up(contact):
    for _ in range(30):
        await contact.says("menu")
        await contact.says("hours")

    contact.sees("Which day?")
    assert [run.flow for run in contact.session.runs] == ["menu", "hours"]
