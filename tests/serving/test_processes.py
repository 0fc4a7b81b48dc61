"""Processes that come and go while contacts talk."""

import asyncio
import re

import psutil  # type: ignore[import-untyped]

from tests.support.bot_process import END_S, children
from tests.support.bot_stack import Stack
from tests.support.redis_server import RedisServer


async def test_serve_answers_a_contact_on_the_embedded_store(stack: Stack) -> None:
    bot = stack.bot()
    await bot.start()
    stack.post_to(bot)
    phone = stack.phone(1)

    phone.says("hello")
    await stack.until(lambda: stack.said_to(phone) == ["Go on."])
    phone.says("one")
    await stack.until(lambda: len(stack.said_to(phone)) == 4)

    assert stack.said_to(phone)[1:] == ["1 one", "1 421cbf46", "Go on."]


async def test_web_and_worker_apart_share_a_redis(stack: Stack, redis_server: RedisServer) -> None:
    web = stack.bot("web", REDIS_URL=redis_server.url)
    worker = stack.bot("worker", REDIS_URL=redis_server.url)
    await web.start()
    await worker.start()
    stack.post_to(web)
    phone = stack.phone(1)

    phone.says("hello")

    await stack.until(lambda: stack.said_to(phone) == ["Go on."])


async def test_after_sigterm_running_work_finishes_and_the_exit_status_is_0(stack: Stack) -> None:
    stack.platform.faults.rules.request_delay_s = 0.3
    bot = stack.bot(BOT_LEASE=3600)
    await bot.start()
    stack.post_to(bot)
    phones = [stack.phone(number) for number in range(20)]

    for phone in phones:
        phone.says("hello")
    await stack.until(lambda: len(stack.accepted()) >= len(phones))
    bot.terminate()
    status = await bot.end()

    assert status == 0, bot.log
    # No contact is left leased to the process that is gone.
    await bot.start()
    await stack.until(lambda: all(map(stack.said_to, phones)))
    assert [stack.said_to(phone) for phone in phones] == [["Go on."]] * len(phones)


async def test_what_keeps_a_process_from_beginning_ends_its_supervisor_too(
    stack: Stack, redis_server: RedisServer
) -> None:
    bot = stack.bot("web", REDIS_URL=redis_server.url, BOT_NAMESPACE="{x}")

    await bot.spawn("--processes", "2")

    assert await bot.end() == 1
    assert bot.log.count("BOT_NAMESPACE is '{x}'") <= 2
    last = bot.log.splitlines()[-1]
    assert re.fullmatch(
        r"bot: Process \d+ could not start; see its output\. Exit status: 78\.", last
    )
    assert "BOT_NAMESPACE is '{x}'" in bot.log


async def test_child_that_dies_is_replaced_unless_it_cannot_start(
    stack: Stack, redis_server: RedisServer
) -> None:
    bot = stack.bot("web", REDIS_URL=redis_server.url)
    folder = stack.folder / "project"
    folder.mkdir()
    await bot.spawn("--processes", "2", folder=folder)
    await bot.until_logged('"event":"Serving"', times=2)

    children(bot.pid)[0].kill()
    await bot.until_logged("A process has ended; starting another one")
    await bot.until_logged('"event":"Serving"', times=3)
    (folder / "bot.py").touch()
    children(bot.pid)[0].kill()

    assert await bot.end() == 1
    assert f"{folder / 'bot.py'} hides the framework: `import bot` finds it first." in bot.log
    assert "could not start; see its output." in bot.log.splitlines()[-1]
    assert bot.log.count("hides the framework") <= 2


async def test_children_of_a_killed_supervisor_end(stack: Stack, redis_server: RedisServer) -> None:
    bot = stack.bot(REDIS_URL=redis_server.url)
    await bot.spawn("--processes", "2")
    await bot.until_logged('"event":"Serving"', times=2)
    left = children(bot.pid)

    await bot.kill()

    _, alive = await asyncio.to_thread(psutil.wait_procs, left, END_S)
    assert alive == []
    assert bot.log.count('"action":"supervisor_gone"') == len(left) == 2


async def test_a_port_that_is_taken_is_named(stack: Stack, redis_server: RedisServer) -> None:
    bot = stack.bot("web", REDIS_URL=redis_server.url)

    await bot.spawn("--port", str(redis_server.port))

    assert await bot.end() == 1
    assert bot.log == (
        f"bot: Can't listen at 127.0.0.1, port {redis_server.port}: Address already in use"
        f" (while attempting to bind on address ('127.0.0.1', {redis_server.port}))."
        " Set PORT, or --host and --port.\n"
    )


async def test_all_settings_that_are_missing_are_told_at_once(stack: Stack) -> None:
    bot = stack.bot("web", SINCH_APP_ID="", SINCH_WEBHOOK_SECRET="")

    await bot.spawn()

    assert await bot.end() == 1
    assert bot.log.startswith("bot: SINCH_APP_ID, SINCH_WEBHOOK_SECRET, REDIS_URL must be set")
    assert bot.log.count("\n") == 1
