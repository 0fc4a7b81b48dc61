"""Conversations as tables: what the contact says, and every reply to it."""

from bot.store import FlowOff
from bot.testing.contact import SimulatedContact
from bot.testing.simulation import Simulation


async def talk(contact: SimulatedContact, *turns: tuple[str, ...]) -> None:
    """Let the contact say the first text of each turn, and expect the other texts as replies.

    A first text in brackets is tapped. Each reply is a part of one message, and there must be no
    other messages.
    """
    __tracebackhide__ = True
    for said, *replies in turns:
        if said.startswith("["):
            await contact.taps(said.strip("[]"))
        else:
            await contact.says(said)
        sees(contact, *replies)


def sees(contact: SimulatedContact, *replies: str) -> None:
    """Expect these replies to the last action in this order, and no others."""
    __tracebackhide__ = True
    for each in replies:
        contact.sees(each)
    contact.sees_nothing()


async def hand_back(simulation: Simulation, contact: SimulatedContact) -> None:
    """Hand the contact back to the bot."""
    assert contact.session is not None, "the contact has written"
    await simulation.bot.resume(contact.session.address)
    await contact.run_until_idle()


async def switch_off(simulation: Simulation, flow: str) -> None:
    """Switch a flow off, as `bot flows off` does."""
    off = FlowOff(simulation.clock.now(), "it is broken", "")
    await simulation.bot.store.admin.switch_off(flow, off)
    await simulation.run_until_idle()


async def switch_on(simulation: Simulation, flow: str) -> None:
    """Switch a flow on again, as `bot flows on` does."""
    await simulation.bot.store.admin.switch_on(flow)
    await simulation.run_until_idle()
