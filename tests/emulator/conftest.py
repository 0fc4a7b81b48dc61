"""A platform with a clock that the test moves, a client of its API, and a recording webhook."""

from collections.abc import AsyncIterator

import httpx
import pytest

from bot.emulator import Platform, SampleProject, create_app
from tests.support.emulator import BEGIN, Client, Webhook, counted_ids
from tests.support.hand_clock import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock(BEGIN)


@pytest.fixture
def webhook() -> Webhook:
    return Webhook()


@pytest.fixture
def world() -> SampleProject:
    return SampleProject()


@pytest.fixture
async def platform(
    clock: HandClock, webhook: Webhook, world: SampleProject
) -> AsyncIterator[Platform]:
    platform = Platform(clock, counted_ids(), world=world, transport=httpx.MockTransport(webhook))
    platform.register_webhook("https://bot.example/webhook", "hush")
    yield platform
    await platform.aclose()


@pytest.fixture
async def api(platform: Platform) -> AsyncIterator[Client]:
    transport = httpx.ASGITransport(create_app(platform))
    key = platform.world.key_id, platform.world.key_secret
    async with httpx.AsyncClient(
        transport=transport, base_url="http://localhost", auth=key
    ) as http:
        yield Client(platform, http)
