"""The sample flows and the flows in the docs get no findings of `bot check`."""

import re
import sys
from pathlib import Path

import pytest

from bot.tooling.check.run import check
from bot.tooling.preview import CHANNELS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_the_sample_flows_get_no_findings() -> None:
    assert check(str(ROOT / "flows"), CHANNELS).found == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_flows_in_the_docs_get_no_findings(page: Path, tmp_path: Path, monkeypatch) -> None:
    """Flows that a page shows as wrong may have findings, and texts may be too long."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_flows(name)}
    wrong: list[str] = []
    try:
        for number, part in enumerate(re.split(r"^(?=## )", page.read_text(), flags=re.MULTILINE)):
            for kind, block in BLOCK.findall(part):
                named = re.match(r"# (flows/\S+\.py)\n", block)
                if kind != "python" or not named:
                    continue
                path = tmp_path / str(number) / named[1]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block)
                for name in [each for each in sys.modules if _is_flows(each)]:
                    del sys.modules[name]
                found = check(str(path.parent), CHANNELS).found
                is_shown = "class Wrong" in block or '"adress"' in block
                for each in () if is_shown else found:
                    if (
                        "contains no flows" not in each.what
                        and "word the message for that channel" not in each.what
                    ):
                        wrong += each.lines()
    finally:
        for name in [each for each in sys.modules if _is_flows(each)]:
            del sys.modules[name]
        sys.modules.update(kept)
    assert wrong == []


def _is_flows(module: str) -> bool:
    return module.partition(".")[0] == "flows"
