"""What docs/simulation.md shows is true: its files are put into a folder and its commands run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.testing.chat_file import HEADERS
from bot.testing.chat_lines import DEEDS
from bot.testing.explore.finding import KINDS

PAGE = (Path(__file__).parents[2] / "docs" / "simulation.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [block for language, block in BLOCKS if language == "sh"]


@pytest.fixture
def project(tmp_path):
    for language, block in BLOCKS:
        if language in ("ini", "python", "chat"):
            first, _, rest = block.partition("\n")
            path = tmp_path / first.removeprefix("# ")
            path.parent.mkdir(exist_ok=True)
            path.write_text(rest)
    # A package, since this project's own flows are on the path too.
    (tmp_path / "flows" / "__init__.py").touch()
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_succeed(project, command, bot_redis_url):
    program, *options = command.split()
    given = {"TEST_REDIS_URL": bot_redis_url, "BOT_FLOWS": "flows", "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", program, *options],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **given},
    )

    assert done.returncode == 0, done.stdout + done.stderr
    expected = "6 passed" if program == "pytest" else "no findings in "
    assert expected in done.stdout


def test_every_block_is_tried_or_a_grammar():
    assert {language for language, _ in BLOCKS} == {"ini", "python", "chat", "sh", "ebnf"}


def test_the_grammar_has_all_words():
    grammar = next(block for language, block in BLOCKS if language == "ebnf")

    assert [word for word in (*HEADERS, *DEEDS, "twice", "old") if word not in grammar] == []


def test_all_findings_are_told():
    assert re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE) == list(KINDS)
