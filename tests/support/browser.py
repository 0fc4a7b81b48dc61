"""A real browser for the tests of pages."""

import contextlib
import os
import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Request, async_playwright

BROWSER = os.environ.get("TEST_BROWSER") or shutil.which("chromium") or ""
REQUIRED = "TEST_BROWSER_REQUIRED" in os.environ

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Yield headless Chromium. Without it, tests are skipped with a message; on CI they fail."""
    if not BROWSER:
        (pytest.fail if REQUIRED else pytest.skip)(
            "pages need a browser: install Debian's package `chromium`, or set"
            " TEST_BROWSER to the path of one"
        )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        yield browser
        await browser.close()


@contextlib.asynccontextmanager
async def opened(browser: Browser, url: str) -> AsyncIterator[Page]:
    """Open a page. The test fails if a script fails, or if the page sends a request to another
    host.
    """
    context = await browser.new_context(
        viewport={"width": 1440, "height": 900},
        permissions=["clipboard-read", "clipboard-write"],
        base_url=url,
    )
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))

    def note(request: Request) -> None:
        if not request.url.startswith(url):
            faults.append(f"asked for {request.url}")

    page.on("request", note)
    yield page
    await context.close()
    assert faults == []
