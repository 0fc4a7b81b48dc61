"""`change` while another question must be asked: after a release, and during another change."""

from dataclasses import dataclass
from typing import Any, Literal

import pytest

from bot import END, Flow, Option, Turn, ask, call, choose, on, parse, step
from bot.flow.definition import of_class
from bot.flow.load import Flows
from tests.support.conversation import hand_back, sees, talk


@dataclass
class Order:
    size: str = ""
    color: str = ""
    count: int = 0
    total: str = ""
    note: str = ""
    sure: str = ""


def shop(
    *colors: str,
    sizes: tuple[str, ...] = ("S", "L"),
    typed: bool = False,
    version: int = 1,
    stale: Literal["reask", "accept", "jump"] = "reask",
) -> type[Flow]:
    """Return a flow whose step fails if the color is missing."""

    class Shop(Flow):
        start_on = ("shop",)
        if typed:
            data: Order

        size = choose("Which size?", {each: each for each in sizes}, to="color", stale=stale)
        color = choose(
            "Which color?",
            {**{each: each for each in colors}, "none": Option("None", to="note")},
            to="count",
            timeout=("1h", "late"),
        )
        count = ask(lambda data: f"How many {data.color}?", accept=parse.integer(), to="add")

        @step(to="note")
        def add(self, turn: Turn) -> str:
            self.data.total = f"{self.data.count} {self.data.color[0]}"
            turn.say(f"Total {self.data.total}.")
            return "note"

        note = ask("A note?", accept=parse.text(), to="sure", bursts=("merge", "3s"))
        sure = choose(
            lambda data: f"{data.size} {data.color} {data.note}?", {"yes": Option("Yes", to=END)}
        )

        @step(to=END)
        def late(self, turn: Turn) -> str:
            turn.say("Too late.")
            return END

    Shop.version = version
    return Shop


def deploy(simulation: Any, *flows: type[Flow]) -> None:
    simulation.bot.use(Flows([of_class(each) for each in flows]))


async def released(simulation: Any, contact: Any, flow: type[Flow]) -> None:
    """Let the contact answer all questions, then deploy `flow`, in which red is missing."""
    await says(contact, "shop", "L", "red", "2", "hi")
    await contact.waits("4s")
    contact.sees("L red hi?")
    deploy(simulation, flow)


async def says(contact: Any, *texts: str) -> None:
    for text in texts:
        await contact.says(text)


CASES = pytest.mark.parametrize(
    ("typed", "version"), [(False, 1), (False, 2), (True, 1), (True, 2)]
)


@CASES
async def test_change_of_an_answer_before_the_missing_one(simulation, contact, typed, version):
    deploy(simulation, shop("red", "blue", typed=typed))
    await released(simulation, contact, shop("green", typed=typed, version=version))
    await talk(
        contact,
        ("change size", "Which size?"),
        ("S", "Which color?"),
        ("green", "Total 2 g.", "S green hi?"),
    )


@CASES
async def test_change_of_an_answer_behind_the_missing_one(simulation, contact, typed, version):
    deploy(simulation, shop("red", "blue", typed=typed))
    await released(simulation, contact, shop("green", typed=typed, version=version))
    await talk(
        contact,
        ("change count", "Which color?"),
        ("green", "How many green?"),
        ("3", "Total 3 g.", "L green hi?"),
    )


@pytest.mark.flows([shop("red", "blue")])
async def test_changes_while_the_missing_answer_is_asked(simulation, contact):
    await released(simulation, contact, shop("green"))
    await talk(
        contact,
        ("hello", "Which color?"),
        ("change note", "Which color?"),
        ("change count", "Which color?"),
        ("help", "Answer the question", "Which color?"),
        ("green", "How many green?"),
        ("3", "Total 3 g.", "A note?"),
    )
    await contact.says("no")
    await contact.waits("4s")
    sees(contact, "L green no?")


@pytest.mark.flows([shop("red", "blue")])
async def test_change_waits_for_a_burst_of_an_answer_and_for_a_person(simulation, contact):
    await released(simulation, contact, shop("green"))
    await talk(contact, ("change note", "Which color?"), ("agent", "A colleague will take over."))
    await hand_back(simulation, contact)
    sees(contact, "Which color?")
    await talk(contact, ("green", "Total 2 g.", "A note?"))
    await says(contact, "one", "two")
    await contact.waits("4s")

    sees(contact, "L green one\ntwo?")


@pytest.mark.flows([shop("red", "blue")])
async def test_new_answer_that_leads_past_the_wanted_question(simulation, contact):
    await released(simulation, contact, shop("green"))
    await talk(
        contact,
        ("change count", "Which color?"),
        ("None", "L none hi?"),
        ("yes",),
    )

    assert contact.flow is None


@pytest.mark.flows([shop("red", "blue")])
async def test_back_from_the_missing_answer_asks_for_it_again(simulation, contact):
    await released(simulation, contact, shop("green"))
    await talk(
        contact,
        ("change size", "Which size?"),
        ("back", "Which color?"),
        ("back", "Which color?"),
        ("green", "Total 2 g.", "L green hi?"),
    )


@pytest.mark.flows([shop("red", "blue")])
async def test_time_out_of_the_missing_answer_ends_the_flow(simulation, contact):
    await released(simulation, contact, shop("green"))
    await talk(contact, ("change note", "Which color?"))
    await contact.waits("2h")

    sees(contact, "Too late.")
    assert contact.flow is None


@pytest.mark.parametrize("typed", [False, True])
async def test_two_missing_answers_are_asked_and_no_other(simulation, contact, typed):
    deploy(simulation, shop("red", "blue", typed=typed))
    await released(simulation, contact, shop("green", sizes=("M",), typed=typed, version=2))
    await talk(
        contact,
        ("yes", "Which size?"),
        ("M", "Which color?"),
        ("green", "Total 2 g.", "M green hi?"),
    )


@pytest.mark.flows([shop("red", "blue")])
async def test_release_during_a_change_keeps_the_wish(simulation, contact):
    await says(contact, "shop", "L", "red", "2", "hi")
    await contact.waits("4s")
    contact.sees("L red hi?")
    await talk(contact, ("change count", "How many red?"))
    deploy(simulation, shop("green"))
    await talk(
        contact,
        ("3", "Which color?"),
        ("green", "How many green?"),
        ("3", "Total 3 g.", "L green hi?"),
    )


@pytest.mark.flows([shop("red", "blue", stale="jump")])
@pytest.mark.contact(channel="RCS")
async def test_old_button_before_the_missing_answer_continues_from_its_question(
    simulation, contact
):
    await released(simulation, contact, shop("green", stale="jump"))
    await contact.taps("S")
    sees(contact, "Which color?")
    await talk(contact, ("[green]", "How many green?"), ("3", "Total 3 g.", "A note?"))


@pytest.mark.flows([shop("red", "blue", stale="accept")])
@pytest.mark.contact(channel="RCS")
async def test_answer_that_an_old_button_has_given_is_not_asked_again(simulation, contact):
    await released(simulation, contact, shop("red", sizes=("S",), stale="accept"))
    await talk(contact, ("[S]", "S red hi?"), ("yes",))

    assert contact.flow is None


@pytest.mark.flows([shop("blue")])
async def test_change_of_a_later_answer_keeps_a_new_question(contact):
    await says(contact, "shop", "L", "None", "hi")
    await contact.waits("4s")
    contact.sees("L none hi?")
    await talk(
        contact,
        ("change color", "Which color?"),
        ("blue", "How many blue?"),
        ("change note", "How many blue?"),
        ("3", "Total 3 b.", "A note?"),
    )
    await contact.says("no")
    await contact.waits("4s")
    sees(contact, "L blue no?")
    await talk(contact, ("back", "A note?"), ("back", "How many blue?"))
    assert "count" not in contact.data


def catalog(*goods: str, version: int = 1) -> type[Flow]:
    class Catalog(Flow):
        start_on = ("catalog",)

        article = choose("Which article?", {each.lower(): each for each in goods}, to="where")
        where = call("address", to="price")

        @step(to="sure")
        def price(self, turn: Turn) -> str:
            turn.say(f"The {self.data.article} costs 5.")
            return "sure"

        sure = choose(
            lambda data: f"{data.article} to {data.where['street']}, {data.where['town']}?",
            {"yes": Option("Yes", to=END)},
        )

        @on("sent", to=END)
        def sent(self, turn: Turn) -> str:
            return END

    Catalog.version = version
    return Catalog


class Address(Flow):
    street = ask("Which street?", accept=parse.text(), to="town")
    town = ask("Which town?", accept=parse.text(), to=END)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.flows([catalog("Lamp", "Lock"), Address])
async def test_change_in_a_returned_flow_and_then_the_missing_answer_of_the_caller(
    simulation, contact, version
):
    await says(contact, "catalog", "lock", "Main", "Lund")
    contact.sees("The lock costs 5.")
    contact.sees("lock to Main, Lund?")
    deploy(simulation, catalog("Lamp", version=version), Address)
    await talk(
        contact,
        ("change street", "Which street?"),
        ("Side", "Which article?"),
        ("lamp", "The lamp costs 5.", "lamp to Side, Lund?"),
    )


@pytest.mark.flows([catalog("Lamp", "Lock"), Address])
async def test_step_after_a_call_waits_for_the_missing_answer_of_the_caller(simulation, contact):
    await says(contact, "catalog", "lock", "Main")
    deploy(simulation, catalog("Lamp", version=2), Address)
    await talk(
        contact,
        ("Lund", "Which article?"),
        ("lamp", "The lamp costs 5.", "lamp to Main, Lund?"),
    )


@pytest.mark.flows([catalog("Lamp", "Lock"), Address])
async def test_change_of_a_callers_missing_answer_returns_to_the_called_flow(simulation, contact):
    await says(contact, "catalog", "lock", "Main")
    deploy(simulation, catalog("Lamp"), Address)
    await talk(
        contact,
        ("change article", "Which article?"),
        ("lamp", "Which town?"),
        ("Lund", "The lamp costs 5.", "lamp to Main, Lund?"),
    )
