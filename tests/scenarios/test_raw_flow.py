"""A flow of raw `states` and `transitions` with a model of its own."""

import types
from typing import Any

import pytest

from bot.flow.definition import of_module
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
