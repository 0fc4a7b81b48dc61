"""Sinch merges two contacts. The flows of the deleted contact end; a STOP of either counts."""

import pytest

from bot import END, Flow, ask, parse
from bot.emulator import RequestFault
from bot.errors import StoreFull
from bot.store.queue import Queue
from bot.telemetry.metrics import REGISTRY
from bot.testing.contact import SimulatedContact


class Tea(Flow):
    start_on = ("tea",)

    kind = ask("Which tea?", accept=parse.text(), to=END, remind={"1h": "Well?"})


pytestmark = pytest.mark.flows([Tea])


@pytest.fixture
def merge(simulation):
    """Merge one contact into another, as the API's users do."""

    async def merge(gone, kept):
        ids = [simulation.address_of(each.phone).contact_id for each in (kept, gone)]
        simulation.platform.contacts.merge(*ids)
        await kept.run_until_idle()
        return ids[1]

    return merge


async def test_a_contact_goes_on_as_the_one_it_was_merged_into(contacts, simulation, merge):
    gone, kept = contacts(2)
    for each in (gone, kept):
        await each.says("tea")
    await merge(gone, kept)
    await kept.waits("2h")

    kept.sees("Well?")
    kept.sees_nothing()
    assert not [letter async for letter in simulation.bot.store.admin.dead_letters()]


async def test_unsent_replies_to_a_merged_contact_are_counted(contacts, simulation, merge):
    gone, kept = contacts(2)
    await kept.says("tea")
    labels = {"channel": "SMS", "outcome": "merged"}
    before = REGISTRY.get_sample_value("bot_sends_total", labels) or 0.0
    busy = RequestFault(on="POST */messages:send", action="refuse", status=503)
    simulation.platform.faults.add(busy)
    await gone.says("tea")
    await merge(gone, kept)

    assert REGISTRY.get_sample_value("bot_sends_total", labels) == before + 1


async def test_suspects_are_handled_once_each_when_their_contacts_are_merged(
    contacts, simulation, merge
):
    queue = simulation.bot.store.queue
    gone, kept = contacts(2)
    for each in (gone, kept):
        await each.says("tea")
        each.phone.says("green")
    await simulation.platform.run_due()
    for lease in await queue.ready("lost", 100, None):
        await queue.claim(lease, f"lost {lease.contact}", simulation.clock.now())
    await queue.bury("lost")

    await merge(gone, kept)

    assert list(simulation.finished.values()) == [{"kind": "green"}] * 2
    assert not [letter async for letter in simulation.bot.store.admin.dead_letters()]


async def test_who_said_stop_is_not_written_to_as_the_contact_it_became(contacts, merge):
    gone, kept = contacts(2)
    await gone.stops()
    await kept.says("tea")
    await merge(gone, kept)
    await kept.waits("2h")

    kept.sees_nothing()
    assert (kept.consent, kept.flow) == ("out", None)


async def test_a_stop_holds_for_a_contact_of_whom_nothing_was_known(contacts, merge):
    gone, kept = contacts(2)
    await gone.stops()
    await merge(gone, kept)
    await kept.says("tea")

    kept.sees_nothing()


async def test_start_brings_back_who_took_over_a_stop(contacts, merge):
    gone, kept = contacts(2)
    await gone.stops()
    await merge(gone, kept)
    await kept.says("START")
    await kept.says("tea")

    kept.sees("Which tea?")


async def test_the_stop_of_who_stays_holds_whatever_the_other_said(contacts, merge):
    gone, kept = contacts(2)
    await gone.stops()
    await gone.says("START")
    await kept.stops()
    assert (gone.consent, kept.consent) == ("in", "out")
    await merge(gone, kept)

    assert (gone.consent, kept.consent) == ("out", "out")


@pytest.mark.parametrize(
    ("known", "then"),
    [({}, ("sv", "Europe/Stockholm")), ({"language": "de", "zone": "Europe/Berlin"}, None)],
)
async def test_language_and_zone_are_taken_over_where_none_are_known(
    simulation, merge, known, then
):
    gone = SimulatedContact(simulation, language="sv", zone="Europe/Stockholm")
    kept = SimulatedContact(simulation, **known)
    for each in (gone, kept):
        await each.says("tea")
    await merge(gone, kept)

    assert kept.session is not None
    found = (kept.session.language, kept.session.zone)
    assert found == (then or ("de", "Europe/Berlin"))
    assert kept.state == "kind"


async def test_it_is_tried_again_while_the_other_inbox_is_full(contacts, merge, monkeypatch):
    accept = Queue.accept
    refused: list[str] = []

    async def full_once(self, contact, item, id, now):
        if id.startswith("legacy:") and not refused:
            refused.append(id)
            raise StoreFull("Nothing more is accepted.")
        return await accept(self, contact, item, id, now)

    gone, kept = contacts(2)
    await gone.stops()
    monkeypatch.setattr(Queue, "accept", full_once)
    await merge(gone, kept)
    assert kept.consent == ""
    await kept.waits("1m")

    assert (len(refused), kept.consent) == (1, "out")


@pytest.mark.exhaustive
async def test_a_stop_is_taken_over_wherever_the_bot_is_killed(crash_points):
    async def create_contact(kept):
        simulation = kept._simulation
        gone = SimulatedContact(simulation)
        ids = [simulation.address_of(each.phone).contact_id for each in (kept, gone)]
        await gone.stops()
        await kept.says("tea")
        simulation.platform.contacts.merge(*ids)
        await kept.waits("2h")
        kept.sees_nothing()
        assert kept.consent == "out"

    assert await crash_points(create_contact) > 40


class Delivery(Flow):
    start_on_events = ("delivery",)

    where = ask("Where to?", accept=parse.text(), to=END)


@pytest.mark.flows([Tea, Delivery])
class TestEventsThatWait:
    async def waits_for_the_hand_over(self, contact, simulation):
        """Let an event wait for the end of a hand-over."""
        await contact.says("tea")
        await contact.says("agent")
        await contact.receives_event("delivery")

    async def test_they_happen_to_the_contact_that_is_left(self, contacts, simulation, merge):
        gone, kept = contacts(2)
        await self.waits_for_the_hand_over(gone, simulation)
        await kept.says("tea")
        await merge(gone, kept)

        kept.sees("Where to?")

    async def test_they_wait_for_start_if_the_contact_has_stopped(
        self, contacts, simulation, merge
    ):
        gone, kept = contacts(2)
        await self.waits_for_the_hand_over(gone, simulation)
        await kept.says("tea")
        await kept.stops()
        await merge(gone, kept)
        assert [each.until > 0 for each in kept.session.waiting] == [True]
        await kept.says("START")

        kept.sees("Where to?")


@pytest.mark.parametrize("is_kept", [True, False], ids=["of the remaining", "of the merged"])
async def test_question_that_waits_for_the_window_at_a_merge(contacts, merge, is_kept):
    [whatsapp], [sms] = contacts(1, channel="WHATSAPP"), contacts(1)
    await whatsapp.says("hello")
    await whatsapp.waits("2d")
    await whatsapp.starts_flow("tea")
    await sms.says("hello")
    await (merge(sms, whatsapp) if is_kept else merge(whatsapp, sms))

    await sms.says("green")
    sms.sees("Which tea?" if is_kept else "Sorry, I don't know what to do with that.")
    sms.sees_nothing()
    await sms.says("black")
    assert "Which tea?" not in whatsapp.transcript
    assert sms.flow is None
