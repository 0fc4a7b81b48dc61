"""A send with an unknown outcome is looked up before it is sent again."""

import pytest

from bot import END, Flow, Turn, step
from bot.emulator.fault_injection import RequestFault

SEND, LOOK = "POST */messages:send", "GET */messages"


class Greeting(Flow):
    start_on = ("hi",)

    @step(to=END)
    def greet(self, turn: Turn) -> str:
        turn.say("Hello")
        return END


pytestmark = pytest.mark.flows([Greeting])


def taken(simulation):
    """Return the number of messages that the platform has accepted."""
    messages = simulation.platform.state.messages.values()
    return sum(message.direction == "TO_CONTACT" for message in messages)


@pytest.mark.parametrize(
    "fault",
    [
        RequestFault(on=SEND, action="drop", taken=True, count=1),
        RequestFault(on=SEND, action="refuse", status=500, taken=True, count=1),
    ],
)
async def test_an_accepted_message_is_not_sent_again(contact, simulation, fault):
    simulation.platform.faults.add(fault)

    await contact.says("hi")
    await contact.waits("1m")

    assert taken(simulation) == 1


@pytest.mark.parametrize(
    "fault",
    [
        RequestFault(on=LOOK, action="refuse", status=429, count=1),
        RequestFault(on=LOOK, action="refuse", status=503, count=3),
        RequestFault(on=LOOK, action="drop", count=2),
        RequestFault(on=LOOK, action="expire", count=1),
    ],
)
async def test_a_failed_look_up_does_not_mean_that_the_message_is_missing(
    contact, simulation, fault
):
    simulation.platform.faults.add(
        RequestFault(on=SEND, action="drop", taken=True, count=1),
        fault,
    )

    await contact.says("hi")
    await contact.waits("5m")

    assert taken(simulation) == 1


async def test_what_was_not_taken_is_sent(contact, simulation):
    simulation.platform.faults.add(RequestFault(on=SEND, action="drop", count=2))

    await contact.says("hi")
    await contact.waits("1m")

    assert taken(simulation) == 1
