"""Handing out ready contacts to workers, and taking them back from those that died."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from redis.asyncio.cluster import RedisCluster

from bot.errors import StoreError
from bot.store import scripts
from bot.store.base import CALL_S, Base
from bot.store.connection import translating
from bot.store.keys import CONSUMER_MS, GROUP, as_ms
from bot.store.line import Line, ask
from bot.store.model import Ready

SLICE_S = 5.0
"""The longest single blocking read; a connection that died unnoticed is found out after it."""

CLUSTER_SLICE_S = 0.25
"""The same on a cluster, where a read may end after the call that began it: what it gives then
waits for the next call, so it must not go on for long."""


class Leases(Base):
    """Leases on contacts: one consumer group over the shards' streams of ready contacts.

    A lease begins when `ready` or `recover` hands the contact out, and is over with the verb that
    says so, or when it was not renewed for a time that whoever calls `recover` decides.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._listening: dict[tuple[str, int], asyncio.Task[list[Ready]]] = {}
        self._cursors: dict[int, str] = {}
        self._free_lines: list[Line] = []

    async def close(self) -> None:
        await asyncio.gather(*self._listening.values(), return_exceptions=True)
        self._listening.clear()
        await asyncio.gather(*(line.aclose() for line in self._free_lines))
        await super().close()

    async def ready(self, consumer: str, count: int, block_s: float | None) -> list[Ready]:
        """Contacts that have something to do, leased to `consumer` from now on.

        `count` is shared out among the shards, at least one each, so a few more than `count` may
        come. Waits up to `block_s` seconds for the first one; None or 0 doesn't wait. Being
        cancelled is harmless: what was handed out by then is recovered later.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + (block_s or 0.0)
        each = max(1, count // self._keys.shards)
        read = self._read_cluster if self._is_cluster else self._read
        while True:
            left = end - loop.time()
            found = await self._with_groups(read, consumer, each, left)
            if found or end <= loop.time():
                return found

    async def recover(self, consumer: str, idle_s: float, count: int) -> list[Ready]:
        """Take over contacts whose lease was not renewed for `idle_s` seconds of the server's time.

        `count` is shared out as in `ready`. Looks at a part of the leases each time, and goes on
        there the next time: call it regularly. Consumers that have been away for long are removed.
        """
        each = max(1, count // self._keys.shards)
        return await self._with_groups(self._recover, consumer, each, idle_s)

    async def _recover(self, consumer: str, each: int, idle_s: float) -> list[Ready]:
        found: list[Ready] = []
        answers = await asyncio.gather(
            *(
                self._calls.script(
                    scripts.RECOVER,
                    self._keys.prefixes[shard],
                    *(consumer, as_ms(idle_s), each, self._cursors.get(shard, "0-0"), CONSUMER_MS),
                )
                for shard in range(self._keys.shards)
            )
        )
        for shard, (cursor, entries) in enumerate(answers):
            self._cursors[shard] = cursor.decode()
            found += _leases(consumer, shard, entries)
        return found

    async def renew(self, consumer: str, leases: Sequence[Ready]) -> list[Ready]:
        """Let these leases begin anew; gives those that weren't lost meanwhile."""
        entries = defaultdict(list)
        for lease in leases:
            entries[lease.shard].append(lease.entry)
        answers = await asyncio.gather(
            *(
                self._calls.script(scripts.RENEW, self._keys.prefixes[shard], consumer, *held)
                for shard, held in entries.items()
            )
        )
        renewed = {
            (shard, entry.decode())
            for shard, kept in zip(entries, answers, strict=True)
            for entry in kept
        }
        return [lease for lease in leases if (lease.shard, lease.entry) in renewed]

    async def _with_groups(
        self,
        read: Callable[[str, int, float], Awaitable[list[Ready]]],
        consumer: str,
        each: int,
        seconds: float,
    ) -> list[Ready]:
        """What `read` gives, also where somebody has emptied the server under us."""
        try:
            return await read(consumer, each, seconds)
        except StoreError as fault:
            if "NOGROUP" not in str(fault):
                raise
        await self._make_groups()
        return await read(consumer, each, seconds)

    async def _read(self, consumer: str, each: int, block_s: float) -> list[Ready]:
        """One read over all shards."""
        return await self._read_streams(consumer, range(self._keys.shards), each, block_s)

    async def _read_cluster(self, consumer: str, each: int, block_s: float) -> list[Ready]:
        """One read for each shard, since these lie on different nodes."""
        answers = await asyncio.gather(
            *(
                self._calls.script(scripts.READ, self._keys.prefixes[shard], consumer, each)
                for shard in range(self._keys.shards)
            )
        )
        found = self._heard()
        for shard, streams in enumerate(answers):
            for _, entries in streams or ():
                found += _leases(consumer, shard, entries)
        if found or block_s <= 0:
            return found
        slice_s = min(block_s, CLUSTER_SLICE_S)
        for shard in range(self._keys.shards):
            if (consumer, shard) not in self._listening:
                self._listening[consumer, shard] = asyncio.create_task(
                    self._read_streams(consumer, [shard], 1, slice_s)
                )
        await asyncio.wait(
            self._listening.values(), timeout=slice_s, return_when=asyncio.FIRST_COMPLETED
        )
        return self._heard()

    def _heard(self) -> list[Ready]:
        """What the blocking reads that have ended gave; a fault only where they gave nothing."""
        found: list[Ready] = []
        fault: BaseException | None = None
        for key, task in list(self._listening.items()):
            if task.done():
                del self._listening[key]
                fault = task.exception() or fault
                found += [] if task.exception() else task.result()
        if fault and not found:
            raise fault
        return found

    async def _read_streams(
        self, consumer: str, shards: Sequence[int], each: int, block_s: float
    ) -> list[Ready]:
        block_s = min(block_s, SLICE_S)
        keys = {self._keys.prefixes[shard] + "ready": shard for shard in shards}
        command: list[Any] = ["XREADGROUP", "GROUP", GROUP, consumer, "COUNT", each]
        if block_s > 0:
            command += ["BLOCK", max(1, as_ms(block_s))]
        command += ["STREAMS", *keys, *(">" for _ in keys)]
        with translating(self._host):
            streams = await self._read_from(command, next(iter(keys)), max(0.0, block_s) + CALL_S)
        return [
            Ready(fields[b"c"].decode(), keys[key.decode()], entry.decode(), consumer)
            for key, entries in streams
            for entry, fields in entries
        ]

    async def _read_from(self, command: list[Any], key: str, timeout_s: float) -> Any:
        if isinstance(self._reader, RedisCluster):
            async with asyncio.timeout(timeout_s):
                # Left alone, the client asks a node of the cluster for each read where the key is.
                await self._reader.initialize()
                node = self._reader.get_node_from_key(key)
                return await self._reader.execute_command(*command, target_nodes=node)
        line = self._free_lines.pop() if self._free_lines else Line(self._reader)
        try:
            return await ask(line, tuple(command), timeout_s)
        finally:
            self._free_lines.append(line)


def _leases(consumer: str, shard: int, entries: list[Any]) -> list[Ready]:
    """Leases from entries as a script gives them."""
    return [
        Ready(entry[1][1].decode(), shard, entry[0].decode(), consumer)
        for entry in entries
        if entry  # before Redis 7, nil stands for one that was deleted
    ]
