"""A simulated bot with contacts all over its flow, and its console at a real port."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, Page

from bot import END, HANDOFF, Flow, Option, Turn, ask, choose, parse, step
from bot.console.endpoints import Console, console_app
from bot.emulator.serving import bind, url_of
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.pages.serving import serving
from bot.settings import Secret, Settings
from bot.store import Store
from bot.testing.contact import SimulatedContact
from bot.testing.simulation import Simulation
from tests.browser import browser, opened

__all__ = ["browser"]

TOKEN = "open-the-console"
HOSTILE = "<img src=x onerror=document.title='taken'>"


class Pizza(Flow):
    """Asks for a size and an address, then ends."""

    start_on = ("pizza",)

    size = choose(
        "Which size?",
        {"small": Option("Small", to="address"), "large": Option("Large", to="address")},
        timeout=("24h", END),
    )
    address = ask("Where to?", accept=parse.text(min_length=3), to="place")

    @step(to=(END, HANDOFF))
    async def place(self, turn: Turn) -> str:
        if self.data.address == "nowhere":
            raise RuntimeError("the oven is off")
        turn.say("On its way!")
        return END


def key_of(contact: SimulatedContact) -> str:
    """The key under which the bot knows it."""
    assert contact.session is not None
    return contact.session.address.key


class Talk:
    """The simulation, its console, and ways to make contacts."""

    def __init__(self, simulation: Simulation, console: Console) -> None:
        self.simulation = simulation
        self.console = console
        self.url = ""

    async def contact(self, *texts: str, channel: str = "SMS") -> SimulatedContact:
        """A new contact that has said this."""
        contact = SimulatedContact(self.simulation, channel)
        for text in texts:
            await contact.says(text)
        return contact

    async def make_stuck(self, contact: SimulatedContact) -> None:
        """Let something of this contact wait for more than a minute."""
        await self.simulation.bot.trigger(key_of(contact), "late")
        self.simulation.clock.advance_to(self.simulation.clock.now() + 61)

    async def dead_letter(self) -> SimulatedContact:
        """A contact whose turn has failed to the last try."""
        contact = await self.contact("pizza", "small", "nowhere")
        await contact.waits("1h")
        return contact

    def later(self) -> None:
        """Let time pass for what is kept for some seconds."""
        self.simulation.clock.advance_to(self.simulation.clock.now() + 10)


@pytest_asyncio.fixture(loop_scope="session")
async def talk(bot_settings: Settings) -> AsyncIterator[Talk]:
    store = await Store.open(bot_settings)
    flows = Flows([of_class(Pizza)])
    simulation = Simulation(store, flows, bot_settings)
    yield Talk(simulation, Console(simulation.bot))
    await simulation.aclose()
    await store.close()


@pytest_asyncio.fixture(loop_scope="session")
async def http(talk: Talk) -> AsyncIterator[httpx.AsyncClient]:
    """The console without a port, with the token."""
    app = console_app(lambda: talk.console, Secret(TOKEN), from_anywhere=False)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://127.0.0.1",
        headers={"authorization": f"Bearer {TOKEN}"},
    ) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, talk: Talk) -> AsyncIterator[Page]:
    """A page of the console's server, not signed in yet."""
    app = console_app(lambda: talk.console, Secret(TOKEN), from_anywhere=False)
    with bind("127.0.0.1", 0) as listener:
        talk.url = url = url_of(listener, "127.0.0.1")
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        async with serving(server, listener), opened(browser, url) as page:
            yield page
