"""Starts, watches, terminates and kills processes of `bot` in tests."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]

from tests.support.redis_server import free_port

START_S = 30.0
END_S = 30.0
PAUSE_S = 0.02


class BotProcess:
    """A `bot serve`, `bot web` or `bot worker`. Its output is in `log`.

    `constants` are fields of `Settings` that no variable sets.
    """

    def __init__(
        self, role: str, environment: dict[str, str], log: Path, constants: dict[str, object]
    ) -> None:
        self.role = role
        self._program = [sys.executable, "-m", "bot"]
        if constants:
            self._program[2:] = ["tests.support.tuned", json.dumps(constants)]
        self.port = free_port()
        self.environment = environment
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def spawn(
        self, *words: str, folder: Path | None = None, output: int | None = None
    ) -> None:
        """Start the process, in `folder` if given, without waiting until it is ready.

        `output` is a descriptor to write to instead of the log.
        """
        command = [*self._program, self.role, "--host", "127.0.0.1"]
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                *("--port", str(self.port)),
                *words,
                cwd=folder,
                env=self.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log if output is None else output,
                stderr=log,
                start_new_session=True,
            )

    async def command(self, *words: str) -> tuple[int, str]:
        """Run another command in the environment of the process. Return exit status and output."""
        process = await asyncio.create_subprocess_exec(
            *(*self._program, *words),
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await process.communicate()
        return process.returncode or 0, printed.decode()

    async def start(self, *words: str, folder: Path | None = None) -> None:
        """Start the process, and wait until it reports that it is ready."""
        await self.spawn(*words, folder=folder)
        await self.wait_for(200)

    async def wait_for(self, status: int, path: str = "/readyz") -> None:
        """Wait until the process answers a request for `path` with this status."""
        async with asyncio.timeout(START_S), httpx.AsyncClient() as client:
            while await self._status(client, path) != status:
                assert self.is_running, self.log
                await asyncio.sleep(PAUSE_S)

    async def end(self) -> int:
        """Return the exit status of the process, after it has ended on its own."""
        assert self._process is not None
        async with asyncio.timeout(END_S):
            return await self._process.wait()

    def terminate(self) -> None:
        self.signal(signal.SIGTERM)

    def pause(self) -> None:
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.signal(signal.SIGCONT)

    def signal(self, number: int) -> None:
        if self.is_running:
            assert self._process is not None
            self._process.send_signal(number)

    async def kill(self) -> None:
        """Kill the process with SIGKILL. If it has ended, do nothing."""
        if self.is_running:
            assert self._process is not None
            self._process.kill()
            await self._process.wait()

    async def until_logged(self, words: str, times: int = 1) -> None:
        """Wait until the log of the process has these words this many times."""
        async with asyncio.timeout(START_S):
            while self.log.count(words) < times:
                assert self.is_running, self.log
                await asyncio.sleep(PAUSE_S)

    async def _status(self, client: httpx.AsyncClient, path: str) -> int:
        try:
            return (await client.get(self.url + path, timeout=5)).status_code
        except httpx.TransportError:
            return 0


def clean_environment(**settings: object) -> dict[str, str]:
    """Return this process's environment without settings of a bot, and with the given settings."""
    ours = ("BOT_", "SINCH_", "REDIS_", "WEB_CONCURRENCY", "PORT")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {name: str(value) for name, value in settings.items()}


def children(pid: int) -> list[psutil.Process]:
    """Return the child processes of the process `pid`."""
    return list(psutil.Process(pid).children())
