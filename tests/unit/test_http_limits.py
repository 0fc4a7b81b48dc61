"""The HTTP protocol's limits, with real sockets and an application that a test controls."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.server import ServerState

from bot.settings import Settings
from bot.telemetry.metrics import REGISTRY
from bot.web.http import read_body
from bot.web.http_limits import REQUEST_BYTES, HttpLimits
from tests.support.attacks import connection, to_the_end

HEAD = b"POST / HTTP/1.1\r\nhost: bot\r\ncontent-length: %d\r\n\r\n"


@asynccontextmanager
async def server(app: ASGIApp, settings: Settings) -> AsyncIterator[int]:
    """The port of a server with these limits."""
    protocol = HttpLimits(settings).protocol()
    config = uvicorn.Config(app, log_config=None, ws="none")
    state = ServerState()
    listening = await asyncio.get_running_loop().create_server(
        lambda: protocol(config, state, {}), "127.0.0.1", 0
    )
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


async def respond(send: Send, body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": body})


async def read_all(scope: Scope, receive: Receive, send: Send) -> None:
    await respond(send, str(len(await read_body(scope, receive, 10**9))).encode())


@pytest.mark.parametrize("requests", [1, 3])
async def test_a_client_that_ends_its_side_is_answered(requests: int) -> None:
    async with server(read_all, Settings()) as port, connection(port) as (reader, writer):
        writer.write((HEAD % 2 + b"hi") * requests)
        writer.write_eof()
        answers = await to_the_end(reader)

    assert answers.count(b"HTTP/1.1 200 OK") == requests


async def test_a_client_that_ends_its_side_within_a_request_is_dropped() -> None:
    async with server(read_all, Settings()) as port, connection(port) as (reader, writer):
        writer.write(HEAD % 2 + b"h")
        writer.write_eof()

        assert await to_the_end(reader) == b""


async def test_a_client_that_does_not_read_is_dropped() -> None:
    ended = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await respond(send, b"x" * 50_000_000)
            await receive()
        finally:
            ended.set()

    async with (
        server(app, Settings(request_timeout_s=0.1)) as port,
        connection(port) as (_, writer),
    ):
        writer.write(HEAD % 0)
        async with asyncio.timeout(10):
            await ended.wait()


async def test_the_largest_request_gets_503_and_the_others_go_on() -> None:
    limits = Settings(max_request_memory_bytes=3 * REQUEST_BYTES + 130_000)
    async with (
        server(read_all, limits) as port,
        connection(port) as (small, to_small),
        connection(port) as (large, to_large),
        connection(port) as (last, to_last),
    ):
        to_small.write(HEAD % 20_000 + b"x" * 19_999)
        to_large.write(HEAD % 90_000 + b"x" * 60_000)
        await asyncio.gather(to_small.drain(), to_large.drain())
        to_last.write(HEAD % 50_000 + b"x" * 50_000)

        assert (await large.readline()).startswith(b"HTTP/1.1 503")
        assert (await last.readline()).startswith(b"HTTP/1.1 200")
        to_small.write(b"x")
        assert (await small.readline()).startswith(b"HTTP/1.1 200")


async def test_a_body_of_a_declared_length_is_refused_before_it_is_sent() -> None:
    limits = Settings(max_request_memory_bytes=3 * REQUEST_BYTES + 130_000)
    async with (
        server(read_all, limits) as port,
        connection(port) as (first, to_first),
        connection(port) as (second, to_second),
    ):
        to_first.write(HEAD % 90_000)
        await to_first.drain()
        to_second.write(HEAD % 80_000)

        answers = [asyncio.create_task(each.readline()) for each in (first, second)]
        done, waiting = await asyncio.wait(answers, return_when=asyncio.FIRST_COMPLETED)
        assert {each.result() for each in done} == {b"HTTP/1.1 503 Service Unavailable\r\n"}
        for each in waiting:
            each.cancel()


async def test_chunks_count_as_they_come() -> None:
    limits = Settings(max_request_memory_bytes=2 * REQUEST_BYTES + 100_000)
    async with server(read_all, limits) as port, connection(port) as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nhost: bot\r\ntransfer-encoding: chunked\r\n\r\n")
        writer.write(b"%x\r\n%b\r\n" % (90_000, b"x" * 90_000))
        writer.write(b"%x\r\n%b\r\n" % (20_000, b"x" * 20_000))

        assert (await reader.readline()).startswith(b"HTTP/1.1 503")


async def test_memory_is_free_again_after_each_response() -> None:
    limits = Settings(max_request_memory_bytes=REQUEST_BYTES + 10_000)
    async with server(read_all, limits) as port, connection(port) as (reader, writer):
        for _ in range(10):
            writer.write(HEAD % 9_000 + b"x" * 9_000)
            assert (await reader.readuntil(b"9000")).startswith(b"HTTP/1.1 200")


@pytest.fixture
def held() -> asyncio.Event:
    """An event. When the test sets the event, the application answers the requests."""
    return asyncio.Event()


def holding(held: asyncio.Event, begun: asyncio.Semaphore) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        begun.release()
        await held.wait()
        await respond(send, b"done")

    return app


async def test_one_connection_too_many_closes_the_longest_idle_one(held: asyncio.Event) -> None:
    held.set()
    app = holding(held, asyncio.Semaphore(0))
    async with (
        server(app, Settings(max_connections=2)) as port,
        connection(port) as (first, to_first),
        connection(port) as (second, to_second),
    ):
        for reader, writer in ((first, to_first), (second, to_second), (first, to_first)):
            writer.write(HEAD % 0)
            assert (await reader.readuntil(b"done")).startswith(b"HTTP/1.1 200")
        async with connection(port) as (third, to_third):
            to_third.write(HEAD % 0)
            assert (await third.readuntil(b"done")).startswith(b"HTTP/1.1 200")

            assert await to_the_end(second) == b""
            to_first.write(HEAD % 0)
            assert (await first.readuntil(b"done")).startswith(b"HTTP/1.1 200")


async def test_a_request_that_is_slow_to_arrive_makes_room_for_another(
    held: asyncio.Event,
) -> None:
    held.set()
    app = holding(held, asyncio.Semaphore(0))
    async with (
        server(app, Settings(max_connections=1)) as port,
        connection(port) as (slow, to_slow),
    ):
        to_slow.write(b"POST / HTTP/1.1\r\n")
        await to_slow.drain()
        async with connection(port) as (other, to_other):
            to_other.write(HEAD % 0)

            assert (await other.readline()).startswith(b"HTTP/1.1 200")
            assert b"200" not in await to_the_end(slow)


async def test_a_new_connection_gets_503_if_all_others_are_being_answered(
    held: asyncio.Event,
) -> None:
    begun = asyncio.Semaphore(0)
    async with (
        server(holding(held, begun), Settings(max_connections=1)) as port,
        connection(port) as (active, to_active),
    ):
        to_active.write(HEAD % 0)
        await begun.acquire()
        async with connection(port) as (new, _):
            assert (await to_the_end(new)).startswith(b"HTTP/1.1 503")

        held.set()
        assert (await active.readuntil(b"done")).startswith(b"HTTP/1.1 200")


def test_many_refusals_are_counted_and_one_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    limits = HttpLimits(Settings())
    before = REGISTRY.get_sample_value("bot_callbacks_refused_total", {"reason": "head"}) or 0.0

    for second in range(21):
        limits.note_refusal("head", 100.0 + second)

    assert len(caplog.records) == 3
    after = REGISTRY.get_sample_value("bot_callbacks_refused_total", {"reason": "head"})
    assert after == before + 21
