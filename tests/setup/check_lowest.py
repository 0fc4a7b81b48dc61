"""The lower bounds of pyproject.toml are true: the bot works with the lowest versions."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = Path(sys.prefix) / "bin" / "uv"
LIMIT_S = 600


def run(*words: str | Path, stdin: str = "") -> str:
    environment = {name: each for name, each in os.environ.items() if not name.startswith("BOT_")}
    done = subprocess.run(
        words,
        cwd=ROOT,
        env=environment,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the commands of an environment with the lowest versions."""
    folder = tmp_path_factory.mktemp("lowest")
    python = folder / "bin" / "python"
    pip = (UV, "--system-certs", "pip")
    run(UV, "venv", "--clear", "--python", sys.executable, folder)
    run(
        *(*pip, "sync", "--require-hashes", "--no-build", "--python", python),
        "locks/lowest.txt",
    )
    run(
        *(*pip, "install", "--no-deps", "--no-build-isolation", "--python", python),
        *("--editable", "."),
    )
    return folder / "bin"


def test_commands_start(scripts):
    assert run(scripts / "bot", "--version").startswith("bot ")
    assert "flows/welcome.py" in run(scripts / "bot", "check")


def test_contact_has_a_conversation(scripts):
    said = run(scripts / "bot", "chat", stdin="hello\n1\n")

    assert "What can we do for you?" in said
    assert "1. Tune-up" in said


def test_unit_tests_and_flows_pass(scripts):
    # Old releases are warned of by newer ones.
    run(
        *(scripts / "python", "-m", "pytest", "-o", "filterwarnings="),
        *("-p", "no:cacheprovider", "tests/unit", "tests/flows"),
    )


def test_documentation_is_built(scripts):
    run(scripts / "zensical", "build", "--clean", "--strict")
