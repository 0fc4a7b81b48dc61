"""Random interleavings of two workers, timers, lost leases, lost answers and operators.

After each step the invariant of `scripts/prelude.lua` is checked on the raw keys, and everything
else against a model. At the end all work is done: each accepted item must have been handled exactly
once, each reply must have been sent in order, and no work may remain.
"""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from random import Random

import pytest

from bot.errors import LeaseLost
from bot.settings import Settings
from bot.store import (
    Commit,
    Dead,
    DueTimer,
    Hold,
    Outgoing,
    Overtake,
    Prefetch,
    Ready,
    Retry,
    Sent,
    Store,
    Unknown,
    Verdict,
    Work,
)
from tests.support.store_model import Contact, Snapshot, check_invariant, snapshot

CONTACTS, WORKERS, TIMERS = ["ann", "bob"], ["w1", "w2"], ["close", "remind"]
STEPS = 300


@dataclass
class Claim:
    """A claim, valid or not."""

    work: Work
    outgoing: Outgoing | None
    committed: Commit | None = None


class OnePrefetch:
    """A prefetcher with room for one contact."""

    def __init__(self, prefetch: Prefetch) -> None:
        self.prefetch = prefetch
        self.found: Work | Ready | None = None

    def request_prefetch(self, held: Ready | None = None) -> Prefetch:
        return self.prefetch

    def deliver_prefetch(self, prefetch: Prefetch, found: Work | Ready | None) -> None:
        assert prefetch is self.prefetch
        self.found = found


class Walk:
    def __init__(self, store: Store, seed: int) -> None:
        self.store = store
        self.random = Random(seed)
        self.now = 1_700_000_000.0
        self.numbers = count()
        self.model: dict[str, Contact] = defaultdict(Contact)
        self.leases: list[Ready] = []
        self.consumers: dict[str, str] = {}  # by entry, the last holder
        self.claims: list[Claim] = []
        self.accepted: set[bytes] = set()
        self.handled: Counter[bytes] = Counter()
        self.trail: list[str] = []

    async def step(self) -> None:
        steps: dict[Callable[[], Awaitable[None]], int] = {
            self.accept: 12,
            self.accept_and_prefetch: 6,
            self.accept_a_repeat: 2,
            self.fetch: 16,
            self.recover: 3,
            self.isolate: 3,
            self.leave: 1,
            self.bury: 1,
            self.claim_late: 4,
            self.commit: 16,
            self.repeat_a_commit: 3,
            self.postpone: 4,
            self.settle: 24,
            self.let_time_pass: 12,
            self.look_after_a_dead_letter: 3,
            self.forget: 1,
        }
        [act] = self.random.choices(list(steps), list(steps.values()))
        self.trail.append(act.__name__)
        await act()
        await self.check()

    # Parts of a step

    def new(self, kind: str) -> str:
        return f"{kind}{next(self.numbers)}"

    def new_item(self) -> bytes:
        return self.new("item").encode()

    def one_in(self, number: int) -> bool:
        return self.random.randrange(number) == 0

    async def look(self) -> Snapshot:
        return await snapshot(self.store, CONTACTS)

    def holder(self, claim: Claim) -> Contact:
        return self.model[claim.work.ready.contact]

    def pick(self, claims: list[Claim]) -> Claim | None:
        """Pick a claim: usually one that is valid, sometimes one that has lost its lease."""
        live = [claim for claim in claims if self.holder(claim).token == claim.work.token]
        late = [claim for claim in claims if claim not in live]
        those = late if self.one_in(8) else live
        return self.random.choice(those) if those else None

    async def is_lost(self, call: Awaitable[object]) -> None:
        """Check that a call of a claim that has ended is refused and changes nothing."""
        before = await self.look()
        with pytest.raises(LeaseLost):
            await call
        assert await self.look() == before

    # Steps

    async def accept(self) -> None:
        name, item = self.random.choice(CONTACTS), self.new_item()
        assert await self.store.queue.accept(name, item, item.decode(), self.now)
        self.accepted.add(item)
        self.model[name].inbox.append(item)
        self.model[name].seen.append(item.decode())

    def prefetches(self, worker: str) -> OnePrefetch:
        """Let the next call prefetch for this worker."""
        token = self.new("token")
        prefetch = Prefetch(worker, token, self.random.randint(1, 3), self.now)
        self.store.queue.prefetcher = prefetcher = OnePrefetch(prefetch)
        return prefetcher

    async def accept_and_prefetch(self) -> None:
        name, item = self.random.choice(CONTACTS), self.new_item()
        prefetcher = self.prefetches(self.random.choice(WORKERS))
        assert await self.store.queue.accept(name, item, item.decode(), self.now)
        if self.one_in(3):  # as after a lost answer
            before, was = await self.look(), prefetcher.found
            again = await self.store.queue.accept(name, item, item.decode(), self.now)
            assert again == isinstance(was, Work)
            assert prefetcher.found == (was if again else None)
            assert await self.look() == before
        self.accepted.add(item)
        self.model[name].inbox.append(item)
        self.model[name].seen.append(item.decode())
        await self.prefetched(name, prefetcher)

    async def prefetched(self, name: str, prefetcher: OnePrefetch) -> None:
        """Apply what was prefetched when `name` became ready."""
        self.store.queue.prefetcher = None
        if isinstance(prefetcher.found, Ready):
            assert prefetcher.found.contact != name
            self.got([prefetcher.found])
            await self.claim(prefetcher.found)
        elif prefetcher.found:
            assert prefetcher.found.ready.contact == name
            self.got([prefetcher.found.ready])
            self.model[name].claimed(prefetcher.found, prefetcher.prefetch.max_items)
            self.claims.append(Claim(prefetcher.found, None))

    async def accept_a_repeat(self) -> None:
        name = self.random.choice(CONTACTS)
        if seen := self.model[name].seen:
            id = self.random.choice(seen)
            assert not await self.store.queue.accept(name, id.encode(), id, self.now)

    async def fetch(self) -> None:
        leases = await self.store.queue.ready(self.random.choice(WORKERS), 10, None)
        self.got(leases)
        for lease in leases:
            if not self.one_in(10):  # otherwise the worker dies before it claims
                await self.claim(lease)

    async def recover(self) -> None:
        """Recover all leases, as if they had expired."""
        leases = await self.store.queue.recover(self.random.choice(WORKERS), 0.0, 10)
        self.got(leases)
        for lease in leases:
            if self.one_in(2):
                await self.claim(lease)

    async def isolate(self) -> None:
        claim = self.pick([c for c in self.claims if c.work.items])
        if not claim:
            return
        contact, call = self.holder(claim), self.store.queue.isolate(claim.work)
        if contact.token == claim.work.token and contact.in_turn:
            await call
            contact.is_alone = True
        else:
            await self.is_lost(call)

    async def leave(self) -> None:
        """Let a worker stop and return its leases."""
        worker = self.random.choice(WORKERS)
        held = await self.held_by(worker)
        await self.store.queue.leave(worker)
        for name in held:
            self.model[name].given_back()

    async def bury(self) -> None:
        """Let a worker die, and record its death."""
        worker = self.random.choice(WORKERS)
        held = await self.held_by(worker)
        await self.store.queue.bury(worker)
        for name in held:
            self.model[name].lost()

    async def held_by(self, worker: str) -> list[str]:
        found = await self.look()
        return [
            name
            for name in CONTACTS
            if found.contacts[name].work.get(b"ready", b"") in found.pending
            and self.consumers.get(found.contacts[name].work[b"ready"].decode()) == worker
        ]

    def got(self, leases: list[Ready]) -> None:
        self.leases += leases
        self.consumers.update({lease.entry: lease.consumer for lease in leases})

    async def claim_late(self) -> None:
        if self.leases:
            await self.claim(self.random.choice(self.leases[-4:]))

    async def claim(self, lease: Ready) -> None:
        items, before, token = self.random.randint(1, 2), await self.look(), self.new("token")
        work = await self.store.queue.claim(lease, token, self.now, items)
        if work and self.one_in(4):  # as after a lost answer
            self.model[lease.contact].claimed(work, items)
            work = await self.store.queue.claim(lease, token, self.now, items)
        if work:
            assert self.consumers[lease.entry] == lease.consumer
            self.model[lease.contact].claimed(work, items)
            self.claims.append(Claim(work, work.outgoing))
        else:
            assert await self.look() == before

    def some_changes(self, claimed: int) -> Commit:
        choose = self.random.choice
        timer = DueTimer(choose(TIMERS), self.now + choose([0, 5, 15, 40]), self.new_item())
        return Commit(
            session=choose([None, b"{}"]),
            handled=self.random.randint(1, claimed),
            outbox=[(self.new("reply"), b"{}") for _ in range(choose([0, 1, 1, 2, 3]))],
            clear_outbox=self.one_in(4),
            end_hold=self.one_in(3),
            timers_cancelled=[choose(TIMERS)] if self.one_in(4) else [],
            timers_set=[timer] if self.one_in(3) else [],
            dead=b"letter" if self.one_in(6) else None,
        )

    async def commit(self) -> None:
        claim = self.pick([c for c in self.claims if c.work.items and not c.committed])
        if not claim:
            return
        changes, contact = self.some_changes(len(claim.work.items)), self.holder(claim)
        call = self.store.queue.commit(claim.work, changes, self.now)
        if contact.token != claim.work.token:
            await self.is_lost(call)
            return
        claim.outgoing, claim.committed = await call, changes
        self.handled.update(contact.committed(changes))
        contact.sending(claim.outgoing)

    async def repeat_a_commit(self) -> None:
        """Repeat a commit, as after a lost answer."""
        claim = self.pick([c for c in self.claims if c.committed])
        if not claim or not claim.committed:
            return
        call = self.store.queue.commit(claim.work, claim.committed, self.now)
        if self.holder(claim).token == claim.work.token:
            claim.outgoing = await call
            self.holder(claim).sending(claim.outgoing)
        else:
            await self.is_lost(call)

    async def postpone(self) -> None:
        claim = self.pick([c for c in self.claims if c.work.items])
        if not claim:
            return
        contact = self.holder(claim)
        until = self.now + self.random.choice([0, 10, 40])
        call = self.store.queue.postpone(claim.work, until, self.now)
        if contact.token == claim.work.token and contact.in_turn:
            await call
            contact.postponed()
        else:
            await self.is_lost(call)

    async def settle(self) -> None:
        claim = self.pick([c for c in self.claims if c.outgoing])
        if not claim or not claim.outgoing:
            return
        reply, contact = claim.outgoing, self.holder(claim)
        verdict = self.some_verdict(contact.outbox[1:])
        call = self.store.queue.settle(claim.work, reply, verdict, self.now)
        if contact.token != claim.work.token:
            await self.is_lost(call)
            return
        prefetcher = self.prefetches(claim.work.ready.consumer) if self.one_in(2) else None
        claim.outgoing = await call
        self.accepted.update(contact.settled(reply.id, verdict))
        contact.sending(claim.outgoing)
        if (
            prefetcher and isinstance(prefetcher.found, Work) and self.one_in(2)
        ):  # as after a lost answer
            was = prefetcher.found
            assert await self.store.queue.settle(claim.work, reply, verdict, self.now) is None
            assert prefetcher.found == was
        if prefetcher:
            await self.prefetched(claim.work.ready.contact, prefetcher)
        if claim.outgoing and contact.inbox:
            keys = (await self.look()).contacts[claim.work.ready.contact]
            assert b"wait" in keys.work, "turns come before sends"
        if claim.outgoing and self.one_in(3):  # as after a lost answer
            claim.outgoing = await self.store.queue.settle(claim.work, reply, verdict, self.now)
            contact.sending(claim.outgoing)

    def some_verdict(self, later: list[str]) -> Verdict:
        until = self.now + self.random.choice([0, 5, 20])
        failed = self.new_item() if self.one_in(2) else None
        verdicts: list[Verdict] = [Sent(), Sent(), Retry(until), Unknown(until), Hold(until)]
        verdicts += [Overtake(self.random.choice(later))] if later else []
        return self.random.choice([*verdicts, Dead(b"letter", failed)])

    async def let_time_pass(self) -> None:
        self.now += self.random.choice([0, 3, 10])
        limit = self.random.randint(1, 3)
        taken, following = await self.store.queue.due(0, self.now, limit)
        assert taken == limit or following is None or following > self.now
        for name in CONTACTS:
            left = {timer.name for timer in await self.store.reader.timers(name)}
            self.accepted.update(self.model[name].fired(left))

    async def look_after_a_dead_letter(self) -> None:
        letters = [letter async for letter in self.store.admin.dead_letters()]
        if not letters:
            return
        letter, drop = self.random.choice(letters), self.one_in(4)
        act = self.store.admin.drop_dead if drop else self.store.admin.retry_dead
        assert await act(letter.id)
        assert not await act(letter.id)
        if not drop:
            self.model[letter.contact].retried(letter)
            self.handled.subtract(letter.items)

    async def forget(self) -> None:
        name = self.random.choice(CONTACTS)
        await self.store.admin.forget(name)
        forgotten = self.model.pop(name, Contact())
        self.accepted.difference_update(forgotten.inbox)

    # Invariants

    async def check(self) -> None:
        found = await self.look()
        check_invariant(found)
        for name in CONTACTS:
            contact, keys = self.model[name], found.contacts[name]
            assert keys.inbox == contact.inbox
            assert [Outgoing.of(entry).id for entry in keys.outbox] == contact.outbox
            assert keys.session == contact.session
            assert {name.decode(): item for name, item in keys.timers.items()} == {
                name: timer.item for name, timer in contact.timers.items()
            }
            assert keys.work.get(b"token", b"").decode() == (contact.token or "")

    async def finish(self) -> None:
        """Finish all work with one worker that never fails."""
        expected = {name: list(self.model[name].outbox) for name in CONTACTS}
        for contact in self.model.values():
            self.accepted.update(timer.item for timer in contact.timers.values())
        sent: dict[str, list[str]] = {name: [] for name in CONTACTS}
        leases = await self.store.queue.recover("last", 0.0, 10)
        leases += await self.store.queue.ready("last", 10, None)
        taken, following = await self.store.queue.due(0, self.now, 10)
        while leases or taken or following:
            for lease in leases:
                if work := await self.store.queue.claim(lease, self.new("token"), self.now, 10):
                    await self.do(work, sent[lease.contact])
            self.now += 100
            taken, following = await self.store.queue.due(0, self.now, 10)
            leases = await self.store.queue.ready("last", 10, None)
        assert sent == expected
        assert {self.handled[item] for item in self.accepted} <= {1}
        left = await self.look()
        assert (left.live, left.pending, left.timers) == ({}, set(), {})
        for name in CONTACTS:
            keys = left.contacts[name]
            assert (keys.work, keys.inbox, keys.outbox, keys.timers) == ({}, [], [], {})

    async def do(self, work: Work, sent: list[str]) -> None:
        reply = work.outgoing
        if work.items:
            self.handled.update(work.items)
            done = Commit(session=None, handled=len(work.items))
            reply = await self.store.queue.commit(work, done, self.now)
        while reply:
            sent.append(reply.id)
            reply = await self.store.queue.settle(work, reply, Sent(), self.now)


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_happens_nothing_is_lost_or_done_twice(
    redis_url: str, namespace: str, seed: int
) -> None:
    store = await Store.open(Settings(redis_url=redis_url, namespace=namespace, shards=1))
    walk = Walk(store, seed)

    try:
        for _ in range(STEPS):
            await walk.step()
        await walk.finish()
    except AssertionError as error:
        error.add_note(f"after {len(walk.trail)} steps, the last: {walk.trail[-10:]}")
        raise
    finally:
        await store.close()
