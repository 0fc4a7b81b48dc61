"""Every reply in conversations with called flows: jumps, changes, bursts, starts and ends."""

from datetime import timedelta

import pytest

from bot import END, Flow, Keywords, Option, Turn, ask, call, choose, keyword, on, parse, step
from tests.support.conversation import hand_back, sees, switch_off, switch_on, talk


class Quick(Flow):
    start_on = ("quick",)

    word = ask(
        "A word, quickly!",
        accept=parse.text(),
        to="twice",
        bursts=("merge", "3s"),
        timeout=("10m", "late"),
    )
    twice = choose("Twice?", {"y": Option("Yes", to="done"), "n": Option("No", to="done")})

    @step(to=END)
    def done(self, turn: Turn) -> str:
        turn.say(f"{self.data.word!r} {self.data.twice}")
        return END

    @step(to=END)
    def late(self, turn: Turn) -> str:
        turn.say("Too late.")
        return END


class Jumper(Flow):
    start_on = ("jumper",)

    color = choose(
        "Which color?",
        {"red": Option("Red", to="size"), "blue": Option("Blue", to="size")},
        stale="jump",
    )
    size = choose(
        "Which size?",
        {"s": Option("Small", to="helper"), "l": Option("Large", to="helper")},
        stale="accept",
    )
    helper = call("place", to="sure")
    sure = choose(
        lambda data: f"{data.color} {data.size} to {data.helper['town']}?",
        {"yes": Option("Sure", to=END), "no": Option("Not so", to="color")},
    )


class Place(Flow):
    street = ask("Which street?", accept=parse.text(min_length=4), to="town")
    town = ask("Which town?", accept=parse.text(min_length=2), to=END)


class Words(Keywords):
    @keyword("surprise")
    def surprise(self, turn: Turn) -> str:
        return "cities"

    @keyword("loud")
    def loud(self, turn: Turn) -> str:
        turn.say("LOUD.")
        return "again"


class Inner(Flow):
    what = choose(
        "Start tea how?",
        {
            "above": Option("Above", to="above"),
            "instead": Option("Instead", to="instead"),
            "none": Option("No tea", to=END),
        },
        timeout=("1h", END),
    )

    @step(to="then")
    def above(self, turn: Turn) -> str:
        turn.contact.start("tea")
        return "then"

    @step(to="then")
    def instead(self, turn: Turn) -> str:
        turn.contact.start("tea", replace=True)
        return "then"

    then = ask("And then?", accept=parse.text(), to=END)

    @on("ended")
    def ended(self, turn: Turn) -> None:
        turn.say(f"Inner {turn.event_data['reason']}.")


class Outer(Flow):
    start_on = ("outer",)

    name_ = ask("Your name?", accept=parse.text(), to="inner")
    inner = call("inner", to="sure", otherwise="gave_up")

    @step(to="sure")
    def gave_up(self, turn: Turn) -> str:
        turn.say("Inner gave up.")
        return "sure"

    sure = choose("Outer sure?", {"yes": Option("Yes", to=END), "no": Option("No", to="inner")})

    @on("nudge")
    def nudge(self, turn: Turn) -> None:
        turn.contact.start("notice", {"name": "Nudge"})

    @on("jump_out", to="sure")
    def jump_out(self, turn: Turn) -> str:
        return "sure"

    @on("ended")
    def ended(self, turn: Turn) -> None:
        turn.say(f"Outer {turn.event_data['reason']}.")
        if turn.event_data["reason"] == "canceled":
            turn.contact.start("stops")


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

    product = choose(
        "Which part would you like?",
        {
            "lock": Option("Chain lock, 49 €", to="quantity"),
            "bell": Option("Brass bell, 9 €", to="quantity"),
        },
    )
    quantity = ask("How many?", accept=parse.integer(), to="address")
    address = ask("Where shall we send it?", accept=parse.text(), to=END)


class Cities(Flow):
    start_on = ("cities",)

    origin = choose("From where?", {"bonn": Option("Bonn", to=END)})


class Stops(Flow):
    start_on = ("stops",)

    stop_at = choose("Where shall we halt?", {"bonn": Option("Bonn", to=END)})


pytestmark = pytest.mark.flows(
    [Quick, Jumper, Place, Words, Inner, Outer, Notice, Tea, TeaReady, Order, Cities, Stops]
)


async def test_agent_ends_a_burst_after_its_answer(contact, simulation):
    await talk(contact, ("quick", "A word, quickly!"))
    await contact.says("one")
    await contact.says("agent")
    await contact.waits("1s")
    sees(contact, "Twice?", "A colleague will take over.")
    await talk(contact, ("yes",))
    await hand_back(simulation, contact)
    sees(contact, "Twice?")
    await talk(contact, ("no", "'one' n"))


async def test_help_ends_a_burst_after_its_answer(contact):
    await talk(contact, ("quick", "A word, quickly!"))
    await contact.says("one")
    await contact.says("help")
    await contact.waits("1s")
    sees(contact, "Twice?", "Answer the question", "Twice?")


async def test_back_ends_a_burst_after_its_answer(contact):
    await talk(contact, ("quick", "A word, quickly!"))
    await contact.says("one")
    await contact.says("back")
    await contact.waits("1s")
    sees(contact, "Twice?", "A word, quickly!")
    await contact.waits("11m")
    sees(contact, "Too late.")
    assert contact.flow is None


@pytest.mark.contact(channel="RCS")
async def test_jump_to_the_caller_ends_the_called_run(contact):
    await talk(
        contact,
        ("jumper", "Which color?"),
        ("[Red]", "Which size?"),
        ("[Small]", "Which street?"),
        ("Long Street 12", "Which town?"),
        ("[Blue]", "Which size?"),
        ("[Large]", "Which street?"),
        ("Long Street 12", "Which town?"),
        ("Lund", "blue l to Lund?"),
        ("[Sure]",),
    )
    assert contact.flow is None


@pytest.mark.contact(channel="RCS")
async def test_accepted_button_of_a_caller_repeats_the_called_question(contact):
    await talk(
        contact,
        ("jumper", "Which color?"),
        ("[Red]", "Which size?"),
        ("[Small]", "Which street?"),
        ("[Large]", "Which street?"),
        ("Long Street 12", "Which town?"),
        ("Lund", "red l to Lund?"),
        ("back", "Which town?"),
        ("Lund", "red l to Lund?"),
    )


@pytest.mark.contact(channel="RCS")
async def test_jump_after_the_called_run_has_returned(contact):
    await talk(
        contact,
        ("jumper", "Which color?"),
        ("[Red]", "Which size?"),
        ("[Small]", "Which street?"),
        ("Long Street 12", "Which town?"),
        ("Lund", "red s to Lund?"),
        ("[Blue]", "Which size?"),
        ("[Small]", "Which street?"),
    )


@pytest.mark.contact(channel="RCS")
async def test_jump_in_the_middle_of_a_change(contact):
    await talk(
        contact,
        ("jumper", "Which color?"),
        ("[Red]", "Which size?"),
        ("[Small]", "Which street?"),
        ("Long Street 12", "Which town?"),
        ("change size", "Which size?"),
    )
    await contact.taps("Blue", old=True)
    sees(contact, "Which size?")
    await talk(contact, ("[Small]", "Which street?"))
    assert (contact.flow, contact.state) == ("place", "street")


@pytest.mark.contact(channel="WHATSAPP")
async def test_jump_over_another_flow_and_its_double_tap(contact):
    await talk(
        contact,
        ("jumper", "Which color?"),
        ("[Red]", "Which size?"),
        ("order", "Which part"),
        ("[Blue]", "Which size?"),
        ("[Blue]",),
        ("[Chain lock, 49 €]", "How many?"),
        ("2", "Where shall we send it?"),
        ("cancel", "All right, that's canceled.", "Which size?"),
    )


async def test_change_survives_another_flow(contact):
    await talk(
        contact,
        ("jumper", "Which color?"),
        ("red", "Which size?"),
        ("small", "Which street?"),
        ("change color", "Which color?"),
        ("order", "Which part"),
        ("cancel", "All right, that's canceled.", "Which color?"),
        ("back", "Which street?"),
        ("Long Street 12", "Which town?"),
    )


async def test_change_survives_a_hand_over(contact, simulation):
    await talk(
        contact,
        ("jumper", "Which color?"),
        ("red", "Which size?"),
        ("small", "Which street?"),
        ("Long Street 12", "Which town?"),
        ("change color", "Which color?"),
        ("agent", "A colleague will take over."),
    )
    await hand_back(simulation, contact)
    sees(contact, "Which color?")
    await talk(
        contact,
        ("blue", "Which town?"),
        ("Lund", "blue s to Lund?"),
    )


async def test_stop_ends_a_change(contact):
    await talk(
        contact,
        ("jumper", "Which color?"),
        ("red", "Which size?"),
        ("small", "Which street?"),
        ("change color", "Which color?"),
        ("stop",),
        ("start", "Welcome back."),
        ("jumper", "Which color?"),
    )
    assert (contact.flow, contact.state) == ("jumper", "color")


async def test_step_of_a_called_flow_starts_a_flow_above(contact):
    await talk(
        contact,
        ("outer", "Your name?"),
        ("Ada", "Start tea how?"),
        ("above", "Tea in how many minutes?"),
        ("5", "I will call you.", "And then?"),
        ("bed", "Outer sure?"),
        ("yes",),
    )
    assert contact.flow is None


async def test_step_of_a_called_flow_starts_a_flow_instead(contact):
    await talk(
        contact,
        ("outer", "Your name?"),
        ("Ada", "Start tea how?"),
        ("instead", "Inner replaced.", "Outer replaced.", "Tea in how many minutes?"),
        ("5", "I will call you."),
    )
    assert contact.flow is None


async def test_time_out_with_otherwise_under_another_flow(contact):
    await talk(
        contact,
        ("outer", "Your name?"),
        ("Ada", "Start tea how?"),
        ("order", "Which part"),
    )
    await contact.waits("61m")
    sees(contact, "Inner gave up.")
    assert (contact.flow, contact.state) == ("order", "product")
    await talk(contact, ("cancel", "All right, that's canceled.", "Outer sure?"))


async def test_ended_starts_a_flow_after_cancel(contact):
    await talk(
        contact,
        ("outer", "Your name?"),
        ("Ada", "Start tea how?"),
        (
            "cancel",
            "All right, that's canceled.",
            "Inner canceled.",
            "Outer canceled.",
            "Where shall we halt?",
        ),
    )


async def test_handler_of_an_interrupted_flow_starts_a_flow(contact):
    await talk(
        contact,
        ("outer", "Your name?"),
        ("Ada", "Start tea how?"),
        ("order", "Which part"),
    )
    await contact.receives_event("nudge")
    sees(contact, "Nudge, we have moved.")
    await talk(
        contact,
        ("sure", "Which part"),
        ("bell", "How many?"),
    )


async def test_handler_of_an_interrupted_caller_ends_the_called_run(contact):
    await talk(
        contact,
        ("outer", "Your name?"),
        ("Ada", "Start tea how?"),
        ("order", "Which part"),
    )
    await contact.receives_event("jump_out")
    sees(contact, "Inner replaced.")
    assert (contact.flow, contact.state) == ("order", "product")
    await talk(
        contact,
        ("cancel", "All right, that's canceled.", "Outer sure?"),
        ("no", "Start tea how?"),
    )


async def test_own_word_starts_a_flow_in_a_called_one(contact):
    await talk(
        contact,
        ("outer", "Your name?"),
        ("Ada", "Start tea how?"),
        ("surprise", "From where?"),
        ("surprise", "From where?"),
        ("cancel", "All right, that's canceled.", "Start tea how?"),
        ("loud", "LOUD.", "Start tea how?"),
    )


async def test_restart_by_the_word_asks_only_after_answers_of_the_called_run(contact):
    await talk(
        contact,
        ("outer", "Your name?"),
        ("Ada", "Start tea how?"),
        ("outer", "Inner replaced.", "Outer replaced.", "Your name?"),
        ("Bo", "Start tea how?"),
        ("above", "Tea in how many minutes?"),
        ("outer", "And then?"),
        ("outer", "Do you want to switch to outer instead?"),
        ("yes", "Inner replaced.", "Outer replaced.", "Your name?"),
    )


async def test_time_out_with_otherwise_in_a_hand_over(contact, simulation):
    await talk(
        contact,
        ("outer", "Your name?"),
        ("Ada", "Start tea how?"),
        ("agent", "A colleague will take over."),
    )
    await contact.waits("61m")
    sees(contact)
    await hand_back(simulation, contact)
    sees(contact, "Inner gave up.", "Outer sure?")


async def test_time_out_with_otherwise_while_the_flow_is_off(contact, simulation):
    await talk(
        contact,
        ("outer", "Your name?"),
        ("Ada", "Start tea how?"),
    )
    await switch_off(simulation, "inner")
    await contact.waits("61m")
    sees(contact)
    await switch_on(simulation, "inner")
    await contact.waits("6m")
    sees(contact, "Inner gave up.", "Outer sure?")
