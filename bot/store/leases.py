"""Handing out ready contacts to workers, and taking them back from those that died."""

import asyncio

from redis.exceptions import ResponseError

from bot.store.base import CALL_S, Base
from bot.store.connection import translating
from bot.store.keys import GROUP
from bot.store.model import Ready

SLICE_S = 5.0
"""The longest single blocking read; a connection that died unnoticed is found out after it."""


class Leases(Base):
    """Leases on contacts: one consumer group over the shards' streams of ready contacts."""

    async def ready(self, consumer: str, count: int, block_s: float | None) -> list[Ready]:
        """Contacts that have something to do, leased to `consumer` from now on.

        `count` is shared out among the shards, at least one each, so a few more than `count` may
        come. Waits up to `block_s` seconds for the first one; None or 0 doesn't wait. Being
        cancelled is harmless: what may have been handed out is recovered later.

        Raises:
            StoreError: Redis is away or refuses.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + (block_s or 0.0)
        while True:
            left = end - loop.time()
            found = await self._read(consumer, count, min(left, SLICE_S))
            if found or left <= SLICE_S:
                return found

    async def _read(self, consumer: str, count: int, block_s: float) -> list[Ready]:
        keys = [prefix + "ready" for prefix in self._keys.prefixes]
        each = max(1, count // len(keys))
        block = ("BLOCK", max(1, round(block_s * 1000))) if block_s > 0 else ()
        command = (
            *("XREADGROUP", "GROUP", GROUP, consumer, "COUNT", each, *block),
            *("STREAMS", *keys, *(">" for _ in keys)),
        )
        with translating(self._host):
            try:
                async with asyncio.timeout(max(block_s, 0.0) + CALL_S):
                    streams = await self._reader.execute_command(*command)
            except ResponseError as fault:
                if not str(fault).startswith("NOGROUP"):
                    raise
                # Somebody has emptied the server under us.
                await self._make_groups()
                return []
        shards = {key.encode(): shard for shard, key in enumerate(keys)}
        return [
            Ready(fields[b"c"].decode(), shards[key], entry.decode(), consumer)
            for key, entries in streams
            for entry, fields in entries
        ]
