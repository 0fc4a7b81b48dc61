"""The chat page in a real browser."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from bot.testing.chat_file import read
from tests.support.dev_stack import SHOP
from tests.support.pages import phone, say, sees

pytestmark = pytest.mark.asyncio(loop_scope="session")
"""All tests of this module share one browser."""


def lit(page: Page) -> Locator:
    return page.locator(".graph .state.lit text")


async def test_a_whole_conversation_by_typing_and_by_taps_side_by_side(page: Page):
    await say(page, "SMS", "hello")
    await sees(page, "SMS", "1. Small\n2. Large")
    await expect(lit(page)).to_have_text("size")
    await say(page, "WHATSAPP", "hello")
    await sees(page, "WHATSAPP", "Which size?")
    await phone(page, "WHATSAPP").get_by_role("button", name="Large", exact=True).click()
    await sees(page, "WHATSAPP", "Where to?")
    await expect(lit(page)).to_have_text("address")
    await say(page, "SMS", "2")
    await sees(page, "SMS", "Where to?")
    await say(page, "SMS", "Harbour Street 1, Malmö")
    await sees(page, "SMS", "Shall we order?")
    await expect(lit(page)).to_have_text("confirm")
    await expect(page.locator(".data")).to_contain_text("Harbour Street 1, Malmö")
    await phone(page, "WHATSAPP").get_by_role("button", name="Attach").click()
    await page.get_by_role("menuitem", name="Location…").click()
    await page.get_by_role("dialog").get_by_role("button", name="Send", exact=True).click()
    await sees(page, "WHATSAPP", "Shall we order?")
    await expect(phone(page, "WHATSAPP").get_by_role("img", name="Map of")).to_be_visible()
    await phone(page, "WHATSAPP").get_by_role("button", name="Yes", exact=True).click()
    await sees(page, "WHATSAPP", "Thank you!")
    await say(page, "SMS", "Yes")
    await sees(page, "SMS", "Track: https://shop.example/1")
    await expect(page.locator(".where")).to_contain_text("No flow is active.")
    await expect(page.locator('.graph .been[data-state="place"]')).to_be_visible()


async def test_every_message_tells_how_far_it_has_come(page: Page):
    await say(page, "WHATSAPP", "hello")
    await sees(page, "WHATSAPP", "Which size?")

    whatsapp = phone(page, "WHATSAPP")
    await expect(whatsapp.locator(".mine .status")).to_have_attribute(
        "title", "Accepted by the bot"
    )
    await expect(whatsapp.locator(".theirs .status")).to_have_attribute("title", "Delivered")
    await whatsapp.get_by_role("button", name="More on WhatsApp").click()
    await page.get_by_role("menuitem", name="Read all messages").click()
    await expect(whatsapp.locator(".theirs .status")).to_have_attribute("title", "Read")


async def test_reactions_media_late_and_repeated_messages(page: Page):
    whatsapp = phone(page, "WHATSAPP")
    await say(page, "WHATSAPP", "hello")
    await sees(page, "WHATSAPP", "Which size?")

    await whatsapp.get_by_role("button", name="React", exact=True).click()
    await whatsapp.get_by_role("button", name="React 👍").click()
    await expect(whatsapp.get_by_role("img", name="You reacted 👍")).to_be_visible()

    await whatsapp.get_by_role("button", name="Attach").click()
    await page.get_by_role("menuitem", name="Picture or file…").click()
    await page.get_by_role("button", name="Send", exact=True).last.click()
    await expect(whatsapp.locator(".mine .media")).to_contain_text("picture.jpg")

    await whatsapp.get_by_role("button", name="Attach").click()
    await page.get_by_role("menuitem", name="Delay or repeat…").click()
    await page.get_by_label("Further copies").fill("2")
    await page.get_by_role("button", name="Use").click()
    await expect(whatsapp.get_by_role("button", name="+2 copies")).to_be_visible()
    await say(page, "WHATSAPP", "Large")
    await sees(page, "WHATSAPP", "Where to?")
    await page.get_by_role("tab", name="Traffic").click()
    inbound = page.locator(".entry:visible").filter(has_text="MESSAGE_INBOUND text")
    await expect(inbound).to_have_count(4)  # hello, then Large three times


async def test_rich_messages_and_hostile_text(page: Page):
    await page.get_by_role("button", name="Add channel").click()
    await page.get_by_role("menuitem", name="RCS").click()
    rcs = phone(page, "RCS")
    await say(page, "RCS", "tour")

    await expect(rcs.get_by_role("group", name="Carousel of 2 cards")).to_contain_text("second")
    await expect(rcs.get_by_role("img", name="Map of 55.6100° N, 13.0000° E")).to_be_visible()
    await expect(rcs.get_by_role("link", name="front.png")).to_be_visible()
    await expect(rcs.get_by_text("<img src=x onerror=")).to_be_visible()
    safe = rcs.get_by_role("link", name="https://safe.example/a")
    await expect(safe).to_have_attribute("rel", "noopener noreferrer")
    assert await rcs.locator("img").count() == 0
    assert await page.title() == "bot dev"


async def test_media_with_a_script_for_an_address_is_no_link(page: Page, http):
    media = {"media": {"url": "javascript:alert(1)", "caption": "click me"}}

    await http.post("/emulator/phones/SMS/46700000001", json=media)

    await expect(phone(page, "SMS").get_by_text("click me")).to_be_visible()
    assert await phone(page, "SMS").locator(".thread a").count() == 0


async def test_a_changed_flow_is_reloaded_and_the_conversation_goes_on(page: Page, flows: Path):
    await say(page, "SMS", "hello")
    await say(page, "SMS", "Large")
    await sees(page, "SMS", "Where to?")

    (flows / "shop.py").write_text(
        SHOP.replace("Shall we order?", "May we order?")
        .replace('to="confirm"', 'to="sure"')
        .replace("confirm = choose", "sure = choose")
    )
    await expect(page.get_by_text("Flows reloaded")).to_be_visible()
    await expect(page.locator('.graph [data-state="sure"]')).to_be_visible()
    await say(page, "SMS", "Harbour Street 1")

    await sees(page, "SMS", "May we order?")
    await expect(lit(page)).to_have_text("sure")


async def test_a_faulty_flow_is_told_until_it_is_mended(page: Page, flows: Path):
    (flows / "shop.py").write_text(SHOP.replace('to="place"', 'to="nowhere"'))
    notice = page.locator(".notice")
    await expect(notice).to_contain_text("to='nowhere' is not a state of this flow")
    await say(page, "SMS", "hello")
    await sees(page, "SMS", "Which size?")

    await page.reload()
    await expect(notice).to_contain_text("to='nowhere' is not a state of this flow")
    (flows / "shop.py").write_text(SHOP)

    await expect(notice).to_have_count(0)


async def test_a_turn_that_fails_says_where(page: Page):
    await say(page, "SMS", "break")

    notice = page.locator(".notice")
    await expect(notice).to_contain_text("ValueError: the shelf fell down")
    await expect(notice).to_contain_text("shop.py, line")
    await notice.get_by_role("button", name="Dismiss").click()
    await expect(notice).to_have_count(0)


async def test_a_conversation_is_saved_as_a_test(page: Page, tmp_path: Path):
    await say(page, "WHATSAPP", "hello")
    await phone(page, "WHATSAPP").get_by_role("button", name="Small", exact=True).click()
    await sees(page, "WHATSAPP", "Where to?")

    await page.get_by_role("button", name="Save as test").click()
    await page.get_by_label("Name of the file in tests/").fill("buys_small")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("Saved as tests/buys_small.chat")).to_be_visible()

    text = (tmp_path / "tests" / "buys_small.chat").read_text()
    assert "> [Small]\n< Where to?\n= shop/address" in text
    assert read(text).headers["channel"] == "WHATSAPP"


async def test_traffic_can_be_read_and_copied_as_curl(page: Page):
    await say(page, "SMS", "hello")
    await sees(page, "SMS", "Which size?")
    await page.get_by_role("tab", name="Traffic").click()

    request = page.locator(".entry.request:visible").filter(has_text="messages:send")
    await request.locator("summary").click()
    await expect(request.get_by_label("Body")).to_contain_text('"choice_message"')
    await expect(request.get_by_label("Answer")).to_contain_text('"message_id"')
    await request.get_by_role("button", name="Copy as curl").click()
    await expect(page.get_by_text("Command copied")).to_be_visible()

    command = await page.evaluate("() => navigator.clipboard.readText()")
    assert command.startswith("curl -i -X POST http://127.0.0.1:")


async def test_several_contacts_and_starting_over(page: Page):
    await say(page, "SMS", "hello")
    await sees(page, "SMS", "Which size?")

    await page.get_by_role("button", name="New contact").click()
    await page.get_by_role("button", name="Open", exact=True).click()
    await expect(phone(page, "SMS")).to_contain_text("46700000002")
    await expect(phone(page, "SMS").locator(".message")).to_have_count(0)
    await page.get_by_role("button", name="Contact 46700000002").click()
    await page.get_by_role("listbox").get_by_role("option", name="46700000001").click()
    await sees(page, "SMS", "Which size?")
    await phone(page, "SMS").get_by_role("button", name="More on SMS").click()
    await page.get_by_role("menuitem", name="Start over…").click()
    await page.get_by_role("dialog").get_by_role("button", name="Start over").click()

    await expect(phone(page, "SMS")).to_contain_text("Nothing here yet.")
    await expect(page.get_by_text("This contact has not written to the bot yet.")).to_be_visible()


async def test_a_contact_is_searched_by_number_and_channel(page: Page, http):
    for channel, number in (("SMS", "46700000007"), ("RCS", "46700000008"), ("SMS", "46711111111")):
        await http.post(f"/emulator/phones/{channel}/{number}", json={"text": "hello"})
    await page.get_by_role("button", name="Contact").first.click()
    search = page.get_by_role("combobox", name="Search contacts")
    await expect(search).to_be_focused()
    options = page.get_by_role("listbox").get_by_role("option")
    await expect(options.first).to_contain_text("46700000001")  # the one that is open
    await expect(options).to_have_count(4)

    await search.fill("1111")
    await expect(options.filter(has_text="46711111111")).to_be_visible()
    await search.fill("rcs")
    await expect(options.first).to_contain_text("46700000008")
    await search.press("Enter")

    await expect(phone(page, "SMS")).to_contain_text("46700000008")
    await expect(page.get_by_role("button", name="Contact 46700000008")).to_be_focused()


async def test_the_most_recent_contact_is_listed_first_with_its_news(page: Page, http):
    await say(page, "SMS", "hello")
    await sees(page, "SMS", "Which size?")
    for number in ("46700000007", "46700000008"):
        await http.post(f"/emulator/phones/SMS/{number}", json={"text": "hello"})
        await http.get(f"/dev/rest/SMS/{number}")
    button = page.get_by_role("button", name="Contact 46700000001")
    await expect(button).to_contain_text("2 new")

    await button.click()

    await expect(page.get_by_role("listbox").get_by_role("option")).to_have_text(
        ["46700000008SMS1 new", "46700000007SMS1 new", "46700000001SMS"]
    )


async def test_a_number_that_is_searched_in_vain_becomes_a_contact(page: Page):
    await page.get_by_role("button", name="Contact").first.click()
    await page.get_by_role("combobox", name="Search contacts").fill("+46799999999")
    await expect(page.get_by_text("No contact has “46799999999”.")).to_be_visible()
    await expect(page.get_by_role("listbox")).to_contain_text("new contact")

    await page.keyboard.press("Enter")

    await expect(phone(page, "SMS")).to_contain_text("46799999999")


async def test_hostile_and_very_long_names_stay_in_their_place(page: Page, http):
    long = "n" * 120
    await http.post(f"/emulator/phones/MESSENGER/{long}", json={"text": "W" * 3000})
    await page.goto("about:blank")
    await page.goto(f"/#{long}:MESSENGER")
    await expect(phone(page, "MESSENGER").locator(".mine").first).to_be_visible()
    await expect(page.locator("#bot .about")).to_contain_text(long)
    await page.get_by_role("button", name="Contact").first.click()
    await expect(page.get_by_role("listbox")).to_contain_text("Messenger")

    for part in ("html", "#bot", ".chooser-box", ".screen"):
        wider = await page.locator(part).evaluate("one => one.scrollWidth - one.clientWidth")
        assert wider <= 0, part


async def test_two_pages_follow_each_other(page: Page):
    other = await page.context.new_page()
    await other.goto(page.url)
    await say(page, "SMS", "hello")
    await sees(other, "SMS", "Which size?")

    await say(other, "SMS", "Large")

    await sees(page, "SMS", "Where to?")
    await expect(phone(page, "SMS").locator(".message")).to_have_count(4)


async def test_messages_that_come_while_older_ones_are_read_are_announced(page: Page, http):
    await page.set_viewport_size({"width": 1280, "height": 600})
    sms = phone(page, "SMS")
    for number in range(4):
        await say(page, "SMS", "hello\n" * 8)
        await expect(sms.locator(".theirs")).to_have_count(number + 1)
    await sms.locator(".screen").evaluate("screen => { screen.scrollTop = 0 }")
    await http.post("/emulator/phones/SMS/46700000001", json={"text": "the newest"})

    await sms.get_by_role("button", name="New messages").press("Enter")

    await expect(sms.get_by_text("the newest")).to_be_in_viewport()
    await expect(sms.get_by_label("Message on")).to_be_focused()
    await expect(sms.get_by_role("button", name="New messages")).to_be_hidden()


async def test_a_text_is_on_the_phone_while_it_is_sent(page: Page):
    async def held(route):
        await arrived.wait()
        await route.continue_()

    arrived = asyncio.Event()
    await page.route("**/emulator/phones/**", held)
    await say(page, "SMS", "hello")
    await expect(phone(page, "SMS").locator(".pending .bubble")).to_have_text("hello")

    arrived.set()

    await sees(page, "SMS", "Which size?")
    await expect(phone(page, "SMS").locator(".mine")).to_have_count(1)


async def test_a_place_is_sent_by_its_name(page: Page):
    await phone(page, "SMS").get_by_role("button", name="Attach").click()
    await page.get_by_role("menuitem", name="Location…").click()
    await page.get_by_role("button", name="Tokyo").click()
    await page.get_by_role("dialog").get_by_role("button", name="Send", exact=True).click()

    await expect(phone(page, "SMS").locator(".mine")).to_contain_text("Tokyo")
    await expect(phone(page, "SMS").locator(".mine")).to_contain_text("35.6762° N")


async def test_contact_without_a_number_has_a_phone_on_whatsapp_only(page: Page):
    await page.get_by_role("button", name="New contact").click()
    await page.get_by_label("WhatsApp user ID").fill("US.13491208655302741918")
    await page.get_by_role("button", name="Open", exact=True).click()

    await expect(phone(page, "WHATSAPP")).to_contain_text("US.13491208655302741918")
    await expect(phone(page, "SMS")).to_have_count(0)
    await say(page, "WHATSAPP", "hello")
    await sees(page, "WHATSAPP", "Which size?")
    await page.get_by_role("button", name="Add channel").click()
    await expect(page.get_by_role("menuitem", name="RCS")).to_have_count(0)


async def test_an_empty_phone_offers_the_words_that_start_a_flow(page: Page):
    sms = phone(page, "SMS")
    words = sms.locator(".empty .choice")
    await expect(words).to_have_text(["hello", "tour", "shift", "break"])

    await words.first.click()

    await sees(page, "SMS", "Which size?")
    await expect(sms.get_by_label("Message on")).to_be_focused()
    await expect(words.first).to_be_hidden()


async def test_arrow_up_brings_back_what_was_written(page: Page):
    box = phone(page, "SMS").get_by_label("Message on")
    for text in ("hello", "2"):
        await say(page, "SMS", text)

    await box.press("ArrowUp")
    await expect(box).to_have_value("2")
    await box.press("ArrowUp")
    await expect(box).to_have_value("hello")
    await box.press("ArrowUp")
    await expect(box).to_have_value("hello")
    await box.press("ArrowDown")
    await box.press("ArrowDown")
    await expect(box).to_have_value("")


async def test_the_panel_can_be_put_away(page: Page):
    button = page.get_by_role("button", name="Details")
    inspector = page.get_by_role("complementary", name="Behind the conversation")
    await button.click()
    await expect(inspector).to_be_hidden()
    await page.reload()
    await expect(inspector).to_be_hidden()

    await say(page, "SMS", "hello")
    await phone(page, "SMS").locator(".mine .bubble").click()

    await expect(inspector).to_be_visible()
    await expect(page.locator(".turns .inside")).to_contain_text("shop/size")


async def test_another_day_has_its_date(page: Page, http):
    await say(page, "SMS", "hello")
    await sees(page, "SMS", "Which size?")
    await expect(phone(page, "SMS").locator(".day")).to_have_count(0)

    await http.post("/dev/clock", json={"for": "48h"}, timeout=40)
    await say(page, "SMS", "hello")

    await expect(phone(page, "SMS").locator(".mine .day")).to_have_count(1)


async def test_what_cannot_be_sent_stays_in_the_field(page: Page):
    await page.context.set_offline(True)
    await say(page, "SMS", "hello")

    await expect(page.locator(".toast")).to_have_text(
        "The server does not answer. Is it still running?"
    )
    await expect(phone(page, "SMS").get_by_label("Message on")).to_have_value("hello")
    await page.context.set_offline(False)


async def test_open_phones_outlive_a_reload_of_the_page(page: Page):
    await phone(page, "WHATSAPP").get_by_role("button", name="Close WhatsApp").click()
    await say(page, "SMS", "hello")
    await sees(page, "SMS", "Which size?")

    await page.reload()

    await sees(page, "SMS", "Which size?")
    await expect(phone(page, "WHATSAPP")).to_have_count(0)


async def test_the_keyboard_is_enough(page: Page):
    await expect(phone(page, "SMS").get_by_label("Message on SMS")).to_be_focused()
    await page.keyboard.type("first line")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("second line")
    await page.keyboard.press("Enter")
    await expect(phone(page, "SMS").locator(".mine .bubble")).to_have_text(
        "first line\nsecond line"
    )
    await page.get_by_label("Message on WhatsApp").focus()
    await page.keyboard.type("hello")
    await page.keyboard.press("Enter")
    await sees(page, "WHATSAPP", "Which size?")

    await page.keyboard.press("Shift+Tab")  # the button Attach
    await page.keyboard.press("Shift+Tab")  # React, on the newest message
    await page.keyboard.press("Shift+Tab")
    await expect(page.get_by_role("button", name="Large", exact=True)).to_be_focused()
    await page.keyboard.press("Enter")

    await sees(page, "WHATSAPP", "Where to?")


async def test_every_control_has_a_name(page: Page):
    await page.get_by_role("button", name="Add channel").click()
    await page.get_by_role("menuitem", name="RCS").click()
    await say(page, "RCS", "tour")
    await sees(page, "RCS", "front.png")
    await page.get_by_role("tab", name="Traffic").click()
    await page.locator(".entry:visible summary").first.click()

    browser = await page.context.new_cdp_session(page)
    tree = await browser.send("Accessibility.getFullAXTree")

    controls = {"button", "link", "textbox", "combobox", "tab", "dialog", "menuitem", "image"}
    nodes = [node for node in tree["nodes"] if not node["ignored"]]
    roles = [node["role"]["value"] for node in nodes]
    nameless = [
        node["role"]["value"]
        for node in nodes
        if node["role"]["value"] in controls and not node.get("name", {}).get("value")
    ]
    assert nameless == []
    assert {"log", "tabpanel", "main", "complementary"} <= set(roles)


async def test_the_theme_follows_the_system_until_it_is_chosen(page: Page):
    ground = "getComputedStyle(document.body).backgroundColor"
    await page.emulate_media(color_scheme="light")
    light = await page.evaluate(ground)
    await page.emulate_media(color_scheme="dark")
    dark = await page.evaluate(ground)
    assert light != dark

    button = page.get_by_role("button", name="Theme")
    await button.click()
    await expect(button).to_have_attribute("aria-label", "Theme: light")
    assert await page.evaluate(ground) == light
    await page.reload()

    await expect(button).to_have_attribute("aria-label", "Theme: light")
    assert await page.evaluate(ground) == light


async def test_nothing_is_wider_than_a_phone(page: Page):
    await page.set_viewport_size({"width": 360, "height": 740})
    await say(page, "SMS", "word" * 200)
    await sees(page, "SMS", "Which size?")
    for view in ("Conversation", "Traffic", "Phones"):
        await page.get_by_label("Views").get_by_role("button", name=view).click()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360

    await page.get_by_role("button", name="More", exact=True).click()
    await page.get_by_role("menuitem", name="New contact").click()
    await expect(page.get_by_role("dialog", name="New contact")).to_be_visible()


async def test_a_long_thread_is_shown_from_its_end(page: Page, http):
    say = ["stop", *(f"number {number}" for number in range(220))]  # the bot stays silent
    await page.goto("about:blank")
    for text in say:
        await http.post("/emulator/phones/SMS/46700000009", json={"text": text})
    await page.goto("/#46700000009:SMS")
    sms = phone(page, "SMS")
    await expect(sms.get_by_text("number 219", exact=True)).to_be_in_viewport()
    await expect(sms.get_by_text("number 0", exact=True)).to_have_count(0)

    await sms.get_by_role("button", name="earlier messages").click()

    await expect(sms.get_by_text("number 0", exact=True)).to_have_count(1)
    await expect(sms.get_by_text("number 0", exact=True)).not_to_be_in_viewport()
