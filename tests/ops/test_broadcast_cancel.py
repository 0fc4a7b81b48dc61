"""A canceled broadcast sends nothing more, wherever its rows wait."""

import asyncio
import json
from dataclasses import replace

import pytest

from bot import END, Flow, Turn, ask, on, parse, step
from bot.contact.address import Address
from bot.conversation_api.recipients import Recipients
from bot.emulator import Phone
from bot.emulator.fault_injection import RequestFault
from bot.errors import StoreAway, StoreFull
from bot.ops import broadcast_report
from bot.ops.broadcast import Broadcast, FlowStart, Payload, SentTemplate
from bot.ops.broadcast_report import cancel
from bot.ops.common import OperationError
from bot.ops.csv_rows import Row
from bot.store import BroadcastCounts
from bot.testing import Simulation

SEND = "POST */messages:send"
ENDED: list[str] = []


class News(Flow):
    @step(to="good")
    def tell(self, turn: Turn) -> str:
        turn.say("We have moved.")
        return "good"

    good = ask("Is that good?", accept=parse.yes_no(), to=END, remind={"2h": "Well?"})

    @on("ended")
    def ended(self, turn: Turn) -> None:
        ENDED.append(turn.event_data["reason"])


class Other(Flow):
    start_on = ("other",)

    first = ask("First?", accept=parse.text(), to=END)


pytestmark = pytest.mark.flows([News, Other])


@pytest.fixture(autouse=True)
def _no_end_yet() -> None:
    ENDED.clear()


def rows(*identities: str) -> list[Row]:
    return [Row(line, Address("", "SMS", each), {}) for line, each in enumerate(identities, 2)]


def row(phone: Phone) -> Row:
    return Row(2, Address("", phone.channel, phone.identity), {})


def prepared(simulation: Simulation, what: Payload | None = None) -> Broadcast:
    bot = simulation.bot
    recipients = Recipients(bot.store, bot.api, simulation.settings, simulation.clock)
    what = what or FlowStart("news")
    return Broadcast("news", what, bot, recipients, simulation.settings, simulation.clock)


async def canceled(simulation: Simulation) -> BroadcastCounts:
    return await cancel(simulation.bot.store, "news", simulation.clock.now())


def numbers(counts: BroadcastCounts) -> tuple[int, int, int]:
    return counts.waiting, counts.sent, counts.canceled


async def test_rows_in_the_queue_are_not_sent(simulation, contact):
    await prepared(simulation).run(rows(contact.phone.identity, "46700000009"), 0)

    assert numbers(await canceled(simulation)) == (0, 0, 2)
    await contact.run_until_idle()

    contact.sees_nothing()
    assert contact.flow is None
    assert numbers(await canceled(simulation)) == (0, 0, 2)


async def test_what_was_sent_stays_sent_and_can_be_answered(simulation, contact):
    await prepared(simulation).run(rows(contact.phone.identity), 0)
    await contact.run_until_idle()
    await prepared(simulation).run(rows(contact.phone.identity, "46700000009"), 0)

    assert numbers(await canceled(simulation)) == (0, 1, 1)
    contact.sees("We have moved.")
    contact.sees("Is that good?")
    await contact.says("yes")
    assert contact.flow is None


async def test_a_row_that_waits_for_a_person_is_not_sent_when_the_contact_is_handed_back(
    simulation, contact
):
    await contact.says("other")
    await contact.says("agent")
    await prepared(simulation).run(rows(contact.phone.identity), 0)
    await contact.run_until_idle()

    assert numbers(await canceled(simulation)) == (0, 0, 1)
    await simulation.bot.resume(contact.session.address)
    await contact.run_until_idle()

    assert contact.phone.shown[-1].text == "First?"
    assert "We have moved." not in [shown.text for shown in contact.phone.shown]
    assert contact.flow == "other"
    assert contact.session.unhandled == []


async def test_a_store_that_is_away_at_the_hand_back_cancels_nothing(
    simulation, contact, monkeypatch
):
    await contact.says("agent")
    await prepared(simulation).run(rows(contact.phone.identity), 0)
    await contact.run_until_idle()

    async def fail(tag: str) -> bool:
        raise StoreAway("away")

    monkeypatch.setattr(simulation.bot.engine, "is_canceled", fail)
    await simulation.bot.resume(contact.session.address)
    with pytest.raises(StoreAway):
        await simulation.bot.worker.drain()

    held = await simulation.bot.known(contact.session.address)
    assert held is not None
    assert [each.name for each in held.waiting] == ["start news"]
    assert held.pause is not None


class TestQuietHours:
    @pytest.fixture
    def bot_settings(self, bot_settings):
        return replace(bot_settings, quiet_hours="11:00-23:00", zone="UTC")

    async def test_a_message_that_waits_is_not_sent_and_its_flow_ends(self, simulation, contact):
        await contact.waits("2h")
        await contact.says("other")
        contact.sees("First?")
        await contact.waits("3h")
        await prepared(simulation).run(rows(contact.phone.identity), 0)
        await contact.run_until_idle()
        assert contact.flow == "news"

        assert numbers(await canceled(simulation)) == (0, 0, 1)
        await simulation.wait(20 * 3600)
        await contact.run_until_idle()

        contact.sees_nothing()
        assert contact.flow == "other"
        assert ENDED == ["canceled"]
        await contact.says("One")
        assert contact.flow is None
        assert numbers(await canceled(simulation)) == (0, 0, 1)
        assert (await canceled(simulation)).answered == 0


async def test_contact_with_two_channels_is_canceled_once(simulation):
    identities = [{"channel": each, "identity": "46700000001"} for each in ("WHATSAPP", "SMS")]
    await simulation.bot.api.contacts.create(
        {"channel_identities": identities, "language": "UNSPECIFIED"}
    )
    on_whatsapp = Row(3, Address("", "WHATSAPP", "46700000001"), {})
    await prepared(simulation).run([*rows("46700000001"), on_whatsapp], 0)

    assert numbers(await canceled(simulation)) == (0, 0, 1)
    await simulation.run_until_idle()
    assert not simulation.platform.state.messages


@pytest.mark.settings(BOT_QUIET_HOURS="11:00-23:00", BOT_ZONE="UTC")
async def test_only_rows_that_still_wait_for_the_end_of_quiet_hours_are_canceled(
    simulation, contacts
):
    first, second = contacts(2, zone="UTC")
    for each in (first, second):
        await each.says("hello")
    await first.waits("3h")
    await prepared(simulation).run([row(first.phone), row(second.phone)], 0)
    await first.says("hello")
    first.sees("We have moved.")
    first.sees("Is that good?")
    first.sees_nothing()

    assert numbers(await canceled(simulation)) == (0, 1, 1)
    await first.says("yes")
    assert first.flow is None
    shown = len(second.phone.shown)
    await second.waits("12h")
    assert len(second.phone.shown) == shown
    assert second.flow is None
    assert ENDED == ["canceled"]


class TestSecondChannel:
    @pytest.mark.contact(channel="WHATSAPP")
    async def test_row_that_took_the_second_channel_is_sent_and_answered(self, simulation, contact):
        await self.begin(simulation, contact, "51h")
        sms = simulation.platform.phone("SMS", contact.phone.identity)
        assert [shown.text for shown in sms.shown] == ["We have moved.", "Is that good?"]
        with pytest.raises(OperationError, match="has ended: 1 sent"):
            await canceled(simulation)

        sms.says("yes")
        await contact.run_until_idle()
        assert contact.flow is None

    @pytest.mark.contact(channel="WHATSAPP")
    @pytest.mark.settings(BOT_QUIET_HOURS="11:00-23:00", BOT_ZONE="UTC")
    async def test_row_is_canceled_before_it_takes_the_second_channel(self, simulation, contact):
        await self.begin(simulation, contact, "51h")
        assert numbers(await canceled(simulation)) == (0, 0, 1)
        await contact.waits("13h")

        assert not simulation.platform.phone("SMS", contact.phone.identity).shown
        assert contact.flow is None
        assert ENDED == ["canceled"]

    async def begin(self, simulation, contact, time):
        """Start the broadcast `time` after the contact has written."""
        await contact.says("hello")
        await contact.waits(time)
        sms = Address("", "SMS", contact.phone.identity)
        each = Row(2, Address("", "WHATSAPP", contact.phone.identity), {}, sms)
        await prepared(simulation).run([each], 0)
        await contact.run_until_idle()
        contact.sees_nothing()


class TestWindow:
    @pytest.mark.contact(channel="WHATSAPP")
    async def test_message_after_a_canceled_question_gets_a_reply(self, simulation, contact):
        await self.wait_for_the_window(simulation, contact, "hello")

        assert numbers(await canceled(simulation)) == (0, 0, 1)
        for text in ("yes", "no"):
            await contact.says(text)
            contact.sees("Sorry, I don't know what to do with that.")
            contact.sees_nothing()
        assert contact.flow is None
        assert ENDED == ["canceled"]
        assert (await canceled(simulation)).answered == 0

    @pytest.mark.contact(channel="WHATSAPP")
    async def test_message_after_a_canceled_question_answers_the_question_below(
        self, simulation, contact
    ):
        await self.wait_for_the_window(simulation, contact, "other")

        assert numbers(await canceled(simulation)) == (0, 0, 1)
        await contact.says("One")
        contact.sees_nothing()
        assert contact.flow is None
        assert ENDED == ["canceled"]

    @pytest.mark.contact(channel="WHATSAPP")
    async def test_canceled_question_is_not_sent_after_a_hand_over(self, simulation, contact):
        await self.wait_for_the_window(simulation, contact, "other")
        await simulation.bot.pause(contact.session.address)
        await contact.run_until_idle()

        assert numbers(await canceled(simulation)) == (0, 0, 1)
        await contact.says("hi")
        contact.sees_nothing()
        await simulation.bot.resume(contact.session.address)
        await contact.run_until_idle()
        contact.sees("First?")
        contact.sees_nothing()
        assert ENDED == ["canceled"]

    async def wait_for_the_window(self, simulation, contact, word):
        await contact.says(word)
        await contact.waits("2d")
        await prepared(simulation).run([row(contact.phone)], 0)
        await contact.run_until_idle()
        contact.sees_nothing()


async def test_a_template_that_waits_is_not_sent(simulation, contact):
    await prepared(simulation, SentTemplate("moved")).run(rows(contact.phone.identity), 0)
    await canceled(simulation)
    await contact.run_until_idle()

    contact.sees_nothing()


async def test_a_message_that_is_tried_again_is_not_sent(simulation, contact):
    fault = RequestFault(on=SEND, action="refuse", status=500, count=1)
    simulation.platform.faults.rules.requests.append(fault)
    await prepared(simulation).run(rows(contact.phone.identity), 0)
    await simulation.bot.worker.drain()

    assert numbers(await canceled(simulation)) == (0, 0, 1)
    await simulation.wait(3600)
    contact.sees_nothing()
    assert ENDED[:1] == ["canceled"]


async def test_a_row_of_which_a_part_was_sent_is_sent_whole(simulation, contact, monkeypatch):
    store = simulation.bot.store
    note = store.outcomes.note

    async def note_and_cancel(tag, key, outcome, reason=""):
        await note(tag, key, outcome, reason)
        await store.outcomes.cancel("news", simulation.clock.now())

    monkeypatch.setattr(store.outcomes, "note", note_and_cancel)
    await prepared(simulation).run(rows(contact.phone.identity), 0)
    await contact.run_until_idle()

    contact.sees("We have moved.")
    contact.sees("Is that good?")
    assert numbers(await canceled(simulation)) == (0, 1, 0)


async def test_a_run_over_the_file_ends_when_it_is_canceled(simulation, monkeypatch):
    one = prepared(simulation)
    begun_at = simulation.bot.store.admin.row_begun_at

    async def cancel_at_the_second(name, row):
        if one.summary.accepted == 1:
            await canceled(simulation)
        return await begun_at(name, row)

    monkeypatch.setattr(simulation.bot.store.admin, "row_begun_at", cancel_at_the_second)
    await one.run(rows(*(f"4670000000{n}" for n in range(6))), 1)

    accepted = one.summary.accepted
    assert one.summary.canceled == 6 - accepted > 0
    assert f"{6 - accepted} canceled" in str(one.summary)
    assert numbers(await canceled(simulation)) == (0, 0, 6)


async def test_a_run_that_waits_for_room_ends_when_it_is_canceled(simulation, monkeypatch):
    one = prepared(simulation)
    puts = []

    async def refuse(*_, **__):
        puts.append(1)
        if len(puts) == 3:
            await canceled(simulation)
        raise StoreFull("full")

    monkeypatch.setattr(simulation.bot, "put_start", refuse)
    await one.run(rows("46700000001"), 0)

    assert (len(puts), one.summary.accepted, one.summary.canceled) == (3, 0, 1)
    assert numbers(await canceled(simulation)) == (0, 0, 1)


async def test_a_canceled_broadcast_cannot_be_continued(simulation, contact):
    await prepared(simulation).run(rows(contact.phone.identity), 0)
    await canceled(simulation)

    with pytest.raises(OperationError, match=r"'news' was canceled on .* give it its own --name"):
        await prepared(simulation).run(rows(contact.phone.identity, "46700000009"), 0)
    await contact.run_until_idle()
    contact.sees_nothing()


async def test_an_interrupted_broadcast_is_canceled_with_the_rows_of_its_file(
    simulation, monkeypatch
):
    one = prepared(simulation)
    _interrupt_after(one, 2, monkeypatch)
    with pytest.raises(asyncio.CancelledError):
        await one.run(rows(*(f"4670000000{n}" for n in range(5))), 1)
    await simulation.run_until_idle()

    found = await canceled(simulation)
    written_to = {each.identity for each in simulation.platform.state.messages.values()}
    assert numbers(found) == (0, len(written_to), 5 - len(written_to))
    assert 0 < found.sent < 5


def _interrupt_after(one: Broadcast, count: int, monkeypatch: pytest.MonkeyPatch):
    """Interrupt a broadcast at a row, when the first row is in its contact's inbox."""
    find, put, due, is_put = one._due, one._put, [], asyncio.Event()

    async def interrupted(row):
        due.append(row)
        if len(due) > count:
            await is_put.wait()
            raise asyncio.CancelledError
        return await find(row)

    async def note_put(contact, row):
        is_new = await put(contact, row)
        is_put.set()
        return is_new

    monkeypatch.setattr(one, "_due", interrupted)
    monkeypatch.setattr(one, "_put", note_put)


async def test_rows_that_were_left_out_are_not_canceled(simulation, contact):
    await contact.says("STOP")
    await prepared(simulation).run(rows(contact.phone.identity, "46700000009"), 0)

    assert numbers(await canceled(simulation)) == (0, 0, 1)


async def test_an_unknown_or_ended_broadcast_cannot_be_canceled(simulation, contact):
    with pytest.raises(OperationError, match=r"There is no broadcast 'news'\. The latest .* none"):
        await canceled(simulation)
    await prepared(simulation).run(rows(contact.phone.identity), 0)
    await contact.run_until_idle()

    with pytest.raises(OperationError, match="'news' has ended: 1 sent, and no row is left"):
        await canceled(simulation)
    contact.sees("We have moved.")


async def test_a_repeat_changes_nothing(simulation, contact):
    await prepared(simulation).run(rows(contact.phone.identity), 0)
    first = await canceled(simulation)
    await simulation.wait(100)

    assert await canceled(simulation) == first


async def test_the_command_and_the_report_say_what_was_canceled(simulation, contact, capsys):
    store, now = simulation.bot.store, simulation.clock.now()
    await prepared(simulation).run(rows(contact.phone.identity), 0)
    await contact.run_until_idle()
    contact.sees("We have moved.")
    await prepared(simulation).run(rows(contact.phone.identity, "46700000009"), 0)

    await broadcast_report.cancel_and_print(store, "news", now, as_json=False)
    assert capsys.readouterr().out == "news is canceled: 1 sent, 1 canceled.\n"
    await broadcast_report.cancel_and_print(store, "news", now, as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert (found["sent"], found["canceled"], found["waiting"]) == (1, 1, 0)
    assert found["canceled_at"].endswith("Z")
    await broadcast_report.report(store, "news", as_json=False)
    assert "canceled      1 on 20" in capsys.readouterr().out
