"""A real `bot web` under attacks without a signature: its memory and its answers to others.

The bounds are generous: they are a fraction of what the attacks took before there were limits.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.chaos.flood import memory_of
from tests.security.attack_run import attack_run
from tests.support import attacks
from tests.support.attacks import GET, POST, Honest, ask, connection, head
from tests.support.bot_process import BotProcess
from tests.support.bot_stack import running_stack
from tests.support.http import signed
from tests.support.redis_server import RedisServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

MB = 1_000_000
MAX_LATENCY_S = 10.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[BotProcess]:
    folder: Path = tmp_path_factory.mktemp("attacked")
    redis = RedisServer(folder / "redis", appendonly="no")
    await redis.start()
    async with running_stack(folder) as stack:
        bot = stack.bot("web", REDIS_URL=redis.url, BOT_MAX_CONNECTIONS=400)
        await bot.start()
        yield bot
    redis.kill()


async def honest_beside(bot: BotProcess, attack: "asyncio.Task[object]") -> Honest:
    """Send requests again and again during the attack, and once after it."""
    honest = Honest()
    while not attack.done():
        await ask(bot.port, honest)
    await ask(bot.port, honest)
    return honest


@pytest.mark.parametrize("request_", [GET, POST], ids=["GET /healthz", "POST /webhook"])
async def test_pipelined_requests_cost_no_memory(bot: BotProcess, request_: bytes) -> None:
    before = memory_of(bot)
    attack = asyncio.gather(*(attacks.pipeline(bot.port, request_, 40_000) for _ in range(10)))

    honest = await honest_beside(bot, asyncio.ensure_future(attack))

    assert memory_of(bot) < before + 40 * MB
    assert honest.failures == 0
    assert max(honest.latencies_s) < MAX_LATENCY_S
    assert "Traceback" not in bot.log


async def test_a_few_pipelined_requests_are_answered_in_order(bot: BotProcess) -> None:
    async with connection(bot.port) as (reader, writer):
        writer.write(GET * 15 + GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
        answers = await reader.read()

    assert answers.count(b"HTTP/1.1 200 OK") == 16


async def test_one_request_too_many_in_a_pipeline_ends_the_connection(bot: BotProcess) -> None:
    async with connection(bot.port) as (reader, writer):
        writer.write(GET * 100)

        assert await attacks.to_the_end(reader) == b""


async def test_a_body_without_the_signature_headers_is_refused_before_it_is_sent(
    bot: BotProcess,
) -> None:
    async with connection(bot.port) as (reader, writer):
        writer.write(head(10, is_signed=False))

        assert (await reader.readline()).startswith(b"HTTP/1.1 401")


async def test_a_body_that_declares_too_much_is_refused_before_it_is_sent(bot: BotProcess) -> None:
    async with connection(bot.port) as (reader, writer):
        writer.write(head(262_145))

        assert (await reader.readline()).startswith(b"HTTP/1.1 413")


async def test_bodies_in_progress_are_bounded_together(bot: BotProcess) -> None:
    before, honest = memory_of(bot), Honest()
    attack = [asyncio.create_task(attacks.unsigned_body(bot.port)) for _ in range(390)]
    try:
        async with asyncio.timeout(60):
            # Of 102 MB at once, more than 100 bodies don't fit into 64 MiB.
            while sum(each.done() for each in attack) < 100:
                await ask(bot.port, honest)

        assert memory_of(bot) < before + 150 * MB
        answers = {each.result()[:12] for each in attack if each.done()}
        assert answers <= {b"HTTP/1.1 503", b""}
        assert b"HTTP/1.1 503" in answers
    finally:
        for each in attack:
            each.cancel()
        await asyncio.gather(*attack, return_exceptions=True)
    assert honest.failures == 0
    assert max(honest.latencies_s) < MAX_LATENCY_S


async def test_idle_connections_make_room_for_others(bot: BotProcess) -> None:
    honest = Honest()
    async with contextlib.AsyncExitStack() as opened:
        for _ in range(400):
            reader, writer = await opened.enter_async_context(connection(bot.port))
            writer.write(GET)
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")

        for _ in range(50):
            await ask(bot.port, honest)

    assert honest.failures == 0
    assert max(honest.latencies_s) < MAX_LATENCY_S


@pytest.mark.parametrize(
    "header", [b"a: b\r\n" * 5_000, b"a: " + b"b" * 40_000 + b"\r\n"], ids=["many", "long"]
)
async def test_headers_are_bounded_also_if_they_come_at_once(
    bot: BotProcess, header: bytes
) -> None:
    async with connection(bot.port) as (reader, writer):
        writer.write(b"GET /healthz HTTP/1.1\r\nhost: bot\r\n" + header + b"\r\n")

        assert (await reader.readline()).startswith(b"HTTP/1.1 431")


@pytest.mark.parametrize(
    "trailer", [b"a: b\r\n" * 5_000, b"a: " + b"b" * 400_000], ids=["many", "long"]
)
async def test_headers_behind_a_body_are_bounded(bot: BotProcess, trailer: bytes) -> None:
    async with connection(bot.port) as (reader, writer):
        chunked = {"host": "bot", "transfer-encoding": "chunked"} | signed(b"", secret="another")
        lines = [f"{name}: {value}" for name, value in chunked.items()]
        writer.write("\r\n".join(["POST /webhook HTTP/1.1", *lines, "", ""]).encode())
        writer.write(b"1\r\nx\r\n0\r\n" + trailer)

        assert (await reader.readline()).startswith(b"HTTP/1.1 431")


async def test_contacts_are_answered_during_all_attacks_at_once(tmp_path: Path) -> None:
    found = await attack_run(tmp_path, seconds=8, connections=500)

    assert found.max_memory < found.before + 300 * MB
    assert len(found.latencies) >= 20, "each contact is answered"
    assert found.percentile(0.95) < 15
    assert "Traceback" not in found.log
