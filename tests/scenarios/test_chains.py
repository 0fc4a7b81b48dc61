"""Start words, `back`, `cancel` and time-outs with called and interrupted flows."""

from pathlib import Path

import pytest

from bot import END, Flow, Option, Turn, ask, call, choose, on, parse, step

SAMPLE_FLOWS = str(Path(__file__).parents[2] / "flows")


class Address(Flow):
    start_on = ("address",)

    street = ask(
        lambda data: f"Which street, {data.get('name', '?')}?",
        accept=parse.text(),
        to="town",
        timeout=("2h", END),
    )
    town = choose("Which town?", {"m": Option("Malmo", to=END), "l": Option("Lund", to=END)})

    def returns(self):
        return f"{self.data.get('street')}, {self.data.get('town')}"


class Order(Flow):
    start_on = ("order",)

    item = choose("Item?", {"light": Option("Light", to="where"), "none": Option("None", to=END)})
    where = call("address", to="sure", data=lambda data: {"name": "Ada"}, otherwise="late")
    sure = choose(
        lambda data: f"{data.item} to {data.where}?",
        {"yes": Option("Yes", to=END), "again": Option("Start over", to="item")},
    )

    @on("elsewhere", to="sure")
    def elsewhere(self, turn: Turn) -> str:
        self.data.where = "the shop"
        return "sure"

    @step(to=END)
    def late(self, turn: Turn) -> str:
        turn.say("Another time, then.")
        return END


class Gift(Flow):
    start_on = ("gift",)

    where = call("address", to="card", data=lambda data: {"name": "giver"})
    card = choose(lambda data: f"Card to {data.where}?", {"ok": Option("Ok", to=END)})


class Strict(Flow):
    start_on = ("strict",)
    interrupt = "ask"

    first = ask("First?", accept=parse.text(), to="second")
    second = ask("Second?", accept=parse.text(), to=END)


class Menu(Flow):
    start_on = ("menu",)
    fallback = True

    pick = choose("Menu?", {"gift": Option("A gift", to="sub"), "more": Option("More", to="more")})
    sub = call("gift", to="pick")
    more = choose("More?", {"back": Option("Less", to="pick")})


pytestmark = pytest.mark.flows([Address, Order, Gift, Strict, Menu])


async def says(contact, *texts):
    for text in texts:
        await contact.says(text)


def flows(contact):
    return [[run.flow for run in chain.runs] for chain in contact.session.chains]


async def test_a_flow_returns_to_the_run_that_called_it(contact):
    await says(contact, "order", "light", "gift")
    contact.sees("Which street, giver?")
    await says(contact, "Gift street", "lund")
    contact.sees("Card to Gift street, l?")
    await contact.says("ok")

    contact.sees("Which street, Ada?")
    await says(contact, "Main street", "malmo")
    contact.sees("light to Main street, m?")


async def test_the_word_of_the_first_flow_restarts_its_chain(contact):
    await says(contact, "order", "light", "order")
    contact.sees("Item?")
    await contact.says("none")

    contact.sees_nothing()
    assert contact.flow is None


async def test_a_restart_asks_first_if_the_called_flow_has_answers(contact):
    await says(contact, "order", "light", "Main street", "order")
    contact.sees("Do you want to switch to order instead?")
    await contact.says("no")
    contact.sees("Which town?")
    await says(contact, "order", "yes")

    contact.sees("Item?")
    assert flows(contact) == [["order"]]


async def test_the_called_flow_s_word_asks_its_question_again_with_its_arguments(contact):
    await says(contact, "order", "light", "address")

    contact.sees("Which street, Ada?")
    assert flows(contact) == [["order", "address"]]


async def test_the_word_of_an_interrupted_flow_brings_its_chain_to_the_top(contact):
    await says(contact, "order", "light", "gift", "order")
    contact.sees("Which street, Ada?")
    assert flows(contact) == [["gift", "address"], ["order", "address"]]
    await says(contact, "A", "lund", "yes")

    contact.sees("Which street, giver?")


async def test_the_fallback_s_word_puts_its_first_question(contact):
    await says(contact, "menu", "more", "order", "menu")

    contact.sees("Menu?")
    assert flows(contact) == [["order"], ["menu"]]


async def test_the_strictest_interrupt_of_the_chain_counts(contact):
    await says(contact, "strict", "one", "gift")
    contact.sees("Do you want to switch to gift instead?")
    await contact.says("yes")
    contact.sees("Which street, giver?")
    await says(contact, "strict")

    contact.sees("Second?")


async def test_a_flow_s_own_word_asks_before_answers_are_lost(contact):
    await says(contact, "strict", "strict")
    contact.sees("First?")
    await says(contact, "one", "strict")

    contact.sees("Do you want to switch to strict instead?", choices=["Yes", "No, continue"])
    await contact.says("yes")
    contact.sees("First?")


async def test_cancel_ends_the_active_chain_alone(contact):
    await says(contact, "order", "light", "gift", "cancel")

    contact.sees("All right, that's canceled.")
    contact.sees("Which street, Ada?")
    assert flows(contact) == [["order", "address"]]
    await contact.says("cancel")
    assert contact.flow is None


async def test_cancel_at_the_question_whether_to_leave_ends_the_chain_it_is_about(contact):
    await says(contact, "strict", "one", "gift", "cancel")

    contact.sees("All right, that's canceled.")
    assert contact.flow is None


async def test_a_caller_goes_elsewhere_after_a_time_out_of_the_called_flow(contact):
    await says(contact, "order", "light")
    await contact.waits("3h")

    contact.sees("Another time, then.")
    assert "where" not in contact.data


async def test_a_caller_that_an_event_moves_ends_the_flow_that_it_has_called(contact):
    await says(contact, "order", "light", "Main street")
    await contact.receives_event("elsewhere")

    contact.sees("light to the shop?")
    assert flows(contact) == [["order"]]


async def test_a_time_out_of_an_interrupted_flow_moves_it_in_its_place(contact):
    await says(contact, "order", "light", "strict")
    await contact.waits("3h")

    contact.sees("Another time, then.")
    contact.sees_nothing()
    assert flows(contact) == [["strict"]]
    await says(contact, "one", "two")
    assert contact.flow is None


async def test_back_leaves_a_called_flow_at_its_first_question(contact):
    await says(contact, "order", "light", "back")

    contact.sees("Item?")
    assert flows(contact) == [["order"]]


async def test_back_enters_a_called_flow_that_has_returned(contact):
    await says(contact, "order", "light", "Main street", "lund", "back")

    contact.sees("Which town?")
    await contact.says("malmo")
    contact.sees("light to Main street, m?")


async def test_change_of_a_caller_s_answer_sets_the_called_flow_aside(contact):
    await says(contact, "order", "light", "Main street", "change item")
    contact.sees("Item?")
    await contact.says("light")

    contact.sees("Which town?")
    await contact.says("lund")
    contact.sees("light to Main street, l?")


async def test_change_of_a_called_flow_s_answer_returns_that_flow_again(contact):
    await says(contact, "order", "light", "Main street", "lund", "change street")
    contact.sees("Which street, Ada?")
    await contact.says("Side street")

    contact.sees("light to Side street, l?")


async def test_change_of_a_caller_s_answer_keeps_what_a_called_flow_has_returned(contact):
    await says(contact, "order", "light", "Main street", "lund", "change item", "light")

    contact.sees("light to Main street, l?")


async def test_back_without_a_flow_begins_the_fallback(contact):
    await contact.says("back")

    contact.sees("Menu?")


@pytest.mark.flows([Order, Address])
async def test_back_without_a_flow_or_fallback_is_answered(contact):
    await contact.says("zurück")

    contact.sees("Sorry, I don't know what to do with that.")


@pytest.mark.flows(SAMPLE_FLOWS)
async def test_menu_within_a_called_flow_of_the_samples_leaves_nothing_over(contact):
    await says(contact, "hello", "repair", "menu")
    contact.sees("What can we do for you?")
    await contact.says("find us")
    contact.sees("anything else?")
    await contact.says("no")

    contact.sees("Ride safely!")
    contact.sees_nothing()
    assert contact.flow is None


def topic(number):
    more = choose(f"About {number}. More?", {"y": Option("Yes", to=END)})
    body = {"__module__": __name__, "start_on": (f"topic {number}",), "more": more}
    return type(f"Topic{number}", (Flow,), body)


@pytest.mark.flows([topic(number) for number in range(25)])
async def test_too_many_topics_end_the_lowest(contact):
    for number in range(25):
        await contact.says(f"topic {number}")
        contact.sees(f"About {number}.")

    assert len(contact.session.runs) == 20
    assert contact.session.runs[0].flow == "topic5"


class Endless(Flow):
    start_on = ("endless",)

    more = choose("Deeper?", {"y": Option("Yes", to="down")})
    down = call("endless", to=END)


@pytest.mark.flows([Endless])
async def test_too_deep_a_call_fails_at_its_caller(contact):
    await contact.says("endless")
    for _ in range(19):
        await contact.says("yes")
    assert len(contact.session.runs) == 20
    await contact.says("yes")

    contact.sees("Sorry!")
    contact.sees_nothing(failed="Flow 'endless', state 'down': calling 'endless'")


class Broken(Flow):
    what = ask("What?", accept=parse.text(), to=END)

    def returns(self):
        raise RuntimeError("no value")


class Caller(Flow):
    start_on = ("call",)

    got = call("broken", to="show")

    @step(to=END)
    def show(self, turn: Turn) -> str:
        turn.say(f"Got {self.data.got}")
        return END


@pytest.mark.flows([Broken, Caller])
async def test_returns_that_fails_gives_what_was_answered(contact):
    await says(contact, "call", "this")

    contact.sees("Got {'what': 'this'}")
    contact.sees_nothing(failed="no value")
