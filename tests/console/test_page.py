"""The console in a real browser."""

import pytest
from playwright.async_api import Page, expect

from bot.console import endpoints
from bot.store.outcomes import Outcomes
from tests.support.console import HOSTILE, TOKEN, Talk, key_of, note_broadcast
from tests.support.pages import enter, refresh

pytestmark = pytest.mark.asyncio(loop_scope="session")
"""All tests of this module share one browser."""


async def test_the_token_opens_it_and_leaves_the_address(page: Page):
    await page.goto("/")
    await page.get_by_label("Token").fill("something wrong")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("This token is not the console's token.")

    await page.get_by_label("Token").fill(TOKEN)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("list", name="Figures")).to_be_visible()

    await enter(page)
    assert TOKEN not in page.url
    await page.reload()
    await expect(page.get_by_role("list", name="Figures")).to_be_visible()


async def test_the_graph_shows_who_waits_where_and_what_became_of_the_others(
    talk: Talk, page: Page
):
    await talk.contact("pizza")
    await talk.contact("pizza")
    await talk.contact("pizza", "small")
    await talk.contact("pizza", "cancel")

    await enter(page)

    size = page.locator('.graph [data-state="size"]')
    await expect(size.locator(".badge text")).to_have_text("2")
    row = page.get_by_role("table", name="States of pizza").locator('[data-state="size"]')
    await expect(row).to_have_text("size24address 1 25 %0 s1 25 %")
    options = page.get_by_role("table", name="Options of pizza")
    await expect(options.locator("tbody tr")).to_have_text("size Small1 100 %")
    await expect(page.get_by_text("0 % completed")).to_be_visible()
    await expect(
        page.get_by_text("percentages come from the logs of the 4 contacts")
    ).to_be_visible()

    await talk.contact("pizza")
    talk.later()
    await refresh(page)
    await expect(size.locator(".badge text")).to_have_text("3")
    await page.get_by_role("link", name="3 contacts in size").click()
    await expect(page.get_by_role("table", name="Contacts").locator("tbody tr")).to_have_count(3)
    await page.go_back()
    await page.locator('.graph [data-state="address"]').click()
    await expect(page.get_by_role("table", name="Contacts").locator("tbody tr")).to_have_count(1)


async def test_a_contact_is_taken_over_answered_and_handed_back_by_keyboard(talk: Talk, page: Page):
    contact = await talk.contact("pizza")
    await enter(page, "contacts")
    await page.get_by_role("link", name=contact.phone.identity).click()
    thread = page.get_by_role("list", name="Transcript")
    await expect(thread).to_contain_text("Which size?")
    await expect(page.locator(".held")).to_contain_text("The bot talks")

    await page.get_by_role("button", name="Take over").press("Enter")
    await page.get_by_label("Reason, shown to colleagues").fill("calls us")
    await page.keyboard.press("Enter")
    await expect(page.locator(".toast")).to_be_visible()
    await contact.run_until_idle()
    await refresh(page)
    await expect(page.locator(".held")).to_contain_text("calls us")
    await contact.says("Anybody there?")
    await refresh(page)
    await expect(thread).to_contain_text("Anybody there?")

    await page.get_by_label("Your name").fill("Anna")
    await page.get_by_label("Answer", exact=True).fill("Yes, I am.")
    await page.get_by_label("Answer", exact=True).press("Enter")
    await expect(page.get_by_label("Answer", exact=True)).to_have_value("")
    await contact.run_until_idle()
    contact.sees("Yes, I am.")
    await page.get_by_label("Answer", exact=True).fill("And more")
    await refresh(page)
    await expect(thread.locator(".agent")).to_contain_text("Yes, I am.")
    await expect(page.locator(".held")).to_contain_text("Anna handles this contact")
    await expect(page.get_by_label("Answer", exact=True)).to_have_value("And more")
    await expect(page.get_by_label("Answer", exact=True)).to_be_focused()

    await page.get_by_role("button", name="Hand back").press("Enter")
    await page.get_by_role("dialog").get_by_role("button", name="Hand back").press("Enter")
    await expect(page.locator(".toast")).to_contain_text("Handed back.")
    await contact.run_until_idle()
    await refresh(page)
    await expect(page.locator(".held")).to_contain_text("The bot talks")
    await expect(page.get_by_label("Answer", exact=True)).to_be_hidden()
    contact.sees("Which size?")


async def test_dead_letters_are_grouped_opened_tried_again_and_dropped(talk: Talk, page: Page):
    contact = await talk.dead_letter()
    await talk.dead_letter()
    await talk.dead_letter()
    await enter(page)
    await expect(page.locator("#dead-count")).to_have_text("3")
    await page.get_by_role("link", name="Dead letters").first.click()
    group = page.locator(".letter")
    await expect(group).to_have_count(1)
    await expect(group).to_contain_text("RuntimeError: the oven is off")
    await expect(group).to_contain_text("3 contacts")

    await group.get_by_text("Letters", exact=True).click()
    letters = group.locator(".one-letter")
    await expect(letters).to_have_count(3)
    await expect(letters.last).to_contain_text(contact.phone.identity)
    await expect(letters.last).to_contain_text("nowhere")
    await letters.last.get_by_text("Details").click()
    await expect(letters.last.locator("pre")).to_contain_text("nowhere")
    await letters.first.get_by_role("button", name="Retry").click()
    await expect(page.locator("#dead-count")).to_have_text("2")
    await group.get_by_role("button", name="Retry all 2").click()
    await expect(page.locator(".toast")).to_have_text(
        "2 dead letters queued again. Workers will try again."
    )
    await expect(page.locator("#view").get_by_role("status")).to_contain_text(
        "There are no dead letters."
    )
    await expect(page.locator("#dead-count")).to_be_hidden()
    await talk.dead_letter()
    talk.later()
    await refresh(page)
    await group.get_by_role("button", name="Drop all 4").click()
    await page.get_by_role("dialog").get_by_role("button", name="Drop").click()
    await expect(page.locator("#view").get_by_role("status")).to_contain_text(
        "There are no dead letters."
    )


async def test_the_inbox_leads_to_an_answer_with_notes_and_canned_texts(talk: Talk, page: Page):
    contact = await talk.contact("pizza")
    await talk.simulation.bot.pause(key_of(contact), "calls us")
    await contact.run_until_idle()
    await contact.says("Where is my pizza?")
    await enter(page)
    await expect(page.locator("#inbox-count")).to_have_text("1")
    await expect(page).to_have_title("(1) bot console")

    await page.get_by_role("link", name="Inbox").first.click()
    waiting = page.locator(".waiting")
    await expect(waiting).to_contain_text("Where is my pizza?")
    await expect(waiting).to_contain_text("not assigned · calls us")
    await waiting.get_by_role("link").click()
    await page.get_by_label("Your name").fill("Anna")
    await page.get_by_label("Answer", exact=True).fill("We look into it.")
    await page.get_by_role("button", name="Canned").click()
    await page.get_by_role("menuitem", name="Save this text").click()
    await page.get_by_label("Answer", exact=True).press("Enter")
    await expect(page.get_by_label("Answer", exact=True)).to_have_value("")
    await page.get_by_role("button", name="Canned").click()
    await page.get_by_role("menuitem", name="We look into it.").click()
    await expect(page.get_by_label("Answer", exact=True)).to_have_value("We look into it.")
    await page.get_by_label("Note", exact=True).fill("Wants a refund.")
    await page.get_by_role("button", name="Add note").click()
    await expect(page.get_by_role("region", name="Notes")).to_contain_text("Wants a refund.")
    await page.get_by_role("button", name="Assign").click()
    await page.get_by_label("Who handles this contact").fill("Bo")
    await page.keyboard.press("Enter")
    await expect(page.locator(".held")).to_contain_text("Bo handles this contact")
    await contact.run_until_idle()
    talk.later()
    await page.get_by_role("link", name="Inbox").first.click()

    await expect(waiting).to_contain_text("answered")
    await expect(waiting).to_contain_text("assigned to Bo")
    await expect(page).to_have_title("bot console")


async def test_a_link_opens_in_another_tab_until_somebody_signs_out(talk: Talk, page: Page):
    contact = await talk.contact("pizza")
    await enter(page)

    other = await page.context.new_page()
    await other.goto(f"/#contact?id={key_of(contact)}")
    await expect(other.get_by_role("list", name="Transcript")).to_contain_text("Which size?")
    await other.get_by_role("button", name="Sign out").click()
    await expect(other.get_by_label("Token")).to_be_visible()
    await other.reload()
    await expect(other.get_by_label("Token")).to_be_visible()


async def test_texts_are_searched_and_pages_have_addresses(talk: Talk, page: Page, monkeypatch):
    monkeypatch.setattr(endpoints, "PAGE", 1)
    contact = await talk.contact("pizza", "small", "Harbour Street 1")
    await talk.contact("pizza")
    await enter(page, "contacts")
    await page.get_by_role("button", name="Next page").click()
    await expect(page.get_by_role("button", name="Earlier page")).to_be_enabled()
    assert "skip=1" in page.url
    await page.go_back()
    await expect(page.get_by_role("button", name="Earlier page")).to_be_disabled()

    await page.get_by_role("searchbox").fill("harbour")
    await page.get_by_role("button", name="Search texts").click()

    await expect(page.locator(".waiting")).to_contain_text("Harbour Street 1")
    await page.locator(".waiting").get_by_role("link").click()
    await expect(page.locator(".about")).to_contain_text(contact.phone.identity)


async def test_stuck_contacts_lead_to_their_transcript(talk: Talk, page: Page):
    contact = await talk.contact("pizza")
    await talk.make_stuck(contact)
    await enter(page, "stuck")

    await page.get_by_role("link", name=contact.phone.identity).click()

    await expect(page.get_by_role("alert")).to_contain_text("Stuck: unhandled since")


async def test_hostile_content_stays_text(talk: Talk, page: Page):
    contact = await talk.contact(HOSTILE, "pizza", "small", f"{HOSTILE} Street")
    await enter(page, f"contact?id={key_of(contact)}")

    await expect(page.get_by_role("list", name="Transcript")).to_contain_text(f"{HOSTILE} Street")
    assert await page.title() == "bot console"
    assert await page.locator("main img").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_is_cut_off_on_a_phone(talk: Talk, page: Page, scheme):
    contact = await talk.contact("pizza", "small", "x" * 300)
    await talk.dead_letter()
    await note_broadcast(talk)
    await page.set_viewport_size({"width": 375, "height": 667})
    await page.emulate_media(color_scheme=scheme)
    await enter(page)

    views = ("flows", "inbox", "contacts", "broadcasts", "stuck", "dead")
    for view in (*views, f"contact?id={key_of(contact)}"):
        await page.evaluate("where => { location.hash = where }", view)
        await expect(page.locator(".view > *").first).to_be_visible()
        wide = await page.evaluate("document.scrollingElement.scrollWidth")
        assert wide <= 375, view


async def test_a_contact_without_an_answer_shows_why_and_is_retried(talk: Talk, page: Page):
    contact = await talk.contact("boom")
    await contact.waits("1h")
    await enter(page, f"contacts?search={contact.phone.identity}")
    await page.get_by_role("link", name=contact.phone.identity).click()

    reason = page.get_by_role("alert")
    await expect(reason).to_contain_text("No answer to “boom”")
    await expect(reason).to_contain_text("ValueError: no fuse")
    await expect(reason).to_contain_text('raise ValueError("no fuse")')
    await reason.get_by_role("button", name="Retry").click()
    await expect(page.locator(".toast")).to_contain_text("Queued again.")
    await expect(reason.locator(".notice", has_text="No answer")).to_have_count(0)


async def test_a_bar_says_that_the_server_does_not_answer(talk: Talk, page: Page):
    await talk.contact("pizza")
    await enter(page, "contacts")
    await expect(page.get_by_role("table", name="Contacts")).to_be_visible()
    await page.context.set_offline(True)
    await refresh(page)
    notice = page.locator("#notices .notice")
    await expect(notice).to_contain_text("The server does not answer.")
    await expect(page.get_by_role("table", name="Contacts")).to_be_visible()

    await page.context.set_offline(False)
    await refresh(page)

    await expect(notice).to_have_count(0)


async def test_a_contact_that_has_opted_out_is_said_to_be(talk: Talk, page: Page):
    contact = await talk.contact("pizza", "stop")
    await enter(page, f"contact?id={key_of(contact)}")

    await expect(page.locator(".held")).to_contain_text("This contact has opted out")


async def test_a_contact_that_is_forgotten_meanwhile_is_told(talk: Talk, page: Page):
    await enter(page, "contact?id=nobody")

    await expect(page.get_by_text("The bot has no such contact.")).to_be_visible()


async def test_broadcasts_show_what_came_of_them(talk: Talk, page: Page):
    await note_broadcast(talk)
    await enter(page, "broadcasts")

    row = page.get_by_role("row", name="moved/customers.csv")
    await expect(row.get_by_title("RECIPIENT_NOT_REACHABLE: 1")).to_contain_text("1 50 %")
    await expect(row.get_by_role("cell").nth(7)).to_contain_text("1 50 %")


async def test_a_broadcast_is_canceled_after_a_question(talk: Talk, page: Page):
    await note_broadcast(talk)
    await talk.simulation.bot.store.admin.note_row("moved/customers.csv", "3", 0.0)
    await enter(page, "broadcasts")
    await page.get_by_role("button", name="Cancel moved/customers.csv").press("Enter")
    await page.get_by_role("dialog").get_by_role("button", name="Cancel broadcast").press("Enter")

    row = page.get_by_role("row", name="moved/customers.csv")
    await expect(row).to_contain_text("canceled")
    await expect(page.get_by_role("button", name="Cancel moved/customers.csv")).to_have_count(0)
    assert await talk.simulation.bot.store.outcomes.canceled_at(Outcomes.tag("moved/customers.csv"))


async def test_flow_is_switched_off_with_a_reason_and_on_again(talk: Talk, page: Page):
    await enter(page, "flows?flow=pizza")
    await page.get_by_role("button", name="Switch off").press("Enter")
    await page.get_by_label("Why, for colleagues").fill("the oven is broken")
    await page.get_by_label("Text for contacts, instead of the standard text").fill(HOSTILE)
    await page.keyboard.press("Enter")

    await expect(page.locator(".notice")).to_contain_text("the oven is broken")
    await expect(page.locator(".notice")).to_contain_text(HOSTILE)
    (await talk.contact("pizza")).sees(HOSTILE)
    assert await page.title() != "taken"

    await page.get_by_role("button", name="Switch on").press("Enter")
    await page.get_by_role("dialog").get_by_role("button", name="Switch on").press("Enter")
    await expect(page.locator(".notice")).to_have_count(0)
    (await talk.contact("pizza")).sees("Which size?")
