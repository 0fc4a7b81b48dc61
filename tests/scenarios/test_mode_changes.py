"""Work that waits when the app's processing mode changes is neither lost nor duplicated."""

import pytest

from bot import END, Flow, ask, parse
from bot.emulator.fault_injection import RequestFault

SEND = "POST */messages:send"
MODES = ("CONVERSATION", "DISPATCH")


class Tea(Flow):
    start_on = ("tea",)

    kind = ask("Which tea?", accept=parse.text(), to=END, remind={"10m": "Well?"})


pytestmark = pytest.mark.flows([Tea])


@pytest.fixture
def switch(simulation):
    """Change the app's processing mode; DISPATCH mode keeps messages for a day."""

    def switch(mode):
        app = simulation.platform.state.apps[simulation.platform.app_id]
        app["processing_mode"] = mode
        app["dispatch_retention_policy"]["ttl_days"] = 1

    return switch


def sent(simulation):
    """Return the texts that the platform has accepted, each with the app's mode at that time."""
    return [
        (message.mode, message.app_message["text_message"]["text"])
        for message in simulation.platform.state.messages.values()
        if message.direction == "TO_CONTACT"
    ]


@pytest.mark.parametrize(("first", "then"), [MODES, MODES[::-1]])
async def test_a_reply_is_found_that_was_taken_in_the_mode_before(
    contact, simulation, switch, first, then
):
    switch(first)
    simulation.platform.faults.add(RequestFault(on=SEND, action="drop", taken=True, count=1))

    await contact.says("tea")
    switch(then)
    await contact.waits("1m")

    assert sent(simulation) == [(first, "Which tea?")]


@pytest.mark.parametrize(("first", "then"), [MODES, MODES[::-1]])
async def test_a_reply_that_waits_is_sent_in_the_other_mode(
    contact, simulation, switch, first, then
):
    switch(first)
    simulation.platform.faults.add(RequestFault(on=SEND, action="refuse", status=503, count=1))

    await contact.says("tea")
    switch(then)
    await contact.waits("1m")

    assert sent(simulation) == [(then, "Which tea?")]


@pytest.mark.parametrize(("first", "then"), [MODES, MODES[::-1]])
async def test_a_reminder_is_sent_in_the_other_mode(contact, simulation, switch, first, then):
    switch(first)
    await contact.says("tea")
    switch(then)
    await contact.waits("11m")

    assert sent(simulation) == [(first, "Which tea?"), (then, "Well?")]


async def test_what_the_api_refuses_in_conversation_mode_is_not_sent_to_the_identity(
    contact, simulation, switch
):
    simulation.platform.faults.add(RequestFault(on=SEND, action="refuse", status=400, count=1))

    await contact.says("tea")
    await contact.waits("1m")

    assert sent(simulation) == []
