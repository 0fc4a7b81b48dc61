"""`change` and `back` with options that lead back, loops and steps."""

import pytest

from bot import END, Flow, Option, Turn, ask, call, choose, on, parse, step


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


class Parcel(Flow):
    size = ask("Which size?", accept=parse.text(), to="weight")
    weight = ask("Which weight?", accept=parse.integer(), attempts=1, otherwise=END, to=END)

    @on("ended")
    def ended(self, turn: Turn) -> None:
        turn.say(f"Parcel {turn.event_data['reason']}.")


class Shipping(Flow):
    start_on = ("shipping",)

    country = choose(
        "Which country?",
        {"se": Option("Sweden", to="parcel"), "no": Option("Norway", to="customs")},
    )
    customs = call("customs", to="parcel")
    parcel = call("parcel", to="sure", otherwise="drop")
    sure = choose("Send it?", {"yes": Option("Yes", to=END)})
    drop = choose("Bring it to us?", {"yes": Option("Yes", to=END)})


class Customs(Flow):
    value = ask("Which value?", accept=parse.text(), to=END)


pytestmark = pytest.mark.flows([Paged, Visit, Shipping, Parcel, Customs])


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


async def test_change_of_an_answer_in_a_called_flow_that_gave_up(contact):
    await says(contact, "shipping", "Sweden", "small", "heavy")
    contact.sees("Bring it to us?")
    await contact.says("change size")
    contact.sees("Which size?")
    await contact.says("large")
    contact.sees("Which weight?")
    await contact.says("3")

    contact.sees("Send it?")


async def test_change_walks_past_a_call_that_gave_up(contact):
    await says(contact, "shipping", "Sweden", "small", "heavy", "change country", "Sweden")

    contact.sees("Bring it to us?")


async def test_another_call_on_the_way_of_a_change_keeps_the_one_that_is_set_aside(contact):
    await says(contact, "shipping", "Sweden", "small")
    contact.sees("Which weight?")
    await contact.says("change country")
    contact.sees("Which country?")
    await contact.says("Norway")
    contact.sees("Which value?")
    await contact.says("100")

    contact.sees("Which weight?")
    assert "Parcel replaced" not in contact.transcript


async def test_a_restart_during_a_change_asks_first_if_the_called_flow_has_answers(contact):
    await says(contact, "shipping", "sweden", "large", "change country", "shipping")

    contact.sees("We aren't done yet. Do you want to switch to shipping instead?")
