"""The result of a run, and its table."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from tests.chaos.checker import Verdict


@dataclass
class Report:
    """The result of a run.

    `left` is stored work that should not exist. `differing` are contacts whose session differs from
    a run without faults. `vain` has contacts who gave up waiting for an answer, with evidence; a
    missing answer ends a run. `ended` is the number of processes that ended without a reason.
    `hours` are hours of virtual time. The verdicts end with those on contacts with a `fatal`
    message, then those on contacts that `stopped`, then those on `pairs` of merged contacts.
    `notes` name faults that were not possible.
    """

    title: str
    verdicts: list[Verdict]
    faults: Counter[str]
    left: dict[str, int]
    differing: list[str]
    vain: dict[str, list[str]]
    logs: list[str] = field(default_factory=list)
    hours: float = 0.0
    pairs: int = 0
    stopped: int = 0
    fatal: int = 0
    ended: int = 0
    notes: list[str] = field(default_factory=list)

    def measures(self) -> dict[str, float]:
        """Return how long the run was, and how many contacts and messages it had."""
        return {
            "hours of virtual time": round(self.hours, 1),
            "conversations": len(self.verdicts) - self.pairs - self.stopped - self.fatal,
            "contacts that said STOP": self.stopped,
            "pairs of contacts merged": self.pairs,
            "callbacks accepted": sum(v.answered + len(v.unanswered) for v in self.verdicts),
            "messages sent": sum(v.replies for v in self.verdicts),
        }

    def findings(self) -> dict[str, int]:
        """Return the numbers of errors; all zero if everything is right."""
        kinds = ("lost", "doubled", "disordered", "unexpected")
        found = {kind: sum(len(getattr(v, kind)) for v in self.verdicts) for kind in kinds}
        return found | {
            "sessions unlike a fault-free run's": len(self.differing),
            "contacts who waited in vain": len(self.vain),
            "innocent messages given up": self.left.get("dead", 0),
            "left undone in the store": sum(self.left.values()) - self.left.get("dead", 0),
            "processes that ended by themselves": self.ended,
        }

    @property
    def is_clean(self) -> bool:
        return not any(self.findings().values())

    def problems(self) -> str:
        """Return all errors as text, without the logs; "" if there are no errors."""
        found = [f"{name}: {count}" for name, count in self.findings().items() if count]
        found += [str(verdict) for verdict in self.verdicts if not verdict.is_clean]
        found += [f"differing: {contact}" for contact in self.differing]
        found += [f"in vain: {contact}: {known}" for contact, known in self.vain.items()]
        found += [f"left: {self.left}"] if self.left else []
        return "\n".join(found)


def show(seed: int, reports: Sequence[Report], console: Console) -> None:
    """Print one table: a column for each run, and the errors below it."""
    table = Table(title=f"chaos, seed {seed}")
    table.add_column("", no_wrap=True)
    for report in reports:
        table.add_column(report.title, justify="right")
    for part in (Report.measures, Report.findings):
        for name in part(reports[0]):
            table.add_row(name, *(f"{part(report)[name]:,}" for report in reports))
        table.add_section()
    names = {name: None for report in reports for name in sorted(report.faults)}
    for name in names:
        table.add_row(name, *(f"{report.faults[name]:,}" for report in reports))
    table.add_section()
    table.add_row("faults", *(f"{report.faults.total():,}" for report in reports))
    console.print(table)
    for report in reports:
        if problems := report.problems():
            console.print(problems)
        for note in report.notes:
            console.print(note)
