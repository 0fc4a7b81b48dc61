"""Answers marked secret are nowhere but, encrypted, in the session."""

import pytest
from cryptography.fernet import Fernet

from bot import END, Flow, Turn, ask, call, parse, step
from bot.contact.session import decode
from bot.engine.secret_answers import AnswerCipher
from bot.errors import ConfigError
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.settings import Secret

PIN, CARD = "4711-private", "9876543"


class Pin(Flow):
    start_on = ("pin",)
    seen = ""

    pin = ask("Your PIN?", accept=parse.text(min_length=4), to="number", secret=True)
    number = ask("Your card?", accept=parse.integer(), to="check", secret=True)

    @step(to="done")
    def check(self, turn: Turn) -> str:
        type(self).seen = f"{self.data.pin}/{self.data.number + 1}"
        turn.say("Thank you.")
        return "done"

    done = ask("Anything else?", accept=parse.text(), to=END)


class Outer(Flow):
    start_on = ("outer",)

    inner = call("pin", to="after")
    after = ask("And now?", accept=parse.text(), to=END)


pytestmark = pytest.mark.flows([Pin, Outer])


async def everything(simulation) -> bytes:
    """All that the store holds of this simulation, keys and values."""
    store = simulation.bot.store
    client, prefix = store.connection.client, store.connection.keys.namespace
    found = b""
    async for key in client.scan_iter(match=f"{prefix}:*"):
        kind = (await client.type(key)).decode()
        read = {
            "string": lambda key: client.get(key),
            "list": lambda key: client.lrange(key, 0, -1),
            "hash": lambda key: client.hgetall(key),
            "zset": lambda key: client.zrange(key, 0, -1),
            "set": lambda key: client.smembers(key),
            "stream": lambda key: client.xrange(key),
        }
        found += key + repr(await read[kind](key)).encode()
    return found


async def test_a_flow_sees_the_answer_and_the_store_does_not(contact, simulation):
    await contact.says("pin")
    await contact.says("x")
    await contact.says(PIN)
    assert PIN.encode() not in await everything(simulation)
    await contact.says(CARD)

    assert Pin.seen == f"{PIN}/{int(CARD) + 1}"
    assert contact.data["pin"] == PIN, "a test sees what the flow sees"
    stored = await everything(simulation)
    assert PIN.encode() not in stored
    assert CARD.encode() not in stored
    assert b"$sealed" in stored


async def test_neither_a_finished_nor_a_calling_flow_keeps_it(contact, simulation):
    await contact.says("outer")
    await contact.says(PIN)
    await contact.says(CARD)
    await contact.says("no")

    contact.sees("And now?")
    assert PIN.encode() not in await everything(simulation)
    await contact.says("nothing")
    stored = await everything(simulation)
    assert PIN.encode() not in stored
    assert CARD.encode() not in stored


def flows():
    return Flows([of_class(Pin), of_class(Outer)])


def test_a_flow_that_asks_for_secrets_needs_a_key():
    with pytest.raises(ConfigError, match=r"'pin' asks for a secret, 'pin'.*BOT_SECRET_KEY"):
        AnswerCipher(()).require(flows())
    AnswerCipher((Secret(Fernet.generate_key().decode()),)).require(flows())


def test_what_is_no_key_is_refused_without_repeating_it():
    with pytest.raises(ConfigError, match="BOT_SECRET_KEY holds what is no key") as caught:
        AnswerCipher((Secret("my-own-idea"),))
    assert "my-own-idea" not in str(caught.value)


async def test_keys_can_be_changed(contact, simulation):
    await contact.says("pin")
    await contact.says(PIN)
    bot = simulation.bot
    old, new = bot.settings.secret_keys[0], Secret(Fernet.generate_key().decode())
    session = await stored_session(simulation)

    assert AnswerCipher((new, old)).open(session, bot.flows).runs[0].data["pin"] == PIN
    with pytest.raises(ConfigError, match="former one"):
        AnswerCipher((new,)).open(await stored_session(simulation), bot.flows)


async def stored_session(simulation):
    [key] = [each async for each in simulation.bot.store.reader.contacts()]
    return decode(await simulation.bot.store.reader.session(key))
