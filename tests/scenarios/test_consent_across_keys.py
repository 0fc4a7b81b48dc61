"""A STOP holds for a person, whatever key the bot has for it: a contact's id or an identity."""

import pytest

from bot import END, Flow, ask, parse
from bot.errors import OptedOut
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


async def test_stop_is_recorded_once_per_identity_wherever_the_bot_is_killed(crash_points):
    async def say_stop(contact: SimulatedContact) -> None:
        await contact.says("tea")
        await contact.stops()
        store = contact._simulation.bot.store
        address = contact._simulation.address_of(contact.phone)
        (found,) = await store.reader.consent(address.identity_key)
        assert (found.purpose, found.to) == ("messages", "out")

    assert await crash_points(say_stop) > 20
