"""Every reply in conversations with a state machine of Enum states, started or called."""

import types
from datetime import timedelta
from enum import Enum
from typing import Any

import pytest

from bot import END, Flow, Option, Turn, ask, call, choose, parse, step
from bot.flow.definition import of_class, of_module
from bot.flow.load import Flows
from tests.support.conversation import hand_back, sees, switch_off, switch_on, talk


class Place(Enum):
    SHUT = "is_shut"
    OPEN = "is_open"
    LEFT = "is_left"


class Gate:
    data: Any

    def tell_shut(self, turn: Turn) -> None:
        turn.say("The gate is shut. Say open or leave.")

    def tell_open(self, turn: Turn) -> None:
        turn.say("The gate is open. Say shut or leave.")

    def count(self, turn: Turn) -> None:
        self.data.opened = getattr(self.data, "opened", 0) + 1

    def is_polite(self, turn: Turn) -> bool:
        return "!" not in turn.text

    def say_bye(self, turn: Turn) -> None:
        turn.say("Bye from the gate.")

    def wonder(self, turn: Turn) -> None:
        turn.say(f"The gate wonders about {turn.text}.")

    def admire(self, turn: Turn) -> None:
        turn.say("What a picture, come in.")

    def ring(self, turn: Turn) -> None:
        turn.say("Ring! Ring!")

    def returns(self) -> int:
        return getattr(self.data, "opened", 0)


def gate():
    module: Any = types.ModuleType("gate")
    module.start_on = "gate"
    module.said = ("open", "shut", "leave")
    module.Model = Gate
    module.states = [
        {"name": Place.SHUT, "on_enter": "tell_shut"},
        {"name": Place.OPEN, "on_enter": "tell_open"},
        {"name": Place.LEFT, "final": True},
    ]
    both = [Place.SHUT, Place.OPEN]
    module.transitions = [
        {"trigger": "open", "source": Place.SHUT, "dest": Place.OPEN, "after": "count"},
        {"trigger": "shut", "source": Place.OPEN, "dest": Place.SHUT, "conditions": "is_polite"},
        {"trigger": "leave", "source": both, "dest": Place.LEFT, "after": "say_bye"},
        {"trigger": "message", "source": both, "dest": None, "after": "wonder"},
        {"trigger": "media", "source": Place.SHUT, "dest": Place.OPEN, "after": "admire"},
        {"trigger": "alarm", "source": both, "dest": Place.SHUT, "before": "ring"},
    ]
    return module


class Visit(Flow):
    start_on = ("visit",)

    guest = ask("Who visits?", accept=parse.text(), to="way", label="guest")
    way = call("gate", to="rate")
    rate = choose(
        lambda data: f"{data.guest}, the gate opened {data.way} times. Was it good?",
        {"good": Option("Good", to="done"), "bad": Option("Bad", to="done")},
    )

    @step(to=END)
    def done(self, turn: Turn) -> str:
        turn.say(f"Thank you, {self.data.guest}.")
        return END


class Strict(Flow):
    start_on = ("strict",)
    interrupt = "ask"

    way = call("gate", to="sure")
    sure = choose("Was it strict?", {"yes": Option("Very", to=END)})


class Deaf(Flow):
    start_on = ("deaf",)
    interrupt = "ignore"

    way = call("gate", to="sure")
    sure = choose("Was it loud?", {"yes": Option("No", to=END)})


class Notice(Flow):
    seen = choose(
        lambda data: f"{data.name}, we have moved. Will you find it?",
        {"sure": Option("Sure", to=END), "never": Option("Never", to="explain")},
        timeout=("2h", END),
    )

    @step(to=END)
    def explain(self, turn: Turn) -> str:
        turn.say("It is behind the station.")
        return END


class Tea(Flow):
    start_on = ("tea",)

    when = ask("Tea in how many minutes?", accept=parse.integer(min=1, max=600), to="plan")

    @step(to=END)
    def plan(self, turn: Turn) -> str:
        turn.schedule("tea_ready", turn.now + timedelta(minutes=self.data.when), {"pot": "green"})
        turn.say("I will call you.")
        return END


class TeaReady(Flow):
    start_on_events = ("tea_ready",)

    sugar = choose(
        "Tea is ready. Sugar?", {"yes": Option("Yes", to=END), "no": Option("No", to=END)}
    )


class Order(Flow):
    start_on = ("order",)

    product = choose("Which part would you like?", {"bell": Option("Bell", to=END)})


class Welcome(Flow):
    start_on = ("menu",)
    fallback = True

    menu = choose("Welcome to Wheelhouse.", {"end": Option("Nothing", to=END)})


@pytest.fixture
def bot_flows():
    flows = (Visit, Strict, Deaf, Notice, Tea, TeaReady, Order, Welcome)
    return Flows([of_module(gate()), *map(of_class, flows)])


async def test_words_at_any_time_in_a_state_machine(contact):
    await talk(
        contact,
        ("gate", "The gate is shut"),
        ("help", "Answer the question, or say back, cancel or agent.", "The gate is shut"),
        ("back", "There is no question before this one.", "The gate is shut"),
        ("open", "The gate is open"),
        ("back", "There is no question before this one.", "The gate is open"),
        ("change is_shut", "The gate wonders about change is_shut."),
        ("cancel", "All right, that's canceled."),
    )
    assert contact.flow is None


async def test_interrupted_state_machine_is_entered_again(contact):
    await talk(
        contact,
        ("gate", "The gate is shut"),
        ("open", "The gate is open"),
        ("tea", "Tea in how many minutes?"),
        ("5", "I will call you.", "The gate is open"),
        ("gate", "The gate is shut"),
    )
    await contact.waits("6m")
    sees(contact, "Tea is ready. Sugar?")
    await talk(contact, ("yes", "The gate is shut"))
    assert (contact.flow, contact.state) == ("gate", "SHUT")


async def test_event_moves_an_interrupted_state_machine(contact):
    await talk(
        contact,
        ("gate", "The gate is shut"),
        ("open", "The gate is open"),
    )
    await contact.receives_event("alarm")
    sees(contact, "Ring! Ring!", "The gate is shut")
    await talk(
        contact,
        ("open", "The gate is open"),
        ("order", "Which part"),
    )
    await contact.receives_event("alarm")
    sees(contact, "Ring! Ring!", "The gate is shut")
    assert (contact.flow, contact.state) == ("order", "product")
    await talk(contact, ("cancel", "All right, that's canceled.", "The gate is shut"))
    assert (contact.flow, contact.state) == ("gate", "SHUT")


async def test_words_of_caller_and_called_state_machine(contact):
    await talk(
        contact,
        ("visit", "Who visits?"),
        ("Ada", "The gate is shut"),
        ("gate", "The gate is shut"),
        ("visit", "Who visits?"),
        ("Bo", "The gate is shut"),
        ("open", "The gate is open"),
        ("visit", "Who visits?"),
        ("Cy", "The gate is shut"),
        ("order", "Which part"),
        ("visit", "The gate is shut"),
        ("cancel", "All right, that's canceled.", "Which part"),
    )


async def test_change_and_back_over_a_called_state_machine(contact):
    await talk(
        contact,
        ("visit", "Who visits?"),
        ("Ada", "The gate is shut"),
        ("change guest", "Who visits?"),
        ("Bo", "The gate is shut"),
        ("open", "The gate is open"),
        ("leave", "Bye from the gate.", "Bo, the gate opened 1 times."),
        ("change guest", "Who visits?"),
        ("Cy", "Cy, the gate opened 1 times."),
        ("back", "Who visits?"),
    )


async def test_event_of_a_hand_over_moves_a_called_state_machine(contact, simulation):
    await talk(
        contact,
        ("visit", "Who visits?"),
        ("Ada", "The gate is shut"),
        ("open", "The gate is open"),
        ("agent", "A colleague will take over."),
    )
    await contact.receives_event("alarm")
    sees(contact)
    await hand_back(simulation, contact)
    sees(contact, "Ring! Ring!", "The gate is shut")
    await talk(contact, ("leave", "Bye from the gate.", "Ada, the gate opened 1 times."))


async def test_stop_ends_a_called_state_machine(contact):
    await talk(
        contact,
        ("visit", "Who visits?"),
        ("Ada", "The gate is shut"),
        ("stop",),
        ("start", "Welcome back."),
        ("open", "Welcome to Wheelhouse"),
    )


async def test_repeated_callback_fires_no_second_trigger(contact):
    await talk(contact, ("gate", "The gate is shut"))
    await contact.says("open", twice=True)
    sees(contact, "The gate is open")
    await contact.says("shut", twice=True)
    sees(contact, "The gate is shut")
    assert (contact.flow, contact.state) == ("gate", "SHUT")


async def test_event_for_a_called_state_machine_that_is_off_waits(contact, simulation):
    await talk(
        contact,
        ("visit", "Who visits?"),
        ("Ada", "The gate is shut"),
    )
    await switch_off(simulation, "gate")
    await talk(contact, ("open", "Sorry, this is not available now."))
    await contact.receives_event("alarm")
    sees(contact)
    await switch_on(simulation, "gate")
    await contact.waits("6m")
    sees(contact, "Ring! Ring!", "The gate is shut")
    await talk(contact, ("open", "The gate is open"))


async def test_question_whether_to_leave_a_state_machine(contact):
    await talk(
        contact,
        ("strict", "The gate is shut"),
        ("order", "Do you want to switch to order instead?"),
        ("no", "The gate is shut"),
        ("open", "The gate is open"),
        ("order", "Do you want to switch to order instead?"),
        ("back", "The gate is open"),
        ("strict", "The gate is shut"),
        ("order", "Do you want to switch to order instead?"),
        ("yes", "Which part"),
        ("cancel", "All right, that's canceled.", "The gate is shut"),
    )


async def test_event_under_the_question_whether_to_leave_a_state_machine(contact):
    await talk(
        contact,
        ("strict", "The gate is shut"),
        ("open", "The gate is open"),
        ("order", "Do you want to switch to order instead?"),
    )
    await contact.receives_event("alarm")
    sees(contact, "Ring! Ring!", "The gate is shut")
    assert (contact.flow, contact.state) == ("gate", "SHUT")
    await talk(contact, ("open", "The gate is open"))


async def test_state_machine_of_a_caller_that_ignores_words(contact):
    await talk(
        contact,
        ("deaf", "The gate is shut"),
        ("order", "The gate wonders about order."),
        ("menu", "The gate wonders about menu."),
        ("cancel", "All right, that's canceled."),
    )
    assert contact.flow is None


async def test_start_in_a_state_of_a_state_machine(contact, simulation):
    await contact.starts_flow("gate", state="OPEN")
    sees(contact, "The gate is open")
    await talk(
        contact,
        ("gate", "The gate is shut"),
        ("agent", "A colleague will take over."),
    )
    await contact.starts_flow("gate", state="OPEN")
    sees(contact)
    await hand_back(simulation, contact)
    sees(contact, "The gate is open")
    await talk(contact, ("leave", "Bye from the gate.", "The gate is shut"))


async def test_back_leads_from_a_called_state_machine_to_the_caller(contact):
    await talk(
        contact,
        ("visit", "Who visits?"),
        ("Ada", "The gate is shut"),
        ("open", "The gate is open"),
        ("back", "Who visits?"),
        ("Bo", "The gate is shut"),
        ("leave", "Bye from the gate.", "Bo, the gate opened 0 times."),
    )


async def test_event_for_an_interrupted_called_state_machine(contact):
    await talk(
        contact,
        ("visit", "Who visits?"),
        ("Ada", "The gate is shut"),
        ("open", "The gate is open"),
        ("tea", "Tea in how many minutes?"),
    )
    await contact.receives_event("alarm")
    sees(contact, "Ring! Ring!", "The gate is shut")
    await talk(
        contact,
        ("5", "I will call you.", "The gate is shut"),
        ("open", "The gate is open"),
        ("leave", "Bye from the gate.", "Ada, the gate opened 2 times."),
    )


async def test_broadcast_in_a_called_state_machine(contact):
    await talk(
        contact,
        ("visit", "Who visits?"),
        ("Ada", "The gate is shut"),
    )
    await contact.starts_flow("notice", {"name": "Ann"})
    sees(contact, "Will you find it?")
    await talk(
        contact,
        ("open", "Sorry, I didn't understand that. Ann, we have moved. Will you find it?"),
        ("gate", "The gate is shut"),
        ("open", "The gate is open"),
        ("leave", "Bye from the gate.", "Ada, the gate opened 1 times."),
        ("good", "Thank you, Ada.", "Ann, we have moved."),
    )


async def test_called_state_machine_that_is_off_begins_after_stop_and_start_and_on(
    contact, simulation
):
    await talk(
        contact,
        ("visit", "Who visits?"),
        ("Ada", "The gate is shut"),
    )
    await switch_off(simulation, "gate")
    await talk(
        contact,
        ("stop",),
        ("start", "Welcome back."),
        ("visit", "Who visits?"),
        ("Bo", "Sorry, this is not available now."),
    )
    await switch_on(simulation, "gate")
    await contact.waits("6m")
    sees(contact, "The gate is shut")
    await talk(contact, ("leave", "Bye from the gate.", "Bo, the gate opened 0 times."))
