"""Writes a drawing as SVG elements with CSS classes, so that a style sheet can color the elements.

All lines come before all labels, because an arrow may pass under the label of another arrow. The
background of the label covers the arrow below the label. Arrows have the class `edge` and the
attribute `data-pair`; states have the class `state` and the attribute `data-state`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import NamedTuple

import msgspec

from bot.flow.diagram import Arrow, Drawing, State

STYLE = """
text{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:10px;fill:#57606a}
.edge path{fill:none;stroke:#8b949e}
.edge .head{fill:#8b949e;stroke:none}
.edge .ground{fill:#fff}
.edge text,.note text{paint-order:stroke;stroke:#fff;stroke-width:3px}
.state rect{fill:#fff;stroke:#8b949e}
.state.final rect{fill:#f0f1f3}
.state text{font-size:12px;fill:#1f2328}
"""
"""The colors and fonts of a drawing for pages that define none."""

_LINE = 11.0
_LETTER = 6.2


class Element(msgspec.Struct, frozen=True):
    """An SVG element. `str()` returns the SVG text. Scripts of pages get the element as JSON."""

    tag: str
    attributes: Mapping[str, str | float] = {}
    children: Sequence["Element | str"] = ()

    def __str__(self) -> str:
        inside = "".join(
            escape(child, quote=False) if isinstance(child, str) else str(child)
            for child in self.children
        )
        attributes = "".join(f' {k}="{escape(str(v))}"' for k, v in self.attributes.items())
        return f"<{self.tag}{attributes}>{inside}</{self.tag}>"


class Note(NamedTuple):
    """A line of text beside a state, such as the name of a transition that stays in the state."""

    state: str
    text: str
    kind: str


def write(
    drawing: Drawing,
    *,
    title: str = "",
    style: str = "",
    states: Mapping[str, str] = {},
    arrows: Mapping[tuple[str, str], str] = {},
    notes: Sequence[Note] = (),
) -> Element:
    """Return a drawing as an `svg` element.

    `states` maps names of states to additional CSS classes. `arrows` maps pairs (state, target) to
    additional CSS classes.
    """
    beside = max((len(note.text) + 1 for note in notes), default=0) * _LETTER
    width, height = round(drawing.width + beside, 1), drawing.height
    attributes: dict[str, str | float] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "width": width,
        "height": height,
        "viewBox": f"0 0 {width} {height}",
    }
    kinds = [(arrow, arrows.get((arrow.source, arrow.target), "")) for arrow in drawing.arrows]
    children = [
        *([Element("title", {}, (title,))] if title else []),
        *([Element("style", {}, (style,))] if style else []),
        _group("lines", (_line(arrow, kind) for arrow, kind in kinds)),
        _group("labels", (_label(arrow, kind) for arrow, kind in kinds)),
        _group("states", (_state(state, states.get(state.name, "")) for state in drawing.states)),
        _group("notes", (each for state in drawing.states for each in _notes(state, notes))),
    ]
    return Element("svg", attributes, children)


def _group(kind: str, children: Iterable[Element]) -> Element:
    return Element("g", {"class": kind}, tuple(children))


def _edge(arrow: Arrow, kind: str, *children: Element) -> Element:
    title = f"{arrow.source} → {arrow.target}: {', '.join(arrow.triggers)}"
    pair = f"{arrow.source} {arrow.target}"
    return Element(
        "g",
        {"class": f"edge {kind}".rstrip(), "data-pair": pair},
        (Element("title", {}, (title,)), *children),
    )


def _line(arrow: Arrow, kind: str) -> Element:
    head = Element("path", {"class": "head", "d": arrow.head})
    return _edge(arrow, kind, Element("path", {"d": arrow.path}), head)


def _label(arrow: Arrow, kind: str) -> Element:
    width = len(arrow.label) * _LETTER
    box: dict[str, str | float] = {"x": round(arrow.x - width / 2, 1), "y": arrow.y - _LINE / 2}
    ground = Element("rect", {"class": "ground", **box, "width": round(width, 1), "height": _LINE})
    return _edge(arrow, kind, ground, _text(arrow.x, arrow.y, arrow.label))


def _state(state: State, kind: str) -> Element:
    kinds = " ".join(filter(None, ("final" if state.final else "", kind)))
    box: dict[str, str | float] = {"x": state.x, "y": state.y}
    box |= {"width": state.width, "height": state.height}
    title = f"{state.name} ({kinds})" if kinds else state.name
    return Element(
        "g",
        {"class": f"state {kinds}".rstrip(), "data-state": state.name},
        (
            Element("title", {}, (title,)),
            Element("rect", {**box, "rx": state.height / 2 if state.final else 6.0}),
            _text(state.x + state.width / 2, state.y + state.height / 2, state.name),
        ),
    )


def _notes(state: State, notes: Iterable[Note]) -> Iterator[Element]:
    mine = [note for note in notes if note.state == state.name]
    top = state.y + state.height / 2 - _LINE * (len(mine) - 1) / 2
    for number, note in enumerate(mine):
        text = _text(state.x + state.width + 5, top + number * _LINE, note.text, anchor="start")
        yield Element("g", {"class": f"note {note.kind}".rstrip()}, (text,))


def _text(x: float, y: float, text: str, *, anchor: str = "middle") -> Element:
    place: dict[str, str | float] = {"x": round(x, 1), "y": round(y, 1)}
    place |= {"text-anchor": anchor, "dominant-baseline": "central"}
    return Element("text", place, (text,))
