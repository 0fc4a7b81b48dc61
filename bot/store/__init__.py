"""The store: everything that outlives a process, in one Redis server."""

from bot.store.model import (
    Commit,
    Dead,
    DeadLetter,
    Depth,
    DueTimer,
    Hold,
    Kept,
    Outgoing,
    Ready,
    Retry,
    Sent,
    Take,
    Taker,
    Unknown,
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
    "Kept",
    "Outgoing",
    "Ready",
    "Retry",
    "Sent",
    "Store",
    "Take",
    "Taker",
    "Unknown",
    "Verdict",
    "Work",
]
