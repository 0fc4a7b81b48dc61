"""Reports the system's limits for this process, and how much is used: memory and open files.

A container's memory is limited by its control group, which the process shares with other processes.
Systems other than Linux do not report all of these figures.
"""

import contextlib
import os
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc/self")
CONTROL_GROUPS = Path("/sys/fs/cgroup")

NO_LIMIT = 2**60
"""A number above this means no limit in version 1 of control groups."""


class Memory(NamedTuple):
    """The use of memory in bytes.

    `used` is the memory that counts against `limit`. If there is no limit, `limit` is 0, and `used`
    is the memory of this process. `kills` is the number of processes of the container that were
    killed for lack of memory.
    """

    used: int = 0
    limit: int = 0
    kills: int = 0


class Files(NamedTuple):
    """The number of open files, and the maximum number; 0 means no limit."""

    used: int
    limit: int


def memory(proc: Path = PROC, groups: Path = CONTROL_GROUPS) -> Memory:
    """Return the memory of the control group that has the least memory left.

    Without a limited group, return the memory of the process.
    """
    limited = [found for found in _limited(proc, groups) if found.limit]
    if limited:
        return min(limited, key=lambda found: found.limit - found.used)
    with contextlib.suppress(OSError):
        return Memory(int(_read(proc / "statm").split()[1]) * resource.getpagesize())
    return Memory()


def files(proc: Path = PROC) -> Files:
    """Return the number of open files of the process, and the maximum number."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = 0
    with contextlib.suppress(OSError):
        used = len(os.listdir(proc / "fd")) - 1  # without the folder that lists the files
    return Files(used, 0 if limit == resource.RLIM_INFINITY else limit)


def _limited(proc: Path, groups: Path) -> Iterator[Memory]:
    """Yield the memory of the process's control group and of all readable groups that contain this
    group.
    """
    try:
        lines = _read(proc / "cgroup").splitlines()
    except OSError:
        return
    for line in lines:
        number, controllers, path = f"{line}::".split(":")[:3]
        if number == "0":
            folder, read = groups, _version_2
        elif "memory" in controllers.split(","):
            folder, read = groups / "memory", _version_1
        else:
            continue
        inner = folder / path.lstrip("/")
        for each in (inner, *inner.parents):
            with contextlib.suppress(OSError, ValueError):  # Sandboxes write other files.
                yield read(each)
            if each == folder:
                break


def _version_2(group: Path) -> Memory:
    limit = _read(group / "memory.max").strip()
    used = int(_read(group / "memory.current"))
    cache = _values(group / "memory.stat").get("inactive_file", 0)
    kills = _values(group / "memory.events").get("oom_kill", 0)
    return Memory(max(0, used - cache), 0 if limit == "max" else int(limit), kills)


def _version_1(group: Path) -> Memory:
    limit = int(_read(group / "memory.limit_in_bytes"))
    used = int(_read(group / "memory.usage_in_bytes"))
    cache = _values(group / "memory.stat").get("total_inactive_file", 0)
    kills = _values(group / "memory.oom_control").get("oom_kill", 0)
    return Memory(max(0, used - cache), 0 if limit > NO_LIMIT else limit, kills)


def _values(file: Path) -> dict[str, int]:
    """Return the numbers in a file that has a name and a number on each line."""
    pairs = (line.split() for line in _read(file).splitlines())
    return {name: int(number) for name, number in pairs}


def _read(file: Path) -> str:
    return file.read_text()
