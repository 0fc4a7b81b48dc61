"""Actions of tests on the chat page and in the console."""

from playwright.async_api import Locator, Page, expect

from tests.support.console import TOKEN


def phone(page: Page, channel: str) -> Locator:
    return page.locator(f"[data-channel={channel}]")


async def say(page: Page, channel: str, text: str) -> None:
    """Type a text and send it with the Enter key."""
    box = phone(page, channel).get_by_label("Message on")
    await box.fill(text)
    await box.press("Enter")


async def sees(page: Page, channel: str, text: str) -> None:
    await expect(phone(page, channel).locator(".theirs").last).to_contain_text(text)


async def enter(page: Page, where: str = "") -> None:
    """Open the console with the token in the address, then this view."""
    await page.goto(f"/#token={TOKEN}")
    await expect(page.get_by_role("img", name="connected", exact=True)).to_be_visible()
    if where:
        await page.evaluate("where => { location.hash = where }", where)


async def refresh(page: Page) -> None:
    """Let the console check for changes now."""
    await page.evaluate("document.dispatchEvent(new Event('refresh'))")
