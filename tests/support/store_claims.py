"""Helpers of the store's contract tests."""

from itertools import count

from bot.store import Prefetch, Ready, Store, Work

NOW = 1_700_000_000.0
ANN, BOB = "contact-ann", "SMS:+46700000001"

_tokens = count()


async def one_ready(store: Store, consumer: str = "w1") -> Ready:
    """Lease the only contact that is ready."""
    [ready] = await store.queue.ready(consumer, 16, None)
    return ready


async def claimed(store: Store, ready: Ready | None = None, *, at: float = NOW) -> Work:
    """Claim `ready`, or without it the only contact that is ready."""
    ready = ready or await one_ready(store)
    work = await store.queue.claim(ready, f"t{next(_tokens)}", at, items=10)
    assert work is not None
    return work


class Room:
    """A prefetcher that requests up to `room` contacts. `got` has what was delivered, in order."""

    def __init__(self, room: int = 1) -> None:
        self.room = room
        self.got: list[Work | Ready | None] = []
        self.held: Ready | None = None

    def request_prefetch(self, held: Ready | None = None) -> Prefetch | None:
        self.held = held
        if not self.room:
            return None
        self.room -= 1
        return Prefetch("w1", f"token{len(self.got)}", 10, NOW)

    def deliver_prefetch(self, prefetch: Prefetch, found: Work | Ready | None) -> None:
        self.got.append(found)
