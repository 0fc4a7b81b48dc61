"""Where flows are found, depending on BOT_FLOWS."""

from pathlib import Path

import pytest

from bot.errors import FlowError
from bot.flow.load import load_package


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
