"""Fixtures for all tests: one server per run, a namespace of its own per test."""

import os
from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest
from redis import Redis

from bot.settings import Settings
from bot.store import Store

pytest.register_assert_rewrite("tests.support")

_numbers = count()


@pytest.fixture
def redis_url(bot_redis_url: str) -> str:
    """`TEST_REDIS_URL`, or else an embedded server."""
    return bot_redis_url


@pytest.fixture
def namespace() -> Iterator[str]:
    """A namespace that no other test uses. At its end its keys in TEST_REDIS_URL are deleted."""
    name = f"test-{os.getpid()}-{next(_numbers)}"
    yield name
    if given := os.environ.get("TEST_REDIS_URL"):
        with Redis.from_url(given) as client:
            for key in client.scan_iter(match=f"{name}:*"):
                client.unlink(key)


@pytest.fixture
def settings(redis_url: str, namespace: str) -> Settings:
    return Settings(redis_url=redis_url, namespace=namespace)


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    store = await Store.open(settings)
    yield store
    await store.close()
