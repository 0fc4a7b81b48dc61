"""The public names, and the imports that are allowed between parts."""

import ast
import importlib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import bot
from bot.settings import Settings
from docs import generate
from tests.support.modules import MODULES, ROOT, imports, part_of, reached, under

PUBLIC = ("bot", "bot.messages", "bot.parse", "bot.testing", "bot.emulator", "bot.conversation_api")
VOCABULARY = (
    *("messages", "callbacks", "contact.session", "settings", "messages.channel_limits"),
    "contact.address",
)
SHARED_WITH_THE_EMULATOR = {"bot.clock", "bot.errors", "bot.i18n.printable", "bot.settings"}
RUNNING = tuple(
    f"bot.{part}"
    for part in (
        *("store", "flow", "conversation_api", "engine", "turn", "outbox", "web", "worker"),
        *("app", "processes", "cli", "dev", "ops", "testing", "emulator"),
    )
)
MAY_SIMULATE = {"bot/cli.py", "bot/tooling", "bot/ops", "bot/dev", "bot/testing"}
"""Parts that may import the simulation, because a running bot does not load them."""


FLOWS = [*(ROOT / "flows").glob("*.py"), *ROOT.glob("bot/templates/project/flows/*.py")]


def assigned(path: Path) -> Iterator[str]:
    """Yield the names that a module imports only for type checkers."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.If):
            for one in node.body:
                assert isinstance(one, ast.ImportFrom)
                yield from (name.asname or name.name for name in one.names)


def test_the_public_names_are_those_that_type_checkers_see():
    assert sorted(bot.__all__) == sorted(assigned(MODULES["bot"]))


@pytest.mark.parametrize("module", PUBLIC)
def test_every_public_name_is_there(module):
    home = importlib.import_module(module)

    assert [name for name in home.__all__ if not hasattr(home, name)] == []
    assert len(set(home.__all__)) == len(home.__all__)


def test_no_other_name_can_be_had_of_the_package():
    with pytest.raises(AttributeError, match="has no attribute 'Engine'"):
        _ = bot.Engine


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_stands_in_the_reference(name):
    documented = {module for module, _ in generate.MODULES.values()}

    assert name in documented
    assert set(generate.names_of(name)) == set(importlib.import_module(name).__all__)


@pytest.mark.parametrize("module", PUBLIC)
def test_every_public_class_and_function_says_what_it_gives(module):
    home = importlib.import_module(module)
    values = {name: getattr(home, name) for name in generate.names_of(module)}

    assert [
        name
        for name, value in values.items()
        if getattr(value, "__module__", "").startswith("bot.") and not value.__doc__
    ] == []


@pytest.mark.parametrize("name", VOCABULARY)
def test_the_vocabulary_knows_nothing_of_what_runs(name):
    assert [other for other in reached(f"bot.{name}") if under(other, *RUNNING)] == []


def test_imports_point_one_way():
    """Imports in functions and imports for type checkers count, too: they hide a circle.

    The package `bot` itself does not count, because it imports the public names of all parts.
    """
    modules = {
        name: {other for other in imports(path) if under(other, "bot")} - {"bot", name}
        for name, path in MODULES.items()
        if name != "bot"
    }
    parts: dict[str, set[str]] = {}
    for name, others in modules.items():
        parts.setdefault(part_of(name), set()).update(set(map(part_of, others)) - {part_of(name)})

    # A circle is a CycleError, which names it.
    TopologicalSorter(modules).prepare()
    TopologicalSorter(parts).prepare()


def test_tests_share_helpers_by_the_support_package_alone():
    found = []
    for path in (ROOT / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert not node.level, f"{path} imports relatively"
                names = [f"{node.module}.{one.name}" for one in node.names]
                parts = {part for name in names for part in name.split(".")[1:-1]}
                is_ours = node.module == "tests" or str(node.module).startswith("tests.")
                if is_ours and any(part.startswith(("test_", "conftest")) for part in parts):
                    found.append(f"{path.relative_to(ROOT)}: {node.module}")

    assert found == []


def test_the_modules_that_these_tests_name_exist():
    named = {*RUNNING, *(f"bot.{name}" for name in VOCABULARY), *SHARED_WITH_THE_EMULATOR}

    assert sorted(named - MODULES.keys()) == []


def test_errors_import_nothing_of_ours():
    assert reached("bot.errors") == set()


def test_the_webhook_runs_no_flow():
    runs = (
        "bot.turn.turn",
        "bot.flow",
        "bot.engine.engine",
        "bot.worker.runner",
        "bot.conversation_api",
    )

    assert [name for name in imports(MODULES["bot.web.webhook"]) if under(name, *runs)] == []


@pytest.mark.parametrize("path", FLOWS, ids=str)
def test_flows_use_the_public_names_alone(path):
    public = {"bot", "bot.parse", "flows"}

    assert [name for name in imports(path) if under(name, "bot") and name not in public] == []


def test_a_running_bot_loads_nothing_of_simulations():
    simulating = {
        path.relative_to(ROOT).as_posix()
        for name, path in MODULES.items()
        if any(under(other, "bot.testing") for other in imports(path))
    }

    assert [
        path
        for path in simulating
        if not any(path == place or path.startswith(f"{place}/") for place in MAY_SIMULATE)
    ] == []


def test_the_emulator_reads_the_api_for_itself():
    parts = [path for name, path in MODULES.items() if under(name, "bot.emulator")]
    ours = {name for path in parts for name in imports(path) if under(name, "bot")}

    assert {name for name in ours if not under(name, "bot.emulator")} <= SHARED_WITH_THE_EMULATOR


def test_only_one_module_knows_the_state_machine_library():
    assert {name for name, path in MODULES.items() if "transitions" in imports(path)} == {
        "bot.flow.machine"
    }


def test_every_setting_is_documented():
    example, page = (ROOT / ".env.example").read_text(), generate.settings_page()
    variables = Settings.variables()

    assert [name for name in variables if f"\n# {name}=" not in example] == []
    assert [name for name in variables if f"`{name}`" not in page] == []
