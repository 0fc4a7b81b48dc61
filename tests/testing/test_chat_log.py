"""A contact's log becomes a conversation that goes the same way when it is played."""

import pytest

from bot import END, Card, Carousel, Flow, Option, choose, reply
from bot.items.turn_log import decode
from bot.store import Store
from bot.testing.chat_file import Chat, Reply, read, write
from bot.testing.chat_log import chat_of
from bot.testing.chat_player import create_contact, difference, play
from bot.testing.simulation import Simulation


async def exported(simulation, contact) -> Chat:
    lines = await simulation.bot.store.reader.log(contact.session.address.key)
    return chat_of([decode(line) for line in reversed(lines)], contact.session)


@pytest.fixture
async def elsewhere(bot_settings, bot_flows):
    """Another simulation with an empty store, as a later test run has it."""
    from dataclasses import replace

    settings = replace(bot_settings, namespace=f"{bot_settings.namespace}-2")
    store = await Store.open(settings)
    simulation = Simulation(store, bot_flows, settings)
    yield simulation
    await simulation.aclose()
    await store.close()


@pytest.mark.parametrize("mode", ["CONVERSATION", "DISPATCH"])
@pytest.mark.parametrize("channel", ["SMS", "WHATSAPP"])
async def test_it_goes_the_same_way(simulation, contacts, elsewhere, channel, mode):
    from bot.testing.contact import SimulatedContact

    [contact] = contacts(1, channel=channel, mode=mode, language="en")
    await contact.waits("3h")
    await contact.says("order")
    await contact.taps("Brass bell, 9 €")
    await contact.waits("10m")
    await contact.says("2")
    await contact.sends_location(55.6, 13.0, title="Home")
    await contact.waits("45m")
    await contact.reads()
    await contact.taps("Yes, order")
    await contact.says("stop")

    chat = read(write(await exported(simulation, contact)))
    again = create_contact(
        chat, elsewhere, lambda **options: SimulatedContact(elsewhere, **options)
    )
    played = await play(chat, again)

    assert difference(chat, played) == ""
    assert [e for e in chat.entries if isinstance(e, Reply)] == [
        e for e in contact.entries if isinstance(e, Reply)
    ]
    assert chat.headers["at"] == "2026-01-05T12:00:00Z"


async def test_a_log_that_begins_within_a_flow_says_so(simulation, contact):
    await contact.says("order")
    await contact.says("bell")
    lines = await simulation.bot.store.reader.log(contact.session.address.key)

    chat = chat_of([decode(lines[0])], contact.session)

    assert chat.about == ["The log begins in the middle of a flow, so nothing can be played."]
    assert chat.entries == []


class Market(Flow):
    start_on = ("market",)

    goods = choose(
        Carousel(
            [Card(name, "Fine", choices=[reply("Buy", postback=name)]) for name in ("Lamp", "Lock")]
        ),
        {name: Option(name, to=END) for name in ("Lamp", "Lock")},
    )


@pytest.mark.flows([Market])
@pytest.mark.contact(channel="RCS")
async def test_a_label_of_several_cards_is_written_with_its_card(simulation, contact):
    await contact.says("market")
    await contact.taps("Buy", card="Lock")

    assert "> [Lock] [Buy]\n" in write(await exported(simulation, contact))
