"""Runs `bot check` on a module of flows that a test writes."""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from bot.tooling.check.findings import Finding
from bot.tooling.check.run import check

FoundIn = Callable[[str], Sequence[Finding]]
"""Returns the findings in a module with this text. A test may call it once."""


@pytest.fixture
def found_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FoundIn]:
    """Writes the package `teas` with one module into an empty folder, and checks it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(text: str) -> Sequence[Finding]:
        (tmp_path / "teas").mkdir()
        (tmp_path / "teas/tea.py").write_text(text)
        return check("teas", ["SMS"]).found

    yield write
    for name in [each for each in sys.modules if each.partition(".")[0] == "teas"]:
        del sys.modules[name]
