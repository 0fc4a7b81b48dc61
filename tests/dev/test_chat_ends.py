"""`bot chat` stops its own server on every way out."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.store.embedded import Embedded

FLOW = """
from bot import END, Flow, Option, choose


class Tea(Flow):
    start_on = ("tea",)
    kind = choose("Which tea?", {"green": Option("Green", to=END)})
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "__init__.py").touch()
    (tmp_path / "flows" / "tea.py").write_text(FLOW)
    return tmp_path


def ignore_sigint() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def chat(
    project: Path, *, ignores_sigint: bool = False, **settings: str
) -> "subprocess.Popen[str]":
    plain = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BOT_", "SINCH_", "REDIS_"))
    }
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "chat"],
        cwd=project,
        env={**plain, **settings},
        preexec_fn=ignore_sigint if ignores_sigint else None,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def is_alive(project: Path) -> bool:
    return Embedded(project / ".bot" / "store").is_alive


@pytest.mark.parametrize("ignores_sigint", [False, True])
def test_the_server_ends_with_a_chat_that_is_terminated(
    project: Path, ignores_sigint: bool
) -> None:
    with chat(project, ignores_sigint=ignores_sigint) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("tea\n")
        process.stdin.flush()
        assert "tea" in process.stdout.readline()
        assert is_alive(project)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 130

    assert not is_alive(project)


def test_the_server_ends_with_a_chat_that_cannot_start(project: Path) -> None:
    with chat(project, BOT_SECRET_KEY="abc") as process:
        _, error = process.communicate(timeout=60)

    assert "BOT_SECRET_KEY" in error
    assert not is_alive(project)
