"""The turns on the chat page: their details, failed turns, and going back to an earlier turn."""

from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.support.axe import violations
from tests.support.pages import phone, say, sees

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = "/dev/phones/SMS/46700000001"
SESSION = "/dev/sessions/SMS/46700000001"


async def says(http: httpx.AsyncClient, text: str) -> None:
    await http.post("/emulator/phones/SMS/46700000001", json={"text": text})
    await http.get("/dev/rest/SMS/46700000001")


async def seen(http: httpx.AsyncClient, path: str = SESSION) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get(path)).json()
    return found


async def test_a_turn_names_its_messages_and_what_changed(http: httpx.AsyncClient):
    for text in ("hello", "2", "Harbour Street 1"):
        await says(http, text)

    newest, middle, first = (await seen(http))["turns"]
    messages = (await seen(http, PHONE))["messages"]

    assert (first["heard"], middle["heard"]) == (["hello"], ["2"])
    assert [each["heard"] for each in (newest,)] == [["Harbour Street 1"]]
    assert middle["changes"] == [{"flow": "shop", "name": "size", "was": None, "now": "large"}]
    assert newest["changes"] == [
        {"flow": "shop", "name": "address", "was": None, "now": "Harbour Street 1"}
    ]
    assert newest["messages"] == [messages[-2]["id"]]
    assert [reply["id"] for reply in newest["replies"]] == [messages[-1]["reply"]]
    assert newest["replies"][0]["text"] == "Shall we order?"


async def test_a_failed_turn_is_at_its_message_and_among_the_turns(http: httpx.AsyncClient):
    await says(http, "break")

    broken = (await seen(http, PHONE))["messages"][0]["failure"]
    assert broken["error"] == "ValueError: the shelf fell down"
    assert "shop.py, line " in broken["place"]
    assert broken["place"].endswith('raise ValueError("the shelf fell down")')
    assert (await seen(http))["failures"] == [broken]

    await http.post(f"/dev/dead/{broken['letter']}/retry")
    await http.get("/dev/rest/SMS/46700000001")
    assert (await seen(http))["failures"][0]["letter"] != broken["letter"]


async def test_a_failed_turn_and_a_timer_say_what_set_them_off(http: httpx.AsyncClient):
    await http.post("/emulator/phones/SMS/46700000001", json={"text": "break"})
    await http.get("/dev/rest/SMS/46700000001")
    await http.post("/emulator/phones/SMS/46700000002", json={"text": "shift"})
    await http.get("/dev/rest/SMS/46700000002")
    await http.post("/dev/clock", json={"for": "31m"}, timeout=40)

    failed = (await http.get("/dev/sessions/SMS/46700000001")).json()["failures"]
    turns = (await http.get("/dev/sessions/SMS/46700000002")).json()["turns"]

    assert failed[0]["heard"] == ["break"]
    assert [turn["is_timer"] for turn in turns] == [True, False]


async def test_a_contact_goes_back_to_an_earlier_turn(http: httpx.AsyncClient):
    for text in ("hello", "2", "Harbour Street 1", "yes"):
        await says(http, text)
    turn = (await seen(http))["turns"][-2]
    assert (turn["heard"], turn["is_known"]) == (["2"], True)

    answer = await http.post(SESSION, json={"turn": turn["turn"]})

    assert answer.status_code == 200
    after = await seen(http)
    assert after["session"]["chains"][0]["runs"][0]["state"] == "address"
    assert [each["heard"] for each in after["turns"]] == [["2"], ["hello"]]
    assert [timer["name"].partition("@")[0] for timer in after["timers"]] == ["timeout"]
    assert after["timers"][0]["due"] - after["now"] == pytest.approx(86_400, abs=20)
    texts = [message["text"] for message in (await seen(http, PHONE))["messages"]]
    assert texts == ["hello", "Which size?\n\n1. Small\n2. Large", "2", "Where to?"]
    await says(http, "Another Street 2")
    assert (await seen(http))["session"]["chains"][0]["runs"][0]["state"] == "confirm"


async def test_a_turn_that_is_not_known_cannot_be_gone_back_to(http: httpx.AsyncClient):
    await says(http, "hello")

    answer = await http.post(SESSION, json={"turn": 99})

    assert answer.status_code == 400
    assert answer.text.startswith("The contact's state at that turn is unknown")


async def test_a_click_on_a_message_shows_its_turn(page: Page):
    await say(page, "SMS", "hello")
    await sees(page, "SMS", "Which size?")
    await say(page, "SMS", "2")
    await sees(page, "SMS", "Where to?")

    await phone(page, "SMS").locator(".mine .bubble").nth(1).click()

    inside = page.locator(".turns .inside")
    await expect(inside).to_contain_text("shop.size")
    await expect(inside).to_contain_text("large")
    await expect(phone(page, "SMS").locator(".picked")).to_have_count(2)
    assert await violations(page) == []
    await phone(page, "SMS").locator(".theirs .bubble").first.click()
    await expect(inside).to_contain_text("size")
    await expect(phone(page, "SMS").locator(".picked").last).to_contain_text("Which size?")


async def test_the_keyboard_looks_at_a_turn_and_goes_back(page: Page):
    for text, answer in (("hello", "Which size?"), ("2", "Where to?")):
        await say(page, "SMS", text)
        await sees(page, "SMS", answer)
    await phone(page, "SMS").get_by_role("region", name="Screen of SMS").focus()
    for key in ("ArrowUp", "ArrowUp", "ArrowUp", "Enter"):
        await page.keyboard.press(key)

    await expect(page.locator(".turns [aria-expanded=true]")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Go back to here")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.get_by_role("dialog").get_by_role("button", name="Go back").press("Enter")

    await expect(phone(page, "SMS").locator(".message")).to_have_count(2)
    await expect(page.locator(".graph .state.lit text")).to_have_text("size")


async def test_a_failed_turn_is_red_at_its_bubble_and_can_be_retried(page: Page):
    await say(page, "SMS", "break")

    failed = phone(page, "SMS").locator(".mine .failure")
    await expect(failed).to_contain_text("ValueError: the shelf fell down")
    await expect(failed).to_contain_text("shop.py, line")
    await expect(page.locator(".notice")).to_contain_text("A turn of SMS 46700000001 failed")
    await page.reload()
    await expect(failed).to_contain_text("ValueError: the shelf fell down")
    await failed.click()
    retry = page.get_by_role("button", name="Retry")
    await expect(retry).to_be_visible()
    assert await violations(page) == []
