"""What `bot dev` prints at its start, and how fast its phones are."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.dev import stack
from bot.dev.stack import PROMPT
from bot.emulator import REAL_TIME, Behavior
from bot.settings import Settings

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_bot_dev_ends_with_what_to_do_next(flows: Path, tmp_path: Path):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "dev", "--port", "0", "--api-port", "0"),
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "BOT_FLOWS": str(flows), "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    first, second, third = [(await process.stdout.readline()).decode() for _ in range(3)]
    process.send_signal(signal.SIGTERM)

    assert first.startswith("Open http://127.0.0.1:")
    assert 'and write "hello". Or run `bot chat`' in first
    assert "/console/" in second
    assert third == "Flows are loaded again when their files change. Ctrl-C stops the bot.\n"
    assert await process.wait() == 0


async def test_replies_are_on_the_phone_sooner_than_on_a_real_one():
    prompt = PROMPT.submit_s + PROMPT.queued_s + PROMPT.delivered_s

    assert prompt <= 0.2 < REAL_TIME.submit_s + REAL_TIME.queued_s + REAL_TIME.delivered_s


async def test_a_bar_says_that_bot_dev_has_stopped(
    browser: Browser, dev_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bot.worker.worker.BLOCK_S", 0.1)  # how long the stack takes to end
    context = await browser.new_context()
    page = await context.new_page()
    async with stack(dev_settings, 0, 0, Behavior()) as where:
        await page.goto(where.bot_url)
        await expect(page.get_by_role("img", name="connected", exact=True)).to_be_visible()

    await expect(page.locator(".notice.stopped")).to_contain_text("bot dev has stopped")
    await context.close()
