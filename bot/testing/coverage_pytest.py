"""Flow coverage in a pytest run."""

from pathlib import Path
from typing import Any

import pytest

from bot.errors import FlowError
from bot.flow.load import load_flows
from bot.testing.coverage import Coverage, FlowCoverage, percent
from bot.testing.coverage_report import table
from bot.testing.simulation import Simulation
from bot.turn.effects import TurnEffects

_coverage = pytest.StashKey[Coverage]()
_report = pytest.StashKey[list[FlowCoverage] | FlowError]()


def watch(simulation: Simulation, config: pytest.Config) -> None:
    """Record the items that this simulation reaches."""
    coverage = config.stash.setdefault(_coverage, Coverage())

    def watched(effects: TurnEffects) -> None:
        coverage.watch(simulation.flows, effects)  # `deploy` changes the flows.

    simulation.watchers.append(watched)


def finish(session: pytest.Session, where: str) -> None:
    """Compute the coverage of the bot's own flows, and fail the run if it is too low."""
    config = session.config
    try:
        flows = load_flows(where)
    except FlowError as error:
        config.stash[_report] = error
        session.exitstatus = pytest.ExitCode.USAGE_ERROR
        return
    config.stash[_report] = config.stash.get(_coverage, Coverage()).report(flows)
    if _is_too_little(config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if folder := config.getoption("--flow-coverage-svg"):
        _draw(config.stash[_report], Path(folder))


def write(terminal: Any, config: pytest.Config) -> None:
    """Add the table of flow coverage to pytest's summary."""
    report = config.stash.get(_report, None)
    if report is None:
        return
    terminal.section("flow coverage")
    if isinstance(report, FlowError):
        terminal.write_line(f"no flow coverage: {report}", red=True)
        return
    for line in table(report):
        terminal.write_line(line)
    least = config.getoption("--flow-coverage-fail-under")
    if _is_too_little(config):
        terminal.write_line(
            f"Flow coverage is {percent(report):.2f} %, less than {least:g} %.", red=True
        )


def _is_too_little(config: pytest.Config) -> bool:
    least = config.getoption("--flow-coverage-fail-under")
    report = config.stash[_report]
    return least is not None and not isinstance(report, FlowError) and percent(report) < least


def _draw(report: list[FlowCoverage] | FlowError, folder: Path) -> None:
    from bot.testing.coverage_diagram import svg

    if isinstance(report, FlowError):
        return
    folder.mkdir(parents=True, exist_ok=True)
    for flow in report:
        (folder / f"{flow.definition.name}.svg").write_text(svg(flow), encoding="utf-8")
