"""The error that ends a benchmark early."""


class BenchError(Exception):
    """A measurement cannot run, or a contestant handles messages wrongly."""
