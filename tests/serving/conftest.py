"""Fixtures: a platform with the bot's processes, and real Redis servers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.bot_stack import Stack, running_stack
from tests.support.redis_server import RedisServer


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    async with running_stack(tmp_path) as stack:
        yield stack


@pytest.fixture
async def redis_server(tmp_path: Path) -> AsyncIterator[RedisServer]:
    """A server that runs and may be killed."""
    server = RedisServer(tmp_path / "redis")
    await server.start()
    yield server
    server.resume()
    server.kill()
