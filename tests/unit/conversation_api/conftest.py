"""Fixtures: a played platform, and the client that talks to it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from bot.conversation_api import ConversationApi

from .support import SETTINGS, PlayedClock, PlayedPlatform


@pytest.fixture
def clock() -> PlayedClock:
    return PlayedClock()


@pytest.fixture
def platform() -> PlayedPlatform:
    return PlayedPlatform()


@pytest.fixture
async def api(platform: PlayedPlatform, clock: PlayedClock) -> AsyncIterator[ConversationApi]:
    async with ConversationApi(SETTINGS, clock, httpx.MockTransport(platform)) as api:
        yield api
