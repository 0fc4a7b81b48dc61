"""The short form of the chaos run; `make chaos` is the long one."""

from pathlib import Path

from tests.chaos.run import run
from tests.chaos.virtual import run_virtual


async def test_nothing_is_lost_doubled_or_disordered(tmp_path: Path) -> None:
    report = await run(tmp_path, seed=11, seconds=6, contacts=10)

    assert report.is_clean, report
    assert sum(verdict.answered for verdict in report.verdicts) > 50
    assert report.faults


async def test_hours_of_virtual_time_with_calls_that_get_lost(
    redis_url: str, namespace: str
) -> None:
    report = await run_virtual(redis_url, namespace, seed=3, hours=0.5)

    assert report.is_clean, report
    assert sum(verdict.answered for verdict in report.verdicts) > 50
    assert report.faults["store call lost after it was done"] > 5
