"""Redis away: at start, during work, for ever. Callbacks get 503 and nothing is lost."""

import asyncio
import logging

import pytest

from bot.app.bot import open_bot
from bot.settings import Secret, Settings
from tests.support.bot_stack import Stack
from tests.support.redis_server import RedisServer


async def test_a_bot_starts_before_its_redis(stack: Stack, redis_server: RedisServer) -> None:
    redis_server.kill()
    bot = stack.bot(REDIS_URL=redis_server.url)
    await bot.spawn()
    await bot.wait_for(200, "/healthz")
    await bot.wait_for(200, "/metrics")
    await bot.wait_for(503)
    stack.post_to(bot)
    phone = stack.phone(1)

    phone.says("hello")
    await stack.until(lambda: stack.platform.record.counts["callback 503"] > 0)
    await redis_server.start()

    await stack.until(lambda: stack.said_to(phone) == ["Go on."])
    assert "Trying again" in bot.log


async def test_sigterm_ends_a_bot_that_waits_for_its_redis(
    stack: Stack, redis_server: RedisServer
) -> None:
    redis_server.kill()
    bot = stack.bot(REDIS_URL=redis_server.url)
    await bot.spawn()
    await bot.wait_for(503)

    bot.terminate()

    assert await bot.end() == 0


async def test_redis_killed_during_work_loses_nothing(
    stack: Stack, redis_server: RedisServer
) -> None:
    bot = stack.bot(REDIS_URL=redis_server.url)
    await bot.start()
    stack.post_to(bot)
    phones = [stack.phone(number) for number in range(20)]
    for phone in phones:
        phone.says("hello")
    await stack.until(lambda: len(stack.accepted()) > 5)

    redis_server.kill()
    for phone in phones:
        phone.says("one")
    await stack.until(lambda: stack.platform.record.counts["callback 503"] > 0)
    await redis_server.start()

    await stack.until(lambda: all(len(stack.said_to(phone)) == 4 for phone in phones))
    for phone in phones:
        # Which of the two was stored first depends on when the server died.
        assert stack.said_to(phone)[2][0] == "1"


async def test_a_redis_that_stands_still_is_waited_for(
    stack: Stack, redis_server: RedisServer
) -> None:
    bot = stack.bot(REDIS_URL=redis_server.url)
    await bot.start()
    stack.post_to(bot)
    phone = stack.phone(1)

    redis_server.pause()
    phone.says("hello")
    await stack.until(lambda: sum(stack.platform.record.counts.values()) > 0)
    redis_server.resume()

    await stack.until(lambda: stack.said_to(phone) == ["Go on."])


async def test_a_start_names_the_redis_that_does_not_answer(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.app.bot.WAIT_NOTICE_S", 0.05)
    said: asyncio.Queue[str] = asyncio.Queue()

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.put_nowait(record.getMessage())

    listener = Listener()
    logger = logging.getLogger("bot.app.bot")
    logger.addHandler(listener)
    settings = Settings(
        redis_url=f"redis://:password@127.0.0.1:{redis_server.port}",
        project_id="project",
        app_id="app",
        key_id="key",
        key_secret=Secret("key-secret"),
    )
    redis_server.pause()
    try:
        opening = asyncio.create_task(open_bot(settings))
        assert await said.get() == f"Waiting for Redis at 127.0.0.1:{redis_server.port}."
    finally:
        redis_server.resume()
        logger.removeHandler(listener)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
