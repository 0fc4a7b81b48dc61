"""All keys of the store, and their lifetimes.

`<namespace>` is `BOT_NAMESPACE`. In `{sN}`, N is the contact's shard. The braces are Redis's hash
tag: they keep all keys that a script touches on one node of a cluster.

    <namespace>:meta                  STRING  {"schema": 3, "shards": 16}
    <namespace>:owner                 STRING  {"app": "<app id>", "store": "<random id>"}
    <namespace>:worker                STRING  the worker that has reported last, and its version
    <namespace>:processes             HASH    by name, each process that has reported: JSON of the
                                              time of its report (s), its limits, and digests
                                              of its settings
    <namespace>:unrouted              STREAM  callbacks that name no contact or have no known shape:
                                              why, at (ms), size, raw
    <namespace>:unrouted-ids          ZSET    digests of these callbacks' ids by time (ms)
    <namespace>:broadcast:<name>      HASH    a broadcast's rows by their digests: when each was
                                              begun (s), empty once it is accepted
    <namespace>:broadcasts            ZSET    names of the last broadcasts by time (ms)
    <namespace>:outcomes:<tag>        HASH    a broadcast's outcomes by contacts' digests: a letter
                                              for each outcome, then =reason
    <namespace>:broadcast-run:<tag>   HASH    rows (how many can be sent), done (when a run
                                              has passed all rows, s), canceled (when, s)
    <namespace>:barrier               STRING  empty; written to wait for the disk or a replica
    <namespace>:rate:<app id>         STRING  when the app may send next (s)
    <namespace>:consent-changes       HASH    when consent last changed (ms) under a contact's id
                                              (`id`) and under an identity (`identity`)
    <namespace>:flows-off             HASH    flows that are switched off: by name, JSON of the
                                              time, the reason, and the text for contacts

    <namespace>:{sN}:session:<contact>  STRING  the session's JSON
    <namespace>:{sN}:inbox:<contact>    LIST    accepted items, oldest first; the head may be in
                                                `work`
    <namespace>:{sN}:outbox:<contact>   LIST    unsent replies, oldest first: `<id> <json>`;
                                                the head may be in `work`
    <namespace>:{sN}:work:<contact>     HASH    what is being done; see scripts/prelude.lua
    <namespace>:{sN}:seen0:<contact>    SET     digests of the accepted items' ids; see
                                                scripts/accept.lua
    <namespace>:{sN}:seen1:<contact>    SET     like `seen0`; the two sets are used alternately
    <namespace>:{sN}:once:<contact>     HASH    results recorded during the turn, by the turn's keys
    <namespace>:{sN}:log:<contact>      LIST    the last turns, newest first; up to an eighth more
                                                than `BOT_LOG_TURNS`
    <namespace>:{sN}:notes:<contact>    LIST    what people noted about the contact, newest first
    <namespace>:{sN}:timers:<contact>   HASH    the contact's timers: name, item
    <namespace>:{sN}:pace:<contact>     STRING  when the contact may be sent a whole burst again (s)
    <namespace>:{sN}:timers             ZSET    all timers by time (ms): `<contact>\\n<name>`;
                                                `<contact>` alone ends a wait or pause
    <namespace>:{sN}:consent:<digest>   HASH    consent of the identity with that digest, by
                                                purpose: `<in or out> <when (ms)>`
    <namespace>:{sN}:history            STRING  the shard's epoch, and the server process that it
                                                belongs to; see scripts/history.lua
    <namespace>:{sN}:ready              STREAM  one entry per contact that has something to do:
                                                c (contact); consumer group `workers`
    <namespace>:{sN}:dead               STREAM  dead letters: c (contact), at (ms), letter, then
                                                inbox1, inbox2... (items) or outbox (a reply)

Lifetimes:

- `seen0`, `seen1`: at most twice `BOT_DEDUPE`
- `log`: `BOT_LOG_AGE` to an eighth longer after its last entry
- `pace`: until the time that it contains
- `once`: a day, which is longer than all tries of one turn
- `worker`, `processes`: 30 seconds after the last report
- `rate`: a minute after the last reserved time
- `broadcast`: 90 days after its last row was noted
- `broadcast-run`: 90 days after its last run or its cancellation
- `consent`: five years after its last change
- `unrouted`, `unrouted-ids`: the newest 1000 entries; `unrouted` may have a few more
- `consent-changes`: never deleted; it has two fields

Any other key is deleted as soon as it is empty.
"""

from collections.abc import Iterable
from hashlib import blake2b
from zlib import crc32

from bot.errors import ConfigError

SCHEMA = 3
GROUP = "workers"
ONCE_MS = 86_400_000
LOG_MARGIN = 1.125
MAX_UNROUTED = 1_000
MAX_UNROUTED_BYTES = 65_536
RATE_MS = 60_000
REPORT_MS = 30_000
BROADCAST_MS = 7_776_000_000
MAX_BROADCASTS = 100
CONSENT_MS = 5 * 365 * 86_400_000


class Keys:
    """The names of one namespace's keys.

    Raises:
        ConfigError: the namespace has braces, which Redis reserves for the hash tag.
    """

    def __init__(self, namespace: str, shards: int) -> None:
        if set("{}") & set(namespace):
            raise ConfigError(f"BOT_NAMESPACE is {namespace!r}; it must not contain braces.")
        self.namespace = namespace
        self.shards = shards
        self.prefixes = [f"{namespace}:{{s{shard}}}:" for shard in range(shards)]
        self.meta = f"{namespace}:meta"
        self.owner = f"{namespace}:owner"
        self.worker = f"{namespace}:worker"
        self.processes = f"{namespace}:processes"
        self.unrouted = f"{namespace}:unrouted"
        self.barrier = f"{namespace}:barrier"
        self.broadcasts = f"{namespace}:broadcasts"
        self.unrouted_ids = f"{namespace}:unrouted-ids"
        self.consent_changes = f"{namespace}:consent-changes"
        self.flows_off = f"{namespace}:flows-off"

    def shard(self, contact: str) -> int:
        """Return the contact's shard.

        Raises:
            ValueError: `contact` cannot be the key of a contact.
        """
        if not contact or "\n" in contact:
            raise ValueError("a contact's key must not be empty or contain a line break")
        return crc32(contact.encode()) % self.shards

    def prefix(self, contact: str) -> str:
        """Return the prefix of all keys in the contact's shard."""
        return self.prefixes[self.shard(contact)]

    def of(self, contact: str, own: Iterable[str], shared: Iterable[str] = ()) -> list[str]:
        """Return the contact's keys of the kinds `own`, then its shard's keys of the kinds
        `shared`.
        """
        prefix = self.prefix(contact)
        return [f"{prefix}{kind}:{contact}" for kind in own] + [prefix + kind for kind in shared]

    def in_shard(self, shard: int, *kinds: str) -> list[str]:
        """Return a shard's own keys."""
        return [self.prefixes[shard] + kind for kind in kinds]

    def broadcast(self, name: str) -> str:
        return f"{self.namespace}:broadcast:{name}"

    def consent(self, identity: str) -> tuple[str, str]:
        """Return the shard's prefix and the digest for an identity (`CHANNEL:identity`)."""
        found = blake2b(identity.encode(), digest_size=16).hexdigest()
        return self.prefix(found), found

    def outcomes(self, tag: str) -> str:
        return f"{self.namespace}:outcomes:{tag}"

    def broadcast_run(self, tag: str) -> str:
        return f"{self.namespace}:broadcast-run:{tag}"

    def rate(self, app_id: str) -> str:
        return f"{self.namespace}:rate:{app_id}"


def digest(dedupe_id: str) -> bytes:
    """Return eight bytes that represent `dedupe_id`.

    The bytes need to be unique only within one contact, or within one broadcast.
    """
    return blake2b(dedupe_id.encode(), digest_size=8).digest()


def seen_number(dedupe_id: str) -> int:
    """Return the digest of `dedupe_id` as a non-negative integer, which a Redis set stores
    compactly.
    """
    return int.from_bytes(digest(dedupe_id)) >> 1


def as_ms(at: float) -> int:
    """Convert Unix seconds to whole milliseconds, which the store uses."""
    return round(at * 1000)
