"""Replies that become too old before they can be sent."""

import pytest

from bot import END, Flow, Turn, ask, on, parse, step
from bot.emulator.fault_injection import RequestFault
from bot.errors import FlowError
from bot.flow.definition import of_class

SEND = "POST */messages:send"


class Offer(Flow):
    """One reply has a maximum age, the question and its reminder have none."""

    start_on = ("offer",)

    @step(to="wanted")
    def make(self, turn: Turn) -> str:
        turn.say("Today only!", max_age="10m")
        return "wanted"

    wanted = ask("Do you want it?", accept=parse.text(), to=END, remind={"2h": "Still there?"})


class News(Flow):
    """All replies have a maximum age."""

    start_on = ("news",)
    max_age = "5m"

    @step(to=END)
    def tell(self, turn: Turn) -> str:
        turn.say("The bus is late.")
        turn.say("It comes at ten.", max_age="1d")
        return END


pytestmark = pytest.mark.flows([Offer, News])


def shown(contact):
    return [each.text for each in contact.phone.shown]


def goes_down(simulation):
    simulation.platform.faults.add(
        RequestFault(on=SEND, action="refuse", status=429, retry_after="120")
    )


async def test_answers_are_sent_however_old_they_are_unless_they_say_otherwise(
    contact, simulation, caplog
):
    goes_down(simulation)
    await contact.says("offer")
    await contact.waits("20m")

    simulation.platform.faults.clear()
    await contact.waits("3m")

    assert shown(contact) == ["Do you want it?"]
    [expired] = [each for each in caplog.records if "too old" in each.getMessage()]
    assert vars(expired)["flow"] == "offer"


async def test_an_answer_within_its_age_is_sent(contact, simulation):
    goes_down(simulation)
    await contact.says("offer")
    await contact.waits("5m")

    simulation.platform.faults.clear()
    await contact.waits("3m")

    assert shown(contact) == ["Today only!", "Do you want it?"]


async def test_a_flow_sets_the_age_of_its_messages_and_a_message_its_own(contact, simulation):
    goes_down(simulation)
    await contact.says("news")
    await contact.waits("6m")

    simulation.platform.faults.clear()
    await contact.waits("3m")

    assert shown(contact) == ["It comes at ten."]


class Bus(Flow):
    start_on = ("bus",)

    line = ask("Which line?", accept=parse.text(), to=END)

    @on("late")
    def tell(self, turn: Turn) -> None:
        turn.say("Your bus is ten minutes late.", max_age="10m")


@pytest.mark.flows([Bus])
@pytest.mark.parametrize(("pause", "is_sent"), [("9m", True), ("11m", False)])
async def test_the_age_counts_from_an_event_that_waited_for_the_end_of_a_hand_over(
    contact, simulation, pause, is_sent
):
    await contact.says("bus")
    address = simulation.address_of(contact.phone)
    await simulation.bot.pause(address)
    await contact.run_until_idle()
    await contact.receives_event("late")
    await contact.waits(pause)
    await simulation.bot.resume(address)
    await contact.run_until_idle()

    assert ("Your bus is ten minutes late." in shown(contact)) == is_sent


class Asking(Flow):
    start_on = ("ask",)
    max_age = "5m"

    when = ask("When?", accept=parse.text(), to=END)


@pytest.mark.flows([Asking])
@pytest.mark.parametrize("agent", ["", "Ann"])
async def test_the_age_of_a_flows_messages_is_not_that_of_a_text_of_a_program(
    contact, simulation, agent
):
    await contact.says("ask")
    goes_down(simulation)
    await simulation.bot.say(simulation.address_of(contact.phone), "We're open.", agent=agent)
    await contact.waits("6m")

    simulation.platform.faults.clear()
    await contact.waits("3m")

    assert shown(contact)[-1] == "We're open."


@pytest.mark.parametrize(("down", "is_sent"), [("50m", True), ("70m", False)])
async def test_a_reminder_is_not_sent_an_hour_late(contact, simulation, down, is_sent):
    await contact.says("offer")
    await contact.waits("1h59m")
    goes_down(simulation)
    await contact.waits("1m")
    await contact.waits(down)

    simulation.platform.faults.clear()
    await contact.waits("3m")

    assert ("Still there?" in shown(contact)) == is_sent


async def test_the_age_counts_from_what_the_turn_is_about(contact, simulation):
    """No worker runs at first, so the turn itself is late."""
    await contact.says("hello")
    contact.phone.says("news")
    await simulation.platform.run_due()
    simulation.clock.advance_to(simulation.clock.now() + 600)

    await simulation.run_until_idle()

    assert shown(contact)[1:] == ["It comes at ten."]


def test_an_age_that_is_no_duration_is_refused_when_the_flow_loads():
    class Wrong(Flow):
        max_age = "soon"
        start_on = ("wrong",)

        @step(to=END)
        def tell(self, turn: Turn) -> str:
            return END

    with pytest.raises(FlowError, match="soon"):
        of_class(Wrong)
