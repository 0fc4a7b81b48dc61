"""A button answers the question below which it is shown, in the run that asked the question."""

import pytest

from bot import END, Flow, Option, Turn, ask, call, choose, on, parse, step


class Book(Flow):
    start_on = ("book",)

    day = choose(
        "Which day?",
        {"mon": Option("Monday", to="sure"), "sun": Option("Sunday", to="sure")},
        stale="jump",
        timeout=("1d", END),
    )
    sure = choose(
        lambda data: f"Book {data.day}?", {"yes": Option("Yes", to=END)}, timeout=("1d", END)
    )


class Cart(Flow):
    start_on = ("cart",)

    pizza = choose(
        "Which size?", {"s": Option("Small", to="add"), "done": Option("Done", to="total")}
    )

    @step(to="pizza")
    def add(self, turn: Turn) -> str:
        self.data.all = [*self.data.get("all", []), self.data.pizza]
        return "pizza"

    @step(to=END)
    def total(self, turn: Turn) -> str:
        turn.say(f"{self.data.all}")
        return END


class Moved(Flow):
    tell = choose(
        lambda data: f"{data.name}, will you find it?", {"y": Option("Yes", to=END)}, stale="jump"
    )


class Hours(Flow):
    start_on = ("hours",)

    day = choose("Weekday or weekend?", {"week": Option("Weekday", to=END)})


class Caller(Flow):
    start_on = ("caller",)

    who = choose(
        "Who?", {"me": Option("Me", to="sub"), "you": Option("You", to="sub")}, stale="jump"
    )
    sub = call("hours", to=END)


pytestmark = [
    pytest.mark.contact(channel="WHATSAPP"),
    pytest.mark.flows([Book, Cart, Moved, Hours, Caller]),
]


async def taps(contact, shown, label):
    """Tap a button of the message shown as number `shown`."""
    message = contact.phone.shown[shown]
    choice = next(each for each in message.choices if each.label == label)
    contact.phone.answers(message.message_id, choice.postback)
    await contact.run_until_idle()


async def test_a_button_of_a_run_that_has_ended_is_old(contact):
    await contact.says("book")
    await contact.taps("Monday")
    await contact.waits("2d")
    await contact.says("book")
    await contact.taps("Sunday")
    contact.sees("Book sun?")
    await taps(contact, 1, "Yes")

    contact.sees("That button belongs to an earlier question.")
    contact.sees("Book sun?")
    assert contact.flow == "book"


async def test_a_double_tap_is_ignored_and_leaves_the_loop_as_it_is(contact):
    await contact.says("cart")
    await taps(contact, 0, "Small")
    contact.sees("Which size?")
    contact.sees("Which size?")
    await taps(contact, 0, "Small")
    contact.sees_nothing()
    await contact.taps("Done")

    contact.sees("['s']")


async def test_the_same_button_after_a_minute_belongs_to_an_earlier_question(contact):
    await contact.says("cart")
    await taps(contact, 0, "Small")
    await contact.waits("2m")
    await taps(contact, 0, "Small")

    contact.sees("That button belongs to an earlier question.")
    contact.sees("Which size?")


async def test_the_same_button_after_another_message_is_no_double_tap(contact):
    await contact.says("book")
    await taps(contact, 0, "Monday")
    await contact.says("what?")
    await taps(contact, 0, "Monday")

    contact.sees("Book mon?")


async def test_a_second_tap_on_the_last_button_starts_nothing(contact):
    await contact.says("book")
    await contact.taps("Monday")
    await contact.taps("Yes")
    await contact.taps("Yes")
    contact.sees_nothing()

    assert contact.flow is None


@pytest.mark.contact(channel="RCS")
async def test_a_button_of_a_flow_that_was_started_with_data_does_not_start_it_again(contact):
    await contact.starts_flow("moved", {"name": "Ada"})
    await contact.taps("Yes")
    await contact.waits("2m")
    await taps(contact, 0, "Yes")

    contact.sees("That button belongs to an earlier question.")
    contact.sees("Sorry, I don't know what to do with that.")
    assert not contact.failure


async def test_an_open_button_brings_the_interrupted_flow_to_the_top(contact):
    await contact.says("book")
    await contact.says("hours")
    await taps(contact, 0, "Sunday")

    contact.sees("Book sun?")
    assert [run.flow for run in contact.session.runs] == ["hours", "book"]


async def test_a_jump_ends_the_flow_that_was_called_since(contact):
    await contact.says("caller")
    await contact.taps("Me")
    contact.sees("Weekday or weekend?")
    await taps(contact, 0, "You")

    contact.sees("Weekday or weekend?")
    assert [run.flow for run in contact.session.runs] == ["caller", "hours"]
    assert contact.session.runs[0].data == {"who": "you"}


class Visit(Flow):
    start_on = ("visit",)

    day = ask("Day?", accept=parse.integer(), to="look")

    @step(to=("time", "day"))
    def look(self, turn: Turn) -> str:
        self.data.free = ["10:30", "11:30"] if self.data.day == 1 else []
        if self.data.free:
            return "time"
        turn.say("We are closed then.")
        return "day"

    time = choose("What time?", lambda data: {each: each for each in data.free}, to="sure")
    sure = choose("Sure?", {"y": Option("Yes", to=END), "d": Option("Another day", to="day")})

    @on("changed")
    def changed(self, turn: Turn) -> None:
        self.data.free = turn.event_data["free"]


@pytest.mark.flows([Visit])
async def test_an_old_button_whose_options_are_gone_is_old(contact):
    await contact.says("visit")
    await contact.says("1")
    await contact.taps("10:30")
    await contact.taps("Another day")
    await contact.says("2")
    await contact.taps("11:30")

    contact.sees("That button belongs to an earlier question.")


@pytest.mark.flows([Visit])
@pytest.mark.parametrize(
    ("word", "sees"),
    [("cancel", "canceled"), ("visit", "Day?"), ("help", "Day?"), ("10:30", "Day?")],
)
async def test_words_lead_out_of_a_question_without_options(contact, word, sees):
    await contact.says("visit")
    await contact.says("1")
    await contact.receives_event("changed", {"free": []})
    await contact.says(word)

    assert sees in contact.transcript.split(f"> {word}")[-1]
    assert not contact.failure


class Unputtable(Flow):
    start_on = ("unputtable",)

    first = choose("First?", {"y": Option("Yes", to="second")})
    second = choose(lambda data: data.missing, {"y": Option("Yes", to=END)})


@pytest.mark.flows([Unputtable])
async def test_a_question_that_cannot_be_put_leads_to_the_last_one_that_can(contact):
    await contact.says("unputtable")
    await contact.taps("Yes")

    contact.sees("First?")
    contact.sees_nothing(failed="The flow's data has no 'missing' yet")


class Hopeless(Flow):
    start_on = ("hopeless",)

    first = choose(lambda data: data.missing, {"y": Option("Yes", to=END)})


@pytest.mark.flows([Hopeless])
async def test_a_first_question_that_cannot_be_put_leads_to_a_person(contact):
    await contact.says("hopeless")

    contact.sees("A colleague will take over.")
    contact.sees_nothing(failed="no 'missing' yet")


class Weather(Flow):
    @step(to=END)
    def look(self, turn: Turn) -> str:
        return END

    def returns(self) -> str:
        return "clear"


class Trip(Flow):
    start_on = ("trip",)

    sky = call("weather", to="way")
    way = choose(
        "Train or bus?",
        {"train": Option("Train", to="day"), "bus": Option("Bus", to="day")},
        stale="jump",
    )
    day = choose("Which day?", {"today": "Today", "later": "Later"}, to=END)


@pytest.mark.flows([Trip, Weather])
@pytest.mark.contact(channel="RCS")
async def test_an_old_button_behind_a_call_of_the_same_turn_leads_to_its_question(contact):
    await contact.says("trip")
    await contact.taps("Train")
    await contact.says("back")
    contact.sees("Train or bus?")
    await contact.taps("Bus", old=True)

    contact.sees("Which day?")
    assert contact.data == {"sky": "clear", "way": "bus"}
