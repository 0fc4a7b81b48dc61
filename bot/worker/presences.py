"""Reports workers to the store. Web processes look whether there is one.

A web process without a worker accepts callbacks that are never answered. So does a web process that
uses another server, database or namespace than the workers.
"""

import asyncio
import contextlib
import logging

from bot.clock import Clock
from bot.errors import StoreError
from bot.store import Store

logger = logging.getLogger(__name__)

REPORT_S = 10.0
"""How often a worker reports itself; a report holds for three times as long."""

FIRST_LOOK_S = 30.0
"""How long after its start a web process looks for a worker, which may start later."""


async def report(store: Store, name: str, work: "asyncio.Task[None]", clock: Clock) -> None:
    """Report a worker until its task ends, or this is canceled."""
    while not work.done():
        # The worker itself logs that the store is away.
        with contextlib.suppress(StoreError):
            await store.report_worker(name)
        await clock.sleep(REPORT_S)


async def watch(store: Store, clock: Clock) -> None:
    """Log when no worker works on the store any more, and when one does again."""
    had_worker = True
    await clock.sleep(FIRST_LOOK_S)
    while True:
        try:
            has_worker = await store.reader.has_worker()
        except StoreError:
            has_worker = had_worker  # Nobody knows; the webhook logs that the store is away.
        if has_worker != had_worker:
            _log(store, has_worker=has_worker)
        had_worker = has_worker
        await clock.sleep(REPORT_S)


def _log(store: Store, *, has_worker: bool) -> None:
    if has_worker:
        logger.info("A worker uses the %s", store.place, extra={"action": "worker_found"})
        return
    logger.warning(
        "No worker uses the %s: contacts are not answered. Start `bot worker`, with the"
        " REDIS_URL and BOT_NAMESPACE of this process.",
        store.place,
        extra={"action": "no_worker"},
    )
