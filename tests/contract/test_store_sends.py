"""Sending replies, settling them, dead letters."""

import pytest

from bot.errors import LeaseLost
from bot.store import (
    Commit,
    Dead,
    Depth,
    DueTimer,
    Hold,
    Outgoing,
    Overtake,
    Retry,
    Sent,
    Store,
    Unknown,
    Work,
)
from tests.support.store_claims import ANN, NOW, claimed, one_ready


async def replied(store: Store, *ids: str) -> tuple[Work, Outgoing]:
    """Commit a turn with these replies; return its claim and the first reply."""
    await store.queue.accept(ANN, b"item", "", NOW)
    work = await claimed(store)
    outbox = [(id, b'{"id":"%s"}' % id.encode()) for id in ids]
    outgoing = await store.queue.commit(work, Commit(session=b"{}", outbox=outbox), NOW)
    assert outgoing
    return work, outgoing


async def test_replies_are_sent_in_order(store: Store) -> None:
    work, first = await replied(store, "r1", "r2")

    second = await store.queue.settle(work, first, Sent(), NOW)
    assert second
    nothing = await store.queue.settle(work, second, Sent(), NOW)

    assert first == Outgoing("r1", b'{"id":"r1"}', unknown=False, tries=0)
    assert second == Outgoing("r2", b'{"id":"r2"}', unknown=False, tries=0)
    assert nothing is None
    assert await store.queue.ready("w1", 16, None) == []


async def test_a_new_item_is_handled_before_the_next_reply(store: Store) -> None:
    work, first = await replied(store, "r1", "r2")
    await store.queue.accept(ANN, b"more", "", NOW)

    assert await store.queue.settle(work, first, Sent(), NOW) is None

    turn = await claimed(store)
    assert (turn.items, turn.outgoing) == ([b"more"], None)


async def test_an_unsent_reply_is_retried_on_time(store: Store) -> None:
    work, first = await replied(store, "r1", "r2")

    assert await store.queue.settle(work, first, Retry(NOW + 10), NOW) is None
    assert await store.queue.ready("w1", 16, None) == []
    assert await store.queue.due(work.ready.shard, NOW + 9.999) == (0, NOW + 10)
    assert await store.queue.due(work.ready.shard, NOW + 10) == (1, None)

    again = await claimed(store, at=NOW + 10)
    assert again.outgoing == Outgoing("r1", b'{"id":"r1"}', unknown=False, tries=1)


async def test_a_reply_with_an_unknown_outcome_is_marked_unknown(store: Store) -> None:
    work, first = await replied(store, "r1")

    await store.queue.settle(work, first, Unknown(NOW + 10), NOW)
    await store.queue.due(work.ready.shard, NOW + 10)

    again = await claimed(store, at=NOW + 10)
    assert again.outgoing == Outgoing("r1", b'{"id":"r1"}', unknown=True, tries=1)


async def test_a_reply_whose_sender_died_is_marked_unknown(store: Store) -> None:
    work, first = await replied(store, "r1")

    [lease] = await store.queue.recover("w2", 0.0, 16)
    again = await claimed(store, lease)

    assert again.outgoing == Outgoing("r1", b'{"id":"r1"}', unknown=True, tries=0)
    with pytest.raises(LeaseLost):
        await store.queue.settle(work, first, Sent(), NOW)
    assert [reply.id for reply in await store.reader.outbox(ANN)] == ["r1"]


async def test_a_paused_outbox_does_not_delay_turns(store: Store) -> None:
    work, first = await replied(store, "r1")
    await store.queue.settle(work, first, Retry(NOW + 10), NOW)

    await store.queue.accept(ANN, b"more", "", NOW)
    turn = await claimed(store)
    outgoing = await store.queue.commit(turn, Commit(session=None, outbox=[("r2", b"{}")]), NOW + 1)

    assert turn.items == [b"more"]
    assert outgoing is None, "r2 waits behind r1"
    assert await store.queue.ready("w1", 16, None) == []


async def test_an_expired_pause_ends_without_its_timer(store: Store) -> None:
    work, first = await replied(store, "r1")
    await store.queue.settle(work, first, Retry(NOW + 10), NOW)

    await store.queue.accept(ANN, b"more", "", NOW)
    turn = await claimed(store)
    outgoing = await store.queue.commit(turn, Commit(session=None), NOW + 10)

    assert outgoing
    assert outgoing.id == "r1"
    assert await store.queue.due(work.ready.shard, NOW + 10) == (0, None)


async def test_clearing_the_outbox_ends_its_pause_and_keeps_new_replies(
    store: Store,
) -> None:
    work, first = await replied(store, "r1", "r2")
    await store.queue.settle(work, first, Unknown(NOW + 10), NOW)
    await store.queue.accept(ANN, b"STOP", "", NOW)

    changes = Commit(session=None, clear_outbox=True, outbox=[("bye", b"{}")])
    outgoing = await store.queue.commit(await claimed(store), changes, NOW)

    assert outgoing == Outgoing("bye", b"{}", unknown=False, tries=0)
    assert await store.queue.due(work.ready.shard, NOW + 60) == (0, None)


async def test_a_held_reply_waits_without_a_failed_try(store: Store) -> None:
    work, first = await replied(store, "r1", "r2")

    assert await store.queue.settle(work, first, Hold(NOW + 10), NOW) is None
    assert await store.queue.ready("w1", 16, None) == []
    assert await store.queue.due(work.ready.shard, NOW + 10) == (1, None)

    again = await claimed(store, at=NOW + 10)
    assert again.outgoing == Outgoing("r1", b'{"id":"r1"}', unknown=False, tries=0)


async def test_a_commit_ends_a_hold_but_no_other_pause(store: Store) -> None:
    work, first = await replied(store, "r1")
    await store.queue.settle(work, first, Hold(NOW + 10), NOW)
    await store.queue.accept(ANN, b"hello", "", NOW)

    turn = await claimed(store)
    outgoing = await store.queue.commit(turn, Commit(session=None, end_hold=True), NOW)
    assert outgoing == first
    assert await store.queue.due(work.ready.shard, NOW + 60) == (0, None)

    await store.queue.settle(turn, first, Retry(NOW + 10), NOW)
    await store.queue.accept(ANN, b"hello?", "", NOW)
    turn = await claimed(store)
    assert await store.queue.commit(turn, Commit(session=None, end_hold=True), NOW) is None


@pytest.mark.parametrize("before", [("r1",), ("r1", "r2")])
@pytest.mark.parametrize("behind", [(), ("r4", "r5")])
async def test_a_reply_overtakes_earlier_ones(
    store: Store, before: tuple[str, ...], behind: tuple[str, ...]
) -> None:
    work, first = await replied(store, *before, "now", *behind)

    urgent = await store.queue.settle(work, first, Overtake("now"), NOW)
    assert urgent == Outgoing("now", b'{"id":"now"}')
    assert [each.id for each in await store.reader.outbox(ANN)] == ["now", *before, *behind]

    again = await store.queue.settle(work, urgent, Sent(), NOW)
    assert again == first
    assert await store.queue.settle(work, again, Hold(NOW + 10), NOW) is None
    assert [each.id for each in await store.reader.outbox(ANN)] == [*before, *behind]


async def test_a_reply_that_overtakes_is_sent_after_a_new_item(store: Store) -> None:
    work, first = await replied(store, "r1", "now")
    await store.queue.accept(ANN, b"more", "", NOW)

    assert await store.queue.settle(work, first, Overtake("now"), NOW) is None
    turn = await claimed(store)
    outgoing = await store.queue.commit(turn, Commit(session=b"{}"), NOW)

    assert outgoing == Outgoing("now", b'{"id":"now"}')


async def test_a_call_that_is_repeated_overtakes_once(store: Store) -> None:
    work, first = await replied(store, "r1", "r2", "now")

    await store.queue.settle(work, first, Overtake("now"), NOW)
    again = await store.queue.settle(work, first, Overtake("now"), NOW)

    assert again == Outgoing("now", b'{"id":"now"}', unknown=True)
    assert [each.id for each in await store.reader.outbox(ANN)] == ["now", "r1", "r2"]


async def test_replies_do_not_overtake_a_reply_that_is_tried_again(store: Store) -> None:
    work, first = await replied(store, "r1")
    await store.queue.settle(work, first, Unknown(NOW + 10), NOW)
    await store.queue.accept(ANN, b"event", "", NOW)

    changes = Commit(session=None, outbox=[("r2", b"{}")], end_hold=True)
    assert await store.queue.commit(await claimed(store), changes, NOW) is None
    assert await store.queue.due(work.ready.shard, NOW + 10) == (1, None)
    again = await claimed(store, at=NOW + 10)
    assert again.outgoing
    assert (again.outgoing.id, again.outgoing.unknown) == ("r1", True)


async def test_a_given_up_reply_becomes_a_dead_letter_and_an_item(store: Store) -> None:
    work, first = await replied(store, "r1", "r2")

    assert await store.queue.settle(work, first, Dead(b'"why"', b"failed"), NOW) is None

    [letter] = [letter async for letter in store.admin.dead_letters()]
    assert (letter.contact, letter.at, letter.letter) == (ANN, NOW, b'"why"')
    assert letter.reply == Outgoing("r1", b'{"id":"r1"}')
    assert (await claimed(store)).items == [b"failed"]


async def test_a_given_up_reply_without_an_item_is_followed_by_the_next(store: Store) -> None:
    work, first = await replied(store, "r1", "r2")

    second = await store.queue.settle(work, first, Dead(b"{}"), NOW)

    assert second
    assert second.id == "r2"


async def test_given_up_items_are_stored_and_can_be_retried(store: Store) -> None:
    for item in (b"1", b"2"):
        await store.queue.accept(ANN, item, "", NOW)
    work = await claimed(store)
    await store.queue.commit(work, Commit(session=b"{}", handled=2, dead=b'"why"'), NOW)

    [letter] = [letter async for letter in store.admin.dead_letters()]
    assert (letter.items, letter.reply) == ([b"1", b"2"], None)
    assert await store.admin.dead_letter(letter.id) == letter

    assert await store.admin.retry_dead(letter.id)
    assert await store.admin.dead_letter(letter.id) is None
    assert (await claimed(store)).items == [b"1", b"2"]


async def test_the_dead_letters_of_one_contact_are_found(store: Store) -> None:
    for number in range(6):
        await store.queue.accept(f"contact-{number % 2}", b"item", "", NOW)
        work = await claimed(store)
        await store.queue.commit(work, Commit(session=None, dead=b'"why"'), NOW + number)

    found = [letter.at async for letter in store.admin.dead_letters_of("contact-1")]

    assert found == [NOW + 5, NOW + 3, NOW + 1]


async def test_the_newest_dead_letters_of_all_shards_come_first(store: Store) -> None:
    for number in range(9):
        await store.queue.accept(f"contact-{number}", b"item", "", NOW)
        work = await claimed(store)
        await store.queue.commit(work, Commit(session=None, dead=b'"why"'), NOW + number)

    found = [letter async for letter in store.admin.newest_dead_letters()]

    assert len({letter.id.partition("-")[0] for letter in found}) > 1
    assert [letter.at for letter in found] == [NOW + 8 - number for number in range(9)]


async def test_a_retried_dead_reply_is_marked_unknown(store: Store) -> None:
    work, first = await replied(store, "r1")
    await store.queue.settle(work, first, Dead(b"{}"), NOW)
    [letter] = [letter async for letter in store.admin.dead_letters()]

    await store.admin.retry_dead(letter.id)

    again = await claimed(store)
    assert again.outgoing == Outgoing("r1", b'{"id":"r1"}', unknown=True, tries=0)


async def test_a_dead_letter_can_be_dropped(store: Store) -> None:
    work, first = await replied(store, "r1")
    await store.queue.settle(work, first, Dead(b"{}"), NOW)
    [letter] = [letter async for letter in store.admin.dead_letters()]

    assert await store.admin.drop_dead(letter.id)
    assert not await store.admin.drop_dead(letter.id)
    assert not await store.admin.retry_dead(letter.id)


@pytest.mark.parametrize("id", ["", "0", "x-1-1", "99-1-1", "0-1", "0-1-x", "0--1", "-1-1-1"])
async def test_an_unknown_id_finds_no_dead_letter(store: Store, id: str) -> None:
    assert await store.admin.dead_letter(id) is None
    assert not await store.admin.retry_dead(id)
    assert not await store.admin.drop_dead(id)


async def test_many_dead_letters_are_all_listed(store: Store) -> None:
    for n in range(205):
        await store.queue.accept(ANN, b"%d" % n, "", NOW)
        await store.queue.commit(await claimed(store), Commit(session=None, dead=b"%d" % n), NOW)

    found = [letter.items async for letter in store.admin.dead_letters()]

    assert found == [[b"%d" % n] for n in range(205)]


async def test_a_claim_for_a_deleted_reply_returns_nothing(store: Store) -> None:
    work, first = await replied(store, "r1")
    lease = work.ready
    await store.queue.settle(work, first, Sent(), NOW)

    assert await store.queue.claim(lease, "late", NOW) is None
    assert await store.queue.accept(ANN, b"new", "", NOW)
    assert await store.queue.claim(lease, "late", NOW) is None
    assert (await one_ready(store)).contact == ANN


async def test_a_contact_is_put_back_to_an_earlier_session(store: Store) -> None:
    first = DueTimer("ask@1", NOW + 60, b"timer")
    await store.queue.accept(ANN, b"1", "m1", NOW)
    change = Commit(session=b"first", timers_set=[first], log=b"1", outbox=[])
    await store.queue.commit(await claimed(store), change, NOW)
    await store.queue.accept(ANN, b"2", "m2", NOW)
    late = DueTimer("ask@2", NOW + 90, b"timer")
    change = Commit(session=b"second", timers_set=[late], log=b"2", outbox=[("r", b"{}")])
    running = await claimed(store)
    await store.queue.commit(running, change, NOW)

    await store.admin.rewind(ANN, b"first", [first], 1)

    assert await store.reader.session(ANN) == b"first"
    assert await store.reader.timers(ANN) == [first]
    assert await store.reader.log(ANN) == [b"1"]
    assert await store.reader.outbox(ANN) == []
    assert await store.reader.depth() == Depth(waiting=0, leased=0, timers=1, dead=0)
    with pytest.raises(LeaseLost):
        await store.queue.settle(running, Outgoing("r", b"{}"), Sent(), NOW)
    assert not await store.queue.accept(ANN, b"2", "m2", NOW)
