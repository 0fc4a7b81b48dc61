"""A copy of a real contact's conversation continues here, and the real store is unchanged."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from redis import Redis

from bot.dev.chat import Chat, Phone
from bot.dev.copy_contact import copied, take
from bot.errors import ConfigError
from bot.flow.load import load_flows
from bot.ops.common import OperationError
from bot.settings import Settings
from bot.store import Store
from bot.testing.contact import SimulatedContact
from bot.testing.simulation import Simulation
from tests.support.dev_stack import lines

BANK = """
from bot import END, ContactData, Flow, Option, ask, choose, parse, step


class Customer(ContactData):
    secrets = ("number",)

    name: str = ""
    number: str = ""


class Bank(Flow):
    start_on = ("bank",)
    version = 2

    who = ask("Your name?", accept=parse.text(), to="pin", remind={"1h": "Well?"})
    pin = ask("Your PIN?", accept=parse.text(min_length=4), to="sure", secret=True)
    sure = choose("Shall we?", {"yes": Option("Yes", to="done"), "no": Option("No", to="who")})

    @step(to=END)
    def done(self, turn):
        customer = turn.contact.data
        if customer.number:
            turn.say(f"{customer.name} has the number {customer.number}.")
        turn.say(f"{self.data.who}, your PIN ends in {self.data.pin[-1]}.")
        return END
"""


@pytest.fixture
def flows(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    folder = tmp_path / f"flows_of_fork_{abs(hash(request.node.name))}"
    folder.mkdir()
    (folder / "bank.py").write_text(BANK)
    return folder


@pytest.fixture
def live_settings(settings: Settings, flows: Path, tmp_path: Path) -> Settings:
    return replace(settings, flows=str(flows), home=str(tmp_path / "home"), shards=2)


@pytest.fixture
async def live(live_settings: Settings) -> AsyncIterator[Simulation]:
    """The bot that serves people, at the present time."""
    store = await Store.open(live_settings)
    try:
        simulation = Simulation(
            store, load_flows(live_settings.flows), live_settings, at=time.time()
        )
        yield simulation
        await simulation.aclose()
    finally:
        await store.close()


@pytest.fixture
async def contact(live: Simulation) -> SimulatedContact:
    """A contact who has given name and PIN, and is asked whether to continue."""
    contact = SimulatedContact(live, "WHATSAPP")
    for said in ("bank", "Ada", "4711"):
        await contact.says(said)
    contact.sees("Shall we?")
    return contact


def kept(settings: Settings) -> dict[bytes, bytes]:
    """Return everything in the real store."""
    with Redis.from_url(settings.redis_url) as client:
        return {key: client.dump(key) for key in client.scan_iter(f"{settings.namespace}:*")}


async def goes_on(settings: Settings, name: str, *said: str) -> list[str]:
    """Write these lines to the copy. Return what is printed first."""
    fork = await take(settings, name)
    channel = fork.session.address.channel
    async with (
        copied(settings, fork, channel, "46700000001") as (where, _),
        httpx.AsyncClient() as http,
    ):
        chat = Chat(Phone(http, where, channel, "46700000001"), channel)
        await chat.begin(())
        await chat.follow(lines(*said))
    return fork.remarks


async def test_it_goes_on_where_the_contact_is(live, contact, capsys):
    before, requests = kept(live.settings), len(live.platform.record.requests)

    remarks = await goes_on(live.settings, contact.phone.identity, "yes")

    assert capsys.readouterr().out.splitlines() == ["> yes", "Ada, your PIN ends in 1."]
    assert remarks == []
    assert kept(live.settings) == before
    assert len(live.platform.record.requests) == requests
    await contact.taps("Yes")
    contact.sees("Ada, your PIN ends in 1.")


async def test_what_was_said_before_is_told_without_secrets(live, contact):
    fork = await take(live.settings, contact.session.address.key)

    assert [line.text for line in fork.lines][-3:] == ["Your PIN?", "***", "Shall we?"]
    assert "4711" not in repr(fork)


@pytest.mark.parametrize("keys", ["", "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItb3Q="])
async def test_a_secret_that_cannot_be_opened_is_asked_anew(live, contact, keys, capsys):
    settings = replace(
        live.settings,
        secret_keys=Settings.from_env({"BOT_SECRET_KEY": keys}, dotenv=None).secret_keys,
    )

    remarks = await goes_on(settings, contact.phone.identity, "1239", "yes")

    assert "answer to pin is secret" in remarks[0]
    assert capsys.readouterr().out.splitlines()[-1] == "Ada, your PIN ends in 9."


async def test_timers_come_along(live):
    contact = SimulatedContact(live, "SMS")
    await contact.says("bank")

    fork = await take(live.settings, contact.phone.identity)

    assert [timer.name.partition("@")[0] for timer in fork.timers] == ["remind:0"]
    assert fork.timers == await live.bot.store.reader.timers(fork.contact)


async def test_a_contact_with_a_person_talks_to_the_bot_here(live, contact, capsys):
    await live.bot.pause(contact.session.address)
    await live.run_until_idle()

    remarks = await goes_on(live.settings, contact.phone.identity, "no")

    assert remarks == ["A person handles this contact. In this copy, the bot answers instead."]
    assert capsys.readouterr().out.splitlines() == ["> no", "Your name?"]


async def test_an_unknown_contact_is_told(live):
    with pytest.raises(OperationError, match="no contact '46799'"):
        await take(live.settings, "46799")


async def test_a_state_that_is_gone_is_told_with_the_way_out(live, contact):
    path = Path(live.settings.flows) / "bank.py"
    path.write_text(BANK.replace("sure", "really"))
    settings = replace(live.settings, flows=str(path.parent.rename(path.parent.parent / "later")))

    with pytest.raises(OperationError, match=r"bank/sure of version 2.*migrate = \{2: \{\"sure\""):
        await take(settings, contact.phone.identity)


async def test_a_store_that_no_bot_uses_is_left_as_it_is(live_settings):
    settings = replace(live_settings, namespace=f"{live_settings.namespace}-none")

    with pytest.raises(ConfigError, match="No bot has used the namespace"):
        await take(settings, "46799")
    assert kept(settings) == {}


async def test_the_folder_is_removed(live, contact, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    await goes_on(live.settings, contact.phone.identity)

    assert await asyncio.to_thread(lambda: list(tmp_path.glob("bot-*"))) == []


async def test_contact_data_comes_along_with_its_secrets(live, capsys):
    contact = SimulatedContact(live, "SMS", data={"name": "Bo", "number": "N-12"})
    for text in ("bank", "Bo", "4711"):
        await contact.says(text)
    await goes_on(live.settings, contact.phone.identity, "yes")
    assert "Bo has the number N-12." in capsys.readouterr().out.splitlines()

    keyless = replace(live.settings, secret_keys=())
    remarks = await goes_on(keyless, contact.phone.identity, "1239", "yes")
    assert "Secret data of the contact was not copied: number." in remarks[0]
    assert "N-12" not in capsys.readouterr().out
