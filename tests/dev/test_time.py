"""Time that is moved forward: by the page, by its endpoint, and in the terminal."""

from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, expect

from bot.dev import Running, chat, moving_clock, stack
from bot.dev.chat import Chat, Phone
from bot.emulator import Behavior
from bot.settings import Settings
from tests.support.dev_stack import lines
from tests.support.pages import phone, say, sees

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = "/dev/phones/SMS/46700000001"


async def says(http: httpx.AsyncClient, text: str) -> None:
    await http.post("/emulator/phones/SMS/46700000001", json={"text": text})
    await http.get("/dev/rest/SMS/46700000001")


async def skips(http: httpx.AsyncClient, **wanted: object) -> httpx.Response:
    return await http.post("/dev/clock", json=wanted, timeout=40)


async def texts(http: httpx.AsyncClient) -> list[str]:
    return [message["text"] for message in (await http.get(PHONE)).json()["messages"]]


async def test_what_is_due_happens_each_at_its_own_time(http: httpx.AsyncClient):
    await says(http, "shift")
    begin = (await http.get("/dev/clock")).json()

    after = (await skips(http, **{"for": "2h"})).json()

    messages = (await http.get(PHONE)).json()["messages"]
    assert [each["text"] for each in messages[2:]] == ["Still there?", "Too late."]
    assert [round((each["at"] - begin["now"]) / 60) for each in messages[2:]] == [30, 60]
    assert after["ahead_s"] == pytest.approx(7200)
    assert after["now"] - begin["now"] == pytest.approx(7200, abs=10)


async def test_one_timer_is_skipped_to(http: httpx.AsyncClient):
    await says(http, "shift")
    timers = (await http.get("/dev/sessions/SMS/46700000001")).json()["timers"]
    assert [timer["name"].partition("@")[0] for timer in timers] == ["remind:0", "timeout"]

    await skips(http, until=timers[0]["due"])

    assert (await texts(http))[2:] == ["Still there?"]
    left = (await http.get("/dev/sessions/SMS/46700000001")).json()
    assert len(left["timers"]) == 1
    assert left["timers"][0]["due"] - left["now"] == pytest.approx(1800, abs=10)


async def test_time_that_was_skipped_is_part_of_the_test_that_is_saved(http: httpx.AsyncClient):
    await says(http, "shift")
    await skips(http, **{"for": "31m"})
    await says(http, "yes")

    saved = (await http.get("/dev/tests/SMS/46700000001")).text

    assert "~ 30m" in saved
    assert "< Still there?" in saved


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"for": "soon"}, "'soon' is not a duration"),
        ({"for": "400d"}, "up to 366 days"),
        ({}, "'None' is not a duration"),
    ],
)
async def test_a_time_that_cannot_be_skipped_is_refused(http: httpx.AsyncClient, wanted, why):
    answer = await skips(http, **wanted)

    assert (answer.status_code, why in answer.text) == (400, True)


async def test_a_bot_that_stays_at_work_is_reported(http: httpx.AsyncClient, monkeypatch):
    monkeypatch.setattr(moving_clock, "MAX_WORK_S", 0.0)

    answer = await skips(http, **{"for": "1h"})

    assert answer.status_code == 400
    assert "the bot is still working" in answer.text


async def test_the_clock_stays_ahead_after_a_restart(
    dev_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bot.worker.worker.BLOCK_S", 0.1)  # how long the stack takes to end
    ahead: list[float] = []
    for _ in ("before", "after"):
        async with (
            stack(dev_settings, 0, 0, Behavior()) as where,
            httpx.AsyncClient(base_url=where.bot_url) as http,
        ):
            if not ahead:
                await skips(http, **{"for": "3h"})
            ahead.append((await http.get("/dev/clock")).json()["ahead_s"])

    assert ahead == [pytest.approx(10_800)] * 2


async def test_the_terminal_waits(dev: Running, capsys):
    async with httpx.AsyncClient() as http:
        talked = Chat(Phone(http, dev, "SMS", "46700000001"), "SMS")
        await talked.begin(())
        await talked.follow(lines("shift", "/wait 31m", "/wait 1h"))

    assert capsys.readouterr().out.splitlines()[-5:] == [
        *("Are you ready?", "> /wait 31m", "Still there?", "> /wait 1h", "Too late."),
    ]


async def test_a_wait_without_a_duration_is_refused(dev: Running):
    async with httpx.AsyncClient() as http:
        talked = Chat(Phone(http, dev, "SMS", "46700000001"), "SMS")
        with pytest.raises(chat.ChatError, match="'a while' is not a duration"):
            await talked.follow(lines("/wait a while"))


async def test_the_page_skips_to_a_timer_and_by_a_length(page: Page):
    await say(page, "SMS", "shift")
    await sees(page, "SMS", "Are you ready?")
    timers = page.locator(".timers")
    await expect(timers).to_contain_text("in 29 min")

    await timers.get_by_role("button", name="Skip to reminder 1 now").click()
    await sees(page, "SMS", "Still there?")
    await expect(timers).not_to_contain_text("reminder 1")
    await page.get_by_role("button", name="Skip time").click()
    await page.get_by_role("menuitem", name="30 minutes").click()
    await sees(page, "SMS", "Too late.")

    await expect(page.locator("#clock")).to_have_text("1 h ahead")
    await page.reload()
    await expect(phone(page, "SMS").locator(".theirs").last).to_contain_text("Too late.")
    await expect(page.locator("#clock")).to_have_text("1 h ahead")
