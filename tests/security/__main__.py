"""`python -m tests.security`: run the tests of bad input, and list what was tried, with counts."""

import sys

import pytest
from rich.console import Console
from rich.table import Table

PATHS = ("tests/security", "tests/serving/test_bad_input.py")


def main() -> int:
    status = pytest.main(["-q", *PATHS, *sys.argv[1:]])
    # Not before: pytest rewrites the asserts of this package when it is first imported.
    from tests.support.tried import TRIED

    table = Table("bad input", "tried", title="Bad input: none of it was let in")
    if status != pytest.ExitCode.OK:
        table.title = "Tests failed: see above"
    table.columns[1].justify = "right"
    for kind, count in sorted(TRIED.items()):
        table.add_row(kind, f"{count:,}")
    table.add_section()
    table.add_row("together", f"{TRIED.total():,}")
    Console(width=None if sys.stdout.isatty() else 100).print(table)
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
