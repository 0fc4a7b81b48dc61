"""An operator switches a flow off: nothing starts it, its runs wait, and continue when it is on."""

import logging
from typing import ClassVar

import pytest

from bot import END, Flow, Keywords, Option, Turn, ask, call, choose, keyword, on, parse, step
from bot.errors import FlowSwitchedOff
from bot.flow.definition import of_class
from bot.flow.load import Flows, load_flows
from bot.items.inbound import Item, OperatorCommand, encode
from bot.store import FlowOff
from tests.support.conversation import switch_off, switch_on, talk

SORRY = "Sorry, this is not available now. Please try again later."


class Order(Flow):
    start_on = ("order",)
    start_on_events = ("basket_left",)

    size = choose(
        "Which size?",
        {"s": Option("Small", to="count"), "l": Option("Large", to="count")},
        remind={"30m": "Still there?"},
        timeout=("1h", "expire"),
        stale="jump",
    )
    count = ask("How many?", accept=parse.integer(), to="pay")
    pay = call("payment", to="done")

    @step(to=END)
    def done(self, turn: Turn) -> str:
        turn.say(f"Paid by {self.data.pay['way']}.")
        return END

    @step(to=END)
    def expire(self, turn: Turn) -> str:
        turn.say("The order has expired.")
        return END

    @on("price_changed")
    def price_changed(self, turn: Turn) -> None:
        turn.say("The price has changed.")

    @on("ended")
    def ended(self, turn: Turn) -> None:
        turn.say(f"Cleaned up: {turn.event_data['reason']}.")


class Payment(Flow):
    @step(to="way")
    def prepare(self, turn: Turn) -> str:
        turn.say("Preparing the payment.")
        return "way"

    way = choose("How do you pay?", {"card": Option("Card", to=END)})


class Hours(Flow):
    start_on = ("hours",)

    day = choose("Which day?", {"mon": Option("Monday", to=END)})


class Strict(Flow):
    start_on = ("strict",)
    interrupt = "ignore"

    name_ = ask("Your name?", accept=parse.text(), to=END)


class Menu(Flow):
    fallback = True

    what = choose("What would you like?", {"end": Option("Nothing", to=END)})


class Words(Keywords):
    @keyword("pizza")
    def pizza(self, turn: Turn) -> str:
        return "order"

    @keyword("where")
    def where(self, turn: Turn) -> str:
        turn.say("In Malmö.")
        return "again"


pytestmark = pytest.mark.flows([Order, Payment, Hours, Strict])


@pytest.fixture
def switch(simulation):
    async def switch(flow, *, on=False, say=""):
        admin = simulation.bot.store.admin
        if on:
            await admin.switch_on(flow)
        else:
            await admin.switch_off(flow, FlowOff(simulation.clock.now(), "the oven is broken", say))
        await simulation.run_until_idle()

    return switch


async def command(simulation, contact, **what):
    item = Item("command:1", at=simulation.clock.now(), command=OperatorCommand(**what))
    await simulation.bot.store.queue.accept(
        contact.session.address.key, encode(item), item.id, item.at
    )
    await contact.run_until_idle()


def use(simulation, *flows):
    simulation.bot.use(Flows([of_class(each) for each in flows]))


def reasons(contact):
    return [(each.event, each.reason) for each in contact.session.unhandled]


# Starts of the flow


async def test_word_of_a_flow_that_is_off_is_answered(contact, switch):
    await switch("order")
    await contact.says("order")

    contact.sees(SORRY)
    assert contact.flow is None


async def test_operator_gives_the_text(contact, switch):
    await switch("order", say="Orders are closed until 5 pm.")
    await contact.says("order")

    contact.sees("Orders are closed until 5 pm.")
    contact.sees_nothing()


@pytest.mark.contact(language="de")
async def test_sentence_is_translated(contact, switch, simulation):
    simulation.bot.use(load_flows("flows"))
    await switch("order")
    await contact.says("order")

    contact.sees(
        "Entschuldigung, das geht gerade nicht. Bitte versuchen Sie es später noch einmal."
    )


async def test_word_of_a_flow_that_is_off_repeats_the_active_question(contact, switch):
    await contact.says("hours")
    await switch("order")
    await contact.says("order")

    contact.sees(SORRY)
    contact.sees("Which day?")
    contact.sees_nothing()
    assert contact.flow == "hours"


async def test_word_of_a_flow_that_is_off_is_an_answer_if_words_are_ignored(contact, switch):
    await contact.says("strict")
    await switch("order")
    await contact.says("order")

    assert contact.flow is None
    assert reasons(contact) == []


@pytest.mark.flows([Order, Payment, Words])
async def test_keyword_that_names_a_flow_that_is_off_is_answered(contact, switch):
    await switch("order")
    await contact.says("pizza")

    contact.sees(SORRY)
    assert contact.flow is None


@pytest.mark.flows([Menu, Hours])
async def test_fallback_that_is_off_is_answered(contact, switch):
    await switch("menu")
    await contact.says("hello")
    contact.sees(SORRY)
    await contact.says("hours")

    contact.sees("Which day?")


@pytest.mark.contact(channel="WHATSAPP")
async def test_old_button_does_not_start_a_flow_that_is_off(contact, switch):
    await contact.says("order")
    await contact.says("cancel")
    await switch("order")
    await contact.taps("Large", old=True)

    contact.sees(SORRY)
    assert contact.flow is None


async def test_yes_to_the_question_whether_to_leave_finds_the_flow_off(contact, switch, simulation):
    class Asking(Hours):
        name = "asking"
        start_on = ("asking",)
        interrupt = "ask"

    use(simulation, Order, Payment, Asking)
    await contact.says("asking")
    await contact.says("order")
    contact.sees("Do you want to switch to order instead?")
    await switch("order")
    await contact.says("yes")

    contact.sees(SORRY)
    contact.sees("Which day?")
    contact.sees_nothing()


async def test_event_that_would_start_a_flow_that_is_off_is_unhandled(contact, switch, simulation):
    await contact.says("hours")
    await switch("order")
    await contact.receives_event("basket_left")

    contact.sees_nothing()
    assert reasons(contact) == [("basket_left", "flow_off")]


async def test_event_that_may_wait_starts_the_flow_when_it_is_on(contact, switch, simulation):
    await contact.says("hours")
    await switch("order")
    await simulation.bot.trigger(contact.session.address.key, "basket_left", id="7", expires="1d")
    await contact.run_until_idle()
    assert await simulation.bot.outcome(contact.session.address.key, "7") == "waiting"
    await switch("order", on=True)
    await contact.says("monday")

    contact.sees("Which size?")


async def test_start_by_a_program_is_refused(contact, switch, simulation):
    await contact.says("hours")
    await switch("order")

    with pytest.raises(FlowSwitchedOff, match=r"has been off since .*the oven is broken"):
        await simulation.bot.start(contact.session.address.key, "order")


async def test_start_that_was_accepted_before_is_unhandled(contact, switch, simulation):
    await contact.says("hours")
    await simulation.bot.start(contact.session.address.key, "order")
    await switch("order")
    await contact.run_until_idle()

    assert contact.flow == "hours"
    assert reasons(contact) == [("start order", "flow_off")]


async def test_start_by_a_flow_is_unhandled(contact, switch, simulation):
    class Starting(Flow):
        start_on = ("starting",)

        @step(to=END)
        def begin(self, turn: Turn) -> str:
            turn.contact.start("order")
            return END

    use(simulation, Order, Payment, Starting)
    await switch("order")
    await contact.says("starting")

    assert contact.flow is None
    assert reasons(contact) == [("start order", "flow_off")]


async def test_operator_cannot_move_a_contact_into_a_flow_that_is_off(
    contact, switch, simulation, caplog
):
    await contact.says("hours")
    await switch("order")
    with caplog.at_level(logging.WARNING):
        await command(simulation, contact, do="move", flow="order", state="count")

    assert contact.flow == "hours"
    assert "Contact not moved to a state, because the flow is switched off" in caplog.messages


# Runs that there are


async def test_answers_to_a_flow_that_is_off_are_answered_with_the_sentence(contact, switch):
    await contact.says("order")
    await switch("order")
    for said in ("large", "1", "nonsense", "order", "back", "change size"):
        await contact.says(said)
        contact.sees(SORRY)
        contact.sees_nothing()
    await switch("order", on=True)
    await contact.says("large")

    contact.sees("How many?")


class Parcel(Flow):
    start_on = ("parcel",)

    where = choose("Where to?", {"home": Option("Home", to=END)}, remind={"10m": "Still there?"})


class Pickup(Flow):
    start_on = ("pickup",)

    address = call("address", to=END)

    @on("moved")
    def moved(self, turn: Turn) -> None:
        turn.say("We come later.")


class Address(Flow):
    street = ask("Which street?", accept=parse.text(), to=END)


@pytest.mark.flows([Parcel, Pickup, Address])
async def test_a_waiting_event_is_answered_in_the_turn_of_a_reminder(contact, switch):
    await contact.says("parcel")
    await contact.says("pickup")
    await contact.waits("8m")
    await switch("address")
    await contact.receives_event("moved")
    await switch("address", on=True)
    await contact.waits("3m")

    contact.sees("We come later.")
    contact.sees_nothing()


class Notes(Flow):
    start_on = ("note",)
    interrupt = "ignore"

    note = ask("Your note?", accept=parse.text(), bursts=("merge", "3s"), to=END)


@pytest.mark.flows([Notes, Hours])
async def test_a_word_among_quick_messages_leads_out_of_a_flow_that_is_off(contact, switch):
    await contact.says("note")
    await switch("notes")
    contact.phone.says("hello?")
    contact.phone.says("hours")
    await contact.run_until_idle()

    contact.sees(SORRY)
    contact.sees("Which day?")
    contact.sees_nothing()


@pytest.mark.contact(channel="WHATSAPP")
async def test_button_of_a_flow_that_is_off_counts_when_it_is_on_again(contact, switch):
    await contact.says("order")
    await switch("order")
    await contact.taps("Large")
    contact.sees(SORRY)
    await switch("order", on=True)
    await contact.taps("Large")

    contact.sees("How many?")


@pytest.mark.contact(channel="WHATSAPP")
async def test_active_question_is_repeated_after_a_button_of_a_flow_that_is_off(contact, switch):
    await contact.says("order")
    await contact.says("hours")
    await switch("order")
    await contact.taps("Large")
    contact.sees(SORRY)
    contact.sees("Which day?")
    await contact.says("large", quotes="Which size?")
    contact.sees(SORRY)
    contact.sees("Which day?")
    contact.sees_nothing()

    assert contact.state == "day"


async def test_change_that_returns_to_a_called_flow_that_is_off_is_answered(contact, switch):
    for text in ("order", "large", "2", "change count"):
        await contact.says(text)
    contact.sees("How many?")
    await switch("payment")
    await contact.says("3")
    contact.sees(SORRY)
    contact.sees_nothing()
    await switch("payment", on=True)
    await contact.waits("6m")
    contact.sees("How do you pay?")
    await contact.says("card")

    contact.sees("Paid by card.")


async def test_cancel_ends_a_flow_that_is_off(contact, switch):
    await contact.says("hours")
    await contact.says("order")
    await switch("order")
    await contact.says("cancel")

    contact.sees("All right, that's canceled.")
    contact.sees("Cleaned up: canceled.")
    contact.sees("Which day?")


@pytest.mark.flows([Order, Payment, Words])
async def test_own_keyword_answers_and_the_question_stays_away(contact, switch):
    await contact.says("order")
    await switch("order")
    await contact.says("where")

    contact.sees("In Malmö.")
    contact.sees(SORRY)
    contact.sees_nothing()


async def test_another_flow_leads_out_and_back_to_the_sentence(contact, switch):
    await contact.says("order")
    await switch("order")
    await contact.says("hours")
    contact.sees("Which day?")
    await contact.says("monday")

    contact.sees(SORRY)
    assert (contact.flow, contact.state) == ("order", "size")


@pytest.mark.parametrize("policy", ["ask", "ignore"])
async def test_no_flow_that_is_off_keeps_a_contact(policy, contact, switch, simulation):
    class Keeping(Hours):
        name = "keeping"
        start_on = ("keeping",)
        interrupt = policy

    use(simulation, Keeping, Order, Payment)
    await contact.says("keeping")
    await switch("keeping")
    await contact.says("order")

    contact.sees("Which size?")
    contact.sees_nothing()


async def test_agent_hands_a_held_contact_over_and_back(contact, switch, simulation):
    await contact.says("order")
    await switch("order")
    await contact.says("agent")
    contact.sees("A colleague will take over.")
    await contact.says("large")
    contact.sees_nothing()
    await switch("order", on=True)
    await simulation.bot.resume(contact.session.address.key)
    await contact.run_until_idle()
    contact.sees("Which size?")
    await contact.says("large")

    contact.sees("How many?")


async def test_contact_handed_back_to_a_flow_that_is_off_is_told_nothing(
    contact, switch, simulation
):
    await contact.says("order")
    await contact.says("agent")
    await switch("order")
    await simulation.bot.resume(contact.session.address.key, state="count")
    await contact.run_until_idle()

    assert (contact.flow, contact.state, contact.session.pause) == ("order", "size", None)
    assert [each.text for each in contact.phone.shown].count(SORRY) == 0


async def test_stop_ends_a_flow_that_is_off(contact, switch):
    await contact.says("order")
    await switch("order")
    await contact.says("stop")

    assert contact.flow is None
    assert contact.consent == "out"


async def test_event_for_a_run_of_a_flow_that_is_off_waits(contact, switch, simulation):
    await contact.says("order")
    await switch("order")
    await simulation.bot.trigger(contact.session.address.key, "price_changed", id="7")
    await contact.run_until_idle()
    assert await simulation.bot.outcome(contact.session.address.key, "7") == "waiting"
    await switch("order", on=True)
    await contact.waits("6m")

    contact.sees("The price has changed.")
    assert await simulation.bot.outcome(contact.session.address.key, "7") == "handled"


@pytest.mark.contact(channel="WHATSAPP")
async def test_report_for_a_run_of_a_flow_that_is_off_is_not_handled(contact, switch, simulation):
    class Parcel(Flow):
        start_on = ("parcel",)

        code = ask("The code?", accept=parse.text(), to=END)

        @on("read")
        def read(self, turn: Turn) -> None:
            turn.say("You have read it.")

    use(simulation, Parcel)
    await contact.says("parcel")
    await switch("parcel")
    await contact.reads()
    contact.sees_nothing()
    await switch("parcel", on=True)
    await contact.reads()

    contact.sees_nothing()


async def test_time_out_of_a_flow_that_is_off_waits_and_reminders_are_dropped(contact, switch):
    await contact.says("order")
    await switch("order")
    await contact.waits("3h")
    contact.sees_nothing()
    await switch("order", on=True)
    await contact.waits("6m")

    contact.sees("The order has expired.")
    contact.sees_nothing()


async def test_time_out_of_an_interrupted_flow_that_is_off_waits(contact, switch):
    await contact.says("order")
    await contact.says("hours")
    await switch("order")
    await contact.waits("3h")
    contact.sees_nothing()
    await contact.says("monday")
    contact.sees(SORRY)
    await switch("order", on=True)
    await contact.waits("6m")

    contact.sees("The order has expired.")


async def test_held_contact_in_which_nothing_waits_costs_no_turns(contact, switch):
    await contact.says("order")
    await switch("order")
    await contact.says("large")
    turns = contact.session.turn
    await contact.waits("20m")

    assert contact.session.turn == turns


# Called flows


async def test_caller_waits_at_the_call_of_a_flow_that_is_off(contact, switch):
    await contact.says("order")
    await contact.says("large")
    await switch("payment")
    await contact.says("2")
    contact.sees(SORRY)
    contact.sees_nothing()
    await contact.says("hello?")
    contact.sees(SORRY)
    await switch("payment", on=True)
    await contact.says("card")
    contact.sees("Preparing the payment.")
    contact.sees("How do you pay?")
    await contact.says("card")

    contact.sees("Paid by card.")


async def test_question_that_waited_is_asked_within_five_minutes(contact, switch):
    await contact.says("order")
    await contact.says("large")
    await switch("payment")
    await contact.says("2")
    await switch("payment", on=True)
    await contact.waits("6m")

    contact.sees("Preparing the payment.")
    contact.sees("How do you pay?")


async def test_called_run_waits_if_its_caller_is_off(contact, switch):
    await contact.says("order")
    await contact.says("large")
    await contact.says("2")
    await switch("order")
    await contact.says("card")
    contact.sees(SORRY)
    contact.sees_nothing()
    await switch("order", on=True)
    await contact.says("card")

    contact.sees("Paid by card.")


async def test_word_of_the_caller_begins_it_again_if_the_called_flow_is_off(contact, switch):
    await contact.says("order")
    await contact.says("large")
    await contact.says("2")
    await switch("payment")
    await contact.says("order")

    contact.sees("Which size?")
    contact.sees_nothing()


async def test_agent_at_a_call_that_has_not_begun_continues_there(contact, switch, simulation):
    await contact.says("order")
    await contact.says("large")
    await switch("payment")
    await contact.says("2")
    await contact.says("agent")
    await switch("payment", on=True)
    await simulation.bot.resume(contact.session.address.key)
    await contact.run_until_idle()

    contact.sees("Preparing the payment.")
    contact.sees("How do you pay?")


# Bursts, releases


async def test_burst_is_answered_once(contact, switch, simulation):
    class Gathering(Flow):
        start_on = ("gathering",)
        bursts = ("merge", "3s")

        text = ask("Tell me.", accept=parse.text(), to=END)

    use(simulation, Gathering)
    await contact.says("gathering")
    await switch("gathering")
    await contact.says("one")
    await contact.says("two")
    await contact.waits("5s")

    contact.sees(SORRY)
    contact.sees_nothing()


async def test_run_of_a_flow_that_is_off_is_migrated(contact, switch, simulation):
    class Renamed(Flow):
        name = "order"
        version = 2
        migrate: ClassVar = {1: {"size": "dimension"}}
        start_on = ("order",)

        dimension = choose("Which dimension?", {"l": Option("Large", to=END)})

    await contact.says("order")
    await switch("order")
    use(simulation, Renamed)
    await contact.says("large")
    contact.sees(SORRY)
    assert contact.state == "dimension"
    await switch("order", on=True)
    await contact.says("large")

    assert contact.flow is None


async def test_flow_that_is_off_and_gone_ends(contact, switch, simulation):
    await contact.says("order")
    await switch("order")
    use(simulation, Hours)
    await contact.says("hours")

    contact.sees("Which day?")


async def test_worker_logs_when_flows_go_off_and_on(contact, switch, caplog):
    with caplog.at_level(logging.INFO):
        await switch("order")
        await switch("order", on=True)

    told = [r.message for r in caplog.records if r.__dict__.get("flow") == "order"]
    assert told == ["A flow is switched off", "A flow is on again"]


class Visit(Flow):
    start_on_events = ("visit",)

    sure = choose("Is your box there?", {"yes": Option("Yes", to=END), "no": Option("No", to=END)})


@pytest.mark.contact(channel="WHATSAPP")
@pytest.mark.flows([Visit, Hours])
class TestWindow:
    """The flow is switched off while its question waits for the messaging window."""

    async def test_question_was_not_seen_if_the_flow_is_on_again(self, contact, simulation):
        await self.wait(contact, "hello")
        await switch_off(simulation, "visit")
        await switch_on(simulation, "visit")

        await talk(contact, ("no", "Is your box there?"), ("no",))
        assert contact.flow is None

    async def test_question_is_released_but_not_answered(self, contact, simulation):
        await self.wait(contact, "hello")
        await switch_off(simulation, "visit")
        await talk(contact, ("no", "Is your box there?", SORRY))
        await switch_on(simulation, "visit")

        await talk(contact, ("no",))
        assert contact.flow is None

    async def test_message_answers_the_question_below(self, contact, simulation):
        await self.wait(contact, "hours")
        await switch_off(simulation, "visit")

        await talk(contact, ("monday", "Is your box there?", SORRY))
        assert contact.data == {}

    async def wait(self, contact, word):
        await contact.says(word)
        await contact.waits("2d")
        await contact.receives_event("visit")
        contact.sees_nothing()
