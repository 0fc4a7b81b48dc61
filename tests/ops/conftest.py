"""A bot with a flow to operate, on the simulation."""

from collections.abc import AsyncIterator

import pytest

from bot.settings import Settings
from tests.support.deployment import Deployment, deployed


@pytest.fixture(autouse=True)
def _narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make tables as wide as needed, so that tests find whole cells."""
    monkeypatch.setenv("COLUMNS", "300")


@pytest.fixture
async def deployment(settings: Settings) -> AsyncIterator[Deployment]:
    async with deployed(settings) as deployment:
        yield deployment
