"""Takes the pictures of the documentation from the real pages, in light and dark.

    python docs/pictures.py    # needs Chromium; `make pictures`

It runs `bot dev` with the sample flows, talks to the bot on two channels, and looks at the console.
"""

import asyncio
import os
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"
SIZE = {"width": 1280, "height": 800}
SCHEMES = ("light", "dark")
CHAT, API = 18_300, 18_301
START_S = 60.0


@asynccontextmanager
async def developing(folder: Path) -> AsyncIterator[str]:
    """Run `bot dev` on a copy of the sample flows; yields its URL."""
    shutil.copytree(ROOT / "flows", folder / "flows")
    words = (sys.executable, "-m", "bot", "dev", "--port", str(CHAT), "--api-port", str(API))
    process = await asyncio.create_subprocess_exec(
        *words, cwd=folder, stdout=asyncio.subprocess.PIPE, env={**os.environ, "NO_COLOR": "1"}
    )
    assert process.stdout is not None, "the output goes to a pipe"
    try:
        async with asyncio.timeout(START_S):
            while not re.search(rb"http://[\w.]+:\d+", await process.stdout.readline()):
                if process.stdout.at_eof():
                    raise SystemExit("bot dev has ended before it could be used.")
        yield f"http://127.0.0.1:{CHAT}"
    finally:
        process.terminate()
        await process.communicate()


async def write(page: Page, channel: str, text: str, answer: str) -> None:
    """Write to the bot on a channel, and wait for its answer."""
    phone = page.locator(f"[data-channel={channel}]")
    box = phone.get_by_label("Message on")
    await box.fill(text)
    await box.press("Enter")
    await expect(phone.locator(".theirs").last).to_contain_text(answer)


async def talk(page: Page) -> None:
    """Order parts by SMS, and begin to on WhatsApp."""
    await page.goto("/")
    await write(page, "SMS", "order", "Which part would you like?")
    await write(page, "SMS", "2", "How many?")
    await write(page, "WHATSAPP", "hello", "What can we do for you?")
    await write(page, "WHATSAPP", "order", "Which part would you like?")


async def take(browser: Browser, url: str, scheme: str, *, first: bool) -> None:
    """Write the pictures in one color scheme."""
    context = await browser.new_context(
        viewport=SIZE, base_url=url, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = await context.new_page()
    if first:
        await talk(page)
    else:
        await page.goto("/")
        await expect(page.locator("[data-channel=SMS] .theirs").last).to_contain_text("How many?")
    await page.screenshot(path=PICTURES / f"chat-{scheme}.png")
    await page.get_by_role("link", name="Console").click()
    await expect(page.locator("svg .state").first).to_be_visible()
    await page.screenshot(path=PICTURES / f"console-{scheme}.png")
    await context.close()


async def main() -> None:
    found = os.environ.get("TEST_BROWSER") or shutil.which("chromium")
    if found is None:
        raise SystemExit("Pictures need a browser: install chromium, or name it in TEST_BROWSER.")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with developing(Path(folder)) as url, async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=found, args=["--headless", "--no-sandbox"]
            )
            for scheme in SCHEMES:
                await take(browser, url, scheme, first=scheme == SCHEMES[0])
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
