"""Decides what happens to the item of a failed turn.

A failed turn changes nothing: its session is not stored, and no reply is sent. The turn runs again
after a pause. If a retry cannot help, or if the turn has failed too often, the item becomes a dead
letter and the contact gets one apology.
"""

import logging
from collections.abc import Callable, Iterator
from functools import partial

import msgspec

from bot import callbacks
from bot.callbacks import NOT_READ, Callback
from bot.contact import session
from bot.contact.session import Session, Where
from bot.engine import consent
from bot.engine.engine import Engine
from bot.errors import BotError, FlowError, Malformed, MessageError, UnreadableSession
from bot.i18n.languages import _
from bot.items import inbound
from bot.items.inbound import Item
from bot.items.unreadable import may_be_of_later_release
from bot.messages import Text
from bot.outbox import dead_letter
from bot.outbox.backoff import backoff_s
from bot.outbox.compose import Composer
from bot.outbox.dead_letter import DeadLetterReport
from bot.runtime import Runtime
from bot.store import Commit, Work
from bot.telemetry import metrics
from bot.telemetry.redaction import (
    Pseudonyms,
    format_exception,
    strings_in,
    summarize_error,
    user_traceback,
)
from bot.turn.effects import TurnEffects
from bot.worker.commit import Result
from bot.worker.journal import StoredJournal
from bot.worker.store_retry import StoreRetry

logger = logging.getLogger(__name__)


class PoisonError(BotError):
    """An item is given up, because its turn has ended the process that ran it."""

    def __init__(self, fails: int) -> None:
        super().__init__(
            f"{fails} tries failed; the process ended during the last try, while it ran no other"
            " turn"
        )


class UnreadableError(BotError):
    """An item that neither this release nor a later release can read."""


HOPELESS = (FlowError, MessageError, Malformed, PoisonError, UnreadableError, UnreadableSession)
"""Errors that would occur again if the turn ran again."""

_UNREADABLE = Item(id="(not readable)")
"""A placeholder for an item that cannot be read."""

_PRIVATE = ("contact_message", "contact_event", "contact_message_event", "metadata")
"""Keys of callbacks whose values contain the contact's text and actions."""


class FailureHandler:
    """Decides whether a failed turn is tried again.

    If the turn is not tried again, the handler makes a commit that gives up the turn's item.
    """

    def __init__(
        self, runtime: Runtime, engine: Engine, composer: Composer, retry: StoreRetry
    ) -> None:
        self._runtime = runtime
        self._store_retry = retry
        self._settings = runtime.settings
        self._engine = engine
        self._composer = composer
        self._pseudonyms = Pseudonyms(runtime.settings.key_secret)
        self.watch: Callable[[str, Item, BaseException], None] | None = None
        """A function that is called with the contact's key, the item and the error of each failed
        turn.
        """

    def failed(
        self,
        work: Work,
        item: Item,
        error: BaseException,
        effects: TurnEffects | None = None,
        *,
        handled: int = 1,
    ) -> Result:
        """Return what to do after the turn of `item` has failed.

        `effects` is the state of the turn when it failed. `handled` is the number of the turn's
        items; the items of a burst share one dead letter. A STOP takes effect at once, because a
        retry might come too late.

        Raises:
            StoreError: the session cannot be read, because a later release wrote it.
        """
        before = _session_before(work, item)
        if self.watch is not None:
            self.watch(work.ready.contact, item, error)
        try:
            return self._failed(work, item, before, error, effects, handled)
        except Exception:
            # Otherwise this item would block the contact's later items.
            logger.exception(
                "The error of a turn can't be handled",
                extra={"action": "failure_failed", "item": item.id},
            )
            return self._failed_simply(work, item, before, error, handled)

    def unreadable(self, work: Work, error: Exception) -> Result:
        """Return what to do with an unreadable item: it waits for a later release, or becomes a
        dead letter.
        """
        now = self._runtime.clock.now()
        if may_be_of_later_release(work.items[0], now):
            logger.warning(
                "An item can't be read; a later release may have written it",
                extra={"action": "item_of_later_release", "error": str(error)},
            )
            return Result(None, None, now + self._settings.lease_s)
        return self.failed(work, _UNREADABLE, UnreadableError(f"The item can't be read: {error}"))

    def _failed(
        self,
        work: Work,
        item: Item,
        before: Session | None,
        error: BaseException,
        effects: TurnEffects | None,
        handled: int,
    ) -> Result:
        is_stop = self._is_own_stop(before, item)
        is_last = (
            is_stop or isinstance(error, HOPELESS) or work.fails + 1 >= self._settings.turn_attempts
        )
        reached = effects.session if effects else before
        where = reached.where if reached else Where()
        private = partial(_private, work, before, effects)
        self._log(work, item, error, where, private(), is_last=is_last)
        if not is_last:
            return self._retry(work, item, before)
        entries: list[tuple[str, bytes]] = []
        drop_unsent = False
        if before is not None and is_stop:
            drop_unsent = consent.silence(before, item, self._runtime.clock.now())
        elif before is not None and self._owes_apology(before, item):
            entries = self._apology(work, item, before)
            before.apologized = True
        others = [each for each, _ in effects.others] if effects else []
        for each in (item, *others):
            if before is not None and each.event and each.event.is_of_program:
                before.note_outcome(each.id, "failed")
        commit = Commit(
            session=session.encode(before) if before else work.session,
            handled=handled,
            outbox=entries,
            clear_outbox=drop_unsent,
            dead=self._dead_letter(work, _reason(error, where), *_raised(error, private())),
        )
        return Result(before, commit)

    def _failed_simply(
        self, work: Work, item: Item, before: Session | None, error: BaseException, handled: int
    ) -> Result:
        """Return what to do after a failed turn, without reading the item or the session."""
        if work.fails + 1 < self._settings.turn_attempts:
            return self._retry(work, item, before)
        letter = self._dead_letter(work, _reason(error, Where()))
        return Result(before, Commit(session=work.session, handled=handled, dead=letter))

    def _is_own_stop(self, before: Session | None, item: Item) -> bool:
        """Return whether the item is a STOP of this contact rather than of a merged contact."""
        is_here = before is not None and before.merged_into is None
        return is_here and before is not None and self._engine.is_stop(before, item)

    def _retry(self, work: Work, item: Item, before: Session | None) -> Result:
        pause_s = backoff_s(self._settings, item.id, work.fails)
        return Result(before, None, self._runtime.clock.now() + pause_s, failed=True)

    def _log(
        self,
        work: Work,
        item: Item,
        error: BaseException,
        where: Where,
        private: Iterator[str],
        *,
        is_last: bool,
    ) -> None:
        metrics.turns.count(where.flow, "given_up" if is_last else "failed")
        error.with_traceback(user_traceback(error))
        logger.error(
            "The turn failed; its item is now a dead letter" if is_last else "The turn failed",
            extra={
                "action": "turn_failed",
                "contact": self._pseudonyms.of(work.ready.contact),
                "item": item.id,
                "tries": work.fails + 1,
                **where._asdict(),
                "exception": format_exception(error, private),
            },
            exc_info=error,
        )

    def _owes_apology(self, before: Session, item: Item) -> bool:
        """Return whether the contact waits for a reply to a message.

        For a timer or event, return False, because the contact would not understand the apology.
        """
        if before.apologized or not self._settings.apology or not item.callback:
            return False
        try:
            return callbacks.decode(bytes(item.callback)).said is not None
        except Malformed:
            return True  # The unreadable item may have been a message.

    def _apology(self, work: Work, item: Item, before: Session) -> list[tuple[str, bytes]]:
        now = self._runtime.clock.now()
        journal = StoredJournal(self._runtime.store.queue, work, self._store_retry)
        effects = TurnEffects(before, item, None, now, journal)
        with self._engine.speaking(effects):
            effects.say(_(Text(self._settings.apology)))
        turn_id = self._runtime.new_id(now)
        with self._runtime.traces.turn(turn_id, now, {"event": "apology", "item": item.id}):
            # A separate trace, which also contains the spans of sending the apology.
            return self._composer.entries(
                effects, turn_id, self._runtime.store.queue.epoch(work.ready)
            )

    def _dead_letter(self, work: Work, reason: str, error: str = "", place: str = "") -> bytes:
        metrics.dead_letters.count("turn")
        now = self._runtime.clock.now()
        before = work.session or b"null"
        if len(before) > dead_letter.MAX_SESSION_BYTES or not _is_json(before):
            before = b"null"
        report = DeadLetterReport(
            id=self._runtime.new_id(now),
            kind="turn",
            at=now,
            contact=work.ready.contact,
            reason=reason.encode(errors="replace").decode(),
            tries=work.fails + 1,
            session=msgspec.Raw(before),
            error=error,
            place=place,
        )
        return dead_letter.encode(report)


def _is_json(raw: bytes) -> bool:
    try:
        msgspec.json.decode(raw)
    except (*NOT_READ, RecursionError):
        return False
    return True


def _raised(error: BaseException, private: Iterator[str]) -> tuple[str, str]:
    """Return an error's type with its masked text, and the line that raised it.

    Both are "" for a `BotError`, because the text of a `BotError` is the reason already.
    """
    if isinstance(error, BotError):
        return "", ""
    return summarize_error(error, private)


def new_session(item: Item, callback: Callback | None) -> Session | None:
    """Return a session for a new contact; None if the item does not name the contact."""
    address = callback.address if callback else item.address
    return Session(address) if address else None


def _session_before(work: Work, item: Item) -> Session | None:
    """Read the session again, because the failed turn may have changed the session in memory.

    Return None if no session is stored or if it can't be read.
    """
    if work.session:
        try:
            return session.decode(work.session)
        except UnreadableSession:
            return None
    try:
        callback = callbacks.decode(bytes(item.callback)) if item.callback else None
    except Malformed:
        return None
    return new_session(item, callback)


def _reason(error: BaseException, where: Where) -> str:
    """Return the reason for a dead letter: the text of a `BotError`, or the type of another error.

    The text of another error is not used, because it may repeat the contact's text.
    """
    if isinstance(error, BotError):
        return str(error)
    return type(error).__name__ + (f" in {where.flow}/{where.state}" if where.flow else "")


def _private(work: Work, before: Session | None, effects: TurnEffects | None) -> Iterator[str]:
    """Yield all personal data of this turn, to be masked in error messages."""
    if before is not None:
        yield from (before.address.identity, before.address.key)
        for each in (before, effects.session if effects else before):
            yield from strings_in(each.data)
            for run in each.runs:
                yield from strings_in(run.data)
    for raw in work.items:
        try:
            item = inbound.decode(raw)
            found = callbacks.read(bytes(item.callback)) if item.callback else {}
        except (*NOT_READ, Malformed):
            continue  # No code has read the texts of an unreadable item.
        yield from strings_in([part.data for part in (item.start, item.event) if part])
        for body in found.values():
            if isinstance(body, dict):
                yield from strings_in([body.get(key) for key in _PRIVATE])
