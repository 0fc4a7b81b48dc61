"""Draws a flow with its coverage. The layout is the same as in `bot graph`."""

from collections.abc import Collection

from bot.flow.diagram import draw
from bot.flow.states import END, HANDOFF
from bot.flow.svg import STYLE, Note, write
from bot.testing.coverage import ANY_STATE, FlowCoverage, Item

_COLORS = {"walked": "#1a7f37", "partly": "#9a6700", "unwalked": "#cf222e"}
_STYLE = STYLE + "".join(
    f".{kind} rect,.{kind} path{{stroke:{color};stroke-width:1.5}}"
    f".{kind} text,.edge.{kind} .head{{fill:{color}}}"
    + ("" if kind == "walked" else f".{kind} rect,.{kind} path{{stroke-dasharray:5 4}}")
    for kind, color in _COLORS.items()
)


def svg(flow: FlowCoverage) -> str:
    """Return a drawing of a flow with its coverage, as SVG.

    Reached parts are green and solid, unreached parts red and dashed. An arrow is yellow if only
    some of its triggers were reached. Triggers that were never reached have a cross and come first.
    Triggers that do not leave their state are listed beside the state.
    """
    ways = [item for item in flow.items if item.trigger and item.state != item.to]
    stays = [item for item in flow.items if item.trigger and item.state == item.to]
    states = [item.state for item in flow.items if item.kind == "state"]
    ends = [name for name in (END, HANDOFF) if any(item.to == name for item in ways)]
    anywhere = [ANY_STATE] if any(item.state == ANY_STATE for item in ways) else []
    edges = [(i.state, _marked(flow, i), i.to) for i in sorted(ways, key=flow.walked.__contains__)]
    initial = flow.definition.machine.initial
    drawing = draw([*states, *anywhere, *ends], edges, initial=initial, final=ends)
    entered = {item.state for item in flow.walked if item.kind == "state"}
    entered |= {item.to for item in flow.walked} | {ANY_STATE}
    pairs = {(item.state, item.to) for item in ways}
    picture = write(
        drawing,
        title=f"{flow.definition.name}: {len(flow.walked)} of {len(flow.items)} walked",
        style=_STYLE,
        states={s.name: "walked" if s.name in entered else "unwalked" for s in drawing.states},
        arrows={
            pair: _kind(flow, [item for item in ways if (item.state, item.to) == pair])
            for pair in pairs
        },
        notes=[Note(i.state, f"↻ {_marked(flow, i)}", _kind(flow, [i])) for i in stays],
    )
    return f"{picture}\n"


def _marked(flow: FlowCoverage, item: Item) -> str:
    return item.trigger if item in flow.walked else f"✗ {item.trigger}"


def _kind(flow: FlowCoverage, items: Collection[Item]) -> str:
    walked = sum(item in flow.walked for item in items)
    return "walked" if walked == len(items) else "partly" if walked else "unwalked"
