"""The worker: leases ready contacts, runs their turns and sends their replies.

    ready -> claim -> turn -> commit -> send -> settle -> … -> released

A contact has one lease at a time, so its turns and replies keep their order with any number of
processes. If a worker dies, other workers take over its leases and repeat its uncommitted turns. A
worker that stops returns its leases. `docs/guarantees.md` describes which turn counts as failed if
a worker dies.
"""

import asyncio
import contextlib
import logging
import math
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import count

from bot.contact import session
from bot.contact.session import Session
from bot.errors import LeaseLost, StoreError, UnreadableSession
from bot.outbox.backoff import backoff_s
from bot.outbox.outbox import Outbox
from bot.runtime import Runtime
from bot.store import Commit, Outgoing, Prefetch, Ready, Work
from bot.telemetry import metrics
from bot.telemetry.logs import about
from bot.telemetry.redaction import Pseudonyms
from bot.worker import dropped
from bot.worker.commit import Result
from bot.worker.runner import Runner
from bot.worker.store_retry import log_away
from bot.worker.turn_gate import TurnGate

logger = logging.getLogger(__name__)

BLOCK_S = 1.0
"""Maximum duration of one read for ready contacts, in seconds. A stop waits for the read to end."""

REFRESH_S = 5.0
"""Seconds between two checks for consent changes of any contact, and for switched-off flows.
"""

END_S = 5.0
"""Seconds in which canceled tasks have to end."""

TIMERS_BATCH_SIZE = 100

_NO_CLAIM = ("", -math.inf)

MAX_ITEMS = 50
"""Maximum number of inbox items in a claim, and so also in a burst."""


class Worker:
    """The worker of one process: it runs turns and sends replies. `name` is unique among all
    processes.

    If `after_turn` is set, it is called after each turn with the contact's key and the commit. The
    commit is None if the turn was postponed.
    """

    def __init__(self, runtime: Runtime, runner: Runner, outbox: Outbox, name: str) -> None:
        self._store = runtime.store
        self._queue = runtime.store.queue
        self._settings = settings = runtime.settings
        self._clock = runtime.clock
        self._runner = runner
        self._outbox = outbox
        first = runtime.new_id(runtime.clock.now())
        self._tokens = (f"{first}-{number}" for number in count())
        self._name = name
        self._pseudonyms = Pseudonyms(settings.key_secret)
        self._held: dict[asyncio.Task[None], Ready] = {}
        self._turns: dict[asyncio.Task[None], Work] = {}
        self._lease_started: dict[Ready, tuple[str, float]] = {}
        """The token of each contact's last claim, and a time of the monotonic clock.

        The contact's lease began at this time or later.
        """
        self._reserved: set[str] = set()
        """The tokens of requested prefetches that would lease one more contact."""
        self._stop = asyncio.Event()
        self._retry = runner.retry
        self._gate = TurnGate()
        self._abandoned: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._without_slot: set[asyncio.Task[None]] = set()
        self.after_turn: Callable[[str, Commit | None], None] | None = None

    async def work(self, ready: Ready, claimed: Work | None = None) -> None:
        """Run the contact's turn if there is one, send its replies, and release the contact.

        `claimed` is the contact's claim if the contact was prefetched. If the lease is lost
        meanwhile, another worker continues.

        Raises:
            StoreError: the store failed. Uncommitted work is repeated later.
        """
        token = claimed.token if claimed else next(self._tokens)
        work = claimed
        with about(contact=self._pseudonyms.of(ready.contact)):
            try:
                if work is None and not self._gate.is_open:
                    await self._gate.until_open()  # or a waiting turn becomes suspect
                work = work or await self._claim(ready, token)
                if work is not None:
                    await self._turn_and_sends(work)
            except LeaseLost:
                metrics.leases_lost.inc()
                logger.info("Another worker took the contact over", extra={"action": "lease_lost"})
                if work is not None and work.is_suspect:
                    suspect = work
                    await self._retry(lambda: self._queue.acquit(suspect))
            finally:
                if self._lease_started.get(ready, ("",))[0] == token:
                    del self._lease_started[ready]

    async def _claim(self, ready: Ready, token: str) -> Work | None:
        self._lease_started[ready] = token, self._clock.monotonic()
        return await self._retry(
            lambda: self._queue.claim(ready, token, self._clock.now(), MAX_ITEMS)
        )

    async def _turn_and_sends(self, work: Work) -> None:
        if work.items:
            known, outgoing = await self._turn(work)
        else:
            known, outgoing = _readable(work.session), work.outgoing
        await self._sends(work, known, outgoing)

    async def _sends(self, work: Work, known: Session | None, outgoing: Outgoing | None) -> None:
        ready, token = work.ready, work.token
        while outgoing is not None:
            if not self._lease_is_valid(ready, token):
                # The store was unavailable for a long time, and has just accepted a call of this
                # claim.
                await self._retry(partial(self._renew_leases, [ready]))
            verdict = await self._outbox.send(
                outgoing,
                known,
                lambda: self._lease_is_valid(ready, token),
                self._queue.epoch(ready),
            )
            settle = partial(self._queue.settle, work, outgoing, verdict, self._clock.now())
            outgoing = await self._retry(settle)

    async def _turn(self, work: Work) -> tuple[Session | None, Outgoing | None]:
        """Run the contact's turn when the gate allows it.

        Return the contact's session and the next reply to send.
        """
        task = asyncio.current_task()
        assert task is not None, "a turn must run in a task"
        is_given_up = work.fails >= self._settings.turn_attempts
        if work.must_wait and not is_given_up:
            # Other contacts of the lost process get their turns before this turn can end a process
            # again.
            pause_s = backoff_s(self._settings, work.ready.contact, work.fails - 1)
            await self._end_turn(work, Result(None, None, self._clock.now() + pause_s))
            return None, None
        try:
            if work.is_suspect and not is_given_up:
                self._free_slot(task)  # Other contacts need not wait behind suspect turns.
                await self._gate.enter_alone(task)
                await self._retry(lambda: self._queue.isolate(work))
            else:
                await self._gate.enter(task)
            self._turns[task] = work
            return await self._run_turn(work)
        finally:
            self._turns.pop(task, None)
            self._gate.leave(task)

    async def _run_turn(self, work: Work) -> tuple[Session | None, Outgoing | None]:
        try:
            result = await self._runner.run(work)
            if asyncio.current_task() in self._abandoned:
                raise LeaseLost("The turn was aborted before it ended.")
            outgoing = await self._end_turn(work, result)
        except LeaseLost:
            raise
        except StoreError:
            # The turn itself did not fail. The store is unavailable or rejects the commit, or
            # another release wrote a session that this one cannot read.
            later = Result(None, None, self._clock.now() + self._settings.lease_s)
            await self._end_turn(work, later)
            raise
        if self.after_turn:
            self.after_turn(work.ready.contact, result.commit)
        return result.session, outgoing

    async def _end_turn(self, work: Work, result: Result) -> Outgoing | None:
        """Commit or postpone the turn. Return the next reply to send."""

        async def end() -> Outgoing | None:
            now = self._clock.now()
            if result.commit is not None:
                outgoing = await self._queue.commit(work, result.commit, now)
                if result.dropped:
                    await dropped.note(self._store, work.ready.contact, result.dropped)
                return outgoing
            await self._queue.postpone(work, result.run_at, now, failed=result.failed)
            return None

        return await self._retry(end)

    def request_prefetch(self, held: Ready | None = None) -> Prefetch | None:
        """Implements `Prefetcher`: requests one contact if the worker has room for it."""
        if len(self._held) + len(self._reserved) >= self._settings.concurrency:
            return None  # Contacts that wait for a slot are leased and count, too.
        if not self._gate.is_open or self._stop.is_set():
            return None
        token = next(self._tokens)
        if held:  # The task of this lease ends, so the prefetched contact takes its place.
            at = self._lease_started.get(held, _NO_CLAIM)[1]
        else:
            at = self._clock.monotonic()
            self._reserved.add(token)
        return Prefetch(self._name, token, MAX_ITEMS, at)

    def deliver_prefetch(self, prefetch: Prefetch, found: Work | Ready | None) -> None:
        """Implements `Prefetcher`: handles the prefetched contact."""
        self._reserved.discard(prefetch.token)
        if isinstance(found, Ready):
            self._hold(found)
        elif found:
            self._hold(found.ready, found)
            self._lease_started[found.ready] = prefetch.token, prefetch.at

    async def drain(self) -> None:
        """Work on all ready contacts, one after another. This method is for tests and commands."""
        while True:
            await self.fire_timers()
            await self._refresh()
            ready = await self._queue.ready(self._name, 100, None)
            if not ready:
                return
            for each in ready:
                await self.work(each)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish the active turns within the grace period.

        After `stop` the worker takes no new contacts. The worker returns the leases of unfinished
        contacts.
        """
        self._stop = stop
        self._retry.is_on = True
        helpers = [
            asyncio.create_task(self._run_every(each, every_s, stop))
            for each, every_s in (
                (self._renew, self._settings.lease_s / 3),
                (self._recover, self._settings.lease_s / 6),
                (self.fire_timers, 1.0),
                (self._refresh, REFRESH_S),
            )
        ]
        self._queue.prefetcher = self
        try:
            # Without the store, no contact can be leased, either.
            with contextlib.suppress(StoreError):
                await self._runner.flow_switches.refresh()
            await self._take(stop)
            self._queue.prefetcher = None
            if self._held:
                await asyncio.wait(self._held, timeout=self._settings.grace_s)
        finally:
            self._queue.prefetcher = None
            rest = [*helpers, *self._held, *self._abandoned]
            for task in rest:
                task.cancel()
            _, endless = await asyncio.wait(rest, timeout=END_S)
            self._abandoned |= endless
            await self._leave()

    async def _refresh(self) -> None:
        """Read when consent last changed and which flows are off. Other processes change both."""
        await asyncio.gather(self._runner.consents.refresh(), self._runner.flow_switches.refresh())

    async def _leave(self) -> None:
        """Return all leases that this process still holds, so that other workers can take them at
        once.
        """
        try:
            await self._queue.leave(self._name)
        except StoreError as error:
            log_away(error)  # If this fails, the leases expire.

    async def fire_timers(self) -> float | None:
        """Move due timers into inboxes.

        Return when the next timer is due, in Unix seconds; None if there is no timer.
        """
        dues: list[float] = []
        for shard, first in enumerate(await self._queue.next_due()):
            due = first
            while due is not None and due <= self._clock.now():
                moved, due = await self._queue.due(shard, self._clock.now(), TIMERS_BATCH_SIZE)
                metrics.timers.inc(moved)
            if due is not None:
                dues.append(due)
        return min(dues, default=None)

    def _lease_is_valid(self, ready: Ready, token: str) -> bool:
        """Return whether `token` belongs to the contact's last claim and the lease of this claim
        cannot have expired.

        Time for which the process was suspended counts, too.
        """
        if not self._retry.is_on:
            return True  # During a drain no leases are renewed, and no other worker runs.
        last, since = self._lease_started.get(ready, _NO_CLAIM)
        return last == token and self._clock.monotonic() - since < self._settings.lease_s

    async def _take(self, stop: asyncio.Event) -> None:
        """Start tasks for ready contacts, up to BOT_CONCURRENCY."""
        while not stop.is_set():
            await self._slots.acquire()
            self._slots.release()
            free = self._settings.concurrency - len(self._held)
            try:
                ready = await self._queue.ready(self._name, max(1, free), BLOCK_S)
            except StoreError as error:
                log_away(error)
                await self._clock.sleep(BLOCK_S)
                continue
            await self._hold_or_return(ready)

    async def _hold_or_return(self, leases: list[Ready]) -> None:
        """Handle the contacts of these leases, or return the leases if the worker has been
        stopped.
        """
        if self._stop.is_set():
            await self._queue.leave(self._name, leases)
            return
        for each in leases:
            self._hold(each)

    def _hold(self, ready: Ready, claimed: Work | None = None) -> None:
        self._lease_started.pop(ready, None)  # A task that had this lease earlier has lost it.
        task = asyncio.create_task(self._work_in_slot(ready, claimed))
        self._held[task] = ready
        task.add_done_callback(self._release)

    def _release(self, task: asyncio.Task[None]) -> None:
        self._held.pop(task, None)
        self._without_slot.discard(task)

    async def _work_in_slot(self, ready: Ready, claimed: Work | None) -> None:
        await self._slots.acquire()
        task = asyncio.current_task()
        assert task is not None, "a slot is acquired in a task"
        try:
            if self._stop.is_set() and claimed is None:
                await self._queue.leave(self._name, [ready])
            else:
                await self.work(ready, claimed)
        except StoreError as error:
            log_away(error)
        except Exception:
            # The lease expires, and then the work is repeated. Other contacts are not affected.
            logger.exception("Work failed", extra={"action": "work_failed"})
        finally:
            self._free_slot(task)

    def _free_slot(self, task: asyncio.Task[None]) -> None:
        """Free the task's slot for another contact. If the task has no slot, nothing happens."""
        if task in self._held and task not in self._without_slot:
            self._without_slot.add(task)
            self._slots.release()

    @property
    def contacts(self) -> int:
        """The number of contacts that the worker handles now."""
        return len(self._held)

    @property
    def has_abandoned(self) -> bool:
        """Return whether there are turns that only the end of the process can end."""
        return bool(self._abandoned)

    def _abandon(self) -> None:
        """Stop waiting for turns that do not end, and treat them as failed.

        Later actions of such a turn have no effect.
        """
        for task, work in list(self._turns.items()):
            if where := self._runner.overdue(task):
                logger.error(
                    "A turn ignores its time limit; the flow must not suppress CancelledError",
                    extra={"action": "abandoned", **where},
                )
                task.cancel()
                self._abandoned.add(task)
                task.add_done_callback(self._abandoned.discard)
                self._free_slot(task)
                self._gate.leave(task)
                self._release(task)
                successor = asyncio.create_task(self._give_up(work))
                self._held[successor] = work.ready
                self._without_slot.add(successor)
                successor.add_done_callback(self._release)

    async def _give_up(self, work: Work) -> None:
        """End a turn that does not end by itself, and send the apology to the contact."""
        try:
            result = await self._runner.give_up(work)
            await self._sends(work, result.session, await self._end_turn(work, result))
        except StoreError as error:
            log_away(error)

    async def _renew(self) -> None:
        self._abandon()
        await self._renew_leases(list(self._held.values()))

    async def _renew_leases(self, leases: list[Ready]) -> None:
        asked_at = self._clock.monotonic()
        for lease in await self._queue.renew(self._name, leases):
            if lease in self._lease_started:
                self._lease_started[lease] = self._lease_started[lease][0], asked_at

    async def _recover(self) -> None:
        free = self._settings.concurrency - len(self._held)
        if free > 0:
            found = await self._queue.recover(self._name, self._settings.lease_s, free)
            for _ in found:
                logger.info(
                    "Took over a contact from a worker that has stopped",
                    extra={"action": "recovered"},
                )
            await self._hold_or_return(found)

    async def _run_every(
        self, job: Callable[[], Awaitable[object]], every_s: float, stop: asyncio.Event
    ) -> None:
        """Repeat a job until `stop` is set.

        If the job is the renewal of leases, repeat it after `stop`, too, until the task is
        canceled.
        """
        while not stop.is_set() or job == self._renew:
            pause_s = every_s
            try:
                await job()
            except StoreError as error:
                log_away(error)
                # Leases must be renewed before other workers take them over.
                pause_s = min(every_s, BLOCK_S)
            except Exception:
                # Otherwise one failure would end all renewals, recoveries or timers.
                logger.exception(
                    "A periodic task of the worker failed", extra={"action": "duty_failed"}
                )
            await self._clock.sleep(pause_s)


def _readable(raw: bytes | None) -> Session | None:
    """Return the session; None if `raw` is None or can't be read."""
    try:
        return session.decode(raw) if raw else None
    except UnreadableSession:
        # Replies are sent as to an unknown contact. The contact's next item becomes a dead letter.
        return None
