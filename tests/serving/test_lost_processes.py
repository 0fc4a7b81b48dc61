"""Processes that end, leave or lose their Redis during turns: no innocent message is given up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.chaos.proxy import Relay
from tests.support.bot_process import BotProcess
from tests.support.bot_stack import Stack
from tests.support.redis_server import RedisServer

FATAL = Path(__file__).parent / "fatal"
APOLOGY = "Sorry!"
INNOCENTS = 10


def fatal_bot(stack: Stack, role: str, url: str, **settings: object) -> BotProcess:
    return stack.bot(
        role,
        {"turn_attempts": 2, "retry_first_s": 0.1, "shards": 4},
        REDIS_URL=url,
        BOT_FLOWS=FATAL,
        BOT_APOLOGY=APOLOGY,
        **{"BOT_LEASE": 1, "SLOW_S": 1, "KILL_S": 0.3, **settings},
    )


@asynccontextmanager
async def kept_running(*bots: BotProcess) -> AsyncIterator[None]:
    """Start processes whenever they end, as a host does."""

    async def keep(bot: BotProcess) -> None:
        while True:
            await bot.end()
            await bot.spawn()

    keepers = [asyncio.create_task(keep(bot)) for bot in bots]
    try:
        yield
    finally:
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)


async def test_a_message_that_ends_processes_does_not_affect_other_messages(
    stack: Stack, redis_server: RedisServer
) -> None:
    web = fatal_bot(stack, "web", redis_server.url)
    workers = [fatal_bot(stack, "worker", redis_server.url) for _ in range(2)]
    await asyncio.gather(*(bot.start() for bot in (web, *workers)))
    stack.post_to(web)
    killer, *innocents = [stack.phone(number) for number in range(1 + INNOCENTS)]

    async with kept_running(*workers):
        for phone in innocents:
            phone.says("hello")
        killer.says("kill")

        await stack.until(lambda: all(map(stack.said_to, innocents)), within_s=90)
        await stack.until(lambda: bool(stack.said_to(killer)), within_s=90)

    assert [stack.said_to(phone) for phone in innocents] == [["Done."]] * INNOCENTS
    assert stack.said_to(killer) == [APOLOGY]


async def test_a_message_that_ends_all_processes_of_a_command_does_not_affect_others(
    stack: Stack, redis_server: RedisServer
) -> None:
    # Only the others of the command can know in time that a process has ended.
    bot = fatal_bot(stack, "serve", redis_server.url, BOT_LEASE=600, KILL_S=0)
    await bot.start("--processes", "2")
    await bot.until_logged('"action":"serving"', 2)
    stack.post_to(bot)
    killers = [stack.phone(number) for number in range(2)]
    innocents = [stack.phone(number) for number in range(2, 2 + INNOCENTS)]

    for phone in innocents:
        phone.says("hello")
    await stack.until(lambda: len(stack.accepted()) == INNOCENTS)
    for phone in killers:
        phone.says("kill")

    await stack.until(lambda: all(map(stack.said_to, innocents + killers)), within_s=90)
    assert [stack.said_to(phone) for phone in innocents] == [["Done."]] * INNOCENTS
    assert [stack.said_to(phone) for phone in killers] == [[APOLOGY]] * 2
    assert bot.is_running


async def test_outages_of_redis_do_not_count_as_failed_tries(
    stack: Stack, redis_server: RedisServer
) -> None:
    async with Relay(redis_server.port) as relay:
        bot = fatal_bot(stack, "serve", f"redis://127.0.0.1:{relay.port}", SLOW_S=2)
        await bot.start()
        stack.post_to(bot)
        phones = [stack.phone(number) for number in range(INNOCENTS)]
        for phone in phones:
            phone.says("hello")
        await stack.until(lambda: len(stack.accepted()) == INNOCENTS)

        for _ in range(4):
            relay.cut()
            await asyncio.sleep(2.2)  # longer than the lease
            relay.mend()
            await asyncio.sleep(0.5)

        await stack.until(lambda: all(map(stack.said_to, phones)))
    assert [stack.said_to(phone) for phone in phones] == [["Done."]] * INNOCENTS
    assert bot.log.count('"action":"turn"') == INNOCENTS, "each turn runs once"


async def test_deploys_are_not_counted_as_failures_of_the_turns_they_interrupt(
    stack: Stack, redis_server: RedisServer
) -> None:
    web = fatal_bot(stack, "web", redis_server.url)
    worker = fatal_bot(stack, "worker", redis_server.url, SLOW_S=2, BOT_GRACE=0.2)
    await asyncio.gather(web.start(), worker.start())
    stack.post_to(web)
    phones = [stack.phone(number) for number in range(INNOCENTS)]
    for phone in phones:
        phone.says("hello")
    await stack.until(lambda: len(stack.accepted()) == INNOCENTS)

    for _ in range(4):
        worker.terminate()
        assert await worker.end() == 0
        await worker.start()

    await stack.until(lambda: all(map(stack.said_to, phones)))
    assert [stack.said_to(phone) for phone in phones] == [["Done."]] * INNOCENTS
