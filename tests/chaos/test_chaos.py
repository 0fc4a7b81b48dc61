"""The short form of the chaos run; `make chaos` is the long one."""

from pathlib import Path

from tests.chaos.run import run


async def test_nothing_is_lost_doubled_or_disordered(tmp_path: Path) -> None:
    report = await run(tmp_path, seed=11, seconds=6, contacts=10)

    assert report.is_clean, report
    assert sum(verdict.answered for verdict in report.verdicts) > 50
    assert report.faults
