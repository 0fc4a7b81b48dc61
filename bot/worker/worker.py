"""The worker: takes ready contacts, one lease each, runs their turns and sends their replies.

    ready -> claim -> turn -> commit -> send -> settle -> … -> released

All of a contact's work goes through one lease, so its turns and its replies keep their order
whatever the number of processes. A worker that dies loses its leases to the others; whatever it
had not committed is done again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import count
from typing import TypeVar

from bot.clock import Clock, NewId
from bot.contact import session
from bot.contact.session import Session
from bot.errors import LeaseLost, StoreError
from bot.outbox.outbox import Outbox
from bot.settings import Settings
from bot.store import Outgoing, Prefetch, Ready, Store, Work
from bot.telemetry import metrics
from bot.telemetry.logs import about
from bot.telemetry.redaction import Pseudonyms
from bot.worker.runner import Result, Runner

logger = logging.getLogger(__name__)

T = TypeVar("T")

BLOCK_S = 1.0
"""How long one read for ready contacts waits: a worker told to stop notices within this time."""

END_S = 5.0
"""How long tasks may take to end when they are cancelled."""

TIMERS_AT_ONCE = 100

MAX_ITEMS = 50
"""Inbox items a claim looks at: as many can be one burst."""


class Worker:
    """One process's share of the work; `name` is unique among processes.

    `after_turn`, where it is set, is called with the contact's key after each turn, committed or
    put off.
    """

    def __init__(
        self,
        store: Store,
        runner: Runner,
        outbox: Outbox,
        settings: Settings,
        clock: Clock,
        new_id: NewId,
        name: str,
    ) -> None:
        self._store = store
        self._runner = runner
        self._outbox = outbox
        self._settings = settings
        self._clock = clock
        first = new_id(clock.now())
        self._tokens = (f"{first}-{number}" for number in count())
        self._name = name
        self._pseudonyms = Pseudonyms(settings.key_secret)
        self._held: dict[asyncio.Task[None], Ready] = {}
        self._fresh: dict[Ready, tuple[str, float]] = {}
        """The last claim's token, and since when the lease surely runs."""
        self._prefetches = 0
        self._is_running = False
        self._abandoned: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(settings.concurrency)
        self.after_turn: Callable[[str], None] | None = None

    async def work(self, ready: Ready, taken: Work | None = None) -> None:
        """Do what one contact has to do, then let go of it; `taken` is its claim, where it has one.

        A lease lost on the way is no fault: another worker does the work.

        Raises:
            StoreError: the store failed; what isn't committed is done again later.
        """
        token = taken.token if taken else next(self._tokens)
        with about(contact=self._pseudonyms.of(ready.contact)):
            try:
                await self._work(taken or await self._claim(ready, token))
            except LeaseLost:
                metrics.leases_lost.inc()
                logger.info("Another worker took the contact over", extra={"action": "lease_lost"})
            finally:
                if self._fresh.get(ready, ("",))[0] == token:
                    del self._fresh[ready]

    async def _claim(self, ready: Ready, token: str) -> Work | None:
        now = self._clock.now()
        self._fresh[ready] = token, now
        return await self._surely(
            ready,
            token,
            lambda: self._store.queue.claim(ready, token, self._clock.now(), MAX_ITEMS),
        )

    async def _work(self, work: Work | None) -> None:
        if work is None:
            return
        ready, token = work.ready, work.token
        kept, outgoing = await self._turn(work)
        while outgoing is not None:
            verdict = await self._outbox.send(outgoing, kept, lambda: self._is_ours(ready, token))
            settle = partial(self._store.queue.settle, work, outgoing, verdict, self._clock.now())
            outgoing = await self._surely(ready, token, settle)

    def request_prefetch(self) -> Prefetch | None:
        """Implement `Prefetcher`: ask for one contact if there is room for it."""
        if len(self._held) + self._prefetches >= self._settings.concurrency:
            return None  # Those that wait for a slot are held, too.
        self._prefetches += 1
        return Prefetch(self._name, next(self._tokens), MAX_ITEMS, self._clock.now())

    def deliver_prefetch(self, prefetch: Prefetch, found: Work | Ready | None) -> None:
        """Implement `Prefetcher`: work on what was found."""
        self._prefetches -= 1
        if isinstance(found, Ready):
            self._hold(found)
        elif found:
            self._hold(found.ready, found)
            self._fresh[found.ready] = prefetch.token, prefetch.at

    async def drain(self) -> None:
        """Do everything there is to do now, one contact after the other; for tests and commands."""
        while True:
            await self.fire_timers()
            ready = await self._store.queue.ready(self._name, 100, None)
            if not ready:
                return
            for each in ready:
                await self.work(each)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish what is under way within the grace period."""
        self._is_running = True
        helpers = [
            asyncio.create_task(self._again(each, every_s, stop))
            for each, every_s in (
                (self._renew, self._settings.lease_s / 3),
                (self._recover, self._settings.lease_s / 3),
                (self.fire_timers, 1.0),
            )
        ]
        self._store.queue.prefetcher = self
        try:
            await self._take(stop)
            self._store.queue.prefetcher = None
            if self._held:
                await asyncio.wait(self._held, timeout=self._settings.grace_s)
        finally:
            self._store.queue.prefetcher = None
            rest = [*helpers, *self._held, *self._abandoned]
            for task in rest:
                task.cancel()
            _, endless = await asyncio.wait(rest, timeout=END_S)
            self._abandoned |= endless

    async def fire_timers(self) -> float | None:
        """Turn timers that are due into inbox items; when the next one is due, in Unix seconds."""
        dues: list[float] = []
        for shard in range(self._settings.shards):
            moved = TIMERS_AT_ONCE
            while moved >= TIMERS_AT_ONCE:
                moved, due = await self._store.queue.due(shard, self._clock.now(), TIMERS_AT_ONCE)
                metrics.timers.inc(moved)
            if due is not None:
                dues.append(due)
        return min(dues, default=None)

    async def _turn(self, work: Work) -> tuple[Session | None, Outgoing | None]:
        """Run the contact's turn if it has one to run; else there is only something to send."""
        if not work.items:
            kept = session.decode(work.session) if work.session else None
            return kept, work.outgoing
        try:
            result = await self._runner.run(work)
        except StoreError:
            # It isn't the turn that failed: the store is away, or another release wrote a session
            # that this one can't read.
            later = Result(None, None, self._clock.now() + self._settings.lease_s)
            await self._surely(work.ready, work.token, lambda: self._keep(work, later))
            raise
        outgoing = await self._surely(work.ready, work.token, lambda: self._keep(work, result))
        if self.after_turn:
            self.after_turn(work.ready.contact)
        return result.session, outgoing

    async def _keep(self, work: Work, result: Result) -> Outgoing | None:
        now = self._clock.now()
        if result.commit is not None:
            return await self._store.queue.commit(work, result.commit, now)
        await self._store.queue.postpone(work, result.run_at, now, failed=result.failed)
        return None

    async def _surely(self, ready: Ready, token: str, verb: Callable[[], Awaitable[T]]) -> T:
        """What a verb of this claim gives, which is repeated while the store is away for a moment:
        else a turn that has run would run again, and a claim that was done look like a death.
        """
        end = self._clock.now() + self._settings.lease_s
        while True:
            try:
                return await verb()
            except LeaseLost:
                raise
            except StoreError as exc:
                may_go_on = self._is_running and self._is_ours(ready, token)
                if not may_go_on or self._clock.now() >= end:
                    raise
                _tell_away(exc)
            await self._clock.sleep(BLOCK_S)

    def _is_ours(self, ready: Ready, token: str) -> bool:
        """Whether the lease can't have run out, however long this process has stood still, and this
        is its last claim.
        """
        if not self._is_running:
            return True  # A drain renews nothing, and nobody else is at work.
        last, since = self._fresh.get(ready, ("", 0.0))
        return last == token and self._clock.now() - since < self._settings.lease_s

    async def _take(self, stop: asyncio.Event) -> None:
        """Hand ready contacts to tasks, as many at once as the settings say."""
        while not stop.is_set():
            await self._slots.acquire()
            self._slots.release()
            free = self._settings.concurrency - len(self._held)
            try:
                ready = await self._store.queue.ready(self._name, max(1, free), BLOCK_S)
            except StoreError as exc:
                _tell_away(exc)
                await self._clock.sleep(BLOCK_S)
                continue
            for each in ready:
                self._hold(each)

    def _hold(self, ready: Ready, taken: Work | None = None) -> None:
        self._fresh.pop(ready, None)  # Whoever had this lease here has lost it.
        task = asyncio.create_task(self._work_in_slot(ready, taken))
        self._held[task] = ready
        task.add_done_callback(self._let_go)

    def _let_go(self, task: asyncio.Task[None]) -> None:
        self._held.pop(task, None)

    async def _work_in_slot(self, ready: Ready, taken: Work | None) -> None:
        await self._slots.acquire()
        try:
            await self.work(ready, taken)
        except StoreError as exc:
            _tell_away(exc)
        except Exception:
            # The contact's lease runs out and the work is done again; the others go on.
            logger.exception("Work failed", extra={"action": "work_failed"})
        finally:
            if asyncio.current_task() not in self._abandoned:
                self._slots.release()

    @property
    def contacts(self) -> int:
        """How many contacts are being worked on."""
        return len(self._held)

    @property
    def has_abandoned(self) -> bool:
        """Whether there are turns that nothing but the end of the process can end."""
        return bool(self._abandoned)

    def _abandon(self) -> None:
        """Let go of turns that don't end: others take their contacts over when the leases run out.

        Whatever such a turn does later comes to nothing, since its lease is lost.
        """
        for task, ready in list(self._held.items()):
            if where := self._runner.overdue(ready.contact):
                logger.error(
                    "A turn does not end at its time limit; it must let itself be cancelled",
                    extra={"action": "abandoned", **where},
                )
                task.cancel()
                self._abandoned.add(task)
                task.add_done_callback(self._abandoned.discard)
                self._let_go(task)
                self._slots.release()

    async def _renew(self) -> None:
        self._abandon()
        asked_at = self._clock.now()
        for lease in await self._store.queue.renew(self._name, list(self._held.values())):
            if lease in self._fresh:
                self._fresh[lease] = self._fresh[lease][0], asked_at

    async def _recover(self) -> None:
        free = self._settings.concurrency - len(self._held)
        if free > 0:
            for each in await self._store.queue.recover(self._name, self._settings.lease_s, free):
                logger.info("Took over a contact left behind", extra={"action": "recovered"})
                self._hold(each)

    async def _again(
        self, act: Callable[[], Awaitable[object]], every_s: float, stop: asyncio.Event
    ) -> None:
        """Act now and again until told to stop; renewing goes on until the last lease is let go."""
        while not stop.is_set() or act == self._renew:
            try:
                await act()
            except StoreError as exc:
                _tell_away(exc)
            except Exception:
                # Without this one act nothing would be renewed, recovered or on time any more.
                logger.exception("A duty of the worker failed", extra={"action": "duty_failed"})
            await self._clock.sleep(every_s)


def _tell_away(exc: StoreError) -> None:
    logger.warning("The store is away: %s", exc, extra={"action": "store_away"})
