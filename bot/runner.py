"""Runs a turn: from a claimed contact's session and oldest item to the commit that keeps it all.

A turn that fails hasn't happened: the session stays, what it said is dropped. It is tried again
after a pause, unless trying can't help, and in the end its item goes to the dead letters.
"""

import asyncio
import logging
from dataclasses import dataclass

import msgspec

from bot import callbacks, inbox, metrics, record, session
from bot.callbacks import Callback
from bot.clock import Clock, NewId
from bot.engine import Engine
from bot.errors import BotError, FlowError, MessageError, StoreError
from bot.inbox import Item
from bot.messages import Text
from bot.outbox import DeadLetter, Outbox, backoff_s, entry_id
from bot.session import Session
from bot.settings import Settings
from bot.store import Commit, Store, Work
from bot.store import Timer as DueTimer
from bot.turn import Turn

logger = logging.getLogger(__name__)

CREATES_SESSION = ("MESSAGE_INBOUND", "OPT_IN", "OPT_OUT")
"""Callbacks that make a contact known; any other about an unknown contact moves nothing."""


@dataclass(frozen=True, slots=True)
class Result:
    """What is to be done with a turn: commit it, or, where there is no commit, try it again at
    `retry_at` (Unix seconds).

    `session` is the contact's session as it stands afterwards.
    """

    session: Session | None
    commit: Commit | None
    retry_at: float = 0.0


class PoisonError(BotError):
    """An item at which workers die: it isn't run again."""

    def __init__(self, fails: int) -> None:
        super().__init__(f"{fails} workers were lost while they ran this turn")


class _StoredJournal:
    """Results of `Turn.once`, kept in the store until the turn is committed."""

    def __init__(self, store: Store, work: Work) -> None:
        self._store = store
        self._work = work

    async def read(self, key: str) -> bytes | None:
        return await self._store.recorded(self._work, key)

    async def write(self, key: str, value: bytes) -> None:
        await self._store.record(self._work, key, value)


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
    ) -> None:
        self._engine = engine
        self._outbox = outbox
        self._store = store
        self._settings = settings
        self._clock = clock
        self._new_id = new_id

    async def run(self, work: Work) -> Result:
        """Run the turn of the contact's oldest item.

        Raises:
            StoreError: the store failed, so nothing can be said of the turn.
        """
        item = inbox.decode(work.items[0])
        now = self._clock.now()
        metrics.queue_seconds.observe(max(0.0, now - item.at))
        callback = callbacks.decode(bytes(item.callback)) if item.callback else None
        try:
            before = session.decode(work.session) if work.session else _new_session(item, callback)
            if before is None:
                return Result(None, Commit(session=None, handled=1))
            turn = Turn(before, item, callback, now, _StoredJournal(self._store, work))
            _update_address(turn)
            if work.fails >= self._settings.turn_attempts:
                return self._failed(work, item, callback, PoisonError(work.fails))
            async with asyncio.timeout(self._settings.turn_timeout_s):
                await self._engine.run(turn)
            commit = self._commit(turn, work)
        except StoreError:
            raise
        except Exception as fault:
            # An author's functions may raise anything; the border is here.
            return self._failed(work, item, callback, fault)
        metrics.turns.labels(_flow(turn), "done").inc()
        metrics.turn_seconds.observe(self._clock.now() - now)
        logger.info("Turn", extra=_about(turn))
        return Result(turn.session, commit)

    def _commit(self, turn: Turn, work: Work) -> Commit:
        if turn.event == "message":
            turn.session.apologised = False
        turn_id = self._new_id(turn.at)
        entries = self._outbox.entries(turn, turn_id)
        return Commit(
            session=session.encode(turn.session),
            handled=1,
            outbox=entries,
            clear_outbox=turn.drop_unsent,
            timers_set=[
                DueTimer(timer.name, at, inbox.of_timer(timer))
                for timer, at in turn.timers_set.items()
            ],
            timers_cancelled=[timer.name for timer in turn.timers_cancelled],
            log=self._log(turn, work, turn_id) if self._settings.log_turns else None,
        )

    def _log(self, turn: Turn, work: Work, turn_id: str) -> bytes:
        return record.encode(
            record.Record(
                turn=turn.session.turn,
                at=turn.at,
                item=msgspec.Raw(work.items[0]),
                said=[
                    record.Said(
                        id=entry_id(turn_id, number),
                        content=reply.content.to_json(),
                    )
                    for number, reply in enumerate(turn.replies)
                ],
                path=turn.path,
                frames=turn.session.frames,
                finished=turn.finished,
                once={key: msgspec.Raw(each) for key, each in turn.once_results.items()},
            )
        )

    def _failed(
        self, work: Work, item: Item, callback: Callback | None, fault: Exception
    ) -> Result:
        """Try again later, or give the item up and apologise to the contact, once."""
        now = self._clock.now()
        tries = work.fails + 1
        hopeless = isinstance(fault, FlowError | MessageError | PoisonError)
        given_up = hopeless or tries >= self._settings.turn_attempts
        before = session.decode(work.session) if work.session else _new_session(item, callback)
        flow = before.frame.flow if before and before.frame else ""
        metrics.turns.labels(flow, "given_up" if given_up else "failed").inc()
        logger.error(
            "The turn failed; its item lies with the dead letters"
            if given_up
            else "The turn failed",
            extra={"action": "turn_failed", "item": item.id, "tries": tries, "flow": flow},
            exc_info=fault,
        )
        if not given_up:
            return Result(before, None, retry_at=now + backoff_s(item.id, work.fails))
        metrics.dead_letters.labels("turn").inc()
        return Result(before, self._apology(work, item, before, now, tries, fault))

    def _apology(
        self,
        work: Work,
        item: Item,
        before: Session | None,
        now: float,
        tries: int,
        fault: Exception,
    ) -> Commit:
        letter = DeadLetter(
            id=self._new_id(now),
            kind="turn",
            at=now,
            contact=work.ready.contact,
            reason=str(fault) if isinstance(fault, BotError) else type(fault).__name__,
            tries=tries,
            session=msgspec.Raw(work.session or b"null"),
        )
        entries: list[tuple[str, bytes]] = []
        if before is not None and self._settings.apology and not before.apologised:
            turn = Turn(before, item, None, now, _StoredJournal(self._store, work))
            turn.say(Text(self._settings.apology))
            entries = self._outbox.entries(turn, self._new_id(now))
            before.apologised = True
        return Commit(
            session=session.encode(before) if before else None,
            handled=1,
            outbox=entries,
            dead=msgspec.json.encode(letter),
        )


def _new_session(item: Item, callback: Callback | None) -> Session | None:
    if callback is None:
        return Session(item.address) if item.start and item.address else None
    if callback.trigger not in CREATES_SESSION or callback.address is None:
        return None
    return Session(callback.address)


def _update_address(turn: Turn) -> None:
    """The contact is answered on the channel last heard from."""
    callback = turn.callback
    if callback and callback.trigger == "MESSAGE_INBOUND" and callback.address:
        turn.session.address = callback.address


def _flow(turn: Turn) -> str:
    return turn.path[-1].partition("/")[0] if turn.path else ""


def _about(turn: Turn) -> dict[str, object]:
    frame = turn.session.frame
    return {
        "action": "turn",
        "contact": turn.contact.key,
        "item": turn.item.id,
        "flow": frame.flow if frame else "",
        "state": frame.state if frame else "",
        "replies": len(turn.replies),
    }
