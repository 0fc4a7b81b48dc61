"""The console used by the keyboard alone: every element can be reached, used and left."""

import pytest
from playwright.async_api import Page, expect

from tests.support.console import TOKEN, Talk, key_of
from tests.support.keyboard import has_focus, tab_to
from tests.support.pages import enter, refresh

pytestmark = pytest.mark.asyncio(loop_scope="session")
"""All tests of this module share one browser."""


async def test_a_contact_that_waits_is_answered_and_handed_back(talk: Talk, page: Page):
    contact = await talk.contact("pizza")
    await talk.simulation.bot.pause(key_of(contact), "calls us")
    await contact.run_until_idle()
    await page.goto("/")
    await has_focus(page, "Token")
    await page.keyboard.type(TOKEN)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("img", name="connected", exact=True)).to_be_visible()

    await tab_to(page, "Inbox")
    await page.keyboard.press("Enter")
    await expect(page.locator(".waiting")).to_be_visible()
    await tab_to(page, f"SMS {contact.phone.identity}")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("list", name="Transcript")).to_be_visible()
    await tab_to(page, "Assign")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")
    await has_focus(page, "Assign")
    await tab_to(page, "Answer")
    await page.keyboard.type("Here I am.")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Answer", exact=True)).to_have_value("")
    await contact.run_until_idle()
    contact.sees("Here I am.")
    await tab_to(page, "Hand back", back=True)
    await page.keyboard.press("Enter")
    await has_focus(page, "Cancel")
    await tab_to(page, "Hand back")
    await page.keyboard.press("Enter")
    await expect(page.locator(".toast")).to_contain_text("Handed back.")
    await contact.run_until_idle()
    await refresh(page)
    await expect(page.locator(".held")).to_contain_text("The bot talks")

    await has_focus(page, "Take over")


async def test_letters_are_retried_one_by_one_and_the_rest_dropped(talk: Talk, page: Page):
    for _ in range(3):
        await talk.dead_letter()
    await enter(page)
    await tab_to(page, "Dead letters")
    await page.keyboard.press("Enter")
    await expect(page.locator(".letter")).to_be_visible()
    await tab_to(page, "Letters")
    await page.keyboard.press("Enter")
    letters = page.locator(".one-letter")
    await expect(letters).to_have_count(3)
    await tab_to(page, "Retry the letter of")
    await page.keyboard.press("Enter")
    await expect(letters).to_have_count(2)
    await expect(page.get_by_role("button", name="Retry all 2")).to_be_visible()

    await tab_to(page, "Drop all 2", back=True)
    await page.keyboard.press("Enter")
    await has_focus(page, "Cancel")
    await tab_to(page, "Drop")
    await page.keyboard.press("Enter")

    await expect(page.locator("#view").get_by_role("status")).to_contain_text(
        "There are no dead letters."
    )
    await tab_to(page, "Flows")


async def test_a_contact_is_searched_and_the_way_back_leads_to_the_search(talk: Talk, page: Page):
    contact = await talk.contact("pizza")
    await talk.contact("pizza")
    await enter(page, "contacts")
    await expect(page.get_by_role("table", name="Contacts").locator("tbody tr")).to_have_count(2)
    await tab_to(page, "Phone number, id or words")
    await page.keyboard.type(contact.phone.identity)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("table", name="Contacts").locator("tbody tr")).to_have_count(1)
    await tab_to(page, f"SMS {contact.phone.identity}")
    await page.keyboard.press("Enter")
    await expect(page.locator(".about")).to_contain_text(contact.phone.identity)
    await tab_to(page, "← Contacts")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("searchbox")).to_have_value(contact.phone.identity)
    await expect(page.get_by_role("table", name="Contacts").locator("tbody tr")).to_have_count(1)


async def test_a_flow_leads_to_its_contacts(talk: Talk, page: Page):
    await talk.contact("pizza")
    await enter(page)
    await tab_to(page, "1 contact in size")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("link", name="pizza/size: show all")).to_be_visible()
    await tab_to(page, "pizza/size: show all")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name="pizza/size: show all")).to_have_count(0)
