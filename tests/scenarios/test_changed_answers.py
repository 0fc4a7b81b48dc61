"""`change` and `back` with options that lead back, loops and steps."""

import pytest

from bot import END, Flow, Option, Turn, ask, choose, parse, step


class Paged(Flow):
    start_on = ("paged",)

    @step(to="time")
    def begin(self, turn: Turn) -> str:
        self.data.free = ["9:30", "10:30", "11:30", "12:30", "13:30"]
        return "time"

    time = choose(
        "What time?",
        lambda data: {
            **{each: each for each in data.free[:3]},
            **({"more": Option("Later", to="later")} if data.free[3:] else {}),
        },
        to=("who", "later"),
    )

    @step(to="time")
    def later(self, turn: Turn) -> str:
        self.data.free = self.data.free[3:]
        return "time"

    who = ask("Who?", accept=parse.text(), to="sure")
    sure = choose(lambda data: f"{data.who} at {data.time}?", {"yes": Option("Yes", to=END)})


class Visit(Flow):
    start_on = ("visit",)

    day = choose("Day?", {"mon": Option("Monday", to="time"), "tue": Option("Tuesday", to="time")})
    time = choose(
        "Time?", {"t1": Option("9:30", to="who"), "other": Option("Another day", to="day")}
    )
    who = ask("Who?", accept=parse.text(), to="sure")
    sure = choose(
        lambda data: f"{data.who}, {data.time} {data.day}?", {"yes": Option("Yes", to=END)}
    )


pytestmark = pytest.mark.flows([Paged, Visit])


async def says(contact, *texts):
    for text in texts:
        await contact.says(text)


async def test_change_and_then_the_next_page(contact):
    await says(contact, "paged", "9:30", "Ada", "change time")
    contact.sees("What time?", choices=["9:30", "10:30", "11:30", "Later"])
    await contact.says("Later")
    contact.sees("What time?", choices=["12:30", "13:30"])
    await contact.says("12:30")

    contact.sees("Ada at 12:30?")


async def test_back_to_the_page_before(contact):
    await says(contact, "paged", "later", "back")
    contact.sees("What time?", choices=["9:30", "10:30", "11:30", "Later"])
    await contact.says("back")

    contact.sees("There is no question before this one.")


async def test_change_and_then_an_option_that_leads_to_an_earlier_question(contact):
    await says(contact, "visit", "Monday", "9:30", "Ada", "change time", "another day")
    contact.sees("Day?")
    await contact.says("Tuesday")
    contact.sees("Time?")
    await contact.says("9:30")

    contact.sees("Ada, t1 tue?")


async def test_back_while_an_answer_is_changed_returns_to_where_the_flow_was(contact):
    await says(contact, "visit", "Monday", "9:30", "Ada", "change day", "back")

    contact.sees("Ada, t1 mon?")


async def test_back_restores_the_data_of_then(contact):
    await says(contact, "visit", "Monday", "9:30", "Ada", "back")

    contact.sees("Who?")
    assert contact.data == {"day": "mon", "time": "t1"}
