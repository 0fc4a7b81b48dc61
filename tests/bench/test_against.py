"""This checkout against another one, which may have other modules."""

import json
import subprocess
import sys

import pytest

from bench.arena import running
from bench.contestants import ROOT, Setting, checkout
from bench.errors import BenchError
from bench.layout import Layout
from bench.machine import Places

OTHER_MAIN = f"""
import os, sys
import another_module
assert sys.argv[1:4] == ["serve", "--host", "127.0.0.1"]
assert os.environ["BOT_FLOWS"] == str(another_module.ROOT / "bench" / "flows")
sys.path.append({str(ROOT)!r})
os.environ["PORT"] = sys.argv[5]
import runpy
runpy.run_module("bench.contestants.floor", run_name="__main__")
"""
"""The main module of a `bot` that uses raw sockets and none of the modules of this checkout."""


@pytest.fixture
def other(tmp_path):
    root = tmp_path / "other"
    (root / "bot").mkdir(parents=True)
    (root / "bench" / "flows").mkdir(parents=True)
    (root / "bot" / "__init__.py").touch()
    (root / "bot" / "__main__.py").write_text(OTHER_MAIN)
    (root / "another_module.py").write_text(
        "from pathlib import Path\nROOT = Path(__file__).parent\n"
    )
    return root


async def test_another_checkout_runs_its_own_source(other):
    async with running(Layout(checkout(other)), Places()) as up:
        contacts = up.contacts(2)
        await up.talk(contacts, rounds=1)

    assert [contact.step for contact in contacts] == [4, 4]


def test_another_checkout_runs_by_its_own_environment_if_it_has_one(other):
    setting = Setting("unix:///tmp/r", "http://127.0.0.1:1")
    [without] = checkout(other).commands(setting)
    python = other / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()

    [own] = checkout(other).commands(setting)

    assert without.words[0] == sys.executable
    assert own.words[0] == str(python)
    assert own.environment["PYTHONPATH"] == str(other)


def test_a_folder_without_a_bot_is_no_checkout(tmp_path):
    with pytest.raises(
        BenchError, match=r"no checkout of bot: it has no bot/__init__\.py\. Name the"
    ):
        checkout(tmp_path)


def test_the_command_measures_both_in_turns(other, tmp_path):
    file = tmp_path / "figures.json"
    words = ["--json", str(file), "against", str(other), "--contacts", "2", "--messages", "400"]

    done = subprocess.run(
        [sys.executable, "-m", "bench", *words, "--rounds", "2", "--seconds", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    assert "### 2 contacts at once, upstream 0 ms, 2 rounds" in done.stdout
    steps = [
        line.rsplit(" · ", 1)[1].split()[0]
        for line in done.stderr.splitlines()
        if line.startswith("round ")
    ]
    assert steps == [ROOT.name, "other", "other", ROOT.name]
    [told] = json.loads(file.read_text())["measured"]["against"]
    assert len(told["ratios"]["server_cpu_us"]) == 2
    assert min(told["ratios"]["server_cpu_us"]) > 1
