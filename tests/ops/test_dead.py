"""Dead letters are listed, shown, tried again and dropped."""

import json

import pytest

from bot.ops import dead_letters
from bot.ops.common import OperationError
from bot.testing.contact import SimulatedContact
from bot.testing.simulation import Simulation
from tests.support.deployment import Pizza

pytestmark = pytest.mark.flows([Pizza])


@pytest.fixture
async def letter(simulation: Simulation, contact: SimulatedContact) -> str:
    """The id of the dead letter of a turn that has failed in all its tries."""
    await contact.says("pizza")
    await contact.taps("Small")
    await contact.says("nowhere")
    await contact.waits("1h")
    (only,) = [each async for each in simulation.bot.store.admin.dead_letters()]
    return only.id


async def test_lists_what_was_given_up_without_its_content(simulation, letter, capsys):
    await dead_letters.list_letters(simulation.bot.store, as_json=True)

    told = capsys.readouterr().out
    found = json.loads(told)
    assert (found["id"], found["kind"], found["tries"]) == (letter, "turn", 4)
    assert found["reason"] == "RuntimeError in pizza/place"
    assert found["at"].startswith("2026-01-05T")
    assert "nowhere" not in told


async def test_lists_a_table_for_people(simulation, letter, capsys):
    await dead_letters.list_letters(simulation.bot.store, as_json=False)

    told = capsys.readouterr().out
    assert letter in told
    assert "RuntimeError" in told


async def test_an_empty_list_says_so(simulation, capsys):
    await dead_letters.list_letters(simulation.bot.store, as_json=False)

    assert capsys.readouterr().out == "There are no dead letters.\n"


async def test_shows_everything_about_one(simulation, letter, capsys):
    await dead_letters.show(simulation.bot.store, letter)

    told = json.loads(capsys.readouterr().out)
    (item,) = told["items"]
    text = item["callback"]["message"]["contact_message"]["text_message"]["text"]
    assert text == "nowhere"
    assert told["session"]["chains"][0]["runs"][0]["state"] == "address"
    assert told["reply"] is None


async def test_tries_one_again(simulation, contact, letter, capsys, monkeypatch):
    await dead_letters.retry(simulation.bot.store, [letter], everything=False)

    assert capsys.readouterr().out == "1 dead letter queued again. A worker will try again.\n"
    assert len(await simulation.bot.store.reader.inbox(contact.session.address.key)) == 1
    assert [each async for each in simulation.bot.store.admin.dead_letters()] == []


async def test_drops_all(simulation, letter, capsys):
    await dead_letters.drop(simulation.bot.store, [], everything=True)

    assert capsys.readouterr().out == "1 dead letter dropped.\n"
    assert [each async for each in simulation.bot.store.admin.dead_letters()] == []


@pytest.mark.parametrize("act", [dead_letters.retry, dead_letters.drop])
async def test_nothing_is_done_where_one_is_unknown(simulation, letter, act):
    with pytest.raises(OperationError, match="no dead letter '0-1-1'"):
        await act(simulation.bot.store, [letter, "0-1-1"], everything=False)

    assert len([each async for each in simulation.bot.store.admin.dead_letters()]) == 1


@pytest.mark.parametrize("everything", [True, False])
async def test_either_ids_or_all_must_be_given(simulation, letter, everything):
    ids = [letter] if everything else []
    with pytest.raises(OperationError, match="Give ids of dead letters, or --all"):
        await dead_letters.retry(simulation.bot.store, ids, everything=everything)
