"""Accepting, claiming and committing an item."""

import pytest

from bot.errors import LeaseLost, StoreFull
from bot.settings import Settings
from bot.store import Commit, Store, Unknown
from tests.support.store_claims import ANN, BOB, NOW, claimed, one_ready


async def test_an_accepted_item_is_claimed_with_its_session(store: Store) -> None:
    assert await store.queue.accept(ANN, b'{"n":1}', "m1", NOW)

    ready = await one_ready(store)
    work = await store.queue.claim(ready, "t1", NOW)

    assert ready.contact == ANN
    assert work is not None
    assert (work.session, work.items, work.fails, work.outgoing) == (None, [b'{"n":1}'], 0, None)


@pytest.mark.parametrize("days", [1, 3, 30])
@pytest.mark.parametrize("at", [0, 36, 84])
async def test_repeats_are_recognized_while_a_deploy_changes_the_lifetime_of_ids(
    redis_url: str, namespace: str, days: float, at: int
) -> None:
    length = days * 86_400
    before = await Store.open(Settings(redis_url=redis_url, namespace=namespace))
    after = await Store.open(Settings(redis_url=redis_url, namespace=namespace, dedupe_s=length))
    taken_twice = []
    for hour in range(0, 120, 6):
        stores = [before] * (hour <= at) + [after] * (hour >= at)
        for number, store in enumerate(stores):
            assert await store.queue.accept(ANN, b"1", f"{hour} {number}", NOW + hour * 3600)
        taken_twice += [
            known
            for known in range(max(0, hour - 18), hour + 1, 6)
            for store in stores
            if await store.queue.accept(ANN, b"1", f"{known} 0", NOW + hour * 3600)
        ]
    await before.close()
    await after.close()

    assert taken_twice == []


async def test_a_repeated_id_is_accepted_once_per_contact(store: Store) -> None:
    assert await store.queue.accept(ANN, b"1", "m1", NOW)
    assert not await store.queue.accept(ANN, b"1", "m1", NOW + 5)
    assert await store.queue.accept(BOB, b"1", "m1", NOW)
    assert await store.reader.inbox(ANN) == [b"1"]


async def test_an_item_without_an_id_is_never_a_repeat(store: Store) -> None:
    assert await store.queue.accept(ANN, b"1", "", NOW)
    assert await store.queue.accept(ANN, b"1", "", NOW)
    assert await store.reader.inbox(ANN) == [b"1", b"1"]


@pytest.mark.parametrize("part", [0.0, 0.25, 0.5, 0.999])
async def test_ids_are_known_for_at_least_their_time(
    store: Store, settings: Settings, part: float
) -> None:
    length = settings.dedupe_s
    begun = (NOW // length + part) * length

    await store.queue.accept(ANN, b"1", "m1", begun)

    for later in (0.0, 0.5, 0.999, 1.0):
        assert not await store.queue.accept(ANN, b"1", "m1", begun + later * length)
        await store.queue.accept(ANN, b"2", f"m2 {later}", begun + later * length)
    assert await store.queue.accept(ANN, b"1", "m1", begun + 2 * length)


async def test_ids_are_known_to_processes_whose_clocks_differ(
    store: Store, settings: Settings
) -> None:
    turn = (NOW // settings.dedupe_s + 1) * settings.dedupe_s
    ahead, behind = turn + 5, turn - 5
    await store.queue.accept(ANN, b"1", "m1", behind)
    await store.queue.accept(ANN, b"2", "m2", ahead)

    assert not await store.queue.accept(ANN, b"1", "m1", ahead)
    assert not await store.queue.accept(ANN, b"2", "m2", behind)
    assert await store.queue.accept(ANN, b"3", "m3", behind)
    assert not await store.queue.accept(ANN, b"3", "m3", ahead)


async def test_ids_use_little_memory_and_expire(store: Store, settings: Settings) -> None:
    for number in range(300):
        await store.queue.accept(ANN, b"1", f"m{number}", NOW)

    run = store.connection.command
    taken = 0
    for key in store.connection.keys.of(ANN, ("seen0", "seen1")):
        taken += await run("MEMORY", "USAGE", key, "SAMPLES", 0) or 0
        if await run("EXISTS", key):
            assert 0 < await run("PTTL", key) <= 2_000 * settings.dedupe_s
    assert taken < 300 * 12


async def test_a_commit_takes_the_handled_items_and_leaves_the_rest(store: Store) -> None:
    for n in range(3):
        await store.queue.accept(ANN, b"%d" % n, f"m{n}", NOW)
    work = await store.queue.claim(await one_ready(store), "t1", NOW, items=2)
    assert work is not None
    assert work.items == [b"0", b"1"]

    assert await store.queue.commit(work, Commit(session=b"{}", handled=2), NOW) is None

    assert await store.reader.inbox(ANN) == [b"2"]
    again = await claimed(store)
    assert (again.session, again.items) == (b"{}", [b"2"])


async def test_a_commit_with_an_older_token_is_refused_and_changes_nothing(store: Store) -> None:
    await store.queue.accept(ANN, b"1", "m1", NOW)
    ready = await one_ready(store)
    first = await claimed(store, ready)
    second = await claimed(store, ready)

    with pytest.raises(LeaseLost):
        await store.queue.commit(first, Commit(session=b"first"), NOW)

    assert await store.reader.inbox(ANN) == [b"1"]
    assert second.is_suspect
    await store.queue.commit(second, Commit(session=b"second"), NOW)
    assert await store.reader.session(ANN) == b"second"


async def test_a_full_inbox_stores_neither_item_nor_id(redis_url: str, namespace: str) -> None:
    store = await Store.open(Settings(redis_url=redis_url, namespace=namespace, max_inbox=1))
    await store.queue.accept(ANN, b"1", "m1", NOW)

    with pytest.raises(StoreFull, match="BOT_MAX_INBOX=1"):
        await store.queue.accept(ANN, b"2", "m2", NOW)

    await store.queue.commit(await claimed(store), Commit(session=None), NOW)
    assert await store.queue.accept(ANN, b"2", "m2", NOW)
    await store.close()


async def test_an_unchanged_session_is_not_written(store: Store) -> None:
    for number, session in enumerate([b"{}", b"{}", None, None]):
        await store.queue.accept(ANN, b"{}", f"m{number}", NOW)
        await store.queue.commit(await claimed(store), Commit(session=session), NOW)
        assert await store.reader.session(ANN) == session


async def test_a_commit_returns_its_own_first_reply(store: Store) -> None:
    for number in (1, 2):
        await store.queue.accept(ANN, b"{}", f"m{number}", NOW)
    work = await claimed(store)
    outgoing = await store.queue.commit(work, Commit(session=None, outbox=[("r1", b"{1}")]), NOW)
    assert outgoing
    assert (outgoing.id, outgoing.body) == ("r1", b"{1}")

    await store.queue.settle(work, outgoing, Unknown(NOW), NOW)
    work = await claimed(store)
    changes = Commit(session=None, outbox=[("r2", b"{2}")])
    outgoing = await store.queue.commit(work, changes, NOW)

    assert outgoing
    assert (outgoing.id, outgoing.body, outgoing.unknown) == ("r1", b"{1}", True)
    again = await store.queue.commit(work, changes, NOW)
    assert again
    assert (again.id, again.body) == ("r1", b"{1}")
