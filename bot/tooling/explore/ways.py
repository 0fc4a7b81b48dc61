"""The map of an exploration: the transitions between states."""

from collections.abc import Iterable, Iterator

from bot.tooling.explore.finding import OUT, Node


class Ways:
    """The states that were reached, and the flows' own transitions between them."""

    def __init__(self) -> None:
        self._leads: dict[Node, set[Node]] = {}

    def add(self, source: Node, to: Node) -> None:
        self._leads.setdefault(source, set()).add(to)
        self._leads.setdefault(to, set())

    def __contains__(self, node: Node) -> bool:
        return node in self._leads

    def traps(self) -> Iterator[list[Node]]:
        """Yield each set of states that lead only to states of the same set."""
        closed: set[Node] = set()
        for node in self._leads:
            if node == OUT or node in closed:
                continue
            reached = self._reached_from(node)
            if OUT in reached:
                continue
            if all(node in self._reached_from(other) for other in reached):
                closed |= reached
                yield sorted(reached)

    def _reached_from(self, start: Node) -> set[Node]:
        """Return `start` and all states that can be reached from `start`."""
        found: set[Node] = set()
        waiting: list[Node] = [start]
        while waiting:
            node = waiting.pop()
            if node not in found:
                found.add(node)
                waiting += _but_out(self._leads.get(node, ()), found)
        return found


def _but_out(nodes: Iterable[Node], found: set[Node]) -> Iterator[Node]:
    for node in nodes:
        if node == OUT:
            found.add(OUT)
        else:
            yield node
