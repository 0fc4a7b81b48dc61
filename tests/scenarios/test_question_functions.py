"""How often the function of a question is called."""

from typing import Any

import pytest

from bot import END, Flow, call, choose

asked: list[str] = []

READING = 3
"""Calls of a question's function while an answer is read that names no option."""


def which(data: Any) -> str:
    asked.append("which")
    return "Which tea?"


def counted(data: Any) -> str:
    asked.append("how many")
    return "How many?"


class Cup(Flow):
    many = choose(counted, {str(n): f"{n} cups" for n in range(1, 15)}, to=END)


class Tea(Flow):
    start_on = ("tea",)

    kind = choose(which, {"green": "Green", "black": "Black"}, to="cup")
    cup = call("cup", to=END)


pytestmark = pytest.mark.flows([Tea, Cup])


@pytest.fixture(autouse=True)
def nothing_asked() -> None:
    asked.clear()


@pytest.mark.parametrize("channel", ["SMS", "WHATSAPP"])
async def test_is_once_for_a_question(contacts, channel):
    (contact,) = contacts(1, channel=channel)
    await contact.says("tea")

    contact.sees("Which tea?")
    assert asked == ["which"]


@pytest.mark.parametrize("channel", ["SMS", "WHATSAPP"])
async def test_is_once_for_a_called_question_whose_options_need_pages(contacts, channel):
    (contact,) = contacts(1, channel=channel)
    await contact.says("tea")
    await contact.taps("Green")

    contact.sees("How many?")
    assert asked.count("how many") == 1


@pytest.mark.parametrize("channel", ["SMS", "WHATSAPP"])
async def test_is_once_for_a_repetition(contacts, channel):
    """Reading the answer also calls the function, for labels that only the question has."""
    (contact,) = contacts(1, channel=channel)
    await contact.says("tea")
    asked.clear()
    await contact.says("coffee, please")

    contact.sees("Sorry, I didn't understand that. Which tea?")
    assert asked == ["which"] * (READING + 1)
