"""Operators' tools on the contacts of a running `bot dev`: the console in it, and the commands."""

import asyncio
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, expect

import bot
from bot.app.running_dev import announced
from bot.dev import Running
from bot.ops import commands, sending_commands
from bot.ops.common import open_store, settings_here
from bot.settings import Secret, Settings
from bot.store.private_files import is_open_to_others
from tests.support.pages import say, sees

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def here(dev_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of the folder that the stack runs in."""
    monkeypatch.delenv("BOT_NAMESPACE", raising=False)
    monkeypatch.setattr(Settings, "from_env", classmethod(lambda cls: dev_settings))
    return dev_settings


async def test_the_console_is_beside_the_page_without_a_token(http: httpx.AsyncClient):
    flows = await http.get("/console/api/flows")

    assert {flow["name"] for flow in flows.json()} >= {"shop", "tour"}
    assert (await http.get("/console")).headers["location"] == "console/"
    elsewhere = await http.get("/console/api/flows", headers={"host": "rebound.example"})
    assert elsewhere.status_code == 403


async def test_the_console_shows_the_contact_that_was_talked_to(page: Page):
    await say(page, "SMS", "hello")
    await sees(page, "SMS", "Which size?")

    await page.get_by_role("link", name="Console").click()
    await expect(page.get_by_role("list", name="Figures")).to_be_visible()
    await page.get_by_role("link", name="Contacts", exact=True).click()
    await page.get_by_role("link", name="46700000001").click()

    await expect(page.get_by_role("list", name="Transcript")).to_contain_text("Which size?")


async def test_the_console_has_flows_that_were_changed(http: httpx.AsyncClient, flows: Path):
    changed = '\n\nclass Later(Tour):\n    start_on = ("later",)\n'
    async with http.stream("GET", "/emulator/news", timeout=10) as news:
        lines = news.aiter_lines()
        assert await anext(lines) == ": listening"
        (flows / "shop.py").write_text((flows / "shop.py").read_text() + changed)
        while "event: flows" not in await anext(lines):
            continue

    named = {flow["name"] for flow in (await http.get("/console/api/flows")).json()}
    assert "later" in named


async def test_commands_find_the_contacts_of_a_running_bot_dev(
    http: httpx.AsyncClient, dev: Running, here: Settings, capsys: pytest.CaptureFixture[str]
):
    await http.post("/emulator/phones/SMS/46700000001", json={"text": "break"})
    await http.get("/dev/rest/SMS/46700000001")

    with announced(here, dev):
        await asyncio.to_thread(commands.list_dead)
        await asyncio.to_thread(commands.list_contacts)

    told = capsys.readouterr()
    assert "ValueError in broken/fail" in told.out
    assert (
        told.err.count("bot dev runs in this folder, so this command uses the contacts of bot dev.")
        == 2
    )


async def test_commands_use_the_app_of_a_running_bot_dev(
    dev: Running, here: Settings, monkeypatch: pytest.MonkeyPatch
):
    deployed = replace(here, app_id="01DEPLOYED", key_secret=Secret("deployed"))
    monkeypatch.setattr(Settings, "from_env", classmethod(lambda cls: deployed))

    with announced(here, dev):
        async with open_store(settings_here(), reading=True) as store:
            assert store.settings.app_id == dev.app_id


async def test_a_program_reaches_the_contacts_of_a_running_bot_dev(
    http: httpx.AsyncClient, dev: Running, here: Settings, caplog: pytest.LogCaptureFixture
):
    await http.post("/emulator/phones/SMS/46700000001", json={"text": "hello"})
    await http.get("/dev/rest/SMS/46700000001")

    with announced(here, dev):
        async with bot.connect() as client:
            known = await client.known("SMS:+46700000001")

    assert known.run is not None
    assert known.run.flow == "shop"
    assert "so this program uses the contacts of bot dev" in caplog.text


async def test_a_flow_starts_for_a_new_contact_of_a_running_bot_dev(
    http: httpx.AsyncClient, dev: Running, here: Settings
):
    with announced(here, dev):
        await asyncio.to_thread(sending_commands.send, "SMS:+46700000009", flow="tour")

    await http.get("/dev/rest/SMS/46700000009")
    shown = (await http.get("/emulator/phones/SMS/46700000009")).json()["shown"]
    assert "https://safe.example/a" in shown[0]["text"]


async def test_only_the_owner_can_read_the_key_of_a_running_bot_dev(dev: Running, here: Settings):
    with announced(here, dev):
        assert not is_open_to_others(Path(here.home) / "dev.json")


async def test_a_namespace_in_the_environment_means_the_settings_own_contacts(
    dev: Running, here: Settings, monkeypatch: pytest.MonkeyPatch
):
    with announced(here, dev):
        assert settings_here().namespace == f"{here.namespace}-dev"
        monkeypatch.setenv("BOT_NAMESPACE", here.namespace)
        assert settings_here() == here

    monkeypatch.delenv("BOT_NAMESPACE")
    assert settings_here() == here
