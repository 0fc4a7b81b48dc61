"""Metrics of the whole store for `/metrics`: waiting work, its age, and dead letters.

The metrics are read for each request of `/metrics`, so they cost little if requests are rare.
"""

import asyncio
import contextlib
import math
from collections.abc import Iterable, Iterator

import msgspec

from bot.callbacks import NOT_READ
from bot.clock import Clock
from bot.items.outbound import OutboundEntry
from bot.settings import Settings
from bot.store import Outgoing, Store
from bot.telemetry import metrics

_entry = msgspec.json.Decoder(OutboundEntry)


async def read(store: Store, settings: Settings, clock: Clock) -> None:
    """Set the gauges of the whole store.

    Raises:
        StoreError: the store is unavailable.
    """
    now = clock.now()
    depth, waiting_s, late, paused, has_worker, off = await asyncio.gather(
        store.reader.depth(),
        store.reader.waiting_s(),
        store.reader.timers_late(now),
        # One and a half times the pause, because the pause varies by half.
        store.reader.paused(now, settings.retry_most_s * 1.5),
        store.reader.has_worker(),
        store.reader.flows_off(),
    )
    metrics.store_up.set(1)
    metrics.has_worker.set(has_worker)
    metrics.flows_off.set(len(off))
    metrics.waiting.set(depth.waiting)
    metrics.waiting_seconds.set(waiting_s)
    metrics.leased.set(depth.leased)
    metrics.timers_set.set(depth.timers)
    metrics.timers_late.set(late)
    metrics.dead_letters_kept.set(depth.dead)
    metrics.outbox_waiting.set(len(paused))
    metrics.outbox_seconds.set(max(0.0, now - min(_times(paused), default=now)))


def clear() -> None:
    """Set the metrics to NaN, so that old values do not look current."""
    metrics.store_up.set(0)
    for gauge in metrics.OF_STORE:
        gauge.set(math.nan)


def _times(replies: Iterable[Outgoing]) -> Iterator[float]:
    """Yield the commit time of each reply that can be read, in Unix seconds."""
    for reply in replies:
        with contextlib.suppress(*NOT_READ):
            yield _entry.decode(reply.body).at
