"""Objects and coroutines that an author never meant to be read do not reach a contact."""

import pytest

from bot import END, Card, Flow, ask, parse, reply, step


async def fetch(number: int = 1) -> str:
    return f"order {number}"


class Cup:
    """Has no text of its own."""


class Careless(Flow):
    start_on = ("go",)

    what = ask("What?", accept=parse.text(), to="tell")

    @step(to=END)
    async def tell(self, turn):
        match turn.text:
            case "said":
                turn.say(fetch())
            case "written":
                turn.say(f"Here is {fetch()}")
            case "object":
                turn.say(f"Your cup: {Cup()}")
            case "function":
                turn.say(f"Your order: {fetch}")
            case "button":
                turn.say(Card("Cups", choices=[reply(str(Cup()))]))
            case "left":
                fetch()  # type: ignore[unused-coroutine]
                turn.say("Done")
            case "called":
                turn.say(await turn.once(fetch(3)))
        return END


pytestmark = pytest.mark.flows([Careless])


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("said", "fetch() is not awaited"),
        ("written", "Write await fetch(…)."),
        ("object", "test_what_is_no_text.Cup object at 0x"),
        ("function", "<function fetch at 0x"),
        ("button", "test_what_is_no_text.Cup object at 0x"),
        ("left", "test_what_is_no_text.py:35: fetch() is not awaited, so it does nothing."),
        ("called", "turn.once takes the function and its arguments"),
    ],
)
async def test_the_turn_fails_and_nothing_of_it_is_sent(contact, what, why):
    await contact.says("go")
    contact.sees("What?")

    await contact.says(what)

    contact.sees("Sorry")
    contact.sees_nothing(failed=why)


async def test_errors_in_tests_show_what_was_written(contact, caplog):
    await contact.says("go")
    contact.sees("What?")

    await contact.says("object")

    contact.sees("Sorry")
    contact.sees_nothing(failed="Cup object")
    assert "careless/tell says" in caplog.records[-1].exception
    assert "***" not in caplog.records[-1].exception
