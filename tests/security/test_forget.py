"""To forget a contact removes every trace of it from the store, and of nobody else."""

import json

import pytest

from bot import END, Flow, Turn, ask, parse, step

TEXT = "my-private-words"


class Diary(Flow):
    start_on = ("diary",)

    entry = ask("Dear diary?", accept=parse.text(), to="keep", remind={"1h": "Go on."})

    @step(to=("entry", END))
    async def keep(self, turn: Turn) -> str:
        await turn.once(self.judged, self.data.entry)
        if self.data.entry == "fail":
            raise RuntimeError("cannot keep it")
        return "entry"

    @staticmethod
    def judged(entry: str) -> str:
        return f"judged {entry}"


pytestmark = pytest.mark.flows([Diary])


async def everything(simulation) -> bytes:
    """All keys and values of the store, of all kinds."""
    store = simulation.bot.store
    client, found = store._client, b""
    read = {
        "string": client.get,
        "list": lambda key: client.lrange(key, 0, -1),
        "hash": client.hgetall,
        "set": client.smembers,
        "zset": lambda key: client.zrange(key, 0, -1, withscores=True),
        "stream": client.xrange,
    }
    async for key in client.scan_iter(match=f"{store._keys.namespace}:*"):
        kind = (await client.type(key)).decode()
        found += key + b" " + repr(await read[kind](key)).encode() + b"\n"
    return found


async def test_nothing_of_a_forgotten_contact_is_left(contacts, simulation):
    contact, other = contacts(2)
    await _is_forgotten(contact, other, simulation)


@pytest.mark.contact(mode="DISPATCH")
async def test_nothing_of_a_forgotten_number_is_left(contacts, simulation):
    contact, other = contacts(2)
    await _is_forgotten(contact, other, simulation)


async def _is_forgotten(contact, other, simulation):
    for each in (contact, other):
        await each.says("diary")
        await each.says(TEXT)
        await each.says("fail")
        await each.waits("5m")
        await each.says("fail")
    key = simulation.address_of(contact._phone).key
    identity = contact._phone.identity
    unknown = {"tomorrows_kind": {"channel_identity": {"identity": identity}}}
    await simulation.bot.store.keep(json.dumps(unknown).encode(), "unknown", simulation.clock.now())
    before = await everything(simulation)
    assert identity.encode() in before
    assert key.encode() in before

    assert await simulation.bot.store.forget(key, [identity])

    after = await everything(simulation)
    assert identity.encode() not in after
    assert key.encode() not in after
    assert TEXT.encode() in after, "the other contact's is still there"
    await other.waits("5m")
    await other.says(TEXT)
    other.sees("Dear diary?")


async def test_a_forgotten_contact_begins_anew(contact, simulation):
    await contact.says("diary")
    await contact.says(TEXT)
    await simulation.bot.store.forget(simulation.address_of(contact._phone).key)

    await contact.waits("2h")
    contact.sees_nothing()
    await contact.says("diary")
    contact.sees("Dear diary?")
