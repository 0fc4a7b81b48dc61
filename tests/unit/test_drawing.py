import xml.etree.ElementTree as ElementTree
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot.cli import app
from bot.flow.diagram import Drawing, draw
from bot.flow.svg import Note, write

SVG = "{http://www.w3.org/2000/svg}"

PIZZA = [
    ("size", "small", "address"),
    ("size", "large", "address"),
    ("size", "reasked", "size"),
    ("address", "answered", "confirm"),
    ("address", "timed_out", "end"),
    ("confirm", "yes", "place"),
    ("confirm", "no", "size"),
    ("place", "to_end", "end"),
]
STATES = ["size", "address", "confirm", "place", "end"]


def pizza() -> Drawing:
    return draw(STATES, PIZZA, initial="size", final={"end"})


def test_the_way_leads_down_from_the_first_state_to_the_end():
    heights = {state.name: state.y for state in pizza().states}

    assert sorted(heights, key=lambda name: heights[name]) == STATES


def test_transitions_between_the_same_states_are_one_arrow():
    arrow = next(a for a in pizza().arrows if (a.source, a.target) == ("size", "address"))

    assert arrow.triggers == ("small", "large")
    assert arrow.label == "small · large"


def test_a_transition_that_stays_is_left_out():
    assert all(arrow.source != arrow.target for arrow in pizza().arrows)


def test_many_triggers_are_counted_where_they_take_too_much_room():
    edges = [("a", f"trigger_{number}", "b") for number in range(9)]

    (arrow,) = draw(["a", "b"], edges).arrows

    assert arrow.label == "trigger_0 · trigger_1 +7"


def test_the_svg_has_all_states_and_arrows():
    text = str(write(pizza()))

    ElementTree.fromstring(text)
    assert text.count('class="state"') == 4
    assert text.count('class="state final"') == 1
    # Each arrow is a line below all labels, and a label.
    assert text.count('class="edge"') == 2 * len(pizza().arrows)


def test_states_and_arrows_have_the_classes_that_are_asked_for():
    text = str(
        write(
            pizza(),
            title="Pizza",
            style=".lit{}",
            states={"size": "lit", "end": "lit"},
            arrows={("size", "address"): "walked"},
            notes=[Note("size", "stays", "unwalked")],
        )
    )

    root = ElementTree.fromstring(text)
    kinds = {group.get("data-state"): group.get("class") for group in root.iter(f"{SVG}g")}
    assert (kinds["size"], kinds["end"]) == ("state lit", "state final lit")
    assert text.count('class="edge walked" data-pair="size address"') == 2
    assert (root.findtext(f"{SVG}title"), root.findtext(f"{SVG}style")) == ("Pizza", ".lit{}")
    assert float(root.get("width", "")) > pizza().width
    note = next(group for group in root.iter(f"{SVG}g") if group.get("class") == "note unwalked")
    assert note.findtext(f"{SVG}text") == "stays"


def test_heads_of_arrows_point_the_way_the_arrows_lead():
    down, up = (
        next(a for a in pizza().arrows if (a.source, a.target) == pair)
        for pair in (("size", "address"), ("confirm", "size"))
    )

    for arrow, back in ((down, -7.0), (up, 7.0)):
        tip = [float(number) for number in arrow.path.split()[-2:]]
        base = float(arrow.head.partition("L")[0].split()[1])
        assert arrow.head.endswith(f"L{tip[0]} {tip[1]}z")
        assert base == pytest.approx(tip[1] + back)


def test_a_flow_is_drawn_by_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "drawn_flows").mkdir()
    (tmp_path / "drawn_flows" / "yes.py").write_text(
        "from bot import END, Flow, Option, choose\n"
        "class Yes(Flow):\n"
        "    sure = choose('Sure?', {'yes': Option('Yes', to=END)})\n"
    )
    monkeypatch.setenv("BOT_FLOWS", str(tmp_path / "drawn_flows"))

    done = CliRunner().invoke(app, ["graph", "yes", "--svg"])

    assert done.exit_code == 0
    assert ElementTree.fromstring(done.output).tag.endswith("svg")
    assert ">sure</text>" in done.output


def test_names_are_escaped():
    text = str(write(draw(["<b>", "&"], [("<b>", '"<i>"', "&")])))

    ElementTree.fromstring(text)


def test_a_machine_without_states_is_an_empty_drawing():
    assert draw([], []).states == ()


names = st.sampled_from([f"state_{number}" for number in range(12)])


@given(edges=st.lists(st.tuples(names, st.sampled_from(["yes", "no", "later"]), names)))
def test_states_never_overlap_and_all_lie_within_the_drawing(edges: list[tuple[str, str, str]]):
    states = sorted({end for source, _, target in edges for end in (source, target)})

    drawing = draw(states, edges, final=states[-1:])

    assert [state.name for state in drawing.states] == states
    for one, other in combinations(drawing.states, 2):
        apart = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert apart or abs(one.y - other.y) >= one.height
    for state in drawing.states:
        assert 0 <= state.x <= state.x + state.width <= drawing.width
        assert 0 <= state.y <= state.y + state.height <= drawing.height
    assert {(a.source, a.target) for a in drawing.arrows} == {
        (source, target) for source, _, target in edges if source != target
    }
