"""Mistakes in a flow are reported with their place and what to do, when the flow is loaded."""

import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import Option, ask, call, choose, on, step
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

    assert told == "teas/tea.py:4: there is no module 'leaves'. Import teas.leaves instead."


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
        ('bursts = ("merg", "2s")\n' + ASK + ")", ":4: Tea.bursts: bursts is ('merg'"),
        (
            ASK + ', remind={"30 min": "Hi"})',
            ":4: remind: '30 min' is not a duration; write it like",
        ),
        (
            ASK + ', remind={"2": "Hi"}, timeout="2h")',
            "remind: '2' is not a duration; write it like 90s, 30m, 24h or 7d. timeout is '2h'; it",
        ),
        (
            'a = call(Flow, to=END, data={"x": 1})',
            "call takes the flow's name: call('address', …). data is {'x': 1}; it takes a function",
        ),
        ('a = ask("?", accept=[parse.text()], to=END)', "accept is a list; give one parser, or a"),
        (ASK + ', timeout="24h")', ":4: timeout is '24h'; it takes a time and a state"),
        ('a = ask("Which?", to=END)', ":4: TypeError: ask() missing"),
        ("a = ask(5, accept=parse.text(), to=END)", ":4: 5 is not a message; give a text"),
        (
            'a = ask("?", accept=int, to=END)',
            ":4: int doesn't read answers. Use a parser of bot.parse: parse.integer().",
        ),
        ('a = choose("?", {"x": "X"})', ":4: Option 'x' is 'X'; it takes Option('X', to=…)"),
        ('a = choose("?", ["x"])', ":4: The options are ['x']; give a dict of keys and labels"),
        ('a = choose("?", {1: "X"})', ":4: Option 1: a key must be a text; give '1'."),
        (
            'a = choose("?", lambda data: {})',
            "Tea.a: the options are a function: declare every state",
        ),
        ('a = choose("?", lambda data: {}, to="b")', "Tea.a: to='b' is not a state of this flow."),
        ('a = choose("?", {"x": Option(5, END)})', ":4: Option 'x': 5 is not a text; give '5'."),
        (
            'a = choose("?", {"x": Option(("X", END), END)})',
            ":4: Option 'x': ('X', 'end') is not a text; give 'X'.",
        ),
        (
            'a = choose("?", {"x": ("Three", END)})',
            ":4: Option 'x' is ('Three', 'end'); it takes Option('Three', to=END).",
        ),
        (
            'a = choose("?", {"x": ["Three", "3", "b"]})',
            ":4: Option 'x' is ['Three', '3', 'b']; it takes Option('Three', to='b').",
        ),
        (
            'a = choose("?", {"x": {"label": "Three", "to": "b"}})',
            ":4: Option 'x' is {'label': 'Three', 'to': 'b'}; it takes Option('Three', to='b').",
        ),
        ('a = choose("?", {"x": None})', ":4: Option 'x' is None; it takes Option('…', to=…)."),
        ('a = choose("?", {"x": 3})', ":4: Option 'x' is 3; it takes Option('3', to=…)."),
        (ASK + ', remind=["1h"])', ":4: remind is ['1h']; it maps times to messages"),
        (ASK + ', remind={60: "Hi"})', ":4: remind: 60 is not a duration; write it as a text like"),
        (
            ASK + ", timeout=(60, END))",
            ":4: timeout: 60 is not a duration; write it as a text like",
        ),
        ('a = ask("?", accept=parse.number(), to=END)', "no attribute 'number'. It has Answer, "),
        ("from bot import Section", ":4: ImportError: cannot import name 'Section' from 'bot'"),
        ("from bot import Section", ". It is in bot.messages: from bot.messages import Section"),
        ("from bot import Carrousel", ". Did you mean Carousel?"),
        (
            "async def q(d): ...\na = ask(q, accept=parse.text(), to=END)",
            "q() is async; only a function that returns options",
        ),
        (
            "a = ask(lambda self, turn: 1, accept=parse.text(), to=END)",
            "must take only the flow's data",
        ),
        ('a = choose("?", lambda: {}, to=END)', "<lambda>() must take the flow's data: lambda"),
        (
            'version = "2"\n' + ASK + ")",
            "Tea.version: the version is '2'; it must be a whole number from 1.",
        ),
        (
            'a = ask("Hi", accept=parse.text(), to="b")\nb = choose("So {a}?", {"y": "Y"}, to=END)',
            "Tea.b: {a} isn't replaced in a plain text; give a function: lambda data:",
        ),
        (
            "@step\ndef a(self, turn): ...",
            ":4: @step names no state. Write the states that the step may lead to:",
        ),
        (
            "@step()\ndef a(self, turn): ...",
            ":4: @step names no state. Write the states that the step may lead to:",
        ),
        ("@step(to=END)\ndef a(self): ...", ":4: a() must take the turn: def a(self, turn)."),
        ("@on\ndef a(self, turn): ...", ":4: @on names no event. Write the events"),
        ("a = (", ":4: SyntaxError: "),
        (
            'interrupt = "aks"\n' + ASK + ")",
            "Tea.interrupt: the value is 'aks'; it must be one of 'switch'",
        ),
        (
            'purpose = "ads"\n' + ASK + ")",
            "Tea.purpose: the value is 'ads'; it must be one of 'mark",
        ),
        (
            'unknown_state = "x"\n' + ASK + ")",
            "Tea.unknown_state: the value is 'x'; it must be one of",
        ),
        ('start_on = ("  ",)\n' + ASK + ")", "Tea.start_on: '  ' is not a word."),
        ("start_on = (5,)\n" + ASK + ")", "Tea.start_on: 5 is not a word."),
        ('start_on = "Stopp"\n' + ASK + ")", "Tea.start_on: 'Stopp' means STOP: it opts"),
        ('migrate = {1: {"b": "a"}}\n' + ASK + ")", "Tea.migrate: 1 is not lower than"),
        ('migrate = {0: {"": "a"}}\n' + ASK + ")", "Tea.migrate: the version 0 never existed"),
        (ASK + ", attempts=-1, otherwise=END)", "Tea.a: attempts is -1; it takes 1 or more."),
        (
            'a = choose("?", {"x": Option("X", to=END)}, stale="jmp")',
            "Tea.a: stale: the value is 'jmp'; it must be one of 'reask', 'accept', 'jump'.",
        ),
        (
            'a = choose("?", {"x": Option("X", END, "ex")})',
            "Tea.a: option 'x': synonyms='ex' is a text; write synonyms=('ex',).",
        ),
        (
            'a = choose("?", {"x": Option("Stop", to=END)})',
            "Tea.a: option 'x' means STOP: a contact who types it is opted out.",
        ),
        (ASK + ', attempts="3", otherwise=END)', ":4: attempts is '3'; it takes a whole number:"),
        (ASK + ", attempts=3, otherwise=True)", ":4: otherwise is True; it takes the name of a st"),
        (ASK + ', secret="yes")', ":4: secret is 'yes'; it takes True or False."),
        (ASK + ", label=5)", ":4: label is 5; it takes a text: label='size'."),
        (
            'a = ask("?", accept=parse.text(), to=("b", END))',
            ":4: to is ('b', 'end'); it takes the",
        ),
        ('a = call("tea", to=5)', ":4: to is 5; it takes the name of one state"),
        ('a = choose("?", {"x": "X"}, to=5)', ":4: to is 5; it takes the name of a state, or a"),
        ('a = choose("?", {"x": Option("X", to=["a"])})', ":4: Option 'x': to is ['a']; it takes"),
        ('a = choose("?", {"x": Option("X", END, 5)})', ":4: Option 'x': synonyms is 5; it takes"),
        ("@step(to=5)\ndef a(self, turn): ...", ":4: to is 5; it takes the name of a state, or"),
        ("@on(5)\ndef a(self, turn): ...", ":4: @on takes names of events, and 5 is not a text."),
        (
            '@on(["paid", "sent"])\ndef a(self, turn): ...',
            ":4: @on takes names of events, and ['paid', 'sent'] is not a text. Write @on('paid',"
            " 'sent').",
        ),
        (
            ASK + ")\n@on(a)\ndef b(self, turn): ...",
            ":5: @on takes names of events, and a state is not a text. Write @on('order_shipped').",
        ),
        (
            '@step(to=END)\ndef a(self, turn):\n    yield "Hello"\n    return END',
            ":4: a() has a `yield`, so calling it runs nothing. Send messages by turn.say(…), and"
            " return the result.",
        ),
        (
            "@step(to=END)\nasync def a(self, turn):\n    yield END",
            ":4: a() has a `yield`, so calling it runs nothing.",
        ),
        (
            '@step(to=END)\nasync def a(self, turn):\n    yield "Hello"\n    return END',
            ":7: SyntaxError: 'return' with value in async generator. A function with a `yield`"
            " returns no value. Send messages by turn.say(…), and remove the `yield`.",
        ),
        (
            ASK + ')\n@on("paid")\ndef b(self, turn):\n    yield "Hello"',
            ":5: b() has a `yield`, so calling it runs nothing.",
        ),
        (
            'def b(data):\n    yield "x"\na = choose("?", b, to=END)',
            ":6: b() has a `yield`, so calling it runs nothing. Return a dict of the options",
        ),
        (
            'def b(data):\n    yield "x"\na = ask(b, accept=parse.text(), to=END)',
            ":6: b() has a `yield`, so calling it runs nothing. Return the value instead.",
        ),
        (
            'def b(answer):\n    yield "x"\na = ask("?", accept=b, to=END)',
            ":6: Tea.b() has a `yield`, so calling it runs nothing. Return the value.",
        ),
        (
            'data = {"size": 1}\n' + ASK + ")",
            ":4: Tea.data: this value is never read, because `data` only declares the type of the"
            " flow's data. Declare the fields with defaults in a dataclass, such as TeaData. Then"
            " write `data: TeaData`, with a colon.",
        ),
        (
            "data = Flow\n" + ASK + ")",
            ":4: Tea.data: write `data: Flow`, with a colon, because Flow is the type of the"
            " flow's data.",
        ),
        (
            "data: dict\n" + ASK + ")",
            ":4: Tea.data: dict has no attributes, and flows read their data as self.data.size."
            " Declare the fields in a dataclass with defaults, or leave the annotation out.",
        ),
        (
            "data: dict[str, str] = {}\n" + ASK + ")",
            ":4: Tea.data: dict[str, str] has no attributes, and flows read their data",
        ),
        (
            "class Own: ...\ndata: Own\n" + ASK + ")",
            ":5: Tea.data: Own is a plain class. Write @dataclass above class Own.",
        ),
        (
            "from dataclasses import dataclass\n@dataclass\nclass Own:\n    a: str = ''\n"
            "data: Own = Own('x')\n" + ASK + ")",
            ":8: Tea.data: this value is never read. Write the defaults in the type of the"
            " flow's data.",
        ),
        (
            "from dataclasses import dataclass\n@dataclass\nclass Own:\n    a: str = ''\n"
            "    b: int\n",
            ":5: TypeError: non-default argument 'b' follows default argument. Give 'b' a default,"
            " such as b: str = '', or put 'b' before the fields that have a default.",
        ),
        (
            "from bot import ContactData\nclass Own(ContactData):\n    a: str = ''\n    b: int\n",
            ":5: TypeError: Required field 'b' cannot follow optional fields. Give 'b' a default,"
            " such as b: str = '', because all fields of ContactData need a default.",
        ),
        (
            "from bot import Card\na = choose(Card('?',\n    titel='x'), {})",
            ":5: TypeError: Unexpected keyword argument 'titel'. Card has no 'titel'. Did you mean"
            " 'title'?",
        ),
        (
            "from bot import Location\na = Location(1, 2, zzz='x')",
            ":5: TypeError: Unexpected keyword argument 'zzz'. Location has no 'zzz'. It has",
        ),
        (
            'a = ask("?", accept=parse.text(), to=b)\nb = ask("?", accept=parse.text(), to=END)',
            ":4: NameError: name 'b' is not defined. It is defined below this line. Write a"
            " state's name as a text: 'b'.",
        ),
        (
            "a = Location(1, 2)",
            ":4: NameError: name 'Location' is not defined. Import it: from bot import Location",
        ),
        ("a = pars.text()", ":4: NameError: name 'pars' is not defined. Did you mean 'parse'?"),
        (
            "from teas.te import HOURS",
            ":4: there is no module 'teas.te'. Did you mean teas.tea? teas has tea.",
        ),
        (
            "import jsn",
            ":4: it imports 'jsn', which isn't installed. Did you mean 'json'? Install its package"
            " in the environment of the bot, or correct the name.",
        ),
        (
            "a = (3]",
            ":4: SyntaxError: closing parenthesis ']' does not match opening parenthesis '('. Write"
            " ')' instead of ']', or correct the '('.",
        ),
        (
            "a = \u201dx\u201d",
            ":4: SyntaxError: invalid character '\u201d' (U+201D). Write straight quotes (\")"
            " instead.",
        ),
        (
            "a = 3 \u2013 4",
            ":4: SyntaxError: invalid character '\u2013' (U+2013). Write a hyphen (-) instead.",
        ),
        (
            "a = 1\n b = 2",
            ":5: IndentationError: unexpected indent. Indent the line like the other lines of its"
            " block.",
        ),
        (
            "if 1:\n    a = 1\n  b = 2",
            ":6: IndentationError: unindent does not match any outer indentation level. Indent with"
            " spaces only, and indent all lines of a block by the same number of spaces.",
        ),
        ('@on("paid", states=5)\ndef a(self, turn): ...', ":4: states is 5; it takes the name"),
        (
            'a = choose("?", {"": Option("X", to=END)})',
            ":4: Tea.a: an option has an empty key, ''. Write another key, because the key is"
            " stored as the answer.",
        ),
        (
            'name = "My Flow/1"\n' + ASK + ")",
            ":4: Tea.name: the name is 'My Flow/1'; it takes letters, digits, '_', '-' and '.',"
            " such as 'my_flow_1'.",
        ),
        (
            'start_on_events = ("message",)\n' + ASK + ")",
            ":4: Tea.start_on_events: 'message' starts no flow. Name the words in start_on, or",
        ),
        (
            ASK + ')\n@on("paid")\ndef paid(self, turn, data): ...',
            ":6: Tea.paid: the data of an event is turn.event_data, not a parameter. Write"
            " def paid(self, turn).",
        ),
        (
            "from bot import Hours\nopen = Hours('Mon 8:00-9:00', 'UTC')",
            "takes 2 positional arguments but 3 were given. Write the other values by name:"
            " Hours(…, zone=…).",
        ),
        (
            "from bot import Hours\nopen = Hours('Mon 8:00-9:00', zone='UTC', closed='2026-01-06')",
            ":5: Hours('Mon 8:00-9:00'): closed is '2026-01-06'; it takes [date(…), …].",
        ),
        (
            "from bot import ContactData\nclass C(ContactData):\n    a: int = 0\n    n: int",
            "Give 'n' a default, such as n: str = '', because all fields of ContactData need a"
            " default.",
        ),
        (ASK + ', timeout=(END, "24h"))', "is ('end', '24h'); the time comes first: ('24h', END)."),
        (
            ASK + ', remind={"30m": "Hi", "1800s": "Hey"})',
            ":4: remind: '30m' and '1800s' are the same time. Choose one message.",
        ),
        (
            ASK + ', remind={"30m": " "})',
            ":4: Tea.a: the reminder after 30m is an empty text. Write what to say.",
        ),
        (
            '@step(to="b")\ndef a(self, turn):\n    return "b"\n'
            'b = ask("?", accept=parse.text(), to=END)\n'
            '@on("paid", states=("a", "b"))\ndef paid(self, turn): ...',
            ":9: Tea.paid: states='a' is a step, and no event can arrive during a step, because"
            " steps do not wait. Name a question or a call.",
        ),
        (ASK + ', timeout=("1h", ["a"]))', "its second part is the name of a state: ('24h', END)"),
        (
            "start_on = 5\n" + ASK + ")",
            ":4: Tea.start_on: the value is 5; it must be a tuple of words",
        ),
        (
            "entry_points = (5,)\n" + ASK + ")",
            ":4: Tea.entry_points: 5 is not a text; entry_points",
        ),
        (
            'fallback = "no"\n' + ASK + ")",
            ":4: Tea.fallback: the value is 'no'; it must be True or False.",
        ),
        ('max_age = "12 hours"\n' + ASK + ")", ":4: Tea.max_age: '12 hours' is not a duration"),
        (
            'migrate = {1: {"b": ["a"]}}\nversion = 2\n' + ASK + ")",
            ":4: Tea.migrate: the value is {1:",
        ),
        (
            ASK + ")\nasync def returns(self):\n    return 1",
            "Tea.returns: this method must not be async. Do the asynchronous work in a step before"
            " END",
        ),
        (
            ASK + ")\ndef returns(self, turn):\n    return 1",
            "Tea.returns: this method must have no parameter but self: def returns(self).",
        ),
        ('migrate = {"1": {"b": "a"}}\nversion = 2\n' + ASK + ")", "write 1, not '1'."),
        (
            "migrate = {1: lambda data: data}\nversion = 2\n" + ASK + ")",
            "the function of version 1, <lambda>(), must take a state and the data",
        ),
        (
            ASK + ')\n@on("media")\ndef all(self, turn): ...\n'
            '@on("media", states="a")\ndef some(self, turn): ...',
            "Tea.some: 'all' above handles 'media' first, so this method is never called.",
        ),
    ],
)
def test_a_slip_is_told_with_its_place(write: Write, lines: str, fault: str) -> None:
    told = write(lines)

    assert told.startswith(f"{Path('teas', 'tea.py')}")
    assert fault in told


KEY = """\
from dataclasses import dataclass
from bot import END, Flow, ask, parse

@dataclass
class Outage:
    outage: str = ""
    a: str = ""

class Tea(Flow):
    data: Outage
    key = "outgae"
    a = ask("?", accept=parse.text(), to=END)
"""


def test_a_key_that_is_no_field_of_the_data_is_reported(write: Write, tmp_path: Path) -> None:
    (tmp_path / "teas" / "outage.py").write_text(KEY)

    told = write(ASK + ", label=5)")

    assert (
        "outage.py:11: Tea.key: 'outgae' is not a field of Outage. The fields are outage, a."
        " Did you mean 'outage'?"
    ) in told


VALUES: tuple[str, ...] = (
    "5",
    "-1",
    "True",
    "None",
    "'x'",
    "['x']",
    "('x',)",
    "{}",
    "{'x': 'y'}",
    "{1: [2]}",
)
VALUES += ("object()", "lambda: 1", "lambda data: data", "END", "Flow", "print", "b'x'", "1.5")
CALLS: dict[str, Callable[..., Any]] = {
    "ask('?', accept=parse.text(), to=END, {})": ask,
    "choose('?', {{'x': Option('X', to=END)}}, {})": choose,
    "call('tea', to=END, {})": call,
    "choose('?', {{'x': Option('X', to=END, {})}})": Option,
    "step(to=END, {})(lambda self, turn: 'end')": step,
    "on('paid', {})(lambda self, turn: 'end')": on,
}


def _wrong_calls() -> Iterator[str]:
    """Yield lines of a flow with each argument of each function, and each value for it."""
    for form, function in CALLS.items():
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.POSITIONAL_ONLY):
                continue
            for value in VALUES:
                yield _call(form, function.__name__, parameter.name, value)
    for name in ("name", "version", "start_on", "start_on_events", "entry_points", "key", "bursts"):
        for value in VALUES:
            yield f"{name} = {value}\n{ASK})"
    for name in ("fallback", "migrate", "unknown_state", "interrupt", "outside_window", "purpose"):
        for value in VALUES:
            yield f"{name} = {value}\n{ASK})"
    for value in VALUES:
        yield f"max_age = {value}\n{ASK})"
        yield f"@on({value})\ndef a(self, turn): ...\n{ASK})"


def _call(form: str, function: str, name: str, value: str) -> str:
    """Return a line that calls a function with a value for one of its arguments."""
    tree = ast.parse("a = " + form.format("**{}"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == function:
            node.keywords = [each for each in node.keywords if each.arg not in (None, name)]
            place = {"question": 0, "flow": 0, "label": 0, "options": 1}.get(name)
            made = ast.parse(value).body[0].value  # type: ignore[attr-defined]
            if place is not None and place < len(node.args):
                node.args[place] = made
            else:
                node.keywords.append(ast.keyword(name, made))
    return ast.unparse(tree)


def test_a_wrong_type_of_any_argument_is_an_error_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = []
    for number, lines in enumerate(_wrong_calls()):
        folder = tmp_path / f"teas{number}"
        folder.mkdir()
        body = "".join(f"    {line}\n" for line in lines.splitlines())
        (folder / "tea.py").write_text(TOP + body)
        try:
            load_flows(folder.name)
        except FlowError as error:
            told += [f"{lines}: {line}" for line in str(error).splitlines() if ".py:" not in line]
            told += [f"{lines}: {error}"] if "Error: " in str(error) else []
        except Exception as error:
            told.append(f"{lines}: {error!r}")
        finally:
            for name in [each for each in sys.modules if each.partition(".")[0] == folder.name]:
                del sys.modules[name]

    assert told == []


def test_attempts_of_zero_are_the_only_error(write: Write) -> None:
    told = write(ASK + ", attempts=0, otherwise=END)")

    assert told == "teas/tea.py:4: Tea.a: attempts is 0; it takes 1 or more."
