"""Fixtures for all tests: one server per run, a namespace of its own per test."""

import os
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest

from bot.settings import Settings
from bot.store import Store
from bot.store.embedded import Embedded

_numbers = count()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`TEST_REDIS_URL`, or an embedded server in a temporary folder."""
    if given := os.environ.get("TEST_REDIS_URL"):
        yield given
        return
    server = Embedded.join(Path(tmp_path_factory.mktemp("store")))
    yield server.url
    server.leave()


@pytest.fixture
def namespace() -> str:
    """A namespace that no other test of any run uses."""
    return f"test-{os.getpid()}-{next(_numbers)}"


@pytest.fixture
def settings(redis_url: str, namespace: str) -> Settings:
    return Settings(redis_url=redis_url, namespace=namespace)


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    store = await Store.open(settings)
    yield store
    await store.close()
