"""What operators and tests look up in a store."""

from collections.abc import AsyncIterator

from bot.store.base import Base
from bot.store.connection import translating
from bot.store.model import Outgoing, Timer


class Operations(Base):
    """Reads: nothing here changes anything."""

    async def session(self, contact: str) -> bytes | None:
        """The contact's session; None where there is none."""
        (key,) = self._keys.of(contact, ("session",))
        found: bytes | None = await self._calls.command("GET", key)
        return found

    async def contacts(self) -> AsyncIterator[str]:
        """Every contact that has a session, in no order; goes through all keys of the server."""
        seen: set[bytes] = set()
        pattern = f"{_literal(self._keys.namespace)}:{{s*}}:session:*"
        with translating(self._host):
            async for key in self._reader.scan_iter(match=pattern, count=1000):
                if key not in seen:
                    seen.add(key)
                    yield key.decode().split(":session:", 1)[1]

    async def inbox(self, contact: str) -> list[bytes]:
        """Unhandled items, oldest first."""
        return await self._list(contact, "inbox")

    async def outbox(self, contact: str) -> list[Outgoing]:
        """Unsent replies, oldest first; `unknown` and `tries` are not looked up."""
        return [Outgoing.of(entry) for entry in await self._list(contact, "outbox")]

    async def timers(self, contact: str) -> list[Timer]:
        """Timers that are set, by time."""
        names, timers = self._keys.of(contact, ("timers",), ("timers",))
        items: dict[bytes, bytes] = await self._calls.command("HGETALL", names)
        if not items:
            return []
        members = [b"%s\n%s" % (contact.encode(), name) for name in items]
        scores = await self._calls.command("ZMSCORE", timers, *members)
        found = [
            Timer(name.decode(), float(score) / 1000, item)
            for (name, item), score in zip(items.items(), scores, strict=True)
            if score is not None  # fired between the two calls
        ]
        return sorted(found, key=lambda timer: timer.due)

    async def log(self, contact: str) -> list[bytes]:
        """The last turns, newest first."""
        return await self._list(contact, "log")

    async def _list(self, contact: str, kind: str) -> list[bytes]:
        (key,) = self._keys.of(contact, (kind,))
        found: list[bytes] = await self._calls.command("LRANGE", key, 0, -1)
        return found


def _literal(text: str) -> str:
    """`text` for a glob pattern that means just it."""
    return "".join(f"\\{c}" if c in "*?[]^\\" else c for c in text)
