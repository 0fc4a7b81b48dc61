"""Fixtures: a played platform, and the client that talks to it."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterator, Mapping

import httpx
import pytest
import uvloop

from bot.conversation_api import ConversationApi
from tests.support.api_platform import SETTINGS, PlayedPlatform
from tests.support.hand_clock import HandClock


def pytest_asyncio_loop_factories(
    item: pytest.Item,
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run tests of sockets on asyncio's loop and on uvloop, and other tests on asyncio's loop."""
    usual = {"asyncio": asyncio.new_event_loop}
    is_of_sockets = item.path.name.startswith("test_transport")
    return usual | {"uvloop": uvloop.new_event_loop} if is_of_sockets else usual


@pytest.fixture(scope="session", autouse=True)
def short_collections() -> Iterator[None]:
    """Exclude pytest's objects from collections, which take too long for the shortest limits."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def platform() -> PlayedPlatform:
    return PlayedPlatform()


@pytest.fixture
async def api(platform: PlayedPlatform, clock: HandClock) -> AsyncIterator[ConversationApi]:
    async with ConversationApi(SETTINGS, clock, httpx.MockTransport(platform)) as api:
        yield api
