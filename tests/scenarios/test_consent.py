"""Who said STOP is not written to."""

import pytest

from bot import END, Flow, ask, parse
from bot.emulator import RequestFault


class Chat(Flow):
    start_on = ("chat",)

    line = ask("Say something.", accept=parse.text(), to=END, remind={"10m": "Still there?"})


pytestmark = pytest.mark.flows([Chat])


async def test_stop_silences_and_start_opens(contact):
    await contact.says("chat")
    await contact.says("STOP")
    contact.sees_nothing()
    assert contact.consent == "out"
    await contact.waits("1h")
    contact.sees_nothing()
    await contact.says("chat")
    contact.sees_nothing()

    await contact.says("start")
    assert contact.consent == "in"
    await contact.says("chat")
    contact.sees("Say something.")


async def test_stop_counts_as_the_whole_message_only(contact):
    await contact.says("chat")
    await contact.says("stop it please")

    assert contact.consent == ""
    assert contact.data == {"line": "stop it please"}


async def test_stop_drops_what_is_not_yet_sent(contact, simulation):
    simulation.platform.faults.add(
        RequestFault(on="POST */messages:send", action="refuse", status=503)
    )
    await contact.says("chat")
    await contact.says("stop")
    simulation.platform.faults.clear()
    await contact.waits("1h")

    contact.sees_nothing()
