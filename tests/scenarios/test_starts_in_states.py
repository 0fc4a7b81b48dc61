"""Flows that start in a state with data: by programs, flows and other systems."""

from dataclasses import dataclass
from datetime import date

import pytest

from bot import (
    END,
    HANDOFF,
    Flow,
    FlowError,
    Hooks,
    Keywords,
    Option,
    Turn,
    ask,
    call,
    choose,
    keyword,
    on,
    parse,
    step,
)
from bot.flow.definition import of_class
from bot.flow.load import Flows


class Address(Flow):
    street = ask(lambda data: f"Which street, {data.name}?", accept=parse.text(), to="town")
    town = ask("Which town?", accept=parse.text(), to=END)

    def returns(self):
        return f"{self.data.get('street')}, {self.data.town}"


class Order(Flow):
    start_on = ("order",)

    item = choose("Item?", {"light": Option("Light", to="day"), "bell": Option("Bell", to="day")})
    day = ask(
        lambda data: f"The {data.item}: when?", accept=parse.date(), to="where", timeout=("1h", END)
    )
    where = call("address", to="sure", data=lambda data: {"name": "Ada"})
    sure = choose(
        lambda data: f"{data.item} on {data.day:%d %B}, to {data.where}?",
        {"yes": Option("Yes", to=END)},
    )

    @step(to="sure")
    def pick(self, turn: Turn) -> str:
        turn.say("You pick it up.")
        self.data.where = "the shop"
        return "sure"

    picked = on("picked", to="pick")(lambda self, turn: "pick")


@dataclass
class Told:
    item: str = ""
    count: int = 1


class Typed(Flow):
    data: Told

    item = ask("Item?", accept=parse.text(), to="count")
    count = ask(lambda data: f"How many of {data.item}?", accept=parse.integer(), to=END)


class Note(Flow):
    start_on = ("note",)

    text = ask("What happened?", accept=parse.text(), to="thank", bursts=("merge", "3s"))

    @step(to=END)
    def thank(self, turn: Turn) -> str:
        if self.data.text.startswith("I need"):
            turn.contact.start("order", {"item": "bell", "day": date(2026, 1, 9)}, state="where")
        turn.say("Noted.")
        return END


class Asking(Flow):
    start_on = ("asking",)

    first = ask("First?", accept=parse.text(), to=END)

    @on("deliver")
    def deliver(self, turn: Turn) -> None:
        turn.contact.start("order", turn.event_data, state="day")

    @on("away", to="person")
    def away(self, turn: Turn) -> str:
        return "person"

    @step(to="first")
    def person(self, turn: Turn) -> str:
        return "first"

    @on("ended")
    def ended(self, turn: Turn) -> None:
        if turn.event_data["reason"] == "canceled":
            turn.contact.start("typed", {"item": "lamp"}, state="count")


class Circle(Flow):
    start_on = ("circle",)

    @step(to=END)
    def again(self, turn: Turn) -> str:
        turn.contact.start("circle")
        return END


class Ours(Keywords):
    @keyword("call me")
    def call_me(self, turn: Turn) -> str:
        turn.contact.start("typed", {"item": "bulb"}, state="count", replace=True)
        return HANDOFF

    def stopped(self, turn: Turn) -> None:
        turn.contact.start("typed", {"item": "farewell"}, state="count")


pytestmark = pytest.mark.flows([Address, Order, Typed, Note, Asking, Circle, Ours])


async def test_a_program_starts_a_flow_in_a_state_with_data(contact):
    await contact.starts_flow("order", {"item": "light"}, state="day")
    contact.sees("The light: when?")
    await contact.says("Friday")

    contact.sees("Which street, Ada?")
    assert [run.flow for run in contact.session.runs] == ["order", "address"]


async def test_values_keep_their_types(simulation, contact):
    await contact.says("asking")
    data = {"item": "bell", "day": date(2026, 3, 1), "where": "Lund"}
    await simulation.bot.start(contact.session.address, "order", data, state="sure")
    await contact.run_until_idle()

    contact.sees("bell on 01 March, to Lund?")


async def test_a_flow_can_start_in_a_step_and_in_a_call(contact):
    await contact.starts_flow("order", {"item": "bell", "day": "2026-03-01"}, state="pick")
    contact.sees("You pick it up.")
    contact.sees("bell on 01 March, to the shop?")
    await contact.says("cancel")
    await contact.starts_flow("order", {"item": "bell", "day": "2026-03-01"}, state="where")
    contact.sees("Which street, Ada?")
    await contact.says("Main street")
    await contact.says("Lund")

    contact.sees("bell on 01 March, to Main street, Lund?")


async def test_there_is_no_question_before_the_one_it_starts_with(contact):
    await contact.starts_flow("order", {"item": "light"}, state="day")
    await contact.says("back")

    contact.sees("There is no question before this one.")
    contact.sees("The light: when?")


async def test_start_above_a_called_flow_returns_to_it(contact):
    await contact.says("order")
    for text in ("light", "Friday"):
        await contact.says(text)
    await contact.starts_flow("address", {"name": "Bo", "street": "Side street"}, state="town")
    contact.sees("Which town?")
    await contact.says("Lund")
    contact.sees("Which street, Ada?")
    await contact.says("Main street")
    await contact.says("Malmo")

    contact.sees("to Main street, Malmo?")


async def test_timers_of_the_state_count_from_the_start(contact):
    await contact.starts_flow("order", {"item": "light"}, state="day")
    await contact.waits("2h")

    assert contact.flow is None


async def test_a_flow_starts_another_one_when_its_step_is_done(contact):
    await contact.says("note")
    await contact.says("I need a bell")
    await contact.waits("4s")
    contact.sees("Noted.")
    contact.sees("Which street, Ada?")
    contact.sees_nothing()


async def test_start_during_a_burst_comes_after_it(simulation, contact):
    await contact.says("note")
    await contact.says("The chain")
    await simulation.bot.start(contact.session.address, "typed", {"item": "lamp"}, state="count")
    await contact.says("is broken")
    await contact.waits("4s")

    contact.sees("Noted.")
    contact.sees("How many of lamp?")
    contact.sees_nothing()


async def test_a_handler_starts_a_flow_above_the_one_that_stays(contact):
    await contact.says("asking")
    await contact.receives_event("deliver", {"item": "light"})
    contact.sees("The light: when?")
    await contact.waits("2h")
    contact.sees("First?")

    assert (contact.flow, contact.state) == ("asking", "first")


async def test_a_flow_that_is_canceled_may_start_another_one(contact):
    await contact.says("asking")
    await contact.says("cancel")
    contact.sees("All right, that's canceled.")
    contact.sees("How many of lamp?")
    contact.sees_nothing()


async def test_start_waits_while_a_person_handles_the_contact(simulation, contact):
    await contact.says("asking")
    await contact.says("agent")
    await contact.starts_flow("order", {"item": "light"}, state="day")
    contact.sees_nothing()
    assert [each.name for each in contact.session.waiting] == ["start order"]
    await simulation.bot.resume(contact.session.address)
    await contact.run_until_idle()
    contact.sees("The light: when?")
    contact.sees_nothing()


async def test_after_a_stop_nothing_starts(simulation, contact):
    await contact.says("asking")
    await contact.says("agent")
    await contact.starts_flow("order", {"item": "light"}, state="day")
    await contact.says("stop")
    contact.sees_nothing()
    assert contact.session.chains == []
    unhandled = [(each.event, each.reason) for each in contact.session.unhandled]
    assert unhandled == [("start order", "opted_out")]
    await contact.starts_flow("typed", {"item": "lamp"}, state="count")
    contact.sees_nothing()


async def test_a_flow_that_always_starts_itself_fails(contact):
    await contact.says("circle")

    contact.sees_nothing(failed="flows in one turn, the last 'circle'. Start the flow only if")


def renamed(flows: Flows, **changes) -> None:
    """Let a release with another `Order` run."""
    definition = of_class(type("Order", (Order,), {"name": "order", "version": 2, **changes}))
    flows.by_name["order"] = definition


async def test_a_start_that_waited_is_migrated_by_a_release(simulation, contact):
    await contact.says("asking")
    await contact.says("agent")
    await contact.starts_flow("order", {"item": "light"}, state="day")
    when = ask(lambda data: f"When, the {data.item}?", accept=parse.text(), to=END)
    renamed(simulation.flows, when=when, migrate={1: {"day": "when"}})
    await simulation.bot.resume(contact.session.address)
    await contact.run_until_idle()

    contact.sees("When, the light?")


async def test_a_state_that_a_release_has_removed_leads_to_the_first_one(simulation, contact):
    await contact.says("asking")
    await contact.says("agent")
    await contact.starts_flow("order", {"item": "light", "day": "2026-03-01"}, state="pick")
    item = choose("Another item?", {"lamp": Option("Lamp", to=END)})
    only = type("Order", (Flow,), {"name": "order", "version": 2, "item": item})
    simulation.flows.by_name["order"] = of_class(only)
    await simulation.bot.resume(contact.session.address)
    await contact.run_until_idle()

    contact.sees("Another item?")


async def test_a_start_of_a_newer_release_is_left_to_it(simulation, contact):
    older = simulation.flows.by_name["order"]
    renamed(simulation.flows)
    await simulation.bot.start(simulation.address_of(contact.phone), "order", {"item": "light"})
    newer, simulation.flows.by_name["order"] = simulation.flows.by_name["order"], older
    await contact.run_until_idle()
    contact.sees_nothing()
    simulation.flows.by_name["order"] = newer
    await contact.waits("5s")

    contact.sees("Item?")


async def test_a_burst_with_a_start_of_a_newer_release_is_left_to_it(simulation, contact):
    await contact.says("note")
    await contact.says("The chain")
    older = simulation.flows.by_name["order"]
    renamed(simulation.flows)
    await simulation.bot.start(contact.session.address, "order", {"item": "light"})
    newer, simulation.flows.by_name["order"] = simulation.flows.by_name["order"], older
    await contact.says("is broken")
    await contact.waits("10s")
    contact.sees_nothing()
    simulation.flows.by_name["order"] = newer
    await contact.waits("5s")

    contact.sees("Noted.")
    contact.sees("Item?")
    contact.sees_nothing()


@pytest.mark.parametrize(
    ("flow", "data", "state", "words"),
    [
        ("ordr", {}, "", "There is no flow 'ordr'; the flows are address, order"),
        ("order", {}, "dya", "Flow 'order' has no state 'dya'; it has item, day"),
        ("order", {}, END, "can't start in 'end', because the flow ends there"),
        ("typed", {"itm": "x"}, "", "takes no data 'itm'; .* item, count. Did you mean 'item'"),
        ("typed", {"count": "many"}, "", "count"),
        ("order", {"day": "some day"}, "day", "day"),
        ("order", {"item": object()}, "", "item"),
    ],
)
async def test_what_does_not_fit_is_refused_at_once(simulation, contact, flow, data, state, words):
    with pytest.raises(FlowError, match=words):
        await simulation.bot.start(simulation.address_of(contact.phone), flow, data, state=state)


async def test_a_wrong_start_in_a_flow_fails_its_turn(contact):
    await contact.says("asking")
    await contact.receives_event("deliver", {"day": "some day"})

    contact.sees_nothing(failed="day")


class Leaving(Flow):
    start_on = ("leaving",)

    first = ask("Leave?", accept=parse.text(), to="away")

    @step(to="second")
    def away(self, turn: Turn) -> str:
        turn.contact.start("typed", {"item": self.data.first}, state="count", replace=True)
        turn.say("Leaving.")
        return "second"

    second = ask("Never asked?", accept=parse.text(), to=END)

    @on("ended")
    def ended(self, turn: Turn) -> None:
        turn.say(f"It was {turn.event_data['reason']}.")


@pytest.mark.flows([Asking, Leaving, Typed])
async def test_flow_that_starts_another_with_replace_ends_first(contact):
    for text in ("asking", "leaving", "lamp"):
        await contact.says(text)

    contact.sees("Leaving.")
    contact.sees("It was replaced.")
    contact.sees("How many of lamp?")
    contact.sees_nothing()
    assert [run.flow for run in contact.session.runs] == ["typed"]
    await contact.says("3")
    contact.sees_nothing()
    assert contact.flow is None


async def test_start_with_replace_waits_while_a_person_handles_the_contact(simulation, contact):
    await contact.says("asking")
    await contact.says("call me")
    contact.sees("A colleague will take over.")
    assert [run.flow for run in contact.session.runs] == ["asking"]
    await simulation.bot.resume(contact.session.address)
    await contact.run_until_idle()

    contact.sees("How many of bulb?")
    contact.sees_nothing()
    assert [run.flow for run in contact.session.runs] == ["typed"]


class Stubborn(Flow):
    start_on = ("stubborn",)

    first = ask("First?", accept=parse.text(), to="restarts")

    @step(to="first")
    def restarts(self, turn: Turn) -> str:
        turn.contact.start("stubborn", replace=True)
        return "first"

    @on("ended")
    def ended(self, turn: Turn) -> None:
        turn.contact.start("stubborn", replace=True)


@pytest.mark.flows([Stubborn])
async def test_flow_that_replaces_itself_whenever_it_ends_fails_the_turn(contact):
    await contact.says("stubborn")
    contact.sees("First?")
    await contact.says("again")

    contact.sees_nothing(failed="flows in one turn, the last 'stubborn'. Start the flow only if")


hooks = Hooks()


@hooks.around_turn
async def start_afterwards(turn, proceed):
    await proceed()
    if turn.text == "lamp":
        turn.contact.start("typed", {"item": "lamp"}, state="count")


@pytest.mark.flows([Typed, Asking, hooks])
async def test_a_hook_may_start_a_flow(contact):
    await contact.says("lamp")

    contact.sees("How many of lamp?")


async def test_replace_ends_what_was_active(simulation, contact):
    await contact.says("asking")
    address = contact.session.address
    await simulation.bot.start(address, "order", {"item": "bell"}, state="day", replace=True)
    await contact.run_until_idle()
    contact.sees("The bell: when?")

    assert [run.flow for run in contact.session.runs] == ["order"]


async def test_contacts_on_two_channels_have_starts_of_their_own(contacts):
    sms, whatsapp = contacts(1)[0], contacts(1, channel="WHATSAPP")[0]
    await sms.starts_flow("order", {"item": "bell"}, state="day")
    await whatsapp.says("asking")
    await whatsapp.starts_flow("typed", {"item": "lamp"}, state="count")

    sms.sees("The bell: when?")
    whatsapp.sees("How many of lamp?")


class Known(Flow):
    start_on = ("known",)

    street = ask("Your street?", accept=parse.text(), to="where")
    where = call("address", to="done", data=lambda data: {"street": data.street}, state="town")

    @step(to=END)
    def done(self, turn: Turn) -> str:
        turn.say(f"To {self.data.where}.")
        return END


@pytest.mark.flows([Address, Known])
async def test_a_call_begins_in_a_state(contact):
    await contact.says("known")
    await contact.says("Main street")
    contact.sees("Which town?")
    await contact.says("change street")
    contact.sees("Your street?")
    await contact.says("Side street")
    contact.sees("Which town?")
    await contact.says("Lund")

    contact.sees("To Side street, Lund.")


@pytest.mark.parametrize(("state", "words"), [("twon", "no state 'twon'"), (END, "ends there")])
def test_a_call_of_a_state_that_is_not_there_is_refused(state, words):
    wrong = type("Wrong", (Known,), {"where": call("address", to="done", state=state)})

    with pytest.raises(FlowError, match=words):
        Flows([of_class(Address), of_class(wrong)])
