"""Options that a function of the flow's data computes when the question is asked."""

import pytest

from bot import END, Flow, Option, Turn, choose, step
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.flow.static_messages import ask_messages
from bot.testing.coverage import items_of


class Visit(Flow):
    start_on = ("visit",)

    @step(to="at")
    def look(self, turn: Turn) -> str:
        self.data.free = ["09:00", "10:30"]
        return "at"

    at = choose(
        "What time?",
        lambda data: {
            **{f"t{time}": time for time in data.free},
            "later": Option("Another day", to="day", synonyms=("later on",)),
        },
        to=("sure", "day"),
        stale="jump",
        attempts=2,
        otherwise=END,
    )
    day = choose("Which day?", {"monday": "Monday", "friday": "Friday"}, to="look")
    sure = choose(lambda data: f"At {data.at}?", {"yes": Option("Yes", to=END)})


pytestmark = pytest.mark.flows([Visit])


async def test_are_numbered_and_understood_in_every_form(contacts):
    for number, answer in enumerate(("2", "10:30", "T10:30")):
        (contact,) = contacts(1)
        await contact.says("visit")
        contact.sees("What time?", choices=["09:00", "10:30", "Another day"])
        await contact.says(answer)
        contact.sees("At t10:30?"), number


async def test_lead_where_each_says(contact):
    await contact.says("visit")
    await contact.says("later on")
    contact.sees("Which day?", choices=["Monday", "Friday"])
    await contact.taps("Friday")
    contact.sees("What time?")
    assert contact.data["at"] == "later"


@pytest.mark.contact(channel="RCS")
async def test_an_old_button_counts_as_of_any_question(contact):
    await contact.says("visit")
    await contact.taps("09:00")
    await contact.taps("10:30", old=True)

    contact.sees("At t10:30?")


async def test_ask_again_and_give_up(contact):
    await contact.says("visit")
    await contact.says("noon")
    contact.sees("What time?", choices=["09:00", "10:30", "Another day"])
    await contact.says("noon")
    assert contact.flow is None


def test_are_drawn_and_covered_as_the_states_they_lead_to():
    items = [str(item) for item in items_of(of_class(Visit)) if item.state == "at"]

    assert {"at --to_sure--> sure", "at --to_day--> day"} <= set(items)
    assert Flows([of_class(Visit)]).names == ["visit"]


def test_are_told_as_not_known_where_only_running_could_tell():
    (at,) = [each for each in ask_messages(of_class(Visit)) if each.state == "at"]

    assert at.message is None
    assert "free" in at.why


def offering(options):
    class Tea(Flow):
        start_on = ("something to drink",)
        kind = choose("Which?", lambda data: options, to="done")

        @step(to=END)
        def done(self, turn: Turn) -> str:
            return END

    return Flows([of_class(Tea)])


@pytest.mark.parametrize(
    ("bot_flows", "fault"),
    [
        (offering({}), "Tea.kind: The function returns no options."),
        (
            offering(["a"]),
            "Tea.kind: The options are ['a']; give a dict of keys and labels,",
        ),
        (offering({1: "Green"}), "Tea.kind: Option 1: a key must be a text; give '1'."),
        (offering({"a": Option("A", to="b")}), "option 'a' leads to 'b'; `to` declares 'done'"),
        (offering({"a": 5}), "Tea.kind: Option 'a' is 5"),
        (
            offering({f"n{n}": f"N {n}" for n in range(201)}),
            "Flow 'tea', state 'kind': 201 options; the maximum is 200. Ask an earlier question"
            " that",
        ),
    ],
)
async def test_what_is_wrong_with_them_is_told_when_they_are_offered(contact, caplog, fault):
    await contact.says("something to drink")

    errors = [each.exception for each in caplog.records if each.levelname == "ERROR"]
    assert len(errors) == 1
    assert fault in errors[0]
    contact.sees("A colleague will take over.")
