"""Mistakes in subclasses of Keywords: what loading refuses, and what `bot check` reports."""

from collections.abc import Callable

import pytest

from tests.support.checked_flows import FoundIn

Look = Callable[[str], list[str]]

TOP = """\
from bot import AGAIN, END, Flow, Keywords, Turn, ask, keyword, parse
class Tea(Flow):
    start_on = ("tea",)
    size = ask("Size?", accept=parse.text(), to=END)
class Ours(Keywords):
"""


@pytest.fixture
def look(found_in: FoundIn) -> Look:
    """Returns the findings in a class of keywords, each with its line in the class."""

    def write(body: str) -> list[str]:
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        return [f"{each.line - 5}: {each.what}" for each in found_in(TOP + lines)]

    return write


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            "@keyword\ndef price(self, turn): ...",
            "1: @keyword names no word. Write the words that price() answers: @keyword('price').",
        ),
        (
            "@keyword()\ndef price(self, turn): ...",
            "2: Ours.price: this method has no keywords. Name them: @keyword('price').",
        ),
        (
            "@keyword(5)\ndef price(self, turn): ...",
            "1: keyword: 5 is not a text. Write the words: @keyword('price').",
        ),
        (
            "def no_match(self, turn): ...",
            "1: Ours.no_match: this method is called with (self, turn, starts), but takes (self,"
            " turn). Write def no_match(self, turn, starts).",
        ),
        (
            "def canceled(self): ...",
            "1: Ours.canceled: this method is called with (self, turn), but takes (self). Write def"
            " canceled(self, turn).",
        ),
        (
            "async def canceled(self, turn): ...",
            "1: Ours.canceled: this method is async, and nothing awaits it. Write def"
            " canceled(self, turn), without async.",
        ),
        (
            'not_understood = "What?"',
            "1: Ours.not_understood: the value is 'What?'; it must be a method: def"
            " not_understood(self, turn).",
        ),
        (
            'handoff_hours = "Mon-Fri 08:00-17:00"',
            "1: Ours.handoff_hours: the value is 'Mon-Fri 08:00-17:00'; it must be opening hours:"
            " Hours('Mon-Fri 08:00-17:00', zone='Europe/Stockholm').",
        ),
        (
            "def no_match(self, turn: Turn): ...",
            "1: Ours.no_match: this method is called with (self, turn, starts), but takes (self,"
            " turn). Write def no_match(self, turn, starts).",
        ),
        (
            'def canceled(self, turn):\n    yield "Bye."',
            "1: Ours.canceled: this method has a `yield`, so calling it runs nothing. Send messages"
            " by turn.say(…).",
        ),
        (
            '@keyword(["price", "cost"])\ndef price(self, turn): ...',
            "1: keyword: ['price', 'cost'] is not a text. Write the words: @keyword('price',"
            " 'cost').",
        ),
        (
            '@keyword("price")\ndef price(self, turn):\n    return Tea',
            "3: Ours.price returns a class. Return the flow's name: 'tea'.",
        ),
        (
            'change = "edit"',
            "1: Ours.change: the value is 'edit'; it must be a tuple of words: ('change', 'edit').",
        ),
        (
            'def not_understood(self, turn):\n    turn.say("What?")',
            "1: Ours.not_understood returns None, but the contact gets the text that this"
            " method returns. Return a text instead of calling turn.say.",
        ),
        (
            "def earlier_question(self, turn):\n    if turn.text:\n        return 'Old.'\n"
            "    return None",
            "1: Ours.earlier_question returns None, but the contact gets the text that this"
            " method returns. Return a text instead of calling turn.say.",
        ),
    ],
)
def test_a_mistake_in_keywords_is_reported_with_its_line(look: Look, body: str, told: str) -> None:
    assert told in look(body)


@pytest.mark.parametrize(
    "body",
    [
        "def no_match(self, turn, starts, more=None): ...",
        "def no_match(self, *args): ...",
        "def canceled(self, turn: Turn, /) -> None: ...",
        "def not_understood(self, turn):\n    return 'What?' if turn.text else super().x",
        "def not_understood(self, turn):\n    raise NotImplementedError",
        "@keyword('go back')\ndef back(self, turn):\n    return AGAIN",
        "def agent(self, turn):\n    return AGAIN",
        "handoff_hours = None\nchange = ('edit',)",
        "def repeats_itself(self, turn): ...",
    ],
)
def test_keywords_that_fit_are_not_reported(look: Look, body: str) -> None:
    assert look(body) == []
