"""Findings of `bot check` about hooks: a missing await, a lost Hooks, and wrong names."""

from collections.abc import Callable

import pytest

from tests.support.checked_flows import FoundIn

Look = Callable[[str], list[str]]

TOP = "from bot import END, Flow, Hooks, Option, choose\n"
FLOW = """
class Tea(Flow):
    start_on = ("tea",)
    size = choose("Size?", {"s": Option("Small", to=END)})
"""


@pytest.fixture
def look(found_in: FoundIn) -> Look:
    """Returns the errors of a module with these hooks. The hooks begin in line 1."""

    def write(text: str) -> list[str]:
        return [f"{each.line - 1}: {each.what}" for each in found_in(TOP + text + FLOW)]

    return write


@pytest.mark.parametrize(
    ("hook", "text", "line", "told"),
    [
        (
            "around_turn",
            "async def log(turn, proceed):\n    proceed()\n",
            4,
            "log does not await proceed(), so no flow handles a turn. Write `await proceed()`.",
        ),
        (
            "around_send",
            "async def log(entry, proceed):\n    return proceed()\n",
            4,
            "log does not await proceed(), so no message is sent. Write `await proceed()`.",
        ),
        (
            "around_turn",
            "def log(turn, proceed):\n    proceed()\n",
            4,
            "log is not async and can't await proceed(), so no flow handles a turn. Write"
            " `async def log(turn, proceed)` and `await proceed()`.",
        ),
        (
            "around_turn",
            "def log(turn, proceed):\n    print(turn)\n",
            3,
            "log never calls proceed(), so no flow handles a turn. Write"
            " `async def log(turn, proceed)` and `await proceed()`.",
        ),
        (
            "around_turn",
            "async def log(turn, proceed):\n    if turn:\n        return\n    await proceed()\n",
            5,
            "log returns without `await proceed()`, so the turn fails. Await proceed() on every"
            " path. To send nothing to a contact, use @hooks.around_send, which may return without"
            " proceed().",
        ),
        (
            "recognize()",
            "def guess(turn, candidates):\n    return 's'\n",
            3,
            "hooks.recognize: guess() must be async: async def guess(turn, candidates).",
        ),
        (
            "handoff",
            "def tell(told):\n    print(told)\n",
            3,
            "hooks.handoff: tell() must be async: async def tell(told).",
        ),
    ],
)
def test_hook_that_awaits_nothing_is_reported(look, hook, text, line, told):
    assert look(f"hooks = Hooks()\n@hooks.{hook}\n{text}") == [f"{line}: {told}"]


@pytest.mark.parametrize(
    "text",
    [
        "@hooks.around_turn\ndef log(turn, proceed):\n    return proceed()\n",
        "@hooks.around_turn\nasync def log(turn, proceed):\n    x = proceed()\n    await x\n",
        "@hooks.around_send\nasync def log(entry, proceed):\n    return\n",
        "@hooks.around_send\nasync def log(entry, proceed):\n    if entry:\n        return\n"
        "    await proceed()\n",
        "@hooks.around_turn\nasync def log(turn, proceed):\n    if turn:\n"
        "        await proceed()\n        return\n    await proceed()\n",
        "import asyncio\n@hooks.around_turn\nasync def log(turn, proceed):\n"
        "    await asyncio.wait_for(proceed(), 3)\n",
        "async def run(proceed):\n    await proceed()\n"
        "@hooks.around_turn\nasync def log(turn, proceed):\n    await run(proceed)\n",
        "async def late(turn):\n    return None\n"
        "@hooks.recognize()\ndef guess(turn, candidates):\n    return late(turn)\n",
    ],
)
def test_hook_that_can_be_awaited_is_not_reported(look, text):
    assert look("hooks = Hooks()\n" + text) == []


@pytest.mark.parametrize(
    "hook", ["handoff", "service", "around_turn", "recognize", "recognize()", "transcribe"]
)
def test_hooks_without_parentheses_is_named_once(look, hook):
    assert look(f"hooks = Hooks\n@hooks.{hook}\nasync def use(*given):\n    yield given\n") == [
        "1: hooks is the class Hooks, not an object. Write hooks = Hooks(), with parentheses."
    ]


def test_hook_of_the_class_is_named_once(look):
    assert look("@Hooks.around_turn\nasync def log(turn, proceed):\n    await proceed()\n") == [
        "1: Hooks is a class, but a hook needs an object. Write hooks = Hooks() above, and"
        " @hooks.around_turn."
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("class Own:\n    hooks = Hooks()\n    @hooks.around_turn\n    {log}", 4),
        ("def make():\n    hooks = Hooks()\n    @hooks.around_turn\n    {log}\nmake()\n", 4),
        ("hooks = [Hooks()]\n@hooks[0].around_turn\n{log}", 3),
    ],
)
def test_hooks_that_no_module_has_is_reported_instead_of_its_functions(look, text, line):
    log = "async def log(turn, proceed): print(turn)\n"
    assert look(text.format(log=log)) == [
        f"{line}: log is never called, because its Hooks is not a variable of a module. Write"
        " hooks = Hooks() outside of functions and classes, and @hooks.around_turn."
    ]


def test_hooks_that_a_function_returns_to_the_module_is_in_use(look):
    text = (
        "def make():\n    hooks = Hooks()\n    @hooks.around_turn\n"
        "    async def log(turn, proceed):\n        await proceed()\n    return hooks\n"
        "mine = make()\n"
    )
    assert look(text) == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("arround_send", "Did you mean 'around_send'?"),
        (
            "startup",
            "It has service, around_turn, around_send, handoff, recognize, transcribe.",
        ),
    ],
)
def test_unknown_hook_is_told_the_known_ones(look, name, told):
    assert look(f"hooks = Hooks()\n@hooks.{name}\nasync def use(x): ...\n") == [
        f"2: AttributeError: 'Hooks' object has no attribute '{name}'. {told}"
    ]


def test_unknown_option_of_a_hook_is_told_the_known_ones(look):
    assert look("hooks = Hooks()\n@hooks.transcribe(timeout=3)\nasync def use(x, y): ...\n") == [
        "2: TypeError: Hooks.transcribe() got an unexpected keyword argument 'timeout'. Did you"
        " mean 'timeout_s'?"
    ]


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (
            "hooks = Hooks()\n@hooks.service\nasync def db(_):\n    time.sleep(1)\n    yield 1\n",
            5,
            "db: time.sleep() blocks all contacts until it ends. Await an async call instead, or"
            " await asyncio.to_thread(time.sleep, …).",
        ),
        (
            "async def price():\n    return requests.get('https://shop.example')\n",
            3,
            "price: requests.get() blocks all contacts until it ends. Await an async call instead,"
            " or await asyncio.to_thread(requests.get, …).",
        ),
    ],
)
def test_async_function_that_blocks_is_reported(look, text, line, told):
    assert look(f"import time; import types; requests = types.SimpleNamespace()\n{text}") == [
        f"{line}: {told}"
    ]


def test_function_that_may_run_in_a_thread_may_block(look):
    assert look("import time\ndef price():\n    time.sleep(1)\n") == []
