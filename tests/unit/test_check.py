"""Findings of `bot check` about mistakes that Python accepts: place, mark and what to do."""

import json
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from bot.tooling.check.findings import count
from bot.tooling.check.run import Report, check
from bot.tooling.check.time_limit import TooSlow, limited
from bot.tooling.preview import CHANNELS

Look = Callable[..., Report]

TOP = """\
from bot import END, HANDOFF, Flow, Hooks, Keywords, Option, Text, Turn, _
from bot import ask, call, choose, keyword, on, parse, step


"""
TEA = """\
class Tea(Flow):
    start_on = ("tea",)

"""


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Look]:
    """Writes a module of flows, and reports what is found in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(text: str, name: str = "teas/tea.py", *, top: bool = True) -> Report:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text((TOP if top else "") + dedent(text))
        forget()
        return check("teas", CHANNELS)

    yield write
    forget()


def forget() -> None:
    for name in [each for each in sys.modules if each.partition(".")[0] == "teas"]:
        del sys.modules[name]


def shown(report: Report) -> str:
    return "\n".join(line for each in report.found for line in each.lines())


def tea(body: str) -> str:
    return TEA + "".join(f"    {line}\n" if line else "\n" for line in dedent(body).splitlines())


ASKS = 'class Tea(Flow):\n    a = ask("?", accept=parse.text(), to=END)\n'
DATA = """\
from dataclasses import dataclass
from typing import Literal
@dataclass
class Outage:
    area: str = ""
    a: str = ""
class Tea(Flow):
    data: Outage
"""

OWN = """\
class Tea(Flow):
    @step(to=END)
    async def a(self, turn: Turn) -> str:
        if {}:
            return END
        return END

    {}def is_newer(self, turn):
        return turn.text == "x"
"""

STEP = """
@step(to=("b", END))
def a(self, turn):
    if turn.text:
        {}
    return END

b = ask("?", accept=parse.text(), to=END)
"""


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('a: ask("?", accept=parse.text(), to=END)', "8: Tea.a: the state has a `:`"),
        ('a = ask("?", accept=parse.text(), to=END),', "8: Tea.a: this is a tuple with a state"),
        ('starts_on = "x"\na = ask("?", accept=parse.text(), to=END)', "Did you mean 'start_on'?"),
        ('start_words = "x"\na = ask("?", accept=parse.text(), to=END)', "mean 'start_on'?"),
        (
            'timeout = ("1h", END)\na = ask("?", accept=parse.text(), to=END)',
            "Give it to a question",
        ),
        ('cart = []\na = ask("?", accept=parse.text(), to=END)', "8: Tea.cart: all contacts share"),
        (
            'a = ask("?", accept=parse.text(), to="a")\n@step(to=END)\ndef a(self, turn):\n'
            "    return END",
            "10: Tea.a is defined in line 8 already, and is replaced here.",
        ),
        (STEP.format("self.total = 5"), "12: Tea.a: self.total is lost after this turn."),
        (
            'def __init__(self, *a):\n    pass\na = ask("?", accept=parse.text(), to=END)',
            "8: Tea.__init__: each turn creates a new flow object",
        ),
        (STEP.format("return 'c'"), "12: Tea.a returns 'c'; its `to` declares 'b', END."),
        (STEP.format("return"), "12: Tea.a returns no state. Return 'b' or END."),
        (STEP.format("return turn.say('x')"), "12: Tea.a returns no state."),
        (STEP.format("pass").replace("    return END\n", ""), "10: Tea.a can end without a state."),
        (
            '@on("paid")\ndef paid(self, turn):\n    return "a"\n'
            'a = ask("?", accept=parse.text(), to=END)',
            "10: Tea.paid returns 'a', but its @on has no `to`. Write to='a' in the @on.",
        ),
        (
            '@on("delivred")\ndef d(self, turn): ...\na = ask("?", accept=parse.text(), to=END)',
            "8: warning: Tea: the event 'delivred' comes only if a program sends it."
            " Did you mean 'delivered'?",
        ),
        (
            '@on("message")\ndef d(self, turn): ...\na = ask("?", accept=parse.text(), to=END)',
            "8: warning: Tea: the event 'message' comes only if a program sends it. For texts"
            " that nothing else understands, write fallback = True",
        ),
        (
            STEP.format('turn.schedule("ripe", turn.now)'),
            "12: no flow handles the event 'ripe'. Write @on('ripe') in a flow",
        ),
        (
            STEP.format('turn.say("x", channel_priority_order=["SMSS"])'),
            "12: unknown channel 'SMSS'. Did you mean 'SMS'?",
        ),
        (
            STEP.format('turn.say(Text("x").on("WHATSUP", "y"))'),
            "12: unknown channel 'WHATSUP'. Did you mean 'WHATSAPP'?",
        ),
        (STEP.format('turn.say("x", ttl=5)'), "12: Tea.a: turn.say takes no 'ttl'."),
        (STEP.format('turn.say("x", chanel_properties={})'), "Did you mean 'channel_properties'?"),
        (STEP.format('turn.say(_(f"Hi {turn.text}"))'), "12: the text in _() is computed"),
        (STEP.format('turn.say(_("Hi " + turn.text))'), "12: the text in _() is computed"),
        (STEP.format('turn.say(_("Hi {who}", whom=1))'), "12: {who} in the text has no value."),
        (
            STEP.format('turn.say(_("At {at:ful}", at=turn.now))'),
            "12: {at:ful} has an unknown format 'ful'. Did you mean 'full'? A date or time takes",
        ),
        (
            STEP.format(
                "from bot import ngettext\n"
                '        turn.say(ngettext("{at:long}", "{n} at {at:lang}", 2, at=turn.now))'
            ),
            "13: {at:lang} has an unknown format 'lang'. Did you mean 'long'?",
        ),
        (STEP.format('turn.say(_("Hi {n}").format(n=1))'), "12: warning: give the values to _()"),
        (STEP.format('turn.say(_("Hi ") + _("you"))'), "warning: one sentence is composed"),
        (
            'a = ask("?", accept=parse.text(), to=END, remind={"1h": lambda data: "?"})',
            "8: Tea.a: remind: ",
        ),
        (STEP.format("time.sleep(1)"), "12: Tea.a: time.sleep() blocks all contacts"),
        (
            'a = ask("?", accept=(parse.text(), parse.date()), to=END)',
            "8: Tea: parse.text() takes any text, so the parsers after it are never tried.",
        ),
        (
            'a = choose("?", {"x": Option("2", to=END), "y": Option("Y", to=END)})',
            "8: warning: Tea.a: '2' is the label of 'x', but also the number of 'y' in the list.",
        ),
        (
            'migrate = {"b": "a"}\na = ask("?", accept=parse.text(), to=END)',
            "8: Tea.migrate: the keys are versions, not states",
        ),
        ("a = call(Flow, to=END)", "8: call takes the flow's name"),
        ('a = call("tea", to=END, data={"x": 1})', "it takes a function: data=lambda data:"),
        (
            'a = ask("?", to=END)',
            "Give the question a parser: accept=parse.text() accepts any text.",
        ),
        ('a = choose("?", {"x": Option("X", too=END)})', "Did you mean 'to'?"),
        ('a = ask("?", accept=parse.text(), to="b")\ndef b(self, turn): ...', "write @step(to=…)"),
        ('a = ask("?", accept=parse.text(), to="ned")', "Did you mean 'end'?"),
        (
            '@keyword("price")\ndef price(self, turn): ...\n'
            'a = ask("?", accept=parse.text(), to=END)',
            "9: Tea.price: @keyword works only in a subclass of Keywords.",
        ),
    ],
)
def test_a_mistake_is_reported_with_place_and_way_out(look: Look, body: str, told: str) -> None:
    assert told in shown(look(tea(body)))


@pytest.mark.parametrize(
    ("module", "told"),
    [
        (
            'class Tea:\n    a = ask("?", accept=parse.text(), to=END)\n',
            "teas/tea.py:5: Tea has states, but is no flow. Write class Tea(Flow).",
        ),
        (
            'class Tea(Flow):\n    a = ask("?", accept=parse.text(), to=END)\n' * 2,
            "7: class Tea is defined in line 5 already, and is replaced here.",
        ),
        (
            'class Tea(Flow):\n    start_on = "tea"\n    c = call("cup", to=END)\n'
            'class Cup(Flow):\n    c = call("tea", to=END)\n',
            "tea/c → cup/c → tea/c is a circle and never asks anything.",
        ),
        (
            'class Tea(Flow):\n    start_on = "tea"\n    @step(to="b")\n    def a(self, turn):\n'
            '        return "b"\n    @step(to=("a", END))\n    def b(self, turn):\n'
            '        return "a"\n',
            "8: Tea.a: tea/a → tea/b → tea/a is a circle and never asks anything.",
        ),
        (
            'class Ours(Keywords):\n    @keyword("abort", only=True)\n'
            "    def cancel(self, turn): ...\n" + ASKS,
            "teas/tea.py:5: warning: Ours: the reply to help names 'cancel', but no keyword handles"
            " the word. Add the word to a method's @keyword, or override help.",
        ),
        (
            'class Ours(Keywords):\n    @keyword("abort", only=True)\n'
            "    def cancel(self, turn): ...\n"
            '    @keyword("help")\n    def help(self, turn):\n'
            '        turn.say("Say quit or abort.")\n' + ASKS,
            "10: warning: Ours: the reply to help names 'quit', but no keyword handles the word.",
        ),
        (
            'class Ours(Keywords):\n    @keyword("price")\n    def price(self, turn):\n'
            '        return "teaa"\n'
            'class Tea(Flow):\n    a = ask("?", accept=parse.text(), to=END)\n',
            "8: Ours.price: there is no flow 'teaa'. Did you mean 'tea'?",
        ),
        (
            'class Tea(Flow):\n    start_on = r"order \\d+"\n'
            '    a = ask("?", accept=parse.text(), to=END)\n',
            "6: warning: Tea.start_on: 'order \\\\d+' looks like a pattern",
        ),
        (
            "def number(answer: parse.Answer) -> int:\n    return int(answer.text)\n"
            'class Tea(Flow):\n    a = ask("?", accept=number, to=END)\n',
            "6: number() of Tea.a raised ValueError for the answer 'qwx zzq'",
        ),
        (
            "def number(answer):\n    return None\n"
            'class Tea(Flow):\n    a = ask("?", accept=number, to=END)\n',
            "5: number() of Tea.a returns None for the answer 'qwx zzq', and None is stored",
        ),
        (
            "def number(answer: parse.Answer) -> int | None:\n    return 5\n"
            'class Tea(Flow):\n    a = ask("?", accept=number, to=END)\n',
            "5: warning: number() of Tea.a may return None, which would be stored as the answer.",
        ),
        (
            'class Tea(Flow):\n    start_on = "help"\n'
            '    a = ask("?", accept=parse.text(), to=END)\n',
            "6: warning: Tea.start_on: 'help' is also a global keyword",
        ),
        (
            "async def fetch() -> str:\n    return 'x'\n"
            'class Tea(Flow):\n    start_on = "tea"\n    @step(to=END)\n'
            "    async def a(self, turn):\n        turn.say(fetch())\n        return END\n",
            "11: Tea.a: fetch() is not awaited, so it does nothing. Write await before the call.",
        ),
        (
            "async def fetch() -> str:\n    return 'x'\n"
            'class Tea(Flow):\n    start_on = "tea"\n    @step(to=END)\n'
            "    async def a(self, turn):\n        turn.say(f'{fetch()}')\n        return END\n",
            "11: Tea.a: fetch() is not awaited, so it does nothing.",
        ),
        (
            "async def fetch(x) -> str:\n    return 'x'\n"
            'class Tea(Flow):\n    start_on = "tea"\n    @step(to=END)\n'
            "    async def a(self, turn):\n        x = await turn.once(fetch(3))\n"
            "        return END\n",
            "11: Tea.a: turn.once takes the function and its arguments, not the result of a call."
            " Write turn.once(fetch, 3).",
        ),
        (
            'class Tea(Flow):\n    start_on = "tea"\n    @step(to="b")\n'
            "    def a(self, turn):\n        data = {'x': 1}\n        self.data = data\n"
            '        return "b"\n    b = choose(lambda d: d.x, {"x": Option("X", to=END)})\n',
            "10: Tea.a: self.data is set to a dict, but it must stay the flow's data. Set each"
            " value: self.data.x = …. The turn failed after the start of 'tea'.",
        ),
        (
            "from dataclasses import dataclass\n@dataclass\nclass Cups:\n    b: str = ''\n"
            'class Tea(Flow):\n    start_on = "tea"\n    data: Cups\n    @step(to="b")\n'
            "    def a(self, turn):\n        self.data = list('x')\n        return \"b\"\n"
            '    b = choose("?", {"x": Option("X", to=END)})\n',
            "14: Tea.a: self.data is set to a list, but it must stay a Cups. Set each value:"
            " self.data.size = …, or assign a Cups(…). The turn failed after",
        ),
        (
            'class Tea(Flow):\n    start_on = "tea"\n'
            '    a = choose("?", lambda data: ["x"], to=END)\n',
            "7: Tea.a: The options are ['x']; give a dict of keys",
        ),
        (
            "hooks = Hooks()\n@hooks.around_turn\nasync def around(turn, proceed):\n    proceed()\n"
            'class Tea(Flow):\n    a = ask("?", accept=parse.text(), to=END)\n',
            "8: around does not await proceed(), so no flow handles a turn. Write `await"
            " proceed()`.",
        ),
        (
            "hooks = Hooks()\n@hooks.around_turn\nasync def around(turn, proceed):\n"
            '    turn.say("Hello")\n'
            'class Tea(Flow):\n    a = ask("?", accept=parse.text(), to=END)\n',
            "7: around never calls proceed(), so no flow handles a turn. Write `await proceed()`.",
        ),
        (
            "hooks = Hooks()\n@hooks.service\nasync def cups(settings):\n    return 5\n"
            'class Tea(Flow):\n    a = ask("?", accept=parse.text(), to=END)\n',
            "7: cups is not a service",
        ),
        (
            'class Tea(Flow):\n    start_on = "tea"\n    a = choose("?", {"x": Option("X", to="b"),'
            ' "y": Option("Y", to="c")})\n    b = ask("?", accept=parse.text(), to="c")\n'
            "    @step(to=END)\n    def c(self, turn):\n        turn.say(self.data.b)\n"
            "        return END\n",
            "11: warning: Tea.c reads 'b', but some paths to c don't ask that question.",
        ),
        (
            DATA + '    a = ask(lambda data: f"In {data.aera}?", accept=parse.text(), to=END)\n',
            "13: Tea.a: Outage has no field 'aera'. Did you mean 'area'?",
        ),
        (
            DATA + '    a = choose("?", lambda d: {d.aera: "X"}, to=END)\n',
            "13: Tea.a: Outage has no field 'aera'.",
        ),
        (
            DATA + '    a = call("cup", to=END, data=lambda data: {"x": data.aera})\n'
            'class Cup(Flow):\n    b = ask("?", accept=parse.text(), to=END)\n',
            "13: Tea.a: Outage has no field 'aera'.",
        ),
        (
            "def asked(data):\n    return data.aera\n" + DATA + "    a = ask(asked,"
            " accept=parse.text(), to=END)\n",
            "6: Tea.a: Outage has no field 'aera'.",
        ),
        (
            DATA + '    a = ask("?", accept=parse.integer(), to=END)\n',
            "13: Tea.a: the question's parser returns int, and Outage.a takes str. Change the type",
        ),
        (
            DATA.replace(" a: str", ' a: Literal["x"]')
            + '    a = choose("?", {"x": "X", "y": "Y"},'
            " to=END)\n",
            "13: Tea.a: the answer may be 'y', and Outage.a takes typing.Literal['x'].",
        ),
        (
            OWN.format("self.is_newer(turn)", "async "),
            "8: Tea.a: self.is_newer() is not awaited, so it does nothing. Write await before"
            " the call.",
        ),
        (
            OWN.format("not self.is_newer(turn)", "async "),
            "8: Tea.a: self.is_newer() is not awaited, so it does nothing.",
        ),
        (
            OWN.format("self.is_newer()", ""),
            "8: Tea.a: self.is_newer() takes turn, and gets no 'turn'.",
        ),
        (
            OWN.format('turn.contact.start("teaa")', ""),
            "8: there is no flow 'teaa' to start. Did you mean 'tea'? The flows are tea.",
        ),
        (
            OWN.format('turn.contact.start("tea", state="b")', ""),
            "8: Flow 'tea' has no state 'b'; it has a, end.",
        ),
        (OWN.format("turn.stat", ""), "8: a: turn has no 'stat'."),
        (
            tea(STEP.format('turn.language = "sv"')),
            "12: a: turn.language can't be set. Set turn.contact.language.",
        ),
        (
            tea(STEP.format('turn.text = "sv"')),
            "12: a: turn.text can't be set. Store a value in self.data.",
        ),
        (
            tea(STEP.format('turn.contact.channel = "SMS"')),
            "12: a: turn.contact.channel can't be set. To use another channel: turn.say(…,"
            ' channel_priority_order=["SMS"]).',
        ),
        (
            tea(STEP.format('turn.contact.identity = "4670"')),
            "12: a: turn.contact.identity can't be set. Of the contact, only language and zone can"
            " be set.",
        ),
        (
            tea(STEP.format("return self.a")),
            "12: Tea.a returns the state itself. Return its name: 'a', and add it to `to`.",
        ),
        (
            tea(STEP.format('return END, {"x": 1}')),
            "12: Tea.a returns several values. Return only the state, and store other values in"
            " self.data.",
        ),
        (
            "async def tell(turn):\n    await turn.say('x')\n"
            + tea(
                "    @step(to=END)\n    async def a(self, turn):\n        await tell(turn)\n"
                "        return END\n"
            ),
            "6: warning: Tea.a: TypeError: object NoneType can't be used in 'await' expression,"
            " because the call is not async. Remove the `await`.",
        ),
        (OWN.format("turn.texts", ""), "8: a: turn has no 'texts'. Did you mean 'text'?"),
        (OWN.format("turn.contact.languag", ""), "turn.contact has no 'languag'. Did you mean"),
        (
            OWN.format("turn.event_data.eta", ""),
            "8: a: turn.event_data is a dict and has no attribute 'eta'. Write"
            " turn.event_data['eta'].",
        ),
        (
            "class Ours(Keywords):\n    def nomatch(self, turn, starts): ...\n"
            + TEA
            + '    a = ask("?", accept=parse.text(), to=END)\n',
            "6: Ours.nomatch: nothing calls it, because Keywords has no method of this name. Did"
            " you mean 'no_match'?",
        ),
        (
            "hooks = Hooks()\n@hooks.recognize\nasync def guess(turn, candidates): ...\n",
            "6: hooks.recognize takes options: write @hooks.recognize(), with parentheses.",
        ),
        (
            "hooks = Hooks()\n@hooks.recognize()\nasync def guess(turn): ...\n",
            "6: hooks.recognize: guess() must take turn and candidates: async def guess(turn,"
            " candidates).",
        ),
        (
            "hooks = Hooks()\n@hooks.transcribe\nasync def hear(turn, recording): ...\n",
            "6: hooks.transcribe takes options: write @hooks.transcribe(), with parentheses.",
        ),
        (
            "hooks = Hooks()\n@hooks.around_turn\nasync def around(proceed): ...\n",
            "6: hooks.around_turn: around() must take turn and proceed",
        ),
        (
            'class Tea(Flow):\n    start_on = ("tea", "green" "black")\n',
            "6: start_on: 'green' and 'black' have no comma between them, so they are one text:"
            " 'greenblack'. Write a comma after 'green', or one text in one pair of quotes.",
        ),
        (
            "from gettext import gettext as _\nclass Tea(Flow): ...\n",
            "5: _ is Python's own gettext, which does not know the contact's language and the"
            " catalogs of the flows. Write `from bot import _`.",
        ),
        (
            "class Ours(Keywords):\n    def prices(self, turn): ...\n" + ASKS,
            '6: warning: Ours.prices: nothing calls this method. Write @keyword("…") above the'
            " method, or remove the method.",
        ),
        (
            ASKS + "    def validate_a(self, turn, value): ...\n",
            "7: warning: Tea.validate_a: nothing calls this method. To check the answer to 'a',"
            " give the question a parser: accept=function. The function raises"
            " parse.NotUnderstood for a wrong answer.",
        ),
        (
            ASKS + "    def confirm(self, turn): ...\n",
            "7: warning: Tea.confirm: nothing calls this method. For a step, write @step(to=…)"
            " above the method, and name the method in a `to`. For an event, write @on(…) above the"
            " method. Otherwise, remove the method.",
        ),
        (
            "from datetime import datetime\nHOUR = datetime.now().hour\n" + ASKS,
            "6: warning: HOUR: datetime.now() is called only once, when the module is imported, so"
            " the value stays the same until the bot is restarted.",
        ),
        (
            "from bot import ContactData\nclass Customer(ContactData):\n    name: str = ''\n"
            'class Tea(Flow):\n    start_on = "tea"\n'
            "    a = ask(lambda data: data.name, accept=parse.text(), to=END)\n",
            "10: warning: Tea.a: AttributeError: The flow's data has no 'name' yet; it has nothing."
            " Ask for 'name' first, set self.data.name in an earlier step, or start the flow"
            " with 'name'."
            " The contact's data has 'name'. Copy the value in an earlier step: self.data.name ="
            " turn.contact.data.name.",
        ),
        (
            'class Tea(Flow):\n    start_on = "tea"\n    c = call("cup", to="b")\n'
            "    b = ask(lambda data: data.size, accept=parse.text(), to=END)\n"
            'class Cup(Flow):\n    size = ask("?", accept=parse.text(), to=END)\n',
            "'size' is an answer of the called flow 'cup'. This flow has only the result of"
            " 'cup': data.c['size'].",
        ),
        (
            "from bot.hookz import Hooks\nclass Tea(Flow): ...\n",
            "5: there is no module 'bot.hookz'; Hooks is in bot: from bot import Hooks.",
        ),
    ],
)
def test_a_mistake_in_a_module_is_reported(look: Look, module: str, told: str) -> None:
    assert told in shown(look(module))


RAW = """\
start_on = "tea"
said = ("knock",)
states = ["shut", {{"name": "open", "final": True}}]
transitions = [
    {{"trigger": "knock", "source": "shut", "dest": "open"}},
    {{"trigger": "{trigger}", "source": "shut", "dest": {dest}}},
]
"""


def test_a_trigger_that_no_contact_can_write_is_reported(look: Look) -> None:
    report = look(RAW.format(trigger="ring", dest='"open"'), top=False)

    assert shown(report).startswith(
        "teas/tea.py:2: warning: tea.said: no contact can write 'ring', because `said` does not"
        " list 'ring'. Add 'ring' to `said`, unless a program sends this event."
    )


@pytest.mark.parametrize(("trigger", "dest"), [("ring", '"shut"'), ("message", '"open"')])
def test_another_trigger_of_a_state_machine_is_not_reported(
    look: Look, trigger: str, dest: str
) -> None:
    assert shown(look(RAW.format(trigger=trigger, dest=dest), top=False)) == ""


def test_a_transition_to_an_unknown_state_is_reported_with_its_line(look: Look) -> None:
    assert shown(look(RAW.format(trigger="ring", dest='"opn"'), top=False)).startswith(
        "teas/tea.py:6: Flow 'tea': its states and transitions are invalid: transition 'ring' names"
        " 'opn', which is not a state; did you mean 'open'? the states are shut, open"
    )


BREW = """
@step(to=END)
def brew(self, turn):
    {}
    return END
"""


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "turn.say(Text('x', channnel={}))",
            "11: warning: Tea.brew: TypeError: Unexpected keyword argument 'channnel'. Text has no"
            " 'channnel'. It has text, overrides, raw_overrides, specific, agent.",
        ),
        (
            "getattr(turn, 'sayy')('x')",
            "11: warning: Tea.brew: AttributeError: 'Turn' object has no attribute 'sayy'. Did you"
            " mean 'say'?",
        ),
        ("turn.contact.start(Tea)", "11: Tea.brew: Tea is a class. Give the flow's name: 'tea'."),
        (
            "turn.say(self.data.size)",
            "11: warning: Tea.brew: AttributeError: The flow's data has no 'size' yet; it has"
            " nothing. Ask for 'size' first, set self.data.size in an earlier step, or start the"
            " flow with 'size'.",
        ),
        (
            'return {"to": END}',
            "11: Tea.brew returned {'to': 'end'}; it must return the name of a state. Its `to`"
            " declares END.",
        ),
        (
            'turn.contact.start("tea")',
            "11: Tea: turn.contact.start has started 33 flows in one turn, the last 'tea'."
            " Start the flow only if a condition holds, or after the answer"
            " to a question.",
        ),
        (
            'turn.say("x", channel_properties={"SMS_SENDR": "a", "SMS_FLASH_MESSAGE": True})',
            "11: Tea.brew: channel_properties: 'SMS_FLASH_MESSAGE' is True; names and values are"
            " texts: {'SMS_FLASH_MESSAGE': 'true'}.",
        ),
    ],
)
def test_a_line_that_fails_a_turn_is_named_with_the_way_out(look: Look, line: str, told: str):
    report = look(tea(BREW.format(line)))

    assert f"{told} The turn failed after the start of 'tea'." in shown(report)


def test_a_finding_shows_the_line_with_a_mark(look: Look) -> None:
    (found,) = look(tea('a = ask("?", accept=parse.text(), to="ned")')).found

    assert list(found.lines()) == [
        "teas/tea.py:8: Tea.a: to='ned' is not a state of this flow. Did you mean 'end'? The"
        " states are a; END and HANDOFF are always possible.",
        '    a = ask("?", accept=parse.text(), to="ned")',
        "                                         ^^^^^",
    ]


def test_the_wrong_zone_of_hours_is_marked(look: Look) -> None:
    (found,) = look(
        'from bot import Hours\nOPEN = Hours("Mon 08:00-12:00", zone="Europe/Goteborg")\n'
    ).found

    line = found.source
    assert line[found.column - 1 :][: found.width] == '"Europe/Goteborg"'


def test_the_mark_of_a_target_is_in_the_decorator(look: Look) -> None:
    (found,) = look(tea('@step(to="ned")\ndef a(self, turn):\n    return "ned"')).found

    assert list(found.lines())[1:] == ['    @step(to="ned")', "             ^^^^^"]


def test_errors_of_several_modules_are_reported_together(look: Look) -> None:
    look("from bot import Nothing\n", "teas/first.py")

    report = look(tea('a = ask("?", accept=parse.text(), to="ned")'))

    assert [each.file for each in report.found] == ["teas/first.py", "teas/tea.py"]
    assert count(report.found) == "2 errors in 2 files."


def test_a_state_that_is_only_unreachable_by_another_mistake_is_not_reported(look: Look) -> None:
    report = look(
        tea(
            'a = ask("?", accept=parse.text(), to=END)\n@on("paid")\ndef paid(self, turn):\n'
            '    return "b"\nb = ask("?", accept=parse.text(), to=END)'
        )
    )

    assert [each.line for each in report.found] == [11]


def test_a_turn_that_fails_in_a_conversation_is_reported(look: Look) -> None:
    report = look(tea('@step(to=END)\ndef a(self, turn):\n    turn.say("x"[5])\n    return END'))

    assert [(each.line, each.severity) for each in report.found] == [(10, "warning")]
    assert (
        "Tea.a: IndexError: string index out of range. The turn failed after the start of 'tea'."
        in (report.found[0].what)
    )


PAID = """a = ask("?", accept=parse.text(), to=END)
@on("{event}")
def paid(self, turn):
    {line}
"""


def test_handler_of_an_event_that_fails_is_reported_with_its_line(look: Look) -> None:
    (found,) = look(tea(PAID.format(event="paid", line='"x"[5]'))).found

    assert (found.line, found.severity) == (11, "warning")
    assert found.what.endswith(
        "IndexError: string index out of range. The turn failed after the start of 'tea' > the"
        " event 'paid'."
    )


@pytest.mark.parametrize(
    ("event", "line"),
    [
        ("paid", 'turn.say(turn.event_data["text"] + "!")'),
        ("paid", 'turn.say(turn.event_data.get("text") + "!")'),
        ("paid", '"x"[len([*turn.event_data]) + 1]'),
        ("failed", "turn.say(turn.callback.message_delivery_report.status)"),
    ],
)
def test_handler_that_fails_without_the_data_of_its_event_is_not_reported(
    look: Look, event: str, line: str
) -> None:
    assert look(tea(PAID.format(event=event, line=line))).found == []


@pytest.mark.parametrize("code", ["await asyncio.sleep(3)", "while True: pass"])
def test_code_of_an_author_has_a_time_limit(look: Look, code: str, monkeypatch) -> None:
    monkeypatch.setattr("bot.tooling.walked_messages.MAX_TURN_S", 0.5)

    report = look(
        "import asyncio\n"
        + tea(f"@step(to=END)\nasync def a(self, turn):\n    {code}\n    return END")
    )

    assert "the turn does not end within 2 seconds. Let all loops end" in shown(report)


def test_an_import_has_a_time_limit(look: Look, monkeypatch) -> None:
    monkeypatch.setattr("bot.tooling.check.run.MAX_LOAD_S", 0.3)

    report = look("while True:\n    pass\n", top=False)

    assert re.search(r"teas/tea.py:[12]: the import does not end", shown(report))


def test_a_time_limit_interrupts_code_that_blocks() -> None:
    def block() -> None:
        with limited(0.05):
            while True:
                time.perf_counter()

    with pytest.raises(TooSlow, match=r"more than 0\.05 s"):
        block()
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_json_has_places_and_counts(look: Look, tmp_path: Path, monkeypatch, capsys) -> None:
    look(tea('a = ask("?", accept=parse.text(), to="ned")'))
    forget()
    monkeypatch.setenv("BOT_FLOWS", "teas")
    monkeypatch.setattr(sys, "argv", ["bot", "check", "--json"])
    from bot.cli import main

    with pytest.raises(SystemExit) as exit:
        main()

    printed = json.loads(capsys.readouterr().out)
    assert exit.value.code == 1
    assert (printed["errors"], printed["warnings"]) == (1, 0)
    assert [printed["findings"][0][name] for name in ("file", "line", "column", "width")] == [
        "teas/tea.py",
        8,
        42,
        5,
    ]


ALIASES = """\
from bot import END as LAST, Flow as Base, Turn as T, Option as O
from bot import _ as t, choose as pick, on as handles, parse as read, ask as question, step as does
class Tea(Base):
    start_on = ("tea",)
    size = pick("Size?", {"s": O("Small", to="cup")})
    cup = question("Cup?", accept=read.text(), to="brew")

    @handles("paid", to=LAST)
    def paid(self, turn):
        turn.say("Thanks!")

    @does(to=LAST)
    def brew(self, now: T) -> str:
        now.say(t(f"Tea in {self.data.cup}"))
        if now.text:
            return "cup"
        return LAST
"""


def test_mistakes_under_other_names_of_the_framework_are_reported(look: Look) -> None:
    found = [f"{each.line}: {each.what}" for each in look(ALIASES, top=False).found]
    told = (
        "8: Tea.paid never returns a state, so its `to` has no effect. Return END to go there, or",
        "14: the text in _() is computed",
        "16: Tea.brew returns 'cup'; its `to` declares END.",
    )

    assert len(found) == len(told)
    for each, beginning in zip(found, told, strict=True):
        assert each.startswith(beginning)


def test_an_own_function_may_have_a_name_of_the_framework(look: Look) -> None:
    report = look(
        """\
        from bot import END, Flow, Turn, ask as question, parse, step


        def ask(turn: Turn) -> str:
            return turn.text


        class Tea(Flow):
            start_on = ("tea",)
            size = question("Size?", accept=parse.text(), to="brew")

            @step(to=END)
            def brew(self, turn: Turn) -> str:
                turn.say(ask(turn) or "?")
                return END
        """,
        top=False,
    )

    assert shown(report) == ""


def test_start_word_that_opts_out_by_the_rule_of_the_us_is_reported(look: Look) -> None:
    flow = 'class Tea(Flow):\n    start_on = "end"\n    a = choose("?", {"x": "X"}, to=END)\n'
    assert look(flow).found == []

    (found,) = check("teas", CHANNELS, stop_words="us").found

    assert (found.severity, found.what) == (
        "error",
        "Tea.start_on: 'end' means STOP with BOT_STOP_WORDS=us: it opts the contact out, and starts"
        " no flow. Choose another word.",
    )


def test_correct_code_gets_no_findings(look: Look) -> None:
    report = look(
        """\
        import asyncio


        async def fetch(x: int) -> str:
            return "x"


        class Tea(Flow):
            start_on = ("tea",)
            MENU = ("green", "black")

            kind = choose(
                "Which?", {"g": Option("Green", to="brew"), "b": Option("Black", to="cup")}
            )
            cup = ask("How big?", accept=(parse.integer(), parse.text()), to="brew")

            @step(to=("done", END))
            async def brew(self, turn: Turn) -> str:
                both = [turn.once(fetch, 1), turn.once(fetch, 2)]
                await asyncio.gather(*both)
                found = turn.once(fetch, 3)
                self.data.found = await found
                if "cup" in self.data:
                    turn.say(str(self.data.cup))
                match self.data.kind:
                    case "g":
                        return "done"
                    case _:
                        return END

            @step(to=END)
            def done(self, turn: Turn) -> str:
                turn.say(_("Found {it}", it=self.data.found))
                while True:
                    return END

            @on("failed", "paid")
            def tell(self, turn: Turn) -> None:
                if turn.event == "paid":
                    turn.schedule("ripe", turn.now)
                    return

            @on("ripe", to="done")
            def ripe(self, turn: Turn) -> str | None:
                return "done" if turn.event_data else None
        """
    )

    assert shown(report) == ""
