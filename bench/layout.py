"""What is measured: who does the work, run as what, and what there is before the load begins."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.contestants import BOT, Contestant


@dataclass(frozen=True, slots=True)
class Layout:
    """A contestant, on one process, host and Redis unless told otherwise.

    Each of `hosts` has `processes`; all share a Redis of `nodes` servers, a Cluster if there are
    several, reached by TCP if it `is_tcp`, otherwise by a unix socket. `redis` is the servers'
    program, "" for the usual one. `settings` are variables of the environment. `stored` contacts
    have talked once, and those of the load `turns` turns already, all of which are in their logs.
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
        """The settings, with as long a log as there are turns to be in it."""
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
    """Without decimals, its thousands apart."""
    return f"{number:,.0f}".replace(",", " ")


def more(base: Layout, field: str, counts: Sequence[int]) -> list[Layout]:
    """The base with each count of one field."""
    changes: list[dict[str, Any]] = [{field: count} for count in counts]
    return [replace(base, **change) for change in changes]
