"""A development stack with flows of its own, and a browser to look at its page."""

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bot.dev import Running, stack
from bot.emulator import Behavior
from bot.settings import Settings
from tests.support.browser import browser, opened
from tests.support.dev_stack import SHOP

__all__ = ["browser"]

_numbers = count()


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    """A folder of flows, with a name that no other test uses."""
    folder = tmp_path / f"flows_of_page_{next(_numbers)}"
    folder.mkdir()
    (folder / "shop.py").write_text(SHOP)
    return folder


@pytest.fixture
def dev_settings(settings: Settings, flows: Path, tmp_path: Path) -> Settings:
    home = str(tmp_path / "home")
    return replace(settings, flows=str(flows), home=home, shards=2, turn_attempts=1)


@pytest_asyncio.fixture(loop_scope="session")
async def dev(
    dev_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Running]:
    """A stack whose channels deliver at once, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bot.worker.worker.BLOCK_S", 0.1)  # how long the stack takes to end
    async with stack(dev_settings, 0, 0, Behavior()) as where:
        yield where


@pytest_asyncio.fixture(loop_scope="session")
async def http(dev: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=dev.bot_url) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, dev: Running) -> AsyncIterator[Page]:
    """The chat page, open. An error of a script, or a request to another host, fails the test."""
    async with opened(browser, dev.bot_url) as page:
        await page.goto("/")
        await expect(page.get_by_role("img", name="connected", exact=True)).to_be_visible()
        yield page
