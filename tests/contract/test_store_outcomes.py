"""The outcomes of broadcasts are counted on every kind of server."""

from bot.store import Store
from bot.store.keys import BROADCAST_MS
from bot.store.outcomes import MAX_REASON, Outcomes
from tests.support.store_claims import ANN, BOB, NOW

TAG = Outcomes.tag("sale")


async def test_each_contact_has_what_came_of_it_once(store: Store) -> None:
    for _ in range(2):
        await store.outcomes.note(TAG, ANN, "sent")
        await store.outcomes.note(TAG, ANN, "read")
    await store.outcomes.note(TAG, BOB, "failed", "CHANNEL_FAILURE")
    await store.outcomes.note(TAG, BOB, "sent")
    await store.outcomes.note(TAG, BOB, "failed", "x" * 100)

    ann, bob = await store.outcomes.of(TAG, ANN), await store.outcomes.of(TAG, BOB)
    assert ann.outcomes == {"sent", "read"}
    assert bob.outcomes == {"sent", "failed"}
    assert bob.reason == "x" * MAX_REASON


async def test_contacts_are_counted(store: Store) -> None:
    for row in ("1", "2", "3"):
        await store.admin.note_row("sale", row, NOW)
        await store.admin.note_row("sale", row, 0.0)
    await store.outcomes.begin("sale", 3, NOW)
    await store.outcomes.note(TAG, ANN, "sent")
    await store.outcomes.note(TAG, ANN, "answered")
    await store.outcomes.note(TAG, BOB, "failed", "CHANNEL_FAILURE")

    found = await store.outcomes.count("sale")
    assert found is not None
    assert (found.started_at, found.accepted, found.waiting, found.sent) == (NOW, 3, 1, 1)
    assert (found.failed, found.answered) == ({"CHANNEL_FAILURE": 1}, 1)
    assert await store.outcomes.names() == {"sale": NOW}
    assert await store.outcomes.count("another") is None


async def test_more_contacts_than_a_page_are_counted(store: Store) -> None:
    for number in range(1500):
        await store.outcomes.note(TAG, f"contact {number}", "sent")

    found = await store.outcomes.count("sale")
    assert found is not None
    assert found.sent == 1500


async def test_notes_are_forgotten_after_a_while(store: Store) -> None:
    await store.outcomes.note(TAG, ANN, "sent")
    key = store.connection.keys.outcomes(TAG)

    assert 0 < await store.connection.command("PTTL", key) <= BROADCAST_MS
