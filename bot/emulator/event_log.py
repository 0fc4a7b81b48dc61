"""What happened: every request taken and every callback sent, and who wants to hear of it."""

import asyncio
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bot.emulator.api_error import Json

KEPT = 100_000
"""Entries of each kind that are kept; `counts` goes on counting."""

_BACKLOG = 10_000


@dataclass(frozen=True, slots=True)
class Request:
    """A request to the API. `status` is 0 where the connection was dropped instead."""

    at: float
    method: str
    path: str
    status: int
    body: bytes
    answer: bytes


@dataclass(frozen=True, slots=True)
class CallbackAttempt:
    """One try to deliver a callback. `status` is 0 where no answer came."""

    at: float
    trigger: str
    target: str
    delivery_id: str
    attempt: int
    status: int
    body: str


class Record:
    """Evidence for tests, and news for whoever looks on."""

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
        """Pass a piece of news to all listeners; one that is too far behind misses it."""
        self._number += 1
        if not self._listeners:
            return
        news: Json = {"id": self._number, "kind": kind, "at": at, **what}
        for queue in self._listeners:
            if not queue.full():
                queue.put_nowait(news)

    @contextmanager
    def listen(self) -> Iterator[asyncio.Queue[Json]]:
        """A queue that gets all news while the context is open."""
        queue: asyncio.Queue[Json] = asyncio.Queue(_BACKLOG)
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)
