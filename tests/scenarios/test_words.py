"""Words that count at any time, and how authors override them."""

import pytest

from bot import AGAIN, BACK, CANCEL, END, HANDOFF, Flow, Option, ask, choose, parse, step
from bot.errors import FlowError
from bot.flow.definition import of_class
from bot.flow.keywords import Keywords, keyword
from bot.flow.load import Flows


class Pizza(Flow):
    start_on = ("pizza",)

    size = choose(
        "Which size?",
        {"small": Option("Small", to="sauce"), "large": Option("Large", to="crust")},
    )
    crust = choose("Which crust?", {"thin": Option("Thin", to="sauce")})
    sauce = choose("Which sauce?", {"red": Option("Red", to="address")}, label="topping")
    address = ask("Where to?", accept=parse.text(), to="sure")
    sure = choose(
        lambda data: f"A {data.size} one to {data.address}?", {"yes": Option("Yes", to=END)}
    )


class Party(Flow):
    start_on = ("party",)

    claims = choose("Press a button.", {"help": Option("Help", to=END)})


pytestmark = pytest.mark.flows([Pizza, Party])


async def test_help_answers_and_asks_again(contact):
    await contact.says("pizza")
    await contact.says("HELP!")

    contact.sees("say back, cancel or agent")
    contact.sees("Which size?")
    assert contact.state == "size"


async def test_help_answers_when_nothing_is_under_way(contact):
    await contact.says("help")

    contact.sees("say back, cancel or agent")
    contact.sees_nothing()


async def test_counts_as_the_whole_message_only(contact):
    for text in ("pizza", "small", "red", "please help me back home"):
        await contact.says(text)

    assert contact.data["address"] == "please help me back home"


async def test_a_state_claims_a_word_by_an_option(contact):
    await contact.says("party")
    await contact.says("help")

    assert contact.flow is None
    assert contact.data == {"claims": "help"}


async def test_back_goes_back_question_by_question(contact):
    for text in ("pizza", "small", "red"):
        await contact.says(text)
    await contact.says("back")
    contact.sees("Which sauce?")
    await contact.says("back")
    contact.sees("Which size?")
    await contact.says("back")

    contact.sees("There is no question before this one.")
    contact.sees("Which size?")


async def test_cancel_gives_the_flow_up(contact):
    await contact.says("pizza")
    await contact.says("cancel")

    contact.sees("All right, that's canceled.")
    assert contact.flow is None


async def test_agent_hands_over(contact):
    await contact.says("pizza")
    await contact.says("agent")

    contact.sees("A colleague will take over.")
    assert contact.session.pause is not None
    await contact.says("hello?")
    contact.sees_nothing()


async def test_change_goes_back_to_one_answer_alone(contact):
    for text in ("pizza", "large", "thin", "red", "Main street"):
        await contact.says(text)
    contact.sees("A large one to Main street?")
    await contact.says("change address")
    contact.sees("Where to?")
    await contact.says("Side street")

    contact.sees("A large one to Side street?")


async def test_change_asks_what_the_new_answer_brings_up(contact):
    for text in ("pizza", "small", "red", "Main street"):
        await contact.says(text)
    await contact.says("Change size")
    await contact.says("large")

    contact.sees("Which crust?")


async def test_change_knows_what_an_ask_is_called(contact):
    for text in ("pizza", "small", "red"):
        await contact.says(text)
    await contact.says("change topping")

    contact.sees("Which sauce?")


async def test_change_of_an_answer_not_given_is_no_word(contact):
    await contact.says("pizza")
    await contact.says("change address")

    contact.sees("Sorry, I didn't understand that. Which size?")


class Polite(Keywords):
    @keyword("help", "sos")
    def help(self, turn):
        turn.say("At your service.")

    @keyword("joke")
    async def joke(self, turn):
        return "party"

    def no_match(self, turn, starts):
        turn.say(f"Pardon? I do {' and '.join(starts)}.")


class TestOwnWords:
    @pytest.fixture
    def bot_flows(self):
        return Flows([of_class(Pizza), of_class(Party)], words=Polite())

    async def test_take_the_place_of_the_framework_s(self, contact):
        await contact.says("sos")
        contact.sees("At your service.")
        await contact.says("what?")
        contact.sees("Pardon? I do pizza and party.")

    async def test_start_flows(self, contact):
        await contact.says("pizza")
        await contact.says("joke")
        contact.sees("Press a button.")
        await contact.says("1")

        contact.sees("Which size?")
        assert contact.flow == "pizza"


class Swedish(Keywords):
    @keyword("cancel", "avboka", "absagen")
    def cancel(self, turn):
        return CANCEL

    def agent(self, turn):
        turn.say("One moment.")
        return HANDOFF

    @keyword("undo it")
    def undone(self, turn):
        return BACK


class TestOverriddenWords:
    @pytest.fixture
    def bot_flows(self):
        return Flows([of_class(Pizza), of_class(Party)], words=Swedish())

    @pytest.mark.parametrize("word", ["cancel", "avboka", "absagen", "avbryt", "abbrechen"])
    async def test_translated_words_of_an_overridden_keyword_still_count(self, contact, word):
        await contact.says("pizza")
        await contact.says(word)

        contact.sees("All right, that's canceled.")
        assert contact.flow is None

    async def test_cancel_says_so_without_an_active_flow(self, contact):
        await contact.says("avboka")

        contact.sees("All right, that's canceled.")
        contact.sees_nothing()

    async def test_method_without_words_keeps_those_of_the_method_it_overrides(self, contact):
        await contact.says("pizza")
        await contact.says("mensch")

        contact.sees("One moment.")
        assert contact.session.pause is not None

    async def test_back_is_returned_by_an_own_word(self, contact):
        await contact.says("pizza")
        await contact.says("small")
        await contact.says("undo it")

        contact.sees("Which size?")


class Replaced(Keywords):
    @keyword("abort", only=True)
    def cancel(self, turn):
        turn.say("Bye.")
        return super().cancel(turn)

    @keyword("quit")
    def quit(self, turn):
        turn.say("Not so fast.")
        return CANCEL

    def canceled(self, turn):
        turn.say("Canceled, then.")


class TestReplacedWords:
    @pytest.fixture
    def bot_flows(self):
        return Flows([of_class(Pizza), of_class(Party)], words=Replaced())

    async def test_only_the_given_words_count(self, contact):
        await contact.says("pizza")
        await contact.says("cancel")
        contact.sees("Sorry, I didn't understand that. Which size?")
        await contact.says("abort")

        contact.sees("Bye.")
        contact.sees("Canceled, then.")
        contact.sees_nothing()
        assert contact.flow is None

    async def test_word_that_says_something_says_only_that(self, contact):
        await contact.says("pizza")
        await contact.says("quit")

        contact.sees("Not so fast.")
        contact.sees_nothing()
        assert contact.flow is None


class Help(Flow):
    fallback = True

    @step(to=END)
    def tell(self, turn):
        turn.say(f"What is {turn.text!r}?")
        return END


class Silent(Keywords):
    @keyword("again")
    def again(self, turn):
        return AGAIN

    @keyword("nothing")
    async def nothing(self, turn):
        pass

    @keyword("party time")
    def party(self, turn):
        turn.contact.start("party")


SILENT = [of_class(Pizza), of_class(Party)]


class TestWordsThatSayNothing:
    @pytest.fixture
    def bot_flows(self):
        return Flows(SILENT, words=Silent())

    @pytest.mark.parametrize("word", ["again", "nothing"])
    async def test_are_no_words_without_an_active_flow(self, contact, caplog, word):
        await contact.says(word)

        contact.sees("Sorry, I don't know what to do with that. You can say: pizza, party.")
        contact.sees_nothing()
        lines = [each for each in caplog.records if getattr(each, "action", "") == "keyword_silent"]
        assert [each.method for each in lines] == [f"Silent.{word}"]

    @pytest.mark.parametrize("word", ["again", "nothing"])
    async def test_ask_the_active_question_again(self, contact, caplog, word):
        await contact.says("pizza")
        await contact.says(word)

        contact.sees("Which size?")
        assert "The method of a keyword said nothing" not in caplog.text

    async def test_may_start_a_flow(self, contact, caplog):
        await contact.says("party time")

        contact.sees("Press a button.")
        contact.sees_nothing()
        assert "The method of a keyword said nothing" not in caplog.text


class TestWordsThatSayNothingBesideAFallback(TestWordsThatSayNothing):
    @pytest.fixture
    def bot_flows(self):
        return Flows([*SILENT, of_class(Help)], words=Silent())

    @pytest.mark.parametrize("word", ["again", "nothing"])
    async def test_are_no_words_without_an_active_flow(self, contact, word):
        await contact.says(word)

        contact.sees(f"What is {word!r}?")
        contact.sees_nothing()


def test_word_of_two_methods_is_refused_with_the_way_to_remove_a_built_in_one():
    with pytest.raises(FlowError, match=r"'quit' is a word of cancel\(\) already.*only=True"):

        class Twice(Keywords):
            @keyword("quit")
            def leave(self, turn):
                return CANCEL
