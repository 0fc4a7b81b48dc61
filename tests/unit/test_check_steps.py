"""Findings of `bot check` about steps: blocking calls, lost coroutines and shared values."""

from collections.abc import Callable

import pytest

from tests.support.checked_flows import FoundIn

Look = Callable[..., list[str]]

TOP = """\
import asyncio
import datetime
import sqlite3
import time
from bot import END, Flow, Keywords, Turn, _, ask, keyword, on, parse, step
CART = []
SEEN = {}
CACHE = {}
PRICES = {"tea": 5}
counter = 0
def slow():
    time.sleep(0.001)
async def fetch():
    return "tea"
async def runs() -> asyncio.Future: ...
"""
FLOW = """\
class Tea(Flow):
    start_on = ("tea",)
    total = 0
    size = ask("Size?", accept=parse.text(), to="pin")
    pin = ask("PIN?", accept=parse.text(), to="brew", secret=True)

    @step(to=END)
    async def brew(self, turn: Turn) -> str:
        {line}
        return END
"""
HANDLER = """\
class Tea(Flow):
    start_on = ("tea",)
    size = ask("Size?", accept=parse.text(), to=END)

    @on("ripe")
    def ripe(self, turn: Turn) -> None:
        {line}
"""


@pytest.fixture
def look(found_in: FoundIn) -> Look:
    """Returns the findings about a line of a step or handler, each with its line."""

    def write(line: str, flow: str = FLOW) -> list[str]:
        kinds = {"warning": "warning: ", "error": ""}
        found = found_in(TOP + flow.format(line=line))
        return [f"{each.line - 15}: {kinds[each.severity]}{each.what}" for each in found]

    return write


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            'turn.say("A {self.data.size} tea")',
            "9: Tea.brew: the contact reads {self.data.size} as it is written, because the text has"
            " no f before its quotes. Write f before the quotes.",
        ),
        (
            'price = 3; turn.say("That is {price:.2f}" if price else f"{price}")',
            "9: Tea.brew: the contact reads {price:.2f} as it is written, because the text has no f"
            " before its quotes. Write f before the quotes.",
        ),
        (
            'turn.answer("Tea!")',
            "9: brew: turn.answer is a value and can't be called. To send a message: turn.say(…).",
        ),
        (
            "self.data.day = datetime.date.today()",
            "9: warning: Tea.brew: datetime.date.today() is the time of the machine, in its zone."
            " In tests, and after a delay, the turn has another time, and the contact may have"
            " another zone. Write turn.now.astimezone(ZoneInfo(turn.zone)).date().",
        ),
        (
            "self.data.task = await turn.once(runs)",
            "9: Tea.brew: runs returns asyncio.Future, and turn.once stores the result as JSON, so"
            " the turn fails. Return what the step needs from runs: a text, a number, a list, a"
            " dict or a dataclass.",
        ),
    ],
)
def test_a_mistake_in_a_step_is_reported_with_the_way_out(look: Look, line: str, told: str) -> None:
    assert told in look(line)


@pytest.mark.parametrize(
    "line",
    [
        'turn.say("A {size} tea".format(size=self.data.size))',
        'turn.say(_("A {size} tea", size=self.data.size))',
        'turn.say("Write {size} or {turn}.")',
        'turn.say(f"A {self.data.size} {{price}} tea")',
        "turn.say(turn.answer.text)",
        "self.data.day = turn.now.isoformat()",
        "self.data.drink = await turn.once(fetch)",
    ],
)
def test_a_correct_step_is_not_reported(look: Look, line: str) -> None:
    assert look(line) == []


SHARED = "which all contacts share. The change is lost in other processes and at the next start."


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            'open("/dev/null").close()',
            "9: warning: Tea.brew: open() blocks all contacts until it ends. Move the call into a",
        ),
        ('sqlite3.connect(":memory:")', "9: warning: Tea.brew: sqlite3.connect() blocks all"),
        ("slow()", "9: Tea.brew: slow() calls time.sleep(), which blocks all contacts until it"),
        (
            "await turn.once(slow)",
            "9: Tea.brew: slow() calls time.sleep(), which blocks all contacts until it ends. Await"
            " turn.once with an async function instead, or await asyncio.to_thread(slow, …).",
        ),
        ("await turn.once(time.sleep, 2)", "9: Tea.brew: time.sleep() blocks all contacts until"),
        ('turn.say(input("Size?"))', "9: Tea.brew: input() reads the terminal of the bot's"),
        (
            "x = [await turn.once(fetch), turn.once(fetch)]; turn.say(str(len(x)))",
            "9: Tea.brew: turn.once() is not awaited, so it does nothing. Write await before"
            " the call.",
        ),
        (
            "asyncio.create_task(fetch())",
            "9: warning: Tea.brew: the task of asyncio.create_task() is neither stored nor",
        ),
        ("CART.append(turn.text)", f"9: warning: Tea.brew changes CART, {SHARED}"),
        ("SEEN[turn.text] = 1", f"9: warning: Tea.brew changes SEEN, {SHARED}"),
        ("del SEEN['x']", f"9: warning: Tea.brew changes SEEN, {SHARED}"),
        ("global counter; counter += 1", f"9: warning: Tea.brew changes counter, {SHARED}"),
        (
            "self.data.copy = self.data.pin",
            "9: warning: Tea.brew: self.data.pin is a secret answer, and self.data.copy is not",
        ),
        (
            "turn.contact.data.pin = str(self.data.pin)",
            "and turn.contact.data.pin is not secret, so the answer is stored and shown readably.",
        ),
        (
            'turn.say(f"Your PIN: {self.data.pin}")',
            "9: warning: Tea.brew says the secret answer self.data.pin, so transcripts show it.",
        ),
        ("turn.say(self.data.pin)", "Tea.brew says the secret answer self.data.pin"),
        (
            'self.data = {"x": 1}',
            "9: Tea.brew: self.data is set to a dict, but it must stay an object with fields. Set"
            " each field: self.data.x = …",
        ),
        ("self.data = dict(size=turn.text)", "Set each field: self.data.size = …"),
        ('self.data = vars(self.data) | {"x": 1}', "Set each field: self.data.x = …"),
        ("self.data: object = {}", "9: Tea.brew: self.data is set to a dict"),
        (
            "self.data = []",
            "9: Tea.brew: self.data is set to a list, but it must stay an object",
        ),
        (
            "self.data = None",
            "9: Tea.brew: self.data is set to a NoneType, but it must stay an object",
        ),
        (
            'self.data["x"] = 1',
            "9: Tea.brew: self.data is an object with fields, not a dict. Write self.data.x.",
        ),
        (
            'turn.say(self.data["size"])',
            "9: Tea.brew: self.data is an object with fields, not a dict. Write",
        ),
        ("self.data[turn.text] = 1", "Write setattr(self.data, turn.text, …)."),
        ("turn.say(self.data[turn.text])", "Write getattr(self.data, turn.text)."),
        (
            'self.data.update({"x": 1})',
            "9: Tea.brew: self.data is no dict and has no update(). Write self.data.name = … for a"
            " field, or vars(self.data) for all fields.",
        ),
        ("Tea.total += 1", f"9: warning: Tea.brew changes Tea.total, {SHARED}"),
        ("type(self).total = 1", f"9: warning: Tea.brew changes type(self).total, {SHARED}"),
    ],
)
def test_a_mistake_in_a_step_is_reported(look: Look, line: str, told: str) -> None:
    assert told in "\n".join(look(line))


@pytest.mark.parametrize(
    "line",
    [
        "await asyncio.to_thread(slow)",
        "task = asyncio.create_task(fetch()); await task",
        "await asyncio.gather(*[turn.once(fetch), turn.once(fetch)])",
        "CART = []; CART.append(1)",
        "CACHE[turn.text] = 1",
        "turn.say(str(PRICES['tea']))",
        "items = list(CART); items.append(1)",
        "turn.say(str(Tea.total))",
        'turn.say(f"…{self.data.pin[-2:]}")',
        "self.data.size = self.data.size",
        'turn.say(self.data.get("size", ""))',
        'self.data.found = {"x": 1}; self.data.found["x"] += 1; self.data.found.update(y=2)',
        "turn.say(str(vars(self.data).items()))",
        "self.data.is_long = len(self.data.pin) > 4",
        "self.data.cart = [*CART]; self.data.cart.append(1)",
    ],
)
def test_a_correct_line_of_a_step_is_not_reported(look: Look, line: str) -> None:
    assert look(line) == []


def test_an_event_that_its_handler_schedules_for_now_is_reported(look: Look) -> None:
    (found,) = look('turn.schedule("ripe", turn.now)', HANDLER)

    assert found.startswith("7: Tea.ripe handles 'ripe' and schedules it for now, so the event")


@pytest.mark.parametrize(
    "line",
    [
        'turn.text and turn.schedule("ripe", turn.now)',
        'if turn.text: turn.schedule("ripe", turn.now)',
    ],
)
def test_an_event_that_is_scheduled_again_on_a_condition_is_not_reported(
    look: Look, line: str
) -> None:
    assert look(line, HANDLER) == []


DATA = """\
class Tea(Flow):
    start_on = ("tea",)
    size = ask({line}, accept=parse.text(), to=END)
"""


@pytest.mark.parametrize(
    "question", ["lambda data: f\"{data['area']}?\"", "lambda d: d['area']", "asked"]
)
def test_a_question_that_uses_the_data_as_a_dict_is_reported(look: Look, question: str) -> None:
    asked = "def asked(data):\n    return data['area']\n"

    found = "\n".join(look(question, asked + DATA))

    assert "is an object with fields, not a dict. Write d" in found
    assert found.count("Tea.size") == 1


def test_a_question_may_read_all_fields(look: Look) -> None:
    asked = "def asked(data):\n    data = vars(data)\n    return str([*data.items()])\n"

    assert look("asked", asked + DATA) == []
