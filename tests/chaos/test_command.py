"""`python -m tests.chaos`: the reports of a run of several topologies."""

from collections import Counter

import pytest

from tests.chaos import __main__ as command
from tests.chaos.report import Report
from tests.chaos.run import Plan


def test_error_of_a_later_topology_keeps_earlier_reports(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def run(_folder: object, plan: Plan) -> Report:
        if plan.redis == "cluster":
            raise TimeoutError("no cluster")
        return Report(f"run {plan.redis}", [], Counter(), {}, [], {})

    monkeypatch.setattr(command, "run", run)
    with pytest.raises(TimeoutError, match="no cluster"):
        command.main(["--minutes", "1", "--redis", "each"])
    shown = capsys.readouterr().out
    assert "run alone" in shown
    assert "run sentinel" in shown
