"""Leasing contacts, recovering them from dead workers, renewing leases."""

import asyncio

import pytest

from bot.errors import LeaseLost
from bot.settings import Settings
from bot.store import Commit, Ready, Store
from bot.store.keys import GROUP
from bot.store.queue import Queue
from bot.store.ready_stream import ReadyStream
from tests.support.store_claims import ANN, BOB, NOW, claimed, one_ready


async def test_a_contact_with_several_items_is_leased_once(store: Store) -> None:
    for n in range(3):
        await store.queue.accept(ANN, b"%d" % n, "", NOW)

    assert [lease.contact for lease in await store.queue.ready("w1", 16, None)] == [ANN]
    assert await store.queue.ready("w2", 16, None) == []


async def test_contacts_are_divided_among_workers(store: Store) -> None:
    for contact in (ANN, BOB):
        await store.queue.accept(contact, b"1", "", NOW)

    leases = await store.queue.ready("w1", 16, None) + await store.queue.ready("w2", 16, None)

    assert {lease.contact for lease in leases} == {ANN, BOB}


async def test_a_blocked_worker_wakes_for_a_new_item(store: Store) -> None:
    waiting = asyncio.create_task(store.queue.ready("w1", 16, 30.0))
    await asyncio.sleep(0)

    await store.queue.accept(ANN, b"1", "", NOW)

    [lease] = await asyncio.wait_for(waiting, 5.0)
    assert lease.contact == ANN


async def test_a_blocked_read_ends_on_time(store: Store) -> None:
    assert await store.queue.ready("w1", 16, 0.01) == []


async def test_a_lease_of_a_cancelled_read_is_recovered(store: Store) -> None:
    waiting = asyncio.create_task(store.queue.ready("w1", 16, 30.0))
    await store.check_writable()
    waiting.cancel()
    await asyncio.wait([waiting])
    await store.queue.accept(ANN, b"1", "", NOW)

    leases = await store.queue.ready("w1", 16, None) or await store.queue.recover("w1", 0.0, 16)

    assert [lease.contact for lease in leases] == [ANN]


async def test_a_contact_with_more_items_queues_behind_the_others(
    redis_url: str, namespace: str
) -> None:
    store = await Store.open(Settings(redis_url=redis_url, namespace=namespace, shards=1))
    for contact, item in ((ANN, b"1"), (ANN, b"2"), (BOB, b"3")):
        await store.queue.accept(contact, item, "", NOW)

    [lease] = await store.queue.ready("w1", 1, None)
    await store.queue.commit(await claimed(store, lease), Commit(session=None), NOW)

    following = await store.queue.ready("w1", 16, None)
    assert [lease.contact, *(other.contact for other in following)] == [ANN, BOB, ANN]
    await store.close()


async def test_an_expired_lease_is_recovered_and_its_first_holder_refused(
    store: Store,
) -> None:
    await store.queue.accept(ANN, b"1", "", NOW)
    first = await claimed(store)

    [lease] = await store.queue.recover("w2", 0.0, 16)
    second = await claimed(store, lease)

    assert (lease.contact, lease.consumer, lease.entry) == (ANN, "w2", first.ready.entry)
    with pytest.raises(LeaseLost):
        await store.queue.commit(first, Commit(session=None), NOW)
    with pytest.raises(LeaseLost):
        await store.queue.postpone(first, NOW + 1, NOW)
    await store.queue.commit(second, Commit(session=b"{}"), NOW)
    assert await store.reader.session(ANN) == b"{}"


async def test_a_renewed_lease_is_not_recovered(store: Store) -> None:
    await store.queue.accept(ANN, b"1", "", NOW)
    await claimed(store)

    assert await store.queue.recover("w2", 60.0, 16) == []


async def test_a_late_worker_does_not_reclaim_a_recovered_contact(store: Store) -> None:
    await store.queue.accept(ANN, b"1", "", NOW)
    stale = await one_ready(store, "w1")
    [lease] = await store.queue.recover("w2", 0.0, 16)
    work = await claimed(store, lease)

    await store.queue.renew("w1", [stale])
    assert await store.queue.claim(stale, "late", NOW) is None

    await store.queue.commit(work, Commit(session=b"{}"), NOW)
    assert await store.reader.session(ANN) == b"{}"


async def test_renewing_restarts_a_lease(store: Store) -> None:
    leases = []
    for contact in (ANN, BOB):
        await store.queue.accept(contact, b"1", "", NOW)
        leases.append(await one_ready(store))
        await _grow_old(store, leases[-1])

    await store.queue.renew("w1", leases[:1])

    recovered = await store.queue.recover("w2", 60.0, 16)
    assert [lease.contact for lease in recovered] == [BOB]


async def _grow_old(store: Store, lease: Ready) -> None:
    """Make the lease an hour old."""
    (key,) = store.connection.keys.in_shard(lease.shard, "ready")
    await store.connection.client.xclaim(
        key, GROUP, lease.consumer, 0, [lease.entry], idle=3_600_000, justid=True
    )


async def test_idle_consumers_without_leases_are_removed(
    store: Store,
) -> None:
    for consumer in ("idle", "holder"):
        await store.queue.accept(ANN, b"1", "", NOW)
        work = await claimed(store, await one_ready(store, consumer))
        if consumer == "idle":
            await store.queue.commit(work, Commit(session=None), NOW)
    (key,) = store.connection.keys.in_shard(work.ready.shard, "ready")
    await store.queue.recover("w", 60.0, 16)
    before = await store.connection.client.xinfo_consumers(key, GROUP)
    stream = ReadyStream(store.connection, max_consumer_idle_ms=-1)

    await Queue(store.connection, stream).recover("w", 60.0, 16)

    after = await store.connection.client.xinfo_consumers(key, GROUP)
    assert {row["name"] for row in before} >= {b"idle", b"holder"}
    assert {row["name"] for row in after} >= {b"holder"}
    assert b"idle" not in {row["name"] for row in after}


async def test_leases_are_recovered_in_parts(redis_url: str, namespace: str) -> None:
    settings = Settings(redis_url=redis_url, namespace=namespace, shards=1)
    store = await Store.open(settings)
    for n in range(25):
        await store.queue.accept(f"contact-{n}", b"1", "", NOW)
    assert len(await store.queue.ready("w1", 25, None)) == 25

    found = [await store.queue.recover("w2", 0.0, 10) for _ in range(3)]

    assert [len(leases) for leases in found] == [10, 10, 5]
    assert len({lease.contact for leases in found for lease in leases}) == 25
    await store.close()
