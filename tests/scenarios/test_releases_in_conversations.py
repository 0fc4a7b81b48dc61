"""Every reply after releases: changed pages, waiting starts, called state machines, typed data."""

import types
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

import pytest

from bot import END, Flow, Option, Turn, ask, call, choose, parse, step
from bot.flow.definition import of_class, of_module
from bot.flow.load import Flows
from tests.support.conversation import hand_back, sees, talk

CITIES = ("Aachen", "Bonn", "Celle", "Dresden", "Essen", "Fulda", "Gera", "Hagen", "Jena", "Kiel")
ALL = (*CITIES, "Mainz", "Neuss")
FEWER = (*CITIES[:8], "Neuss")


def deploy(simulation, *flows):
    made = [
        of_module(each) if isinstance(each, types.ModuleType) else of_class(each) for each in flows
    ]
    simulation.bot.use(Flows(made))


def cities(names):
    class Cities(Flow):
        name = "cities"
        start_on = ("cities",)

        origin = choose("From where?", {each.lower(): each for each in names}, to="target")
        target = choose("To where?", {each.lower(): each for each in names}, to="sure")
        sure = choose(
            lambda data: f"From {data.origin} to {data.target}?", {"yes": Option("Yes", to=END)}
        )

    return Cities


class Trip(Flow):
    start_on = ("trip",)

    who = ask("Who travels?", accept=parse.text(), to="way")
    way = call("cities", to="sure")
    sure = choose(
        lambda data: f"{data.who} from {data.way['origin']} to {data.way['target']}?",
        {"yes": Option("Right", to=END)},
    )


@pytest.mark.flows([cities(ALL), Trip])
async def test_shorter_list_asks_again_for_the_answer_that_it_lacks(simulation, contact):
    await talk(
        contact,
        ("trip", "Who travels?"),
        ("Ada", "From where?"),
        ("Kiel", "To where?"),
        ("more", "To where?"),
    )
    deploy(simulation, cities(FEWER), Trip)
    await talk(
        contact,
        ("10", "From where?"),
        ("Bonn", "To where?"),
        ("Neuss", "From bonn to neuss?"),
        ("yes", "Ada from bonn to neuss?"),
    )


@pytest.mark.flows([cities(ALL), Trip])
async def test_value_of_a_call_stays_if_an_option_of_the_called_flow_is_gone(simulation, contact):
    await talk(
        contact,
        ("trip", "Who travels?"),
        ("Ada", "From where?"),
        ("Kiel", "To where?"),
        ("Bonn", "From kiel to bonn?"),
        ("yes", "Ada from kiel to bonn?"),
    )
    deploy(simulation, cities(FEWER), Trip)
    await talk(contact, ("right",))

    assert contact.flow is None


@pytest.mark.flows([cities(ALL)])
@pytest.mark.contact(channel="RCS")
async def test_button_of_a_page_whose_option_is_gone_asks_again(simulation, contact):
    await talk(contact, ("cities", "From where?"), ("[More]", "From where?"))
    deploy(simulation, cities(FEWER))
    await talk(
        contact,
        ("[Kiel]", "That button belongs to an earlier question.", "From where?"),
        ("[Neuss]", "To where?"),
    )


@dataclass
class Appointment:
    number: int = 0
    day: date = date(2026, 2, 1)
    slot: str = ""
    hour: str = ""


HALVES = {"am": Option("Morning", to="done"), "pm": Option("Evening", to="done")}


def when(data):
    return f"Parcel {data.number}: when on {data.day:%d %B}?"


class Parcel(Flow):
    entry_points = ("slot",)
    data: Appointment

    number = ask("Which parcel?", accept=parse.integer(), to="done")
    slot = choose(when, HALVES)

    @step(to=END)
    def done(self, turn: Turn) -> str:
        turn.say(f"Parcel {self.data.number} comes.")
        return END


def renamed(**migrate):
    class Next(Flow):
        name = "parcel"
        version = 2
        entry_points = ("hour",)
        data: Appointment

        number = ask("Which parcel?", accept=parse.integer(), to="done")
        hour = choose(when, HALVES)

        @step(to=END)
        def done(self, turn: Turn) -> str:
            turn.say(f"Parcel {self.data.number} comes.")
            return END

    Next.migrate = {1: migrate}
    return Next


class Order(Flow):
    start_on = ("order",)

    product = choose("Which part?", {"bell": Option("Bell", to=END)})


@pytest.mark.flows([Parcel, Order])
async def test_start_in_a_state_waits_for_a_person_and_follows_its_state(simulation, contact):
    await talk(contact, ("order", "Which part?"), ("agent", "A colleague will take over."))
    await contact.starts_flow("parcel", {"number": 7}, state="slot")
    sees(contact)
    deploy(simulation, renamed(slot="hour"), Order)
    await hand_back(simulation, contact)
    contact.sees("Parcel 7: when on 01 February?")
    assert contact.state == "hour"
    await talk(contact, ("morning", "Parcel 7 comes.", "Which part?"))


@pytest.mark.flows([Parcel, Order])
async def test_start_in_a_state_that_is_gone_begins_at_the_first(simulation, contact):
    await talk(contact, ("order", "Which part?"), ("agent", "A colleague will take over."))
    await contact.starts_flow("parcel", {"number": 7}, state="slot")
    deploy(simulation, renamed(), Order)
    await hand_back(simulation, contact)
    contact.sees("Which parcel?")
    await talk(contact, ("8", "Parcel 8 comes.", "Which part?"))


class Gate(Enum):
    SHUT = 1
    OPEN = 2
    AJAR = 3
    LEFT = 4


class Model:
    data: Any

    def say_shut(self, turn):
        turn.say("The gate is shut.")

    def say_open(self, turn):
        turn.say("The gate is open.")

    def count(self, turn):
        self.data.opened = self.data.get("opened", 0) + 1

    def returns(self):
        return self.data.get("opened", 0)


def gate(open_state=Gate.OPEN, **options):
    module: Any = types.ModuleType("gate")
    module.said = ("open", "shut", "leave")
    module.Model = Model
    module.states = [
        {"name": Gate.SHUT, "on_enter": "say_shut"},
        {"name": open_state, "on_enter": "say_open"},
        {"name": Gate.LEFT, "final": True},
    ]
    module.transitions = [
        {"trigger": "open", "source": Gate.SHUT, "dest": open_state, "before": "count"},
        {"trigger": "shut", "source": open_state, "dest": Gate.SHUT},
        {"trigger": "leave", "source": [Gate.SHUT, open_state], "dest": Gate.LEFT},
    ]
    vars(module).update(options)
    return module


class Visit(Flow):
    start_on = ("visit",)

    guest = ask("Who visits?", accept=parse.text(), to="way")
    way = call("gate", to="rate")
    rate = choose(lambda data: f"{data.guest}, {data.way} times?", {"yes": Option("Yes", to=END)})


VISIT = (("visit", "Who visits?"), ("Ada", "The gate is shut."), ("open", "The gate is open."))


@pytest.mark.flows([gate(), Visit])
async def test_state_of_an_enum_is_migrated_by_its_name_in_a_called_flow(simulation, contact):
    await talk(contact, *VISIT)
    deploy(simulation, gate(Gate.AJAR, version=2, migrate={1: {"OPEN": "AJAR"}}), Visit)
    await talk(contact, ("shut", "The gate is shut."), ("leave", "Ada, 1 times?"))


@pytest.mark.flows([gate(), Visit])
@pytest.mark.parametrize(
    ("policy", "turns"),
    [
        ("restart", (("shut", "The gate is shut."), ("leave", "Ada, 0 times?"))),
        ("handoff", (("shut", "A colleague will take over."),)),
        ("stay", (("shut", "Sorry, I don't know"), ("cancel", "All right, that's canceled."))),
    ],
)
async def test_state_of_a_called_state_machine_that_is_gone_follows_its_policy(
    simulation, contact, policy, turns
):
    await talk(contact, *VISIT)
    deploy(simulation, gate(Gate.AJAR, version=2, unknown_state=policy), Visit)
    await talk(contact, *turns)


class Delivery(Flow):
    start_on_events = ("delivery",)

    sure = choose("Is your box there?", {"yes": Option("Yes", to=END), "no": Option("No", to=END)})


def without_the_question(**options: Any):
    class Next(Flow):
        name = "delivery"
        version = 2
        migrate = options.get("migrate", {})
        unknown_state = options.get("unknown_state", "restart")

        box = choose("Box?", {"yes": Option("Yes", to=END), "no": Option("No", to="look")})

        @step(to=END)
        def look(self, turn: Turn) -> str:
            turn.say("We look for it.")
            return END

    return Next


async def wait_for_the_window(contact, word):
    """Say `word`, which may start a flow. Then let a delivery's question wait for the window."""
    await contact.says(word)
    await contact.waits("2d")
    await contact.receives_event("delivery")
    contact.sees_nothing()


UNKNOWN = "Sorry, I don't know what to do with that."


@pytest.mark.flows([Delivery, cities(FEWER)])
@pytest.mark.contact(channel="WHATSAPP")
@pytest.mark.parametrize(
    ("options", "turns"),
    [
        ({"migrate": {1: {"sure": "box"}}}, [("no",), ("no", "We look for it.")]),
        ({}, [("no", "Box?"), ("no", "We look for it.")]),
        ({"unknown_state": "stay"}, [("no", UNKNOWN)]),
        ({"unknown_state": "handoff"}, [("no", "A colleague will take over.")]),
    ],
    ids=["renamed", "restart", "stay", "handoff"],
)
async def test_release_meets_a_question_that_waits_for_the_window(
    simulation, contact, options, turns
):
    await wait_for_the_window(contact, "hello")
    deploy(simulation, without_the_question(**options), cities(FEWER))

    (said, *replies), *more = turns
    await talk(contact, (said, "Is your box there?", *replies), *more)


@pytest.mark.flows([Delivery, cities(FEWER)])
@pytest.mark.contact(channel="WHATSAPP")
async def test_message_answers_the_question_below_a_removed_one_that_waits(simulation, contact):
    await wait_for_the_window(contact, "cities")
    deploy(simulation, without_the_question(), cities(FEWER))

    await talk(
        contact,
        ("Bonn", "Is your box there?", "To where?"),
        ("Celle", "From bonn to celle?"),
        ("yes", "Box?"),
        ("no", "We look for it."),
    )


@pytest.mark.flows([Delivery, cities(FEWER)])
@pytest.mark.contact(channel="WHATSAPP")
async def test_flow_of_a_question_that_waits_is_removed(simulation, contact):
    await wait_for_the_window(contact, "cities")
    deploy(simulation, cities(FEWER))

    await talk(contact, ("Bonn", "Is your box there?", "To where?"))


@pytest.mark.flows([Delivery, cities(FEWER)])
@pytest.mark.contact(channel="WHATSAPP")
async def test_release_is_rolled_back_while_its_question_waits(simulation, contact):
    deploy(simulation, without_the_question(migrate={1: {"sure": "box"}}), cities(FEWER))
    await contact.says("hello")
    await contact.waits("2d")
    await contact.starts_flow("delivery")
    contact.sees_nothing()
    deploy(simulation, Delivery, cities(FEWER))
    await contact.says("no")
    contact.sees_nothing()
    await contact.waits("11m")
    sees(contact, "Box?", "Is your box there?")

    await talk(contact, ("no",))
    assert contact.flow is None
