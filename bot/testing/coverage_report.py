"""Writes flow coverage as a table for the terminal."""

from collections.abc import Iterator, Sequence

from bot.testing.coverage import KINDS, FlowCoverage, percent


def table(report: Sequence[FlowCoverage]) -> Iterator[str]:
    """Yield a line for each flow, a total, and lines for the items that were never reached."""
    found = {kind for flow in report for kind in flow.counts()}
    kinds = [kind for kind in KINDS if kind in found]
    kinds += sorted(found - set(KINDS))
    rows = [["flow", *kinds, "walked"]]
    rows += [_row(flow, kinds) for flow in report]
    rows.append(["all", *[""] * len(kinds), f"{_down(percent(report))} %"])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        first, *rest = row
        cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        yield "  ".join([first.ljust(widths[0]), *cells]).rstrip()
    for flow in report:
        if flow.missing:
            yield ""
            yield f"never reached in {flow.definition.name} ({flow.definition.source}):"
            yield from (f"  {item.kind}: {item}" for item in flow.missing)


def _row(flow: FlowCoverage, kinds: Sequence[str]) -> list[str]:
    counts = flow.counts()
    cells = [f"{counts[kind][0]}/{counts[kind][1]}" if kind in counts else "" for kind in kinds]
    return [flow.definition.name, *cells, f"{_down(percent([flow]))} %"]


def _down(share: float) -> int:
    """Return a share as whole percent, rounded down so that 100 means all."""
    return int(share)
