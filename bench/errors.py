"""What ends a benchmark before its time."""


class BenchError(Exception):
    """A contestant can't be run, or doesn't do the work it is measured by."""
