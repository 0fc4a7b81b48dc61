"""Wrong credentials delay replies, which do not become dead letters."""

import logging

import pytest

from bot import END, Flow, Turn, step
from bot.emulator.fault_injection import RequestFault

SEND, TOKEN = "POST */messages:send", "POST /oauth2/token"


class Greeting(Flow):
    start_on = ("hi",)

    @step(to=END)
    def greet(self, turn: Turn) -> str:
        turn.say("Hello", "How are you?")
        return END


pytestmark = pytest.mark.flows([Greeting])


async def dead_letters(simulation):
    return [letter async for letter in simulation.bot.store.admin.dead_letters()]


@pytest.mark.parametrize("on", [SEND, TOKEN])
async def test_replies_wait_while_the_credentials_are_refused(contact, simulation, on, caplog):
    simulation.platform.tokens.expire_all()
    simulation.platform.faults.add(RequestFault(on=on, action="refuse", status=401))

    await contact.says("hi")
    await contact.waits("2h")

    assert await dead_letters(simulation) == []
    refused = [each for each in caplog.records if "credentials are refused" in each.getMessage()]
    assert refused
    assert all(each.levelno == logging.ERROR for each in refused)

    simulation.platform.faults.clear()
    await contact.waits("31s")
    contact.sees("Hello")
    contact.sees("How are you?")


async def test_a_process_does_not_ask_for_each_reply_while_they_are_refused(contact, simulation):
    refuses = RequestFault(on=SEND, action="refuse", status=401, count=1000)
    simulation.platform.faults.add(refuses)

    for _ in range(20):
        await contact.says("hi")

    assert refuses.count == 999


async def test_a_reply_that_may_have_been_taken_is_still_looked_for_afterwards(contact, simulation):
    simulation.platform.faults.add(
        RequestFault(on=SEND, action="drop", taken=True, count=1),
        RequestFault(on="GET */messages", action="refuse", status=401, count=1),
    )

    await contact.says("hi")
    await contact.waits("2m")

    messages = simulation.platform.state.messages.values()
    said = [each for each in messages if each.direction == "TO_CONTACT"]
    assert len(said) == 2
