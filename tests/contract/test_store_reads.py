"""The reader, forgetting a contact, opening a store."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.errors import ConfigError, LeaseLost, StoreFull
from bot.settings import Settings
from bot.store import Commit, Dead, Depth, DueTimer, Store, UnroutedCallback
from bot.store.line import Done, RedisCommand
from tests.support.store_claims import ANN, BOB, NOW, Room, claimed, one_ready


async def test_the_last_turns_are_logged_newest_first(redis_url: str, namespace: str) -> None:
    settings = Settings(redis_url=redis_url, namespace=namespace, log_turns=2)
    store = await Store.open(settings)
    for n in range(3):
        await store.queue.accept(ANN, b"item", "", NOW)
        await store.queue.commit(await claimed(store), Commit(session=None, log=b"%d" % n), NOW)

    assert await store.reader.log(ANN) == [b"2", b"1"]
    await store.close()


async def test_both_parts_of_inbox_and_outbox_are_read_in_one_batch(
    redis_url: str, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await Store.open(Settings(redis_url=redis_url, namespace=namespace))
    for item in (b"first", b"second"):
        await store.queue.accept(ANN, item, "", NOW)
    line = store.connection._batcher._line
    batches: list[list[str]] = []

    def send(commands: Sequence[RedisCommand], timeout_s: float, done: Done) -> None:
        batches.append([each[0] for each in commands])
        sent(commands, timeout_s, done)

    sent = line.send
    monkeypatch.setattr(line, "send", send)
    inbox, outbox = await asyncio.gather(store.reader.inbox(ANN), store.reader.outbox(ANN))

    assert (inbox, outbox) == ([b"first", b"second"], [])
    assert batches == [["HGET", "LRANGE", "HGET", "LRANGE"]]
    await store.close()


async def test_up_to_an_eighth_more_turns_are_stored(redis_url: str, namespace: str) -> None:
    settings = Settings(redis_url=redis_url, namespace=namespace, log_turns=16)
    store = await Store.open(settings)
    lengths = []
    for n in range(22):
        await store.queue.accept(ANN, b"item", "", NOW)
        await store.queue.commit(await claimed(store), Commit(session=None, log=b"%d" % n), NOW)
        lengths.append(len(await store.reader.log(ANN)))

    assert lengths == [*range(1, 19), 16, 17, 18, 16]
    assert await store.reader.log(ANN) == [b"%d" % n for n in range(21, 5, -1)]
    await store.close()


async def test_the_lifetime_of_a_log_is_restarted_on_request(
    redis_url: str, namespace: str
) -> None:
    settings = Settings(redis_url=redis_url, namespace=namespace, log_s=80_000.0)
    store = await Store.open(settings)
    (key,) = store.connection.keys.of(ANN, ("log",))

    async def log_a_turn(*, restart: bool) -> int:
        await store.queue.accept(ANN, b"item", "", NOW)
        changes = Commit(session=None, log=b"line", restart_log_lifetime=restart)
        await store.queue.commit(await claimed(store), changes, NOW)
        left: int = await store.connection.command("PTTL", key)
        return left

    assert 80_000_000 < await log_a_turn(restart=False) <= 90_000_000, "a new log needs a lifetime"
    await store.connection.command("PEXPIRE", key, 50_000_000)
    assert await log_a_turn(restart=False) <= 50_000_000
    assert 80_000_000 < await log_a_turn(restart=True) <= 90_000_000
    await store.close()


async def test_no_turn_is_logged_if_logging_is_off(redis_url: str, namespace: str) -> None:
    settings = Settings(redis_url=redis_url, namespace=namespace, log_turns=0)
    store = await Store.open(settings)
    await store.queue.accept(ANN, b"item", "", NOW)
    await store.queue.commit(await claimed(store), Commit(session=None, log=b"line"), NOW)

    assert await store.reader.log(ANN) == []
    await store.close()


async def test_only_contacts_with_a_session_are_listed(store: Store) -> None:
    for contact, session in ((ANN, b"{}"), (BOB, b"{}"), ("gone", None)):
        await store.queue.accept(contact, b"item", "", NOW)
        await store.queue.commit(await claimed(store), Commit(session=session), NOW)

    assert {contact async for contact in store.reader.contacts()} == {ANN, BOB}


async def test_contacts_of_another_namespace_are_not_listed(settings: Settings) -> None:
    one = await Store.open(replace(settings, namespace=f"{settings.namespace}-?"))
    other = await Store.open(replace(settings, namespace=f"{settings.namespace}-x"))
    await other.queue.accept(ANN, b"item", "", NOW)
    await other.queue.commit(await claimed(other), Commit(session=b"{}"), NOW)

    assert [contact async for contact in one.reader.contacts()] == []
    await one.close()
    await other.close()


async def test_depth_counts_waiting_leased_timers_and_dead(store: Store) -> None:
    for contact in (ANN, BOB):
        await store.queue.accept(contact, b"item", "", NOW)
    leases = await store.queue.ready("w1", 16, None)
    timer = DueTimer("remind", NOW + 60, b"{}")
    changes = Commit(session=None, timers_set=[timer], dead=b"{}")
    await store.queue.commit(await claimed(store, leases[0]), changes, NOW)
    await store.queue.accept(leases[0].contact, b"more", "", NOW)

    assert await store.reader.depth() == Depth(waiting=1, leased=1, timers=1, dead=1)


async def test_unrouted_callbacks_are_stored_and_listed(store: Store) -> None:
    await store.queue.add_unrouted(b"{}", "no contact", "1", NOW)
    await store.queue.add_unrouted(b"x" * 100_000, "too long to be kept whole", "2", NOW + 1)

    newest, oldest = await store.reader.unrouted()

    assert oldest == UnroutedCallback(NOW, "no contact", 2, b"{}")
    assert (newest.size, len(newest.raw)) == (100_000, 65_536)
    assert [kept.at for kept in await store.reader.unrouted(1)] == [NOW + 1]


async def test_a_repeated_unrouted_callback_is_stored_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.queue.MAX_UNROUTED", 3)
    added = [
        await store.queue.add_unrouted(b"{}", "no contact", id, NOW + number)
        for number, id in enumerate(("1", "2", "1", "3", "4", "2", "1"))
    ]

    assert added == [True, True, False, True, True, False, True], "the last three are known"
    assert len(await store.reader.unrouted()) == added.count(True)


async def test_info_returns_the_server_version(store: Store) -> None:
    await store.check_writable()
    info = await store.reader.info()

    assert info["maxmemory_policy"] == "noeviction"
    assert info["redis_version"]


async def test_a_forgotten_contact_leaves_nothing(store: Store) -> None:
    await store.queue.accept(ANN, b"item", "m1", NOW)
    work = await claimed(store)
    timer = DueTimer("remind", NOW + 60, b"{}")
    changes = Commit(
        session=b"{}",
        outbox=[("r1", b"{}"), ("r2", b"{}")],
        timers_set=[timer],
        log=b"line",
        dead=b"{}",
    )
    outgoing = await store.queue.commit(work, changes, NOW)
    assert outgoing
    await store.queue.settle(work, outgoing, Dead(b"{}", b"failed"), NOW)
    running = await claimed(store)
    await store.queue.record(running, "order", b"{}")

    await store.admin.add_note(ANN, b"{}")
    assert await store.reader.notes(ANN) == [b"{}"]

    assert await store.admin.forget(ANN)

    with pytest.raises(LeaseLost):
        await store.queue.commit(running, Commit(session=b"{}"), NOW)
    assert await store.reader.depth() == Depth(waiting=0, leased=0, timers=0, dead=0)
    own = ("work", "inbox", "outbox", "session", "seen0", "seen1", "once", "log", "timers")
    kinds = (*own, "notes")
    assert await store.connection.command("EXISTS", *store.connection.keys.of(ANN, kinds)) == 0
    assert not await store.admin.forget(ANN)


async def test_forgetting_leaves_the_dead_letters_of_others(store: Store) -> None:
    for contact in (ANN, BOB):
        await store.queue.accept(contact, b"item", "", NOW)
        await store.queue.commit(await claimed(store), Commit(session=None, dead=b"{}"), NOW)

    await store.admin.forget(ANN)

    assert [letter.contact async for letter in store.admin.dead_letters()] == [BOB]


async def test_a_full_backlog_refuses_only_new_contacts(redis_url: str, namespace: str) -> None:
    settings = Settings(redis_url=redis_url, namespace=namespace, shards=1, max_backlog=1)
    store = await Store.open(settings)
    await store.queue.accept(ANN, b"1", "m1", NOW)

    with pytest.raises(StoreFull, match="BOT_MAX_BACKLOG=1"):
        await store.queue.accept(BOB, b"1", "m2", NOW)
    assert await store.queue.accept(ANN, b"2", "m3", NOW)

    await store.queue.commit(await claimed(store), Commit(session=None, handled=2), NOW)
    assert await store.queue.accept(BOB, b"1", "m2", NOW)
    await store.close()


async def test_a_full_backlog_refuses_new_contacts_of_a_process_that_prefetches(
    redis_url: str, namespace: str
) -> None:
    settings = Settings(redis_url=redis_url, namespace=namespace, shards=1, max_backlog=1)
    store = await Store.open(settings)
    store.queue.prefetcher = Room(2)
    await store.queue.accept(ANN, b"1", "m1", NOW)

    with pytest.raises(StoreFull, match="BOT_MAX_BACKLOG=1"):
        await store.queue.accept(BOB, b"1", "m2", NOW)

    await store.close()


async def test_a_store_with_other_shards_is_refused(settings: Settings, store: Store) -> None:
    with pytest.raises(ConfigError, match="made with 16 shards"):
        await Store.open(replace(settings, shards=8))


@pytest.mark.parametrize(
    ("schema", "way_out"),
    [(2, "Run the earlier release, or set another BOT_NAMESPACE"), (4, "Run the later release")],
)
async def test_a_store_with_another_schema_is_refused_and_not_changed(
    settings: Settings, store: Store, schema: int, way_out: str
) -> None:
    meta = f'{{"schema":{schema},"shards":16}}'.encode()
    await store.connection.command("SET", store.connection.keys.meta, meta)
    await store.connection.command("DEL", store.connection.keys.owner)
    before = {key async for key in store.connection.scan(f"{settings.namespace}:*")}

    for create in (True, False):
        with pytest.raises(ConfigError, match=f"has schema {schema}, .*{way_out}"):
            await Store.open(settings, create=create)

    assert {key async for key in store.connection.scan(f"{settings.namespace}:*")} == before
    assert await store.connection.command("GET", store.connection.keys.meta) == meta


async def test_a_namespace_of_another_program_is_refused(settings: Settings, store: Store) -> None:
    await store.connection.command("SET", store.connection.keys.meta, b"hello")

    with pytest.raises(ConfigError, match="BOT_NAMESPACE"):
        await Store.open(settings)


async def test_a_reopened_store_knows_accepted_ids(settings: Settings, store: Store) -> None:
    await store.queue.accept(ANN, b"item", "m1", NOW)

    again = await Store.open(settings)

    assert not await again.queue.accept(ANN, b"item", "m1", NOW)
    assert (await one_ready(again)).contact == ANN
    await again.close()


@pytest.mark.parametrize("contact", ["", "two\nlines"])
async def test_an_impossible_contact_key_is_refused(store: Store, contact: str) -> None:
    with pytest.raises(ValueError, match="contact"):
        await store.queue.accept(contact, b"item", "", NOW)


async def test_a_contact_key_may_have_any_other_character(store: Store) -> None:
    for contact in ("}{", "SMS:+46 70*?[x]", "Åsa 🙂", "a:session:b", "\\"):
        await store.queue.accept(contact, b"item", "", NOW)
        work = await claimed(store)
        await store.queue.commit(work, Commit(session=contact.encode()), NOW)

        assert work.ready.contact == contact
        assert await store.reader.session(contact) == contact.encode()
        assert contact in [name async for name in store.reader.contacts()]


async def test_the_time_is_the_servers(store: Store) -> None:
    earlier, later = [await store.reader.time() for _ in range(2)]

    assert NOW < earlier <= later < earlier + 60
