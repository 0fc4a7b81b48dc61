"""The short form of the chaos runs; `make chaos` is the long one."""

from pathlib import Path

import pytest

from tests.chaos.modes import MODES
from tests.chaos.run import Plan, run
from tests.chaos.virtual import VirtualPlan, run_virtual


@pytest.mark.parametrize("redis", ["alone", "cluster"])  # The long form also uses Sentinel.
async def test_nothing_is_lost_doubled_or_disordered(tmp_path: Path, redis: str) -> None:
    report = await run(tmp_path, Plan(redis, seed=11, seconds=4, contacts=8))

    assert report.is_clean, report.problems()
    assert sum(verdict.answered for verdict in report.verdicts) > 20
    assert report.faults.total() > 10
    assert report.pairs
    assert report.stopped


@pytest.mark.parametrize("mode", MODES)
async def test_hours_of_virtual_time_with_calls_that_get_lost(
    redis_url: str, namespace: str, mode: str
) -> None:
    report = await run_virtual(redis_url, namespace, VirtualPlan(seed=3, hours=0.5, mode=mode))

    assert report.is_clean, report.problems()
    assert sum(verdict.answered for verdict in report.verdicts) > 50
    assert report.faults["store call: lost after it was done"] > 5
    assert report.pairs > 5 or mode == "DISPATCH"
    assert report.stopped > 5
