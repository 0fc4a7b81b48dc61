"""Starts and stops the servers that are measured, and reads what they have used."""

import asyncio
import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil  # type: ignore[import-untyped]

from bench.errors import BenchError
from bench.machine import Cores, pinned

START_S = 60.0
STOP_S = 2.0
"""Enough for a server at rest. One stopped amid its work waits in vain for its upstream."""


@dataclass(frozen=True, slots=True)
class Command:
    """A server to run. `name` says which part of a contestant it is; when it is ready, GET /readyz
    at `port` answers 200.
    """

    name: str
    words: Sequence[str]
    port: int
    environment: Mapping[str, str]


class Server:
    """A running command with all its child processes."""

    def __init__(
        self, command: Command, process: subprocess.Popen[bytes], log: Path, began: float
    ) -> None:
        self.command = command
        self._began = began
        self._process = process
        self._log = log
        self._psutil = psutil.Process(process.pid)

    @classmethod
    def start(cls, command: Command, folder: Path, cores: Cores) -> Self:
        """Start it in `folder`, where its output is kept, in a process group of its own."""
        log = folder / f"{command.name}.log"
        began = time.perf_counter()
        with log.open("wb") as output, pinned(cores):
            process = subprocess.Popen(
                command.words,
                cwd=folder,
                env=dict(command.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return cls(command, process, log, began)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ready(self) -> float:
        """Wait until it is ready; how long after its start that was, in seconds.

        Raises:
            BenchError: it stopped, or isn't ready within a minute.
        """
        while not is_ready(self.command.port):
            if self._process.poll() is not None:
                raise BenchError(
                    f"{self.command.name} stopped while starting.\n{self.last_words()}"
                )
            if time.perf_counter() - self._began > START_S:
                raise BenchError(
                    f"{self.command.name} isn't ready after {START_S:g} s.\n{self.last_words()}"
                )
            await asyncio.sleep(0.005)
        return time.perf_counter() - self._began

    def cpu_s(self) -> float:
        """Processor time used so far by the command and its living children."""
        used = [process.cpu_times() for process in self._tree()]
        return float(sum(times.user + times.system for times in used))

    def rss_bytes(self) -> int:
        """Memory resident now, of the command and its children."""
        return sum(process.memory_info().rss for process in self._tree())

    def last_words(self) -> str:
        """The end of its output, for an error."""
        lines = self._log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-15:])

    def stop(self) -> None:
        """Ask it to stop, and make it stop when it doesn't; returns when it is gone."""
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_S)
        # Whatever is left of the group, the command itself or children that outlived it.
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _tree(self) -> list[psutil.Process]:
        return [self._psutil, *self._psutil.children(recursive=True)]


def is_ready(port: int) -> bool:
    """Whether a server at `port` of this machine answers GET /readyz with 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def free_port() -> int:
    """A TCP port of this machine that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
