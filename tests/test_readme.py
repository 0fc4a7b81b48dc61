"""What the README says is true: its blocks are run in an empty folder."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The README's modules where it says they are."""
    for language, block in BLOCKS:
        if language == "python":
            name = re.match(r"# (\S+)\n", block)
            assert name, block
            path = tmp_path / name[1]
            path.parent.mkdir(exist_ok=True)
            path.write_text(block)
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    return tmp_path


def test_its_flow_passes_its_test(project):
    done = run("pytest", "-q", "-p", "no:cacheprovider", folder=project)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_its_flow_is_without_fault(project):
    done = run("bot", "check", folder=project)

    assert done.returncode == 0, done.stderr
    assert "pizza" in done.stdout


def test_every_command_it_names_is_there():
    named = set(re.findall(r"(?:^|`|/)bot ([a-z]+)", README, re.MULTILINE))
    known = run("bot", "--help", folder=ROOT).stdout

    assert {"chat", "serve", "web", "worker", "check"} <= named
    assert [name for name in named if f" {name} " not in known] == []


def test_every_make_target_it_names_is_there():
    named = set(re.findall(r"(?:^|`)make (\w+)", README, re.MULTILINE))
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert named <= targets


def test_every_file_it_links_to_is_there():
    linked = re.findall(r"\]\(([^)#]+)\)", README)

    assert [name for name in linked if not (ROOT / name).exists()] == []
