"""Timers, postponed turns, and the rate of sends."""

import pytest

from bot.errors import LeaseLost
from bot.settings import Settings
from bot.store import Commit, DueTimer, Store
from tests.support.store_claims import ANN, BOB, NOW, claimed


async def with_timers(store: Store, contact: str, *timers: DueTimer) -> int:
    """Finish a turn that sets these timers; return the contact's shard."""
    await store.queue.accept(contact, b"item", "", NOW)
    work = await claimed(store)
    await store.queue.commit(work, Commit(session=b"{}", timers_set=list(timers)), NOW)
    return work.ready.shard


async def test_a_timer_enters_the_inbox_on_time_and_once(store: Store) -> None:
    shard = await with_timers(store, ANN, DueTimer("remind", NOW + 60, b"still there?"))

    assert await store.queue.due(shard, NOW + 59.999) == (0, NOW + 60)
    assert await store.queue.ready("w1", 16, None) == []
    assert await store.queue.due(shard, NOW + 60) == (1, None)
    assert await store.queue.due(shard, NOW + 61) == (0, None)

    assert (await claimed(store)).items == [b"still there?"]
    assert await store.reader.timers(ANN) == []


async def test_the_first_timer_of_each_shard_is_known(store: Store) -> None:
    shards = {
        contact: await with_timers(store, contact, DueTimer("remind", NOW + after, b"1"))
        for contact, after in ((ANN, 60.5), (BOB, 90))
    }
    assert shards[ANN] != shards[BOB]

    found = await store.queue.next_due()

    assert len(found) == store.settings.shards
    assert {shard: due for shard, due in enumerate(found) if due is not None} == {
        shards[ANN]: NOW + 60.5,
        shards[BOB]: NOW + 90,
    }


async def test_timers_are_listed_by_time(store: Store) -> None:
    later, sooner = DueTimer("close", NOW + 90, b"2"), DueTimer("remind", NOW + 60.5, b"1")
    await with_timers(store, ANN, later, sooner)

    assert await store.reader.timers(ANN) == [sooner, later]
    assert await store.reader.timers(BOB) == []


async def test_due_moves_the_oldest_timers_up_to_its_limit(store: Store) -> None:
    timers = [DueTimer(f"t{n}", NOW + n, b"%d" % n) for n in range(5)]
    shard = await with_timers(store, ANN, *timers)

    assert await store.queue.due(shard, NOW + 60, limit=3) == (3, NOW + 3)
    assert await store.reader.inbox(ANN) == [b"0", b"1", b"2"]


async def test_a_timer_replaces_one_with_the_same_name(store: Store) -> None:
    shard = await with_timers(store, ANN, DueTimer("remind", NOW + 60, b"old"))
    await with_timers(store, ANN, DueTimer("remind", NOW + 90, b"new"))

    assert await store.queue.due(shard, NOW + 60) == (0, NOW + 90)
    assert await store.queue.due(shard, NOW + 90) == (1, None)
    assert await store.reader.inbox(ANN) == [b"new"]


async def test_a_cancelled_timer_does_not_fire_and_can_be_set_again(store: Store) -> None:
    shard = await with_timers(
        store, ANN, DueTimer("remind", NOW + 60, b"1"), DueTimer("close", NOW + 60, b"2")
    )
    await store.queue.accept(ANN, b"item", "", NOW)
    changes = Commit(
        session=b"{}",
        timers_cancelled=["remind", "close", "never set"],
        timers_set=[DueTimer("close", NOW + 70, b"3")],
    )
    await store.queue.commit(await claimed(store), changes, NOW)

    assert await store.queue.due(shard, NOW + 100) == (1, None)
    assert await store.reader.inbox(ANN) == [b"3"]


async def test_timers_of_contacts_with_similar_keys_are_separate(
    redis_url: str, namespace: str
) -> None:
    store = await Store.open(Settings(redis_url=redis_url, namespace=namespace, shards=1))
    await with_timers(store, "a", DueTimer("x", NOW + 1, b"of a"))
    await with_timers(store, "a:x", DueTimer("x", NOW + 1, b"of a:x"))

    await store.queue.due(0, NOW + 1)

    assert (await store.reader.inbox("a"), await store.reader.inbox("a:x")) == (
        [b"of a"],
        [b"of a:x"],
    )
    await store.close()


async def test_a_postponed_turn_waits_and_counts_as_failed(store: Store) -> None:
    await store.queue.accept(ANN, b"1", "", NOW)
    work = await claimed(store)

    await store.queue.postpone(work, NOW + 5, NOW)
    await store.queue.accept(ANN, b"2", "", NOW)

    assert await store.queue.ready("w1", 16, None) == []
    assert await store.queue.due(work.ready.shard, NOW + 4.999) == (0, NOW + 5)
    assert await store.queue.due(work.ready.shard, NOW + 5) == (1, None)
    again = await claimed(store, at=NOW + 5)
    assert (again.items, again.fails) == ([b"1", b"2"], 1)


async def test_a_due_timer_does_not_end_the_wait(store: Store) -> None:
    shard = await with_timers(store, ANN, DueTimer("remind", NOW + 2, b"timer"))
    await store.queue.accept(ANN, b"1", "", NOW)
    await store.queue.postpone(await claimed(store), NOW + 5, NOW)

    assert await store.queue.due(shard, NOW + 2) == (1, NOW + 5)

    assert await store.queue.ready("w1", 16, None) == []
    assert await store.reader.inbox(ANN) == [b"1", b"timer"]


async def test_replies_are_sent_while_a_turn_waits(store: Store) -> None:
    await store.queue.accept(ANN, b"1", "", NOW)
    await store.queue.accept(ANN, b"2", "", NOW)
    first = await store.queue.claim((await store.queue.ready("w1", 16, None))[0], "t", NOW)
    assert first
    replies = [("r1", b"{}"), ("r2", b"{}")]
    outgoing = await store.queue.commit(first, Commit(session=None, outbox=replies), NOW)
    assert outgoing
    [lease] = await store.queue.recover("w2", 0.0, 16)

    await store.queue.postpone(await claimed(store, lease), NOW + 5, NOW)

    work = await claimed(store)
    assert work.items == []
    assert work.outgoing
    assert (work.outgoing.id, work.outgoing.unknown) == ("r1", True)


async def test_a_commit_resets_the_failed_tries(store: Store) -> None:
    await store.queue.accept(ANN, b"1", "", NOW)
    await store.queue.accept(ANN, b"2", "", NOW)
    work = await claimed(store)
    await store.queue.postpone(work, NOW, NOW)
    again = await claimed(store)
    await store.queue.commit(again, Commit(session=None), NOW)

    assert (again.fails, (await claimed(store)).fails) == (1, 0)


async def test_a_recorded_result_lasts_until_the_commit(
    store: Store,
) -> None:
    await store.queue.accept(ANN, b"1", "", NOW)
    work = await claimed(store)
    assert await store.queue.recorded(work, "order") is None
    await store.queue.record(work, "order", b'{"id":7}')
    await store.queue.postpone(work, NOW, NOW)

    again = await claimed(store)
    assert await store.queue.recorded(again, "order") == b'{"id":7}'
    await store.queue.commit(again, Commit(session=None), NOW)
    assert await store.queue.recorded(again, "order") is None


async def test_a_result_is_not_recorded_without_the_lease(store: Store) -> None:
    await store.queue.accept(ANN, b"1", "", NOW)
    work = await claimed(store)
    await claimed(store, work.ready)

    with pytest.raises(LeaseLost):
        await store.queue.record(work, "order", b"{}")


async def test_all_processes_share_the_send_rate(store: Store) -> None:
    for wait_s in (0, 0.05, 0.1):
        assert await store.queue.reserve("app", 20.0, NOW) == pytest.approx(NOW + wait_s)
    assert await store.queue.reserve("app", 20.0, NOW + 10) == pytest.approx(NOW + 10)
    assert await store.queue.reserve("other", 20.0, NOW) == pytest.approx(NOW)


@pytest.mark.parametrize("ahead_s", [3600.0, -3600.0])
async def test_a_wrong_clock_does_not_delay_other_processes(store: Store, ahead_s: float) -> None:
    for now in (NOW, NOW + ahead_s, NOW, NOW + ahead_s):
        assert await store.queue.reserve("app", 20.0, now) - now <= 0.1
    for _ in range(100):
        await store.queue.reserve("app", 1.0, NOW)
    assert await store.queue.reserve("app", 1.0, NOW) - NOW == pytest.approx(100, abs=0.1)


async def test_a_rate_of_zero_is_no_limit(store: Store) -> None:
    assert await store.queue.reserve("app", 0.0, NOW) == NOW
    assert await store.queue.reserve("app", 0.0, NOW) == NOW


async def test_a_contact_is_paced_after_a_burst(store: Store) -> None:
    async def paced(now: float, contact: str = "ann") -> float | None:
        return await store.queue.pace(contact, 6.0, 3, now)

    assert [await paced(NOW) for _ in range(4)] == [None, None, None, NOW + 6]
    assert await paced(NOW, "bob") is None
    assert await paced(NOW + 5.9) == NOW + 6
    assert [await paced(NOW + 6), await paced(NOW + 6)] == [None, NOW + 12]
    # After three intervals all of the burst may be used again.
    assert [await paced(NOW + 30) for _ in range(4)] == [None, None, None, NOW + 36]


async def test_a_wrong_clock_does_not_hold_a_contact_s_messages(store: Store) -> None:
    assert await store.queue.pace("ann", 6.0, 3, NOW + 3600) is None

    assert await store.queue.pace("ann", 6.0, 3, NOW) is None


async def test_pace_is_forgotten_with_the_contact(store: Store) -> None:
    await store.queue.pace("ann", 6.0, 1, NOW)
    await store.admin.forget("ann")

    assert await store.queue.pace("ann", 6.0, 1, NOW) is None
