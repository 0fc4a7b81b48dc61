"""Changes by operators: dead letters, deletion of contacts, and rows of broadcasts."""

import heapq
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec

from bot.store import scripts
from bot.store.connection import Connection
from bot.store.keys import BROADCAST_MS, as_ms, digest
from bot.store.model import DeadLetter, DueTimer, FlowOff, Outgoing
from bot.store.outcomes import SAME_CONTACT, Outcomes

_PAGE = 100

MAX_NOTES = 100
"""Maximum number of notes for each contact."""


class Admin:
    """Changes that operators make. A dead letter's id is `<shard>-<id in the shard's stream>`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys = connection.keys

    async def dead_letters(self) -> AsyncIterator[DeadLetter]:
        """Yield all dead letters, shard by shard, and oldest first in each shard."""
        for shard in range(self._keys.shards):
            async for letter in self._dead_of(shard):
                yield letter

    async def newest_dead_letters(self) -> AsyncIterator[DeadLetter]:
        """Yield all dead letters, newest first over all shards."""
        shards = [self._dead_of(each, newest_first=True) for each in range(self._keys.shards)]
        heads: list[tuple[float, int, DeadLetter]] = []
        for number, letters in enumerate(shards):
            async for letter in letters:
                heads.append((-letter.at, number, letter))
                break
        heapq.heapify(heads)
        while heads:
            _, number, letter = heads[0]
            yield letter
            later = await anext(shards[number], None)
            if later is None:
                heapq.heappop(heads)
            else:
                heapq.heapreplace(heads, (-later.at, number, later))

    async def dead_letters_of(self, contact: str) -> AsyncIterator[DeadLetter]:
        """Yield the contact's dead letters, newest first."""
        async for letter in self._dead_of(self._keys.shard(contact), newest_first=True):
            if letter.contact == contact:
                yield letter

    async def dead_letter(self, id: str) -> DeadLetter | None:
        """Return the dead letter with this id; None if no dead letter has this id."""
        shard, entry = self._place(id)
        if shard is None:
            return None
        (key,) = self._keys.in_shard(shard, "dead")
        found = await self._connection.command("XRANGE", key, entry, entry)
        return _dead_letter(shard, found[0]) if found else None

    async def retry_dead(self, id: str) -> bool:
        """Append the dead letter's items to the contact's inbox, or its reply to the contact's
        outbox.

        Return False if there is no such letter. A reply may have been sent already, so the worker
        first looks it up at Sinch.
        """
        letter = await self.dead_letter(id)
        if letter is None:
            return False
        done = await self._connection.script(
            scripts.RETRY_DEAD,
            self._keys.prefix(letter.contact),
            *(letter.contact, self._place(id)[1]),
        )
        return bool(done)

    async def drop_dead(self, id: str) -> bool:
        """Delete the dead letter. Return False if there is no such letter."""
        shard, entry = self._place(id)
        if shard is None:
            return False
        (key,) = self._keys.in_shard(shard, "dead")
        return bool(await self._connection.command("XDEL", key, entry))

    async def rewind(
        self, contact: str, session: bytes, timers: Sequence[DueTimer], log_lines: int
    ) -> None:
        """Restore the contact to an earlier session, with only these timers and no other work.

        The newest `log_lines` lines of the contact's log are deleted. If a turn of the contact runs
        now, the turn's results are lost.
        """
        flat = [
            part for timer in timers for part in (timer.name, f"{as_ms(timer.due)}", timer.item)
        ]
        await self._connection.script(
            scripts.REWIND, self._keys.prefix(contact), contact, session, log_lines, *flat
        )

    async def switch_off(self, flow: str, off: FlowOff) -> None:
        """Switch a flow off, or change the reason. Workers apply the change within seconds."""
        await self._connection.command("HSET", self._keys.flows_off, flow, msgspec.json.encode(off))

    async def switch_on(self, flow: str) -> bool:
        """Switch a flow on again. Return False if the flow was on already."""
        return bool(await self._connection.command("HDEL", self._keys.flows_off, flow))

    async def add_note(self, contact: str, note: bytes) -> None:
        """Store a note about the contact. Only the newest `MAX_NOTES` notes are kept."""
        (key,) = self._keys.of(contact, ("notes",))
        await self._connection.command("LPUSH", key, note)
        await self._connection.command("LTRIM", key, 0, MAX_NOTES - 1)

    async def row_begun_at(self, broadcast: str, row: str) -> float | None:
        """Return when a broadcast began to send a row, in Unix seconds.

        The value 0 means that the row, or another row of the same contact, was accepted. None means
        that the broadcast has not begun to send the row. The records of all rows are stored for 90
        days after the last record.
        """
        found = await self._connection.command("HGET", self._keys.broadcast(broadcast), digest(row))
        return None if found is None else float(found or 0)

    async def note_row(self, broadcast: str, row: str, begun_at: float) -> None:
        """Store when the broadcast began to send a row. If `begun_at` is 0, store that the row was
        accepted.
        """
        await self._note_row(broadcast, row, f"{begun_at:.3f}".encode() if begun_at else b"")

    async def note_same_contact(self, broadcast: str, row: str) -> None:
        """Store that this row is not sent, because another row of its contact was accepted."""
        await self._note_row(broadcast, row, SAME_CONTACT)

    async def _note_row(self, broadcast: str, row: str, value: bytes) -> None:
        key = self._keys.broadcast(broadcast)
        await self._connection.command("HSET", key, digest(row), value)
        await self._connection.command("PEXPIRE", key, BROADCAST_MS)

    async def drop_row(self, broadcast: str, row: str) -> None:
        """Delete the record of a row that was certainly not accepted.

        If the command runs again under the broadcast's name, the row counts as new.
        """
        await self._connection.command("HDEL", self._keys.broadcast(broadcast), digest(row))

    async def forget(self, contact: str, also: Sequence[str] = ()) -> bool:
        """Delete everything about the contact, including its dead letters.

        Return False if nothing about the contact was stored.

        If a turn of the contact runs now, the turn's results are lost. If a reply is being sent,
        its outcome is lost. Unrouted callbacks that contain the contact's key or one of its
        identities (`also`) are deleted, too.
        """
        deleted = await self._connection.script(
            scripts.FORGET_CONTACT, self._keys.prefix(contact), contact
        )
        async for letter in self._dead_of(self._keys.shard(contact)):
            if letter.contact == contact:
                deleted += await self.drop_dead(letter.id)
        _, _, identity = contact.partition(":")
        deleted += await Outcomes(self._connection).forget(contact)
        return bool(deleted + await self._drop_unrouted([contact, identity, *also]))

    async def _drop_unrouted(self, names: Sequence[str]) -> int:
        """Delete the unrouted callbacks that contain one of the names. Return their number."""
        wanted = [name.encode() for name in names if name]
        callbacks = await self._connection.command("XRANGE", self._keys.unrouted, "-", "+")
        found = [entry for entry, fields in callbacks if _holds(fields, wanted)]
        return await self._connection.command("XDEL", self._keys.unrouted, *found) if found else 0

    async def _dead_of(
        self, shard: int, *, newest_first: bool = False
    ) -> AsyncGenerator[DeadLetter, None]:
        (key,) = self._keys.in_shard(shard, "dead")
        command, start, end = ("XREVRANGE", "+", "-") if newest_first else ("XRANGE", "-", "+")
        while page := await self._connection.command(command, key, start, end, "COUNT", _PAGE):
            for entry in page:
                yield _dead_letter(shard, entry)
            start = f"({page[-1][0].decode()}"

    def _place(self, id: str) -> tuple[int | None, str]:
        shard, _, entry = id.partition("-")
        if shard.isdecimal() and int(shard) < self._keys.shards and _is_entry(entry):
            return int(shard), entry
        return None, ""


def _holds(callback: Mapping[bytes, bytes], names: Sequence[bytes]) -> bool:
    return any(name in callback[b"raw"] for name in names)


def _is_entry(text: str) -> bool:
    ms, _, number = text.partition("-")
    return ms.isdecimal() and number.isdecimal()


def _dead_letter(shard: int, entry: Any) -> DeadLetter:
    id, fields = entry
    reply = fields.get(b"outbox")
    return DeadLetter(
        id=f"{shard}-{id.decode()}",
        contact=fields[b"c"].decode(),
        at=int(fields[b"at"]) / 1000,
        letter=fields[b"letter"],
        items=[value for name, value in fields.items() if name.startswith(b"inbox")],
        reply=Outgoing.of(reply) if reply else None,
    )
