"""`bot.connect()`: a program talks to the bot of other processes."""

import asyncio
import sys
from pathlib import Path

import pytest

import bot
from bot import FlowError, Settings
from bot.errors import (
    ContactError,
    NoStore,
    OptedOut,
    StoreAway,
    UnknownContact,
)
from tests.support.bot_process import BotProcess
from tests.support.bot_stack import Stack
from tests.support.redis_server import RedisServer

PROGRAM = """
import asyncio
import bot

async def main():
    async with bot.connect() as client:
        contact = "SMS:+46 70 000 00 01"
        print(await client.start(contact, "visit", id="visit-1"))
        print(await client.start(contact, "visit", id="visit-1"))
        print(await client.trigger(contact, "visit_due", {"day": "friday"}))

asyncio.run(main())
"""


def settings_of(process: BotProcess) -> Settings:
    return Settings.from_env(process.environment, dotenv=None)


async def run(program: str, folder: Path, environment: dict[str, str]) -> str:
    """Return what a Python program in that folder prints."""
    path = folder / "program.py"
    path.write_text(program)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        path,
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    return printed.decode()


@pytest.mark.parametrize("has_redis", [False, True], ids=["embedded", "redis"])
async def test_program_writes_to_a_phone_number_that_the_bot_does_not_know(
    stack: Stack, redis_server: RedisServer, tmp_path: Path, has_redis: bool
) -> None:
    process = stack.bot(REDIS_URL=redis_server.url if has_redis else "")
    await process.start()
    stack.post_to(process)
    phone = stack.phone(1)

    printed = await run(PROGRAM, tmp_path, process.environment)
    await stack.until(lambda: len(stack.said_to(phone)) == 2)

    assert printed == "True\nFalse\nTrue\n"
    assert stack.said_to(phone) == ["Which day?", "It is friday."]


async def test_client_reaches_a_contact_who_wrote(stack: Stack, redis_server: RedisServer) -> None:
    process = stack.bot(REDIS_URL=redis_server.url)
    await process.start()
    stack.post_to(process)
    phone = stack.phone(1)
    phone.says("visit")
    await stack.until(lambda: stack.said_to(phone) == ["Which day?"])

    async with bot.connect(settings_of(process)) as client:
        contact = f"+{phone.identity}"
        await client.pause(contact, "a complaint")
        await client.say(contact, "Ann here.", agent="Ann")
        await client.resume(contact)
        await client.trigger(contact, "unheard", id="unheard-1")
        await client.say(contact, "Bye.", id="bye")
        await stack.until(lambda: stack.said_to(phone)[-1] == "Bye.")

        assert stack.said_to(phone) == ["Which day?", "Ann here.", "Which day?", "Bye."]
        assert await client.outcome(contact, "unheard-1") == "unhandled"
        run = (await client.known(contact)).run
        assert run is not None
        assert run.flow == "visit"


async def test_errors_of_requests_name_what_is_wrong(
    stack: Stack, redis_server: RedisServer
) -> None:
    process = stack.bot(REDIS_URL=redis_server.url)
    await process.start()
    stack.post_to(process)
    phone = stack.phone(1)
    phone.says("hello")
    await stack.until(lambda: stack.said_to(phone) == ["Go on."])

    async with bot.connect(settings_of(process)) as client:
        contact = f"SMS:{phone.identity}"

        with pytest.raises(UnknownContact, match="has no such contact"):
            await client.trigger("01NOBODY", "visit_due")
        with pytest.raises(UnknownContact, match="To write to a new contact, start a flow"):
            await client.trigger("SMS:+46700000999", "visit_due")
        with pytest.raises(FlowError, match=r"no flow 'piza'; the flows are .*tally"):
            await client.start(contact, "piza")
        with pytest.raises(FlowError, match="flow 'tally' has no such state"):
            await client.resume(contact, "paid")
        with pytest.raises(ContactError, match="identity is not a phone number"):
            await client.start("SMS:Ann", "visit")

        phone.says("STOP")
        phone.says("help")
        await stack.until(lambda: len(stack.said_to(phone)) == 2)
        with pytest.raises(OptedOut, match="writes START"):
            await client.say(contact, "Hello?")


async def test_client_needs_no_credentials_for_contacts_by_their_key(
    stack: Stack, redis_server: RedisServer
) -> None:
    process = stack.bot(REDIS_URL=redis_server.url)
    await process.start()
    stack.post_to(process)
    phone = stack.phone(1)
    phone.says("visit")
    await stack.until(lambda: stack.said_to(phone) == ["Which day?"])
    [known] = stack.platform.state.contacts

    async with bot.connect(Settings(redis_url=redis_server.url)) as client:
        await client.trigger(known, "visit_due", {"day": "friday"})
        await stack.until(lambda: "It is friday." in stack.said_to(phone))

        with pytest.raises(UnknownContact, match="set SINCH_PROJECT_ID, SINCH_APP_ID"):
            await client.trigger(phone.identity, "visit_due")


def test_a_client_that_is_not_opened_tells_how_to_open_it() -> None:
    with pytest.raises(AttributeError, match=r"no 'start'\. Write `async with bot\.connect\(\) as"):
        _ = bot.connect(Settings()).start


async def test_redis_that_is_away_is_reported_with_the_way_out() -> None:
    with pytest.raises(StoreAway, match=r"127.0.0.1:1: .*\. Start the Redis server.*REDIS_URL"):
        async with bot.connect(Settings(redis_url="redis://127.0.0.1:1/0")):
            pass


async def test_client_survives_a_restart_of_redis(stack: Stack, redis_server: RedisServer) -> None:
    process = stack.bot("worker", REDIS_URL=redis_server.url)
    await process.start()

    async with bot.connect(settings_of(process)) as client:
        contact = "SMS:+46700000001"
        redis_server.kill()
        with pytest.raises(StoreAway):
            await client.start(contact, "visit")
        await redis_server.start()

        assert await client.start(contact, "visit")


async def test_namespace_that_no_bot_has_used_is_not_created(redis_server: RedisServer) -> None:
    settings = Settings(redis_url=redis_server.url, namespace="misspelled")

    for _ in range(2):
        with pytest.raises(NoStore, match=r"namespace 'misspelled' .*BOT_NAMESPACE"):
            async with bot.connect(settings):
                pass
