"""The metrics at `/metrics`. Names and units follow Prometheus' conventions."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from importlib.metadata import version
from itertools import accumulate

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Metric,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

# The time when each series started would be another series, which nobody needs.
disable_created_metrics()  # type: ignore[no-untyped-call]

REGISTRY = CollectorRegistry(auto_describe=True)

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


MAX_SERIES = 256
"""Maximum number of label combinations of one counter.

Further combinations are counted as `other`.

The limit exists because a callback may have any text as its channel or status.
"""


class LabeledCounter:
    """A counter for each combination of labels.

    The library's counter takes ten times as long, because each count takes a lock.
    """

    def __init__(self, name: str, what: str, *labels: str) -> None:
        self._name = f"bot_{name}"
        self._what = what
        self._labels = labels
        self._counts: dict[tuple[str, ...], int] = {}
        REGISTRY.register(self)

    def create(self, *values: str) -> None:
        """Create the series of these labels, before anything is counted."""
        self.count(*values, by=0)

    def count(self, *values: str, by: int = 1) -> None:
        """Add `by` to the series of these labels."""
        counts = self._counts
        if values not in counts and len(counts) >= MAX_SERIES:
            values = ("other",) * len(values)
        counts[values] = counts.get(values, 0) + by

    def counts(self) -> dict[str, int]:
        """Return the counts of a counter with a single label, by the label. Zeros are omitted."""
        return {label: count for (label,), count in self._counts.items() if count}

    def collect(self) -> Iterator[Metric]:
        """Return the counter in the library's form."""
        family = CounterMetricFamily(self._name, self._what, labels=self._labels)
        for values, count in self._counts.items():
            family.add_metric(values, count)
        yield family


class Histogram:
    """A histogram of times in seconds, with the buckets `_SECONDS`.

    The library's histogram takes ten times as long, because each of its counts has a lock.
    """

    def __init__(self, name: str, what: str) -> None:
        self._name = f"bot_{name}"
        self._what = what
        self._counts = [0] * (len(_SECONDS) + 1)
        """The number of times in each bucket. The last bucket has no upper bound."""
        self._sum = 0.0
        REGISTRY.register(self)

    def observe(self, seconds: float) -> None:
        """Add a time."""
        self._counts[bisect_left(_SECONDS, seconds)] += 1
        self._sum += seconds

    def collect(self) -> Iterator[Metric]:
        """Return the histogram in the library's form. In this form, each bucket also counts all
        smaller times.
        """
        bounds = [*(repr(float(each)) for each in _SECONDS), "+Inf"]
        buckets = [*zip(bounds, accumulate(self._counts), strict=True)]
        yield HistogramMetricFamily(self._name, self._what, buckets, self._sum)


def known(value: str, values: Collection[str]) -> str:
    """Return a label's value; `other` if the value is not in `values`."""
    return value if value in values else "other"


def _counter(name: str, what: str) -> Counter:
    return Counter(f"bot_{name}", what, registry=REGISTRY)


def _gauge(name: str, what: str) -> Gauge:
    return Gauge(f"bot_{name}", what, registry=REGISTRY)


accepted = LabeledCounter("callbacks_accepted", "Callbacks stored, by trigger", "trigger")
ignored = LabeledCounter(
    "callbacks_ignored", "Callbacks answered 200 without a turn, by reason", "why"
)
refused = LabeledCounter("callbacks_refused", "Requests refused, by reason", "reason")
turns = LabeledCounter("turns", "Turns, by flow and outcome", "flow", "outcome")
turn_seconds = Histogram("turn_seconds", "Time from claim to commit")
queue_seconds = Histogram("queue_seconds", "Time from acceptance to the start of the turn")
sends = LabeledCounter("sends", "Replies, by channel and outcome", "channel", "outcome")
reply_age_seconds = Histogram("reply_age_seconds", "Time from a reply's commit to its sending")
send_seconds = Histogram("send_seconds", "Time of one request to the send API")
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
timer_late_seconds = Histogram("timer_late_seconds", "Time from a timer's due time to its turn")
leases_lost = _counter("leases_lost", "Turns dropped because another worker took over the contact")
clock_drift = _gauge(
    "clock_drift_seconds", "How far this machine's clock is ahead of the Redis server's"
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
