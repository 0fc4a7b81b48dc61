"""What docs/flows.md and docs/contacts.md say is true: every block is run, section by section.

A block begins with the file that it is. Modules and catalogues are written where they say, tests
are run by simulation on the flows as they then stand and with the section's .env, and commands must
print what stands below them.
"""

import dataclasses
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot import END, Flow, ask, parse
from bot.flow.definition import of_class
from bot.flow.load import Flows, load_flows
from bot.settings import Settings

DOCS = Path(__file__).parent.parent / "docs"
GUIDE = (DOCS / "flows.md").read_text() + (DOCS / "contacts.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", GUIDE, re.DOTALL | re.MULTILINE))
ENV = re.compile(r"^```sh\n# \.env\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BLOCKS = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Nothing(Flow):
    a = ask("?", accept=parse.text(), to=END)


@pytest.fixture
def bot_flows():
    """Those that a simulation begins with, until the section's own are there."""
    return Flows([of_class(Nothing)])


@pytest.fixture
def bot_settings(bot_settings, request):
    """With what the section's .env sets."""
    section = SECTIONS[request.node.callspec.params["section"]]
    lines = "".join(ENV.findall(section)).splitlines()
    env = dict(line.split("=", 1) for line in lines)
    given = Settings.from_env(env, dotenv=None)
    fields = {each.metadata["variable"]: each.name for each in dataclasses.fields(Settings)}
    return dataclasses.replace(
        bot_settings, **{fields[name]: getattr(given, fields[name]) for name in env}
    )


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty folder, whose package `flows` takes the place of this project's."""
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if is_flows(name)}
    # A file written twice in one second would be taken from the cache of the first.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    forget()
    sys.modules.update(kept)


def is_flows(module):
    return module.partition(".")[0] == "flows"


def forget():
    for name in list(sys.modules):
        if is_flows(name):
            del sys.modules[name]


def write(project, block):
    name = re.match(r"# (\S+)\n", block)
    assert name, f"a block doesn't begin with its file: {block[:80]}"
    path = project / name[1]
    for folder in (path.parent, project / "flows"):
        folder.mkdir(parents=True, exist_ok=True)
    path.write_text(block.partition("\n")[2] if path.suffix == ".csv" else block, encoding="utf-8")
    (project / "flows" / "__init__.py").touch()
    return path


async def run_tests(path, simulation, contacts):
    forget()
    simulation.bot.use(load_flows("flows"))
    names: dict[str, Any] = {}
    exec(compile(path.read_text(), path.name, "exec"), names)
    tests = [function for name, function in names.items() if name.startswith("test_")]
    assert tests
    for test in tests:
        given = {"simulation": simulation, "contacts": contacts}
        if "contact" in inspect.signature(test).parameters:
            given["contact"] = contacts(1)[0]
        wanted = {name: given[name] for name in inspect.signature(test).parameters}
        async with simulation.bot.services():
            await test(**wanted)


def run_command(block, project, settings):
    command, _, expected = block.partition("\n")
    environment = {
        "PATH": os.environ["PATH"],
        "COLUMNS": "100",
        "REDIS_URL": settings.redis_url,
        "BOT_NAMESPACE": settings.namespace,
        "BOT_SHARDS": str(settings.shards),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", *command.removeprefix("$ ").split()],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    printed = [line.rstrip() for line in (done.stdout + done.stderr).split("\n")]
    assert "\n".join(printed) == expected
    assert (done.returncode == 1) is ("\nbot: " in f"\n{expected}")


@pytest.mark.parametrize("section", SECTIONS)
async def test_section(section, project, simulation, contacts, bot_settings):
    kinds = []
    for kind, block in BLOCKS.findall(SECTIONS[section]):
        kinds.append(kind)
        if kind == "console":
            run_command(block, project, bot_settings)
        elif (path := write(project, block)).parent.name == "tests":
            await run_tests(path, simulation, contacts)
    assert "python" in kinds
