"""The limits that the system sets a process, from files as Linux has them."""

import os
from pathlib import Path

import pytest

from bot.telemetry import process_limits
from bot.telemetry.process_limits import Memory

MIB = 2**20


def written(folder: Path, files: dict[str, object]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        folder.joinpath(name).write_text(f"{content}\n")
    return folder


def version_2(folder: Path, limit: object, used: int, cache: int = 0, kills: int = 0) -> None:
    stat, events = f"anon 1\ninactive_file {cache}", f"low 0\noom_kill {kills}"
    files = {"memory.max": limit, "memory.current": used}
    written(folder, {**files, "memory.stat": stat, "memory.events": events})


def version_1(folder: Path, limit: int, used: int, kills: int) -> None:
    control = f"oom_kill_disable 0\nunder_oom 0\noom_kill {kills}"
    files = {"memory.limit_in_bytes": limit, "memory.usage_in_bytes": used}
    stat = f"cache 9\ntotal_inactive_file {MIB}"
    written(folder, {**files, "memory.stat": stat, "memory.oom_control": control})


def test_limit_of_a_container_with_its_own_view_is_found(tmp_path):
    proc = written(tmp_path / "proc", {"cgroup": "0::/"})
    version_2(tmp_path / "groups", 64 * MIB, 60 * MIB, cache=20 * MIB, kills=3)

    found = process_limits.memory(proc, tmp_path / "groups")

    assert found == Memory(40 * MIB, 64 * MIB, 3)


def test_the_narrowest_limit_around_the_process_counts(tmp_path):
    proc = written(tmp_path / "proc", {"cgroup": "0::/pod/container"})
    version_2(tmp_path / "groups" / "pod" / "container", "max", 10 * MIB)
    version_2(tmp_path / "groups" / "pod", 100 * MIB, 90 * MIB)

    assert process_limits.memory(proc, tmp_path / "groups") == Memory(90 * MIB, 100 * MIB, 0)


def test_limit_of_version_1_is_found(tmp_path):
    proc = written(tmp_path / "proc", {"cgroup": "9:name=systemd:/\n4:memory:/box\n0::/"})
    version_1(tmp_path / "groups" / "memory" / "box", 32 * MIB, 31 * MIB, kills=1)
    version_1(tmp_path / "groups" / "memory", 2**63 - 4096, 900 * MIB, kills=0)

    assert process_limits.memory(proc, tmp_path / "groups") == Memory(30 * MIB, 32 * MIB, 1)


@pytest.mark.parametrize("groups", ["0::/", "", "9:name=systemd:/"])
def test_without_a_limit_the_memory_of_the_process_is_reported(tmp_path, groups):
    proc = written(tmp_path / "proc", {"cgroup": groups, "statm": "900 100 50 1 0 80 0"})

    found = process_limits.memory(proc, tmp_path / "groups")

    assert found == Memory(100 * os.sysconf("SC_PAGESIZE"))


def test_a_system_without_these_files_shows_nothing(tmp_path):
    assert process_limits.memory(tmp_path, tmp_path) == Memory()
    assert process_limits.files(tmp_path).used == 0


def test_files_in_another_form_are_skipped(tmp_path):
    proc = written(tmp_path / "proc", {"cgroup": "0::/", "statm": "900 100"})
    version_2(tmp_path / "groups", "a lot", 1)

    assert process_limits.memory(proc, tmp_path / "groups").limit == 0


def test_files_of_this_process_are_counted(tmp_path):
    before = process_limits.files()
    with tmp_path.joinpath("one").open("w"), tmp_path.joinpath("two").open("w"):
        after = process_limits.files()

    assert after.used == before.used + 2
    assert after.limit == before.limit
