"""The operators' commands as they are typed: exit status, output, errors in one line."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app, main
from bot.ops import command_help
from bot.settings import Settings
from docs.generate import commands


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setenv("REDIS_URL", settings.redis_url)
    monkeypatch.setenv("BOT_NAMESPACE", settings.namespace)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("contacts list", "No contacts match."),
        ("contacts list --flow pizza --since 24h --stuck", "No contacts match."),
        ("dead list", "There are no dead letters."),
        ("dead drop --all", "0 dead letters dropped."),
    ],
)
def test_an_empty_store_is_no_fault(words, said):
    answer = CliRunner().invoke(app, words.split())

    assert answer.exit_code == 0, answer.output
    assert answer.output.strip() == said


@pytest.mark.parametrize(
    ("words", "ports"),
    [
        ("dev --port 8003", (8003, 8004)),
        ("dev --port 0", (0, 0)),
        ("dev --port 8003 --api-port 0", (8003, 0)),
        ("dev --port 8003 --api-port 9000", (8003, 9000)),
    ],
)
def test_the_local_api_listens_at_the_next_port(words, ports, monkeypatch):
    calls = []

    async def run(settings: Settings, *given: int) -> None:
        calls.append(given)

    monkeypatch.setattr("bot.dev.run", run)
    monkeypatch.setattr("bot.telemetry.logs.configure", lambda settings: None)
    answer = CliRunner().invoke(app, words.split())

    assert answer.exit_code == 0, answer.output
    assert calls == [ports]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "check flows/a.py",
            "(flows/a.py). The command takes no arguments, only options. BOT_FLOWS selects the"
            " folder of the flows.",
        ),
        ("graph pizza pasta", "(pasta). The command takes FLOW."),
        ("messages check --language sv", "No such option: --language. The command has --help."),
        ("check --chanel SMS", "No such option: --chanel (Possible options: --channel, --help)"),
    ],
)
def test_a_wrong_command_line_is_told_what_the_command_takes(words, said):
    answer = CliRunner().invoke(app, words.split())

    assert answer.exit_code == 2
    assert said in " ".join(answer.output.replace("│", " ").split())


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("contacts show SMS:4670", "There is no contact 'SMS:4670'."),
        ("contacts list --since soon", "--since: 'soon' is not a duration"),
        ("dead show 0-1-1", "There is no dead letter '0-1-1'"),
        ("dead retry", "Give ids of dead letters, or --all."),
    ],
)
def test_a_fault_is_one_line_and_exit_status_1(words, fault, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["bot", *words.split()])

    with pytest.raises(SystemExit) as exit:
        main()

    assert exit.value.code == 1
    said = capsys.readouterr().err
    assert fault in said
    assert said.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is full")
@pytest.mark.parametrize("words", ["contacts list", "dead list"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_disk_that_is_full_is_a_fault_like_others(words, unbuffered):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bot", *words.split()],
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert done.returncode == 1
    assert done.stderr == "bot: No space left on device; the output is incomplete.\n"


INTERRUPTED = """
import runpy, sys

class CtrlC:
    def find_spec(self, name, *more):
        if name == {module!r}:
            raise KeyboardInterrupt

sys.meta_path.insert(0, CtrlC())
sys.argv = ["bot", "contacts", "list"]
runpy.run_module("bot", run_name="__main__")
"""
"""Runs `bot contacts list`, and presses Ctrl-C when it comes to a module."""


@pytest.mark.parametrize("module", ["bot.cli", "typer", "bot.settings", "bot.ops.contacts"])
def test_ctrl_c_while_modules_are_loaded_ends_without_a_traceback(module):
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED.format(module=module)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 130
    assert "Traceback" not in done.stderr


def test_wrong_use_is_exit_status_2():
    assert CliRunner().invoke(app, ["contacts", "export", "x", "--format", "pdf"]).exit_code == 2
    assert CliRunner().invoke(app, ["contacts", "move", "x"]).exit_code == 2


@pytest.mark.parametrize("group", ["contacts", "dead"])
def test_every_command_tells_what_it_does(group):
    answer = CliRunner().invoke(app, [group, "--help"])

    assert answer.exit_code == 0
    assert len(re.findall(r"│ \w+ +[A-Z]", answer.output)) >= 4


def _all_commands() -> list[list[str]]:
    return [path.split()[1:] for path, _ in commands()]


@pytest.mark.parametrize("words", _all_commands(), ids=" ".join)
@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_help_has_an_example_and_cuts_nothing(words, columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)

    short, long = (CliRunner().invoke(app, [*words, each]).output for each in ("-h", "--help"))

    assert short == long
    assert f"Example: bot {' '.join(words)}" in " ".join(long.replace("`", "").split())
    options = re.findall(r"^[ │*]*(?:-\w, )?--.*", long, re.MULTILINE)
    assert not re.search(r"<(?:bool|str|int|float|path|list)", " ".join(options))
    assert "…" not in long
    assert max(map(len, long.splitlines())) <= int(columns)


@pytest.mark.parametrize("group", ["Develop", "Run", "Operate"])
def test_help_shows_commands_in_groups(group):
    assert f"─ {group} ─" in CliRunner().invoke(app, ["-h"]).output


@pytest.mark.parametrize("command", ["graph", "preview"])
def test_a_command_without_its_flow_names_the_flows(command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")

    answer = CliRunner().invoke(app, [command])

    assert answer.exit_code == 2
    assert "Name a flow: appointment, order, welcome." in answer.output


async def test_a_shell_completes_flows_channels_and_contacts(contact, simulation, monkeypatch):
    await contact.says("hello")
    store = simulation.bot.store.settings
    monkeypatch.setattr(Settings, "from_env", lambda: store)

    assert command_help.flow_names("or") == ["order"]
    assert command_help.channel_names("wha") == ["WHATSAPP"]
    key = contact.session.address.key
    assert await asyncio.to_thread(command_help.contact_names, key[:4]) == [key]


def test_a_shell_completes_nothing_where_the_store_is_away(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")

    assert command_help.contact_names("") == []


def test_the_commands_load_without_what_they_work_with():
    code = "import sys, bot.ops.commands as c; sys.exit('bot.ops.contacts' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_only_bot_itself_offers_to_install_its_completion():
    command = [sys.executable, "-m", "bot", "emulator", "--help"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert "--port" in told
    assert "completion" not in told
