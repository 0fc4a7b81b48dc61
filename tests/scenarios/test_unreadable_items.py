"""An item or reply that can't be read becomes a dead letter, and the conversation continues."""

import json

import msgspec
import pytest

from bot import END, Flow, ask, parse
from bot.emulator.actions import Says
from bot.ops import contacts as commands
from bot.ops import dead_letters
from bot.ops.common import OperationError
from bot.telemetry import store_gauges

HALF_EMOJI = rb'{"id":"x","at":1,"callback":{"app_id":"a","message":{"id":"\ud83d"}}}'
NOT_JSON = [HALF_EMOJI, b"", b"{", b"null", b'{"id":1}', b'{"id":"x","timer":"\xff"}', b"\x00"]


class Listens(Flow):
    fallback = True
    more = ask("Yes?", accept=parse.text(), to="more")


class Waits(Flow):
    start_on = ("wait",)
    more = ask("All of it?", accept=parse.text(), to=END, bursts=("merge", "3s"))


pytestmark = pytest.mark.flows([Listens])


async def letters(simulation):
    return [letter async for letter in simulation.bot.store.admin.dead_letters()]


def once(raw):
    """Return a `Composer.entries` that returns the reply `raw` once and then nothing."""
    replies = [raw]
    return lambda turn, turn_id, epoch: [(f"{turn_id}-0", replies.pop())] if replies else []


async def put(simulation, contact, raw):
    key = simulation.address_of(contact.phone).key
    await simulation.bot.store.queue.accept(key, raw, f"id-{raw!r}", simulation.clock.now())


async def test_an_item_of_a_later_release_becomes_a_dead_letter_after_an_hour(contact, simulation):
    await contact.says("hello")
    contact.sees("Yes?")
    raw = b'{"id":"1","at":%d,"command":{"do":"dance"}}' % simulation.clock.now()
    await put(simulation, contact, raw)
    await contact.waits("59m")
    await contact.says("still there?")
    contact.sees_nothing()
    assert await letters(simulation) == []
    wanted, now = commands.Filter(stuck_s=60.0), simulation.clock.now()
    [row] = await commands.rows_of(simulation.bot.store, wanted, None, now)
    assert row.stuck == "the contact's oldest item can't be read"
    await contact.waits("2m")

    contact.sees("Yes?")
    [letter] = await letters(simulation)
    assert letter.items == [raw]


async def test_a_reply_of_a_later_release_becomes_a_dead_letter_after_an_hour(
    contact, simulation, monkeypatch
):
    composer = simulation.bot.runner._composer
    raw = b'{"at":%d,"kind":"dance"}' % simulation.clock.now()
    with monkeypatch.context() as patched:
        patched.setattr(composer, "entries", once(raw))
        await contact.says("hello")
    await contact.waits("59m")
    assert await letters(simulation) == []
    await store_gauges.read(simulation.bot.store, simulation.settings, simulation.clock)
    await contact.waits("2m")

    [letter] = await letters(simulation)
    assert letter.reply is not None
    assert letter.reply.body == raw


@pytest.mark.parametrize("raw", NOT_JSON)
async def test_an_unreadable_item_becomes_a_dead_letter(contact, simulation, capsys, raw):
    await contact.says("hello")
    contact.sees("Yes?")
    await put(simulation, contact, raw)
    await contact.says("STOP")

    [letter] = await letters(simulation)
    assert letter.items == [raw]
    assert contact.session.consent == "out"
    await dead_letters.list_letters(simulation.bot.store, as_json=False)
    assert "(not readable)" in capsys.readouterr().out
    await dead_letters.show(simulation.bot.store, letter.id)
    shown = json.loads(capsys.readouterr().out)
    assert shown["reason"].startswith("The item can't be read: ")
    assert len(shown["items"]) == 1


async def test_an_unreadable_item_is_the_first_of_a_contact(simulation, contacts):
    [contact] = contacts(1)
    await put(simulation, contact, HALF_EMOJI)
    await contact.says("hello")

    contact.sees("Yes?")
    assert len(await letters(simulation)) == 1


@pytest.mark.flows([Waits])
async def test_an_unreadable_item_does_not_spoil_the_burst_before_it(contact, simulation):
    await contact.says("wait")
    contact.sees("All of it?")
    await contact.says("one")
    await put(simulation, contact, HALF_EMOJI)
    await contact.waits("10m")

    assert contact.flow is None
    assert [letter.items for letter in await letters(simulation)] == [[HALF_EMOJI]]


@pytest.mark.parametrize("raw", [b"{", rb'{"body":{"a":"\ud83d"}}', b'{"body":{}}'])
async def test_an_unreadable_reply_becomes_a_dead_letter(contact, simulation, monkeypatch, raw):
    await contact.says("hello")
    contact.sees("Yes?")
    composer = simulation.bot.runner._composer
    with monkeypatch.context() as patched:
        patched.setattr(composer, "entries", once(raw))
        await contact.says("what?")
    await contact.says("still there?")

    contact.sees("Yes?")
    [letter] = await letters(simulation)
    assert letter.reply is not None
    assert letter.reply.body == raw
    assert msgspec.json.encode(dead_letters.whole(letter))


async def test_a_failure_of_the_failure_handling_ends_in_a_dead_letter(
    contact, simulation, monkeypatch, caplog
):
    await contact.says("hello")
    contact.sees("Yes?")

    def fails(*args):
        raise RuntimeError("nothing can be told")

    monkeypatch.setattr("bot.worker.failure.format_exception", fails)
    await put(simulation, contact, HALF_EMOJI)
    await contact.waits("10m")
    await contact.says("still there?")

    contact.sees("Yes?")
    [letter] = await letters(simulation)
    assert letter.items == [HALF_EMOJI]
    assert "The error of a turn can't be handled" in caplog.text


async def test_an_error_while_sending_is_tried_again(contact, simulation, monkeypatch, caplog):
    errors = [RuntimeError("broken"), RuntimeError("broken")]
    decide = simulation.bot.worker._outbox._send

    async def fails_at_first(*args):
        if errors:
            raise errors.pop()
        return await decide(*args)

    monkeypatch.setattr(simulation.bot.worker._outbox, "_send", fails_at_first)
    await contact.says("hello")
    contact.sees_nothing()
    await contact.waits("10m")

    contact.sees("Yes?")
    assert await letters(simulation) == []
    assert "Sending failed" in caplog.text


async def store_session(simulation, contact, change):
    """Replace the stored session by what `change` returns for it."""
    store, key = simulation.bot.store, simulation.address_of(contact.phone).key
    (place,) = store.reader._keys.of(key, ("session",))
    raw = await store.reader.session(key)
    await store.reader._connection.command("SET", place, change(raw))
    return key


def without_language(raw):
    return msgspec.json.encode(json.loads(raw) | {"language": None})


@pytest.mark.parametrize("change", [without_language, lambda raw: b"{", lambda raw: b"\xff\xff"])
async def test_a_message_to_an_unreadable_session_becomes_a_dead_letter(
    contacts, simulation, capsys, caplog, change
):
    contact, other = contacts(2)
    await contact.says("hello")
    await other.says("hello")
    other.sees("Yes?")
    key = await store_session(simulation, contact, change)
    for writer, text in ((contact, "still there?"), (contact, "STOP"), (other, "and me?")):
        Says(text).perform(writer.phone)
        await simulation._run_due()

    found = await letters(simulation)
    assert [letter.contact for letter in found] == [key, key]
    await dead_letters.show(simulation.bot.store, found[0].id)
    assert "The stored session can't be read: " in capsys.readouterr().out
    assert "The store can't be reached" not in caplog.text

    await commands.list_contacts(simulation.bot.store, commands.Filter(), as_json=False)
    rows = capsys.readouterr().out
    assert key in rows
    assert "The stored session can't be read: " in rows
    assert simulation.address_of(other.phone).key in rows
    name = contact.phone.identity if change is without_language else key
    with pytest.raises(OperationError, match=f"`bot contacts forget {key}` deletes the contact"):
        await commands.show(simulation.bot.store, name)
    await commands.forget(simulation.bot.store, name, is_sure=True)
    assert await letters(simulation) == []
    await contact.says("hello")
    contact.sees("Yes?")
    other.sees("Yes?")
