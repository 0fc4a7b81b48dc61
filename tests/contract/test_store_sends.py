"""Handing out replies, settling them, dead letters."""

import pytest

from bot.errors import LeaseLost
from bot.store import Commit, Dead, Hold, Outgoing, Retry, Sent, Store, Unknown, Work

from .support import ANN, NOW, claimed, one_ready


async def replied(store: Store, *ids: str) -> tuple[Work, Outgoing]:
    """A turn of Ann's that was committed with these replies; the first is handed out."""
    await store.queue.accept(ANN, b"item", "", NOW)
    work = await claimed(store)
    outbox = [(id, b'{"id":"%s"}' % id.encode()) for id in ids]
    outgoing = await store.queue.commit(work, Commit(session=b"{}", outbox=outbox), NOW)
    assert outgoing
    return work, outgoing


async def test_replies_are_handed_out_in_the_order_they_were_said(store: Store) -> None:
    work, first = await replied(store, "r1", "r2")

    second = await store.queue.settle(work, first, Sent(), NOW)
    assert second
    nothing = await store.queue.settle(work, second, Sent(), NOW)

    assert first == Outgoing("r1", b'{"id":"r1"}', unknown=False, tries=0)
    assert second == Outgoing("r2", b'{"id":"r2"}', unknown=False, tries=0)
    assert nothing is None
    assert await store.queue.ready("w1", 16, None) == []


async def test_an_item_that_came_meanwhile_is_handled_before_the_next_reply(store: Store) -> None:
    work, first = await replied(store, "r1", "r2")
    await store.queue.accept(ANN, b"more", "", NOW)

    assert await store.queue.settle(work, first, Sent(), NOW) is None

    turn = await claimed(store)
    assert (turn.items, turn.outgoing) == ([b"more"], None)


async def test_a_reply_not_taken_is_tried_again_in_its_time(store: Store) -> None:
    work, first = await replied(store, "r1", "r2")

    assert await store.queue.settle(work, first, Retry(NOW + 10), NOW) is None
    assert await store.queue.ready("w1", 16, None) == []
    assert await store.queue.due(work.ready.shard, NOW + 9.999) == (0, NOW + 10)
    assert await store.queue.due(work.ready.shard, NOW + 10) == (1, None)

    again = await claimed(store, at=NOW + 10)
    assert again.outgoing == Outgoing("r1", b'{"id":"r1"}', unknown=False, tries=1)


async def test_a_reply_of_unknown_outcome_is_handed_out_as_such(store: Store) -> None:
    work, first = await replied(store, "r1")

    await store.queue.settle(work, first, Unknown(NOW + 10), NOW)
    await store.queue.due(work.ready.shard, NOW + 10)

    again = await claimed(store, at=NOW + 10)
    assert again.outgoing == Outgoing("r1", b'{"id":"r1"}', unknown=True, tries=1)


async def test_a_reply_whose_sender_died_is_of_unknown_outcome(store: Store) -> None:
    work, first = await replied(store, "r1")

    [lease] = await store.queue.recover("w2", 0.0, 16)
    again = await claimed(store, lease)

    assert again.outgoing == Outgoing("r1", b'{"id":"r1"}', unknown=True, tries=0)
    with pytest.raises(LeaseLost):
        await store.queue.settle(work, first, Sent(), NOW)
    assert [reply.id for reply in await store.reader.outbox(ANN)] == ["r1"]


async def test_a_pause_of_the_outbox_does_not_hold_up_turns(store: Store) -> None:
    work, first = await replied(store, "r1")
    await store.queue.settle(work, first, Retry(NOW + 10), NOW)

    await store.queue.accept(ANN, b"more", "", NOW)
    turn = await claimed(store)
    outgoing = await store.queue.commit(turn, Commit(session=None, outbox=[("r2", b"{}")]), NOW + 1)

    assert turn.items == [b"more"]
    assert outgoing is None, "r2 waits behind r1"
    assert await store.queue.ready("w1", 16, None) == []


async def test_a_pause_that_is_over_needs_no_timer_to_end(store: Store) -> None:
    work, first = await replied(store, "r1")
    await store.queue.settle(work, first, Retry(NOW + 10), NOW)

    await store.queue.accept(ANN, b"more", "", NOW)
    turn = await claimed(store)
    outgoing = await store.queue.commit(turn, Commit(session=None), NOW + 10)

    assert outgoing
    assert outgoing.id == "r1"
    assert await store.queue.due(work.ready.shard, NOW + 10) == (0, None)


async def test_clearing_the_outbox_ends_its_pause_and_keeps_what_the_turn_says(
    store: Store,
) -> None:
    work, first = await replied(store, "r1", "r2")
    await store.queue.settle(work, first, Unknown(NOW + 10), NOW)
    await store.queue.accept(ANN, b"STOP", "", NOW)

    changes = Commit(session=None, clear_outbox=True, outbox=[("bye", b"{}")])
    outgoing = await store.queue.commit(await claimed(store), changes, NOW)

    assert outgoing == Outgoing("bye", b"{}", unknown=False, tries=0)
    assert await store.queue.due(work.ready.shard, NOW + 60) == (0, None)


async def test_a_reply_held_waits_without_counting_as_tried(store: Store) -> None:
    work, first = await replied(store, "r1", "r2")

    assert await store.queue.settle(work, first, Hold(NOW + 10), NOW) is None
    assert await store.queue.ready("w1", 16, None) == []
    assert await store.queue.due(work.ready.shard, NOW + 10) == (1, None)

    again = await claimed(store, at=NOW + 10)
    assert again.outgoing == Outgoing("r1", b'{"id":"r1"}', unknown=False, tries=0)


async def test_a_commit_ends_a_hold_and_leaves_other_pauses(store: Store) -> None:
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


async def test_a_reply_given_up_becomes_a_dead_letter_and_tells_the_flow(store: Store) -> None:
    work, first = await replied(store, "r1", "r2")

    assert await store.queue.settle(work, first, Dead(b'"why"', b"failed"), NOW) is None

    [letter] = [letter async for letter in store.admin.dead_letters()]
    assert (letter.contact, letter.at, letter.letter) == (ANN, NOW, b'"why"')
    assert letter.reply == Outgoing("r1", b'{"id":"r1"}')
    assert (await claimed(store)).items == [b"failed"]


async def test_a_reply_given_up_without_telling_makes_room_for_the_next(store: Store) -> None:
    work, first = await replied(store, "r1", "r2")

    second = await store.queue.settle(work, first, Dead(b"{}"), NOW)

    assert second
    assert second.id == "r2"


async def test_items_given_up_are_kept_and_can_be_tried_again(store: Store) -> None:
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


async def test_a_reply_tried_again_by_hand_counts_as_perhaps_sent(store: Store) -> None:
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
async def test_what_names_no_dead_letter_finds_none(store: Store, id: str) -> None:
    assert await store.admin.dead_letter(id) is None
    assert not await store.admin.retry_dead(id)
    assert not await store.admin.drop_dead(id)


async def test_many_dead_letters_are_all_listed(store: Store) -> None:
    for n in range(205):
        await store.queue.accept(ANN, b"%d" % n, "", NOW)
        await store.queue.commit(await claimed(store), Commit(session=None, dead=b"%d" % n), NOW)

    found = [letter.items async for letter in store.admin.dead_letters()]

    assert found == [[b"%d" % n] for n in range(205)]


async def test_a_claim_begun_for_a_reply_that_is_gone_has_nothing_to_do(store: Store) -> None:
    work, first = await replied(store, "r1")
    lease = work.ready
    await store.queue.settle(work, first, Sent(), NOW)

    assert await store.queue.claim(lease, "late", NOW) is None
    assert await store.queue.accept(ANN, b"new", "", NOW)
    assert await store.queue.claim(lease, "late", NOW) is None
    assert (await one_ready(store)).contact == ANN
