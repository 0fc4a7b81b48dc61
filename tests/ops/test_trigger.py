"""`bot trigger` puts an event into a contact's inbox, and prints the outcome."""

import pytest

from bot import END, Flow, Turn, ask, on, parse, step
from bot.errors import FlowError
from bot.ops.common import OperationError
from bot.ops.trigger import trigger
from bot.testing import SimulatedContact, Simulation


class Parcel(Flow):
    start_on = ("parcel",)

    waiting = ask("Anything to tell the driver?", accept=parse.text(), to="waiting")

    @on("delayed")
    def delay(self, turn: Turn) -> None:
        turn.say(f"{turn.event_data['days']} days late.")


class Survey(Flow):
    start_on_events = ("delivered_home",)

    @step(to="stars")
    def begin(self, turn: Turn) -> str:
        return "stars"

    stars = ask("How was it?", accept=parse.text(), to=END)


pytestmark = pytest.mark.flows([Parcel, Survey])


@pytest.fixture
def triggered(
    contact: SimulatedContact, simulation: Simulation, capsys: pytest.CaptureFixture[str]
):
    """Trigger an event twice with one id: without waiting, and after the bot has done its work."""

    async def run(event: str, data: str = "", *, expires: str = "") -> list[str]:
        await contact.says("parcel")
        contact.sees("Anything to tell the driver?")
        store, name = simulation.bot.store, f"SMS:{contact.phone.identity}"
        await trigger(store, name, event, data, id="1", expires=expires, wait="")
        await contact.waits("10m")  # After this time, a handler that fails is not tried again.
        await trigger(store, name, event, data, id="1", expires=expires, wait="")
        return capsys.readouterr().out.splitlines()

    return run


AGAIN = "An event with this id was triggered before. It is not triggered again."
QUEUED = "Queued. A worker will handle the event."


async def test_an_event_is_handled_by_the_active_flow(triggered, contact):
    told = await triggered("delayed", '{"days": 2}')

    assert told == [QUEUED, AGAIN, "A flow has handled the event."]
    contact.sees("2 days late.")
    contact.sees_nothing()


async def test_an_event_starts_a_flow(triggered, contact):
    told = await triggered("delivered_home")

    assert told == [QUEUED, AGAIN, "The event has started a flow."]
    contact.sees("How was it?")


async def test_an_event_waits_for_a_flow(triggered):
    told = await triggered("paid", expires="24h")

    assert told[-1].startswith("The event waits until a flow can handle it.")


async def test_an_event_that_no_flow_handles_is_an_error(triggered):
    with pytest.raises(OperationError, match="No flow has handled the event 'delaid'"):
        await triggered("delaid")


async def test_a_handler_that_fails_is_an_error(triggered):
    with pytest.raises(OperationError, match="The handler of the event 'delayed' has failed"):
        await triggered("delayed")


async def test_data_contact_and_duration_are_checked(triggered, simulation):
    with pytest.raises(OperationError, match="--data takes a JSON object"):
        await triggered("delayed", "[2]")
    with pytest.raises(FlowError, match="'soon' is not a duration"):
        await triggered("delayed", expires="soon")
    with pytest.raises(OperationError, match="There is no contact '46700000999'"):
        await trigger(
            simulation.bot.store, "46700000999", "delayed", "", id="", expires="", wait=""
        )
