"""Arranges a directed graph in layers, for `diagram`.

States are in even ranks. Every edge has a vertex of its own in each rank that the edge crosses. The
vertex next to the edge's source is as wide as the edge's label, to leave room for the label.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

Pair = tuple[str, str]

_GAP = 14.0
_SWEEPS = 12


@dataclass(eq=False, slots=True)
class Vertex:
    """A state in a layer, or a point at which an edge crosses the layer.

    The `name` of a point is empty. `x` is the middle of the state or point.
    """

    name: str
    rank: int
    width: float
    x: float = 0.0
    up: list["Vertex"] = field(default_factory=list)
    down: list["Vertex"] = field(default_factory=list)


def arrange(
    widths: Mapping[str, float], edges: Mapping[Pair, float], last: Collection[str] = ()
) -> tuple[list[Vertex], dict[Pair, list[Vertex]]]:
    """Arrange states and edges. `widths` maps states to their widths, and `edges` maps edges to the
    widths of their labels.

    States in `last` without outgoing edges are placed below all other states. Return all vertices,
    and the route of each edge from the edge's source to the edge's target.
    """
    turned = set(_backward(widths, edges))
    forward = [(b, a) if (a, b) in turned else (a, b) for a, b in edges]
    ranks = _ranks(widths, forward, last)
    states = {name: Vertex(name, ranks[name], width) for name, width in widths.items()}
    vertices = list(states.values())
    routes: dict[Pair, list[Vertex]] = {}
    for pair, label in edges.items():
        upper, lower = (pair[1], pair[0]) if pair in turned else pair
        labeled = ranks[lower] - 1 if pair in turned else ranks[upper] + 1
        between = [
            Vertex("", rank, label if rank == labeled else 2.0)
            for rank in range(ranks[upper] + 1, ranks[lower])
        ]
        vertices += between
        route = [states[upper], *between, states[lower]]
        for above, below in pairwise(route):
            above.down.append(below)
            below.up.append(above)
        routes[pair] = route[::-1] if pair in turned else route
    layers = _ordered(vertices)
    _place(layers)
    return vertices, routes


def _backward(names: Mapping[str, float], edges: Mapping[Pair, float]) -> Iterator[Pair]:
    """Yield the edges that close a cycle, searching from the first state."""
    leads: dict[str, list[str]] = {name: [] for name in names}
    for source, target in edges:
        leads[source].append(target)
    finished: set[str] = set()
    open_: set[str] = set()
    for root in names:
        stack = [(root, iter(leads[root]))] if root not in finished else []
        open_.update([root] * bool(stack))
        while stack:
            name, targets = stack[-1]
            for target in targets:
                if target in open_:
                    yield name, target
                elif target not in finished:
                    open_.add(target)
                    stack.append((target, iter(leads[target])))
                    break
            else:
                stack.pop()
                open_.discard(name)
                finished.add(name)


def _ranks(
    names: Mapping[str, float], edges: Sequence[Pair], last: Collection[str]
) -> dict[str, int]:
    """Return the rank of each state: twice the length of the longest path to the state.

    The length is doubled, because the odd ranks are for the labels of edges. A state in `last`
    without outgoing edges gets the last rank.
    """
    above: dict[str, list[str]] = {name: [] for name in names}
    for source, target in edges:
        above[target].append(source)
    ranks: dict[str, int] = {}
    waiting = list(names)
    while waiting:
        for name in waiting:
            if all(source in ranks for source in above[name]):
                ranks[name] = max((ranks[source] + 2 for source in above[name]), default=0)
        waiting = [name for name in waiting if name not in ranks]
    lowered = set(last) - {source for source, _ in edges}
    bottom = max((rank + 2 for name, rank in ranks.items() if name not in lowered), default=0)
    return {name: bottom if name in lowered else rank for name, rank in ranks.items()}


def _ordered(vertices: Sequence[Vertex]) -> list[list[Vertex]]:
    """Try orders of the vertices in the layers. Return the layers in the order with the fewest
    crossings.
    """
    layers: list[list[Vertex]] = [[] for _ in range(max((v.rank for v in vertices), default=0) + 1)]
    for vertex in vertices:
        layers[vertex.rank].append(vertex)
    best, fewest = [list(layer) for layer in layers], _crossings(layers)
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        for layer in layers if downwards else reversed(layers):
            places = _places(layers)
            layer.sort(key=lambda v: _center(v.up if downwards else v.down, places, places[v]))
        crossings = _crossings(layers)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    return best


def _places(layers: Sequence[Sequence[Vertex]]) -> dict[Vertex, int]:
    return {vertex: place for layer in layers for place, vertex in enumerate(layer)}


def _center(neighbors: Sequence[Vertex], places: Mapping[Vertex, float], otherwise: float) -> float:
    if not neighbors:
        return otherwise
    return sum(places[vertex] for vertex in neighbors) / len(neighbors)


def _crossings(layers: Sequence[Sequence[Vertex]]) -> int:
    places = _places(layers)
    count = 0
    for layer in layers:
        ends = [sorted(places[below] for below in vertex.down) for vertex in layer]
        seen: list[int] = []
        for each in ends:
            count += sum(1 for end in each for other in seen if other > end)
            seen += each
    return count


def _place(layers: Sequence[Sequence[Vertex]]) -> None:
    """Set the `x` of every vertex: near its neighbors, without overlap within a layer."""
    for layer in layers:
        _spread(layer, [0.0] * len(layer))
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        for layer in layers if downwards else reversed(layers):
            wished = []
            for vertex in layer:
                near = (vertex.up if downwards else vertex.down) or [*vertex.up, *vertex.down]
                wished.append(sum(v.x for v in near) / len(near) if near else vertex.x)
            _spread(layer, wished)


def _spread(layer: Sequence[Vertex], wished: Sequence[float]) -> None:
    """Set the `x` of each vertex in a layer as near to its wished `x` as possible, without overlap.

    The order of the vertices stays the same.

    This is isotonic regression with minimum distances. Neighbors that would swap places form a
    group at their mean position, and groups are merged in the same way.
    """
    room = 0.0
    groups: list[tuple[float, int]] = []
    offsets: list[float] = []
    for number, (vertex, wish) in enumerate(zip(layer, wished, strict=True)):
        if number:
            room += (layer[number - 1].width + vertex.width) / 2 + _GAP
        offsets.append(room)
        groups.append((wish - room, 1))
        while len(groups) > 1 and groups[-2][0] > groups[-1][0]:
            (mean, count), (other, more) = groups.pop(), groups.pop()
            groups.append(((mean * count + other * more) / (count + more), count + more))
    means = [mean for mean, count in groups for _ in range(count)]
    for vertex, mean, offset in zip(layer, means, offsets, strict=True):
        vertex.x = mean + offset
