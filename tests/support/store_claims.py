"""Helpers of the store's contract tests."""

from itertools import count

from bot.store import Ready, Store, Work

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
