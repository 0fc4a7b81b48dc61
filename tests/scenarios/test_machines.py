"""The bot stops answering a machine after a number of automatic or repeated texts."""

from dataclasses import replace

import pytest

from bot import END, HANDOFF, Flow, Keywords, Option, ask, choose, parse
from bot.engine.machines import MAX_REPEATS, Limits
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.telemetry import metrics

AWAY = "Thanks for your message! We're closed right now and will respond when we open at 9am."


class Pizza(Flow):
    start_on = ("pizza",)

    size = choose("Which size?", {"s": Option("Small", to=END), "l": Option("Large", to=END)})


class Note(Flow):
    start_on = ("note",)

    note = ask("Any note?", accept=parse.text(), to="note")


class Welcome(Flow):
    fallback = True

    menu = choose("What can we do?", {"hours": Option("Opening hours", to=END)})


pytestmark = pytest.mark.flows([Pizza])


@pytest.mark.parametrize(
    "in_flow",
    [
        "pizza",
        pytest.param("", marks=pytest.mark.flows([Pizza])),
        pytest.param("", marks=pytest.mark.flows([Pizza, Welcome])),
        pytest.param("note", marks=pytest.mark.flows([Note])),
    ],
    ids=["in a flow", "without a flow", "by the fallback", "a flow that takes any text"],
)
async def test_automatic_replies_are_answered_up_to_a_bound(contact, in_flow):
    before = metrics.unanswered.counts().get("machine", 0)
    if in_flow:
        await contact.says(in_flow)
    for _ in range(20):
        await contact.says(AWAY)

    assert len(contact.phone.shown) <= MAX_REPEATS + 3
    assert metrics.unanswered.counts().get("machine", 0) - before == 20 - MAX_REPEATS


async def test_repeated_texts_that_differ_in_numbers_are_answered_up_to_a_bound(contact):
    for number in range(30):
        await contact.says(f"Ticket {number} was opened for you")

    assert len(contact.phone.shown) == MAX_REPEATS + 1


async def test_another_text_is_answered_and_an_understood_one_begins_again(contact):
    await contact.says("pizza")
    for _ in range(20):
        await contact.says("hmm")
    shown = len(contact.phone.shown)
    await contact.says("hmm")
    assert len(contact.phone.shown) == shown

    await contact.says("what do you mean")
    assert len(contact.phone.shown) == shown + 1
    await contact.says("Small")
    assert contact.flow is None
    await contact.says("hmm")
    assert len(contact.phone.shown) == shown + 2


async def talk_to_each_other(customer, shop, max_rounds=100):
    """Let each bot send the texts that the other bot's phone shows. Return how often both wrote."""
    heard = {customer: 0, shop: 0}
    for rounds in range(max_rounds):
        has_spoken = False
        for here, there in ((customer, shop), (shop, customer)):
            texts = [each.text for each in here.phone.shown[heard[here] :]]
            heard[here] = len(here.phone.shown)
            for text in texts:
                has_spoken = True
                await there.says(text)
        if not has_spoken:
            return rounds
    return max_rounds


async def test_two_bots_of_ours_come_to_an_end(contacts):
    customer, shop = contacts(2)
    await customer.says("pizza")
    await shop.says("pizza")

    assert await talk_to_each_other(customer, shop) < 20


class CallsAPerson(Keywords):
    def repeats_itself(self, turn):
        return HANDOFF


class CallsAPersonAtALimit(Keywords):
    def limit_reached(self, turn, limit):
        turn.say(f"Too many {limit}.")
        return HANDOFF


@pytest.mark.flows([Pizza, CallsAPerson])
async def test_a_person_can_be_called(contact):
    for _ in range(20):
        await contact.says(AWAY)

    assert contact.session.pause.reason == "repeats itself"


@pytest.mark.flows([Pizza, CallsAPerson])
async def test_without_a_bound_on_repeats_nobody_is_called(contact, simulation):
    simulation.bot.engine.limits = Limits(repeats=0)
    for _ in range(20):
        await contact.says(AWAY)

    assert contact.session.pause is None
    contact.sees("Sorry, I don't know what to do with that.")


async def test_stop_is_heard_from_a_contact_who_is_no_longer_answered(contact):
    for _ in range(20):
        await contact.says("hmm")
    await contact.says("stop")

    assert contact.consent == "out"


class TestAnswersPerHour:
    @pytest.fixture
    def bot_settings(self, bot_settings):
        return replace(bot_settings, max_answers=4)

    async def test_a_contact_is_answered_up_to_the_limit_until_the_hour_has_ended(self, contact):
        for _ in range(10):
            await contact.says("pizza")
        assert len(contact.phone.shown) == 4

        await contact.waits("1h")
        await contact.says("pizza")
        assert len(contact.phone.shown) == 5

    async def test_stop_counts_for_a_contact_who_has_reached_the_limit(self, contact):
        for _ in range(6):
            await contact.says("pizza")
        await contact.stops()
        assert contact.consent == "out"

    async def test_first_message_beyond_the_limit_is_a_warning(self, contact, caplog):
        caplog.set_level("INFO")
        for _ in range(7):
            await contact.says("pizza")
        logged = [each for each in caplog.records if getattr(each, "action", "") == "unanswered"]

        assert [each.levelname for each in logged] == ["WARNING", "INFO", "INFO"]

    @pytest.mark.flows([Pizza, CallsAPersonAtALimit])
    async def test_person_can_be_called_at_the_limit(self, contact):
        for _ in range(7):
            await contact.says("pizza")

        assert contact.session.pause.reason == "limit reached"
        assert contact.phone.shown[-1].text == "Too many answers_per_hour."

    @pytest.mark.flows([Note])
    async def test_two_bots_that_take_any_text_end_by_the_limit(self, contacts):
        customer, shop = contacts(2)
        await customer.says("note")

        assert await talk_to_each_other(customer, shop) <= 4
        assert [len(each.phone.shown) for each in (customer, shop)] == [4, 4]


class TestSmsPartsPerDay:
    @pytest.fixture
    def bot_settings(self, bot_settings):
        return replace(bot_settings, max_sms_parts=5)

    @pytest.fixture
    def bot_flows(self):
        class Long(Flow):
            start_on = ("long",)

            line = ask("x" * 161, accept=parse.text(), to="line")

        return Flows([of_class(Long)])

    async def test_answers_end_after_so_many_parts_until_the_next_day(self, contact, caplog):
        before = metrics.unanswered.counts().get("sms_parts_per_day", 0)
        for _ in range(6):
            await contact.says("long")
        assert len(contact.phone.shown) == 3  # of two parts each
        assert metrics.unanswered.counts()["sms_parts_per_day"] - before == 3
        assert {"sms_parts_per_day"} == {
            each.reason for each in caplog.records if getattr(each, "action", "") == "unanswered"
        }
        await contact.says("stop")
        assert contact.consent == "out"

        await contact.says("start")
        await contact.waits("24h")
        await contact.says("long")
        assert contact.phone.shown[-1].text.startswith("xxx")

    async def test_other_channels_have_no_parts(self, contacts):
        [contact] = contacts(1, channel="WHATSAPP")
        for _ in range(6):
            await contact.says("long")

        assert len(contact.phone.shown) == 6

    async def test_two_bots_end_by_the_cost(self, contacts):
        customer, shop = contacts(2)
        await customer.says("long")

        await talk_to_each_other(customer, shop)
        assert [len(each.phone.shown) for each in (customer, shop)] == [3, 3]
