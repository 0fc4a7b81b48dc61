"""Attacks that need no signature, over loopback sockets.

Each is limited in length and reads no more than it needs. They are coroutines that run concurrently
and end when they are canceled. `python -m tests.support.attacks PORT SECONDS CONNECTIONS` runs all
of them at once.
"""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from tests.support.http import signed

GET = b"GET /healthz HTTP/1.1\r\nhost: bot\r\n\r\n"
POST = b"POST /webhook HTTP/1.1\r\nhost: bot\r\ncontent-length: 0\r\n\r\n"


def head(length: int, *, is_signed: bool = True) -> bytes:
    """Return the head of a POST to the webhook, signed with a wrong secret."""
    headers = {"host": "bot", "content-length": str(length)}
    if is_signed:
        headers |= signed(b"", secret="another")
    lines = [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(["POST /webhook HTTP/1.1", *lines, "", ""]).encode()


@contextlib.asynccontextmanager
async def connection(
    port: int,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Open a connection, and close it at the end whatever was sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def pipeline(port: int, request: bytes = GET, times: int = 391_000) -> None:
    """Send many requests at once on one connection, and read no response."""
    with contextlib.suppress(OSError):
        async with connection(port) as (_, writer):
            for _ in range(times // 1_000):
                writer.write(request * 1_000)
                await writer.drain()


async def unsigned_body(port: int, size: int = 262_143, *, held_s: float = 60.0) -> bytes:
    """Send a body except its last byte, and wait. Return the response."""
    with contextlib.suppress(OSError):
        async with connection(port) as (reader, writer):
            writer.write(head(size + 1) + b"x" * size)
            await writer.drain()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(held_s):
                    return await reader.read()
    return b""


async def idle(port: int, *, held_s: float = 80.0) -> None:
    """Send one request, and keep the connection open."""
    with contextlib.suppress(OSError):
        async with connection(port) as (reader, writer):
            writer.write(GET)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(held_s):
                    while await reader.read(65_536):
                        pass


async def slow_head(port: int) -> None:
    """Send a request's headers slowly, without an end."""
    with contextlib.suppress(OSError):
        async with connection(port) as (_, writer):
            writer.write(b"POST /webhook HTTP/1.1\r\n")
            for number in range(90):
                writer.write(b"x-%d: %b\r\n" % (number, b"x" * 300))
                await writer.drain()
                await asyncio.sleep(0.2)


async def all_at_once(port: int, seconds: float, *, connections: int = 1_000) -> None:
    """Run every attack of this module at the same time, again and again."""
    attacks: list[Callable[[], Awaitable[object]]] = [
        *[lambda: pipeline(port, GET, 40_000)] * 2,
        *[lambda: pipeline(port, POST, 40_000)] * 2,
        *[lambda: unsigned_body(port, held_s=5)] * (connections * 2 // 5),
        *[lambda: idle(port)] * (connections * 2 // 5),
        *[lambda: slow_head(port)] * (connections // 5),
    ]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for attack in attacks:
                group.create_task(_again(attack))


async def _again(attack: Callable[[], Awaitable[object]]) -> None:
    while True:
        await attack()
        await asyncio.sleep(0.5)


@dataclass
class Honest:
    """The results of clients that are not attackers."""

    latencies_s: list[float] = field(default_factory=list)
    failures: int = 0


async def ask(port: int, honest: Honest, *, within_s: float = 10.0) -> None:
    """Send one request on a new connection, and record how long it took."""
    began = time.perf_counter()
    try:
        async with asyncio.timeout(within_s), connection(port) as (reader, writer):
            writer.write(GET)
            if not (await reader.readline()).startswith(b"HTTP/1.1 200"):
                honest.failures += 1
    except (OSError, TimeoutError):
        honest.failures += 1
    honest.latencies_s.append(time.perf_counter() - began)


async def to_the_end(reader: asyncio.StreamReader) -> bytes:
    """Return everything until the connection is closed or reset."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while part := await reader.read(65_536):
            found += part
    return found


if __name__ == "__main__":
    asyncio.run(all_at_once(int(sys.argv[1]), float(sys.argv[2]), connections=int(sys.argv[3])))
