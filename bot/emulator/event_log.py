"""The log of requests and of sent callbacks, with listeners for changes."""

import asyncio
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bot.emulator.api_error import Json

KEPT = 100_000
"""Maximum number of stored entries of each kind. Deleted entries are still counted."""

_BACKLOG = 10_000


@dataclass(frozen=True, slots=True)
class Request:
    """A request to the API. `status` is 0 if the connection was closed without a response."""

    at: float
    method: str
    path: str
    status: int
    body: bytes
    answer: bytes


@dataclass(frozen=True, slots=True)
class CallbackAttempt:
    """One attempt to deliver a callback. `status` is 0 if there was no response."""

    at: float
    trigger: str
    target: str
    delivery_id: str
    attempt: int
    status: int
    body: str


class Record:
    """The log of requests and callbacks, for tests and listeners."""

    def __init__(self) -> None:
        self.requests: deque[Request] = deque(maxlen=KEPT)
        self.callbacks: deque[CallbackAttempt] = deque(maxlen=KEPT)
        self.counts: Counter[str] = Counter()
        self._listeners: set[asyncio.Queue[Json]] = set()
        self._number = 0

    def took(self, request: Request) -> None:
        self.requests.append(request)
        self.counts[f"request {request.status}"] += 1

    def sent(self, callback: CallbackAttempt) -> None:
        self.callbacks.append(callback)
        self.counts[f"callback {callback.status}"] += 1

    def tell(self, kind: str, at: float, **what: object) -> None:
        """Pass a change to all listeners.

        A listener whose queue is full does not get the change.
        """
        self._number += 1
        if not self._listeners:
            return
        news: Json = {"id": self._number, "kind": kind, "at": at, **what}
        for queue in self._listeners:
            if not queue.full():
                queue.put_nowait(news)

    @contextmanager
    def listen(self) -> Iterator[asyncio.Queue[Json]]:
        """Yield a queue that receives all changes while the context is open."""
        queue: asyncio.Queue[Json] = asyncio.Queue(_BACKLOG)
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)
