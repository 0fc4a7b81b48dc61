"""A flow that is a state machine, with a model of its own."""

import types
from dataclasses import replace
from typing import Any

import pytest

from bot import END, Flow, Option, call, choose
from bot.flow.definition import of_class, of_module
from bot.flow.load import Flows


class Door:
    """The model: callbacks and conditions take the turn."""

    data: Any

    def greet(self, turn):
        turn.say("Knock, please.")

    async def open_up(self, turn):
        turn.say("Come in!")
        self.data.guest = turn.text

    def is_loud(self, turn):
        return turn.text.isupper()

    def count(self, turn):
        self.data.knocks = self.data.get("knocks", 0) + 1

    def is_third(self, turn):
        return self.data.knocks == 3

    def hush(self, turn):
        turn.say("Louder!")


@pytest.fixture
def bot_flows():
    module: Any = types.ModuleType("door")
    module.start_on = "door"
    module.Model = Door
    module.said = ("knock", "ring")
    module.states = [
        {"name": "closed", "on_enter": "greet"},
        {"name": "open", "on_enter": "open_up"},
        {"name": "gone", "final": True},
    ]
    module.transitions = [
        {"trigger": "knock", "source": "closed", "dest": "open", "conditions": "is_loud"},
        {"trigger": "knock", "source": "closed", "dest": None, "after": "hush"},
        {
            "trigger": "ring",
            "source": "closed",
            "dest": "gone",
            "prepare": "count",
            "conditions": "is_third",
        },
        {"trigger": "location", "source": "open", "dest": "gone"},
    ]
    return Flows([of_module(module)])


async def test_moves_by_words_and_kinds_of_message(contact):
    await contact.says("door")
    contact.sees("Knock, please.")
    await contact.says("knock")
    contact.sees("Louder!")
    contact.sees_nothing()
    assert contact.state == "closed"
    await contact.says("KNOCK")
    contact.sees("Come in!")
    assert (contact.state, contact.data) == ("open", {"guest": "KNOCK"})
    await contact.sends_location(1.0, 2.0)

    assert contact.flow is None


async def test_says_when_no_trigger_fits(contact):
    await contact.says("door")
    await contact.says("hello")

    contact.sees("Sorry, I didn't understand that.")
    assert contact.state == "closed"


async def test_what_is_prepared_is_kept_where_the_conditions_refuse(contact):
    await contact.says("door")
    for _ in range(3):
        assert contact.state == "closed"
        await contact.says("ring")

    assert contact.flow is None


class Visit(Flow):
    start_on = ("visit",)

    sure = choose("Are you there?", {"y": Option("Yes", to="door")})
    door = call("door", to="after")
    after = choose("Are you in?", {"y": Option("Yes", to=END)})


class Survey(Flow):
    start_on = ("survey",)
    interrupt = "ask"

    first = choose("First?", {"y": Option("Yes", to=END)})


class TestEntered:
    @pytest.fixture
    def bot_flows(self, bot_flows):
        return Flows([*bot_flows, of_class(Visit), of_class(Survey)])

    async def test_a_called_state_machine_runs_its_entry_callbacks(self, contact):
        await contact.says("visit")
        await contact.says("yes")
        contact.sees("Knock, please.")
        for _ in range(3):
            await contact.says("ring")

        contact.sees("Are you in?")

    async def test_when_a_change_has_set_a_called_state_machine_aside(self, contact):
        await contact.says("visit")
        await contact.says("yes")
        await contact.says("change sure")
        contact.sees("Are you there?")
        await contact.says("yes")

        contact.sees("Knock, please.")
        contact.sees_nothing()

    async def test_after_the_question_whether_to_leave(self, contact):
        await contact.says("survey")
        await contact.says("door")
        contact.sees("Do you want to switch to door instead?")
        await contact.says("yes")

        contact.sees("Knock, please.")

    async def test_after_the_way_back_from_that_question(self, contact, simulation, bot_flows):
        (door, *others) = bot_flows
        simulation.bot.use(Flows([replace(door, interrupt="ask"), *others]))
        await contact.says("door")
        await contact.says("survey")
        contact.sees("Do you want to switch to survey instead?")
        await contact.says("back")

        contact.sees("Knock, please.")
        contact.sees_nothing()

    async def test_when_the_contact_is_handed_back(self, contact, simulation):
        await contact.says("door")
        await contact.says("agent")
        await simulation.bot.resume(contact.session.address)
        await contact.run_until_idle()

        contact.sees("Knock, please.")

    async def test_when_an_interruption_has_ended(self, contact):
        await contact.says("door")
        await contact.says("survey")
        await contact.says("yes")

        contact.sees("Knock, please.")


class Counting(Door):
    def returns(self):
        return self.data.knocks


class Caller(Flow):
    start_on = ("caller",)

    knocks = call("door", to="heard")
    heard = choose(lambda data: f"Knocks: {data.knocks}?", {"y": Option("Yes", to=END)})


class TestReturned:
    @pytest.mark.parametrize(("model", "shown"), [(Counting, "3"), (Door, "{'knocks': 3}")])
    async def test_a_state_machine_returns_its_data_or_what_its_model_returns(
        self, contact, simulation, bot_flows, model, shown
    ):
        (door,) = bot_flows
        simulation.bot.use(Flows([replace(door, model=model), of_class(Caller)]))
        await contact.says("caller")
        for _ in range(3):
            await contact.says("ring")

        contact.sees(f"Knocks: {shown}?")


async def test_a_contact_fires_no_trigger_that_is_for_programs(contact):
    await contact.says("door")
    await contact.says("KNOCK")
    contact.sees("Come in!")
    await contact.says("location")
    contact.sees("Sorry, I didn't understand that.")

    assert contact.state == "open"


class Payment:
    def ask(self, turn):
        turn.say("Please pay.")

    def thank(self, turn):
        turn.say("It is paid.")

    def reduce(self, turn):
        turn.say("It costs less.")

    def show(self, turn):
        turn.say("Here is your card.")


class TestSaid:
    @pytest.fixture
    def bot_flows(self):
        module: Any = types.ModuleType("payment")
        module.start_on = "payment"
        module.Model = Payment
        module.said = ("Card",)
        module.states = [
            {"name": "open", "on_enter": "ask"},
            {"name": "settled", "final": True, "on_enter": "thank"},
            {"name": "card", "on_enter": "show"},
        ]
        module.transitions = [
            {"trigger": "paid", "source": "open", "dest": "settled"},
            {"trigger": "Card", "source": "open", "dest": "card"},
            {"trigger": "reduced", "source": "open", "dest": None, "after": "reduce"},
        ]
        return Flows([of_module(module)])

    async def test_an_event_s_name_is_no_word(self, contact):
        await contact.says("payment")
        await contact.says("Paid!")
        assert "It is paid." not in contact.transcript
        await contact.receives_event("paid")

        contact.sees("It is paid.")

    @pytest.mark.parametrize("text", ["Card", "card", "CARD!"])
    async def test_a_trigger_with_a_capital_is_a_word_in_any_case(self, contact, text):
        await contact.says("payment")
        await contact.says(text)

        contact.sees("Here is your card.")

    async def test_after_an_event_of_the_hand_over_that_stays_in_the_state(
        self, contact, simulation
    ):
        await contact.says("payment")
        await contact.says("agent")
        await contact.receives_event("reduced")
        await simulation.bot.resume(contact.session.address)
        await contact.run_until_idle()

        contact.sees("It costs less.")
        contact.sees("Please pay.")
        contact.sees_nothing()
