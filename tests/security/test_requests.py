"""Malicious requests, byte by byte against a real `bot web`."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from tests.support.bot_process import BotProcess
from tests.support.bot_stack import running_stack
from tests.support.http import as_body, inbound, signed
from tests.support.redis_server import RedisServer
from tests.support.stored_items import stored_items
from tests.support.tried import tried

pytestmark = pytest.mark.asyncio(loop_scope="module")

MAX_ANSWER_S = 1.0
"""BOT_REQUEST_TIMEOUT of the process under test."""

BODY = as_body(inbound("hello", 1))
ZEROS = b" " * 50_000_000
SLOW = 50


class Door:
    """A `bot web` without a worker, and the content of its store."""

    def __init__(self, bot: BotProcess, store: Redis) -> None:
        self.bot = bot
        self.store = store

    async def stored(self) -> int:
        return await stored_items(self.store)

    async def sends(self, data: bytes, *, then: bytes = b"", within_s: float = 10.0) -> bytes:
        """Return the response until the connection is closed. `then` is sent again and again."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.bot.port)
        writer.write(data)
        found = b""
        try:
            async with asyncio.timeout(within_s):
                while True:
                    if then:
                        writer.write(then)
                    try:
                        async with asyncio.timeout(0.05 if then else None):
                            part = await reader.read(65_536)
                    except TimeoutError:
                        if not then:
                            raise
                        continue
                    found += part
                    if not part:
                        return found
        except ConnectionError:
            return found
        finally:
            writer.transport.abort()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    folder: Path = tmp_path_factory.mktemp("door")
    redis = RedisServer(folder / "redis", appendonly="no")
    await redis.start()
    async with running_stack(folder) as stack, Redis(port=redis.port) as store:
        bot = stack.bot("web", REDIS_URL=redis.url, BOT_REQUEST_TIMEOUT=MAX_ANSWER_S)
        await bot.start()
        yield Door(bot, store)
    redis.kill()


def request(headers: dict[str, str], body: bytes = b"") -> bytes:
    lines = [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join(["POST /webhook HTTP/1.1", "host: bot", *lines])
    return head.encode("latin-1") + b"\r\n\r\n" + body


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


async def test_a_connection_that_says_nothing_is_closed(door: Door) -> None:
    tried("slow client: says nothing")
    assert await door.sends(b"") == b""


async def test_headers_that_never_end_in_time_are_given_up(door: Door) -> None:
    tried("slow client: headers that never end")
    assert await door.sends(b"POST /webhook HTTP/1.1\r\n", then=b"x-a: b\r\n") == b""


async def test_a_body_that_trickles_in_is_given_up(door: Door) -> None:
    tried("slow client: a body that trickles in")
    head = request(signed(BODY) | {"content-length": "200000"})

    assert status_of(await door.sends(head, then=b"x")) in (0, 400)


async def test_endless_headers_are_refused(door: Door) -> None:
    tried("smuggling: endless headers")
    answer = await door.sends(b"POST /webhook HTTP/1.1\r\n", then=b"x-a: " + b"b" * 8_000 + b"\r\n")

    assert status_of(answer) in (0, 431)


async def test_slow_clients_do_not_keep_others_waiting(door: Door) -> None:
    head = request(signed(BODY) | {"content-length": "200000"})
    slow = [asyncio.create_task(door.sends(head, then=b"x")) for _ in range(SLOW)]
    body = as_body(inbound("in a hurry", 78))
    lengths = {"content-length": str(len(body)), "connection": "close"}

    answer = await door.sends(request(signed(body) | lengths, body))

    assert status_of(answer) == 200
    assert not any(each.done() for each in slow), "it was answered while they were still at it"
    assert {status_of(each) for each in await asyncio.gather(*slow)} <= {0, 400}
    tried("slow client: a body that trickles in", SLOW)


BOMBS = {
    "gzip": gzip.compress(ZEROS),
    "gzip, gzip": gzip.compress(gzip.compress(ZEROS)),
    "deflate": zlib.compress(ZEROS),
    "br": b"\x8b" + b"\x00" * 5_000,
    "zstd": b"\x28\xb5\x2f\xfd" + b"\x00" * 5_000,
    "identity": gzip.compress(ZEROS),
}


@pytest.mark.parametrize("coding", BOMBS)
async def test_a_compression_bomb_is_not_opened(door: Door, coding: str) -> None:
    bomb = BOMBS[coding]
    headers = {"content-encoding": coding, "connection": "close"}
    headers |= signed(bomb) | {"content-length": str(len(bomb))}

    answer = await door.sends(request(headers, bomb))

    assert status_of(answer) == 400, "the bytes themselves are signed, and no JSON"
    tried("compression bomb")


@pytest.mark.parametrize("coding", ["gzip, chunked", "chunked, gzip", "gzip", "deflate, chunked"])
async def test_a_compressed_transfer_is_not_opened(door: Door, coding: str) -> None:
    bomb = gzip.compress(ZEROS)
    chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(bomb), bomb)
    head = request(signed(bomb) | {"transfer-encoding": coding, "connection": "close"})

    answer = await door.sends(head + chunk)

    assert status_of(answer) in (0, 400, 501)
    tried("compression bomb")


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(f"content-length: {len(BODY)}\r\ncontent-length: 0\r\n", id="two lengths"),
        pytest.param(
            f"content-length: {len(BODY)}\r\ntransfer-encoding: chunked\r\n", id="length and chunks"
        ),
        pytest.param("content-length: -1\r\n", id="negative length"),
        pytest.param("content-length: 0x10\r\n", id="no length"),
        pytest.param(f"content-length: {len(BODY)}\r\nx-a\x00b: c\r\n", id="NUL in a name"),
        pytest.param(f"content-length : {len(BODY)}\r\n", id="blank before the colon"),
        pytest.param(f"content-length: {len(BODY)}\r\n folded: yes\r\n", id="folded line"),
        pytest.param(f"content-length: +{len(BODY)}\r\n", id="signed length"),
        pytest.param(f"content-length: {len(BODY)}, {len(BODY)}\r\n", id="list of lengths"),
        pytest.param(f"content-length: {'9' * 40}\r\n", id="length beyond all numbers"),
        pytest.param(
            "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n", id="two codings"
        ),
        pytest.param("transfer-encoding: xchunked\r\n", id="unknown coding"),
        pytest.param("transfer-encoding:\x0bchunked\r\n", id="coding behind a vertical tab"),
        pytest.param("transfer-encoding : chunked\r\n", id="blank before the coding's colon"),
    ],
)
async def test_ambiguous_requests_store_nothing(door: Door, more: str) -> None:
    stored = await door.stored()
    head = request(signed(BODY)).removesuffix(b"\r\n") + more.encode("latin-1") + b"\r\n"

    answer = await door.sends(head + BODY)

    assert status_of(answer) in (0, 400, 401, 413, 501)
    tried("smuggling: a request that parties may read differently")
    assert await door.stored() == stored


async def test_a_signature_header_given_twice_is_refused(door: Door) -> None:
    stored = await door.stored()
    twice = "x-sinch-webhook-signature: AAAA\r\nconnection: close\r\n"
    lengths = {"content-length": str(len(BODY))}
    head = request(signed(BODY) | lengths).removesuffix(b"\r\n") + twice.encode() + b"\r\n"

    assert status_of(await door.sends(head + BODY)) == 401
    tried("smuggling: a signature header twice")
    assert await door.stored() == stored


@pytest.mark.parametrize(
    "line",
    [
        "POST /webhook HTTP/1.1 HTTP/1.1",
        "POST http://other/webhook HTTP/9.9",
        "POST /webhook\x00 HTTP/1.1",
        "PRI * HTTP/2.0",
        "GET /webhook HTTP/1.1",
        "post /webhook HTTP/1.1",
        "\x16\x03\x01\x02",
    ],
)
async def test_a_first_line_that_is_none_stores_nothing(door: Door, line: str) -> None:
    stored = await door.stored()
    lengths = {"content-length": str(len(BODY)), "connection": "close"}
    head = request(signed(BODY) | lengths).split(b"\r\n", 1)[1]

    answer = await door.sends(line.encode("latin-1") + b"\r\n" + head + BODY)

    assert status_of(answer) != 200
    tried("smuggling: a first line that is none")
    assert await door.stored() == stored


@pytest.mark.parametrize(
    "chunks",
    [
        b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY) + 7, BODY),
        b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY) - 7, BODY),
        b"-1\r\n%b\r\n0\r\n\r\n" % BODY,
        b"0x%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY),
        b"%x\n%b\n0\n\n" % (len(BODY), BODY),
        b"ffffffffffffffffff\r\n%b\r\n0\r\n\r\n" % BODY,
        b"%x;%b\r\n%b\r\n0\r\n\r\n" % (len(BODY), b"a" * 100_000, b"x" * len(BODY)),
    ],
    ids=["too long", "too short", "negative", "0x", "bare line feeds", "overflow", "extension"],
)
async def test_chunks_of_another_length_store_nothing(door: Door, chunks: bytes) -> None:
    stored = await door.stored()
    head = request(signed(BODY) | {"transfer-encoding": "chunked", "connection": "close"})

    answer = await door.sends(head + chunks)

    assert status_of(answer) in (0, 400, 401)
    tried("smuggling: chunks of another length")
    assert await door.stored() == stored


async def test_a_second_request_hidden_in_a_body_is_a_body(door: Door) -> None:
    tried("smuggling: a request in a request's body")
    hidden = request(signed(BODY) | {"content-length": str(len(BODY))}, BODY)
    lengths = {"content-length": str(len(hidden)), "connection": "close"}
    stored = await door.stored()

    answer = await door.sends(request(signed(hidden) | lengths, hidden))

    assert answer.count(b"HTTP/1.1") == 1
    assert status_of(answer) == 400
    assert await door.stored() == stored


async def test_an_honest_request_is_still_taken(door: Door) -> None:
    body = as_body(inbound("honest", 77))
    lengths = {"content-length": str(len(body)), "connection": "close"}
    stored = await door.stored()

    assert status_of(await door.sends(request(signed(body) | lengths, body))) == 200
    assert await door.stored() == stored + 1
