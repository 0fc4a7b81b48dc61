"""`bot new` makes a project whose commands work at once."""

import asyncio
import json
import os
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from bot.ops.common import OperationError
from bot.ops.new import HIDDEN, make

CHECKOUT = Path(__file__).parents[2]
FILES = (
    *(".dockerignore", ".env.example", ".gitignore", ".python-version", "Dockerfile", "Makefile"),
    *("AGENTS.md", "Procfile", "README.md", "compose.yaml", "pyproject.toml", "requirements.txt"),
    *("flows/__init__.py", "flows/table.py", "tests/test_table.py", ".github/workflows/test.yml"),
    *("locks/dev.txt", "locks/run.txt", "locks/uv.txt"),
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "My Bot"
    make(folder, CHECKOUT)
    return folder


def run(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BOT_", "SINCH_", "REDIS", "COV_", "PYTEST"))
    }
    return subprocess.run(
        words, cwd=project, env=environment, capture_output=True, text=True, check=False
    )


def test_holds_all_that_a_project_needs(project):
    found = {str(path.relative_to(project)) for path in project.rglob("*") if path.is_file()}

    assert found == set(FILES)


def test_findings_of_bot_explore_belong_to_no_commit_and_no_image(project):
    assert "findings/" in (project / ".gitignore").read_text().splitlines()
    assert "findings" in (project / ".dockerignore").read_text().splitlines()


def test_nothing_is_left_to_be_filled_in(project):
    described = tomllib.loads((project / "pyproject.toml").read_text())["project"]

    assert described["name"] == "my-bot"
    assert depends_on(project) == installs(project) == f"conversation-bot @ {CHECKOUT.as_uri()}"
    version = ".".join(map(str, sys.version_info[:2]))
    assert (project / ".python-version").read_text() == f"{version}\n"
    assert (project / "README.md").read_text().startswith("# my-bot\n")


def depends_on(folder: Path) -> str:
    described = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    requirement: str = described["dependencies"][0]
    return requirement


def installs(folder: Path) -> str:
    lines = (folder / "requirements.txt").read_text().splitlines()
    [requirement] = [line for line in lines if line.startswith("conversation-bot")]
    return requirement


def test_release_of_a_registry_is_pinned_until_the_next_lock(tmp_path, monkeypatch):
    installed_from(tmp_path, monkeypatch, None)

    make(tmp_path / "ours", None)

    assert depends_on(tmp_path / "ours") == "conversation-bot>=0.7.1,<0.8"
    assert installs(tmp_path / "ours") == "conversation-bot==0.7.1"


@pytest.mark.parametrize(
    ("origin", "requirement"),
    [
        (
            {"url": "file:///home/ada/bot", "dir_info": {"editable": True}},
            "conversation-bot @ file:///home/ada/bot",
        ),
        (
            {
                "url": "https://git.example/bot.git",
                "vcs_info": {"vcs": "git", "requested_revision": "main", "commit_id": "5c0d9bf"},
            },
            "conversation-bot @ git+https://git.example/bot.git@5c0d9bf",
        ),
        (
            {"url": "file:///home/ada/bot-0.7.1-py3-none-any.whl", "archive_info": {}},
            "conversation-bot @ file:///home/ada/bot-0.7.1-py3-none-any.whl",
        ),
        (
            {"url": "https://files.example/bot-0.7.1.tar.gz", "archive_info": {}},
            "conversation-bot @ https://files.example/bot-0.7.1.tar.gz",
        ),
    ],
)
def test_depends_on_what_this_one_was_installed_from(
    tmp_path, monkeypatch, capsys, origin, requirement
):
    installed_from(tmp_path, monkeypatch, origin)

    make(tmp_path / "ours", None)

    assert depends_on(tmp_path / "ours") == installs(tmp_path / "ours") == requirement
    is_here = "file:" in requirement
    said = capsys.readouterr().out
    assert ("depends on a copy of the framework on this machine" in said) is is_here
    assert "checkout" not in said


def installed_from(folder, monkeypatch, origin):
    """Let release 0.7.1 of the bot be installed from there; None is a registry."""
    installed = folder / "conversation_bot-0.7.1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Name: conversation-bot\nVersion: 0.7.1\n")
    if origin:
        (installed / "direct_url.json").write_text(json.dumps(origin))
    monkeypatch.setattr(
        "bot.ops.new.metadata.distribution", lambda _: metadata.PathDistribution(installed)
    )


def test_make_test_passes(project):
    # With the packages of this checkout; tests/setup installs a project's own.
    made = run(project, "make", "test", "READY=", f"BIN={Path(sys.executable).parent}")

    assert made.returncode == 0, made.stdout + made.stderr
    assert "3 passed" in made.stdout


def test_its_tests_can_import_its_flows(project):
    (project / "flows" / "kitchen.py").write_text("OVENS = 2\n")
    (project / "tests" / "test_kitchen.py").write_text(
        "from flows import kitchen\n\n\ndef test_has_ovens():\n    assert kitchen.OVENS == 2\n"
    )

    # Not by `python -m pytest`, which puts the project's folder on the path by itself.
    tested = run(project, f"{Path(sys.executable).parent}/pytest", "tests/test_kitchen.py")

    assert tested.returncode == 0, tested.stdout + tested.stderr


async def test_make_run_runs_the_bot(project):
    process = await asyncio.create_subprocess_exec(
        *("make", "run", "READY=", f"BIN={Path(sys.executable).parent}"),
        cwd=project,
        env={"PATH": os.environ["PATH"], "PORT": "0", "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout is not None
    async with asyncio.timeout(20):
        told = await process.stdout.readline()
    os.killpg(process.pid, 15)
    await process.communicate()

    assert b"http://127.0.0.1:" in told, told


def test_the_present_folder_is_named_and_needs_no_cd(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    make(Path("."), CHECKOUT)

    said = capsys.readouterr().out
    assert f"\n{tmp_path.name} is ready. What to do next:\n  make run " in said


def test_a_folder_with_something_in_it_is_left_alone(project):
    with pytest.raises(OperationError, match="isn't empty"):
        make(project, None)


def test_a_checkout_must_be_one(tmp_path):
    with pytest.raises(OperationError, match="there is no checkout"):
        make(tmp_path / "ours", tmp_path)
    assert not (tmp_path / "ours").exists()


@pytest.mark.parametrize(
    "name",
    [
        *("Dockerfile", "compose.yaml", "Procfile", ".dockerignore", ".env.example"),
        *("locks/run.txt", "locks/uv.txt"),
    ],
)
def test_this_repository_is_deployed_as_projects_are(project, name):
    hidden = HIDDEN + name[1:] if name.startswith(".") else name
    template = f"bot/templates/project/{hidden}"

    assert (CHECKOUT / name).read_text() == (project / name).read_text(), (
        f"{name} and {template} differ: copy it to {template}"
    )
