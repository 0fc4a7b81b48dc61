"""A clock that a test sets by hand."""

START = 1_800_000_000.0
"""2027-01-15 08:00:00 UTC."""


class HandClock:
    """A clock that moves only if a test sets `at`, or if code sleeps."""

    def __init__(self, at: float = START) -> None:
        self.at = at

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds
