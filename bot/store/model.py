"""The arguments and results of the store's calls.

Items, sessions, replies, log lines and dead letters are JSON bytes that the store never reads.
Times are Unix seconds.
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

    - `unknown`: the reply may have been sent already. Look it up before sending it again.
    - `tries`: the number of failed tries so far.
    """

    id: str
    body: bytes
    unknown: bool = False
    tries: int = 0

    @classmethod
    def of(cls, entry: bytes, unknown: bool = False, tries: int = 0) -> Self:
        """Decode an entry of the outbox.

        An entry is `<id> <json>`, or `?<id> <json>` if the reply may have been sent already.
        """
        id, _, body = entry.partition(b" ")
        return cls(id.removeprefix(b"?").decode(), body, unknown, tries)


class Work(Struct):
    """A claimed contact: either inbox items to run a turn on, or a reply to send, never both.

    - `session`: the contact's session. A commit changes it.
    - `is_suspect`: a process was lost during the first item's turn, so the turn may be the cause.
      The worker runs a suspect turn alone (`Queue.isolate`). If the process is lost again, the turn
      is the cause.
    - `must_wait`: a process was lost while it ran this turn alone. Before the worker runs the turn
      again, it postpones the turn once, so that other contacts get their turns.
    - `fails`: the number of failed tries of the first item. The loss of a process that ran the turn
      alone is a failed try. If `fails` has reached the limit, the worker gives up the item without
      running its turn.
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
    """A request to lease one ready contact to `consumer`, and to claim it with `token`.

    The claim has up to `max_items` items. The lease of a claim begins at `at` or later.
    """

    consumer: str
    token: str
    max_items: int
    at: float


class Prefetcher(Protocol):
    """The worker of this process; see `Queue.prefetcher`."""

    def request_prefetch(self, held: Ready | None = None) -> Prefetch | None:
        """Return a request to prefetch a contact; None if the worker has no room.

        The store calls this method before a call that may make a contact ready. `held` is the lease
        that the call ends; None if it ends no lease. If the contact of `held` is prefetched, its
        new claim continues the lease.
        """

    def deliver_prefetch(self, prefetch: Prefetch, found: Work | Ready | None) -> None:
        """Take the contact that the store has found for `prefetch`.

        `found` is a claimed contact (Work), a contact that is only leased, so that the worker must
        still claim it (Ready), or None. The store calls this method once for each Prefetch that
        `request_prefetch` has returned.
        """


class DueTimer(Struct, frozen=True):
    """A timer. `item` enters the contact's inbox at `due`. Names are unique within a contact."""

    name: str
    due: float
    item: bytes


class Process(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A process of the bot, as it reports itself.

    `at` is the time of the report, by the server's clock. `memory` bytes are used, of a maximum of
    `max_memory`. If the container of the process has a limit, both figures describe the container.
    The system has ended `kills` processes of the container for lack of memory. A maximum of 0 means
    no maximum. `role` is serve, web or worker. `settings` are digests by the names of variables,
    `flows` is a digest of the flows, and `store` is the id that the store had when the process
    started.
    """

    name: str
    at: float = 0.0
    role: str = ""
    host: str = ""
    pid: int = 0
    version: str = ""
    flows: str = ""
    store: str = ""
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

    The changes are applied in this order: the handled items leave the inbox; the outbox is cleared
    or its hold ended, if requested; `outbox` is appended; timers are canceled, then set.

    - `session`: the new session; None deletes the session. A session that has not changed since the
      claim is not written.
    - `handled`: the number of claimed items that are done, at least 1.
    - `end_hold`: release held replies. A pause after a failed try is unaffected.
    - `outbox`: id and JSON of each reply. An id, such as a ULID, has no space and does not begin
      with `?`.
    - `timers_cancelled`: names of timers. Names that are not set are ignored.
    - `timers_set`: timers to set. Each timer replaces an earlier timer of the same name.
    - `log`: a line for the contact's log of turns; empty for none.
    - `restart_log_lifetime`: store the whole log for its lifetime from now on. This may be False if
      the log is stored for long enough already.
    - `dead`: the reason why the handled items were given up. The items are stored with the reason,
      so that they can be retried.
    """

    session: bytes | None
    handled: int = 1
    outbox: list[tuple[str, bytes]] = []
    clear_outbox: bool = False
    end_hold: bool = False
    timers_cancelled: list[str] = []
    timers_set: list[DueTimer] = []
    log: bytes = b""
    restart_log_lifetime: bool = True
    dead: bytes | None = None


class Sent(Struct, frozen=True):
    """The reply was sent; or it was dropped unsent, for the reason in `dropped`.

    If `item` is set, the item is put into the contact's inbox.
    """

    dropped: str = ""
    item: bytes | None = None


class Retry(Struct, frozen=True):
    """The reply was certainly not sent. Try again at `until`."""

    until: float


class Unknown(Struct, frozen=True):
    """The reply may have been sent. Look it up at `until`, and send it again if it was not sent."""

    until: float


class Hold(Struct, frozen=True):
    """The reply may not be sent now. Check again at `until`, or when a commit ends the hold.

    A hold does not count as a try.
    """

    until: float


class Overtake(Struct, frozen=True):
    """The reply may not be sent now, but the later reply with this id goes before it."""

    id: str


class Dead(Struct, frozen=True):
    """The reply is given up.

    `letter` has the reason; `item`, if set, reports the failure to the flow.
    """

    letter: bytes
    item: bytes | None = None


Verdict = Sent | Retry | Unknown | Hold | Overtake | Dead


class DeadLetter(Struct, frozen=True):
    """The items of a turn, or a reply, that were given up. `letter` has the reason."""

    id: str
    contact: str
    at: float
    letter: bytes
    items: list[bytes]
    reply: Outgoing | None


class UnroutedCallback(Struct, frozen=True):
    """A callback that cannot be handled: the reason, its size in bytes, and its beginning."""

    at: float
    why: str
    size: int
    raw: bytes


class RecordedConsent(Struct, frozen=True):
    """The last change of an identity's consent, to all messages or to the messages of one purpose.

    `to` is "in" or "out", `at` is in Unix seconds.
    """

    purpose: str
    to: str
    at: float


class ConsentChanges(Struct, frozen=True):
    """The times at which consent last changed under a contact's id and under an identity; 0 means
    never.
    """

    by_id: float = 0.0
    by_identity: float = 0.0


class FlowOff(Struct, frozen=True, omit_defaults=True):
    """A flow that is switched off: the time in Unix seconds, and the reason.

    `say` is the text for contacts; "" means the framework's text.
    """

    at: float
    because: str
    say: str = ""


class Depth(Struct, frozen=True):
    """The amount of work: waiting contacts, leased contacts, timers and dead letters.

    Timers include the pauses after failed tries.
    """

    waiting: int
    leased: int
    timers: int
    dead: int
