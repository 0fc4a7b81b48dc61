"""Machines that answer machines come to an end."""

from dataclasses import replace

import pytest

from bot import END, HANDOFF, Flow, Keywords, Option, ask, choose, parse
from bot.engine.machines import MAX_REPEATS
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


async def test_two_bots_of_ours_come_to_an_end(contacts):
    customer, shop = contacts(2)
    await customer.says("pizza")
    await shop.says("pizza")
    heard = {customer: 0, shop: 0}
    rounds = 0
    spoke = True
    while spoke and rounds < 100:
        spoke = False
        rounds += 1
        for here, there in ((customer, shop), (shop, customer)):
            texts = [each.text for each in here.phone.shown[heard[here] :]]
            heard[here] = len(here.phone.shown)
            for text in texts:
                spoke = True
                await there.says(text)

    assert rounds < 20


class CallsAPerson(Keywords):
    def repeats_itself(self, turn):
        return HANDOFF


@pytest.mark.flows([Pizza, CallsAPerson])
async def test_a_person_can_be_called(contact):
    for _ in range(20):
        await contact.says(AWAY)

    assert contact.session.pause.reason == "repeats itself"


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
