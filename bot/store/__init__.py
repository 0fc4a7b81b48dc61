"""The store: everything that outlives a process, in one Redis server.

`Store` opens it; `queue.py` is the path of a message, `reader.py` what is looked up, `admin.py`
what operators change, `outcomes.py` what came of broadcasts. `keys.py` lists every key,
`scripts/prelude.lua` what holds between them.
"""

from bot.store.model import (
    Commit,
    ConsentChanges,
    Dead,
    DeadLetter,
    Depth,
    DueTimer,
    Hold,
    Outgoing,
    Prefetch,
    Prefetcher,
    Ready,
    RecordedConsent,
    Retry,
    Sent,
    Unknown,
    UnroutedCallback,
    Verdict,
    Work,
)
from bot.store.outcomes import BroadcastCounts, BroadcastOutcome
from bot.store.store import Store

__all__ = [
    "BroadcastCounts",
    "BroadcastOutcome",
    "Commit",
    "ConsentChanges",
    "Dead",
    "DeadLetter",
    "Depth",
    "DueTimer",
    "Hold",
    "Outgoing",
    "Prefetch",
    "Prefetcher",
    "Ready",
    "RecordedConsent",
    "Retry",
    "Sent",
    "Store",
    "Unknown",
    "UnroutedCallback",
    "Verdict",
    "Work",
]
