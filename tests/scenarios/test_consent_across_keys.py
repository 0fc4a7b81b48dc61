"""A STOP holds for a person, whatever key the bot has for it: a contact's id or an identity."""

from dataclasses import replace

import pytest

from bot import END, Flow, ask, parse
from bot.errors import OptedOut
from bot.messages import TemplateReference
from bot.ops.contacts import Filter, rows_of
from bot.testing.contact import SimulatedContact


class Tea(Flow):
    start_on = ("tea",)

    kind = ask("Which tea?", accept=parse.text(), to=END, remind={"1h": "Well?"})


pytestmark = pytest.mark.flows([Tea])

MODES = ("CONVERSATION", "DISPATCH")


@pytest.fixture
def switch(simulation):
    """Change the app's processing mode, as its owner does at Sinch."""

    def switch(mode):
        simulation.platform.state.apps[simulation.platform.app_id]["processing_mode"] = mode

    return switch


@pytest.fixture
def merge(simulation):
    async def merge(gone, kept):
        ids = [simulation.address_of(each.phone).contact_id for each in (kept, gone)]
        simulation.platform.contacts.merge(*ids)
        await kept.run_until_idle()

    return merge


@pytest.mark.parametrize(("first", "then"), [MODES, MODES[::-1]])
async def test_stop_holds_in_the_other_mode(contact, switch, first, then):
    switch(first)
    await contact.says("tea")
    await contact.stops()
    key = contact.session.address.key
    switch(then)
    await contact.says("tea")

    assert contact.session.address.key != key
    assert (contact.consent, contact.flow) == ("out", None)
    (change,) = contact.session.consent_log
    assert (change.to, change.by) == ("out", "other key")


@pytest.mark.parametrize(("first", "then"), [MODES, MODES[::-1]])
async def test_start_in_one_mode_counts_in_the_other(contact, switch, first, then):
    switch(first)
    await contact.stops()
    await contact.waits("1m")
    switch(then)
    await contact.says("start")
    contact.sees("Welcome back.")
    await contact.says("tea")
    contact.sees("Which tea?")
    switch(first)
    await contact.says("tea")

    contact.sees("Which tea?")
    assert contact.consent == "in"


@pytest.mark.parametrize(("first", "then"), [MODES, MODES[::-1]])
async def test_stop_in_the_other_mode_holds_for_a_session_that_was_there_before(
    contact, switch, first, then
):
    switch(first)
    await contact.says("tea")
    contact.sees("Which tea?")
    await contact.waits("10m")
    switch(then)
    await contact.stops()
    await contact.waits("20m")
    switch(first)
    await contact.says("green")

    contact.sees_nothing()
    assert (contact.consent, contact.flow) == ("out", None)
    await contact.waits("2h")
    contact.sees_nothing()


async def test_reminder_is_not_sent_after_stop_in_the_other_mode(contact, switch):
    await contact.says("tea")
    contact.sees("Which tea?")
    await contact.waits("10m")
    switch("DISPATCH")
    await contact.stops()
    switch("CONVERSATION")
    await contact.waits("2h")

    contact.sees_nothing()


async def test_program_cannot_write_to_an_identity_that_said_stop_in_the_other_mode(
    contact, simulation, switch
):
    switch("DISPATCH")
    await contact.stops()
    switch("CONVERSATION")

    with pytest.raises(OptedOut):
        await simulation.bot.start(simulation.address_of(contact.phone), "tea")


async def test_stop_in_dispatch_mode_holds_for_the_contact_that_is_merged_into(
    contacts, switch, merge
):
    gone, kept = contacts(2)
    for each in (gone, kept):
        await each.says("tea")
        each.sees("Which tea?")
    switch("DISPATCH")
    await gone.stops()
    switch("CONVERSATION")
    await merge(gone, kept)
    await kept.waits("2h")

    kept.sees_nothing()
    assert kept.consent == "out"


async def test_stop_in_dispatch_mode_holds_through_a_chain_of_merges(contacts, switch, merge):
    first, second, third = contacts(3)
    await third.says("tea")
    third.sees("Which tea?")
    switch("DISPATCH")
    await first.stops()
    switch("CONVERSATION")
    await first.says("tea")
    await merge(first, second)
    await merge(second, third)
    await third.waits("2h")

    third.sees_nothing()
    assert third.consent == "out"
    switch("DISPATCH")
    await third.says("tea")
    third.sees_nothing()


async def test_stop_holds_for_a_contact_that_sinch_creates_again(contact, simulation):
    await contact.says("tea")
    contact.sees("Which tea?")
    await contact.stops()
    simulation.platform.contacts.remove(contact.session.address.contact_id)
    await contact.run_until_idle()
    await contact.says("tea")

    contact.sees_nothing()
    assert contact.consent == "out"


@pytest.mark.parametrize("mode", MODES)
async def test_stop_holds_after_the_contact_is_forgotten(contact, simulation, switch, mode):
    switch(mode)
    await contact.stops()
    await simulation.bot.store.admin.forget(contact.session.address.key)
    await contact.says("tea")

    contact.sees_nothing()
    assert contact.consent == "out"


async def test_record_has_what_the_bot_had_said(contact):
    await contact.says("tea")
    await contact.says("please stop texting me at once, I mean it")
    await contact.says("yes")

    (change,) = contact.session.consent_log
    assert (change.words, change.told) == (
        "yes",
        "Do you want to stop all messages from us? Please answer yes or no.",
    )


async def test_record_names_the_template_that_came_before(contact, simulation):
    await contact.says("tea")
    template = TemplateReference("offer", language_code="en")
    await simulation.bot.send_template(contact.session.address.key, template)
    await contact.run_until_idle()
    await contact.stops()

    (change,) = contact.session.consent_log
    assert change.told == "template offer"


@pytest.mark.exhaustive
async def test_stop_is_recorded_once_per_identity_wherever_the_bot_is_killed(crash_points):
    async def say_stop(contact: SimulatedContact) -> None:
        await contact.says("tea")
        await contact.stops()
        store = contact._simulation.bot.store
        address = contact._simulation.address_of(contact.phone)
        (found,) = await store.reader.consent(address.identity_key)
        assert (found.purpose, found.to) == ("messages", "out")

    assert await crash_points(say_stop) > 20


class TestRepliesThatWait:
    """Replies under one key, after the app's mode has changed and the contact has another key."""

    @pytest.fixture
    def bot_settings(self, bot_settings):
        return replace(bot_settings, quiet_hours="21:00-08:00", zone="UTC")

    async def say_at_night(self, simulation, contact, *texts):
        await contact.says("tea")
        contact.sees("Which tea?")
        now = simulation.clock.now()
        await contact.waits(f"{int(22 * 3_600 - now % 86_400)}s")
        contact.sees("Well?")
        for text in texts:
            await simulation.bot.say(contact.session.address.key, text)
        await contact.run_until_idle()
        contact.sees_nothing()

    @pytest.mark.parametrize(("first", "then"), [MODES, MODES[::-1]])
    async def test_they_are_not_sent_after_stop_under_the_other_key(
        self, contact, simulation, switch, first, then
    ):
        switch(first)
        await self.say_at_night(simulation, contact, "One", "Two")
        switch(then)
        await contact.stops()
        await contact.waits("12h")

        contact.sees_nothing()

    @pytest.mark.parametrize(("first", "then"), [MODES, MODES[::-1]])
    async def test_they_are_sent_in_order_at_their_time(
        self, contact, simulation, switch, first, then
    ):
        switch(first)
        await self.say_at_night(simulation, contact, "One", "Two")
        switch(then)
        await contact.says("tea")
        contact.sees("Which tea?")
        await contact.waits("12h")

        shown = [each.text for each in contact.phone.shown]
        assert [each for each in shown if each in ("One", "Two")] == ["One", "Two"]

    async def test_they_are_not_sent_to_somebody_new_after_stop_under_the_other_key(
        self, contact, simulation, switch
    ):
        address = simulation.address_of(contact.phone)
        await contact.waits(f"{int(22 * 3_600 - simulation.clock.now() % 86_400)}s")
        await simulation.bot.say(address, "You won!")
        await contact.run_until_idle()
        switch("DISPATCH")
        await contact.stops()
        await contact.waits("12h")

        contact.sees_nothing()


@pytest.mark.contact(channel="WHATSAPP")
@pytest.mark.parametrize(("first", "then"), [MODES, MODES[::-1]])
async def test_replies_that_wait_for_the_contact_under_its_former_key_are_listed(
    contact, simulation, switch, first, then
):
    switch(first)
    await contact.says("tea")
    await contact.waits("25h")
    former = contact.session.address.key
    await simulation.bot.say(former, "It's here.")
    await contact.run_until_idle()
    rows = await rows_of(simulation.bot.store, Filter(stuck_s=60.0), None, simulation.clock.now())
    assert rows == []

    switch(then)
    await contact.says("tea")
    (row,) = await rows_of(simulation.bot.store, Filter(stuck_s=60.0), None, simulation.clock.now())
    assert row.contact == former
    now_key = contact.session.address.key
    assert row.stuck == f"the contact's replies wait under a former key; the key is now {now_key}"
