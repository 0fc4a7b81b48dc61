"""What goes into the store and comes out of it.

Items, sessions, replies, log lines and dead letters are JSON bytes which the store never reads.
Instants are Unix seconds.
"""

from typing import Protocol, Self

from msgspec import Struct


class Ready(Struct, frozen=True):
    """A contact that has something to do, leased to `consumer` until the lease runs out."""

    contact: str
    shard: int
    entry: str
    consumer: str


class Outgoing(Struct, frozen=True):
    """A reply to send now.

    `unknown` says that it was handed out before and nobody knows whether it was sent: look before
    sending it again. `tries` counts the failed tries so far.
    """

    id: str
    body: bytes
    unknown: bool = False
    tries: int = 0

    @classmethod
    def of(cls, entry: bytes, unknown: bool = False, tries: int = 0) -> Self:
        """Read an entry of the outbox: `<id> <json>`, perhaps with a `?` before it."""
        id, _, body = entry.partition(b" ")
        return cls(id.removeprefix(b"?").decode(), body, unknown, tries)


class Work(Struct, frozen=True):
    """A claimed contact: either inbox items to run a turn on, or a reply to send, never both.

    `fails` counts the failed tries of the first item; a worker that died during the turn, or lost
    its lease, is one. Whoever finds it at the limit should give the item up without running it.
    """

    ready: Ready
    token: str
    session: bytes | None
    items: list[bytes]
    fails: int
    outgoing: Outgoing | None


class Prefetch(Struct, frozen=True):
    """A request for one ready contact, leased to `consumer` and claimed with `token` for up to
    `max_items` items. `at` is when it was made, so the lease begins no earlier.
    """

    consumer: str
    token: str
    max_items: int
    at: float


class Prefetcher(Protocol):
    """The worker of this process; see `Queue.prefetcher`."""

    def request_prefetch(self) -> Prefetch | None:
        """Called before a contact may become ready; None if there is no room for one."""

    def deliver_prefetch(self, prefetch: Prefetch, found: Work | Ready | None) -> None:
        """Called once for each request, with a claimed contact, one to be claimed, or None."""


class DueTimer(Struct, frozen=True):
    """`item` enters the contact's inbox at `due`. A contact has one timer of a name at most."""

    name: str
    due: float
    item: bytes


class Commit(Struct, frozen=True, kw_only=True):
    """All that a turn changes, done at once or not at all.

    Order: the handled items leave the inbox, the outbox is cleared or its hold ended where asked,
    `outbox` (id and JSON of each reply) is appended, timers are cancelled, then set.

    session: the new session; None deletes it. One that is as it was claimed isn't written.
    handled: how many of the claimed items are done with, at least 1.
    end_hold: go on with replies that are held; a pause after a failed try goes on.
    outbox: an id has no blank and doesn't begin with `?`, as in a ULID.
    timers_cancelled: names; one that is not set is no fault.
    timers_set: a timer of the same name is replaced.
    log: a line for the contact's log of turns, in parts; the first handled item, as the store has
        it, is put between them.
    dead: why the handled items were given up; they are kept with it, so that they can be retried.
    """

    session: bytes | None
    handled: int = 1
    outbox: list[tuple[str, bytes]] = []
    clear_outbox: bool = False
    end_hold: bool = False
    timers_cancelled: list[str] = []
    timers_set: list[DueTimer] = []
    log: list[bytes] = []
    dead: bytes | None = None


class Sent(Struct, frozen=True):
    """The reply was taken."""


class Retry(Struct, frozen=True):
    """The reply was not taken, for certain; try again at `until`."""

    until: float


class Unknown(Struct, frozen=True):
    """Nobody knows whether the reply was taken; look, and perhaps send again, at `until`."""

    until: float


class Hold(Struct, frozen=True):
    """The reply wasn't tried, since this isn't the time; look again at `until`, or when a commit
    ends the hold. It doesn't count as a try.
    """

    until: float


class Dead(Struct, frozen=True):
    """The reply is given up: `letter` says why, `item` (if any) tells the flow."""

    letter: bytes
    item: bytes | None = None


Verdict = Sent | Retry | Unknown | Hold | Dead


class DeadLetter(Struct, frozen=True):
    """What was given up: the items of a turn, or a reply. `letter` says why."""

    id: str
    contact: str
    at: float
    letter: bytes
    items: list[bytes]
    reply: Outgoing | None


class UnroutedCallback(Struct, frozen=True):
    """A callback that can't be handled: why, how many bytes it has, and its beginning."""

    at: float
    why: str
    size: int
    raw: bytes


class Depth(Struct, frozen=True):
    """How much there is to do: contacts waiting for a worker, contacts leased to one, timers (waits
    after failed tries are among them), dead letters."""

    waiting: int
    leased: int
    timers: int
    dead: int
