"""The store: what is accepted, worked on, to be sent and to be remembered, in Redis.

This is the path of a message: `accept`, `ready`, `claim`, `commit`, `settle`; with `postpone`,
`due`, `recover` and `renew` beside it. Each verb is one script, so it happens wholly or not at
all, and may be repeated where its outcome is unknown.
"""

from typing import Any

from bot.errors import LeaseLost, StoreFull
from bot.store import scripts
from bot.store.keys import KEPT_BYTES, KEPT_ENTRIES, ONCE_MS, RATE_MS, as_ms, seen_number
from bot.store.leases import Leases
from bot.store.model import (
    Commit,
    Dead,
    Hold,
    Outgoing,
    Ready,
    Retry,
    Sent,
    Taker,
    Unknown,
    Verdict,
    Work,
)
from bot.store.operations import Operations
from bot.store.reads import Reads
from bot.store.scripts import Script

_BOUNDS = {
    "inbox": "a contact has BOT_MAX_INBOX={0.max_inbox} unhandled items",
    "backlog": "about BOT_MAX_BACKLOG={0.max_backlog} contacts wait for a worker",
}


class Store(Leases, Reads, Operations):
    """One namespace of a Redis server. All verbs raise `StoreError` when Redis is away.

    Contacts are named by their key (`Address.key`). `now` and other instants are Unix seconds.

    A process with a worker may set `taker` while it works. A call that makes a contact ready,
    `accept` or `settle`, then takes the first ready contact of its shard along: mostly the one at
    hand, claimed in the same call, or one that has waited for longer, to be claimed as from
    `ready`. That spares two calls and the time between them. Other processes, and other shards'
    contacts, go on getting what `ready` gives.
    """

    taker: Taker | None = None

    async def accept(self, contact: str, item: bytes, dedupe_id: str, now: float) -> bool:
        """Put `item` into the contact's inbox, for good; False if `dedupe_id` was accepted before.

        It remembers ids for `BOT_DEDUPE` seconds at least. An empty `dedupe_id` is never a repeat.

        Raises:
            StoreFull: the contact's inbox, or the backlog of ready contacts, is at its bound.
        """
        settings = self._settings
        answer = await self._taking(
            scripts.ACCEPT,
            *(contact, item, seen_number(dedupe_id) if dedupe_id else b""),
            *(as_ms(now), as_ms(settings.dedupe_s)),
            *(settings.max_inbox, -(-settings.max_backlog // settings.shards)),
            only_item=item,
            # Without an id it could not be repeated.
            taker=self.taker if dedupe_id else None,
        )
        if answer == b"duplicate":
            return False
        if answer is None or answer == b"stored":
            return True
        bound = _BOUNDS[answer.decode()].format(settings)
        raise StoreFull(f"Nothing more is accepted: {bound}.")

    async def keep(self, raw: bytes, why: str, now: float) -> None:
        """Keep the beginning of a callback that can't be handled; the oldest ones make room."""
        await self._calls.command(
            *("XADD", self._keys.kept, "MAXLEN", "~", KEPT_ENTRIES, "*"),
            *("why", why, "at", as_ms(now), "size", len(raw), "raw", raw[:KEPT_BYTES]),
        )

    async def claim(self, ready: Ready, token: str, now: float, items: int = 1) -> Work | None:
        """Begin to work on a contact: its oldest items, `items` at most, or else its oldest reply.

        `token` is new for each claim. It takes the contact from whoever claimed it before: their
        verbs raise `LeaseLost` from now on. None if there is nothing to do, or another consumer
        has recovered the contact; the lease is over then.
        """
        contact = ready.contact
        answer = await self._calls.script(
            scripts.CLAIM,
            self._keys.prefix(contact),
            *(contact, as_ms(now), ready.entry, ready.consumer, token, items),
        )
        if answer is None:
            return None
        session, fails, outgoing, *found = answer
        return Work(ready, token, session, found, int(fails), _outgoing(outgoing))

    async def commit(self, work: Work, changes: Commit, now: float) -> Outgoing | None:
        """End the turn of a claim: all of `changes`, or nothing.

        Gives the reply to send next, to be settled; with None the lease is over.

        Raises:
            LeaseLost: another worker has the contact; or this is the repetition of a commit that
                was done, after which there was nothing to send.
            ValueError: `handled` is not between 1 and the number of claimed items.
        """
        if not 1 <= changes.handled <= len(work.items):
            raise ValueError(f"handled is {changes.handled}, of {len(work.items)} claimed items")
        contact = work.ready.contact
        answer = await self._calls.script(
            scripts.COMMIT,
            self._keys.prefix(contact),
            *(contact, as_ms(now), work.token, *self._arguments(work, changes)),
        )
        outgoing = _next(work, answer)
        if outgoing and not outgoing.id:  # the first of these, which need not come back
            id, body = changes.outbox[0]
            return Outgoing(id, body)
        return outgoing

    async def postpone(self, work: Work, until: float, now: float, *, failed: bool = True) -> None:
        """Run nothing of the contact's inbox before `until`; a failed turn is counted.

        Replies go on being sent. The lease is over.

        Raises:
            LeaseLost: another worker has the contact, or the turn was committed.
        """
        contact = work.ready.contact
        answer = await self._calls.script(
            scripts.POSTPONE,
            self._keys.prefix(contact),
            *(contact, as_ms(now), work.token, as_ms(until), int(failed)),
        )
        _next(work, answer)

    async def settle(
        self, work: Work, outgoing: Outgoing, verdict: Verdict, now: float
    ) -> Outgoing | None:
        """Say what became of a reply that was handed out.

        Gives the next reply to send, if the contact's inbox is empty; with None the lease is over.

        Raises:
            LeaseLost: another worker has the contact; what was sent will be found out by looking.
        """
        answer = await self._taking(
            scripts.SETTLE,
            *(work.ready.contact, as_ms(now), work.token, outgoing.id, *_verdict(verdict)),
            taker=self.taker,
        )
        return _next(work, answer)

    async def due(self, shard: int, now: float, limit: int = 100) -> tuple[int, float | None]:
        """Move the timers whose time has come into the inboxes, each one once.

        Gives how many (at most `limit`), and when the next one is due.
        """
        taken, following = await self._calls.script(
            scripts.DUE,
            *(self._keys.prefixes[shard], as_ms(now), limit),
        )
        return taken, None if following is None else float(following) / 1000

    async def reserve(self, app_id: str, rate: float, now: float) -> float:
        """The instant at which the app's next send may leave, `rate` a second at most.

        Shared by all processes. A reserved instant that isn't used is lost; 0 is no limit.
        """
        if rate <= 0:
            return now
        at = await self._calls.script(
            scripts.RESERVE,
            self._keys.rate(app_id),
            *(f"{now:.6f}", repr(1 / rate), RATE_MS),
        )
        return float(at)

    async def record(self, work: Work, key: str, value: bytes) -> None:
        """Remember a result for the case that this turn is run again; its commit forgets it.

        Raises:
            LeaseLost: another worker has the contact.
        """
        answer = await self._calls.script(
            scripts.RECORD,
            self._keys.prefix(work.ready.contact),
            *(work.ready.contact, work.token, key, value, ONCE_MS),
        )
        _next(work, answer)

    async def recorded(self, work: Work, key: str) -> bytes | None:
        """What an earlier run of this turn has recorded under `key`."""
        (once,) = self._keys.of(work.ready.contact, ("once",))
        found: bytes | None = await self._calls.command("HGET", once, key)
        return found

    async def _taking(
        self,
        script: Script,
        contact: str,
        *args: Any,
        taker: Taker | None,
        only_item: bytes | None = None,
    ) -> Any:
        """A script's answer, or None where it took something along, which the taker gets."""
        take = taker.wants() if taker else None
        if taker is None or take is None:
            return await self._calls.script(script, self._keys.prefix(contact), contact, *args)
        found: Work | Ready | None = None
        try:
            answer = await self._calls.script(
                script,
                *(self._keys.prefix(contact), contact, *args),
                *(take.consumer, take.token, take.items),
            )
            if not isinstance(answer, list) or answer[0] != b"taken":
                return answer
            _, entry, name, *claim = answer
            shard = self._keys.shard(contact)
            found = ready = Ready(name.decode(), shard, entry.decode(), take.consumer)
            if claim:
                session, fails, *items = claim
                items = items or [only_item]
                found = Work(ready, take.token, session, items, fails, None)
            return None
        finally:
            taker.gets(take, found)

    def _arguments(self, work: Work, changes: Commit) -> list[Any]:
        """A commit as the script takes it."""
        settings = self._settings
        log = changes.log if settings.log_turns else []
        replies = [b"%s %s" % (id.encode(), body) for id, body in changes.outbox]
        names = {timer.name for timer in changes.timers_set}
        cancelled = [name for name in changes.timers_cancelled if name not in names]
        timers = [
            part
            for timer in changes.timers_set
            for part in (timer.name, as_ms(timer.due), timer.item)
        ]
        return [
            changes.handled,
            *_kept(work.session, changes.session),
            b"1" if changes.clear_outbox else b"2" if changes.end_hold else b"0",
            *(settings.log_turns, as_ms(settings.log_s)),
            changes.dead or b"",
            *(len(replies), *replies),
            *(len(cancelled), *cancelled),
            *(len(changes.timers_set), *timers),
            *(len(log), *log),
        ]


def _kept(before: bytes | None, after: bytes | None) -> tuple[bytes, bytes]:
    """What becomes of the session, and the session."""
    if before == after:
        return b"", b""
    return (b"0", b"") if after is None else (b"1", after)


def _verdict(verdict: Verdict) -> tuple[Any, ...]:
    match verdict:
        case Sent():
            return (b"sent", b"", b"")
        case Retry(until):
            return (b"retry", as_ms(until), b"")
        case Unknown(until):
            return (b"unknown", as_ms(until), b"")
        case Hold(until):
            return (b"hold", as_ms(until), b"")
        case Dead(letter, item):
            return (b"dead", letter, item or b"")


def _outgoing(answer: list[Any] | None) -> Outgoing | None:
    if answer is None:
        return None
    entry, unknown, tries = answer
    return Outgoing.of(entry, bool(unknown), tries)


def _next(work: Work, answer: Any) -> Outgoing | None:
    if answer == b"lost":
        raise LeaseLost(
            f"The lease {work.ready.entry} of shard {work.ready.shard} is over: another worker has"
            " the contact, or what was asked is done already."
        )
    return None if answer == b"done" else _outgoing(answer)
