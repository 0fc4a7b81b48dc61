"""Late items for a merged contact are forwarded to the remaining one, in any order of callbacks and
turns.
"""

import random
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import permutations

import pytest

from bot import END, Flow, Turn, ask, parse, step
from bot.emulator.fault_injection import CallbackFault, RequestFault
from bot.errors import StoreFull
from bot.ops import contacts as operations
from bot.ops.contact_lookup import NoContact
from bot.settings import Secret
from bot.store import Store
from bot.store.namespace import prepare
from bot.store.queue import Queue
from bot.testing.contact import SimulatedContact
from bot.testing.simulation import Simulation
from tests.chaos.virtual import Flicker, wait
from tests.support.redis_dump import everything


class Tea(Flow):
    start_on = ("tea",)

    kind = ask("Which tea?", accept=parse.text(), to=END, remind={"1h": "Well?"})


class Visit(Flow):
    start_on = ("visit",)

    @step(to=END)
    def book(self, turn: Turn) -> str:
        turn.schedule("visit_tomorrow", turn.now + timedelta(days=30), {"day": "Friday"})
        return END


class Reminder(Flow):
    start_on_events = ("visit_tomorrow",)

    @step(to=END)
    def tell(self, turn: Turn) -> str:
        turn.say(f"Your visit is on {self.data.day}.")
        return END


pytestmark = pytest.mark.flows([Tea, Visit, Reminder])

SEND = "POST */messages:send"


class People:
    """Contacts, and callbacks that name them by the id they once had."""

    def __init__(self, simulation):
        self.simulation = simulation
        self._held = []

    async def met(self, count):
        """Return new contacts of whom the bot knows only the ids."""
        contacts = [SimulatedContact(self.simulation) for _ in range(count)]
        self.ids = {each: self.simulation.address_of(each.phone).contact_id for each in contacts}
        return contacts

    def merges(self, gone, kept, *, copies=0):
        whom = [self._contact(each) for each in (kept, gone)]
        body = dict(zip(("preserved_contact", "deleted_contact"), whom, strict=True))
        self._send("CONTACT_MERGE", body, copies)

    def says(self, contact, text, *, copies=0):
        body = {
            "id": f"{text} of {self.ids[contact]}",
            "direction": "TO_APP",
            "contact_message": {"text_message": {"text": text}},
            **self._whose(contact),
        }
        self._send("MESSAGE_INBOUND", body, copies)

    def opts_out(self, contact):
        self._send("OPT_OUT", {"status": "OPT_OUT_SUCCEEDED", **self._whose(contact)})

    async def deliver(self):
        """Deliver the callbacks that are due, without workers."""
        await self.simulation.platform.run_due()

    async def work(self, *order):
        """Run all turns. The first of these contacts with work is always next."""
        keys = [self.ids[each] for each in order]
        bot = self.simulation.bot
        while True:
            self._held += await bot.store.queue.ready("simulation", 100, None)
            if not self._held:
                return
            ready = min(self._held, key=lambda each: keys.index(each.contact))
            self._held.remove(ready)
            await bot.worker.work(ready)

    async def kept(self, contact):
        return await self.simulation.bot.store.reader.session(self.ids[contact])

    async def dead_letters(self):
        return [each.letter async for each in self.simulation.bot.store.admin.dead_letters()]

    def _send(self, trigger, body, copies=0):
        app_id = self.simulation.platform.app_id
        callbacks = self.simulation.platform.contacts._callbacks
        callbacks.send(trigger, body, app_id=app_id, copies=copies)

    def _contact(self, contact):
        return {"id": self.ids[contact], "channel_identities": [self._identity(contact)]}

    def _whose(self, contact):
        return {"contact_id": self.ids[contact], "channel_identity": self._identity(contact)}

    def _identity(self, contact):
        return {"channel": "SMS", "identity": contact.phone.identity}


@pytest.fixture
def people(simulation):
    return People(simulation)


@pytest.mark.parametrize("works", ["at once", "at the end"])
@pytest.mark.parametrize("who", [0, 1])
async def test_a_stop_applies_to_the_last_surviving_contact_in_any_order_of_events(
    people, who, works
):
    for delivered in permutations(range(3)):
        for first in permutations(range(3)):
            a, b, c = trio = await people.met(3)
            acts = [
                partial(people.says, trio[who], "STOP", copies=1),
                partial(people.merges, a, b, copies=1),
                partial(people.merges, b, c, copies=1),
            ]
            order = [trio[number] for number in first]
            for number in delivered:
                acts[number]()
                await people.deliver()
                if works == "at once":
                    await people.work(*order)
            await people.work(*order)
            await c.says("tea")

            assert c.consent == "out", (delivered, first)
            c.sees_nothing()
    assert await people.dead_letters() == []


@pytest.mark.parametrize("wish", ["STOP", "OPT_OUT"])
async def test_a_stop_that_comes_after_the_merge_holds_for_who_is_left(people, wish):
    gone, kept = await people.met(2)
    people.merges(gone, kept)
    await kept.says("tea")
    if wish == "STOP":
        people.says(gone, "STOP")
    else:
        people.opts_out(gone)
    await kept.waits("2h")

    kept.sees_nothing()
    assert (kept.consent, kept.flow) == ("out", None)


async def test_what_was_said_before_the_merge_is_answered_after_it(people):
    gone, kept = await people.met(2)
    people.merges(gone, kept)
    people.says(gone, "tea", copies=1)
    await kept.run_until_idle()

    kept.sees("Which tea?")
    kept.sees_nothing()
    assert kept.state == "kind"
    assert kept.session.address.key == people.ids[kept]
    assert kept.session.address.identity == gone.phone.identity
    assert kept.session.merged_from == [people.ids[gone]]


async def test_what_is_asked_of_the_bot_for_the_one_that_is_gone_goes_on(people):
    gone, kept = await people.met(2)
    people.merges(gone, kept)
    await kept.run_until_idle()
    await people.simulation.bot.start(people.ids[gone], "tea")
    await kept.run_until_idle()

    kept.sees("Which tea?")


async def test_a_start_for_the_one_that_is_gone_changes_nothing(people):
    gone, kept = await people.met(2)
    await kept.stops()
    people.merges(gone, kept)
    people.says(gone, "START")
    await kept.run_until_idle()

    assert kept.consent == "out"


async def test_start_holds_though_all_of_it_comes_again(people):
    a, b, c = await people.met(3)

    def all_of_it():
        people.says(a, "STOP")
        people.merges(a, b)
        people.merges(b, c)

    all_of_it()
    await c.run_until_idle()
    assert c.consent == "out"
    await c.says("START")
    all_of_it()
    await c.run_until_idle()

    assert c.consent == "in"


async def test_what_became_of_its_messages_does_not_go_on(people):
    gone, kept = await people.met(2)
    await gone.delivers(failed="RECIPIENT_NOT_REACHABLE")
    await gone.says("tea")
    people.merges(gone, kept)
    await kept.says("tea")
    before = kept.session
    await gone.reads()

    assert kept.session.turn == before.turn


async def test_what_waits_to_be_sent_to_the_one_that_is_gone_is_dropped(people, simulation):
    gone, kept = await people.met(2)
    simulation.platform.faults.add(RequestFault(on=SEND, action="refuse", status=503))
    await gone.says("tea")
    simulation.platform.faults.clear()
    people.merges(gone, kept)
    await kept.waits("1h")

    assert await people.dead_letters() == []
    assert gone.phone.shown == kept.phone.shown == []


async def test_contacts_that_became_each_other_come_to_an_end(people):
    a, b = await people.met(2)
    people.merges(a, b)
    people.merges(b, a)
    people.says(a, "STOP")
    people.says(b, "tea")
    await people.deliver()
    await people.work(a, b)

    assert await people.dead_letters() == []
    assert [a.session, b.session] == [None, None]


async def test_a_contact_merged_with_itself_goes_on(people):
    [contact] = await people.met(1)
    await contact.says("tea")
    people.merges(contact, contact)
    await contact.says("green")

    assert contact.flow is None
    assert contact.session.merged_into is None


async def test_the_heir_is_known_for_a_week(people):
    gone, kept = await people.met(2)
    await gone.stops()
    people.merges(gone, kept)
    await kept.waits("6d")
    assert people.ids[kept].encode() in await people.kept(gone)
    await kept.waits("25h")

    assert people.ids[kept].encode() not in await people.kept(gone)
    assert b'"consent":"out"' in await people.kept(gone)


async def test_what_was_scheduled_happens_for_who_is_left(people):
    a, b, c = await people.met(3)
    for each in (a, b):
        await each.says("visit")
    people.merges(a, b)
    people.merges(b, c)
    await c.waits("29d")
    c.sees_nothing()
    await c.waits("2d")

    c.sees("Your visit is on Friday.")
    c.sees("Your visit is on Friday.")
    c.sees_nothing()
    await c.waits("8d")
    assert [await people.kept(a), await people.kept(b)] == [None, None]


async def test_a_stop_holds_for_what_was_scheduled(people):
    gone, kept = await people.met(2)
    await gone.says("visit")
    people.merges(gone, kept)
    await kept.stops()
    await kept.waits("31d")

    kept.sees_nothing()


async def test_a_contact_without_a_stop_leaves_nothing_in_the_end(people):
    gone, kept = await people.met(2)
    await gone.says("tea")
    people.merges(gone, kept)
    await kept.waits("8d")

    assert await people.kept(gone) is None


async def test_it_waits_for_room_in_the_other_inbox_for_as_long_as_it_takes(people, monkeypatch):
    accept, heirs = Queue.accept, set()

    async def full(self, contact, item, id, now):
        if contact in heirs:
            raise StoreFull("Nothing more is accepted.")
        return await accept(self, contact, item, id, now)

    gone, kept = await people.met(2)
    people.merges(gone, kept)
    await kept.run_until_idle()
    monkeypatch.setattr(Queue, "accept", full)
    heirs.add(people.ids[kept])
    people.says(gone, "STOP")
    await kept.waits("1h")
    heirs.clear()
    await kept.waits("10m")

    assert kept.consent == "out"
    assert await people.dead_letters() == []


@pytest.mark.exhaustive
async def test_a_late_stop_arrives_wherever_the_bot_is_killed(crash_points):
    async def create_contact(kept):
        people = People(kept._simulation)
        [gone] = await people.met(1)
        people.ids[kept] = kept._simulation.address_of(kept.phone).contact_id
        people.merges(gone, kept)
        people.says(gone, "STOP", copies=1)
        await kept.waits("1h")
        assert kept.consent == "out"

    assert await crash_points(create_contact) > 25


@pytest.fixture
async def flicker(bot_settings):
    flicker = Flicker(bot_settings, seed=0)
    await prepare(flicker)
    return flicker


@pytest.fixture
async def flickering(flicker, bot_settings, bot_flows):
    """A simulation some of whose calls to the store get lost."""
    async with Store(flicker) as store:
        simulation = Simulation(store, bot_flows, bot_settings)
        yield simulation
        await simulation.aclose()


@pytest.mark.parametrize("seed", range(6))
async def test_a_stop_holds_for_whoever_is_left_of_many_whatever_fails(flicker, flickering, seed):
    """Callbacks come twice, late and out of order, and calls to the store get lost."""
    people, dice = People(flickering), random.Random(seed)
    flicker.dice.seed(seed)
    flicker.rate = 0.05
    fault = CallbackFault(copies=1, apart_s=40, jitter_s=300, rate=0.8)
    flickering.platform.faults.add(fault)
    living = await people.met(8)
    part_of = {each: {each} for each in living}
    stopped = set()
    for _ in range(16):
        if dice.random() < 0.25:
            stopped.add(who := dice.choice(list(people.ids)))
            people.says(who, "STOP")
        elif len(living) > 2:
            gone, kept = dice.sample(living, 2)
            living.remove(gone)
            part_of[kept] |= part_of.pop(gone)
            people.merges(gone, kept)
        await wait(flickering, dice.uniform(0, 5))
    await wait(flickering, 3600)
    flicker.rate = 0.0
    await wait(flickering, 3600)

    assert flicker.counts
    for kept, parts in part_of.items():
        await kept.run_until_idle()
        assert (kept.consent == "out") == bool(parts & stopped), seed
    assert await people.dead_letters() == []


class TestWithAPerson:
    """The contact was in a person's hands when it was merged."""

    @pytest.fixture
    def bot_settings(self, bot_settings):
        return replace(
            bot_settings, handoff_url="https://desk.example/bot", handoff_secret=Secret("desk")
        )

    async def test_the_person_gets_what_was_said_and_is_told_of_the_end(self, people, simulation):
        gone, kept = await people.met(2)
        await gone.says("tea")
        await simulation.bot.pause(people.ids[gone])
        await gone.run_until_idle()
        simulation.desk.status = 503
        await gone.says("Where are you?")
        people.merges(gone, kept)
        await kept.run_until_idle()
        simulation.desk.status = 200
        await kept.waits("2m")

        assert simulation.desk.kinds == ["handoff", "message", "resume"]
        assert simulation.desk.told[-1]["reason"] == "gone"
        assert b"pause" not in await people.kept(gone)


async def test_forget_deletes_a_contact_under_all_its_names(people, simulation):
    for named in range(3):
        a, b, c = trio = await people.met(3)
        await a.says("tea")
        people.merges(a, b)
        people.merges(b, c)
        people.says(a, "green")
        await c.says("tea")
        name = people.ids[trio[named]]

        await operations.forget(simulation.bot.store, name, is_sure=True)

        store = simulation.bot.store
        left = await everything(store.connection.client, simulation.settings.namespace)
        for each in trio:
            assert people.ids[each].encode() not in left
            assert each.phone.identity.encode() not in left
        with pytest.raises(NoContact):
            await operations.forget(store, name, is_sure=True)


async def test_what_goes_on_is_told_where_it_was_answered(people, simulation, capsys):
    gone, kept = await people.met(2)
    await gone.says("tea")
    people.merges(gone, kept)
    people.says(gone, "tea")
    await kept.run_until_idle()
    store = simulation.bot.store

    told = [await operations.export(store, people.ids[each], "text") for each in (gone, kept)]
    for each in (gone, kept):
        await operations.show(store, people.ids[each])

    assert [text.count("> tea") for text in told] == [1, 1]
    shown = capsys.readouterr().out
    assert f"merged into   {people.ids[kept]}" in shown
    assert f"merged from   {people.ids[gone]}" in shown
