"""Snapshots of contacts after their last turns. A contact can be restored to a snapshot."""

from collections import defaultdict
from dataclasses import dataclass

from bot.clock import Clock
from bot.contact import session as sessions
from bot.errors import BotError
from bot.items.turn_log import decode as decode_record
from bot.store import Commit, DueTimer, Store

MAX_TURNS = 500
"""Maximum number of snapshots of a contact. The oldest is deleted first."""


class NoSnapshot(BotError):
    """This turn has no snapshot. The turn was too long ago, or before the start of the process."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A contact's session and timers at a time in Unix seconds."""

    at: float
    session: bytes
    timers: dict[str, DueTimer]


class Snapshots:
    """The snapshots since this process started, by contact and number of the turn."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._of: defaultdict[str, dict[int, Snapshot]] = defaultdict(dict)

    async def begin(self) -> None:
        """Take a snapshot of each contact's current state."""
        async for contact in self._store.reader.contacts():
            if raw := await self._store.reader.session(contact):
                timers = await self._store.reader.timers(contact)
                self._keep(contact, raw, {timer.name: timer for timer in timers})

    def note(self, contact: str, commit: Commit | None) -> None:
        """Take a snapshot of the contact after a commit.

        `commit` is None if the turn was postponed. Then no snapshot is taken.
        """
        if commit is None or commit.session is None:
            return
        now = self._clock.now()
        last = next(reversed(self._of[contact].values()), None)
        # A timer that is due has fired, or is an item in the inbox.
        timers = {name: each for name, each in (last.timers if last else {}).items()}
        timers = {name: each for name, each in timers.items() if each.due > now}
        for name in commit.timers_cancelled:
            timers.pop(name, None)
        timers |= {timer.name: timer for timer in commit.timers_set}
        self._keep(contact, commit.session, timers)

    def knows(self, contact: str, turn: int) -> bool:
        """Return whether the contact can be restored to the end of this turn."""
        return turn in self._of[contact]

    def forget(self, contact: str) -> None:
        """Delete the contact's snapshots."""
        self._of.pop(contact, None)

    async def restore(self, contact: str, turn: int) -> tuple[float, set[str]]:
        """Restore the contact to the end of this turn.

        Timers get the remaining time that they had at the end of this turn.

        Return the time of the turn, and the ids of the replies that later turns have sent.

        Raises:
            NoSnapshot: this turn has no snapshot.
        """
        if not self.knows(contact, turn):
            raise NoSnapshot(
                "The contact's state at that turn is unknown, because bot dev was started after the"
                " turn. Go back to a later turn, or start over."
            )
        snapshot = self._of[contact][turn]
        passed_s = self._clock.now() - snapshot.at
        timers = [
            DueTimer(timer.name, timer.due + passed_s, timer.item)
            for timer in snapshot.timers.values()
        ]
        log = [decode_record(line) for line in await self._store.reader.log(contact)]
        later = [record for record in log if record.turn > turn]
        await self._store.admin.rewind(contact, snapshot.session, timers, len(later))
        for number in [number for number in self._of[contact] if number >= turn]:
            del self._of[contact][number]
        self._keep(contact, snapshot.session, {timer.name: timer for timer in timers})
        at = max((record.at for record in log if record.turn <= turn), default=snapshot.at)
        return at, {said.id for record in later for said in record.said}

    def _keep(self, contact: str, session: bytes, timers: dict[str, DueTimer]) -> None:
        known = self._of[contact]
        number = sessions.decode(session).turn
        known.pop(number, None)
        known[number] = Snapshot(self._clock.now(), session, timers)
        if len(known) > MAX_TURNS:
            del known[next(iter(known))]
