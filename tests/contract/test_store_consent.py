"""Consent is recorded by identity, without the identity."""

import random

from bot.store import ConsentChanges, RecordedConsent, Store
from tests.support.redis_dump import everything
from tests.support.store_claims import NOW

ANN = "SMS:46700000001"


async def test_newest_change_of_each_purpose_is_kept_in_whatever_order_they_come(
    store: Store,
) -> None:
    changes = [
        RecordedConsent(purpose, to, NOW + number)
        for purpose in ("messages", "marketing")
        for number, to in enumerate(("out", "in", "out"))
    ]
    random.Random(1).shuffle(changes)
    for each in changes:
        await store.queue.record_consent(ANN, [each], has_id=False)

    found = await store.reader.consent(ANN)
    assert sorted((each.purpose, each.to, each.at) for each in found) == [
        ("marketing", "out", NOW + 2),
        ("messages", "out", NOW + 2),
    ]
    assert await store.reader.consent("SMS:46700000002") == []


async def test_last_change_is_known_by_kind_of_key(store: Store) -> None:
    assert await store.reader.consent_changes() == ConsentChanges()
    await store.queue.record_consent(ANN, [RecordedConsent("messages", "out", NOW)], has_id=True)
    assert await store.reader.consent_changes() == ConsentChanges(by_id=NOW)
    await store.queue.record_consent(
        ANN, [RecordedConsent("messages", "in", NOW + 5)], has_id=False
    )
    assert await store.reader.consent_changes() == ConsentChanges(NOW, NOW + 5)


async def test_record_does_not_hold_the_identity(store: Store) -> None:
    if store.connection.is_cluster:
        return
    await store.queue.record_consent(ANN, [RecordedConsent("messages", "out", NOW)], has_id=False)
    found = await everything(store.connection.client, store.settings.namespace)
    assert b"consent" in found
    assert b"46700000001" not in found
