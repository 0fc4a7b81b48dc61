"""Accepting, claiming, committing: the path of an inbound item."""

import pytest

from bot.errors import LeaseLost, StoreFull
from bot.settings import Settings
from bot.store import Commit, Store

from .support import ANN, BOB, NOW, claimed, one_ready


async def test_an_accepted_item_is_claimed_with_the_session_there_is(store: Store) -> None:
    assert await store.accept(ANN, b'{"n":1}', "m1", NOW)

    ready = await one_ready(store)
    work = await store.claim(ready, "t1", NOW)

    assert ready.contact == ANN
    assert work is not None
    assert (work.session, work.items, work.fails, work.outgoing) == (None, [b'{"n":1}'], 0, None)


async def test_a_repeated_id_is_accepted_once_per_contact(store: Store) -> None:
    assert await store.accept(ANN, b"1", "m1", NOW)
    assert not await store.accept(ANN, b"1", "m1", NOW + 5)
    assert await store.accept(BOB, b"1", "m1", NOW)
    assert await store.inbox(ANN) == [b"1"]


async def test_an_item_without_an_id_is_never_a_repeat(store: Store) -> None:
    assert await store.accept(ANN, b"1", "", NOW)
    assert await store.accept(ANN, b"1", "", NOW)
    assert await store.inbox(ANN) == [b"1", b"1"]


async def test_ids_are_forgotten_when_they_are_old(store: Store, settings: Settings) -> None:
    await store.accept(ANN, b"1", "m1", NOW)
    assert not await store.accept(ANN, b"1", "m1", NOW + settings.dedupe_s)
    assert await store.accept(ANN, b"1", "m1", NOW + settings.dedupe_s + 1)


async def test_a_commit_takes_the_handled_items_and_leaves_the_rest(store: Store) -> None:
    for n in range(3):
        await store.accept(ANN, b"%d" % n, f"m{n}", NOW)
    work = await store.claim(await one_ready(store), "t1", NOW, items=2)
    assert work is not None
    assert work.items == [b"0", b"1"]

    assert await store.commit(work, Commit(session=b"{}", handled=2), NOW) is None

    assert await store.inbox(ANN) == [b"2"]
    again = await claimed(store)
    assert (again.session, again.items) == (b"{}", [b"2"])


async def test_a_commit_with_an_older_token_is_refused_and_changes_nothing(store: Store) -> None:
    await store.accept(ANN, b"1", "m1", NOW)
    ready = await one_ready(store)
    first = await claimed(store, ready)
    second = await claimed(store, ready)

    with pytest.raises(LeaseLost):
        await store.commit(first, Commit(session=b"first"), NOW)

    assert await store.inbox(ANN) == [b"1"]
    assert second.fails == 1, "a lease lost during a turn counts as a failed try"
    await store.commit(second, Commit(session=b"second"), NOW)
    assert await store.session(ANN) == b"second"


async def test_a_full_inbox_refuses_and_remembers_nothing(redis_url: str, namespace: str) -> None:
    store = await Store.open(Settings(redis_url=redis_url, namespace=namespace, max_inbox=1))
    await store.accept(ANN, b"1", "m1", NOW)

    with pytest.raises(StoreFull, match="BOT_MAX_INBOX=1"):
        await store.accept(ANN, b"2", "m2", NOW)

    await store.commit(await claimed(store), Commit(session=None), NOW)
    assert await store.accept(ANN, b"2", "m2", NOW)
    await store.close()
