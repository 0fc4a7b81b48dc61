"""The journal of a turn: results of `Turn.once` that are recorded in the store while the turn
runs.
"""

from bot.store import Work
from bot.store.queue import Queue
from bot.worker.store_retry import StoreRetry


class StoredJournal:
    """The recorded results of one claim's turn. The commit of the turn deletes these results."""

    def __init__(self, queue: Queue, work: Work, retry: StoreRetry) -> None:
        self._queue = queue
        self._work = work
        self._retry = retry

    async def read(self, key: str) -> bytes | None:
        return await self._retry(lambda: self._queue.recorded(self._work, key))

    async def write(self, key: str, value: bytes) -> None:
        await self._retry(lambda: self._queue.record(self._work, key, value))
