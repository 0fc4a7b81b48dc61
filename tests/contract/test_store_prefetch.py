"""Prefetching: `accept` and `settle` also return a contact to the worker of the process."""

import asyncio

import pytest

from bot.errors import LeaseLost, StoreError, StoreFull
from bot.settings import Settings
from bot.store import Commit, Ready, Sent, Store, Work
from bot.store.ready_stream import ReadyStream
from tests.support.store_claims import ANN, BOB, NOW, Room, claimed


@pytest.fixture
async def settings(redis_url: str, namespace: str) -> Settings:
    return Settings(redis_url=redis_url, namespace=namespace, shards=1)


async def test_an_accepted_contact_is_prefetched_as_claimed(store: Store) -> None:
    await store.queue.accept(ANN, b"1", "m1", NOW)
    await store.queue.commit(await claimed(store), Commit(session=b"{}"), NOW)
    store.queue.prefetcher = room = Room()

    assert await store.queue.accept(ANN, b"2", "m2", NOW)

    [work] = room.got
    assert isinstance(work, Work)
    assert (work.session, work.items, work.fails, work.outgoing) == (b"{}", [b"2"], 0, None)
    assert await store.queue.ready("w2", 16, None) == []
    changes = Commit(session=None, outbox=[("r1", b"{}")])
    assert await store.queue.commit(work, changes, NOW) is not None
    assert await store.queue.recover("w2", 0.0, 16) == [
        Ready(ANN, work.ready.shard, work.ready.entry, "w2")
    ]


async def test_the_longest_waiting_contact_is_prefetched(store: Store) -> None:
    await store.queue.accept(BOB, b"1", "m1", NOW)
    store.queue.prefetcher = room = Room()

    assert await store.queue.accept(ANN, b"2", "m2", NOW)

    [ready] = room.got
    assert isinstance(ready, Ready)
    assert ready.contact == BOB
    assert (await claimed(store, ready)).items == [b"1"]
    assert [each.contact for each in await store.queue.ready("w2", 16, None)] == [ANN]


async def test_a_leased_contact_is_not_prefetched(store: Store) -> None:
    store.queue.prefetcher = room = Room(2)
    await store.queue.accept(ANN, b"1", "m1", NOW)
    await store.queue.accept(ANN, b"2", "m2", NOW)

    first, second = room.got
    assert isinstance(first, Work)
    assert second is None
    await store.queue.commit(first, Commit(session=None), NOW)
    assert (await claimed(store)).items == [b"2"]


async def test_nothing_is_prefetched_without_room_or_id(store: Store) -> None:
    store.queue.prefetcher = room = Room(0)
    await store.queue.accept(ANN, b"1", "m1", NOW)
    room.room = 1
    await store.queue.accept(BOB, b"1", "", NOW)

    assert room.got == []
    assert {each.contact for each in await store.queue.ready("w1", 16, None)} == {ANN, BOB}


async def test_a_repeated_call_returns_the_lost_answer(store: Store) -> None:
    store.queue.prefetcher = first = Room()
    await store.queue.accept(ANN, b"1", "m1", NOW)
    store.queue.prefetcher = again = Room()
    assert await store.queue.accept(ANN, b"1", "m1", NOW)
    store.queue.prefetcher = other = Room()
    other.got.append(None)  # so that its token is another one

    assert not await store.queue.accept(ANN, b"1", "m1", NOW)

    assert first.got == again.got
    assert other.got == [None, None]


async def test_settle_prefetches_a_contact_with_new_items(store: Store) -> None:
    await store.queue.accept(ANN, b"1", "m1", NOW)
    work = await claimed(store)
    outgoing = await store.queue.commit(work, Commit(session=b"{}", outbox=[("r1", b"{}")]), NOW)
    assert outgoing
    await store.queue.accept(ANN, b"2", "m2", NOW)
    store.queue.prefetcher = room = Room()

    assert await store.queue.settle(work, outgoing, Sent(), NOW) is None

    [following] = room.got
    assert isinstance(following, Work)
    assert (following.session, following.items) == (b"{}", [b"2"])
    with pytest.raises(LeaseLost):
        await store.queue.settle(work, outgoing, Sent(), NOW)
    await store.queue.commit(following, Commit(session=None), NOW)


async def test_a_contact_before_which_nobody_waits_continues_its_lease(store: Store) -> None:
    await store.queue.accept(ANN, b"1", "m1", NOW)
    work = await claimed(store)
    outgoing = await store.queue.commit(work, Commit(session=None, outbox=[("r1", b"{}")]), NOW)
    assert outgoing
    await store.queue.accept(ANN, b"2", "m2", NOW)
    store.queue.prefetcher = room = Room()

    await store.queue.settle(work, outgoing, Sent(), NOW)

    [following] = room.got
    assert isinstance(following, Work)
    assert room.held == following.ready == work.ready
    assert following.token != work.token
    assert await store.queue.renew("w1", [following.ready]) == [following.ready]
    await store.queue.commit(following, Commit(session=None), NOW)
    assert await store.queue.renew("w1", [following.ready]) == []


async def test_settle_prefetches_the_longest_waiting_contact(store: Store) -> None:
    await store.queue.accept(ANN, b"1", "m1", NOW)
    work = await claimed(store)
    outgoing = await store.queue.commit(work, Commit(session=None, outbox=[("r1", b"{}")]), NOW)
    assert outgoing
    await store.queue.accept(BOB, b"1", "m1", NOW)
    await store.queue.accept(ANN, b"2", "m2", NOW)
    store.queue.prefetcher = room = Room()

    assert await store.queue.settle(work, outgoing, Sent(), NOW) is None

    [ready] = room.got
    assert isinstance(ready, Ready)
    assert ready.contact == BOB
    assert [each.contact for each in await store.queue.ready("w2", 16, None)] == [ANN]


async def test_a_contact_continues_its_lease_while_this_process_waits_for_others(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.queue.accept(ANN, b"1", "m1", NOW)
    work = await claimed(store)
    outgoing = await store.queue.commit(work, Commit(session=b"{}", outbox=[("r1", b"{}")]), NOW)
    assert outgoing
    await store.queue.accept(BOB, b"1", "m1", NOW)
    await store.queue.accept(ANN, b"2", "m2", NOW)
    store.queue.prefetcher = room = Room()
    monkeypatch.setattr(ReadyStream, "is_empty", True)

    await store.queue.settle(work, outgoing, Sent(), NOW)

    [following] = room.got
    assert isinstance(following, Work)
    assert (following.ready.contact, following.session) == (ANN, b"{}")
    assert [each.contact for each in await store.queue.ready("w2", 16, None)] == [BOB]


async def test_the_stream_is_known_to_be_empty_only_during_a_blocking_read(
    store: Store,
) -> None:
    stream = store.queue._stream
    reading = asyncio.create_task(store.queue.ready("w1", 16, 30.0))
    assert not stream.is_empty
    await store.check_writable()

    assert stream.is_empty == (not store.connection.is_cluster)
    await store.queue.accept(ANN, b"1", "m1", NOW)
    assert [each.contact for each in await reading] == [ANN]
    assert not stream.is_empty
    await store.queue.ready("w1", 16, None)
    assert not stream.is_empty


async def test_every_request_is_answered_even_if_nothing_is_prefetched(
    redis_url: str, namespace: str
) -> None:
    settings = Settings(redis_url=redis_url, namespace=namespace, shards=1, max_inbox=1)
    store = await Store.open(settings)
    await store.queue.accept(ANN, b"1", "m1", NOW)
    store.queue.prefetcher = room = Room(3)

    assert not await store.queue.accept(ANN, b"1", "m1", NOW)
    with pytest.raises(StoreFull):
        await store.queue.accept(ANN, b"2", "m2", NOW)
    await store.close()
    with pytest.raises(StoreError):
        await store.queue.accept(ANN, b"2", "m2", NOW)

    assert room.got == [None, None, None]


async def test_an_emptied_server_accepts_without_a_prefetch(store: Store) -> None:
    await store.connection.command("DEL", *store.connection.keys.in_shard(0, "ready"))
    store.queue.prefetcher = room = Room()

    assert await store.queue.accept(ANN, b"1", "m1", NOW)

    assert room.got == [None]
    assert [each.contact for each in await store.queue.ready("w1", 16, None)] == [ANN]
