"""The chat page used by the keyboard alone: every element can be reached, used and left."""

import pytest
from playwright.async_api import Page, expect

from tests.support.keyboard import focused, has_focus, tab_to
from tests.support.pages import phone, sees

pytestmark = pytest.mark.asyncio(loop_scope="session")
"""All tests of this module share one browser."""


async def test_a_conversation_on_a_channel_that_is_added(page: Page):
    await tab_to(page, "Add channel", back=True)
    await page.keyboard.press("Enter")
    await has_focus(page, "RCS")
    await page.keyboard.press("Escape")
    await has_focus(page, "Add channel")
    await page.keyboard.press("Enter")
    await page.keyboard.press("r")
    await page.keyboard.press("Enter")
    await has_focus(page, "Message on RCS")
    await page.keyboard.type("hello")
    await page.keyboard.press("Enter")
    await sees(page, "RCS", "Which size?")
    await tab_to(page, "Large", back=True)
    await page.keyboard.press("Enter")
    await sees(page, "RCS", "Where to?")

    await tab_to(page, "Attach")
    await page.keyboard.press("Enter")
    await has_focus(page, "Location…")
    await page.keyboard.press("Enter")
    await tab_to(page, "Berlin", back=True)
    await page.keyboard.press("Enter")
    await tab_to(page, "Send")
    await page.keyboard.press("Enter")
    await sees(page, "RCS", "Shall we order?")

    await has_focus(page, "Attach")


async def test_another_contact_and_back(page: Page):
    await tab_to(page, "Contact", back=True)
    await page.keyboard.press("Enter")
    await has_focus(page, "Search contacts")
    await page.keyboard.press("Escape")
    await has_focus(page, "Contact")
    await page.keyboard.press("Enter")
    await page.keyboard.type("46700000077")
    await page.keyboard.press("Enter")
    await expect(phone(page, "SMS")).to_contain_text("46700000077")
    await has_focus(page, "Contact 46700000077")

    await tab_to(page, "New contact")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")
    await has_focus(page, "New contact")


async def test_a_turn_traffic_time_and_a_test(page: Page):
    await page.keyboard.type("hello")
    await page.keyboard.press("Enter")
    await sees(page, "SMS", "Which size?")
    await tab_to(page, "Screen of SMS", back=True)
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(page.locator(".turns [aria-expanded=true]")).to_be_focused()
    await tab_to(page, "Go back to here")
    await page.keyboard.press("Enter")
    await has_focus(page, "Cancel")
    await page.keyboard.press("Escape")
    await has_focus(page, "Go back to here")

    await tab_to(page, "Conversation", back=True)
    await page.keyboard.press("ArrowRight")
    await has_focus(page, "Traffic")
    await tab_to(page, "→")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Copy as curl")).to_be_visible()
    await tab_to(page, "Copy as curl")
    for name, first in (("Save as test", "Name of the file"), ("Skip time", "1 minute")):
        await tab_to(page, name, back=True)
        await page.keyboard.press("Enter")
        await has_focus(page, first)
        await page.keyboard.press("Escape")
        await has_focus(page, name)


async def test_the_focus_is_not_lost_with_what_had_it(page: Page):
    await page.keyboard.type("break")
    await page.keyboard.press("Enter")
    await expect(page.locator(".notice.fault")).to_be_visible()
    await tab_to(page, "Dismiss", back=True)
    await page.keyboard.press("Enter")
    await has_focus(page, "Message on SMS")

    await tab_to(page, "Close SMS", back=True)
    await page.keyboard.press("Enter")
    await has_focus(page, "Message on WhatsApp")
    await tab_to(page, "Close WhatsApp", back=True)
    await page.keyboard.press("Enter")
    await has_focus(page, "Add channel")


async def test_every_view_of_a_narrow_screen_is_reached(page: Page):
    await page.set_viewport_size({"width": 390, "height": 844})
    for view in ("Traffic", "Phones", "Conversation"):
        await tab_to(page, view)
        await page.keyboard.press("Enter")
        await has_focus(page, view)
    await tab_to(page, "More", back=True)
    await page.keyboard.press("Enter")
    await page.keyboard.press("End")
    await has_focus(page, "Console")
    await page.keyboard.press("Escape")
    await has_focus(page, "More")
    assert (await focused(page))["outlined"]
