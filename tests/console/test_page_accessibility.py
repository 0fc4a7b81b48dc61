"""Accessibility of the console: axe-core in every view, writing direction, focus, scrolling."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.support.axe import violations
from tests.support.console import HOSTILE, Talk, key_of, note_broadcast
from tests.support.pages import enter, refresh
from tests.support.targets import MIN_PX, MIN_TOUCH_PX, small_targets

pytestmark = pytest.mark.asyncio(loop_scope="session")
"""All tests of this module share one browser."""


VIEWS = ("flows", "inbox", "contacts", "contacts?search=zzz", "broadcasts", "stuck", "dead")


async def _states(talk: Talk, page: Page) -> AsyncIterator[str]:
    """Bring the console into each of its states; yields its name."""
    contact = await talk.contact("pizza", "small", "شارع الميناء!")
    for view in (*VIEWS, "contact?id=nobody"):
        await _show(page, view)
        yield f"{view}, empty" if view not in ("flows", "contacts") else view
    other = await talk.contact("pizza")
    await talk.dead_letter()
    waiting = await talk.contact("pizza")
    await talk.simulation.bot.pause(key_of(waiting), "calls us")
    await waiting.run_until_idle()
    await waiting.says(HOSTILE)
    await note_broadcast(talk)
    await talk.make_stuck(other)
    talk.later()
    for view in VIEWS:
        await _show(page, view)
        yield view
    await _show(page, "flows?flow=pizza")
    await page.get_by_role("button", name="Switch off").click()
    yield "dialog switch off"
    await page.get_by_label("Why, for colleagues").fill("ovens are cold")
    await page.keyboard.press("Enter")
    await expect(page.locator(".notice")).to_contain_text("ovens are cold")
    yield "switched off"
    await page.get_by_role("button", name="Switch on").click()
    yield "dialog switch on"
    await page.get_by_role("dialog").get_by_role("button", name="Switch on").click()
    await expect(page.locator(".notice")).to_have_count(0)
    await _show(page, "contacts?search=Which&texts=yes")
    await expect(page.locator(".waiting").first).to_be_visible()
    yield "texts"
    await _show(page, "dead")
    await page.get_by_text("Letters", exact=True).click()
    await page.get_by_text("Details").click()
    await expect(page.locator(".one-letter pre")).to_be_visible()
    yield "letters"
    await page.get_by_role("button", name="Drop all").click()
    yield "dialog drop"
    await page.keyboard.press("Escape")
    await _show(page, f"contact?id={key_of(other)}")
    yield "stuck contact"
    await _show(page, f"contact?id={key_of(contact)}")
    await page.get_by_text("Stored session (JSON)").click()
    yield "contact"
    await page.get_by_role("button", name="Take over").click()
    yield "dialog take over"
    await page.keyboard.press("Enter")
    await expect(page.locator(".toast")).to_be_visible()
    await contact.run_until_idle()
    await refresh(page)
    await expect(page.get_by_role("button", name="Hand back")).to_be_visible()
    yield "with a person"
    await page.get_by_role("button", name="Canned").click()
    yield "canned answers"
    await page.keyboard.press("Escape")
    for name in ("Assign", "Hand back"):
        await page.get_by_role("button", name=name).click()
        yield f"dialog {name}"
        await page.keyboard.press("Escape")


async def _show(page: Page, view: str) -> None:
    await page.evaluate("where => { location.hash = where }", view)
    await expect(page.locator(".view > *").first).to_be_visible()
    await refresh(page)


LOOKS: dict[str, tuple[int, int, dict[str, Any]]] = {
    "light": (1440, MIN_PX, {"color_scheme": "light"}),
    "dark": (1440, MIN_PX, {"color_scheme": "dark"}),
    "forced colors": (1440, MIN_PX, {"forced_colors": "active"}),
    "phone, light": (390, MIN_TOUCH_PX, {"color_scheme": "light"}),
    "phone, dark": (390, MIN_TOUCH_PX, {"color_scheme": "dark"}),
}


@pytest.mark.parametrize("look", LOOKS)
async def test_axe_finds_nothing_in_any_view(talk: Talk, page: Page, look: str):
    width, min_px, media = LOOKS[look]
    await page.set_viewport_size({"width": width, "height": 844})
    await page.emulate_media(**media)
    states: dict[str, list[str]] = {}
    await page.goto("/")
    await expect(page.get_by_label("Token")).to_be_visible()
    states["sign in"] = [*await violations(page), *await small_targets(page, min_px)]
    await enter(page)

    async for state in _states(talk, page):
        states[state] = [*await violations(page), *await small_targets(page, min_px)]
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, state

    assert {name: found for name, found in states.items() if found} == {}


async def test_in_forced_colors_the_count_of_the_shown_view_can_be_read(talk: Talk, page: Page):
    await talk.dead_letter()
    await page.emulate_media(forced_colors="active")
    await enter(page, "dead")

    colors = await page.locator("#dead-count").evaluate(
        "one => [getComputedStyle(one).color, getComputedStyle(one).backgroundColor]"
    )
    assert colors[0] != colors[1]


async def test_a_long_transcript_scrolls_in_its_own_box_alone(talk: Talk, page: Page):
    contact = await talk.contact("pizza", *(f"something {number}" for number in range(20)))
    await page.set_viewport_size({"width": 1280, "height": 800})
    await enter(page, f"contact?id={key_of(contact)}")
    await expect(page.get_by_role("list", name="Transcript")).to_contain_text("something 19")

    assert await page.evaluate("document.scrollingElement.scrollHeight") == 800
    assert (
        await page.locator("#view").evaluate("view => view.scrollHeight - view.clientHeight") <= 1
    )


async def test_right_to_left_text_is_written_from_the_right(talk: Talk, page: Page):
    contact = await talk.contact("pizza", "small", "شارع الميناء!")
    await enter(page, f"contact?id={key_of(contact)}")

    bubble = page.locator(".line.contact .bubble").last
    await expect(bubble).to_have_text("شارع الميناء!")
    assert await bubble.evaluate("one => getComputedStyle(one).direction") == "rtl"


async def test_news_leave_the_focus_where_it_is(talk: Talk, page: Page):
    contact = await talk.contact("pizza")
    await enter(page, "contacts")
    link = page.get_by_role("link", name=contact.phone.identity)
    await link.focus()

    await talk.contact("pizza")
    talk.later()
    await refresh(page)
    await expect(page.get_by_role("table", name="Contacts").locator("tbody tr")).to_have_count(2)

    await expect(link).to_be_focused()
