"""Runs a turn: takes a claimed contact's session and oldest item, and returns the commit."""

import asyncio
import logging
from collections.abc import Sequence

import msgspec

from bot import callbacks
from bot.callbacks import NOT_READ, Callback
from bot.contact import session
from bot.contact.address import Address
from bot.contact.session import ConsentChange, Session
from bot.engine import releases
from bot.engine.burst import LOOK_AGAIN_S, Burst
from bot.engine.engine import Engine
from bot.engine.secret_answers import AnswerCipher, hidden, is_secret_state, repeats_secret
from bot.errors import StoreError, StoreFull
from bot.items import inbound
from bot.items.inbound import Item
from bot.outbox.compose import Composer
from bot.runtime import Runtime
from bot.store import Commit, Work
from bot.telemetry import metrics
from bot.telemetry.logs import about
from bot.time_limit import TaskLimit, TimeLimit
from bot.turn.effects import TurnEffects
from bot.worker import dropped
from bot.worker.commit import Result, commit_of, is_notable
from bot.worker.consents import Consents
from bot.worker.dropped import Dropped
from bot.worker.failure import FailureHandler, PoisonError, new_session
from bot.worker.flow_switches import FlowSwitches
from bot.worker.journal import StoredJournal
from bot.worker.store_retry import StoreRetry
from bot.worker.watchdog import Blocked

logger = logging.getLogger(__name__)

TRIES = "tries"
"""The journal's key for the ids of earlier tries, if turns are traced.

The keys of calls begin with a number, so they differ from this key.
"""

LET_GO_S = 2.0
"""Seconds in which a turn has to end after the turn was canceled at its time limit."""


class Runner:
    """Executes the turns of all contacts, and remembers nothing about a contact between two
    turns.
    """

    def __init__(
        self, runtime: Runtime, engine: Engine, composer: Composer, cipher: AnswerCipher
    ) -> None:
        self._runtime = runtime
        self._settings = runtime.settings
        self._clock = runtime.clock
        self._engine = engine
        self._composer = composer
        self._seals = cipher
        self.retry = StoreRetry(runtime.clock, runtime.settings.lease_s)
        self.consents = Consents(runtime.store)
        self.flow_switches = FlowSwitches(runtime.store, engine)
        self.failure = FailureHandler(runtime, engine, composer, self.retry)
        self._time_limit = TimeLimit(runtime.settings.turn_timeout_s, gives_back=True)
        self._running: dict[asyncio.Task[object], tuple[TurnEffects, TaskLimit]] = {}
        """The turns whose flows are running, and their time limits."""

    async def run(self, work: Work) -> Result:
        """Run the turn of the contact's oldest item.

        Raises:
            StoreError: the store failed, so the turn has no outcome.
        """
        now, began = self._clock.now(), self._clock.monotonic()
        try:
            item = inbound.decode(work.items[0])
        except NOT_READ as error:
            return self.failure.unreadable(work, error)
        effects: TurnEffects | None = None
        handled = 1
        try:
            callback = callbacks.decode(bytes(item.callback)) if item.callback else None
            before = session.decode(work.session) if work.session else new_session(item, callback)
            if before is None:
                return Result(None, Commit(session=None))
            followed = ""
            address = _address(before, callback)
            if self.consents.may_differ(
                before, address, is_new=not work.session
            ) and not self._engine.is_stop(before, item):
                followed = await self.consents.follow(before, address)
            if followed:  # A STOP takes effect even if the turn fails.
                work = msgspec.structs.replace(work, session=session.encode(before))
            known = _last_change(before)
            burst = self._burst(before, item, callback, work, now)
            if burst is None:
                metrics.unanswered.count("newer_release")
                return Result(before, None, now + releases.LOOK_AGAIN_S)
            item, handled = burst.item, burst.size
            if work.fails >= self._settings.turn_attempts:
                raise PoisonError(work.fails)
            if burst.over_at > now:
                # The burst is checked again soon, because a STOP ends it at once.
                return Result(before, None, min(burst.over_at, now + LOOK_AGAIN_S))
            flows = self._engine.flows
            is_secret = flows.have_secrets and (
                is_secret_state(before, flows)
                or bool(burst.callback and repeats_secret(burst.callback))
            )
            effects = self._effects(work, before, burst, now)
            effects.followed = followed
            turn_id = await self._run(effects, work)
            if _last_change(effects.session) != known:
                await self._record(effects.session, known, work.ready.contact)
            why = effects.drop_unsent
            unsent = await self._unsent(work, why) if why else []
            commit = await self._commit(effects, turn_id, work, burst, unsent, is_secret=is_secret)
        except StoreFull as error:
            if effects and effects.forwarded_item:
                return Result(None, None, self._when_there_is_room(item, now))
            return await self._failed(work, item, error, effects, handled)
        except StoreError:
            raise
        except (Exception, Blocked) as error:
            # An author's functions may raise anything. The turn then counts as failed.
            return await self._failed(work, item, error, effects, handled)
        self._count(effects, burst, self._clock.monotonic() - began)
        return Result(effects.session, commit, dropped=unsent)

    def _burst(
        self, before: Session, item: Item, callback: Callback | None, work: Work, now: float
    ) -> Burst | None:
        """Return the burst that begins with `item`.

        Return None if an item of the burst is left to a worker of a newer release. A STOP is not
        left to it.
        """
        engine = self._engine
        if not engine.is_left_to_newer(before, item, now):
            burst = engine.burst(before, item, callback, work.items)
            if not any(engine.is_left_to_newer(before, each, now) for each, _ in burst.others):
                return burst
        return engine.stop_among(before, work.items)

    async def give_up(self, work: Work) -> Result:
        """Return what to do about a turn that does not end when its time limit has passed.

        Raises:
            StoreError: the store failed, so the turn has no outcome.
        """
        try:
            item = inbound.decode(work.items[0])
        except NOT_READ as error:
            return self.failure.unreadable(work, error)
        late = TimeoutError("The turn did not end within its time limit (BOT_TURN_TIMEOUT).")
        return await self._failed(work, item, late)

    async def _failed(
        self,
        work: Work,
        item: Item,
        error: BaseException,
        effects: TurnEffects | None = None,
        handled: int = 1,
    ) -> Result:
        """Return what to do about a failed turn. If the turn's item is a STOP, record the STOP."""
        result = self.failure.failed(work, item, error, effects, handled=handled)
        if result.commit and result.session:
            known = _last_change(session.decode(work.session)) if work.session else None
            if _last_change(result.session) != known:
                await self.consents.store(result.session, known)
        if result.commit and result.commit.clear_outbox:
            unsent = await self._unsent(work, "opted_out")
            result = msgspec.structs.replace(result, dropped=unsent)
        return result

    async def _unsent(self, work: Work, why: str) -> list[Dropped]:
        """Return the unsent replies that the turn drops for the reason `why`."""
        return await dropped.unsent(self._runtime.store, work.ready.contact, why)

    async def _record(self, changed: Session, known: ConsentChange | None, contact: str) -> None:
        """Record a change of consent under the contact's identity, with the bot's last text."""
        told = await self.consents.told(contact)
        *earlier, change = changed.consent_log
        changed.consent_log = [*earlier, msgspec.structs.replace(change, told=told)]
        await self.consents.store(changed, known)

    def turn_of(self, task: "asyncio.Task[object] | None") -> TurnEffects | None:
        """Return the turn whose flow the task is running; None if the task runs no flow.

        Any thread may call this method.
        """
        found = self._running.get(task) if task else None
        return found[0] if found else None

    def overdue(self, task: "asyncio.Task[object]") -> dict[str, str] | None:
        """Return the flow and state of the task's turn if the turn still runs `LET_GO_S` seconds
        after its time limit, otherwise None.

        At its time limit, a turn is canceled. A turn that still runs suppresses the cancellation,
        so the worker can only abandon the turn.
        """
        found = self._running.get(task)
        if found is None:
            return None
        effects, limit = found
        if limit.expired_for_s < LET_GO_S:
            return None
        return effects.session.where._asdict()

    def _effects(self, work: Work, before: Session, burst: Burst, now: float) -> TurnEffects:
        item = burst.item
        if item.legacy and item.legacy.data:
            legacy, flows = item.legacy, self._engine.flows
            legacy.data = self._seals.open_data(
                legacy.data, legacy.data_version, before.address.key, flows
            )
        queued = metrics.timer_late_seconds if item.timer else metrics.queue_seconds
        queued.observe(max(0.0, now - item.at))
        effects = TurnEffects(
            self._seals.open(before, self._engine.flows),
            item,
            burst.callback,
            now,
            StoredJournal(self._runtime.store.queue, work, self.retry),
            max_replies=self._settings.max_replies,
        )
        effects.members, effects.others = burst.members, burst.others
        if burst.others:
            effects.is_last_try = work.fails + 1 >= self._settings.turn_attempts
        _update_address(effects)
        return effects

    async def _run(self, effects: TurnEffects, work: Work) -> str:
        """Let the engine handle the item. Return the turn's id."""
        turn_id = self._runtime.new_id(effects.at)
        turn, (flow, state) = effects.session.turn + 1, effects.session.where
        with about(turn=turn, flow=flow, state=state):
            if self._runtime.traces.are_on:
                await self._run_traced(effects, turn_id, work)
            else:
                await self._run_engine(effects)
        return turn_id

    async def _run_traced(self, effects: TurnEffects, turn_id: str, work: Work) -> None:
        """Let the engine handle the item inside a span that links to the spans of earlier tries."""
        journal = StoredJournal(self._runtime.store.queue, work, self.retry)
        recorded = await journal.read(TRIES) if work.fails else None
        earlier = (recorded or b"").decode().split()
        item, session = effects.item, effects.session
        first = {"turn": session.turn + 1, **session.where._asdict()}
        attributes = {**first, "item": item.id, "try": work.fails + 1}
        try:
            with self._runtime.traces.turn(
                turn_id, item.at, attributes, item.traceparent, earlier
            ) as span:
                await self._run_engine(effects)
                assert span is not None, "traces are on"
                flow, state = effects.session.where
                event = {"event": effects.event, "flow": flow or _flow(effects), "state": state}
                span.end_with(effects.session.address.channel, event)
        except (Exception, Blocked):
            await journal.write(TRIES, " ".join([*earlier, turn_id]).encode())
            raise

    async def _run_engine(self, effects: TurnEffects) -> None:
        """Let the engine handle the item within the time limit of a turn."""
        with self._time_limit.each() as limit:
            self._running[limit.task] = effects, limit
            try:
                await self._engine.run(effects)
            finally:
                del self._running[limit.task]

    async def _commit(
        self,
        effects: TurnEffects,
        turn_id: str,
        work: Work,
        burst: Burst,
        unsent: Sequence[Dropped],
        *,
        is_secret: bool,
    ) -> Commit:
        """Return the commit. If the turn forwards its item to another contact, first put the item
        into that contact's inbox.
        """
        flows = self._engine.flows
        self._seals.close(effects.session, flows)
        forwarded = effects.forwarded_item
        if forwarded and forwarded.legacy and forwarded.legacy.data and forwarded.address:
            legacy, key = forwarded.legacy, forwarded.address.key
            legacy.data = self._seals.close_data(legacy.data, key, flows)
        heard = [hidden(raw) if is_secret else raw for raw in work.items[: burst.size]]
        commit = commit_of(
            effects,
            turn_id,
            self._composer.entries(effects, turn_id, self._runtime.store.queue.epoch(work.ready)),
            heard,
            flows,
            self._settings,
            waited=burst.over_at > 0,
            dropped=unsent,
        )
        for tag, outcome, reason in effects.outcomes:
            key = effects.session.address.key
            await self._runtime.store.outcomes.note(tag, key, outcome, reason)
        if effects.forwarded_item and (other := effects.forwarded_item.address):
            raw = inbound.encode(effects.forwarded_item)
            await self._runtime.store.queue.accept(
                other.key, raw, effects.forwarded_item.id, effects.at
            )
        return commit

    def _when_there_is_room(self, item: Item, now: float) -> float:
        """Return when to try again to forward the item to a contact whose inbox is full, in Unix
        seconds.

        The item is never given up. Each pause is as long as the item has waited so far.
        """
        min_s, max_s = self._settings.retry_first_s, self._settings.retry_most_s
        return now + min(max(now - item.at, min_s), max_s)

    def _count(self, effects: TurnEffects, burst: Burst, took_s: float) -> None:
        """Count and log a turn that has succeeded."""
        if burst.gathered:
            metrics.unanswered.count("burst", by=burst.gathered)
        metrics.turns.count(_flow(effects), "done")
        metrics.turn_seconds.observe(took_s)
        level = logging.INFO if is_notable(effects) else logging.DEBUG
        if logger.isEnabledFor(level):
            fields = {
                "action": "turn",
                "turn": effects.session.turn,
                "item": effects.item.id,
                **effects.session.where._asdict(),
                "replies": len(effects.replies),
            }
            logger.log(level, "Turn", extra=fields)


def _update_address(effects: TurnEffects) -> None:
    """Set the address for replies: the channel of the last message, and for SMS the bot's
    number.
    """
    message, session = effects.callback.said if effects.callback else None, effects.session
    if message and (address := message.address):
        is_known = address == session.address and message.sender_id == session.sms_sender
        session.address = address
        if address.channel == "SMS" and not is_known:
            session.sms_sender = message.sms_sender


def _address(session: Session, callback: Callback | None) -> Address:
    """Return the contact's address in this turn. A message may come from a new identity."""
    said = callback.said if callback else None
    return (said.address if said else None) or session.address


def _last_change(session: Session) -> ConsentChange | None:
    return session.consent_log[-1] if session.consent_log else None


def _flow(effects: TurnEffects) -> str:
    return effects.path[-1].partition("/")[0] if effects.path else ""
