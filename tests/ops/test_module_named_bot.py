"""A module called `bot` in a project hides the framework: what commands and pytest report."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.ops.common import OperationError
from bot.ops.new import make
from tests.support.bot_process import clean_environment

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]
FLOW = """
from bot import END, Flow, Turn, step


class Hello(Flow):
    start_on = ("hello",)

    @step(to=END)
    def greet(self, turn: Turn) -> str:
        turn.say("Hello!")
        return END
"""
SETTINGS = {
    "SINCH_PROJECT_ID": "project",
    "SINCH_APP_ID": "app",
    "SINCH_KEY_ID": "key",
    "SINCH_KEY_SECRET": "secret",
    "SINCH_WEBHOOK_SECRET": "a-webhook-secret",
    "REDIS_URL": "redis://127.0.0.1:1",
}


@pytest.fixture(params=["bot.py", "bot"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with a flow, a test, and a module called `bot`."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "hello.py").write_text(FLOW)
    (tmp_path / "test_nothing.py").write_text("def test_nothing():\n    assert True\n")
    hide(tmp_path, request.param)
    return tmp_path


def hide(folder: Path, name: str) -> None:
    if name == "bot":
        (folder / "bot").mkdir()
        (folder / "bot" / "__init__.py").write_text("GREETING = 'Hi'\n")
    else:
        (folder / "bot.py").write_text("GREETING = 'Hi'\n")


def hiding(folder: Path) -> Path:
    return next(each for each in folder.iterdir() if each.stem == "bot")


def hidden(folder: Path) -> str:
    path = hiding(folder)
    return (
        f"{path} hides the framework: `import bot` finds it first."
        f" Rename it, for example to my_{path.name}.\n"
    )


def run(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [f"{BIN}/{words[0]}", *words[1:]],
        cwd=folder,
        env=clean_environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_pytest_reports_the_file_in_one_line(project):
    tested = run(project, "python", "-m", "pytest")

    assert tested.returncode == pytest.ExitCode.USAGE_ERROR
    assert tested.stderr.strip() == f"ERROR: {hidden(project)}".strip()
    assert tested.stdout == ""


@pytest.mark.parametrize(
    "command",
    [
        ["bot", "serve"],
        ["bot", "web", "--processes", "2"],
        ["bot", "contacts", "list"],
    ],
)
def test_command_reports_the_file_in_one_line(project, command):
    ended = run(project, *command, **SETTINGS)

    assert ended.returncode == 1
    assert ended.stderr == f"bot: {hidden(project)}"
    assert ended.stdout == ""


def test_command_reports_a_file_on_the_path(project):
    ended = run(project, "bot", "--version", PYTHONPATH=str(project))

    assert (ended.returncode, ended.stderr) == (1, f"bot: {hidden(project)}")


@pytest.mark.parametrize("path", ["", "."])
def test_child_process_reports_the_file_in_one_line(project, path):
    child = "import _bot_entry_points; _bot_entry_points.serve()"

    ended = run(
        project,
        *("python", "-P", "-c", child, "web", str(project / "siblings"), "0", "1"),
        **SETTINGS,
        PYTHONPATH=path and str(project),
    )

    assert ended.returncode == 78
    assert (ended.stdout + ended.stderr).count("\n") == 1
    assert hidden(project).strip() in ended.stdout + ended.stderr


def test_check_warns_and_goes_on(project):
    checked = run(project, "bot", "check")

    assert checked.returncode == 0
    assert checked.stderr == f"bot: {hidden(project)}"
    assert "hello" in checked.stdout


def test_folder_without_init_hides_nothing(tmp_path):
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "notes.txt").write_text("notes")
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "hello.py").write_text(FLOW)

    checked = run(tmp_path, "bot", "check")

    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("name", ["bot", "Bot", "conversation-bot", "conversation_bot"])
def test_new_project_cannot_have_the_name_of_the_framework(tmp_path, name):
    with pytest.raises(OperationError, match="the framework's own name"):
        make(tmp_path / name, ROOT)

    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("page", ["README.md", "docs/troubleshooting.md"])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bot.py", ["app.py"]),
        ("bot", ["app.py"]),
        ("bot.py", ["bot.py"]),
        ("bot.py", ["-c", "import bot.messages"]),
        ("bot", ["-m", "bot"]),
    ],
)
def test_pages_quote_what_python_reports(tmp_path, page, name, words):
    hide(tmp_path, name)
    (tmp_path / "app.py").write_text("from bot import Flow\n")
    if words == ["bot.py"]:
        (tmp_path / "bot.py").write_text("from bot import Flow\n")

    ended = run(tmp_path, "python", *words)

    reported = ended.stderr.splitlines()[-1]
    quoted = re.sub(rf"^(\w+Error|{BIN}/python): ", "", reported).partition(" (")[0]
    assert ended.returncode == 1
    assert quoted in (ROOT / page).read_text()
