"""How often the function of a question is called, and what happens if the function fails."""

from typing import Any

import pytest

from bot import END, Flow, call, choose

asked: list[str] = []


def which(data: Any) -> str:
    asked.append("which")
    return "Which tea?"


def once(data: Any) -> str:
    asked.append("where")
    if len(asked) > 1:
        raise ValueError("the table is gone")
    return "Where?"


def counted(data: Any) -> str:
    asked.append("how many")
    return "How many?"


class Cup(Flow):
    many = choose(counted, {str(n): f"{n} cups" for n in range(1, 15)}, to=END)


class Tea(Flow):
    start_on = ("tea",)

    kind = choose(which, {"green": "Green", "black": "Black", "jasmine": "Jasmine"}, to="cup")
    cup = call("cup", to=END)


class Table(Flow):
    start_on = ("table",)

    place = choose(once, {"in": "Inside", "out": "Outside"}, to=END)


pytestmark = pytest.mark.flows([Tea, Cup, Table])


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
@pytest.mark.parametrize("answer", ["Jasmine", "3", "the jasmine one, please", "jasmne"])
async def test_is_once_for_an_answer(contacts, channel, answer):
    """The function is called for labels that only the question's message has."""
    (contact,) = contacts(1, channel=channel)
    await contact.says("tea")
    asked.clear()
    await contact.says(answer)

    contact.sees("How many?")
    assert asked == ["which", "how many"]


@pytest.mark.parametrize("channel", ["SMS", "WHATSAPP"])
async def test_is_once_for_an_answer_and_once_for_the_repetition(contacts, channel):
    (contact,) = contacts(1, channel=channel)
    await contact.says("tea")
    asked.clear()
    await contact.says("coffee, please")

    contact.sees("Sorry, I didn't understand that. Which tea?")
    assert asked == ["which", "which"]


async def test_keyword_works_although_the_function_fails_for_the_answer(contact):
    await contact.says("table")
    await contact.says("cancel")

    contact.sees("All right, that's canceled.")


@pytest.mark.parametrize("answer", ["Inside", "1", "elsewhere"])
async def test_contact_is_handed_over_if_the_function_fails_for_the_answer(contact, answer):
    """There is no previous question that could be asked again."""
    await contact.says("table")
    await contact.says(answer)

    contact.sees("A colleague will take over.")
