"""The layout of a measurement: a contestant, its processes and servers, and its stored data."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.contestants import BOT, Contestant


@dataclass(frozen=True, slots=True)
class Layout:
    """A contestant and how it is run: by default one host with one process, and one Redis server.

    - `processes`: number of processes on each host.
    - `hosts`: number of hosts. They share the Redis servers.
    - `nodes`: number of Redis servers. Several servers are a Redis Cluster.
    - `is_tcp`: whether a single Redis server is reached by TCP instead of a unix socket.
    - `redis`: the program of the Redis servers; "" is the program of `Node.program`.
    - `flows`: number of equal flows, each with its own start word.
    - `stored`: number of further contacts in the store, which have had one conversation each.
    - `turns`: number of turns that each contact has had before the load begins. All are in its log.
    - `settings`: environment variables and their values.
    """

    contestant: Contestant = BOT
    processes: int = 1
    hosts: int = 1
    nodes: int = 1
    is_tcp: bool = False
    redis: str = ""
    flows: int = 1
    stored: int = 0
    turns: int = 0
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables. They include the length of the turn log if the layout has
        `turns`.
        """
        turns = {"BOT_LOG_TURNS": str(self.turns)} if self.turns else {}
        return {**turns, **dict(self.settings)}

    def __str__(self) -> str:
        parts = [
            _counted(self.hosts, "host", 1),
            _counted(self.processes, "process", 1, "processes"),
            f"a Cluster of {self.nodes}" if self.nodes > 1 else "",
            _counted(self.flows, "flow", 1),
            _counted(self.stored, "stored contact", 0),
            _counted(self.turns, "logged turn", 0),
            *(f"`{name}={value}`" for name, value in self.settings),
        ]
        return ", ".join(filter(None, parts)) or self.contestant.what


def _counted(count: int, what: str, unless: int, many: str = "") -> str:
    return "" if count == unless else f"{spaced(count)} {many or what + 's'}"


def spaced(number: float) -> str:
    """Return a number without decimals, with spaces between the thousands."""
    return f"{number:,.0f}".replace(",", " ")


def more(base: Layout, field: str, counts: Sequence[int]) -> list[Layout]:
    """Return a copy of `base` for each count, with the count as the value of `field`."""
    changes: list[dict[str, Any]] = [{field: count} for count in counts]
    return [replace(base, **change) for change in changes]
