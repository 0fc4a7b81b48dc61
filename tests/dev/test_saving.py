"""Names and places of tests that the page saves."""

from pathlib import Path

import pytest

from bot.dev.save_chat import NotSaved, save


def test_a_folder_is_made_where_it_is_missing(tmp_path: Path):
    path = save("> hello\n", "greets", tmp_path / "tests")

    assert path == tmp_path / "tests" / "greets.chat"
    assert path.read_text() == "> hello\n"


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "x" * 65, "a.b", "a\n", "å"])
def test_a_name_is_letters_digits_and_dashes(tmp_path: Path, name: str):
    with pytest.raises(NotSaved, match="can't be a file's name"):
        save("> hello\n", name, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_kept(tmp_path: Path):
    save("first", "mine", tmp_path)

    with pytest.raises(NotSaved, match="exists already; choose another name"):
        save("second", "mine", tmp_path)

    assert (tmp_path / "mine.chat").read_text() == "first"


def test_a_folder_that_is_a_file_is_told(tmp_path: Path):
    (tmp_path / "tests").write_text("")

    with pytest.raises(NotSaved, match="can't be written"):
        save("> hello", "mine", tmp_path / "tests")
