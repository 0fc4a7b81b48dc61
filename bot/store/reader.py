"""Reads the store for commands, pages and tests. This module changes nothing."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from bot.store import scripts
from bot.store.connection import Connection
from bot.store.keys import GROUP, REPORT_MS, as_ms
from bot.store.model import (
    ConsentChanges,
    Depth,
    DueTimer,
    FlowOff,
    Outgoing,
    Process,
    RecordedConsent,
    UnroutedCallback,
)

_process = msgspec.json.Decoder(Process)
_flow_off = msgspec.json.Decoder(FlowOff)


class Reader:
    """Reads one contact's keys, and the figures of the whole store."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys = connection.keys

    async def session(self, contact: str) -> bytes | None:
        """Return the contact's session; None if no session is stored."""
        (key,) = self._keys.of(contact, ("session",))
        found: bytes | None = await self._connection.command("GET", key)
        return found

    async def consent(self, identity: str) -> list[RecordedConsent]:
        """Return the last consent changes of `identity` (`CHANNEL:identity`), by purpose."""
        prefix, digest = self._keys.consent(identity)
        found: dict[bytes, bytes] = await self._connection.command(
            "HGETALL", f"{prefix}consent:{digest}"
        )
        parts = ((purpose, *value.split()) for purpose, value in found.items())
        return [RecordedConsent(p.decode(), to.decode(), int(at) / 1000) for p, to, at in parts]

    async def consent_changes(self) -> ConsentChanges:
        """Return when the consent of any contact last changed."""
        found = await self._connection.command(
            "HMGET", self._keys.consent_changes, "id", "identity"
        )
        return ConsentChanges(*(int(at or 0) / 1000 for at in found))

    async def flows_off(self) -> dict[str, FlowOff]:
        """Return the flows that are switched off, by name."""
        found = await self._connection.command("HGETALL", self._keys.flows_off)
        return {name.decode(): _flow_off.decode(raw) for name, raw in found.items()}

    async def flow_off(self, name: str) -> FlowOff | None:
        """Return when and why a flow was switched off; None if the flow is on."""
        raw = await self._connection.command("HGET", self._keys.flows_off, name)
        return _flow_off.decode(raw) if raw else None

    async def contacts(self, *kinds: str) -> AsyncIterator[str]:
        """Yield each contact that has a key of one of the `kinds`, in no particular order.

        By default, these are the contacts with a session. All keys of the server are read.
        """
        kinds = kinds or ("session",)
        wanted = re.compile(rf"\{{s\d+}}:(?:{'|'.join(kinds)}):(.*)", re.DOTALL).fullmatch
        kind = kinds[0] if len(kinds) == 1 else "*"
        start = f"{self._keys.namespace}:"
        seen = set()
        async for key in self._connection.scan(f"{_literal(start)}{{s*}}:{kind}:*"):
            found = wanted(key.decode().removeprefix(start))
            if found and found[1] not in seen:
                seen.add(found[1])
                yield found[1]

    async def has_worker(self) -> bool:
        """Return whether a worker has reported to this store in the last 30 seconds."""
        return bool(await self._connection.command("EXISTS", self._keys.worker))

    async def processes(self) -> list[Process]:
        """Return the processes that have reported to this store within 30 seconds."""
        now = await self.time()
        return [each for each in await self._processes() if each.at > now - REPORT_MS / 1000]

    async def ended_processes(self, now: float) -> list[str]:
        """Return the names of stored processes that have not reported for 30 seconds."""
        known = await self._processes()
        return [each.name for each in known if each.at <= now - REPORT_MS / 1000]

    async def _processes(self) -> list[Process]:
        found = await self._connection.command("HGETALL", self._keys.processes)
        return [_process.decode(raw) for raw in found.values()]

    async def inbox(self, contact: str) -> list[bytes]:
        """Return the unhandled items, oldest first."""
        return await self._queue(contact, "item", "inbox")

    async def outbox(self, contact: str) -> list[Outgoing]:
        """Return the unsent replies, oldest first. Their fields `unknown` and `tries` are not read
        from the store, so these fields have their defaults.
        """
        return [Outgoing.of(entry) for entry in await self._queue(contact, "reply", "outbox")]

    async def timers(self, contact: str) -> list[DueTimer]:
        """Return the contact's timers, ordered by time."""
        names, timers = self._keys.of(contact, ("timers",), ("timers",))
        items: dict[bytes, bytes] = await self._connection.command("HGETALL", names)
        if not items:
            return []
        members = [b"%s\n%s" % (contact.encode(), name) for name in items]
        scores = await self._connection.command("ZMSCORE", timers, *members)
        found = [
            DueTimer(name.decode(), float(score) / 1000, item)
            for (name, item), score in zip(items.items(), scores, strict=True)
            if score is not None  # A timer may have fired between the two calls.
        ]
        return sorted(found, key=lambda timer: timer.due)

    async def log(self, contact: str) -> list[bytes]:
        """Return the log lines of the last turns, newest first."""
        return await self._list(contact, "log")

    async def notes(self, contact: str) -> list[bytes]:
        """Return the notes of people about the contact, newest first."""
        return await self._list(contact, "notes")

    async def unrouted(self, count: int = 100) -> list[UnroutedCallback]:
        """Return the newest `count` callbacks that could not be handled, newest first."""
        found = await self._connection.command(
            "XREVRANGE", self._keys.unrouted, "+", "-", "COUNT", count
        )
        return [
            UnroutedCallback(int(f[b"at"]) / 1000, f[b"why"].decode(), int(f[b"size"]), f[b"raw"])
            for _, f in found
        ]

    async def depth(self) -> Depth:
        """Return the amount of work in all shards."""
        figures = await asyncio.gather(*map(self._depth_of, range(self._keys.shards)))
        entries, leased, timers, dead = map(sum, zip(*figures, strict=True))
        return Depth(waiting=max(0, entries - leased), leased=leased, timers=timers, dead=dead)

    async def waiting_s(self) -> float:
        """Return how long the longest-waiting contact has waited for a worker, in seconds.

        Return 0 if no contact waits.
        """
        waits = await asyncio.gather(*map(self._waiting_in, range(self._keys.shards)))
        return max(waits)

    async def timers_late(self, now: float) -> int:
        """Return the number of overdue timers."""
        counts = await asyncio.gather(
            *(
                self._connection.command("ZCOUNT", key, "-inf", f"({as_ms(now)}")
                for shard in range(self._keys.shards)
                for key in self._keys.in_shard(shard, "timers")
            )
        )
        return sum(counts)

    async def paused(self, now: float, within_s: float) -> list[Outgoing]:
        """Return the replies that are tried again within `within_s` seconds.

        Only the first reply of a contact can be tried again. Held replies are not included, because
        they wait for a certain time or for the contact.
        """
        until = as_ms(now + within_s)
        members = await asyncio.gather(
            *(
                self._connection.command("ZRANGE", key, "-inf", until, "BYSCORE")
                for shard in range(self._keys.shards)
                for key in self._keys.in_shard(shard, "timers")
            )
        )
        # A member with a line break is a timer of a flow.
        contacts = [m.decode() for each in members for m in each if b"\n" not in m]
        are_held = await asyncio.gather(*map(self.is_held, contacts))
        outboxes = await asyncio.gather(
            *(
                self.outbox(contact)
                for contact, is_held in zip(contacts, are_held, strict=True)
                if not is_held
            )
        )
        return [outbox[0] for outbox in outboxes if outbox]

    async def is_held(self, contact: str) -> bool:
        """Return whether the contact's replies are held. Held replies wait until a certain time, or
        until the contact writes.
        """
        (work,) = self._keys.of(contact, ("work",))
        return bool(await self._connection.command("HGET", work, "held"))

    async def time(self) -> float:
        """Return the server's time in Unix seconds; for a cluster, the time of the first shard's
        server.
        """
        seconds, micros = await self._connection.script(scripts.TIME, self._keys.prefixes[0])
        return int(seconds) + int(micros) / 1e6

    async def info(self) -> dict[str, Any]:
        """Return the server's INFO, such as `redis_version`; for a cluster, the INFO of one
        node.
        """
        found: dict[str, Any] = await self._connection.command("INFO")
        return found

    async def _waiting_in(self, shard: int) -> float:
        (key,) = self._keys.in_shard(shard, "ready")
        (fields,) = await self._connection.command("XINFO", "GROUPS", key)
        delivered = dict(zip(fields[::2], fields[1::2], strict=True))[b"last-delivered-id"]
        first, (seconds, micros) = await asyncio.gather(
            self._connection.command("XRANGE", key, b"(" + delivered, "+", "COUNT", 1),
            self._connection.command("TIME"),
        )
        if not first:
            return 0.0
        # An id begins with the server's time in milliseconds.
        since = int(first[0][0].partition(b"-")[0]) / 1000
        return max(0.0, float(seconds) + float(micros) / 1e6 - since)

    async def _depth_of(self, shard: int) -> tuple[int, int, int, int]:
        ready, timers, dead = self._keys.in_shard(shard, "ready", "timers", "dead")
        entries, pending, set_timers, letters = await asyncio.gather(
            self._connection.command("XLEN", ready),
            self._connection.command("XPENDING", ready, GROUP),
            self._connection.command("ZCARD", timers),
            self._connection.command("XLEN", dead),
        )
        return entries, pending["pending"], set_timers, letters

    async def _queue(self, contact: str, head_field: str, kind: str) -> list[bytes]:
        """Return the inbox or outbox, whose first entry may be in the contact's `work`.

        `work` and the list are read in one batch. Between two batches, the first entry could move
        from the list to `work`, and be missing in the result.
        """
        work, entries = self._keys.of(contact, ("work", kind))
        head, rest = await asyncio.gather(
            self._connection.command("HGET", work, head_field),
            self._connection.command("LRANGE", entries, 0, -1),
        )
        return [head, *rest] if head else list(rest)

    async def _list(self, contact: str, kind: str) -> list[bytes]:
        (key,) = self._keys.of(contact, (kind,))
        found: list[bytes] = await self._connection.command("LRANGE", key, 0, -1)
        return found


def _literal(text: str) -> str:
    """Return a glob pattern that matches only `text`."""
    return "".join(f"\\{c}" if c in "*?[]^\\" else c for c in text)
