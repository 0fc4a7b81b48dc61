"""Leasing contacts, recovering them from dead workers, renewing leases."""

import asyncio
from typing import Any

import pytest

from bot.errors import LeaseLost
from bot.settings import Settings
from bot.store import Commit, Ready, Store, Work, scripts
from bot.store.keys import GROUP
from bot.store.queue import Queue
from bot.store.ready_stream import ReadyStream
from bot.store.scripts import Script
from tests.support.hand_clock import HandClock
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


async def watched(store: Store, clock: HandClock) -> Queue:
    """Return a queue that measures leases by `clock`, and has already seen all present leases."""
    queue = Queue(store.connection, ReadyStream(store.connection, monotonic=clock.monotonic))
    assert await queue.recover("w2", 60.0, 16) == []
    return queue


async def looked(queue: Queue, clock: HandClock, seconds: int) -> list[str]:
    """Let time pass, checking every 10 seconds. Return the contacts that were recovered."""
    found: list[Ready] = []
    for _ in range(seconds // 10):
        clock.at += 10
        found += await queue.recover("w2", 60.0, 16)
    return [lease.contact for lease in found]


async def test_a_lease_that_is_not_renewed_is_recovered(store: Store) -> None:
    await store.queue.accept(ANN, b"1", "", NOW)
    await claimed(store)
    clock = HandClock()
    queue = await watched(store, clock)

    assert await looked(queue, clock, 50) == []
    assert await looked(queue, clock, 10) == [ANN]
    assert await looked(queue, clock, 50) == [], "it is a new lease now"


@pytest.mark.parametrize("act", ["renew", "claim"])
async def test_a_renewal_or_claim_restarts_a_lease(store: Store, act: str) -> None:
    leases = []
    for contact in (ANN, BOB):
        await store.queue.accept(contact, b"1", "", NOW)
        leases.append(await one_ready(store))
    clock = HandClock()
    queue = await watched(store, clock)
    await looked(queue, clock, 50)

    if act == "renew":
        await store.queue.renew("w1", leases[:1])
    else:
        await claimed(store, leases[0])

    assert await looked(queue, clock, 10) == [BOB]
    assert await looked(queue, clock, 50) == []
    assert ANN in await looked(queue, clock, 10)


@pytest.mark.parametrize("leap_ms", [3_600_000, -3_600_000])
async def test_a_leap_of_the_servers_clock_ends_no_lease(store: Store, leap_ms: int) -> None:
    await store.queue.accept(ANN, b"1", "", NOW)
    work = await claimed(store)
    clock = HandClock()
    queue = await watched(store, clock)
    await looked(queue, clock, 30)
    # After its clock has leaped, the server counts the lease as older or younger.
    (key,) = store.connection.keys.in_shard(work.ready.shard, "ready")
    seconds, _ = await store.connection.command("TIME")
    await store.connection.client.xclaim(
        key,
        GROUP,
        work.ready.consumer,
        0,
        [work.ready.entry],
        time=seconds * 1000 - leap_ms,
        retrycount=2,  # as before: it was delivered and claimed
        justid=True,
    )

    assert await looked(queue, clock, 20) == []
    assert await looked(queue, clock, 10) == [ANN]


async def test_time_in_which_nobody_looked_does_not_count(store: Store) -> None:
    await store.queue.accept(ANN, b"1", "", NOW)
    await claimed(store)
    clock = HandClock()
    queue = await watched(store, clock)
    await looked(queue, clock, 50)

    clock.at += 3600  # The server was away, so its holder was not able to renew it.

    assert await queue.recover("w2", 60.0, 16) == []
    assert await looked(queue, clock, 50) == []
    assert await looked(queue, clock, 10) == [ANN]


async def test_a_turn_whose_process_is_lost_among_others_is_suspect_and_has_not_failed(
    store: Store,
) -> None:
    await store.queue.accept(ANN, b"1", "", NOW)
    for _ in range(5):
        await claimed(store, await _recovered_or_ready(store))

    work = await claimed(store, await _recovered_or_ready(store))

    assert (work.is_suspect, work.must_wait, work.fails) == (True, False, 0)


async def test_a_turn_whose_process_is_lost_while_it_ran_alone_has_failed(store: Store) -> None:
    await store.queue.accept(ANN, b"1", "", NOW)
    await store.queue.isolate(await claimed(store))

    work = await claimed(store, await _recovered_or_ready(store))

    assert (work.is_suspect, work.must_wait, work.fails) == (True, True, 1)
    await store.queue.postpone(work, NOW, NOW, failed=False)
    again = await claimed(store)
    assert (again.is_suspect, again.must_wait, again.fails) == (True, False, 1)
    await store.queue.commit(again, Commit(session=None), NOW)
    await store.queue.accept(ANN, b"2", "", NOW)
    following = await claimed(store)
    assert (following.is_suspect, following.must_wait, following.fails) == (False, False, 0)


async def test_a_process_that_lives_takes_its_loss_back(store: Store) -> None:
    await store.queue.accept(ANN, b"1", "", NOW)
    cut_off = await claimed(store)
    await store.queue.isolate(cut_off)
    assert (await claimed(store, await _recovered_or_ready(store))).fails == 1

    for _ in range(2):  # as after a lost answer
        await store.queue.acquit(cut_off)

    work = await claimed(store, await _recovered_or_ready(store))
    assert (work.fails, work.must_wait) == (0, False)


async def test_all_processes_that_are_alive_take_back_their_failed_tries(store: Store) -> None:
    await store.queue.accept(ANN, b"1", "", NOW)
    cut_off = []
    for _ in range(2):
        cut_off.append(await claimed(store, await _recovered_or_ready(store)))
        await store.queue.isolate(cut_off[-1])
    assert (await claimed(store, await _recovered_or_ready(store))).fails == 2

    for each in cut_off:
        await store.queue.acquit(each)

    assert (await claimed(store, await _recovered_or_ready(store))).fails == 0


async def test_only_the_suspect_that_ran_alone_is_counted(store: Store) -> None:
    alone, waits = [await _suspect(store, contact, "w1") for contact in (ANN, BOB)]
    await store.queue.isolate(alone)

    await store.queue.bury("w1")

    works = [await claimed(store, each) for each in await store.queue.ready("w2", 16, None)]
    fails = {work.ready.contact: work.fails for work in works}
    assert fails == {alone.ready.contact: 1, waits.ready.contact: 0}


async def test_suspects_of_two_processes_are_counted_each_by_its_own_loss(store: Store) -> None:
    lost, running = await _suspect(store, ANN, "w1"), await _suspect(store, BOB, "w2")
    for each in (lost, running):
        await store.queue.isolate(each)

    await store.queue.bury("w1")

    assert (await claimed(store, await one_ready(store, "w3"))).fails == 1
    await store.queue.commit(running, Commit(session=None), NOW)


async def test_a_returned_suspect_remains_a_suspect_and_has_not_failed(store: Store) -> None:
    alone, waits = [await _suspect(store, contact, "w1") for contact in (ANN, BOB)]
    await store.queue.isolate(alone)

    await store.queue.leave("w1")

    works = [await claimed(store, each) for each in await store.queue.ready("w2", 16, None)]
    assert {work.ready.contact for work in works} == {alone.ready.contact, waits.ready.contact}
    assert [(work.is_suspect, work.must_wait, work.fails) for work in works] == [
        (True, False, 0),
        (True, False, 0),
    ]


async def test_a_turn_that_failed_by_itself_is_no_longer_suspect(store: Store) -> None:
    await store.queue.accept(ANN, b"1", "", NOW)
    await claimed(store)
    await store.queue.postpone(await claimed(store, await _recovered_or_ready(store)), NOW, NOW)

    work = await claimed(store)

    assert (work.is_suspect, work.fails) == (False, 1)


async def test_what_a_worker_gives_back_is_ready_at_once_and_not_suspect(store: Store) -> None:
    for contact in (ANN, BOB):
        await store.queue.accept(contact, b"1", "", NOW)
    leases = await store.queue.ready("w1", 16, None)
    first, second = [await claimed(store, lease) for lease in leases]
    await store.queue.isolate(first)

    await store.queue.leave("w1", [first.ready])
    [back] = await store.queue.ready("w2", 16, None)
    again = await claimed(store, back)

    assert (again.ready.contact, again.is_suspect, again.fails) == (first.ready.contact, False, 0)
    with pytest.raises(LeaseLost):
        await store.queue.commit(first, Commit(session=None), NOW)
    await store.queue.commit(second, Commit(session=None), NOW)


async def test_a_worker_that_leaves_gives_everything_back(store: Store) -> None:
    await store.queue.accept(ANN, b"1", "", NOW)
    sending = await claimed(store)
    changes = Commit(session=None, outbox=[("r1", b"{}")])
    await store.queue.commit(sending, changes, NOW)
    await store.queue.accept(BOB, b"1", "", NOW)
    await one_ready(store)

    await store.queue.leave("w1")

    found = {lease.contact: lease for lease in await store.queue.ready("w2", 16, None)}
    assert found.keys() == {ANN, BOB}
    work = await claimed(store, found[ANN])
    assert work.outgoing
    assert work.outgoing.unknown
    (key,) = store.connection.keys.in_shard(sending.ready.shard, "ready")
    rows = await store.connection.client.xinfo_consumers(key, GROUP)
    assert b"w1" not in {row["name"] for row in rows}


async def test_what_a_dead_worker_held_is_ready_at_once_and_suspect(store: Store) -> None:
    await store.queue.accept(ANN, b"1", "", NOW)
    await claimed(store)

    assert await store.queue.bury("w1") == 1
    assert await store.queue.bury("w1") == 0

    work = await claimed(store)
    assert (work.is_suspect, work.fails) == (True, 0)


async def _suspect(store: Store, contact: str, consumer: str) -> Work:
    """Claim a turn that ran in a process which was lost."""
    await store.queue.accept(contact, b"1", "", NOW)
    await claimed(store, await one_ready(store, "w0"))
    await store.queue.bury("w0")
    work = await claimed(store, await one_ready(store, consumer))
    assert work.is_suspect
    return work


async def _recovered_or_ready(store: Store) -> Ready:
    found = await store.queue.recover("w2", 0.0, 16) or await store.queue.ready("w2", 16, None)
    [lease] = found
    return lease


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

    clock = HandClock()
    queue = await watched(store, clock)
    await looked(queue, clock, 50)
    clock.at += 10
    found = [await queue.recover("w2", 60.0, 10) for _ in range(3)]

    assert [len(leases) for leases in found] == [10, 10, 5]
    assert len({lease.contact for leases in found for lease in leases}) == 25
    await store.close()


async def test_the_leases_of_all_shards_are_read_at_once_on_one_server(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.queue.accept(ANN, b"1", "m1", NOW)
    await store.queue.accept(BOB, b"1", "m1", NOW)
    await store.queue.ready("w1", 16, None)
    connection = store.connection
    asked: list[Script] = []
    ask = connection.script

    def script(script: Script, prefix: str, *args: Any) -> asyncio.Future[Any]:
        asked.append(script)
        return ask(script, prefix, *args)

    monkeypatch.setattr(connection, "script", script)

    assert {each.contact for each in await store.queue.recover("w2", 0.0, 16)} == {ANN, BOB}
    expected = connection.keys.shards if connection.is_cluster else 1
    assert asked.count(scripts.RECOVER) == expected
