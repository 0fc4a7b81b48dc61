"""`forget` removes every trace of a contact from the store, and nothing of others."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot import END, Flow, Turn, ask, parse, step
from bot.emulator.fault_injection import RequestFault
from tests.support.bot_stack import running_stack
from tests.support.redis_dump import everything
from tests.support.redis_server import RedisServer

SEND = "POST */messages:send"

TEXT = "my-private-words"
OTHERS = "anothers-private-words"
TROUBLE = Path(__file__).parents[1] / "serving" / "trouble"


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


async def test_nothing_of_a_forgotten_contact_is_left(contacts, simulation):
    contact, other = contacts(2)
    await _is_forgotten(contact, other, simulation)


@pytest.mark.contact(mode="DISPATCH")
async def test_nothing_of_a_forgotten_number_is_left(contacts, simulation):
    contact, other = contacts(2)
    await _is_forgotten(contact, other, simulation)


async def _is_forgotten(contact, other, simulation):
    client, namespace = simulation.bot.store.connection.client, simulation.settings.namespace
    for each, text in ((contact, TEXT), (other, OTHERS)):
        await each.says("diary")
        await each.says(text)
        await each.says("fail")
        await each.waits("5m")
        await each.says("fail")
    key = simulation.address_of(contact._phone).key
    identity = contact._phone.identity
    unknown = {"tomorrows_kind": {"channel_identity": {"identity": identity}}}
    await simulation.bot.store.queue.add_unrouted(
        json.dumps(unknown).encode(), "unknown", "1", simulation.clock.now()
    )
    before = await everything(client, namespace)
    assert identity.encode() in before
    assert key.encode() in before
    assert TEXT.encode() in before

    assert await simulation.bot.store.admin.forget(key, [identity])

    after = await everything(client, namespace)
    assert identity.encode() not in after
    assert key.encode() not in after
    assert TEXT.encode() not in after
    assert OTHERS.encode() in after
    await other.waits("5m")
    await other.says(OTHERS)
    other.sees("Dear diary?")


async def test_a_forgotten_contact_begins_anew(contact, simulation):
    await contact.says("diary")
    await contact.says(TEXT)
    await simulation.bot.store.admin.forget(simulation.address_of(contact._phone).key)

    await contact.waits("2h")
    contact.sees_nothing()
    await contact.says("diary")
    contact.sees("Dear diary?")


@pytest.fixture
async def redis_server(tmp_path: Path) -> AsyncIterator[RedisServer]:
    server = RedisServer(tmp_path / "redis")
    await server.start()
    yield server
    server.kill()


@pytest.mark.parametrize("mode", ["CONVERSATION", "DISPATCH"])
async def test_the_command_leaves_nothing_after_many_kinds_of_failures(
    tmp_path, redis_server, mode
):
    async with running_stack(tmp_path, mode=mode) as stack, Redis(port=redis_server.port) as client:
        settings = {"REDIS_URL": redis_server.url, "BOT_FLOWS": TROUBLE, "BOT_APOLOGY": "Sorry!"}
        constants: dict[str, object] = {"turn_attempts": 1, "max_replies": 10}
        web, worker = (stack.bot(role, constants, **settings) for role in ("web", "worker"))
        await web.start()
        await worker.start()
        stack.post_to(web)
        failing, unanswered, waiting, failed = (stack.phone(number) for number in range(4))
        failing.says("raise")
        await stack.until(lambda: bool(stack.said_to(failing)))
        failing.says(TEXT)  # makes a dead letter
        failed.says("talk")  # makes one in its first turn
        await stack.until(lambda: len(stack.said_to(failing)) == 2 and bool(stack.said_to(failed)))
        stack.platform.faults.add(RequestFault(on=SEND, action="refuse", status=503))
        unanswered.says("hello")  # its answer can't leave
        await stack.until(lambda: stack.platform.record.counts["request 503"] > 0)
        await worker.kill()
        waiting.says(TEXT)  # waits for its first turn
        await stack.until(lambda: len(stack.accepted()) == 5)
        phones = (failing, unanswered, waiting, failed)
        names = {phone.identity: name_of(phone, stack, mode) for phone in phones}
        before = await everything(client)
        for word in (TEXT, *names, *names.values()):
            assert word.encode() in before

        outcomes = [await web.command("contacts", "forget", n, "--yes") for n in names.values()]

        assert [status for status, _ in outcomes] == [0] * len(phones), outcomes
        after = await everything(client)
        for word in (TEXT, *names, *names.values()):
            assert word.encode() not in after


def name_of(phone, stack, mode):
    """Return the contact's key in the store."""
    if mode == "DISPATCH":
        return f"{phone.channel}:{phone.identity}"
    sent = stack.platform.state.messages.values()
    return next(each.contact_id for each in sent if each.identity == phone.identity)
