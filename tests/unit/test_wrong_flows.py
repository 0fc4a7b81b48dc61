"""Slips in writing a flow are told where they are, with a way out, when the flow is loaded."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.errors import FlowError
from bot.flow.load import load_flows

Write = Callable[[str], str]

TOP = """from bot import END, Flow, Option, ask, choose, on, parse, step

class Tea(Flow):
"""
ASK = 'a = ask("Which?", accept=parse.text(), to=END'


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes a flow of these lines, and gives what loading it says."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "teas").mkdir()

    def load(lines: str) -> str:
        body = "".join(f"    {line}\n" for line in lines.splitlines())
        (tmp_path / "teas" / "tea.py").write_text(TOP + body)
        with pytest.raises(FlowError) as raised:
            load_flows("teas")
        return str(raised.value)

    yield load
    for name in [each for each in sys.modules if each.partition(".")[0] == "teas"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ('bursts = ("merg", "2s")\n' + ASK + ")", "line 3: bursts is ('merg', '2s')"),
        (ASK + ', remind={"30 min": "Hi"})', "line 4: '30 min' is no duration; write it like"),
        (ASK + ', timeout="24h")', "line 4: timeout is '24h'; it takes a time and a state"),
        ('a = ask("Which?", to=END)', "line 4: TypeError: ask() missing"),
        ("a = ask(5, accept=parse.text(), to=END)", "line 4: 5 can't be said; give a text"),
        ('a = ask("?", accept=int, to=END)', "line 4: int doesn't read answers; take one of"),
        ('a = choose("?", {"x": "X"})', "line 4: Option 'x' is 'X'; it takes Option('X', to=…)"),
        ('a = choose("?", ["x"])', "line 4: The options are ['x']; give a label or an Option"),
        ('a = choose("?", {1: "X"})', "line 4: Option 1: a key is a text; give '1'."),
        ('a = choose("?", lambda data: {})', "Tea.a: the options are a function: declare with to="),
        ('a = choose("?", lambda data: {}, to="b")', "Tea.a: to='b' is no state of this flow."),
        ("@step(to=END)\ndef a(self): ...", "line 4: a() must take the turn: def a(self, turn)."),
        ("@on\ndef a(self, turn): ...", "line 4: @on takes the events that the method handles"),
        ("a = (", "line 4: SyntaxError: "),
        ('interrupt = "aks"\n' + ASK + ")", "Tea.interrupt: it is 'aks'; it takes 'switch', 'ask'"),
        ('unknown_state = "x"\n' + ASK + ")", "Tea.unknown_state: it is 'x'; it takes 'restart'"),
        ('start_on = ("  ",)\n' + ASK + ")", "Tea.start_on: '  ' is no word."),
        ("start_on = (5,)\n" + ASK + ")", "Tea.start_on: 5 is no word."),
        ('start_on = "Stopp"\n' + ASK + ")", "Tea.start_on: 'Stopp' means STOP, which no flow"),
        ('migrate = {1: {"b": "a"}}\n' + ASK + ")", "Tea.migrate: 1 is no version before this"),
        (ASK + ", attempts=-1, otherwise=END)", "Tea.a: attempts is -1; it takes 1 or more."),
        (
            'a = choose("?", {"x": Option("X", to=END)}, stale="jmp")',
            "Tea.a: stale: it is 'jmp'; it takes 'reask', 'accept', 'jump'.",
        ),
        (
            'a = choose("?", {"x": Option("X", END, "ex")})',
            "Tea.a: option 'x': also='ex' is a text; write also=('ex',).",
        ),
        (
            'a = choose("?", {"x": Option("Stop", to=END)})',
            "Tea.a: option 'x' means STOP to whoever types it",
        ),
        (
            ASK + ')\n@on("media")\ndef all(self, turn): ...\n'
            '@on("media", states="a")\ndef some(self, turn): ...',
            "Tea.some: 'all' above takes 'media' first, so this never would.",
        ),
    ],
)
def test_a_slip_is_told_with_its_place(write: Write, lines: str, fault: str) -> None:
    told = write(lines)

    assert told.startswith(f"{Path('teas', 'tea.py')}")
    assert fault in told
