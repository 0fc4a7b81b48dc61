"""The map that an exploration draws: which state led to which, and what that says."""

from collections.abc import Iterable, Iterator

from bot.tooling.explore.finding import OUT, Node


class Ways:
    """States reached, and the ways between them that are the flows' own."""

    def __init__(self) -> None:
        self._leads: dict[Node, set[Node]] = {}

    def add(self, source: Node, to: Node) -> None:
        self._leads.setdefault(source, set()).add(to)
        self._leads.setdefault(to, set())

    def __contains__(self, node: Node) -> bool:
        return node in self._leads

    def traps(self) -> Iterator[list[Node]]:
        """Each set of states that lead only to each other, and from which nothing leads out."""
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
        """What can be reached from `start`, and `start` itself."""
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
