"""What a run found, and the table that tells it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from tests.chaos.checker import Verdict


@dataclass
class Report:
    """What a run found.

    `left` is what lies in the store that should not; `differing` are contacts whose session isn't
    what the same messages make of it without any fault; those in `vain` gave up waiting for an
    answer, and so ended the run, each with what was known at that time. `hours` are of virtual
    time. The last of the verdicts are those on `pairs` of contacts that were merged, before them
    those on the contacts that `stopped`.
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

    def measures(self) -> dict[str, float]:
        """How much there was."""
        return {
            "hours of virtual time": round(self.hours, 1),
            "contacts": len(self.verdicts) - self.pairs - self.stopped,
            "contacts that said STOP": self.stopped,
            "pairs of contacts merged": self.pairs,
            "callbacks accepted": sum(v.answered + len(v.unanswered) for v in self.verdicts),
            "messages sent": sum(v.replies for v in self.verdicts),
        }

    def findings(self) -> dict[str, int]:
        """How much was wrong: nothing, if all is well."""
        kinds = ("lost", "doubled", "disordered", "unexpected")
        found = {kind: sum(len(getattr(v, kind)) for v in self.verdicts) for kind in kinds}
        return found | {
            "sessions unlike a fault-free run's": len(self.differing),
            "contacts who waited in vain": len(self.vain),
            "left undone in the store": sum(self.left.values()),
        }

    @property
    def is_clean(self) -> bool:
        return not any(self.findings().values())

    def problems(self) -> str:
        """Everything that was wrong, without the logs; empty if nothing was."""
        found = [f"{name}: {count}" for name, count in self.findings().items() if count]
        found += [str(verdict) for verdict in self.verdicts if not verdict.is_clean]
        found += [f"differing: {contact}" for contact in self.differing]
        found += [f"in vain: {contact}: {known}" for contact, known in self.vain.items()]
        found += [f"left: {self.left}"] if self.left else []
        return "\n".join(found)


def show(seed: int, reports: Sequence[Report], console: Console) -> None:
    """Print one table: a column for each run, and what was found wrong below it."""
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
