"""Computes the layout of a state machine: states in layers from top to bottom, transitions as
labeled curves.

The input is names and edges, not flows. Coordinates are pixels from the top left. Sugiyama's method
reverses edges that close cycles, assigns states to layers, orders each layer to reduce crossings,
and moves each state towards its neighbors.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.flow.diagram_layout import Vertex, arrange

_LETTER = 7.3
_SMALL_LETTER = 6.0
_PAD = 12.0
_HEIGHT = 30.0
_RANK = 32.0
_MARGIN = 12.0
_PORT = 12.0
_HEAD = 7.0
_MAX_LABEL_CHARS = 26


@dataclass(frozen=True, slots=True)
class State:
    """The box of a state. `x` and `y` are its top left corner."""

    name: str
    x: float
    y: float
    width: float
    height: float
    final: bool


@dataclass(frozen=True, slots=True)
class Arrow:
    """All transitions from one state to another, drawn as one arrow.

    `path` (the line) and `head` (the arrowhead) are SVG paths. `label` names all triggers. If the
    triggers are too many, `label` names the first triggers and the number of the other triggers.
    """

    source: str
    target: str
    triggers: tuple[str, ...]
    label: str
    path: str
    head: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """The positions of all states and arrows."""

    width: float
    height: float
    states: tuple[State, ...]
    arrows: tuple[Arrow, ...]


def draw(
    states: Sequence[str],
    edges: Iterable[tuple[str, str, str]],
    *,
    initial: str = "",
    final: Collection[str] = (),
) -> Drawing:
    """Lay out a machine. `edges` are tuples (state, trigger, target).

    Edges from a state to itself are not drawn.

    The same machine always has the same layout.
    """
    triggers: dict[tuple[str, str], list[str]] = {}
    for source, trigger, target in edges:
        if source != target:
            triggers.setdefault((source, target), []).append(trigger)
    first = [initial] if initial else []
    order = list(dict.fromkeys([*first, *states]))
    vertices, routes = arrange(
        {name: len(name) * _LETTER + 2 * _PAD for name in order},
        {pair: len(_label(names)) * _SMALL_LETTER + _PAD for pair, names in triggers.items()},
        last=final,
    )
    ports = _ports(routes.values())
    left = min((v.x - v.width / 2 for v in vertices), default=0.0) - _MARGIN
    right = max((v.x + v.width / 2 for v in vertices), default=0.0) + _MARGIN
    ranks = max((v.rank for v in vertices), default=0)
    return Drawing(
        width=_round(right - left),
        height=_round(ranks * _RANK + _HEIGHT + 2 * _MARGIN),
        states=tuple(_state(v, left, final=v.name in final) for v in vertices if v.name),
        arrows=tuple(
            _arrow(pair, tuple(names), routes[pair], ports, left)
            for pair, names in triggers.items()
        ),
    )


def _ports(routes: Collection[Sequence[Vertex]]) -> dict[tuple[Vertex, Vertex], float]:
    """Return the x at which each edge touches a state, relative to the middle of the state.

    An edge has one x for each of its two states. The key is the state and the vertex beside it on
    the edge's route. Edges on the same side of a state are spaced apart, in the order of these
    vertices.
    """
    sides: dict[tuple[Vertex, bool], list[Vertex]] = {}
    for route in routes:
        for state, beside in ((route[0], route[1]), (route[-1], route[-2])):
            sides.setdefault((state, beside.rank > state.rank), []).append(beside)
    found: dict[tuple[Vertex, Vertex], float] = {}
    for (state, _), besides in sides.items():
        step = min(_PORT, (state.width - _PAD) / len(besides))
        for number, beside in enumerate(sorted(besides, key=lambda v: v.x)):
            found[state, beside] = step * (number - (len(besides) - 1) / 2)
    return found


def _state(v: Vertex, left: float, *, final: bool) -> State:
    return State(
        v.name,
        _round(v.x - left - v.width / 2),
        _round(_middle(v) - _HEIGHT / 2),
        _round(v.width),
        _HEIGHT,
        final,
    )


def _arrow(
    pair: tuple[str, str],
    triggers: tuple[str, ...],
    route: Sequence[Vertex],
    ports: dict[tuple[Vertex, Vertex], float],
    left: float,
) -> Arrow:
    """Return the arrow of an edge, as a curve through the vertices of the edge's route.

    The arrow points up if the edge leads to an earlier layer.
    """
    half = _HEIGHT / 2 if route[-1].rank > route[0].rank else -_HEIGHT / 2
    start, end = route[0], route[-1]
    points = [(start.x + ports[start, route[1]], _middle(start) + half)]
    for vertex in route[1:-1]:
        # Curves run straight beside states, because they would otherwise cut the corners of boxes.
        beside = half if vertex.rank % 2 == 0 else 0.0
        points += dict.fromkeys((vertex.x, _middle(vertex) + by) for by in (-beside, beside))
    points.append((end.x + ports[end, route[-2]], _middle(end) - half))
    points = [(_round(x - left), _round(y)) for x, y in points]
    path = "M{} {}".format(*points[0])
    for (x1, y1), (x2, y2) in pairwise(points):
        bend = _round((y1 + y2) / 2)
        path += f"C{x1} {bend} {x2} {bend} {x2} {y2}"
    (x, y), back = points[-1], _HEAD if half > 0 else -_HEAD
    head = f"M{_round(x - _HEAD / 2)} {y - back}L{_round(x + _HEAD / 2)} {y - back}L{x} {y}z"
    where = route[1]
    at = _round(where.x - left), _middle(where)
    return Arrow(*pair, triggers, _label(triggers), path, head, *at)


def _middle(vertex: Vertex) -> float:
    return _round(_MARGIN + _HEIGHT / 2 + vertex.rank * _RANK)


def _label(triggers: Sequence[str]) -> str:
    text = triggers[0]
    for number, trigger in enumerate(triggers[1:], start=1):
        longer = f"{text} · {trigger}"
        if len(longer) > _MAX_LABEL_CHARS:
            return f"{text} +{len(triggers) - number}"
        text = longer
    return text


def _round(value: float) -> float:
    return round(value, 1)
