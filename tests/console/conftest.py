"""A simulated bot with contacts all over its flow, and its console at a real port."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, Page

from bot.console.endpoints import Console, console_app
from bot.emulator.serving import bind, url_of
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.pages.serving import serving
from bot.settings import Secret, Settings
from bot.store import Store
from bot.testing.simulation import Simulation
from tests.support.browser import browser, opened
from tests.support.console import TOKEN, Boom, Pizza, Talk

__all__ = ["browser"]


@pytest_asyncio.fixture(loop_scope="session")
async def talk(bot_settings: Settings) -> AsyncIterator[Talk]:
    store = await Store.open(bot_settings)
    flows = Flows([of_class(Pizza), of_class(Boom)])
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
