"""Starts and stops the measured servers, and reads their processor time and memory."""

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
"""Seconds that a server gets to stop, before it is killed.

An idle server stops in this time. A busy server would wait in vain for its upstream.
"""


@dataclass(frozen=True, slots=True)
class Command:
    """A command that starts a server. `name` is the name of this part of the contestant. When the
    server is ready, GET /readyz at `port` returns 200.
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
        """Start the command in `folder`, in its own process group. Its output is written to a file
        there.
        """
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
        """Wait until the server is ready. Return how many seconds that took since its start.

        Raises:
            BenchError: the server stopped, or is not ready within a minute.
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
        """Return the seconds of processor time that the command and its running children have used
        so far.
        """
        used = [process.cpu_times() for process in self._tree()]
        return float(sum(times.user + times.system for times in used))

    def rss_bytes(self) -> int:
        """Return the resident memory of the command and its children now."""
        return sum(process.memory_info().rss for process in self._tree())

    def last_words(self) -> str:
        """Return the last lines of the server's output, for an error."""
        lines = self._log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-15:])

    def stop(self) -> None:
        """Terminate the server, and kill it if it does not stop. Return when it has ended."""
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_S)
        # The command may still run, or its children may have outlived it.
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _tree(self) -> list[psutil.Process]:
        return [self._psutil, *self._psutil.children(recursive=True)]


def is_ready(port: int) -> bool:
    """Return whether a server at `port` of this machine answers GET /readyz with 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def free_port() -> int:
    """Return a TCP port of this machine on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
