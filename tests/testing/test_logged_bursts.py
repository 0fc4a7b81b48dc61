"""A burst is in the log with all its messages: for transcripts, replays and `.chat` files."""

from dataclasses import replace

import pytest

from bot import END, Flow, Option, ask, choose, parse
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.items.turn_log import decode
from bot.ops.transcript import as_text, read
from bot.store import Store
from bot.testing.chat_log import chat_of
from bot.testing.chat_player import create_contact, difference, play
from bot.testing.contact import SimulatedContact
from bot.testing.simulation import Simulation
from bot.tooling.replay import replay, told


def note(question="Keep it?", policy="merge"):
    class Note(Flow):
        start_on = ("note",)

        text = ask("Tell me.", accept=parse.text(), to="sure", bursts=(policy, "5s"))
        sure = choose(lambda data: f"{question} {data.text}", {"yes": Option("Yes", to=END)})

    return Note


pytestmark = pytest.mark.flows([note()])


@pytest.fixture
async def talked(contact):
    await contact.says("note")
    for word in ("one", "two", "three"):
        await contact.says(word)
        await contact.waits("3s")
    await contact.waits("3s")
    contact.sees("Keep it? one\ntwo\nthree")
    await contact.says("yes")
    return contact


async def test_a_transcript_tells_each_message(talked, simulation):
    lines = await read(simulation.bot.store, talked.session.address.key)

    said = [line.text for line in lines if line.who == "contact"]
    assert said == ["note", "one", "two", "three", "yes"]
    assert [line.states for line in lines if line.text == "one"] == [[]]
    assert "> three  = note/sure" in as_text(lines)


async def test_a_replay_takes_them_together(talked, simulation, monkeypatch):
    async def replayed(flow):
        monkeypatch.setattr("bot.tooling.replay.load_flows", lambda where: Flows([of_class(flow)]))
        return told(await replay(simulation.settings, 0.0))

    assert (await replayed(note()))[-1].endswith("none differ, 0 not run")
    assert "  +< Sure? one" in await replayed(note("Sure?"))
    assert "  +< Keep it? three" in await replayed(note(policy="latest"))


async def test_a_chat_file_of_it_goes_the_same_way(talked, simulation, bot_settings, bot_flows):
    lines = await simulation.bot.store.reader.log(talked.session.address.key)
    chat = chat_of([decode(line) for line in reversed(lines)], talked.session)
    settings = replace(bot_settings, namespace=f"{bot_settings.namespace}-2")
    store = await Store.open(settings)
    elsewhere = Simulation(store, bot_flows, settings)

    again = create_contact(
        chat, elsewhere, lambda **options: SimulatedContact(elsewhere, **options)
    )
    played = await play(chat, again)
    await elsewhere.aclose()
    await store.close()

    assert difference(chat, played) == ""
