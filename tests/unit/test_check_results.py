"""Findings of `bot check` about functions that return what does not fit, or nothing."""

from collections.abc import Callable
from textwrap import dedent, indent

import pytest

from tests.support.checked_flows import FoundIn

Look = Callable[[str], list[str]]

TOP = """\
from bot import END, HANDOFF, Flow, Hooks, Option, Turn, ask, call, choose, on, parse, step


"""


@pytest.fixture
def look(found_in: FoundIn) -> Look:
    """Returns the findings in a module of flows, each with its line after the imports."""

    def write(text: str) -> list[str]:
        kinds = {"warning": "warning: ", "error": ""}
        found = found_in(TOP + dedent(text))
        return [f"{each.line - 3}: {kinds[each.severity]}{each.what}" for each in found]

    return write


MOVED = """\
NOWHERE, CUP = "nowhere", "cup"

def moved(state, data):
{body}

class Tea(Flow):
    start_on = ("tea",)
    version = {version}
    migrate = {migrate}
    size = choose("Size?", {{"s": Option("Small", to="cup")}})
    cup = choose("Cup?", {{"y": Option("Yes", to=END)}})
"""


def moved(body: str, migrate: str = "{1: moved}", version: int = 2) -> str:
    return MOVED.format(body=indent(body, "    "), migrate=migrate, version=version)


MUST = "but must return a state and the data. Write `return state, data`."


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('return {"size": "s"}', f"4: Tea.migrate: the function of version 1, moved(), returns {{"
         f"'size': 's'}}, {MUST}"),
        ("return data", f"moved(), returns data, {MUST}"),
        ("return state", f"moved(), returns state, {MUST}"),
        ("return data, state", f"moved(), returns (data, state), {MUST}"),
        ('return "cup"', f"moved(), returns 'cup', {MUST}"),
        ('return "cup", None', f"moved(), returns ('cup', None), {MUST}"),
        ('return "cup", data, 1', f"moved(), returns ('cup', data, 1), {MUST}"),
        ('return ["cup", data]', f"moved(), returns ['cup', data], {MUST}"),
        ("return 1, data", f"moved(), returns (1, data), {MUST}"),
        ('if state == "a":\n    return "cup", data\nreturn', f"moved(), returns None, {MUST}"),
        ('new = {"size": "s"}\nreturn new', f"5: Tea.migrate: the function of version 1, moved(),"
         f" returns new, {MUST}"),
        ('data["x"] = 1', f"3: Tea.migrate: the function of version 1, moved(), returns nothing,"
         f" {MUST}"),
        ('if state == "a":\n    return "cup", data', f"3: Tea.migrate: the function of version 1,"
         f" moved(), can end without a result, {MUST}"),
        ('yield "cup", data', "moved(), has a yield, but must return a state and the data."),
        ('return "nowhere", data', "4: Tea.migrate: the function of version 1, moved(), returns"
         " 'nowhere', which is not a state of this flow. The states are size,"
         " cup."),
        ('return NOWHERE, data', "moved(), returns 'nowhere', which is not a state of this flow."),
        ('return ("cups" if data else "cup"), data', "'cups', which is not a state"),
        ('return ("size", data) if data else ("cups", data)', "returns 'cups', which is not a"
         " state of this flow. Did you mean 'cup'? The states are size, cup."),
    ],
)  # fmt: skip
def test_a_wrong_result_of_a_migration_is_reported(look: Look, body: str, told: str) -> None:
    (found,) = look(moved(body))

    assert told in found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            moved("...", '{1: lambda state, data: ("nowhere", data)}'),
            "9: Tea.migrate: the function of version 1, the lambda, returns 'nowhere'",
        ),
        (
            moved('return "nowhere", data', "{1: moved, 2: {'cup': 'size'}}", 3),
            "4: Tea.migrate: the function of version 1, moved(), returns 'nowhere'",
        ),
        (
            moved("...", "{1: Moves().moved}").replace(
                "def moved(state, data):",
                "class Moves:\n  def moved(self, state, data):\n    return state\n  def x(self):",
            ),
            "5: Tea.migrate: the function of version 1, moved(), returns state, but",
        ),
        (
            moved('return "nowhere", data', "{1: Moves.moved}").replace(
                "def moved(state, data):\n    return",
                "class Moves:\n    @staticmethod\n    def moved(state, data):\n        return",
            ),
            "6: Tea.migrate: the function of version 1, moved(), returns 'nowhere'",
        ),
    ],
)
def test_every_form_of_migration_is_read(look: Look, text: str, told: str) -> None:
    assert told in "\n".join(look(text))


@pytest.mark.parametrize(
    ("body", "migrate", "version"),
    [
        ("return state, data", "{1: moved}", 2),
        ("return CUP, {}", "{1: moved}", 2),
        ("return END, data", "{1: moved}", 2),
        ('return "cup", {**data, "x": 1}', "{1: moved}", 2),
        ('state = "size" if state == "a" else "cup"\nreturn state, data', "{1: moved}", 2),
        ("data = (state, data)\nreturn data", "{1: moved}", 2),
        ("pair = state, data\nreturn pair", "{1: moved}", 2),
        ("return (state, *[data])", "{1: moved}", 2),
        ('raise ValueError("never")', "{1: moved}", 2),
        ("return dict(a=1).get(state), data", "{1: moved}", 2),
        ('return "old", data', "{1: moved, 2: {'old': 'size'}}", 3),
        ('return "old", data', "{1: moved, 2: lambda state, data: ('size', data)}", 3),
        (
            'new = {"a": "size"}\nstate = new.get(state, "cup")\nreturn state, dict(data)',
            "{1: moved}",
            2,
        ),
    ],
)
def test_a_correct_migration_is_not_reported(
    look: Look, body: str, migrate: str, version: int
) -> None:
    assert look(moved(body, migrate, version)) == []


def test_a_migration_that_two_flows_share_may_name_the_states_of_both(look: Look) -> None:
    other = """\
    class Cup(Flow):
        version = 2
        migrate = {1: moved}
        pot = choose("Pot?", {"y": Option("Yes", to=END)})
    """

    assert look(moved('return ("pot" if data else "cup"), data') + dedent(other)) == []


RETURNS = """\
class Base(Flow):
    n = ask("How many?", accept=parse.text(), to=END)

    {}

class Cup(Base):
    name = "cup"

class Tea(Flow):
    start_on = ("tea",)
    c = call("cup", to="q")
    q = choose(lambda data: f"{{data.c}}?", {{"y": Option("Yes", to=END)}})
"""


@pytest.mark.parametrize(
    ("method", "told"),
    [
        (
            "def returns(self) -> str:\n        self.data.n.upper()",
            "4: Base.returns returns no value, so the calling flow gets None.",
        ),
        ("def returns(self):\n        self.data.n.upper()", "4: Base.returns returns no value"),
        (
            "def returns(self):\n        self.data.n = 1\n        return",
            "4: Base.returns returns no value",
        ),
        (
            "def returns(self) -> str:\n        if self.data.n:\n            return self.data.n",
            "4: Base.returns can end without a value, so the calling flow gets None. Return the"
            " value, or write -> None if None is intended.",
        ),
    ],
)
def test_returns_without_a_value_is_reported(look: Look, method: str, told: str) -> None:
    (found,) = look(RETURNS.format(method))

    assert told in found


@pytest.mark.parametrize(
    "method",
    [
        "def returns(self):\n        return None",
        "def returns(self): ...",
        "def returns(self) -> None:\n        self.data.n.upper()",
        "def returns(self) -> str | None:\n        if self.data.n:\n            return 'x'",
        "def returns(self) -> str:\n        raise ValueError('never called')",
        "def returns(self):\n        return self.data.n.upper()",
    ],
)
def test_returns_that_is_meant_so_is_not_reported(look: Look, method: str) -> None:
    found = look(RETURNS.format(method))

    assert [each for each in found if "returns" in each] == []


HANDLER = """\
class Tea(Flow):
    start_on = ("tea",)
    q = choose("Paid?", {{"y": Option("Yes", to=END)}})

    @on("read", "paid", to={to})
    {method}
"""


@pytest.mark.parametrize(
    ("to", "method", "told"),
    [
        ("END", "def d(self, turn): pass", "Return END to go there, or remove `to`."),
        ("(END, 'q')", "def d(self, turn): return", "Return END or 'q' to go there"),
        ("END", "async def d(self, turn: Turn) -> None: turn.say('x')", "Return END"),
        ("END", "def d(self, turn): return turn.say('x')", "Return END"),
    ],
)
def test_a_handler_that_never_returns_a_state_of_its_to_is_reported(
    look: Look, to: str, method: str, told: str
) -> None:
    (found,) = look(HANDLER.format(to=to, method=method))

    assert found.startswith("5: Tea.d never returns a state, so its `to` has no effect. ")
    assert told in found


@pytest.mark.parametrize(
    "method",
    [
        "def d(self, turn): return END if turn.event_data else None",
        "def d(self, turn): return self.where()\n\n    def where(self): return END",
        "def d(self, turn): raise ValueError(turn.event_data['x'])",
    ],
)
def test_a_handler_that_may_return_a_state_is_not_reported(look: Look, method: str) -> None:
    assert look(HANDLER.format(to="END", method=method)) == []


HOOKS = """\
hooks = Hooks()

@hooks.recognize()
async def guess(turn, candidates):
    {body}

class Tea(Flow):
    "All about tea."
    start_on = ("tea",)
    size = choose("Size?", {{"small": Option("Tiny", to=END), "large": Option("Large", to=END)}})
"""


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            'return "smal"',
            "5: guess() returns 'smal', which is no option of a question and no flow. Did you mean"
            " 'small'? Return a key of the candidates, or None.",
        ),
        ('return "Tiny"', "5: guess() returns 'Tiny', which is no option of a question and no flow."
         " Did you mean 'small'?"),
        ('return "coffee" if turn.text else None', "5: guess() returns 'coffee'"),
        ("return True", "5: guess() returns True, which is no option"),
        ('return ("small", 0.9)', "5: guess() returns ('small', 0.9), which is no option"),
        ("candidates.get(turn.text)", "4: guess() returns nothing, so it has no effect. Return a"
         " key of the candidates."),
    ],
)  # fmt: skip
def test_a_result_of_the_recognizer_that_nothing_offers_is_reported(
    look: Look, body: str, told: str
) -> None:
    (found,) = look(HOOKS.format(body=body))

    assert found.startswith(told)


@pytest.mark.parametrize(
    "body",
    [
        'return "small"',
        'return "tea"',
        "return None",
        "pass",
        'best = None\n    for best in candidates:\n        return best\n    return "large"',
        "return next(iter(candidates))",
        'return f"{turn.text}"',
    ],
)
def test_a_result_of_the_recognizer_that_may_be_offered_is_not_reported(
    look: Look, body: str
) -> None:
    assert look(HOOKS.format(body=body)) == []


def test_a_recognizer_may_return_what_a_function_may_offer(look: Look) -> None:
    offered = '    cup = choose("Cup?", lambda data: {"big": "Big"}, to=END)\n'
    text = HOOKS.format(body='return "big"').replace('"Tiny", to=END', '"Tiny", to="cup"')

    assert look(text + offered) == []


OPTIONS = """\
class Tea(Flow):
    start_on = ("tea",)
    size = choose("Size?", {options}, to=END)
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (OPTIONS.format(options="lambda data: {}"), "3: Tea.size: the lambda returns no options."),
        (
            OPTIONS.format(options="lambda data: None"),
            "3: Tea.size: the lambda returns no options.",
        ),
        (
            'def sizes(data):\n    {"s": "Small"}\n\n' + OPTIONS.format(options="sizes"),
            "1: Tea.size: sizes() returns no options. Return a dict of keys and labels, or of keys"
            " and Options.",
        ),
        (
            'async def sizes(data):\n    found = {"s": "Small"}\n\n'
            + OPTIONS.format(options="sizes"),
            "1: Tea.size: sizes() returns no options.",
        ),
    ],
)
def test_a_function_of_options_that_returns_none_is_reported(
    look: Look, text: str, told: str
) -> None:
    (found,) = look(text)

    assert found.startswith(told)


@pytest.mark.parametrize(
    "text",
    [
        OPTIONS.format(options='lambda data: {"s": "Small"} if data else {}'),
        'def sizes(data):\n    found = {}\n    found["s"] = "Small"\n    return found\n\n'
        + OPTIONS.format(options="sizes"),
    ],
)
def test_a_function_that_may_return_options_is_not_reported(look: Look, text: str) -> None:
    assert look(text) == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return 1", "5: hear() returns 1, which is no text. Return the text of the recording"),
        ('return {"text": "Hello"}', "5: hear() returns {'text': 'Hello'}, which is no text."),
        ("turn.say('…')", "4: hear() returns nothing, so it has no effect. Return the text"),
    ],
)
def test_a_transcriber_that_returns_no_text_is_reported(look: Look, body: str, told: str) -> None:
    (found,) = look(
        HOOKS.replace("recognize", "transcribe").replace("guess", "hear").format(body=body)
    )

    assert found.startswith(told)


@pytest.mark.parametrize("body", ["return None", 'return f"{recording}"', "return recording.text"])
def test_a_transcriber_that_may_return_a_text_is_not_reported(look: Look, body: str) -> None:
    text = HOOKS.replace("recognize", "transcribe").replace("guess", "hear")

    assert look(text.replace("candidates", "recording").format(body=body)) == []


CALL = """\
{before}class Tea(Flow):
    start_on = ("tea",)
    size = choose("Size?", {{"s": Option("Small", to="cup")}})
    cup = call("cup", to=END, data={data})

class Cup(Flow):
    kind = choose("Kind?", {{"a": Option("A", to=END)}})
"""


@pytest.mark.parametrize(
    ("before", "data", "told"),
    [
        ("", "lambda data: None", "4: Tea.cup: the lambda returns no data. Return a dict of the"),
        ("", "lambda data: [data.size]", "4: Tea.cup: the lambda returns no data."),
        (
            'def given(data):\n    {"size": data.size}\n',
            "given",
            "1: Tea.cup: given() returns no data.",
        ),
    ],
)
def test_a_function_of_a_call_that_returns_no_data_is_reported(
    look: Look, before: str, data: str, told: str
) -> None:
    (found,) = look(CALL.format(before=before, data=data))

    assert found.startswith(told)


@pytest.mark.parametrize("data", ["lambda data: {}", "lambda data: vars(data)"])
def test_a_function_of_a_call_that_returns_data_is_not_reported(look: Look, data: str) -> None:
    assert look(CALL.format(before="", data=data)) == []


ANSWERED = """\
from bot import Location
class Shop:
    async def free(self, day: str) -> list[str]: ...
class Tea(Flow):
    start_on = ("tea",)
    kind = choose("?", {{"g": Option("Green", to="code")}})
    code = ask("?", accept=parse.text(), to="sure")
    sure = ask("?", accept=parse.yes_no(), to="where")
    where = ask("?", accept=(parse.location, parse.text()), to="look")
    @step(to=END)
    def look(self, turn: Turn) -> str:
        self.data.changed = ""
        if {test}:
            turn.say("Yes")
        return END
"""


@pytest.mark.parametrize(
    ("test", "told"),
    [
        (
            'self.data.kind == "Green"',
            "self.data.kind is never 'Green': that is a label, and the answer is the key of an"
            " option: 'g'. Write 'g'.",
        ),
        (
            'self.data.kind in ("g", "gg")',
            "self.data.kind is never 'gg': the answer is the key of an option: 'g'. Did you mean"
            " 'g'?",
        ),
        (
            "self.data.code != 4711",
            "self.data.code is never 4711: the answer is a value of type str. Write '4711', or read"
            " the answer by accept=parse.integer().",
        ),
        (
            'self.data.sure == "yes"',
            "self.data.sure is never 'yes': the answer is a value of type bool. Write True or"
            " False.",
        ),
        (
            "isinstance(self.data.where, Location)",
            "self.data.where is never a bot.Location, but a parse.Location or a str. Write"
            " isinstance(self.data.where, parse.Location).",
        ),
    ],
)
def test_a_comparison_that_is_never_true_is_reported(look: Look, test: str, told: str) -> None:
    assert look(ANSWERED.format(test=test)) == [f"13: warning: Tea.look: {told}"]


@pytest.mark.parametrize(
    "test",
    [
        'self.data.kind == "g"',
        'self.data.kind == ""',
        "self.data.kind is None",
        'self.data.code == "4711"',
        "self.data.sure == True",
        "isinstance(self.data.where, parse.Location)",
        "isinstance(self.data.where, str)",
        'self.data.changed == "Green"',
    ],
)
def test_a_comparison_that_may_be_true_is_not_reported(look: Look, test: str) -> None:
    assert look(ANSWERED.format(test=test)) == []


@pytest.mark.parametrize(
    ("test", "told"),
    [
        (
            "self.data.kind",
            "self.data.kind is always true, because it is the key of an option: 'g'. Compare it"
            " with a key: self.data.kind == 'g'.",
        ),
        (
            "not self.data.kind",
            "self.data.kind is always true, because it is the key of an option: 'g'. Compare it"
            " with a key: self.data.kind == 'g'.",
        ),
        (
            'self.data.code.upper == "A"',
            "self.data.code.upper is a method that is not called. Write self.data.code.upper().",
        ),
        (
            "turn.say(self.data.code * 2)",
            "self.data.code is a text, so `*` repeats the text. Read the answer by"
            " accept=parse.integer() or parse.decimal().",
        ),
        (
            'turn.say(f"To {self.data.where}")',
            "self.data.where may be a parse.Location, and the contact would read"
            " Location(latitude=…). Test isinstance(self.data.where, parse.Location), and send its"
            " coordinates by bot.Location.",
        ),
    ],
)
def test_an_expression_that_does_not_fit_an_answer_is_reported(
    look: Look, test: str, told: str
) -> None:
    assert look(ANSWERED.format(test=test)) == [f"13: warning: Tea.look: {told}"]


@pytest.mark.parametrize(
    "test",
    [
        "self.data.sure",
        "self.data.code",
        'self.data.kind and self.data.code == "A"',
        "self.data.changed",
        'self.data.code.upper() == "A"',
        "any(map(self.data.code.startswith, 'ab'))",
        "turn.say(self.data.code * len(self.data.kind))",
        "isinstance(self.data.where, str) and turn.say(f'To {self.data.where}')",
    ],
)
def test_an_expression_that_may_fit_an_answer_is_not_reported(look: Look, test: str) -> None:
    assert look(ANSWERED.format(test=test)) == []


TYPED = """\
from dataclasses import dataclass
from typing import Literal
@dataclass
class Wanted:
    kind: {kind}
class Tea(Flow):
    start_on = ("tea",)
    data: Wanted
    kind = choose("?", {{"g": Option("Green", to="look"), "b": Option("Black", to="look")}})
    @step(to=END)
    def look(self, turn: Turn) -> str:
        if self.data.kind == {text}:
            turn.say("Yes")
        return END
"""


@pytest.mark.parametrize("kind", ["str = ''", "str | None = None", 'Literal["g", "b", ""] = ""'])
def test_an_answer_in_a_typed_field_is_compared_too(look: Look, kind: str) -> None:
    (found,) = look(TYPED.format(kind=kind, text='"Green"'))

    assert found.startswith("12: warning: Tea.look: self.data.kind is never 'Green': that is a")


@pytest.mark.parametrize(
    ("kind", "text"),
    [("str = 'none'", '"none"'), ("str = ''", '"b"'), ("int | str = 0", '"Green"')],
)
def test_a_typed_field_that_may_have_the_value_is_not_reported(
    look: Look, kind: str, text: str
) -> None:
    assert look(TYPED.format(kind=kind, text=text)) == []


def test_a_typed_answer_with_an_empty_default_may_be_tested(look: Look) -> None:
    flow = TYPED.format(kind="str = ''", text='"g"')

    assert look(flow.replace('self.data.kind == "g"', "self.data.kind")) == []


def test_a_change_of_the_default_of_missing_data_is_reported(look: Look) -> None:
    flow = ANSWERED.format(test="self.data.kind == 'g'")

    assert look(flow.replace('turn.say("Yes")', 'self.data.get("all", []).append("a")')) == [
        "14: warning: Tea.look changes the default of self.data.get, which is not stored. Store it"
        " first, such as self.data.all = […]."
    ]


TIMED = """\
class Tea(Flow):
    start_on = ("tea",)
    kind = choose("?", {{"g": Option("Green", to=END)}}{timeout})
    @on("timeout")
    def late(self, turn: Turn) -> None:
        turn.say("Too late.")
"""


def test_a_handler_of_a_timeout_that_no_event_reports_is_reported(look: Look) -> None:
    assert look(TIMED.format(timeout=', timeout=("1h", END)')) == [
        "4: warning: Tea: the event 'timeout' comes only if a program sends it. If a question"
        " times out, the flow goes to the state in its `timeout`."
    ]


def test_a_handler_of_a_timeout_that_a_program_may_send_is_not_reported(look: Look) -> None:
    assert look(TIMED.format(timeout="")) == []


def test_a_message_that_is_refused_after_another_one_is_reported(look: Look) -> None:
    flow = ANSWERED.format(test="self.data.kind == 'g'")

    (found,) = look(flow.replace('turn.say("Yes")', 'turn.say("Yes", 2)'))

    assert (
        "a message must be a text or a message object of the package bot, such as Text(…), not int"
        in found
    )


OFFERS = """\
class Shop:
    async def free(self, day: str) -> list[str]: ...
class Tea(Flow):
    start_on = ("tea",)
    day = ask("?", accept=parse.text(), to="time")
    {define} free({parameters}) -> dict[str, str]:
        return {{time: time for time in {times}}}
    time = choose("?", free, to=END)
"""


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (
            ("async def", "data, shop: Shop", "shop.free(data.day)"),
            "free() does not await shop.free(), so it gets a coroutine instead of the result. Write"
            " await before the call.",
        ),
        (
            ("def", "self", "[self.data.day]"),
            "free gets the flow's data as self, not the flow. Write self.day.",
        ),
    ],
)
def test_a_function_of_options_with_a_mistake_is_reported(
    look: Look, parts: tuple[str, str, str], told: str
) -> None:
    define, parameters, times = parts
    text = OFFERS.format(define=define, parameters=parameters, times=times)

    assert f"7: Tea.time: {told}" in look(text)
