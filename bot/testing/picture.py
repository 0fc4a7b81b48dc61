"""A flow's machine as an SVG picture, with what was walked and what wasn't.

The layout is that of `bot graph`.
"""

from collections.abc import Collection, Iterator, Sequence
from html import escape

from bot.flow.drawing import Arrow, Drawing, State, draw
from bot.flow.states import END, HANDOFF
from bot.testing.coverage import ANY_STATE, FlowCoverage, Item

_STYLE = """
text{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:10px}
.halo{paint-order:stroke;stroke:#fff;stroke-width:3px}
.state text{font-size:12px}
.state rect{fill:#fff;stroke-width:2}
path{fill:none;stroke-width:1.5}
.walked rect,.walked path{stroke:#1a7f37}
.walked text{fill:#1a7f37}
.partly rect,.partly path{stroke:#9a6700;stroke-dasharray:5 4}
.partly text{fill:#9a6700}
.unwalked rect,.unwalked path{stroke:#cf222e;stroke-dasharray:5 4}
.unwalked text{fill:#cf222e}
"""
_LINE = 11.0
_LETTER = 6.2


def svg(flow: FlowCoverage) -> str:
    """The picture: green and solid is walked, red and dashed isn't, yellow is walked in part.

    Triggers that were never walked have a cross and stand first. What stays in its state stands
    beside it.
    """
    ways = [item for item in flow.items if item.trigger and item.state != item.to]
    stays = [item for item in flow.items if item.trigger and item.state == item.to]
    states = [item.state for item in flow.items if item.kind == "state"]
    ends = [name for name in (END, HANDOFF) if any(item.to == name for item in ways)]
    anywhere = [ANY_STATE] if any(item.state == ANY_STATE for item in ways) else []
    edges = [(i.state, _marked(flow, i), i.to) for i in sorted(ways, key=flow.walked.__contains__)]
    initial = flow.definition.machine.initial
    drawing = draw([*states, *anywhere, *ends], edges, initial=initial, final=ends)
    width = drawing.width + max((len(i.trigger) + 3 for i in stays), default=0) * _LETTER
    done, every = len(flow.walked), len(flow.items)
    title = f"{flow.definition.name}: {done} of {every} walked"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{drawing.height}"'
        f' viewBox="0 0 {width:.0f} {drawing.height}"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style>",
        *(_arrow(flow, arrow, _of(ways, arrow)) for arrow in drawing.arrows),
        *_states(flow, drawing, stays),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _of(ways: Sequence[Item], arrow: Arrow) -> list[Item]:
    return [item for item in ways if (item.state, item.to) == (arrow.source, arrow.target)]


def _arrow(flow: FlowCoverage, arrow: Arrow, items: Sequence[Item]) -> str:
    title = escape(f"{arrow.source} → {arrow.target}: {', '.join(arrow.triggers)}")
    head = _head(arrow.path, up=_ends_upwards(arrow.path))
    return (
        f'<g class="{_kind(flow, items)}"><title>{title}</title>'
        f'<path d="{arrow.path}"/><path d="{head}" style="stroke-dasharray:none"/>'
        f'<text class="halo" x="{arrow.x}" y="{arrow.y}" text-anchor="middle"'
        f' dominant-baseline="central">{escape(arrow.label)}</text></g>'
    )


def _head(path: str, *, up: bool) -> str:
    """The two strokes of an arrow's head; curves end upright."""
    x, y = map(float, path.split()[-2:])
    back = 6 if up else -6
    return f"M{x - 4:.1f} {y + back:.1f}L{x:.1f} {y:.1f}L{x + 4:.1f} {y + back:.1f}"


def _ends_upwards(path: str) -> bool:
    """Whether the last bend of a curve lies below its end."""
    numbers = path.split()
    return float(numbers[-3]) > float(numbers[-1])


def _states(flow: FlowCoverage, drawing: Drawing, stays: Sequence[Item]) -> Iterator[str]:
    entered = {item.state for item in flow.walked if item.kind == "state"}
    entered |= {item.to for item in flow.walked} | {ANY_STATE}
    for state in drawing.states:
        kind = "walked" if state.name in entered else "unwalked"
        yield (
            f'<g class="state {kind}"><rect x="{state.x}" y="{state.y}" width="{state.width}"'
            f' height="{state.height}" rx="{15 if state.final else 6}"/>'
            f'<text x="{state.x + state.width / 2:.1f}" y="{state.y + state.height / 2:.1f}"'
            ' text-anchor="middle" dominant-baseline="central">'
            f"{escape(state.name)}</text></g>"
        )
        yield from _stays(flow, state, [item for item in stays if item.state == state.name])


def _stays(flow: FlowCoverage, state: State, items: Sequence[Item]) -> Iterator[str]:
    top = state.y + state.height / 2 - _LINE * (len(items) - 1) / 2
    for number, item in enumerate(items):
        yield (
            f'<g class="{_kind(flow, [item])}"><text class="halo"'
            f' x="{state.x + state.width + 5:.1f}" y="{top + number * _LINE:.1f}"'
            f' dominant-baseline="central">↻ {escape(_marked(flow, item))}</text></g>'
        )


def _marked(flow: FlowCoverage, item: Item) -> str:
    return item.trigger if item in flow.walked else f"✗ {item.trigger}"


def _kind(flow: FlowCoverage, items: Collection[Item]) -> str:
    walked = sum(item in flow.walked for item in items)
    return "walked" if walked == len(items) else "partly" if walked else "unwalked"
