"""Where flows are found, depending on BOT_FLOWS."""

from pathlib import Path

import pytest

from bot.errors import FlowError
from bot.flow.load import load_flows, load_package


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "shop" / "talks").mkdir(parents=True)
    (tmp_path / "talks.py").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_a_package_within_another_is_found_by_its_dotted_name(here: Path) -> None:
    package = load_package("shop.talks")

    assert package.__name__ == "shop.talks"
    assert list(package.__path__) == [str(here / "shop" / "talks")]


def test_the_flows_of_another_folder_are_not_used(here: Path, monkeypatch: pytest.MonkeyPatch):
    other = here / "other"
    (other / "flows").mkdir(parents=True)
    (other / "flows" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(other))

    with pytest.raises(FlowError, match=r"There is no folder 'flows' here .*`bot new`"):
        load_package("flows")


@pytest.mark.parametrize("where", ["talks.py", "gone.py", "shop/gone"])
def test_what_is_no_folder_is_told(here: Path, where: str) -> None:
    with pytest.raises(FlowError, match="is not a folder"):
        load_package(where)


TEA = """
from bot import END, Flow, Option, choose


class {0}(Flow):
    start_on = ("{0}",)
    kind = choose("Which tea?", {{"green": Option("Green", to=END)}})
"""


@pytest.fixture
def teas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "teas"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "tea.py").write_text(TEA.format("Tea"))
    monkeypatch.chdir(tmp_path)
    return folder


def test_a_module_beside_a_folder_of_its_name_is_an_error(teas: Path) -> None:
    (teas / "tea").mkdir()
    (teas / "tea" / "__init__.py").write_text(TEA.format("Green"))

    with pytest.raises(FlowError, match=r"^teas/tea\.py: Python ignores this module.*teas/tea has"):
        load_flows("teas")


@pytest.mark.parametrize("folder", ["sub", "inner/sub"])
def test_a_folder_of_flows_that_is_no_package_is_an_error(teas: Path, folder: str) -> None:
    (teas / folder).mkdir(parents=True)
    (teas / "inner").mkdir(exist_ok=True)
    (teas / "inner" / "__init__.py").touch()
    (teas / folder / "green.py").write_text(TEA.format("Green"))

    with pytest.raises(
        FlowError, match=rf"^teas/{folder}: its modules are not loaded.*empty __init"
    ):
        load_flows("teas")


def test_a_folder_of_other_modules_is_no_error(teas: Path) -> None:
    (teas / "scripts").mkdir()
    (teas / "scripts" / "clean.py").write_text("import os\n")

    assert load_flows("teas").names


def test_a_module_that_ends_the_process_is_an_error(teas: Path) -> None:
    (teas / "tea.py").write_text("import sys\n\nsys.exit(3)\n")

    with pytest.raises(FlowError, match=r"^teas/tea\.py:3: importing the module ends the process"):
        load_flows("teas")


def test_the_new_module_of_an_imported_name_is_told(teas: Path) -> None:
    (teas / "opening.py").write_text("HOURS = 8\n")
    (teas / "tea.py").write_text("from teas.office import HOURS\n")

    with pytest.raises(FlowError) as raised:
        load_flows("teas")

    assert str(raised.value) == (
        "teas/tea.py:1: there is no module 'teas.office'. HOURS is in teas.opening: from"
        " teas.opening import HOURS"
    )


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_file_that_is_not_utf_8_is_an_error(teas: Path, encoding: str) -> None:
    text = TEA.format("Tea").replace("Which tea?", "Grönt?")
    (teas / "tea.py").write_text(text, encoding=encoding)

    with pytest.raises(
        FlowError, match=r"^teas/tea\.py is not encoded in UTF-8\. Save it as UTF-8"
    ):
        load_flows("teas")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a.PY", "its name ends in .PY. Rename it to a.py."),
        ("a.b.py", "its name has a dot. Rename it to a_b.py."),
    ],
)
def test_a_module_that_python_ignores_is_told(here: Path, name: str, told: str) -> None:
    (here / "shop" / "talks" / name).write_text("from bot import Flow\n")

    with pytest.raises(FlowError) as raised:
        load_flows("shop/talks")

    assert str(raised.value) == f"shop/talks/{name}: Python ignores this module, because {told}"


def test_other_files_beside_the_modules_are_no_errors(here: Path) -> None:
    flow = "from bot import END, Flow, ask, parse\nclass A(Flow):\n"
    (here / "shop" / "talks" / "a.py").write_text(
        flow + "    q = ask('?', accept=parse.text(), to=END)\n"
    )
    for name in ("a.py~", "notes.txt", ".a.PY", "conf.d.py"):
        (here / "shop" / "talks" / name).write_text("x = 1\n")

    assert load_flows("shop/talks").names == ["a"]
