"""Accessibility of the chat page: axe-core, writing direction, focus, forced colors, scrollbars."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Page, expect

from tests.support.axe import violations
from tests.support.dev_stack import SHOP
from tests.support.pages import phone, say, sees
from tests.support.targets import MIN_PX, MIN_TOUCH_PX, small_targets

pytestmark = pytest.mark.asyncio(loop_scope="session")
"""All tests of this module share one browser."""

ARABIC = "مرحبا!"
HEBREW = "שלום, world?"


async def _states(page: Page, flows: Path) -> AsyncIterator[str]:
    """Bring the page into each of its states; yields its name."""
    yield "empty"
    await page.get_by_role("button", name="Add channel").click()
    yield "menu of channels"
    await page.get_by_role("menuitem", name="RCS").click()
    await say(page, "RCS", "tour")
    await sees(page, "RCS", "front.png")
    yield "carousel"
    await say(page, "SMS", "hello")
    await sees(page, "SMS", "Which size?")
    await say(page, "WHATSAPP", f"{ARABIC} hello {HEBREW}")
    await say(page, "WHATSAPP", "hello")
    await sees(page, "WHATSAPP", "Which size?")
    yield "question and right-to-left text"
    await phone(page, "WHATSAPP").get_by_role("button", name="React", exact=True).last.click()
    yield "reactions"
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Contact 46700000001").click()
    yield "contacts"
    await page.get_by_role("combobox", name="Search contacts").fill("nobody at all!")
    yield "no contact found"
    await page.keyboard.press("Escape")
    for item in ("Location…", "Picture or file…", "Delay or repeat…", "Something the API"):
        await phone(page, "WHATSAPP").get_by_role("button", name="Attach").click()
        if item == "Location…":
            yield "menu of attachments"
        await page.get_by_role("menuitem", name=item).click()
        yield f"dialog {item}"
        await page.keyboard.press("Escape")
    await phone(page, "WHATSAPP").get_by_role("button", name="Attach").click()
    await page.get_by_role("menuitem", name="Delay or repeat…").click()
    await page.get_by_label("Further copies").fill("2")
    await page.get_by_role("button", name="Use").click()
    yield "repeated"
    await phone(page, "WHATSAPP").get_by_role("button", name="+2 copies").click()
    await phone(page, "WHATSAPP").get_by_role("button", name="More on").click()
    yield "menu of the phone"
    await page.keyboard.press("Escape")
    await _top(page, "Save as test")
    yield "dialog save as test"
    await page.keyboard.press("Escape")
    await _top(page, "Skip time")
    yield "menu of times"
    await page.get_by_role("menuitem", name="Another time…").click()
    yield "dialog skip time"
    await page.keyboard.press("Escape")
    await _top(page, "New contact")
    yield "dialog new contact"
    await page.keyboard.press("Escape")
    await phone(page, "WHATSAPP").locator(".theirs .bubble").last.click()
    await expect(page.get_by_role("button", name="Go back to here")).to_be_visible()
    await page.get_by_text("Stored session (JSON)").click()
    yield "turn and session"
    await page.get_by_role("button", name="Go back to here").click()
    yield "dialog go back"
    await page.keyboard.press("Escape")
    await _view(page, "Traffic")
    await page.locator(".entry:visible summary").first.click()
    yield "traffic"
    await _view(page, "Phones")
    await say(page, "SMS", "break")
    await expect(page.locator(".notice.fault")).to_contain_text("the shelf fell down")
    (flows / "shop.py").write_text(SHOP.replace('to="place"', 'to="nowhere"'))
    await expect(page.locator(".notice.flows")).to_be_visible()
    yield "errors"
    await phone(page, "SMS").locator(".failure").click()
    await expect(page.get_by_role("button", name="Retry")).to_be_visible()
    yield "failed turn"
    await _view(page, "Phones")
    for channel in ("SMS", "WhatsApp", "RCS"):
        await page.get_by_role("button", name=f"Close {channel}").click()
    yield "no phone"


async def _top(page: Page, name: str) -> None:
    """Press a button of the bar, which is in a menu on a narrow screen."""
    more = page.get_by_role("button", name="More", exact=True)
    if await more.is_visible():
        await more.click()
        await page.get_by_role("menuitem", name=name).click()
    else:
        await page.get_by_role("button", name=name).click()


async def _view(page: Page, name: str) -> None:
    """Show a view of a narrow screen, or a tab beside the phones."""
    views = page.get_by_label("Views").get_by_role("button", name=name)
    if await views.is_visible():
        await views.click()
    elif name != "Phones":
        await page.get_by_role("tab", name=name).click()


LOOKS: dict[str, tuple[int, dict[str, Any]]] = {
    "light": (1440, {"color_scheme": "light"}),
    "dark": (1440, {"color_scheme": "dark"}),
    "forced colors": (1440, {"forced_colors": "active"}),
}


@pytest.mark.parametrize("look", LOOKS)
async def test_axe_finds_nothing_in_any_state_of_the_page(page: Page, flows: Path, look: str):
    width, media = LOOKS[look]
    await page.set_viewport_size({"width": width, "height": 900})
    await page.emulate_media(**media)

    found: dict[str, list[str]] = {}
    async for state in _states(page, flows):
        found[state] = [*await violations(page), *await small_targets(page, MIN_PX)]

    assert {state: errors for state, errors in found.items() if errors} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_on_a_phone_every_state_is_accessible_and_fits_fingers(
    page: Page, flows: Path, scheme: Literal["light", "dark"]
):
    await page.get_by_role("button", name="Add channel").click()
    await page.get_by_role("menuitem", name="RCS").click()
    await say(page, "RCS", "tour")
    await say(page, "SMS", "hello")
    await sees(page, "SMS", "Which size?")
    await sees(page, "RCS", "front.png")
    await page.emulate_media(color_scheme=scheme)
    await page.set_viewport_size({"width": 390, "height": 844})

    found: dict[str, list[str]] = {}
    async for state in _phone_states(page):
        small = await small_targets(page, MIN_TOUCH_PX)
        # React is beside each message of the bot; as high as a finger, it would push them apart.
        small = [each for each in small if "React" not in each]
        found[state] = [*await violations(page), *small, *await small_targets(page, MIN_PX)]
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, state

    assert {state: errors for state, errors in found.items() if errors} == {}


async def _phone_states(page: Page) -> AsyncIterator[str]:
    for view in ("Conversation", "Traffic", "Phones"):
        await _view(page, view)
        if view == "Traffic":
            await page.locator(".entry:visible summary").first.click()
        yield view
    await page.get_by_role("button", name="More", exact=True).click()
    yield "menu"
    await page.keyboard.press("Escape")
    for name in ("Save as test", "Skip time", "New contact"):
        await _top(page, name)
        yield name
        await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Contact 46700000001").click()
    yield "contacts"
    await page.keyboard.press("Escape")
    await phone(page, "SMS").get_by_role("button", name="Attach").click()
    await page.get_by_role("menuitem", name="Location…").click()
    yield "location"
    await page.keyboard.press("Escape")
    await phone(page, "SMS").locator(".mine .bubble").first.click()
    await expect(page.get_by_role("button", name="Go back to here")).to_be_visible()
    yield "turn"


async def test_right_to_left_text_is_written_from_the_right(page: Page):
    await say(page, "SMS", f"{ARABIC}\nEnglish\n{HEBREW}")

    await expect(phone(page, "SMS").locator(".mine .taken")).to_be_visible()
    bubble = phone(page, "SMS").locator(".mine .bubble")
    lines = await bubble.evaluate(
        """(element) => {
          const range = document.createRange();
          const text = element.firstChild;
          const starts = [...text.data.matchAll(/\\n/g)].map((found) => found.index + 1);
          return [0, ...starts].map((at) => {
            const end = text.data.indexOf("\\n", at);
            range.setStart(text, at);
            range.setEnd(text, end < 0 ? text.data.length : end);
            const box = range.getBoundingClientRect();
            const around = element.getBoundingClientRect();
            return Math.round(around.right - box.right) - Math.round(box.left - around.left);
          });
        }"""
    )
    assert lines[0] < 0 < lines[1]  # nearer to the right edge, nearer to the left edge
    box = phone(page, "SMS").get_by_label("Message on")
    await box.fill(ARABIC)
    assert await box.evaluate("box => getComputedStyle(box).direction") == "rtl"


async def test_everything_that_people_write_has_its_own_direction(page: Page, flows: Path):
    (flows / "shop.py").write_text(SHOP.replace("Which size?", ARABIC).replace('"Large"', '"גדול"'))
    await expect(page.get_by_text("Flows reloaded")).to_be_visible()
    await say(page, "WHATSAPP", "hello")
    await sees(page, "WHATSAPP", ARABIC)

    question = phone(page, "WHATSAPP").locator(".theirs .bubble")
    choice = phone(page, "WHATSAPP").get_by_role("button", name="גדול").locator("span")
    for written in (question, choice):
        assert await written.evaluate("one => getComputedStyle(one).direction") == "rtl"


async def test_a_new_turn_leaves_the_focus_where_it_is(page: Page, http):
    await say(page, "SMS", "hello")
    await sees(page, "SMS", "Which size?")
    run = page.get_by_role("list", name="Active flows").get_by_role("button")
    await expect(run).to_contain_text("size")
    await page.get_by_role("group", name="Graph").focus()

    await http.post("/emulator/phones/SMS/46700000001", json={"text": "Large"})
    await expect(run).to_contain_text("address")

    await expect(page.get_by_role("group", name="Graph")).to_be_focused()


async def test_forced_colors_show_bubbles_tabs_and_the_link(page: Page):
    await page.emulate_media(forced_colors="active")
    await say(page, "SMS", "hello")
    await sees(page, "SMS", "Which size?")

    for name in (".mine .bubble", ".theirs .bubble", ".link", ".phone .dot"):
        style = "one => getComputedStyle(one).borderTopStyle"
        assert await page.locator(name).first.evaluate(style) != "none", name
    words = page.get_by_role("tab", name="Conversation")
    text = await words.evaluate("one => getComputedStyle(one).color")
    ground = "one => getComputedStyle(one).backgroundColor"
    assert text == await page.evaluate(
        """() => {
          const probe = document.createElement("p");
          probe.style = "forced-color-adjust: none; color: HighlightText";
          document.body.append(probe);
          const found = getComputedStyle(probe).color;
          probe.remove();
          return found;
        }"""
    )
    chosen = await page.get_by_role("tab", name="Conversation").evaluate(ground)
    assert chosen != await page.get_by_role("tab", name="Traffic").evaluate(ground)


async def test_a_text_field_with_one_line_has_no_scrollbar(page: Page):
    box = phone(page, "SMS").get_by_label("Message on")
    await box.press_sequentially("a")

    assert await box.evaluate("box => box.scrollHeight - box.clientHeight") == 0


async def test_menus_know_home_end_and_letters(page: Page):
    await page.get_by_role("button", name="Add channel").click()
    item = page.get_by_role("menuitem")

    await page.keyboard.press("End")
    await expect(item.last).to_be_focused()
    await page.keyboard.press("Home")
    await expect(item.first).to_be_focused()
    await page.keyboard.press("m")
    await expect(page.get_by_role("menuitem", name="Messenger")).to_be_focused()
    await page.keyboard.press("m")
    await expect(page.get_by_role("menuitem", name="MMS")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Add channel")).to_be_focused()
