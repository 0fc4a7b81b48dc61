import pytest

from bot.errors import FlowError
from bot.flow.durations import seconds


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
    with pytest.raises(FlowError, match="is no duration; write it like"):
        seconds(text)
