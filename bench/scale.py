"""How the cost of a message changes when there is more of something: processes, hosts, Redis
servers, stored contacts, flows, turns in a contact's log.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.arena import Figures, running
from bench.contestants import BOT
from bench.machine import places

DEFAULT_LOG = 50
"""BOT_LOG_TURNS where nothing else is set."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What `bot serve` runs as, and what there is before the load begins.

    Each of `hosts` has `processes`; all share a Redis of `nodes` servers, a Cluster if there are
    several. `stored` contacts have talked once, and those of the load `turns` turns already, all of
    which are in their logs.
    """

    processes: int = 1
    hosts: int = 1
    nodes: int = 1
    flows: int = 1
    stored: int = 0
    turns: int = 0

    def __str__(self) -> str:
        parts = [
            _counted(self.hosts, "host", 1),
            _counted(self.processes, "process", 1, "processes"),
            f"Cluster of {self.nodes}" if self.nodes > 1 else "",
            _counted(self.flows, "flow", 1),
            _counted(self.stored, "stored contact", 0),
            _counted(self.turns, "logged turn", 0),
        ]
        return ", ".join(filter(None, parts)) or "one of each"


def _counted(count: int, what: str, unless: int, many: str = "") -> str:
    return "" if count == unless else f"{count:,} {many or what + 's'}"


def more(field: str, counts: Sequence[int]) -> list[Layout]:
    """A layout for each count of one field; the rest is as small as can be."""
    return [Layout(**{field: count}) for count in counts]


async def scale(
    layouts: Sequence[Layout],
    contacts: int,
    rounds: int,
    messages: int,
    seconds: float,
    latency_s: float,
    tell: Callable[[str], None],
) -> dict[Layout, list[Figures]]:
    """The figures of each layout in each round; they take turns.

    Raises:
        BenchError: one can't be run, or a reply was wrong or lost.
    """
    results: dict[Layout, list[Figures]] = {layout: [] for layout in layouts}
    for number in range(rounds):
        for layout, figures in results.items():
            told = f"round {number + 1} of {rounds} · {layout}"
            tell(told)
            async with running(
                BOT,
                places(layout.processes * layout.hosts),
                processes=layout.processes,
                hosts=layout.hosts,
                nodes=layout.nodes,
                flows=layout.flows,
                log_turns=max(DEFAULT_LOG, layout.turns),
                log_level="WARNING",
            ) as up:
                people = up.contacts(contacts)
                if layout.stored:
                    tell(f"{told} · storing")
                    await up.store(layout.stored)
                if layout.turns:
                    tell(f"{told} · talking")
                    await up.talk(people, rounds=layout.turns // len(people[0].script))
                figures.append(await up.measure(people, messages, seconds, latency_s=latency_s))
    return results
