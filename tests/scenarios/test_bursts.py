"""Contacts who answer in several messages."""

import pytest

from bot import END, Flow, ask, choose, parse
from bot.flow.states import Option


def note(policy):
    class Note(Flow):
        start_on = ("note",)

        text = ask("Tell me.", accept=parse.text(), to="sure", bursts=(policy, "5s"))
        sure = choose("Keep it?", {"yes": Option("Yes", to=END)})

    return Note


@pytest.mark.flows([note("merge")])
async def test_merges_texts_into_one_answer(contact):
    await contact.says("note")
    await contact.says("one")
    contact.sees_nothing()
    await contact.waits("3s")
    await contact.says("two")
    await contact.waits("3s")
    contact.sees_nothing()
    await contact.waits("3s")

    contact.sees("Keep it?")
    contact.sees_nothing()
    assert contact.data == {"text": "one\ntwo"}


@pytest.mark.flows([note("latest")])
async def test_takes_the_latest_alone(contact):
    await contact.says("note")
    await contact.says("one")
    await contact.says("two")
    await contact.waits("6s")

    contact.sees("Keep it?")
    assert contact.data == {"text": "two"}


@pytest.mark.flows([note("merge")])
async def test_does_not_wait_for_ever(contact):
    await contact.says("note")
    for number in range(12):
        await contact.says(str(number))
        await contact.waits("4s")

    assert contact.data["text"].startswith("0\n1\n2")
    assert contact.state == "sure"
