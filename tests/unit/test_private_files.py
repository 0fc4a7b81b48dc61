"""Files of the bot on a machine belong to its owner."""

from pathlib import Path

import pytest

from bot.store.private_files import is_open_to_others, make_private_folder


def test_a_new_folder_and_those_above_it_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "store"

    make_private_folder(folder)
    make_private_folder(folder)

    for each in (folder, folder.parent):
        assert each.stat().st_mode & 0o777 == 0o700
        assert not is_open_to_others(each)


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    make_private_folder(tmp_path)

    assert is_open_to_others(tmp_path)


@pytest.mark.parametrize(("mode", "is_open"), [(0o600, False), (0o640, True), (0o644, True)])
def test_a_file_is_open_to_others_by_its_mode(tmp_path: Path, mode: int, is_open: bool) -> None:
    path = tmp_path / ".env"
    assert not is_open_to_others(path)
    path.touch()
    path.chmod(mode)

    assert is_open_to_others(path) is is_open
