"""Accessibility of the console: axe-core in every view, writing direction, focus, scrolling."""

import pytest
from playwright.async_api import Page, expect

from tests.support.axe import violations
from tests.support.console import Talk, key_of
from tests.support.pages import enter, refresh

pytestmark = pytest.mark.asyncio(loop_scope="session")
"""One browser for all."""


async def test_axe_finds_nothing_in_any_view(talk: Talk, page: Page):
    contact = await talk.contact("pizza", "small")
    other = await talk.contact("pizza")
    await talk.dead_letter()
    waiting = await talk.contact("pizza")
    await talk.simulation.bot.pause(key_of(waiting), "calls us")
    await waiting.run_until_idle()
    await talk.make_stuck(other)
    states: dict[str, list[str]] = {}
    await page.goto("/")
    await expect(page.get_by_label("Token")).to_be_visible()
    states["sign in"] = await violations(page)
    await enter(page)
    for width in (1440, 390):
        await page.set_viewport_size({"width": width, "height": 844})
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            named = ("flows", "inbox", "contacts", "broadcasts", "stuck", "dead")
            views = (*named, f"contact?id={key_of(contact)}")
            for view in views:
                await page.evaluate("where => { location.hash = where }", view)
                await expect(page.locator(".view > *").first).to_be_visible()
                states[f"{view}, {width} px, {scheme}"] = await violations(page)
    await page.get_by_role("button", name="Take over").click()
    states["take over"] = await violations(page)
    await page.keyboard.press("Enter")
    await expect(page.locator(".toast")).to_be_visible()
    await contact.run_until_idle()
    await refresh(page)
    await expect(page.get_by_role("button", name="Hand back")).to_be_visible()
    states["with a person"] = await violations(page)

    assert {name: found for name, found in states.items() if found} == {}


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
