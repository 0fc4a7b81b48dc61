"""`python -m tests.chaos --seed 1 --minutes 5`: the long form, with a table of what happened."""

import argparse
import asyncio
import logging
import sys
import tempfile
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.store.embedded import Embedded
from tests.chaos.checker import Verdict
from tests.chaos.run import Report, run
from tests.chaos.virtual import run_virtual


def main() -> int:
    arguments = _arguments()
    if arguments.virtual_hours:
        return _virtual(arguments)
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


def _virtual(arguments: argparse.Namespace) -> int:
    logging.disable()
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        server = Embedded.join(Path(folder))
        try:
            report = asyncio.run(
                run_virtual(
                    server.url,
                    "virtual",
                    seed=arguments.seed,
                    hours=arguments.virtual_hours,
                    contacts=arguments.contacts,
                )
            )
        finally:
            server.leave()
    title = f"chaos, seed {report.seed}, {report.hours:.0f} h of virtual time"
    _show_verdicts(title, report.verdicts, {}, report.faults)
    return 0 if report.is_clean else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of contacts and faults")
    parser.add_argument("--minutes", type=float, default=5.0, help="how long contacts talk")
    parser.add_argument(
        "--virtual-hours", type=float, default=0.0, help="instead: one process, hours in seconds"
    )
    parser.add_argument("--contacts", type=int, default=40)
    parser.add_argument("--logs", default="", help="file for the processes' logs")
    return parser.parse_args()


def _show(report: Report) -> None:
    more = {
        "sessions unlike a fault-free run's": str(len(report.differing)),
        "contacts who waited in vain": ", ".join(report.vain) or "0",
        "left in the store": str(report.left or 0),
    }
    title = f"chaos, seed {report.seed}, {report.seconds:.0f} s"
    _show_verdicts(title, report.verdicts, more, report.faults)


def _show_verdicts(
    title: str, verdicts: list[Verdict], more: dict[str, str], faults: Counter[str]
) -> None:
    console = Console()
    table = Table(title=title, show_header=False)
    table.add_row("contacts", str(len(verdicts)))
    table.add_row("messages accepted", str(sum(v.answered + len(v.lost) for v in verdicts)))
    table.add_row("messages answered", str(sum(v.answered for v in verdicts)))
    table.add_row("replies taken", str(sum(v.replies for v in verdicts)))
    for what in ("lost", "doubled", "disordered", "unexpected"):
        table.add_row(what, str(sum(len(getattr(v, what)) for v in verdicts)))
    for what, count in more.items():
        table.add_row(what, count)
    table.add_section()
    for name, times in sorted(faults.items(), key=lambda each: -each[1]):
        table.add_row(name, str(times))
    console.print(table)
    for verdict in verdicts:
        if not verdict.is_clean:
            console.print(verdict)


if __name__ == "__main__":
    sys.exit(main())
