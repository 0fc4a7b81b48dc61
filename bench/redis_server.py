"""The Redis of a measurement: one server, or a cluster of several.

The program is the embedded Valkey or another server. It writes an append-only file as in
production. All files are deleted after the measurement.
"""

import contextlib
import re
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self, cast
from urllib.parse import quote

import redis

from bench.errors import BenchError
from bench.machine import Cores, pinned
from bench.processes import free_port
from bot.compat import valkey_binary

START_S = 10.0
SLOTS = 16384
"""Number of hash slots of a cluster, which its nodes share out."""


@dataclass(frozen=True, slots=True)
class Used:
    """The resources that the server has used since its start.

    - `commands`: executed commands, including those inside scripts.
    - `round_trips`: reads from sockets. Commands that were sent together are one read.
    - `bytes`: bytes that were received and sent over sockets.
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

    def with_(self, other: "Used") -> "Used":
        return Used(
            self.cpu_s + other.cpu_s,
            self.commands + other.commands,
            self.round_trips + other.round_trips,
            self.bytes + other.bytes,
        )


class Node:
    """One Redis server, with its files in `folder`.

    It listens on a unix socket in `folder`, whose path must be short. It also listens on the TCP
    port `port` if this is not 0. If `bus` is not 0, the server is a member of a cluster.
    """

    program: ClassVar[str] = ""
    """The executable of servers that name no other one; "" is the embedded server."""

    def __init__(
        self, folder: Path, cores: Cores, port: int = 0, bus: int = 0, program: str = ""
    ) -> None:
        socket = folder / "redis.sock"
        self._log = folder / "redis.log"
        self.port = port
        self.bus = bus
        options = {
            "port": str(port),
            "bind": "127.0.0.1",
            "unixsocket": str(socket),
            "unixsocketperm": "700",
            "dir": str(folder),
            "logfile": str(self._log),
            "save": "",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            # A rewrite would slow down only one of the compared measurements.
            "auto-aof-rewrite-percentage": "0",
        }
        if bus:
            options |= {"cluster-enabled": "yes", "cluster-port": str(self.bus)}
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        with pinned(cores):
            self._process = subprocess.Popen(
                [program or self.program or valkey_binary(), *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.client: Any = redis.Redis(unix_socket_path=str(socket))
        self.url = f"redis://127.0.0.1:{port}" if port else f"unix://{quote(str(socket))}"

    def wait(self, is_so: Callable[[], bool], end: float) -> None:
        """Wait until `is_so` returns True.

        Raises:
            BenchError: the server stopped, or the time `end` (`time.monotonic`) has passed.
        """
        while not is_so():
            if self._process.poll() is not None or time.monotonic() > end:
                raise BenchError(f"Redis doesn't start; its log is {self._log}.")
            time.sleep(0.005)

    def answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False

    def knows(self, nodes: int) -> bool:
        """Return whether, by this server's report, the cluster works and has this number of
        nodes.
        """
        info = self.client.cluster("INFO")
        return bool(info["cluster_state"] == "ok" and info["cluster_known_nodes"] == str(nodes))

    @classmethod
    def version(cls, program: str = "") -> str:
        """Return the server's name, version and memory allocator. The memory of many keys depends
        on the allocator.

        Raises:
            BenchError: the program cannot be run, or is not a Redis or Valkey server.
        """
        program = program or cls.program or str(valkey_binary())
        try:
            done = subprocess.run([program, "--version"], capture_output=True, text=True)
        except OSError as error:
            raise BenchError(f"{program} can't be run: {error.strerror}.") from error
        found = re.match(r"(\w+) server v=(\S+) .*malloc=(\S+)", done.stdout)
        if found is None:
            raise BenchError(f"{program} is no Redis or Valkey server.")
        return "{} {} ({})".format(*found.groups())

    def keys_of(self, contact: str) -> list[bytes]:
        """Return the keys on this server that contain the contact's name."""
        return list(self.client.scan_iter(match=f"*{contact}*", count=10_000))

    def info(self) -> dict[str, Any]:
        return cast(dict[str, Any], self.client.info("everything"))

    def stop(self) -> None:
        """Stop the server without saving its data."""
        self.client.close()
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        self._process.kill()
        self._process.wait()


class RedisServer:
    """One server, or a cluster of several. All figures are sums over its nodes."""

    def __init__(self, nodes: list[Node]) -> None:
        self._nodes = nodes
        is_cluster = len(nodes) > 1
        self.url = f"redis+cluster://127.0.0.1:{nodes[0].port}" if is_cluster else nodes[0].url

    @classmethod
    def start(
        cls,
        folder: Path,
        cores: Cores,
        nodes: int = 1,
        *,
        is_tcp: bool = False,
        program: str = "",
    ) -> Self:
        """Start the servers, and return when they answer. A cluster is always reached by TCP.

        Raises:
            BenchError: a server does not start.
        """
        started = []
        for number in range(nodes):
            place = folder / f"redis-{number}"
            place.mkdir()
            port = free_port() if is_tcp or nodes > 1 else 0
            bus = free_port() if nodes > 1 else 0
            started.append(Node(place, cores, port, bus, program))
        server = cls(started)
        try:
            server._open(time.monotonic() + START_S)
        except BaseException:
            server.stop()
            raise
        return server

    def _open(self, end: float) -> None:
        first, *others = self._nodes
        for number, node in enumerate(self._nodes):
            node.wait(node.answers, end)
            if others:
                size = SLOTS / len(self._nodes)
                node.client.cluster(
                    "ADDSLOTSRANGE", round(number * size), round((number + 1) * size) - 1
                )
        for node in others:
            first.client.cluster("MEET", "127.0.0.1", node.port, node.bus)
        for node in self._nodes if others else ():
            node.wait(lambda node=node: node.knows(len(self._nodes)), end)  # type: ignore[misc]

    def used(self) -> Used:
        """Return the resources that the servers have used so far."""
        used = Used(0.0, 0, 0, 0)
        for node in self._nodes:
            told = node.info()
            used = used.with_(
                Used(
                    told["used_cpu_sys"] + told["used_cpu_user"],
                    told["total_commands_processed"],
                    told["total_reads_processed"],
                    told["total_net_input_bytes"] + told["total_net_output_bytes"],
                )
            )
        return used

    def memory_bytes(self) -> int:
        """Return the bytes of the stored data, which the servers report in
        `used_memory_dataset`.
        """
        return sum(cast(int, node.info()["used_memory_dataset"]) for node in self._nodes)

    def keys_of(self, contact: str) -> dict[bytes, int]:
        """Return the keys that contain the contact's name, with the bytes that each key takes."""
        return {
            key: node.client.memory_usage(key, samples=0) or 0
            for node in self._nodes
            for key in node.keys_of(contact)
        }

    def multiply(self, contact: str, copies: int) -> Iterator[int]:
        """Copy everything that is stored under a contact's name to `copies` new names, on the same
        node. Yield the number of copies after each step.
        """
        script = """
            for number = ARGV[2] + 0, ARGV[3] - 1 do
                local name = ARGV[1]:sub(1, -13) .. 'c' .. string.format('%011d', number)
                for _, key in ipairs(KEYS) do
                    local first, last = key:find(ARGV[1], 1, true)
                    redis.call('COPY', key, key:sub(1, first - 1) .. name .. key:sub(last + 1))
                end
            end"""
        node = next((node for node in self._nodes if node.keys_of(contact)), None)
        if node is None:
            raise BenchError(f"Nothing is stored of contact {contact}, so nothing can be copied.")
        keys = node.keys_of(contact)
        for first in range(0, copies, 10_000):
            last = min(first + 10_000, copies)
            node.client.eval(script, len(keys), *keys, contact, first, last)
            yield last

    def stop(self) -> None:
        """Stop the servers without saving their data."""
        for node in self._nodes:
            node.stop()


def by_kind(keys: dict[bytes, int], contact: str) -> dict[str, int]:
    """Return the bytes by kind of key. The kind is the key without the contact's name, shard and
    numbers.
    """
    kinds: defaultdict[str, int] = defaultdict(int)
    for key, size in keys.items():
        kind = key.decode().replace(contact, "").split("}")[-1].strip(":0123456789") or "state"
        kinds[kind] += size
    return dict(kinds)
