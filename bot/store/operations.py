"""What operators set right: dead letters, and contacts that are to be forgotten."""

from collections.abc import AsyncIterator
from typing import Any

from bot.store import scripts
from bot.store.base import Base
from bot.store.model import DeadLetter, Outgoing

_PAGE = 100
_OWN = ("work", "inbox", "outbox", "session", "seen", "once", "log", "timers")


class Operations(Base):
    """Dead letters are named `<shard>-<id in the shard's stream>`."""

    async def dead_letters(self) -> AsyncIterator[DeadLetter]:
        """All dead letters, shard by shard, oldest first in each."""
        for shard in range(self._keys.shards):
            async for letter in self._dead_of(shard):
                yield letter

    async def dead_letter(self, id: str) -> DeadLetter | None:
        """The dead letter of that name; None where there is none."""
        shard, entry = self._place(id)
        if shard is None:
            return None
        (key,) = self._keys.in_shard(shard, "dead")
        found = await self._calls.command("XRANGE", key, entry, entry)
        return _dead_letter(shard, found[0]) if found else None

    async def retry_dead(self, id: str) -> bool:
        """Put what the dead letter holds at the end of its contact's inbox or outbox again.

        A reply counts as perhaps sent, so that it is looked for first. False where it is gone.
        """
        letter = await self.dead_letter(id)
        if letter is None:
            return False
        done = await self._calls.script(
            scripts.REVIVE,
            self._keys.of(letter.contact, ("work", "inbox", "outbox"), ("ready", "dead")),
            *(letter.contact, self._place(id)[1]),
        )
        return bool(done)

    async def drop_dead(self, id: str) -> bool:
        """Delete the dead letter; False where it is gone."""
        shard, entry = self._place(id)
        if shard is None:
            return False
        (key,) = self._keys.in_shard(shard, "dead")
        return bool(await self._calls.command("XDEL", key, entry))

    async def forget(self, contact: str) -> bool:
        """Delete all that is known of the contact, dead letters too; False where nothing was.

        A turn that is running for it, or a reply's outcome, is lost with it. What `keep` has kept
        names no contact and stays until newer ones push it out.
        """
        deleted = await self._calls.script(
            scripts.FORGET, self._keys.of(contact, _OWN, ("ready", "timers")), contact
        )
        async for letter in self._dead_of(self._keys.shard(contact)):
            if letter.contact == contact:
                deleted += await self.drop_dead(letter.id)
        return bool(deleted)

    async def _dead_of(self, shard: int) -> AsyncIterator[DeadLetter]:
        (key,) = self._keys.in_shard(shard, "dead")
        start = "-"
        while page := await self._calls.command("XRANGE", key, start, "+", "COUNT", _PAGE):
            for entry in page:
                yield _dead_letter(shard, entry)
            start = f"({page[-1][0].decode()}"

    def _place(self, id: str) -> tuple[int | None, str]:
        shard, _, entry = id.partition("-")
        if shard.isdecimal() and int(shard) < self._keys.shards and _is_entry(entry):
            return int(shard), entry
        return None, ""


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
