import pytest

from bot.errors import FlowError
from bot.turn.durations import seconds, written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", 90),
        ("30m", 1800),
        ("24h", 86_400),
        ("7d", 604_800),
        ("1h30m", 5400),
        (" 2 H ", 7200),
    ],
)
def test_reads_a_duration(text, expected):
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "0s", "30", "m", "1.5h", "30min", "-5m", "5m and more"])
def test_refuses_what_is_no_duration(text):
    with pytest.raises(FlowError, match="is not a duration; write it like"):
        seconds(text)


@pytest.mark.parametrize(
    ("length", "expected"),
    [(90, "1m30s"), (5400, "1h30m"), (604_800, "7d"), (86_461, "1d1m1s"), (1.9, "1s"), (0, "0s")],
)
def test_writes_a_duration(length, expected):
    assert written(length) == expected
