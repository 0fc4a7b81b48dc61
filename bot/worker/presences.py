"""Sends the reports of processes to the store.

`bot doctor` checks the reported system limits and settings. Web processes warn if no worker
reports: without a worker, a web process accepts callbacks that are never answered. The same happens
if the web process uses another server, database or namespace than the workers.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from bot.clock import Clock
from bot.errors import ConfigError, StoreError
from bot.store import Process, Store

logger = logging.getLogger(__name__)

REPORT_S = 10.0
"""Seconds between two reports of a process. A report is valid for three times as long."""

FIRST_LOOK_S = 30.0
"""Seconds from the start of a web process to its first check for a worker.

The wait is necessary because workers may start after web processes.
"""


async def report(
    store: Store,
    describe: Callable[[], Awaitable[Process]],
    work: "asyncio.Task[None] | None",
    clock: Clock,
) -> None:
    """Report a process regularly, until this task is canceled.

    If the process has a worker, also report the worker until the worker ends.
    """
    while True:
        # The worker or the webhook logs an unavailable store, and `bot doctor` reports an owner
        # that is not a bot.
        with contextlib.suppress(StoreError, ConfigError):
            process = await describe()
            if work and not work.done():
                await store.report_worker(process.name)
            await store.report_process(process)
        await clock.sleep(REPORT_S)


async def watch(store: Store, clock: Clock) -> None:
    """Log when no worker uses the store, and when a worker uses it again."""
    had_worker = True
    await clock.sleep(FIRST_LOOK_S)
    while True:
        try:
            has_worker = await store.reader.has_worker()
        except StoreError:
            has_worker = had_worker  # The webhook logs an unavailable store.
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
