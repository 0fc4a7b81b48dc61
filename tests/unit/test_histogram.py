"""Our histogram tells what the library's own would."""

import re

import prometheus_client
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from bot.metrics import _SECONDS, Histogram


def told(registry: CollectorRegistry) -> str:
    return re.sub(r"(_created) .*", r"\1", generate_latest(registry).decode())


@pytest.mark.parametrize(
    "seconds", [[], [0.0], [0.001], [0.0011, 0.3, 0.3, 59.9], [300.0], [301.0, 0.002]]
)
def test_tells_what_the_librarys_own_would(seconds: list[float]) -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    histogram = Histogram("turn_seconds", "Time of a turn", ours)
    own = prometheus_client.Histogram(
        "bot_turn_seconds", "Time of a turn", registry=theirs, buckets=_SECONDS
    )

    for each in seconds:
        histogram.observe(each)
        own.observe(each)

    assert told(ours) == told(theirs)
    assert "bot_turn_seconds_created" in told(ours)
