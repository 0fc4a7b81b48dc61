"""A flow's machine as an SVG picture, with what was walked and what wasn't.

The layers come from `grandalf`, so that no program has to be installed beside Python.
"""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, NamedTuple

from grandalf.graphs import Edge, Graph, Vertex  # type: ignore[import-untyped]
from grandalf.layouts import SugiyamaLayout  # type: ignore[import-untyped]
from grandalf.routing import EdgeViewer, route_with_lines  # type: ignore[import-untyped]

from bot.testing.coverage import ANY_STATE, FlowCoverage, Item

WALKED, UNWALKED, PARTLY = "#1a7f37", "#cf222e", "#9a6700"
_CHARACTER, _LINE, _PADDING = 7.2, 16, 12
_STYLE = "font:12px ui-monospace,Menlo,Consolas,monospace"

Point = tuple[float, float]


class _Box:
    """A vertex's size and place; `grandalf` sets `xy`, the middle."""

    def __init__(self, width: float, height: float) -> None:
        self.w, self.h = width, height
        self.xy: Point = (0.0, 0.0)


class Way(NamedTuple):
    """All transitions from one state to another, drawn as one arrow."""

    source: str
    to: str
    items: list[Item]


def svg(flow: FlowCoverage) -> str:
    """The picture: green and solid is walked, red and dashed isn't, with a mark for each line."""
    ways = _ways(flow.items)
    states = list(dict.fromkeys(_states(flow, ways)))
    boxes, routes = _layout(states, ways)
    shapes = [*_arrows(flow, ways, boxes, routes), *_boxes(flow, boxes)]
    left, top, width, height = _frame(boxes, routes, ways)
    done, every = len(flow.walked), len(flow.items)
    title = f"{flow.definition.name}: {done} of {every} walked"
    return "\n".join(
        [
            '<svg xmlns="http://www.w3.org/2000/svg" '
            f'viewBox="{left:.0f} {top:.0f} {width:.0f} {height:.0f}" '
            f'width="{width:.0f}" height="{height:.0f}" style="{_STYLE};background:#fff">',
            f"<title>{escape(title)}</title>",
            *(_marker(color) for color in (WALKED, UNWALKED, PARTLY)),
            *shapes,
            "</svg>\n",
        ]
    )


def _ways(items: Sequence[Item]) -> list[Way]:
    found: dict[tuple[str, str], Way] = {}
    for item in items:
        if item.trigger:
            ends = (item.state, item.to)
            found.setdefault(ends, Way(*ends, [])).items.append(item)
    return list(found.values())


def _states(flow: FlowCoverage, ways: Sequence[Way]) -> Iterator[str]:
    yield flow.definition.machine.initial
    yield from (item.state for item in flow.items if item.kind == "state")
    for way in ways:
        yield from (way.source, way.to)


def _layout(
    states: Sequence[str], ways: Sequence[Way]
) -> tuple[dict[str, _Box], dict[tuple[str, str], list[Point]]]:
    """Where each state lies, and the points through which each way to another state goes."""
    vertices = {name: Vertex(name) for name in states}
    for name, vertex in vertices.items():
        vertex.view = _Box(len(name) * _CHARACTER + 2 * _PADDING, _LINE + 2 * _PADDING)
    edges = []
    for way in ways:
        if way.source != way.to:
            edge = Edge(vertices[way.source], vertices[way.to], data=way)
            edge.view = EdgeViewer()
            edges.append(edge)
    back = _back_edges(states[0], edges)
    right = 0.0
    for part in Graph(list(vertices.values()), edges).C:
        right = _draw(part, [edge for edge in back if edge in part.sE], right)
    boxes = {name: vertex.view for name, vertex in vertices.items()}
    routes = {(e.data.source, e.data.to): _route(e, boxes) for e in edges}
    return boxes, routes


def _draw(part: Any, back: list[Any], right: float) -> float:
    """Lay out one connected part to the right of the ones before; where it ends."""
    if len(part.sV) == 1:
        box = next(iter(part.sV)).view
        box.xy = (right + box.w / 2, 0.0)
        return float(right + box.w + 40)
    layout = SugiyamaLayout(part)
    layout.xspace, layout.yspace = 90, 70
    layout.route_edge = route_with_lines
    ways = [edge.data for edge in part.sE]
    layout.yspace += max(_LINE * len(way.items) for way in ways)
    layout.init_all(inverted_edges=back)
    layout.draw(3)
    boxes = [vertex.view for vertex in part.sV]
    shift = right - min(box.xy[0] - box.w / 2 for box in boxes)
    for box in boxes:
        box.xy = (box.xy[0] + shift, box.xy[1])
    for edge in part.sE:
        edge.view.shift = shift
    return max(float(box.xy[0] + box.w / 2) for box in boxes) + 40


def _back_edges(first: str, edges: Sequence[Any]) -> list[Any]:
    """The edges that close a circle, going from the first state on: drawn upwards."""
    leaving: dict[str, list[Any]] = {}
    for edge in edges:
        leaving.setdefault(edge.data.source, []).append(edge)
    back, done, open_ = [], set[str](), set[str]()

    def visit(name: str) -> None:
        open_.add(name)
        for edge in leaving.get(name, []):
            if edge.data.to in open_:
                back.append(edge)
            elif edge.data.to not in done:
                visit(edge.data.to)
        open_.discard(name)
        done.add(name)

    for name in dict.fromkeys([first, *leaving]):
        if name not in done:
            visit(name)
    return back


def _route(edge: Any, boxes: dict[str, _Box]) -> list[Point]:
    """The points of an arrow, from its source's border to its target's."""
    source, to = boxes[edge.data.source], boxes[edge.data.to]
    shift = getattr(edge.view, "shift", 0.0)
    between = [(x + shift, y) for x, y in list(getattr(edge.view, "_pts", []))[1:-1]]
    if between and abs(between[0][1] - source.xy[1]) > abs(between[-1][1] - source.xy[1]):
        between.reverse()
    if not between:
        # A slight bend, so that there and back are two arrows.
        side = 14 if source.xy[1] <= to.xy[1] else -14
        between = [((source.xy[0] + to.xy[0]) / 2 + side, (source.xy[1] + to.xy[1]) / 2)]
    return [_border(source, between[0]), *between, _border(to, between[-1])]


def _border(box: _Box, towards: Point) -> Point:
    """Where the line from a box's middle to a point leaves the box."""
    x, y = box.xy
    dx, dy = towards[0] - x, towards[1] - y
    if not dx and not dy:
        return (x, y + box.h / 2)
    scale = min(
        box.w / 2 / abs(dx) if dx else float("inf"), box.h / 2 / abs(dy) if dy else float("inf")
    )
    return (x + dx * scale, y + dy * scale)


def _arrows(
    flow: FlowCoverage,
    ways: Sequence[Way],
    boxes: dict[str, _Box],
    routes: dict[tuple[str, str], list[Point]],
) -> Iterator[str]:
    for way in ways:
        color = _color(flow, way.items)
        dashes = "" if color == WALKED else ' stroke-dasharray="5 4"'
        if way.source == way.to:
            box = boxes[way.source]
            x, y = box.xy[0] + box.w / 2, box.xy[1]
            path = f"M{x:.0f},{y - 6:.0f} c26,-18 26,30 0,12"
            at = (x + 24, y - _LINE * (len(way.items) - 1) / 2 + 4)
        else:
            points = routes[way.source, way.to]
            path = "M" + " L".join(f"{x:.1f},{y:.1f}" for x, y in points)
            middle = points[len(points) // 2]
            at = (middle[0] + 5, middle[1] - _LINE * (len(way.items) - 1) / 2 + 4)
        yield (
            f'<path d="{path}" fill="none" stroke="{color}" stroke-width="1.5"'
            f'{dashes} marker-end="url(#to{color[1:]})"/>'
        )
        yield from _labels(flow, way, at)


def _labels(flow: FlowCoverage, way: Way, at: Point) -> Iterator[str]:
    """A line for each transition, on a white ground so that arrows below don't cross it out."""
    for number, item in enumerate(way.items):
        walked = item in flow.walked
        x, y = at[0], at[1] + number * _LINE
        width = (len(item.trigger) + 2) * _CHARACTER
        yield (
            f'<rect x="{x:.0f}" y="{y - 11:.0f}" width="{width:.0f}" height="14" fill="#fff"'
            ' fill-opacity="0.85"/>'
            f'<text x="{x:.0f}" y="{y:.0f}" fill="{WALKED if walked else UNWALKED}">'
            f"{'✓' if walked else '✗'} {escape(item.trigger)}</text>"
        )


def _boxes(flow: FlowCoverage, boxes: dict[str, _Box]) -> Iterator[str]:
    entered = {item.state for item in flow.walked if item.kind == "state"}
    entered |= {item.to for item in flow.walked} | {ANY_STATE}
    for name, box in boxes.items():
        color = WALKED if name in entered else UNWALKED
        dashes = "" if name in entered else ' stroke-dasharray="5 4"'
        x, y = box.xy
        yield (
            f'<rect x="{x - box.w / 2:.0f}" y="{y - box.h / 2:.0f}" width="{box.w:.0f}"'
            f' height="{box.h:.0f}" rx="8" fill="#fff" stroke="{color}" stroke-width="2"{dashes}/>'
            f'<text x="{x:.0f}" y="{y + 4:.0f}" text-anchor="middle">{escape(name)}</text>'
        )


def _color(flow: FlowCoverage, items: Sequence[Item]) -> str:
    walked = sum(item in flow.walked for item in items)
    return WALKED if walked == len(items) else PARTLY if walked else UNWALKED


def _marker(color: str) -> str:
    return (
        f'<marker id="to{color[1:]}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7"'
        f' markerHeight="7" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="{color}"/></marker>'
    )


def _frame(
    boxes: dict[str, _Box], routes: dict[tuple[str, str], list[Point]], ways: Sequence[Way]
) -> tuple[float, float, float, float]:
    longest = max((len(item.trigger) for way in ways for item in way.items), default=0) + 3
    points = [point for route in routes.values() for point in route]
    xs = [x for x, _ in points] + [
        box.xy[0] + s * box.w / 2 for box in boxes.values() for s in (-1, 1)
    ]
    ys = [y for _, y in points] + [
        box.xy[1] + s * box.h / 2 for box in boxes.values() for s in (-1, 1)
    ]
    left, top = min(xs) - 20, min(ys) - 20
    return left, top, max(xs) + longest * _CHARACTER + 40 - left, max(ys) + 20 - top
