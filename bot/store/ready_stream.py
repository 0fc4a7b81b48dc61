"""The streams of ready contacts, one for each shard.

All workers read these streams as one consumer group.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from bot.errors import StoreError
from bot.store import scripts
from bot.store.connection import Connection
from bot.store.keys import GROUP, as_ms
from bot.store.lease_watch import LeaseWatch
from bot.store.model import Ready
from bot.store.namespace import create_groups

MAX_BLOCK_S = 5.0
"""Maximum duration of one blocking read, in seconds.

The limit is also the longest time until a dead connection is noticed.
"""

MAX_CLUSTER_BLOCK_S = 0.25
"""Maximum duration of one blocking read on a cluster, in seconds. The read must be short, because a
read on a cluster may outlast the call that started it. The result then waits for the next call.
"""

MAX_CONSUMER_IDLE_MS = 600_000
"""Milliseconds after which an idle consumer without entries is removed."""

MAX_WATCHED = 1_000
"""Maximum number of leases that are watched in each shard. The oldest leases are watched."""


class ReadyStream:
    """Delivers the entries of the streams. An entry is a ready contact, and goes to one consumer.

    The argument `each` is the maximum number of entries to take from a shard.

    `monotonic` is the clock that decides when leases end.
    """

    def __init__(
        self,
        connection: Connection,
        max_consumer_idle_ms: int = MAX_CONSUMER_IDLE_MS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection = connection
        self._keys = connection.keys
        self._max_consumer_idle_ms = max_consumer_idle_ms
        self._pending_reads: dict[tuple[str, int], asyncio.Task[list[Ready]]] = {}
        self._blocking_reads = 0
        self._watches = [LeaseWatch(monotonic) for _ in range(connection.keys.shards)]

    @property
    def is_empty(self) -> bool:
        """Whether certainly no contact waits in any stream.

        This is True while a blocking read of this process waits for an entry. Otherwise it is
        unknown whether a contact waits.
        """
        return self._blocking_reads > 0

    async def aclose(self) -> None:
        """Wait for the blocking reads that were started."""
        await asyncio.gather(*self._pending_reads.values(), return_exceptions=True)
        self._pending_reads.clear()

    async def read(self, consumer: str, each: int, block_s: float) -> list[Ready]:
        """Read new entries. Wait up to `block_s` seconds for the first entry. The call may return
        earlier.
        """
        read = self._read_cluster if self._connection.is_cluster else self._read_all
        return await self._with_groups(read, consumer, each, block_s)

    async def recover(self, consumer: str, each: int, idle_s: float) -> list[Ready]:
        """Take over entries that were held for `idle_s` without being renewed."""
        return await self._with_groups(self._recover, consumer, each, idle_s)

    async def renew(self, consumer: str, leases: Sequence[Ready]) -> list[Ready]:
        """Restart the idle time of these entries. Return the entries that the consumer still
        holds.
        """
        entries = defaultdict(list)
        for lease in leases:
            entries[lease.shard].append(lease.entry)
        answers = await asyncio.gather(
            *(
                self._connection.script(scripts.RENEW, self._keys.prefixes[shard], consumer, *held)
                for shard, held in entries.items()
            )
        )
        renewed = {
            (shard, entry.decode())
            for shard, kept in zip(entries, answers, strict=True)
            for entry in kept
        }
        return [lease for lease in leases if (lease.shard, lease.entry) in renewed]

    async def leave(self, consumer: str, leases: Sequence[Ready] | None, *, is_lost: bool) -> int:
        """End these leases of the consumer; all its leases if `leases` is None. Return how many
        contacts were queued again.

        `is_lost` is True if the consumer's process has died, so that its turns count as lost.
        """
        entries = defaultdict(list)
        for lease in leases or ():
            entries[lease.shard].append(lease.entry)
        queued = await asyncio.gather(
            *(
                self._connection.script(
                    scripts.LEAVE,
                    self._keys.prefixes[shard],
                    *(consumer, int(is_lost), *entries[shard]),
                )
                for shard in (range(self._keys.shards) if leases is None else [*entries])
            )
        )
        return sum(queued)

    async def _with_groups(
        self,
        read: Callable[[str, int, float], Awaitable[list[Ready]]],
        consumer: str,
        each: int,
        seconds: float,
    ) -> list[Ready]:
        """Call `read`. If the server was emptied, create the groups and call `read` again."""
        try:
            return await read(consumer, each, seconds)
        except StoreError as error:
            if "NOGROUP" not in str(error):
                raise
        await create_groups(self._connection)
        return await read(consumer, each, seconds)

    async def _recover(self, consumer: str, each: int, idle_s: float) -> list[Ready]:
        answers = await self._connection.script_of_shards(
            scripts.RECOVER, MAX_WATCHED, self._max_consumer_idle_ms
        )
        ended = {
            shard: leases[:each]
            for shard, held in enumerate(answers)
            if (leases := self._watches[shard].ended(held, idle_s))
        }
        taken = await asyncio.gather(
            *(
                self._connection.script(
                    scripts.TAKE_OVER,
                    *(self._keys.prefixes[shard], consumer),
                    *(part for lease in leases for part in lease),
                )
                for shard, leases in ended.items()
            )
        )
        return [
            lease
            for shard, entries in zip(ended, taken, strict=True)
            for lease in _leases(consumer, shard, entries)
        ]

    async def _read_all(self, consumer: str, each: int, block_s: float) -> list[Ready]:
        """Read all shards with one command."""
        is_blocking = block_s > 0
        self._blocking_reads += is_blocking
        try:
            return await self._read_blocking(consumer, range(self._keys.shards), each, block_s)
        finally:
            self._blocking_reads -= is_blocking

    async def _read_cluster(self, consumer: str, each: int, block_s: float) -> list[Ready]:
        """Read each shard separately, because shards are on different nodes."""
        answers = await asyncio.gather(
            *(
                self._connection.script(scripts.READ, self._keys.prefixes[shard], consumer, each)
                for shard in range(self._keys.shards)
            )
        )
        found = self._finished_reads()
        for shard, streams in enumerate(answers):
            for _, entries in streams or ():
                found += _leases(consumer, shard, entries)
        if found or block_s <= 0:
            return found
        slice_s = min(block_s, MAX_CLUSTER_BLOCK_S)
        for shard in range(self._keys.shards):
            if (consumer, shard) not in self._pending_reads:
                self._pending_reads[consumer, shard] = asyncio.create_task(
                    self._read_blocking(consumer, [shard], 1, slice_s)
                )
        await asyncio.wait(
            self._pending_reads.values(), timeout=slice_s, return_when=asyncio.FIRST_COMPLETED
        )
        return self._finished_reads()

    def _finished_reads(self) -> list[Ready]:
        """Collect the results of the blocking reads. If only errors are found, raise the last
        error.
        """
        found: list[Ready] = []
        error: BaseException | None = None
        for key, task in list(self._pending_reads.items()):
            if task.done():
                del self._pending_reads[key]
                error = task.exception() or error
                found += [] if task.exception() else task.result()
        if error and not found:
            raise error
        return found

    async def _read_blocking(
        self, consumer: str, shards: Sequence[int], each: int, block_s: float
    ) -> list[Ready]:
        block_s = max(0.0, min(block_s, MAX_BLOCK_S))
        keys = {self._keys.prefixes[shard] + "ready": shard for shard in shards}
        command: list[Any] = ["XREADGROUP", "GROUP", GROUP, consumer, "COUNT", each]
        if block_s:
            command += ["BLOCK", max(1, as_ms(block_s))]
        command += ["STREAMS", *keys, *(">" for _ in keys)]
        streams = await self._connection.blocking(command, next(iter(keys)), block_s)
        return [
            Ready(fields[b"c"].decode(), keys[key.decode()], entry.decode(), consumer)
            for key, entries in streams
            for entry, fields in entries
        ]


def _leases(consumer: str, shard: int, entries: list[Any]) -> list[Ready]:
    """Decode the entries that a script returns."""
    return [Ready(entry[1][1].decode(), shard, entry[0].decode(), consumer) for entry in entries]
