"""The store: everything that outlives a process, in one Redis server."""

from bot.store.model import (
    Commit,
    Dead,
    DeadLetter,
    Depth,
    DueTimer,
    Hold,
    Outgoing,
    Prefetch,
    Prefetcher,
    Ready,
    Retry,
    Sent,
    Unknown,
    UnroutedCallback,
    Verdict,
    Work,
)
from bot.store.store import Store

__all__ = [
    "Commit",
    "Dead",
    "DeadLetter",
    "Depth",
    "DueTimer",
    "Hold",
    "Outgoing",
    "Prefetch",
    "Prefetcher",
    "Ready",
    "Retry",
    "Sent",
    "Store",
    "Unknown",
    "UnroutedCallback",
    "Verdict",
    "Work",
]
