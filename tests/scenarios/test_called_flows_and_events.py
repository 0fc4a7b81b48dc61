"""Called flows together with events, old buttons, changes, releases, time-outs and hand-overs."""

import pytest

from bot import END, Flow, Option, Turn, ask, call, choose, on, parse, step
from bot.flow.definition import of_class
from bot.flow.load import Flows
from tests.support.conversation import hand_back, sees, switch_off, switch_on, talk

CANCELED = "All right, that's canceled."
OLD = "That button belongs to an earlier question."
FLOORS = {"g": Option("Ground", to=END), "t": Option("Top", to=END)}


class Address(Flow):
    street = ask(
        lambda data: f"Which street for {data.item}?",
        accept=parse.text(min_length=4),
        to="floor",
        attempts=2,
        otherwise="corner",
        timeout=("2h", END),
    )
    corner = ask("Which corner, then?", accept=parse.text(), to="floor")
    floor = choose("Which floor?", FLOORS, stale="jump")

    @on("moved", to="floor")
    def move(self, turn: Turn) -> str:
        self.data.street = turn.event_data["street"]
        return "floor"

    @on("ended")
    def end(self, turn: Turn) -> None:
        turn.say(f"No address: {turn.event_data['reason']}.")

    def returns(self) -> str:
        return f"{self.data.get('street', 'nowhere')}, {self.data.get('floor', '-')}"


class Order(Flow):
    start_on = ("order",)

    item = choose(
        "Which item?",
        {"lamp": Option("Lamp", to="where"), "lock": Option("Lock", to="where")},
        stale="jump",
    )
    where = call("address", to="sure", data=lambda data: {"item": data.item}, otherwise="late")
    sure = choose(lambda data: f"The {data.item} to {data.where}?", {"yes": Option("Yes", to=END)})
    late = ask("Too late. Why?", accept=parse.text(), to=END, timeout=("3h", "give_up"))

    @step(to=END)
    def give_up(self, turn: Turn) -> str:
        turn.say("Another time, then.")
        return END

    @on("price")
    def tell(self, turn: Turn) -> None:
        turn.say(f"It costs {turn.event_data['euros']} €.")


class Survey(Flow):
    start_on_events = ("survey",)

    score = choose("How was it?", {"good": Option("Good", to=END), "bad": Option("Bad", to="item")})
    item = choose(
        "What was bad?", {"lamp": Option("The lamp", to="where"), "us": Option("You", to=END)}
    )
    where = call("address", to=END, data=lambda data: {"item": data.item})


class Tea(Flow):
    start_on = ("tea",)

    kind = choose("Which tea?", {"green": Option("Green", to=END)}, timeout=("1h", END))


pytestmark = [
    pytest.mark.flows([Address, Order, Survey, Tea]),
    pytest.mark.contact(channel="RCS"),
]
LAMP = [("order", "Which item?"), ("[Lamp]", "Which street for lamp?")]
FLOOR = [*LAMP, ("Main street", "Which floor?")]
SURE = "The lamp to Main street, g?"


async def test_old_button_after_back_counts_once_even_if_an_event_comes_between(contact):
    await talk(contact, *LAMP, ("back", "No address: replaced.", "Which item?"))
    await contact.taps("Lamp", old=True)
    sees(contact, "Which street for lamp?")
    await contact.receives_event("price", {"euros": 5})
    sees(contact, "It costs 5 €.")
    await contact.taps("Lamp", old=True)
    sees(contact)
    await contact.waits("2m")
    await contact.taps("Lamp", old=True)
    sees(contact, "No address: replaced.", "Which street for lamp?")


@pytest.mark.contact(channel="WHATSAPP")
async def test_quote_of_a_callers_question_below_a_survey_ends_the_called_flow(contact):
    await talk(contact, *LAMP)
    await contact.receives_event("survey")
    sees(contact, "How was it?")
    await contact.says("Lock", quotes="Which item?")
    sees(contact, "No address: replaced.", "Which street for lock?")
    await talk(contact, ("cancel", CANCELED, "No address: canceled.", "How was it?"))


async def test_event_of_a_hand_over_waits_for_start_and_then_for_the_agent(contact, simulation):
    await talk(contact, *LAMP, ("agent", "A colleague will take over."))
    await contact.receives_event("survey")
    await contact.receives_event("moved", {"street": "Side road"})
    await talk(contact, ("STOP",), ("start", "Welcome back."), ("hello",))
    await hand_back(simulation, contact)
    sees(contact, "How was it?")
    await talk(contact, ("[Good]",))

    assert contact.flow is None


async def test_change_that_takes_too_many_attempts_is_left_by_back(contact):
    await talk(
        contact,
        *FLOOR,
        ("[Ground]", SURE),
        ("change street", "Which street for lamp?"),
        ("x", "Which street for lamp?"),
        ("y", "Which corner, then?"),
        ("back", "Which street for lamp?"),
        ("back", SURE),
    )


async def test_event_moves_a_called_flow_below_the_question_whether_to_leave(contact):
    await talk(contact, *FLOOR, ("order", "We aren't done yet."))
    await contact.receives_event("moved", {"street": "Side road"})
    sees(contact, "Which floor?")
    await talk(
        contact,
        ("[Yes]", OLD, "Which floor?"),
        ("[Top]", "The lamp to Side road, t?"),
        ("back", "Which floor?"),
        ("back", "Which floor?"),
        ("back", "Which street for lamp?"),
    )


async def test_release_renames_everything_while_a_change_sets_a_called_flow_aside(
    contact, simulation
):
    class NextAddress(Flow):
        name = "address"
        version = 2

        road = ask(
            lambda data: f"Which road for {data.item}?",
            accept=parse.text(),
            to="level",
        )
        level = choose("Which level?", FLOORS)

        def returns(self) -> str:
            return f"{self.data.road}/{self.data.level}"

    class NextOrder(Flow):
        name = "order"
        version = 2

        product = choose(
            "Which product?",
            {"lamp": Option("Lamp", to="place"), "bell": Option("Bell", to="place")},
        )
        place = call("address", to="sure", data=lambda data: {"item": data.product})
        sure = choose(
            lambda data: f"The {data.product} at {data.place}?", {"yes": Option("Yes", to=END)}
        )

    NextAddress.migrate = {1: {"street": "road", "floor": "level"}}
    NextOrder.migrate = {1: {"item": "product", "where": "place"}}
    await talk(contact, *FLOOR, ("change item", "Which item?"))
    simulation.bot.use(Flows([of_class(each) for each in (NextAddress, NextOrder, Tea)]))
    await talk(
        contact,
        ("[Lamp]", "Which level?"),
        ("[Top]", "The lamp at Main street/t?"),
        ("change product", "Which product?"),
        ("bell", "Which road for bell?"),
    )


async def test_back_finds_questions_that_a_map_and_then_a_function_have_migrated(
    contact, simulation
):
    def add(state, data):
        return state, {**data, "town": "Lund"}

    class NextAddress(Flow):
        name = "address"
        version = 3

        road = ask("Which road?", accept=parse.text(), to="level")
        level = choose(lambda data: f"Which level in {data.get('town')}?", FLOORS)

        def returns(self) -> str:
            return f"{self.data.road}/{self.data.level}"

    NextAddress.migrate = {1: {"street": "road", "floor": "level"}, 2: add}
    await talk(contact, *FLOOR)
    simulation.bot.use(Flows([of_class(each) for each in (NextAddress, Order, Tea)]))
    await talk(
        contact,
        ("change road", "Which road?"),
        ("back", "Which level in Lund?"),
        ("back", "Which road?"),
        ("Side road", "Which level"),
        ("[Ground]", "The lamp to Side road/g?"),
    )


async def test_open_button_of_one_chain_counts_while_another_chain_calls_the_same_flow(contact):
    await talk(contact, *FLOOR)
    await contact.receives_event("survey")
    sees(contact, "How was it?")
    await talk(contact, ("[Bad]", "What was bad?"), ("[The lamp]", "Which street for lamp?"))
    await talk(contact, ("Long road", "Which floor?"))
    await contact.taps("Ground", old=True)
    sees(contact, SURE)
    await talk(contact, ("[Yes]", "Which floor?"), ("[Top]",))

    assert contact.flow is None


async def test_time_out_of_a_called_flow_after_a_flow_that_set_it_aside_timed_out(contact):
    await talk(contact, *LAMP, ("change item", "Which item?"), ("tea", "Which tea?"))
    await contact.waits("61m")
    sees(contact, "Which item?")
    await contact.waits("2h")
    sees(contact)
    await talk(contact, ("[Lamp]", "Which street for lamp?"))
    await contact.waits("2h1m")
    sees(contact, "Too late. Why?")


async def test_event_and_time_out_of_a_flow_that_is_off_wait_after_a_hand_over(contact, simulation):
    await talk(contact, *LAMP, ("agent", "A colleague will take over."))
    await switch_off(simulation, "address")
    await contact.receives_event("price", {"euros": 5})
    await contact.waits("2h1m")
    await hand_back(simulation, contact)
    sees(contact)
    await talk(contact, ("hello", "Sorry, this is not available now."))
    await switch_on(simulation, "address")
    await contact.waits("6m")

    sees(contact, "It costs 5 €.", "Too late. Why?")


@pytest.mark.contact(channel="WHATSAPP")
async def test_question_after_a_called_flow_timed_out_waits_for_the_contact(contact):
    await talk(contact, ("order", "Which item?"))
    await contact.waits("23h")
    await talk(contact, ("Lamp", "Which street for lamp?"))
    await contact.waits("1h59m")
    await contact.receives_event("survey")
    sees(contact, "How was it?")
    await contact.waits("25h")
    sees(contact)
    await talk(contact, ("[Good]", "Too late. Why?"))
    await contact.waits("3h1m")

    sees(contact, "Another time, then.")
    assert contact.flow is None
