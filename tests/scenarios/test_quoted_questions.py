"""A message that quotes a question answers that question, not the last one."""

import pytest

from bot import END, Flow, Option, Turn, ask, choose, on, parse, step


class Pizza(Flow):
    start_on = ("pizza",)

    size = choose("Which size?", {"s": Option("Small", to="many"), "l": Option("Large", to="many")})
    many = ask("How many?", accept=parse.integer(), to="place", remind={"1h": "Still hungry?"})

    @step(to="called")
    def place(self, turn: Turn) -> str:
        turn.say(f"{self.data.many} {self.data.size}.")
        return "called"

    called = ask("Whose name?", accept=parse.text(), to=END)


class Tea(Flow):
    start_on = ("tea",)

    kind = choose(
        "Which tea?",
        {name: Option(name.title(), to="cups") for name in ("green", "black")},
        stale="jump",
    )
    cups = ask("How many cups?", accept=parse.integer(), to=END)

    @on("ended")
    def end(self, turn: Turn) -> None:
        turn.say("No tea then.")


pytestmark = [pytest.mark.flows([Pizza, Tea]), pytest.mark.contact(channel="WHATSAPP")]


@pytest.fixture
def quote(contact, simulation):
    """Write a text that quotes the message of ours with that text."""

    async def quote(text, said):
        sent = [
            each
            for each in simulation.platform.state.messages.values()
            if each.direction == "TO_CONTACT" and said in str(each.app_message)
        ]
        contact.phone.says(text, reply_to=sent[-1].id)
        await contact.run_until_idle()

    return quote


async def test_quoted_question_of_an_interrupted_flow_is_answered(contact, quote):
    await contact.says("pizza")
    await contact.taps("Small")
    await contact.says("tea")
    contact.sees("Which tea?")
    await quote("3", "How many?")

    contact.sees("3 s.")
    contact.sees("Whose name?")
    assert [run.flow for run in contact.session.runs] == ["tea", "pizza"]
    await contact.says("Ann")
    contact.sees("Which tea?")


async def test_quoted_question_that_is_active_is_answered_as_usual(contact, quote):
    await contact.says("tea")
    await quote("green", "Which tea?")

    contact.sees("How many cups?")
    assert contact.data == {"kind": "green"}


async def test_quoted_reminder_is_the_question_it_reminds_of(contact, quote):
    await contact.says("pizza")
    await contact.taps("Small")
    await contact.waits("1h1m")
    contact.sees("Still hungry?")
    await contact.says("tea")
    await quote("2", "Still hungry?")

    contact.sees("2 s.")


async def test_earlier_question_that_is_quoted_is_named_and_the_present_one_asked_again(
    contact, quote
):
    await contact.says("pizza")
    await contact.taps("Small")
    await quote("Large", "Which size?")

    contact.sees("Your message quotes an earlier question.")
    contact.sees("How many?")
    assert contact.data == {"size": "s"}


async def test_earlier_question_with_jump_is_answered_again(contact, quote):
    await contact.says("tea")
    await contact.says("green")
    await quote("black", "Which tea?")

    contact.sees("How many cups?")
    assert contact.data == {"kind": "black"}


@pytest.mark.parametrize("said", ["2 s.", "Which size?"])
async def test_quote_of_what_is_no_question_of_an_active_run_says_nothing(contact, quote, said):
    await contact.says("pizza")
    await contact.taps("Small")
    await contact.says("2")
    if said == "Which size?":
        await contact.says("cancel")
        await contact.says("tea")
    await quote("green", said)

    is_over = said == "Which size?"
    answer = {"kind": "green"} if is_over else {"size": "s", "many": 2, "called": "green"}
    assert contact.data == answer


async def test_word_that_quotes_a_question_is_about_its_flow(contact, quote):
    await contact.says("tea")
    await contact.says("pizza")
    await quote("cancel", "Which tea?")

    contact.sees("All right, that's canceled.")
    contact.sees("No tea then.")
    assert contact.flow == "pizza"


async def test_stop_that_quotes_a_question_is_a_stop(contact, quote):
    await contact.says("tea")
    await contact.says("pizza")
    await quote("STOP", "Which tea?")

    assert (contact.consent, contact.flow) == ("out", None)
