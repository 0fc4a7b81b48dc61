"""The metrics at `/metrics`. Names and units follow Prometheus' conventions."""

from collections.abc import Collection, Iterable
from importlib.metadata import version

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

# The time when each series started would be another series, which nobody needs.
disable_created_metrics()  # type: ignore[no-untyped-call]

REGISTRY = CollectorRegistry()

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


MAX_SERIES = 256
"""Maximum number of label combinations of one counter.

Further combinations are counted as `other`.

The limit exists because a callback may have any text as its channel or status.
"""


class LabeledCounter:
    """A counter for each combination of labels."""

    def __init__(self, name: str, what: str, *labels: str) -> None:
        self._counter = Counter(f"bot_{name}", what, labels, registry=REGISTRY)
        # The library's own look-up uses a lock and takes ten times as long.
        self._series: dict[tuple[str, ...], Counter] = {}

    def create(self, *values: str) -> None:
        """Create the series of these labels, before anything is counted."""
        self.count(*values, by=0)

    def count(self, *values: str, by: int = 1) -> None:
        """Add `by` to the series of these labels."""
        found = self._series.get(values)
        if found is None:
            if len(self._series) < MAX_SERIES:
                found = self._series[values] = self._counter.labels(*values)
            else:
                found = self._counter.labels(*("other" for _ in values))
        found.inc(by)

    def counts(self) -> dict[str, int]:
        """Return the counts of a counter with a single label, by the label. Zeros are omitted."""
        return {
            next(iter(sample.labels.values())): int(sample.value)
            for family in self._counter.collect()
            for sample in family.samples
            if sample.value
        }


def known(value: str, values: Collection[str]) -> str:
    """Return a label's value; `other` if the value is not in `values`."""
    return value if value in values else "other"


def _counter(name: str, what: str) -> Counter:
    return Counter(f"bot_{name}", what, registry=REGISTRY)


def _histogram(name: str, what: str) -> Histogram:
    return Histogram(f"bot_{name}", what, buckets=_SECONDS, registry=REGISTRY)


def _gauge(name: str, what: str) -> Gauge:
    return Gauge(f"bot_{name}", what, registry=REGISTRY)


accepted = LabeledCounter("callbacks_accepted", "Callbacks stored, by trigger", "trigger")
ignored = LabeledCounter(
    "callbacks_ignored", "Callbacks answered 200 without a turn, by reason", "why"
)
refused = LabeledCounter("callbacks_refused", "Requests refused, by reason", "reason")
turns = LabeledCounter("turns", "Turns, by flow and outcome", "flow", "outcome")
turn_seconds = _histogram("turn_seconds", "Time of a turn, from claim to commit")
queue_seconds = _histogram(
    "queue_seconds", "Time from an item's acceptance to the start of its turn"
)
sends = LabeledCounter("sends", "Replies, by channel and outcome", "channel", "outcome")
reply_age_seconds = _histogram("reply_age_seconds", "Time from a reply's commit to its sending")
send_seconds = _histogram("send_seconds", "Time of one request to the send API")
deliveries = LabeledCounter(
    "deliveries", "Delivery reports, by channel and status", "channel", "status"
)
unanswered = LabeledCounter(
    "messages_unanswered", "Messages left unanswered on purpose, by reason", "reason"
)
events_unhandled = LabeledCounter(
    "events_unhandled", "Events of programs that no flow handled, by reason", "reason"
)
deliveries_failed = LabeledCounter(
    "deliveries_failed", "Failed deliveries, by channel and Sinch's reason", "channel", "reason"
)
dead_letters = LabeledCounter("dead_letters", "Items that became dead letters, by kind", "kind")
timers = _counter("timers", "Timers that became due")
timer_late_seconds = _histogram("timer_late_seconds", "Time from a timer's due time to its turn")
leases_lost = _counter("leases_lost", "Turns dropped because another worker took over the contact")
clock_drift = _gauge(
    "clock_drift_seconds", "How far this machine's clock is ahead of the Redis server's clock"
)
active = _gauge("contacts_active", "Contacts that this process handles")

build_info = Gauge(
    "bot_build_info", "Always 1; its label is the version of bot", ["version"], registry=REGISTRY
)
build_info.labels(version("conversation-bot")).set(1)
ProcessCollector(registry=REGISTRY)

REFUSALS = (
    *("unsigned", "signature", "clock", "doctor", "malformed", "too_large", "disconnected"),
    *("full", "store", "head", "pipeline", "connections", "memory", "token"),
)
IGNORED = ("other_app", "duplicate", "kept")
FAILED_SENDS = ("retry", "dead", "expired", "opted_out", "merged", "deleted")
UNANSWERED = (
    *("machine", "answers_per_hour", "sms_parts_per_day", "opted_out", "handoff"),
    *("double_tap", "burst", "newer_release"),
)
UNHANDLED = (
    *("no_flow", "flow_off", "same_key", "expired", "failed", "too_many"),
    *("opted_out", "not_opted_in"),
)


def create_series(flows: Iterable[str], channels: Iterable[str], triggers: Iterable[str]) -> None:
    """Create the counters that alerts use, before the first event is counted.

    Otherwise Prometheus would not notice the first event, because a new series is not an increase.
    """
    for trigger in triggers:
        accepted.create(trigger)
    for why in IGNORED:
        ignored.create(why)
    for reason in REFUSALS:
        refused.create(reason)
    for reason in UNANSWERED:
        unanswered.create(reason)
    for reason in UNHANDLED:
        events_unhandled.create(reason)
    for kind in ("turn", "send"):
        dead_letters.create(kind)
    for flow in flows:
        for outcome in ("done", "failed", "given_up"):
            turns.create(flow, outcome)
    for channel in channels:
        for outcome in FAILED_SENDS:
            sends.create(channel, outcome)
        deliveries.create(channel, "FAILED")


# Metrics of the whole store. Every process reports the same values, and reads them on request.
waiting = _gauge("contacts_waiting", "Contacts that wait for a worker")
waiting_seconds = _gauge(
    "contacts_waiting_seconds", "Time that the longest-waiting contact has waited"
)
leased = _gauge("contacts_leased", "Contacts that workers are handling")
outbox_waiting = _gauge("outbox_contacts", "Contacts whose replies wait for another try")
outbox_seconds = _gauge(
    "outbox_oldest_seconds", "Age of the oldest reply that waits for another try"
)
timers_set = _gauge("timers_set", "Timers set")
timers_late = _gauge("timers_late", "Timers that are due")
dead_letters_kept = _gauge(
    "dead_letters_kept", "Dead letters that were neither retried nor dropped"
)
has_worker = _gauge("has_worker", "1 if a worker has reported to the store in the last 30 seconds")
flows_off = _gauge("flows_off", "Flows that operators have switched off")
store_up = _gauge("store_up", "1 if the store has answered, else 0")

OF_STORE = (
    *(waiting, waiting_seconds, leased, outbox_waiting, outbox_seconds),
    *(timers_set, timers_late, dead_letters_kept, has_worker, flows_off),
)
"""The metrics of the whole store. They are NaN while the store is unavailable."""
