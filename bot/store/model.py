"""The arguments and results of the store's calls.

Items, sessions, replies, log lines and dead letters are JSON bytes that the store never reads.
Instants are Unix seconds.
"""

from typing import Protocol, Self

from msgspec import Struct


class Ready(Struct, frozen=True):
    """A contact that has something to do, leased to `consumer` until the lease ends."""

    contact: str
    shard: int
    entry: str
    consumer: str


class Outgoing(Struct, frozen=True):
    """A reply to send now.

    unknown: it may have been sent already; look before sending it again.
    tries: failed tries so far.
    """

    id: str
    body: bytes
    unknown: bool = False
    tries: int = 0

    @classmethod
    def of(cls, entry: bytes, unknown: bool = False, tries: int = 0) -> Self:
        """Decode an entry of the outbox: `<id> <json>`, perhaps with a `?` before it."""
        id, _, body = entry.partition(b" ")
        return cls(id.removeprefix(b"?").decode(), body, unknown, tries)


class Work(Struct, frozen=True):
    """A claimed contact: either inbox items to run a turn on, or a reply to send, never both.

    fails: failed tries of the first item. A process that was lost while it ran this turn alone
    counts too, so if the limit is reached, give up the item without running it.
    is_suspect: a process was lost during the first item's turn, perhaps because of it. Run the turn
    alone (`Queue.isolate`), so that another loss would prove it.
    must_wait: a process was lost that ran this turn alone. Postpone it first.
    """

    ready: Ready
    token: str
    session: bytes | None
    items: list[bytes]
    fails: int
    outgoing: Outgoing | None
    is_suspect: bool = False
    must_wait: bool = False


class Prefetch(Struct, frozen=True):
    """A request for one ready contact, leased to `consumer` and claimed with `token` for up to
    `max_items` items. The lease of a claim begins at `at` or later.
    """

    consumer: str
    token: str
    max_items: int
    at: float


class Prefetcher(Protocol):
    """The worker of this process; see `Queue.prefetcher`."""

    def request_prefetch(self, held: Ready | None = None) -> Prefetch | None:
        """Called before a contact may become ready; None if there is no room for one.

        The claim of a contact with the lease `held` continues that lease.
        """

    def deliver_prefetch(self, prefetch: Prefetch, found: Work | Ready | None) -> None:
        """Called once for each request, with a claimed contact, one to be claimed, or None."""


class DueTimer(Struct, frozen=True):
    """A timer: `item` enters the contact's inbox at `due`. Names are unique within a contact."""

    name: str
    due: float
    item: bytes


class Process(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A process of the bot, as it reports itself.

    It reported `at`, by the server's clock. `memory` is used of `max_memory`, in bytes; both are
    those of its container if that has a limit, in which the system has ended `kills` processes for
    lack of memory. A maximum of 0 is none. `role` is serve, web or worker. `settings` are digests
    by the names of variables, and `flows` is a digest of the flows.
    """

    name: str
    at: float = 0.0
    role: str = ""
    host: str = ""
    pid: int = 0
    version: str = ""
    flows: str = ""
    settings: dict[str, str] = {}
    memory: int = 0
    max_memory: int = 0
    kills: int = 0
    open_files: int = 0
    max_files: int = 0
    max_connections: int = 0
    max_request_memory: int = 0


class Commit(Struct, frozen=True, kw_only=True):
    """All changes of a turn, applied together or not at all.

    Order: the handled items leave the inbox, the outbox is cleared or its hold ended if requested,
    `outbox` (id and JSON of each reply) is appended, timers are canceled, then set.

    session: the new session; None deletes it. If it is as it was claimed, it isn't written.
    handled: how many of the claimed items are done, at least 1.
    end_hold: release held replies; a pause after a failed try is unaffected.
    outbox: an id, such as a ULID, has no space and doesn't begin with `?`.
    timers_cancelled: names; those that aren't set are ignored.
    timers_set: replaces timers of the same name.
    log: a line for the contact's log of turns; empty for none.
    dead: why the handled items were given up. They are stored with it, so they can be retried.
    """

    session: bytes | None
    handled: int = 1
    outbox: list[tuple[str, bytes]] = []
    clear_outbox: bool = False
    end_hold: bool = False
    timers_cancelled: list[str] = []
    timers_set: list[DueTimer] = []
    log: bytes = b""
    dead: bytes | None = None


class Sent(Struct, frozen=True):
    """The reply was sent, or dropped for the reason `dropped`.

    `item`, if any, is put into the contact's inbox.
    """

    dropped: str = ""
    item: bytes | None = None


class Retry(Struct, frozen=True):
    """The reply was certainly not sent; try again at `until`."""

    until: float


class Unknown(Struct, frozen=True):
    """The reply may have been sent. Look it up at `until`, and send it again if it is missing."""

    until: float


class Hold(Struct, frozen=True):
    """The reply may not be sent now. Check again at `until`, or when a commit ends the hold.

    It does not count as a try.
    """

    until: float


class Dead(Struct, frozen=True):
    """The reply is given up: `letter` says why, `item` (if any) reports it to the flow."""

    letter: bytes
    item: bytes | None = None


Verdict = Sent | Retry | Unknown | Hold | Dead


class DeadLetter(Struct, frozen=True):
    """The items of a turn or a reply that was given up. `letter` says why."""

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


class RecordedConsent(Struct, frozen=True):
    """The last change of an identity's consent to messages, or to those of one purpose.

    `to` is "in" or "out", `at` is in Unix seconds.
    """

    purpose: str
    to: str
    at: float


class ConsentChanges(Struct, frozen=True):
    """When consent last changed under a contact's id, and under an identity; 0 is never."""

    by_id: float = 0.0
    by_identity: float = 0.0


class FlowOff(Struct, frozen=True, omit_defaults=True):
    """A flow that is switched off: since when, in Unix seconds, and why.

    `say` is what contacts are told; empty is the framework's sentence.
    """

    at: float
    because: str
    say: str = ""


class Depth(Struct, frozen=True):
    """The amount of work: contacts that wait for a worker, contacts leased to one, timers, dead
    letters.

    Timers include waits after failed tries.
    """

    waiting: int
    leased: int
    timers: int
    dead: int
