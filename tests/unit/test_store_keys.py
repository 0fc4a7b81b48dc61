"""Names and units of keys."""

import pytest
from redis.crc import key_slot

from bot.errors import ConfigError
from bot.store.keys import Keys, as_ms, digest


def test_keys_are_named_as_documented() -> None:
    keys = Keys("bot", 16)
    shard = keys.shard("SMS:+46700000001")

    assert keys.of("SMS:+46700000001", ("inbox", "work"), ("ready",)) == [
        f"bot:{{s{shard}}}:inbox:SMS:+46700000001",
        f"bot:{{s{shard}}}:work:SMS:+46700000001",
        f"bot:{{s{shard}}}:ready",
    ]
    assert (keys.meta, keys.unrouted, keys.unrouted_ids, keys.rate("app")) == (
        "bot:meta",
        "bot:unrouted",
        "bot:unrouted-ids",
        "bot:rate:app",
    )


def test_all_keys_of_a_contact_are_on_one_node() -> None:
    keys = Keys("bot", 16)

    for contact in ("ann", "}{s5}", "{x}"):
        names = keys.of(contact, ("session", "inbox"), ("timers", "dead"))
        assert len({key_slot(name.encode()) for name in names}) == 1


def test_shards_of_contacts_never_change() -> None:
    keys = Keys("bot", 16)

    assert [keys.shard(contact) for contact in ("ann", "bob", "Åsa")] == [3, 0, 4]


def test_a_namespace_has_no_braces() -> None:
    with pytest.raises(ConfigError, match=r"BOT_NAMESPACE is 'a\{b'"):
        Keys("a{b", 16)


def test_digests_of_different_ids_differ() -> None:
    assert len(digest("MESSAGE_INBOUND:1")) == 8
    assert digest("MESSAGE_INBOUND:1") != digest("MESSAGE_DELIVERY:1")


@pytest.mark.parametrize(
    ("at", "ms"), [(0.0, 0), (1_700_000_000.1, 1_700_000_000_100), (0.0005, 0)]
)
def test_instants_are_whole_milliseconds(at: float, ms: int) -> None:
    assert as_ms(at) == ms
