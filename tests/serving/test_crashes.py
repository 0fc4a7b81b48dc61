"""Processes that are killed, and other processes on the same machine that notice this."""

import asyncio
import fcntl
import os
import time
from pathlib import Path

from redis import Redis

from bot.callbacks import signature
from bot.settings import Secret
from tests.support.bot_process import children
from tests.support.bot_stack import SECRET, Stack
from tests.support.redis_server import RedisServer

FATAL = Path(__file__).parent / "fatal"
SLOW_S = 1.0
SECONDS = 2.0
"""How long it may take until another process continues."""


def processes_with_contacts(server: RedisServer) -> set[int]:
    """The ids of the processes whose workers hold contacts, by the names of the consumers."""
    with Redis(port=server.port) as store:
        consumers = [
            each
            for stream in store.keys("*:ready")
            for each in store.xinfo_consumers(stream, "workers")
        ]
    return {int(each["name"].split(b"-")[-2]) for each in consumers if each["pending"]}


async def test_contacts_of_a_killed_process_continue_in_its_siblings(
    stack: Stack, redis_server: RedisServer
) -> None:
    bot = stack.bot(
        REDIS_URL=redis_server.url, BOT_FLOWS=FATAL, BOT_LEASE=600, SLOW_S=SLOW_S, KILL_S=1
    )
    await bot.start("--processes", "2")
    # A child that is killed before it serves ends the command.
    await bot.until_logged('"action":"serving"', 2)
    stack.post_to(bot)
    phones = [stack.phone(number) for number in range(6)]
    for phone in phones:
        phone.says("hello")
    await stack.until(lambda: len(stack.accepted()) == len(phones))

    # The other one may not have begun to work yet, and then has nothing to be missed for.
    holders = processes_with_contacts(redis_server)
    next(child for child in children(bot.pid) if child.pid in holders).kill()
    killed_at = time.monotonic()
    await bot.until_logged('"action":"worker_gone"')

    assert time.monotonic() - killed_at < SECONDS
    await stack.until(lambda: all(stack.said_to(phone) == ["Done."] for phone in phones))


async def test_a_killed_bot_that_starts_again_on_its_own_store_continues_at_once(
    stack: Stack,
) -> None:
    bot = stack.bot(BOT_FLOWS=FATAL, BOT_LEASE=600, SLOW_S=SLOW_S, KILL_S=1)
    await bot.start()
    stack.post_to(bot)
    phone = stack.phone(1)
    phone.says("hello")
    await stack.until(lambda: len(stack.accepted()) == 1)
    await bot.kill()

    await bot.start()
    ready_at = time.monotonic()

    await stack.until(lambda: stack.said_to(phone) == ["Done."])
    assert time.monotonic() - ready_at < SECONDS + SLOW_S


async def test_no_new_work_is_accepted_after_sigterm_even_with_open_requests(
    stack: Stack, redis_server: RedisServer
) -> None:
    bot = stack.bot(REDIS_URL=redis_server.url)
    web = stack.bot("web", REDIS_URL=redis_server.url)
    await asyncio.gather(bot.start(), web.start())
    stack.post_to(web)
    _, writer = await asyncio.open_connection("127.0.0.1", bot.port)
    body = b'{"app_id": "slow"}'
    signed = signature.headers(Secret(SECRET), body, "nonce", int(time.time()))
    head = [f"{name}: {value}" for name, value in signed.items()]
    request = ["POST /webhook HTTP/1.1", "Host: bot", f"Content-Length: {len(body)}", *head]
    writer.write("\r\n".join([*request, "", "{"]).encode())  # but not all of its body
    await writer.drain()
    await bot.wait_for(200)  # The open request has been read by then.

    bot.terminate()
    await asyncio.sleep(1.5)  # longer than a read for ready contacts
    assert bot.is_running
    phone = stack.phone(1)
    phone.says("hello")
    await stack.until(lambda: len(stack.accepted()) == 1)
    worker = stack.bot("worker", REDIS_URL=redis_server.url)
    await worker.start()

    await stack.until(lambda: stack.said_to(phone) == ["Go on."])
    assert '"action":"turn"' in worker.log
    assert '"action":"turn"' not in bot.log
    writer.close()
    await writer.wait_closed()


async def test_output_that_nobody_reads_never_stops_the_bot(
    stack: Stack, redis_server: RedisServer
) -> None:
    bot = stack.bot(REDIS_URL=redis_server.url, BOT_LOG_LEVEL="DEBUG")
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    await bot.spawn(output=write)
    os.close(write)
    await bot.wait_for(200)
    stack.post_to(bot)
    phones = [stack.phone(number) for number in range(40)]

    for phone in phones:
        phone.says("hello")

    await stack.until(lambda: all(stack.said_to(phone) == ["Go on."] for phone in phones))
    bot.terminate()
    assert await bot.end() == 0
    os.close(read)
