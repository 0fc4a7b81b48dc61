"""Runs a turn: from a claimed contact's session and oldest item to the commit that keeps it all.

A turn that fails hasn't happened: the session stays, what it said is dropped. It is tried again
after a pause, unless trying can't help, and in the end its item goes to the dead letters.
"""

import logging
from collections.abc import Iterator

import msgspec

from bot import callbacks
from bot.callbacks import NOT_READ, Callback
from bot.clock import Clock, NewId
from bot.contact import session
from bot.contact.session import Session, Where
from bot.engine import consent
from bot.engine.burst import Burst
from bot.engine.engine import Engine
from bot.engine.secret_answers import AnswerCipher, hidden, is_secret_state
from bot.errors import BotError, FlowError, Malformed, MessageError, StoreError, StoreFull
from bot.i18n.languages import _
from bot.items import inbound
from bot.items.inbound import Item
from bot.items.unreadable import may_be_of_later_release
from bot.messages import Text
from bot.outbox.outbox import Letter, Outbox, backoff_s
from bot.settings import Settings
from bot.store import Commit, Store, Work
from bot.telemetry import metrics
from bot.telemetry.logs import about
from bot.telemetry.redaction import Pseudonyms, format_exception, strings_in, user_traceback
from bot.telemetry.traces import Traces
from bot.time_limit import TimeLimit
from bot.turn.effects import TurnEffects
from bot.worker.commits import Commits, is_told
from bot.worker.watchdog import Blocked

logger = logging.getLogger(__name__)


class Result(msgspec.Struct, frozen=True):
    """What is to be done with a turn: commit it, or, where there is no commit, run it at `run_at`
    (Unix seconds), since it failed or a burst of messages isn't over.

    `session` is the contact's session as it stands afterwards.
    """

    session: Session | None
    commit: Commit | None
    run_at: float = 0.0
    failed: bool = False


_UNREADABLE = Item(id="(not readable)")
"""Stands for an item that can't be read."""

LET_GO_S = 2.0
"""How long a turn may take to end once its time is over."""


class PoisonError(BotError):
    """An item at which workers die: it isn't run again."""

    def __init__(self, fails: int) -> None:
        super().__init__(f"{fails} workers were lost while they ran this turn")


class UnreadableError(BotError):
    """An item that neither this release nor a later one can read."""


HOPELESS = (FlowError, MessageError, Malformed, PoisonError, UnreadableError)
"""Errors that a turn would meet again."""


class _StoredJournal:
    """Results of `Turn.once`, kept in the store until the turn is committed."""

    def __init__(self, store: Store, work: Work) -> None:
        self._store = store
        self._work = work

    async def read(self, key: str) -> bytes | None:
        return await self._store.queue.recorded(self._work, key)

    async def write(self, key: str, value: bytes) -> None:
        await self._store.queue.record(self._work, key, value)


class Runner:
    """Runs turns of any contact; holds nothing of any."""

    def __init__(
        self,
        engine: Engine,
        outbox: Outbox,
        store: Store,
        settings: Settings,
        clock: Clock,
        new_id: NewId,
        cipher: AnswerCipher,
        traces: Traces | None = None,
    ) -> None:
        self._traces = traces or Traces()
        self._engine = engine
        self._outbox = outbox
        self._commits = Commits(engine, outbox, settings)
        self._store = store
        self._settings = settings
        self._clock = clock
        self._new_id = new_id
        self._pseudonyms = Pseudonyms(settings.key_secret)
        self._seals = cipher
        self._time_limit = TimeLimit(settings.turn_timeout_s)
        self._under_way: dict[str, TurnEffects] = {}

    async def run(self, work: Work) -> Result:
        """Run the turn of the contact's oldest item.

        Raises:
            StoreError: the store failed, so nothing can be said of the turn.
        """
        now = self._clock.now()
        try:
            item = inbound.decode(work.items[0])
        except NOT_READ as error:
            return self._unreadable(work, error, now)
        effects: TurnEffects | None = None
        try:
            callback = callbacks.decode(bytes(item.callback)) if item.callback else None
            before = session.decode(work.session) if work.session else _new_session(item, callback)
            if before is None:
                return Result(None, Commit(session=None))
            if work.fails >= self._settings.turn_attempts:
                return self._failed(work, item, PoisonError(work.fails))
            burst = Burst.of(self._engine.bursts(before), item, callback, work.items)
            if burst.over_at > now:
                return Result(before, None, burst.over_at)
            is_secret = is_secret_state(before, self._engine.flows)
            effects = self._effects(work, before, item, burst.callback, now)
            commit = await self._kept(effects, work, burst, is_secret=is_secret)
        except StoreFull as exc:
            if effects and effects.forwarded_item:
                return Result(None, None, self._when_there_is_room(item, now))
            return self._failed(work, item, exc, effects)
        except StoreError:
            raise
        except (Exception, Blocked) as exc:
            # An author's functions may raise anything; the border is here.
            return self._failed(work, item, exc, effects)
        self._tell(effects)
        return Result(effects.session, commit)

    def _effects(
        self, work: Work, before: Session, item: Item, callback: Callback | None, now: float
    ) -> TurnEffects:
        queued = metrics.timer_late_seconds if item.timer else metrics.queue_seconds
        queued.observe(max(0.0, now - item.at))
        return TurnEffects(
            self._seals.open(before, self._engine.flows),
            item,
            callback,
            now,
            _StoredJournal(self._store, work),
            max_replies=self._settings.max_replies,
        )

    def _tell(self, effects: TurnEffects) -> None:
        """Count a turn that has succeeded, and log it."""
        metrics.turns.labels(_flow(effects), "done").inc()
        metrics.turn_seconds.observe(self._clock.now() - effects.at)
        level = logging.INFO if is_told(effects) else logging.DEBUG
        if logger.isEnabledFor(level):
            logger.log(level, "Turn", extra=_about(effects))

    async def _kept(
        self, effects: TurnEffects, work: Work, burst: Burst, *, is_secret: bool
    ) -> Commit:
        """Run a turn; what is kept of it."""
        _update_address(effects)
        turn_id = self._new_id(effects.at)
        with about(**_place(effects)), self._traces.turn(turn_id, effects.item.at) as span:
            await self._engine_run(effects, work.ready.contact)
            if span is not None:
                span.set_attributes(_where(effects))
        self._seals.close(effects.session, self._engine.flows)
        heard = [hidden(raw) if is_secret else raw for raw in work.items[: burst.size]]
        commit = self._commits.of(
            effects, turn_id, heard, is_hidden=is_secret, waited=burst.over_at > 0
        )
        if effects.forwarded_item and (merged_into := effects.forwarded_item.address):
            left = inbound.encode(effects.forwarded_item)
            await self._store.queue.accept(
                merged_into.key, left, effects.forwarded_item.id, effects.at
            )
        return commit

    def _when_there_is_room(self, item: Item, now: float) -> float:
        """When to try again what goes to a contact that takes nothing more at the moment: it isn't
        given up, but waits for as long again as it has.
        """
        least_s, most_s = self._settings.retry_first_s, self._settings.retry_most_s
        return now + min(max(now - item.at, least_s), most_s)

    def overdue(self, contact: str) -> dict[str, str] | None:
        """Where the contact's turn hangs that has not ended at its time limit, or None.

        Such a turn takes no notice of being cancelled, so it must be left to itself.
        """
        effects = self._under_way.get(contact)
        late_s = self._clock.now() - effects.at - self._settings.turn_timeout_s if effects else 0.0
        if effects is None or late_s < LET_GO_S:
            return None
        return effects.session.where._asdict()

    async def _engine_run(self, effects: TurnEffects, contact: str) -> None:
        self._under_way[contact] = effects
        try:
            with self._time_limit.each():
                await self._engine.run(effects)
        finally:
            if self._under_way.get(contact) is effects:
                del self._under_way[contact]

    def _unreadable(self, work: Work, error: Exception, now: float) -> Result:
        """Wait for a worker of a later release, or give the item up."""
        if may_be_of_later_release(work.items[0], now):
            logger.warning(
                "An item can't be read; a later release may have written it",
                extra={"action": "item_of_later_release", "error": str(error)},
            )
            return Result(None, None, now + self._settings.lease_s)
        return self._failed(work, _UNREADABLE, UnreadableError(f"The item can't be read: {error}"))

    def _failed(
        self, work: Work, item: Item, exc: BaseException, effects: TurnEffects | None = None
    ) -> Result:
        """Try again later, or give the item up and apologise to the contact, once.

        Raises:
            StoreError: the session can't be read, so it was written by another release.
        """
        before = _before(work, item)
        try:
            return self._failed_with(work, item, before, exc, effects)
        except Exception:
            # Without this the contact would wait behind the item for ever.
            logger.exception(
                "Handling a failed turn failed", extra={"action": "failure_failed", "item": item.id}
            )
            return self._plainly_failed(work, item, before, exc)

    def _plainly_failed(
        self, work: Work, item: Item, before: Session | None, exc: BaseException
    ) -> Result:
        """Try again later or give the item up, without anything that depends on what is in it."""
        now = self._clock.now()
        if work.fails + 1 < self._settings.turn_attempts:
            later = now + backoff_s(self._settings, item.id, work.fails)
            return Result(before, None, later, failed=True)
        metrics.dead_letters.labels("turn").inc()
        letter = self._letter(work, now, work.fails + 1, _why(exc, Where()))
        return Result(before, Commit(session=work.session, dead=letter))

    def _failed_with(
        self,
        work: Work,
        item: Item,
        before: Session | None,
        exc: BaseException,
        effects: TurnEffects | None,
    ) -> Result:
        """Try again later, or give the item up and apologise to the contact, once.

        A STOP holds at once, since nobody knows what the contact is sent until it is tried again.
        """
        now = self._clock.now()
        tries = work.fails + 1
        given_up = (
            isinstance(exc, HOPELESS)
            or _holds(before, item)
            or tries >= self._settings.turn_attempts
        )
        reached = effects.session if effects else before
        where = reached.where if reached else Where()
        metrics.turns.labels(where.flow, "given_up" if given_up else "failed").inc()
        exc.with_traceback(user_traceback(exc))
        logger.error(
            "The turn failed; its item lies with the dead letters"
            if given_up
            else "The turn failed",
            extra={
                "action": "turn_failed",
                "contact": self._pseudonyms.of(work.ready.contact),
                "item": item.id,
                "tries": tries,
                **where._asdict(),
                "exception": format_exception(exc, _private(work, before, effects)),
            },
            exc_info=exc,
        )
        if not given_up:
            later = now + backoff_s(self._settings, item.id, work.fails)
            return Result(before, None, later, failed=True)
        metrics.dead_letters.labels("turn").inc()
        burial = self._burial(work, item, before, now, tries, _why(exc, where))
        return Result(before, burial)

    def _burial(
        self,
        work: Work,
        item: Item,
        before: Session | None,
        now: float,
        tries: int,
        why: str,
    ) -> Commit:
        entries: list[tuple[str, bytes]] = []
        is_stop = _holds(before, item)
        if before is not None and is_stop:
            is_stop = consent.silence(before)
        elif before is not None and self._settings.apology and not before.apologized:
            entries = self._apology(work, item, before, now)
            before.apologized = True
        return Commit(
            session=session.encode(before) if before else None,
            handled=1,
            outbox=entries,
            clear_outbox=is_stop,
            dead=self._letter(work, now, tries, why),
        )

    def _apology(
        self, work: Work, item: Item, before: Session, now: float
    ) -> list[tuple[str, bytes]]:
        effects = TurnEffects(before, item, None, now, _StoredJournal(self._store, work))
        with self._engine.speaking(effects):
            effects.say(_(Text(self._settings.apology)))
        return self._outbox.entries(effects, self._new_id(now))

    def _letter(self, work: Work, now: float, tries: int, why: str) -> bytes:
        return msgspec.json.encode(
            Letter(
                id=self._new_id(now),
                kind="turn",
                at=now,
                contact=work.ready.contact,
                reason=why.encode(errors="replace").decode(),
                tries=tries,
                session=msgspec.Raw(work.session or b"null"),
            )
        )


def _holds(before: Session | None, item: Item) -> bool:
    """Whether the item is a STOP of this contact's own, and not for the one that it has become."""
    return before is not None and before.merged_into is None and consent.is_stop(item)


def _why(exc: BaseException, where: Where) -> str:
    """What a dead letter says of the fault: in others' words may be what the contact wrote."""
    if isinstance(exc, BotError):
        return str(exc)
    return type(exc).__name__ + (f" in {where.flow}/{where.state}" if where.flow else "")


def _before(work: Work, item: Item) -> Session | None:
    """The session as it was before the turn that failed, read again: the turn has changed it."""
    if work.session:
        return session.decode(work.session)
    try:
        callback = callbacks.decode(bytes(item.callback)) if item.callback else None
    except Malformed:
        return None
    return _new_session(item, callback)


def _new_session(item: Item, callback: Callback | None) -> Session | None:
    address = callback.address if callback else item.address
    return Session(address) if address else None


def _update_address(effects: TurnEffects) -> None:
    """The contact is answered on the channel last heard from, by SMS from the number written to."""
    message = effects.callback.said if effects.callback else None
    if message and (address := message.address):
        effects.session.address = address
        if message.on_channel == "SMS":
            effects.session.sms_sender = message.sms_sender


def _flow(effects: TurnEffects) -> str:
    return effects.path[-1].partition("/")[0] if effects.path else ""


def _place(effects: TurnEffects) -> dict[str, object]:
    """Where a turn begins, as all that is logged in it tells."""
    return {"turn": effects.session.turn + 1, **effects.session.where._asdict()}


def _about(effects: TurnEffects) -> dict[str, object]:
    return {
        "action": "turn",
        "turn": effects.session.turn,
        "item": effects.item.id,
        **effects.session.where._asdict(),
        "replies": len(effects.replies),
    }


def _where(effects: TurnEffects) -> dict[str, str]:
    flow, state = effects.session.where
    return {"event": effects.event, "flow": flow or _flow(effects), "state": state}


def _private(work: Work, before: Session | None, effects: TurnEffects | None) -> Iterator[str]:
    """What the contact wrote and is called, now and before: no fault's words may repeat it."""
    if before is not None:
        yield from (before.address.identity, before.address.key)
        for session in (before, effects.session if effects else before):
            for frame in session.frames:
                yield from strings_in(frame.data)
    for raw in work.items:
        try:
            item = inbound.decode(raw)
            found = callbacks.read(bytes(item.callback)) if item.callback else {}
        except (*NOT_READ, Malformed):
            continue  # No code has seen the words of an item that can't be read.
        yield from strings_in([part.data for part in (item.start, item.event) if part])
        for body in found.values():
            if isinstance(body, dict):
                yield from strings_in([body.get(key) for key in _WRITTEN])


_WRITTEN = ("contact_message", "contact_event", "contact_message_event", "metadata")
"""Keys of callbacks' bodies that hold what a contact wrote or did."""
