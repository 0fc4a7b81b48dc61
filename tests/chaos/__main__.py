"""`python -m tests.chaos --seed 1 --minutes 5`: the long form, with a table of what happened."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.chaos.run import Report, run


def main() -> int:
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        report = asyncio.run(
            run(
                Path(folder),
                seed=arguments.seed,
                seconds=arguments.minutes * 60,
                contacts=arguments.contacts,
            )
        )
    _show(report)
    if arguments.logs:
        Path(arguments.logs).write_text("\n".join(report.logs))
    return 0 if report.is_clean else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of contacts and faults")
    parser.add_argument("--minutes", type=float, default=5.0, help="how long contacts talk")
    parser.add_argument("--contacts", type=int, default=40)
    parser.add_argument("--logs", default="", help="file for the processes' logs")
    return parser.parse_args()


def _show(report: Report) -> None:
    console = Console()
    table = Table(title=f"chaos, seed {report.seed}, {report.seconds:.0f} s", show_header=False)
    table.add_row("contacts", str(report.contacts))
    table.add_row("messages accepted", str(sum(v.answered + len(v.lost) for v in report.verdicts)))
    table.add_row("messages answered", str(sum(v.answered for v in report.verdicts)))
    table.add_row("replies taken", str(sum(v.replies for v in report.verdicts)))
    for what in ("lost", "doubled", "disordered", "unexpected"):
        table.add_row(what, str(report.count(what)))
    table.add_row("sessions unlike a fault-free run's", str(len(report.differing)))
    table.add_row("contacts who waited in vain", ", ".join(report.vain) or "0")
    table.add_row("left in the store", str(report.left or 0))
    table.add_section()
    for name, count in sorted(report.faults.items(), key=lambda each: -each[1]):
        table.add_row(name, str(count))
    console.print(table)
    for verdict in report.verdicts:
        if not verdict.is_clean:
            console.print(verdict)


if __name__ == "__main__":
    sys.exit(main())
