"""Accessibility of the chat page: axe-core, writing direction, focus, forced colors, scrollbars."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.support.axe import violations
from tests.support.dev_stack import SHOP
from tests.support.pages import phone, say, sees

pytestmark = pytest.mark.asyncio(loop_scope="session")
"""One browser for all."""

ARABIC = "مرحبا!"
HEBREW = "שלום, world?"


async def test_axe_finds_nothing_in_any_state_of_the_page(page: Page, flows: Path):
    states: dict[str, list[str]] = {"empty": await violations(page)}
    await page.get_by_role("button", name="Add channel").click()
    states["menu"] = await violations(page)
    await page.get_by_role("menuitem", name="RCS").click()
    await say(page, "RCS", "tour")
    await sees(page, "RCS", "front.png")
    states["carousel"] = await violations(page)
    await say(page, "SMS", "hello")
    await sees(page, "SMS", "Which size?")
    await say(page, "WHATSAPP", "hello")
    await sees(page, "WHATSAPP", "Which size?")
    states["question"] = await violations(page)
    await page.emulate_media(color_scheme="dark")
    states["dark"] = await violations(page)
    await page.emulate_media(color_scheme="light")
    await page.get_by_role("tab", name="Traffic").click()
    await page.locator(".entry:visible summary").first.click()
    states["traffic"] = await violations(page)
    await page.get_by_role("tab", name="Conversation").click()
    await phone(page, "WHATSAPP").get_by_role("button", name="Attach").click()
    states["attach"] = await violations(page)
    await page.get_by_role("menuitem", name="Location…").click()
    states["location"] = await violations(page)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Save as test").click()
    states["save"] = await violations(page)
    await page.keyboard.press("Escape")
    await say(page, "SMS", "break")
    await expect(page.locator(".notice")).to_contain_text("the shelf fell down")
    (flows / "shop.py").write_text(SHOP.replace('to="place"', 'to="nowhere"'))
    await expect(page.locator(".notice.flows")).to_be_visible()
    states["errors"] = await violations(page)
    await page.set_viewport_size({"width": 390, "height": 844})
    for view in ("Conversation", "Traffic", "Phones"):
        await page.get_by_label("Views").get_by_role("button", name=view).click()
        states[f"{view} at 390 px"] = await violations(page)

    assert {name: found for name, found in states.items() if found} == {}


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
