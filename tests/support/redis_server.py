"""Real Redis servers for tests, on loopback ports, that can be killed, stopped and started."""

import asyncio
import os
import signal
import socket
import subprocess
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.compat import valkey_binary
from tests.support.machine_clock import MachineClock

START_S = 20.0
PAUSE_S = 0.02
"""Seconds between two checks of a starting server, because servers cannot notify."""


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as place:
        port: int = place.getsockname()[1]
        return port


class RedisServer:
    """A server with its data in `folder`. Acknowledged writes survive `kill`.

    The default `binary` is that of TEST_REDIS_BINARY, or else the embedded store's. `options` are
    lines of its configuration. If `clock` is set before the start, the server uses it.
    """

    def __init__(self, folder: Path, binary: str = "", **options: str) -> None:
        self.port = free_port()
        self._folder = folder
        self._binary = binary or os.environ.get("TEST_REDIS_BINARY") or valkey_binary()
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.clock: MachineClock | None = None
        self.options = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "dir": str(folder),
            "save": "",
            "appendonly": "yes",
            "appendfsync": "always",
            "logfile": str(folder / "server.log"),
        } | {name.replace("_", "-"): value for name, value in options.items()}

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self._folder / "server.log").read_text(errors="replace")

    def follow(self, master: "RedisServer | None") -> None:
        """From the next start on, replicate `master`. If `master` is None, replicate no server."""
        self.options.pop("replicaof", None)
        if master is not None:
            self.options["replicaof"] = f"127.0.0.1 {master.port}"

    def spawn(self, *words: str) -> None:
        """Start the server without waiting until it answers. Ctrl-C does not reach it."""
        options = [word for name, value in self.options.items() for word in (f"--{name}", value)]
        self._process = subprocess.Popen(
            [self._binary, *words, *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            env=os.environ | (self.clock.environment() if self.clock else {}),
            start_new_session=True,
        )

    async def start(self) -> None:
        """Start the server, and wait until it has read its data."""
        self.spawn()
        async with asyncio.timeout(START_S), Redis(port=self.port) as client:
            while not await self._answers(client):  # noqa: ASYNC110 - it can't tell us
                await asyncio.sleep(PAUSE_S)

    def kill(self) -> None:
        """Kill the server with SIGKILL. If it has ended, do nothing."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Stop the server from answering, with its connections open."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    async def _answers(self, client: Redis) -> bool:
        try:
            await client.ping()
        except RedisError as error:
            # The server runs, because it answers.
            return "NOAUTH" in str(error) or "AUTH" in str(error)
        return True
