"""Fixtures for all tests: one server per run, a namespace of its own per test."""

import os
from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest
from redis import Redis

from bot.settings import Settings
from bot.store import Store
from bot.store.embedded import Embedded

_numbers = count()


@pytest.fixture(scope="session")
def embedded_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An embedded server in a temporary folder."""
    server = Embedded.join(tmp_path_factory.mktemp("store"))
    yield server.url
    server.leave()


@pytest.fixture
def redis_url(request: pytest.FixtureRequest) -> str:
    """`TEST_REDIS_URL`, or else the embedded server."""
    given: str = os.environ.get("TEST_REDIS_URL") or request.getfixturevalue("embedded_url")
    return given


@pytest.fixture
def namespace() -> Iterator[str]:
    """A namespace that no other test of any run uses; a given server is left without it."""
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
