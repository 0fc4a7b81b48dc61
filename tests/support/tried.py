"""Counts the bad inputs that tests use, for the list that `python -m tests.security` prints."""

from collections import Counter

TRIED: Counter[str] = Counter()


def tried(kind: str, count: int = 1) -> None:
    """Record that this many inputs of a kind were tried."""
    TRIED[kind] += count
