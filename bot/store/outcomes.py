"""Stores the outcomes of broadcasts, contact by contact."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Literal

import msgspec

from bot.store import scripts
from bot.store.connection import Connection
from bot.store.keys import BROADCAST_MS, MAX_BROADCASTS, as_ms, digest

SAME_CONTACT = b"0"
"""The record of a broadcast's row that is not sent, because another row of the same contact was
accepted.
"""

BroadcastOutcome = Literal["sent", "delivered", "read", "failed", "switched", "answered", "stopped"]
"""The possible outcomes of a broadcast for a contact.

`switched` means that the fallback channel was tried.
"""

_LETTERS: dict[BroadcastOutcome, str] = {
    "sent": "s",
    "delivered": "d",
    "read": "r",
    "failed": "f",
    "switched": "w",
    "answered": "a",
    "stopped": "x",
}
_NAMES = {letter: name for name, letter in _LETTERS.items()}
_PAGE = 1000
MAX_REASON = 60
"""Maximum number of characters of a stored reason."""


class ContactOutcome(msgspec.Struct, frozen=True):
    """The outcomes of a broadcast for one contact. `reason` is why the message failed."""

    outcomes: frozenset[BroadcastOutcome]
    reason: str = ""


class BroadcastCounts(msgspec.Struct):
    """The number of contacts of a broadcast, by outcome.

    - `accepted`: contacts whose row was put into their inbox.
    - `waiting`: contacts whose message was neither sent nor failed yet.
    - `delivered`: contacts whose message was delivered, including the contacts who have read it.
    - `failed`: contacts who got nothing, by reason.
    - `switched`: contacts whose fallback channel was tried.
    - `canceled`: contacts who will get nothing, because the broadcast was canceled at `canceled_at`
      (Unix seconds).
    - `has_ended`: whether no row is left to be sent.
    """

    name: str
    started_at: float | None = None
    accepted: int = 0
    waiting: int = 0
    sent: int = 0
    delivered: int = 0
    read: int = 0
    failed: dict[str, int] = {}
    switched: int = 0
    answered: int = 0
    stopped: int = 0
    canceled: int = 0
    canceled_at: float | None = None
    has_ended: bool = False


class Outcomes:
    """Stores and counts the outcomes of broadcasts. A broadcast is identified by its tag.

    Each message of a broadcast contains the broadcast's tag. A broadcast's outcomes are deleted 90
    days after its last outcome.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys = connection.keys

    @staticmethod
    def tag(name: str) -> str:
        """Return the tag of the broadcast with this name."""
        return digest(name).hex()

    async def note(
        self, tag: str, contact: str, outcome: BroadcastOutcome, reason: str = ""
    ) -> None:
        """Store the outcome of a broadcast for a contact. A repeat changes nothing."""
        await self._connection.script(
            scripts.NOTE_OUTCOME,
            self._keys.outcomes(tag),
            *(digest(contact), _LETTERS[outcome], reason[:MAX_REASON], BROADCAST_MS),
        )

    async def of(self, tag: str, contact: str) -> ContactOutcome:
        """Return the outcome of a broadcast for a contact."""
        key = self._keys.outcomes(tag)
        return _decoded(await self._connection.command("HGET", key, digest(contact)) or b"")

    async def begin(self, name: str, rows: int, now: float) -> None:
        """Record that the broadcast with this name begins, with `rows` rows that can be sent.

        Only the names of the last broadcasts are stored.
        """
        command, key = self._connection.command, self._keys.broadcasts
        await command("ZADD", key, as_ms(now), name)
        await command("ZREMRANGEBYRANK", key, 0, -MAX_BROADCASTS - 1)
        run = self._keys.broadcast_run(self.tag(name))
        await command("HSET", run, "rows", rows)
        await command("HDEL", run, "done")
        await command("PEXPIRE", run, BROADCAST_MS)

    async def leave_out_row(self, name: str) -> None:
        """Record that a row of the broadcast cannot be sent."""
        run = self._keys.broadcast_run(self.tag(name))
        await self._connection.command("HINCRBY", run, "rows", -1)

    async def end(self, name: str, now: float) -> None:
        """Record that the command has processed all rows of the broadcast."""
        await self._connection.command(
            "HSET", self._keys.broadcast_run(self.tag(name)), "done", f"{now:.3f}"
        )

    async def cancel(self, name: str, now: float) -> None:
        """Cancel the broadcast with this name, so that its unsent rows are not sent.

        A repeat changes nothing.
        """
        run = self._keys.broadcast_run(self.tag(name))
        await self._connection.command("HSETNX", run, "canceled", f"{now:.3f}")
        await self._connection.command("PEXPIRE", run, BROADCAST_MS)

    async def canceled_at(self, tag: str) -> float | None:
        """Return when a broadcast was canceled (Unix seconds); None if it was not canceled."""
        found = await self._connection.command("HGET", self._keys.broadcast_run(tag), "canceled")
        return None if found is None else float(found)

    async def is_row_canceled(self, tag: str, contact: str) -> bool:
        """Return whether a broadcast was canceled before one of its messages was sent to this
        contact.
        """
        if await self.canceled_at(tag) is None:
            return False
        return not (await self.of(tag, contact)).outcomes & {"sent", "delivered", "read"}

    async def names(self) -> dict[str, float]:
        """Return the names of the last broadcasts, newest first, and when each broadcast ran last,
        in Unix seconds.
        """
        found = await self._connection.command(
            "ZRANGE", self._keys.broadcasts, 0, -1, "REV", "WITHSCORES"
        )
        pairs = found if found and isinstance(found[0], list | tuple) else list(_pairs(found))
        return {name.decode(): float(at) / 1000 for name, at in pairs}

    async def forget(self, contact: str) -> int:
        """Delete a contact's outcomes of the last broadcasts. Return their number."""
        deleted = 0
        for name in await self.names():
            key = self._keys.outcomes(self.tag(name))
            deleted += await self._connection.command("HDEL", key, digest(contact))
        return deleted

    async def count(self, name: str) -> BroadcastCounts | None:
        """Return the counts of the broadcast with this name; None if the broadcast has no stored
        outcomes.
        """
        counts = BroadcastCounts(name, (await self.names()).get(name))
        rows = self._keys.broadcast(name)
        same = 0
        async for value in self._values(rows):
            counts.accepted += not value
            same += value == SAME_CONTACT
        failed: Counter[str] = Counter()
        unsent = 0
        async for value in self._values(self._keys.outcomes(self.tag(name))):
            found = _decoded(value)
            kinds = found.outcomes
            is_delivered = bool(kinds & {"delivered", "read"})
            is_sent = is_delivered or "sent" in kinds
            counts.sent += is_sent
            counts.delivered += is_delivered
            counts.read += "read" in kinds
            counts.switched += "switched" in kinds
            counts.answered += "answered" in kinds
            counts.stopped += "stopped" in kinds
            if "failed" in kinds and not is_delivered:
                failed[found.reason or "unknown"] += 1
                unsent += not is_sent
        counts.failed = dict(failed.most_common())
        counts.waiting = max(0, counts.accepted - counts.sent - unsent)
        is_known = counts.accepted or counts.sent or counts.failed or counts.started_at
        if not is_known:
            return None
        run = self._keys.broadcast_run(self.tag(name))
        sendable, done, canceled = await self._connection.command(
            "HMGET", run, "rows", "done", "canceled"
        )
        if canceled is not None:
            counts.canceled_at = float(canceled)
            sendable = max(int(sendable or 0) - same, counts.accepted)
            counts.waiting, counts.canceled = 0, max(0, sendable - counts.sent - unsent)
        counts.has_ended = canceled is not None or (done is not None and not counts.waiting)
        return counts

    async def _values(self, key: str) -> AsyncIterator[bytes]:
        cursor: bytes | int = 0
        seen: set[bytes] = set()
        while True:
            cursor, found = await self._connection.command("HSCAN", key, cursor, "COUNT", _PAGE)
            items = found.items() if isinstance(found, dict) else _pairs(found)
            for field, value in items:
                if field not in seen:
                    seen.add(field)
                    yield value
            if int(cursor) == 0:
                return


def _pairs(flat: list[bytes]) -> list[tuple[bytes, bytes]]:
    return list(zip(flat[::2], flat[1::2], strict=True))


def _decoded(value: bytes) -> ContactOutcome:
    letters, _, reason = value.decode().partition("=")
    return ContactOutcome(frozenset(_NAMES[each] for each in letters if each in _NAMES), reason)
