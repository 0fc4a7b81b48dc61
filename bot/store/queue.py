"""The path of a message through the store.

    accept -> ready -> claim -> commit -> settle

The other calls are `postpone`, `next_due`, `due`, `recover`, `renew`, `leave`, `isolate`, `acquit`,
`record`, `record_consent` and `reserve`. Each call is one script, so it is carried out completely
or not at all, and can be repeated if its outcome is unknown.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from bot.errors import LeaseLost, StoreFull
from bot.store import scripts
from bot.store.connection import Connection
from bot.store.encoding import commit_arguments, outgoing_of, verdict_arguments
from bot.store.keys import (
    CONSENT_MS,
    MAX_UNROUTED,
    MAX_UNROUTED_BYTES,
    ONCE_MS,
    RATE_MS,
    as_ms,
    seen_number,
)
from bot.store.model import (
    Commit,
    Outgoing,
    Prefetch,
    Prefetcher,
    Ready,
    RecordedConsent,
    Verdict,
    Work,
)
from bot.store.ready_stream import ReadyStream
from bot.store.scripts import Script

_BOUNDS = {
    "inbox": "a contact has {0.max_inbox} unhandled items (BOT_MAX_INBOX={0.max_inbox})",
    "backlog": "about {0.max_backlog} contacts wait for a worker (BOT_MAX_BACKLOG={0.max_backlog})",
}


class Queue:
    """Contacts with something to do, each leased to one worker at a time.

    A lease begins when `ready` or `recover` returns the contact. Methods such as `postpone` end the
    lease. A lease that is not renewed also ends, after the time that the caller of `recover`
    chooses.

    A process with a worker may set `prefetcher` while it works. `accept` and `settle` then also
    prefetch one ready contact from the same shard. Usually the prefetched contact is the contact of
    the call, already claimed. Otherwise it is the contact that has waited longest, which the worker
    must still claim. Prefetching saves two calls and the time between them. Other contacts still
    arrive through `ready`. A claim that `settle` returns continues the lease of the previous claim.
    """

    def __init__(self, connection: Connection, stream: ReadyStream | None = None) -> None:
        self._connection = connection
        self._settings = connection.settings
        self._keys = connection.keys
        self._stream = stream or ReadyStream(connection)
        self.prefetcher: Prefetcher | None = None

    async def aclose(self) -> None:
        """Wait for the blocking reads that were started."""
        await self._stream.aclose()

    def epoch(self, lease: Ready) -> int:
        """Return the epoch of the lease's shard.

        A reply of an earlier epoch may have been sent without a record, because the server may have
        lost its last writes.
        """
        return self._connection.history.epochs[lease.shard]

    async def accept(self, contact: str, item: bytes, dedupe_id: str, now: float) -> bool:
        """Add `item` to the contact's inbox. Return False if `dedupe_id` was accepted before.

        Ids are remembered for at least `BOT_DEDUPE` seconds. An item with an empty id is never a
        repeat.

        Raises:
            StoreFull: the contact's inbox, or the backlog of ready contacts, is full.
            StoreAway: the item is stored, but not as durably as BOT_DURABILITY demands.
        """
        settings = self._settings
        answer = await self._prefetching(
            scripts.ACCEPT,
            *(contact, item, seen_number(dedupe_id) if dedupe_id else b""),
            *(as_ms(now), as_ms(settings.dedupe_s)),
            *(settings.max_inbox, -(-settings.max_backlog // settings.shards)),
            only_item=item,
            # Without an id, the call could not be repeated safely.
            prefetcher=self.prefetcher if dedupe_id else None,
        )
        if answer is None or answer in (b"duplicate", b"stored"):
            if self._connection.barrier:
                # The repeated item may not be durable yet, either.
                await self._connection.barrier.passed()
            return bool(answer != b"duplicate")
        bound = _BOUNDS[answer.decode()].format(settings)
        raise StoreFull(f"Nothing more is accepted: {bound}.")

    async def was_accepted(self, contact: str, dedupe_id: str) -> bool:
        """Return whether an item with this id was accepted for the contact."""
        number = seen_number(dedupe_id)
        for key in self._keys.of(contact, ("seen0", "seen1")):
            if await self._connection.command("SISMEMBER", key, number):
                return True
        return False

    async def add_unrouted(self, raw: bytes, why: str, dedupe_id: str, now: float) -> bool:
        """Store the beginning of a callback that cannot be handled, for inspection.

        Return False if one of the last callbacks had the same `dedupe_id`. If there are too many
        callbacks, the oldest callbacks are deleted.
        """
        command, ids = self._connection.command, self._keys.unrouted_ids
        number = seen_number(dedupe_id)
        if await command("ZSCORE", ids, number) is not None:
            return False
        await command(
            *("XADD", self._keys.unrouted, "MAXLEN", "~", MAX_UNROUTED, "*"),
            *("why", why, "at", as_ms(now), "size", len(raw), "raw", raw[:MAX_UNROUTED_BYTES]),
        )
        # The id is stored last, so that a callback which was not stored does not count as a repeat.
        await asyncio.gather(
            command("ZADD", ids, as_ms(now), number),
            command("ZREMRANGEBYRANK", ids, 0, -MAX_UNROUTED - 1),
        )
        return True

    async def ready(self, consumer: str, count: int, block_s: float | None) -> list[Ready]:
        """Lease contacts with unhandled items or unsent replies to `consumer`.

        `count` is divided among the shards, with at least one for each, so the result may have a
        few more contacts than `count`. The call waits up to `block_s` seconds for the first
        contact; with None or 0, the call does not wait. Canceling the call is harmless: leased
        contacts are recovered later.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + (block_s or 0.0)
        each = max(1, count // self._keys.shards)
        while True:
            found = await self._stream.read(consumer, each, end - loop.time())
            if found or end <= loop.time():
                return found

    async def recover(self, consumer: str, idle_s: float, count: int) -> list[Ready]:
        """Take over contacts whose lease was not renewed for `idle_s` seconds.

        This process measures the time, from the first call that sees a lease. So `recover` must
        be called several times within `idle_s`. If the time between two calls is too long, the
        measurement begins again: the server may have been unavailable, so that no process could
        renew its leases. `count` is divided as in `ready`. Consumers without leases are removed
        after some time.
        """
        each = max(1, count // self._keys.shards)
        return await self._stream.recover(consumer, each, idle_s)

    async def renew(self, consumer: str, leases: Sequence[Ready]) -> list[Ready]:
        """Start the time of these leases again. Return the leases that this consumer still
        holds.
        """
        return await self._stream.renew(consumer, leases)

    async def leave(self, consumer: str, leases: Sequence[Ready] | None = None) -> None:
        """Give up these leases of the consumer; all its leases if `leases` is None.

        If a turn of a leased contact is running, the turn is repeated, and does not count as
        failed.
        """
        await self._stream.leave(consumer, leases, is_lost=False)

    async def bury(self, consumer: str) -> int:
        """End all leases of a consumer whose process has ended. Return their number."""
        return await self._stream.leave(consumer, None, is_lost=True)

    async def isolate(self, work: Work) -> None:
        """Record that the turn runs alone in this process.

        If the process ends before the turn, the turn counts as failed.

        Raises:
            LeaseLost: another worker handles the contact.
        """
        contact = work.ready.contact
        answer = await self._connection.script(
            scripts.ISOLATE, self._keys.prefix(contact), contact, work.token
        )
        _next(work, answer)

    async def acquit(self, work: Work) -> None:
        """Undo a failed try that was counted because this claim was lost, although this process is
        alive.
        """
        contact = work.ready.contact
        await self._connection.script(
            scripts.ACQUIT, self._keys.prefix(contact), contact, work.token
        )

    async def claim(self, ready: Ready, token: str, now: float, items: int = 1) -> Work | None:
        """Claim a contact.

        The claim contains up to `items` of the contact's oldest items. If the contact has no items,
        the claim contains the contact's oldest reply.

        `token` must be new for each claim. The contact's earlier claim ends: its calls raise
        `LeaseLost`. Return None if the contact has neither items nor replies, or if another
        consumer has recovered the contact. In both cases the lease has ended.
        """
        contact = ready.contact
        answer = await self._connection.script(
            scripts.CLAIM,
            self._keys.prefix(contact),
            *(contact, as_ms(now), ready.entry, ready.consumer, token, items),
        )
        if answer is None:
            return None
        session, fails, suspect, outgoing, *found = answer
        return Work(
            ready, token, session, found, fails, outgoing_of(outgoing), suspect > 0, suspect > 1
        )

    async def commit(self, work: Work, changes: Commit, now: float) -> Outgoing | None:
        """End the turn of a claim: apply all of `changes`, or nothing.

        Return the reply to send next, which must be settled afterwards. If there is nothing to
        send, end the lease and return None. `work.session` becomes the session after the turn.

        Raises:
            LeaseLost: another worker handles the contact; or this call repeats a successful commit
                after which there was nothing to send.
            ValueError: `handled` is not between 1 and the number of claimed items.
        """
        if not 1 <= changes.handled <= len(work.items):
            raise ValueError(
                f"`handled` is {changes.handled}; it must be 1 to {len(work.items)}, the number of"
                " claimed items"
            )
        contact = work.ready.contact
        answer = await self._connection.script(
            scripts.COMMIT,
            self._keys.prefix(contact),
            *(contact, as_ms(now), work.token, *commit_arguments(self._settings, work, changes)),
        )
        outgoing = _next(work, answer)
        work.session = changes.session
        if outgoing and not outgoing.id:  # An empty id means the first reply of `changes`.
            id, body = changes.outbox[0]
            return Outgoing(id, body)
        return outgoing

    async def postpone(self, work: Work, until: float, now: float, *, failed: bool = True) -> None:
        """Handle no item of the contact's inbox before `until`.

        If `failed`, count a failed turn.

        Replies are still sent. The lease ends.

        Raises:
            LeaseLost: another worker handles the contact, or the turn was committed.
        """
        contact = work.ready.contact
        answer = await self._connection.script(
            scripts.POSTPONE,
            self._keys.prefix(contact),
            *(contact, as_ms(now), work.token, as_ms(until), int(failed)),
        )
        _next(work, answer)

    async def settle(
        self, work: Work, outgoing: Outgoing, verdict: Verdict, now: float
    ) -> Outgoing | None:
        """Report the outcome of a reply.

        `work` is the claim that `commit` has updated. If the reply was sent or given up, and the
        contact's inbox is empty, return the next reply to send. Otherwise, or if there is no next
        reply, end the claim and return None.

        Raises:
            LeaseLost: another worker handles the contact. That worker will find out whether the
                reply was sent.
        """
        answer = await self._prefetching(
            scripts.SETTLE,
            *(work.ready.contact, as_ms(now), work.token, outgoing.id),
            *verdict_arguments(verdict),
            prefetcher=self.prefetcher,
            held=work,
        )
        return _next(work, answer)

    async def next_due(self) -> list[float | None]:
        """Return when the first timer of each shard is due, in Unix seconds; None for a shard
        without timers.
        """
        scores = await self._connection.script_of_shards(scripts.NEXT_DUE)
        return [None if score is None else float(score) / 1000 for score in scores]

    async def due(self, shard: int, now: float, limit: int = 100) -> tuple[int, float | None]:
        """Move the shard's due timers into the inboxes, each timer once.

        Return the number of moved timers (up to `limit`), and when the next timer is due.
        """
        moved, following = await self._connection.script(
            scripts.DUE,
            *(self._keys.prefixes[shard], as_ms(now), limit),
        )
        return moved, None if following is None else float(following) / 1000

    async def reserve(self, app_id: str, rate: float, now: float) -> float:
        """Reserve the time at which the app's next send may start, at up to `rate` per second.

        All processes share the rate. A reserved time that is not used is lost. A `rate` of 0 means
        no limit.
        """
        if rate <= 0:
            return now
        at = await self._connection.script(
            scripts.RESERVE,
            self._keys.rate(app_id),
            *(f"{now:.6f}", repr(1 / rate), RATE_MS),
        )
        return float(at)

    async def pace(self, contact: str, interval_s: float, burst: int, now: float) -> float | None:
        """Count a message to the contact, unless the message has to wait.

        The contact may be sent `burst` messages at once and then one per `interval_s` seconds.
        Return None if the message may be sent now. Otherwise return the time at which the message
        may be sent, and do not count the message.
        """
        (key,) = self._keys.of(contact, ("pace",))
        at = await self._connection.script(
            scripts.PACE, key, *(f"{now:.6f}", repr(interval_s), burst)
        )
        return None if at == b"ok" else float(at)

    async def record(self, work: Work, key: str, value: bytes) -> None:
        """Store a result in case this turn runs again. The turn's commit deletes the result.

        Raises:
            LeaseLost: another worker handles the contact.
        """
        answer = await self._connection.script(
            scripts.RECORD_ONCE,
            self._keys.prefix(work.ready.contact),
            *(work.ready.contact, work.token, key, value, ONCE_MS),
        )
        _next(work, answer)

    async def record_consent(
        self, identity: str, changes: Sequence[RecordedConsent], *, has_id: bool
    ) -> None:
        """Store changes of an identity's consent, unless newer changes are stored.

        `has_id` is True if the identity's contact has an id. The identity itself is not stored.
        """
        prefix, digest = self._keys.consent(identity)
        parts = [part for each in changes for part in (each.purpose, each.to, as_ms(each.at))]
        await self._connection.script(scripts.RECORD_CONSENT, prefix, digest, CONSENT_MS, *parts)
        kind, at = "id" if has_id else "identity", max(as_ms(each.at) for each in changes)
        await self._connection.command("HSET", self._keys.consent_changes, kind, at)

    async def recorded(self, work: Work, key: str) -> bytes | None:
        """Return the result that an earlier run of this turn has recorded under `key`; None if
        there is none.
        """
        (once,) = self._keys.of(work.ready.contact, ("once",))
        found: bytes | None = await self._connection.command("HGET", once, key)
        return found

    async def _prefetching(
        self,
        script: Script,
        contact: str,
        *args: Any,
        prefetcher: Prefetcher | None,
        only_item: bytes | None = None,
        held: Work | None = None,
    ) -> Any:
        """Run a script that may prefetch a contact.

        If the script prefetches a contact, deliver the contact to the prefetcher, and return None.
        Otherwise return the script's result.
        """
        prefix = self._keys.prefix(contact)
        prefetch = prefetcher.request_prefetch(held.ready if held else None) if prefetcher else None
        if prefetcher is None or prefetch is None:
            return await self._connection.script(script, prefix, contact, *args)
        found: Work | Ready | None = None
        try:
            answer = await self._connection.script(
                script,
                *(prefix, contact, *args),
                *(prefetch.consumer, prefetch.token, prefetch.max_items),
                int(self._stream.is_empty),
            )
            if not isinstance(answer, list) or answer[0] != b"prefetched":
                return answer
            found = _prefetched(answer, prefetch, self._keys.shard(contact), only_item, held)
            return None
        finally:
            prefetcher.deliver_prefetch(prefetch, found)


def _prefetched(
    answer: list[Any], prefetch: Prefetch, shard: int, only_item: bytes | None, held: Work | None
) -> Work | Ready:
    """Decode the contact that a script has prefetched.

    If the new claim continues an earlier claim, `held` is the earlier claim. In this case the
    script returns no session. The session of `held` is used, because it has not changed since.
    """
    _, entry, name, *claim = answer
    ready = Ready(name.decode(), shard, entry.decode(), prefetch.consumer)
    if not claim:
        return ready
    session, fails, suspect, *items = claim
    session = held.session if held else session
    return Work(
        ready, prefetch.token, session, items or [only_item], fails, None, suspect > 0, suspect > 1
    )


def _next(work: Work, answer: Any) -> Outgoing | None:
    if answer == b"lost":
        raise LeaseLost(
            f"The lease {work.ready.entry} of shard {work.ready.shard} has ended: another worker"
            " handles the contact, or this call repeats a call that has succeeded."
        )
    return None if answer == b"done" else outgoing_of(answer)
