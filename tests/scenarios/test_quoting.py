"""If a contact quotes a message of the bot, the flow learns which message."""

import pytest

from bot import END, Flow, Turn, ask, parse, step


class Menu(Flow):
    start_on = ("menu",)

    @step(to="dish")
    def show(self, turn: Turn) -> str:
        turn.say("Soup", message_metadata="dish=1")
        turn.say("Salad", message_metadata="dish=2")
        return "dish"

    dish = ask("Which one?", accept=parse.text(), to="noted")

    @step(to=END)
    def noted(self, turn: Turn) -> str:
        quoted = turn.message.reply_to
        inbound = turn.callback.message if turn.callback else None
        metadata = inbound.quoted_metadata.partition(" ")[2] if inbound else ""
        turn.say(f"{quoted.message_id if quoted else 'nothing'}, {metadata or 'none'}")
        return END


pytestmark = pytest.mark.flows([Menu])


async def test_flow_learns_which_message_is_quoted(contact):
    await contact.says("menu")
    salad = next(each for each in contact.phone.shown if each.text == "Salad")
    await contact.says("that one", quotes="Salad")

    contact.sees(f"{salad.message_id}, dish=2")


async def test_message_that_quotes_nothing_has_no_quoted_message(contact):
    await contact.says("menu")
    await contact.says("the salad")

    contact.sees("nothing, none")


async def test_only_what_the_phone_shows_can_be_quoted(contact):
    await contact.says("menu")

    with pytest.raises(AssertionError, match="no message with 'Pizza'"):
        contact.says("that one", quotes="Pizza")
