"""Mistakes in a flow are reported with their place and what to do, when the flow is loaded."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.errors import FlowError
from bot.flow.load import load_flows

Write = Callable[[str], str]

TOP = """from bot import END, Flow, Option, ask, call, choose, on, parse, step

class Tea(Flow):
"""
ASK = 'a = ask("Which?", accept=parse.text(), to=END'


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes a flow with these lines, and returns the error of loading it."""
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


def test_a_module_beside_it_is_imported_by_its_whole_name(write, tmp_path):
    (tmp_path / "teas" / "leaves.py").write_text("")

    told = write("import leaves")

    assert told == "teas/tea.py:4: there is no 'leaves' to import; it is teas.leaves."


def test_there_is_one_subclass_of_words(write, tmp_path):
    (tmp_path / "teas" / "words.py").write_text(
        "from bot.flow.keywords import Keywords\nclass A(Keywords): ...\nclass B(Keywords): ...\n"
    )

    told = write(ASK + ")")

    assert told.startswith("There are 2 subclasses of Keywords in the flows' modules: A (")
    assert "teas/words.py:2" in told


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ('bursts = ("merg", "2s")\n' + ASK + ")", ":3: bursts is ('merg', '2s')"),
        (ASK + ', remind={"30 min": "Hi"})', ":4: remind: '30 min' is no duration; write it like"),
        (
            ASK + ', remind={"2": "Hi"}, timeout="2h")',
            "remind: '2' is no duration; write it like 90s, 30m, 24h or 7d. timeout is '2h'; it",
        ),
        (
            'a = call(Flow, to=END, data={"x": 1})',
            "call takes the flow's name: call('address', …). data is {'x': 1}; it takes a function",
        ),
        ('a = ask("?", accept=[parse.text()], to=END)', "accept is a list; give one parser, or a"),
        (ASK + ', timeout="24h")', ":4: timeout is '24h'; it takes a time and a state"),
        ('a = ask("Which?", to=END)', ":4: TypeError: ask() missing"),
        ("a = ask(5, accept=parse.text(), to=END)", ":4: 5 can't be said; give a text"),
        ('a = ask("?", accept=int, to=END)', ":4: int doesn't read answers; take one of"),
        ('a = choose("?", {"x": "X"})', ":4: Option 'x' is 'X'; it takes Option('X', to=…)"),
        ('a = choose("?", ["x"])', ":4: The options are ['x']; give a label or an Option"),
        ('a = choose("?", {1: "X"})', ":4: Option 1: a key is a text; give '1'."),
        ('a = choose("?", lambda data: {})', "Tea.a: the options are a function: declare with to="),
        ('a = choose("?", lambda data: {}, to="b")', "Tea.a: to='b' is no state of this flow."),
        ('a = choose("?", {"x": Option(5, END)})', ":4: Option 'x': 5 is no text; give '5'."),
        (ASK + ', remind=["1h"])', ":4: remind is ['1h']; it maps times to messages"),
        (ASK + ', remind={60: "Hi"})', ":4: remind: 60 is no duration; write it as a text like"),
        (ASK + ", timeout=(60, END))", ":4: timeout: 60 is no duration; write it as a text like"),
        ('a = ask("?", accept=parse.email(), to=END)', ":4: This is a parser already; write"),
        ('a = ask("?", accept=parse.number(), to=END)', "no attribute 'number'. It has Answer, "),
        ("from bot import Section", ":4: ImportError: cannot import name 'Section' from 'bot'"),
        ("from bot import Section", ". It is in bot.messages: from bot.messages import Section"),
        ("from bot import Carrousel", ". Did you mean Carousel?"),
        (
            "async def q(d): ...\na = ask(q, accept=parse.text(), to=END)",
            "q() is async; only a function that returns options",
        ),
        ("a = ask(lambda self, turn: 1, accept=parse.text(), to=END)", "must take the flow's data"),
        ('a = choose("?", lambda: {}, to=END)', "<lambda>() must take the flow's data: lambda"),
        (
            'version = "2"\n' + ASK + ")",
            "Tea.version: it is '2'; it takes a whole number from 1 on.",
        ),
        (
            'a = ask("Hi", accept=parse.text(), to="b")\nb = choose("So {a}?", {"y": "Y"}, to=END)',
            "Tea.b: {a} isn't replaced in a plain text; give a function: lambda data:",
        ),
        ("@step\ndef a(self, turn): ...", ":4: A step says where it may lead: @step(to="),
        ("@step()\ndef a(self, turn): ...", ":4: A step says where it may lead: @step(to="),
        ("@step(to=END)\ndef a(self): ...", ":4: a() must take the turn: def a(self, turn)."),
        ("@on\ndef a(self, turn): ...", ":4: @on takes the events that the method handles"),
        ("a = (", ":4: SyntaxError: "),
        ('interrupt = "aks"\n' + ASK + ")", "Tea.interrupt: it is 'aks'; it takes 'switch', 'ask'"),
        ('purpose = "ads"\n' + ASK + ")", "Tea.purpose: it is 'ads'; it takes 'marketing', 'not"),
        ('unknown_state = "x"\n' + ASK + ")", "Tea.unknown_state: it is 'x'; it takes 'restart'"),
        ('start_on = ("  ",)\n' + ASK + ")", "Tea.start_on: '  ' is no word."),
        ("start_on = (5,)\n" + ASK + ")", "Tea.start_on: 5 is no word."),
        ('start_on = "Stopp"\n' + ASK + ")", "Tea.start_on: 'Stopp' means STOP: it opts"),
        ('migrate = {1: {"b": "a"}}\n' + ASK + ")", "Tea.migrate: 1 is no version before this"),
        (ASK + ", attempts=-1, otherwise=END)", "Tea.a: attempts is -1; it takes 1 or more."),
        (
            'a = choose("?", {"x": Option("X", to=END)}, stale="jmp")',
            "Tea.a: stale: it is 'jmp'; it takes 'reask', 'accept', 'jump'.",
        ),
        (
            'a = choose("?", {"x": Option("X", END, "ex")})',
            "Tea.a: option 'x': synonyms='ex' is a text; write synonyms=('ex',).",
        ),
        (
            'a = choose("?", {"x": Option("Stop", to=END)})',
            "Tea.a: option 'x' means STOP if it is typed",
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
