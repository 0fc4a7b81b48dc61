"""Servers on TCP ports, from the embedded store's binary: one server, or a cluster of three."""

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from bot.compat import valkey_binary
from bot.store.embedded import START_TIMEOUT_S, wait_until

BINARIES = [path for path in os.environ.get("TEST_REDIS_BINARIES", "").split(os.pathsep) if path]
"""Paths of more Redis servers to test with, from TEST_REDIS_BINARIES.

They are separated as in PATH.
"""

SLOTS = ((0, 5460), (5461, 10922), (10923, 16383))


@contextmanager
def server(folder: Path, port: int, *options: str, binary: str = "") -> Iterator[None]:
    """Run a server that stores nothing on disk until the block ends.

    The default `binary` is the embedded store's.
    """
    folder.mkdir()
    words = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    command = [binary or valkey_binary(), *words, *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        with Redis(port=port) as client:
            assert wait_until(
                lambda: _answers(client) or process.poll() is not None, START_TIMEOUT_S
            )
        assert process.poll() is None, "the server has ended"
        yield
    finally:
        process.kill()
        process.wait()


def version_of(binary: str) -> str:
    """Return the server's name and version, such as `Redis 7.0.15`."""
    line = subprocess.run([binary, "--version"], capture_output=True, check=True).stdout.decode()
    found = re.match(r"(\w+).* v=(\S+)", line)
    assert found, line
    return f"{found[1]} {found[2]}"


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """Run a cluster of three nodes and yield its URL."""
    ports = free_ports(2 * len(SLOTS))
    nodes = list(zip(ports[::2], ports[1::2], strict=True))
    with ExitStack() as stack:
        clients = []
        for port, bus in nodes:
            options = ("--cluster-enabled", "yes", "--cluster-port", str(bus))
            stack.enter_context(server(folder / str(port), port, *options))
            clients.append(stack.enter_context(Redis(port=port)))
        for client, slots in zip(clients, SLOTS, strict=True):
            client.cluster("ADDSLOTSRANGE", *slots)
        for port, bus in nodes[1:]:
            clients[0].cluster("MEET", "127.0.0.1", port, bus)
        assert wait_until(lambda: all(map(_is_complete, clients)), START_TIMEOUT_S)
        yield f"redis+cluster://127.0.0.1:{ports[0]}"


def _answers(client: Redis) -> bool:
    try:
        client.execute_command("PING")
    except RedisConnectionError:
        return False
    return True


def _is_complete(client: Redis) -> bool:
    info = client.cluster("INFO")
    return bool(info["cluster_state"] == "ok" and info["cluster_known_nodes"] == str(len(SLOTS)))


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [place.getsockname()[1] for place in sockets]
    finally:
        for place in sockets:
            place.close()
