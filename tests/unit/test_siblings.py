"""Workers of one machine that notice each other's end."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.worker.siblings import Siblings

DIES = """
import os, sys
from pathlib import Path
from bot.worker.siblings import Siblings
Siblings(Path(sys.argv[1]), "w2").join()
os._exit(9)
"""


def test_a_worker_that_lives_or_has_left_is_not_gone(tmp_path: Path) -> None:
    one, other = Siblings(tmp_path / "new", "w1"), Siblings(tmp_path / "new", "w2")
    one.join()
    other.join()

    assert one.gone() == set()
    other.leave()
    assert one.gone() == set()
    one.leave()


def test_a_worker_whose_process_has_ended_is_gone(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", DIES, str(tmp_path)], check=False)
    sibling = Siblings(tmp_path, "w1")
    sibling.join()

    [file] = sibling.gone()
    assert file.name == "w2"
    sibling.forget(file)
    assert sibling.gone() == set()
    sibling.leave()


def test_a_folder_that_can_not_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(OSError, match="file"):
        Siblings(tmp_path / "file", "w1").join()
