"""The store: all data that outlives a process, in one Redis server.

`Store` opens the store. `queue.py` moves messages from acceptance to sending, `reader.py` has the
lookups, `admin.py` the changes by operators, and `outcomes.py` the outcomes of broadcasts.
`keys.py` lists all keys. `scripts/prelude.lua` lists the invariants.
"""

from bot.store.keys import LOG_MARGIN
from bot.store.model import (
    Commit,
    ConsentChanges,
    Dead,
    DeadLetter,
    Depth,
    DueTimer,
    FlowOff,
    Hold,
    Outgoing,
    Overtake,
    Prefetch,
    Prefetcher,
    Process,
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
    "LOG_MARGIN",
    "BroadcastCounts",
    "BroadcastOutcome",
    "Commit",
    "ConsentChanges",
    "Dead",
    "DeadLetter",
    "Depth",
    "DueTimer",
    "FlowOff",
    "Hold",
    "Outgoing",
    "Overtake",
    "Prefetch",
    "Prefetcher",
    "Process",
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
