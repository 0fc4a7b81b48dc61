"""Counts the bad inputs that tests try, for the list that `python -m tests.security` prints."""

from collections import Counter

TRIED: Counter[str] = Counter()


def tried(kind: str, count: int = 1) -> None:
    """Note that so many inputs of a kind were tried."""
    TRIED[kind] += count
