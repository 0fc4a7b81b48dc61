"""Findings of `bot check` about flows that call each other in a circle."""

from collections.abc import Callable

import pytest

from tests.support.checked_flows import FoundIn

Look = Callable[[str], list[str]]

TOP = "from bot import END, HANDOFF, Flow, Option, Turn, ask, call, choose, on, parse, step\n"


@pytest.fixture
def look(found_in: FoundIn) -> Look:
    def write(text: str) -> list[str]:
        found = found_in(TOP + text)
        return [f"{each.line - 1}: {each.severity}: {each.what}" for each in found]

    return write


CIRCLE = """\
class Tea(Flow):
    start_on = ("tea",)
    q = choose("On?", {{"y": Option("Yes", to="b")}})
    b = call("cup", to=END)
class Cup(Flow):
    q = choose("More?", {{"y": Option("Yes", to="a"){more}}}{options})
    a = call("tea", to=END{otherwise})
"""


def test_flows_that_only_call_each_other_are_reported_once(look: Look) -> None:
    assert look(CIRCLE.format(more="", options="", otherwise="")) == [
        "4: warning: Tea.b: 'tea' calls 'cup' calls 'tea', and in each flow every path to the"
        " end leads through the next call, so no call returns. Let an option or a step of 'cup'"
        " lead to END."
    ]


@pytest.mark.parametrize(
    "ways",
    [
        {"more": ', "n": Option("No", to=END)', "options": "", "otherwise": ""},
        {"more": "", "options": ', timeout=("1h", END)', "otherwise": ""},
        {"more": "", "options": ", attempts=3, otherwise=HANDOFF", "otherwise": ""},
    ],
)
def test_a_circle_of_calls_with_a_way_out_is_not_reported(look: Look, ways: dict[str, str]) -> None:
    assert look(CIRCLE.format(**ways)) == []


def test_a_flow_that_only_calls_itself_is_reported(look: Look) -> None:
    (found,) = look(
        'class Tea(Flow):\n    start_on = ("tea",)\n'
        '    q = choose("On?", {"y": Option("Yes", to="b")})\n    b = call("tea", to=END)\n'
    )

    assert found.startswith("4: warning: Tea.b: 'tea' calls 'tea', and in each flow every path")


RESULT = """
from dataclasses import dataclass
@dataclass
class Cup:
    count: {kind} = {default}
class Kind(Flow):
    kind = ask("Which?", accept=parse.text(), to=END)
    {returns}
class Tea(Flow):
    start_on = ("tea",)
    data: Cup
    count = call("kind", to=END)
"""


@pytest.mark.parametrize(
    ("kind", "default", "returns", "told"),
    [
        (
            "int",
            "0",
            "def returns(self) -> str: return self.data.kind",
            "returns() of 'kind' (teas/tea.py:9) returns str, and Cup.count takes int. Change the"
            " type of the field, or what 'kind' returns.",
        ),
        (
            "int",
            "0",
            "def returns(self) -> None: ...",
            "returns() of 'kind' (teas/tea.py:9) returns NoneType, and Cup.count takes int.",
        ),
        (
            "int",
            "0",
            "def returns(self): return self.data.kind",
            "returns() of 'kind' (teas/tea.py:9) does not fit the field 'count' of this flow's"
            " data: Expected `int`, got `str`. Annotate the field with the type of the result, or"
            " return another value. The turn failed after",
        ),
        (
            "int",
            "0",
            "",
            "'kind' has no returns(), so its result is a dict of its answers, and Cup.count takes"
            " int.",
        ),
        (
            "int",
            "0",
            "def returns(self): return object()",
            "returns() of 'kind' (teas/tea.py:9) does not fit the field 'count' of this flow's",
        ),
    ],
)
def test_a_result_that_does_not_fit_the_field_of_the_caller_is_reported_at_the_call(
    look: Look, kind: str, default: str, returns: str, told: str
) -> None:
    (found,) = look(RESULT.format(kind=kind, default=default, returns=returns))

    assert found.startswith(f"12: error: Tea.count: {told}")


@pytest.mark.parametrize(
    ("kind", "default", "returns"),
    [
        ("str", "''", "def returns(self) -> str: return self.data.kind"),
        ("str | None", "None", "def returns(self) -> None: ..."),
        ("dict | None", "None", ""),
        ("str", "''", "def returns(self) -> 'Unknown': return self.data.kind"),
        ("str", "''", "def returns(self): return self.data.kind"),
    ],
)
def test_a_result_that_fits_the_field_of_the_caller_is_not_reported(
    look: Look, kind: str, default: str, returns: str
) -> None:
    assert look(RESULT.format(kind=kind, default=default, returns=returns)) == []
