"""`back` over calls that have returned."""

import pytest

from bot import END, Flow, Turn, ask, call, parse, step


class Silent(Flow):
    @step(to=END)
    def pass_on(self, turn: Turn) -> str:
        return END


class Booking(Flow):
    start_on = ("book",)

    prepare = call("silent", to="guest")
    guest = ask("Which name?", accept=parse.text(), to="check")
    check = call("silent", to="day")
    day = ask("Which day?", accept=parse.text(), to=END)


pytestmark = pytest.mark.flows([Silent, Booking])


async def test_back_at_the_first_question_behind_a_silent_call_finds_none_before(contact):
    await contact.says("book")
    await contact.says("back")

    contact.sees("There is no question before this one.")
    contact.sees("Which name?")
    assert (contact.flow, contact.state) == ("booking", "guest")


async def test_back_skips_a_call_that_asked_nothing(contact):
    for text in ("book", "Ada", "back"):
        await contact.says(text)

    contact.sees("Which name?")
    assert contact.state == "guest"
