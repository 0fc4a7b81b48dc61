"""What one call costs by the library one would take, and as the bot does it: to Redis, and to the
Conversation API. Microseconds of this process's own time; server and upstream have others.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import redis.asyncio

from bench import wire
from bench.arena import short_folder
from bench.contestants import Setting
from bench.machine import Places
from bench.processes import Command, Server, free_port
from bench.redis_server import RedisServer
from bot.conversation_api.http_client import HttpClient
from bot.settings import Settings
from bot.store.client import connect
from bot.store.line import Line

BATCHES = (1, 4, 16)
"""Commands sent together."""

AT_ONCE = (1, 8, 32, 128)
"""Requests under way together."""

LIMIT_S = 60.0

BODY = (
    b'{"app_id":"%b","recipient":{"contact_id":"01C"},"message":{"text_message":{"text":"%b"}}}'
    % (
        wire.APP_ID.encode(),
        b"Which size?" * 10,
    )
)

Costs = dict[str, dict[int, float]]
"""Microseconds by way and number at once."""

Once = Callable[[int], Awaitable[Any]]
"""Does so many at once."""


async def redis_calls(seconds: float, places: Places, tell: Callable[[str], None]) -> Costs:
    """GET of 200 bytes, so many in a batch.

    Raises:
        BenchError: the server doesn't start.
    """
    with short_folder() as folder:
        server = RedisServer.start(folder, places.server)
        client = connect(server.url)
        assert isinstance(client, redis.asyncio.Redis)
        line = Line(client)
        try:
            await client.set("key", b"x" * 200)

            async def by_pipeline(count: int) -> None:
                pipeline = client.pipeline(transaction=False)
                for _ in range(count):
                    pipeline.get("key")
                await pipeline.execute()

            def by_line(count: int) -> asyncio.Future[Any]:
                answers: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
                line.send([("GET", "key")] * count, LIMIT_S, answers.set_result)
                return answers

            ways: dict[str, Once] = {"redis-py's pipeline": by_pipeline, "the bot": by_line}
            return await _costs(ways, BATCHES, seconds, tell)
        finally:
            await line.aclose()
            await client.aclose()
            server.stop()


async def http_calls(seconds: float, places: Places, tell: Callable[[str], None]) -> Costs:
    """`messages:send`, so many under way.

    Raises:
        BenchError: the upstream doesn't start.
    """
    port, most = free_port(), max(AT_ONCE)
    url = httpx.URL(f"http://127.0.0.1:{port}/v1/projects/{wire.PROJECT_ID}/messages:send")
    environment = Setting("", "").environment(port)
    command = Command("upstream", [sys.executable, "-m", "bench.upstream"], port, environment)
    limits = httpx.Limits(max_connections=most, max_keepalive_connections=most)
    headers = {"content-type": "application/json", "authorization": "Bearer bench"}
    ready = {**headers, "host": "127.0.0.1", "content-length": str(len(BODY))}
    raw = [(name.encode(), value.encode()) for name, value in ready.items()]
    with short_folder() as folder:
        server = Server.start(command, folder, places.server)
        try:
            await server.ready()
            requests = HttpClient(Settings(concurrency=most, send_timeout_s=LIMIT_S), None)
            async with httpx.AsyncClient(limits=limits, timeout=LIMIT_S) as client:

                def by_httpx(count: int) -> Awaitable[Any]:
                    posts = [client.post(url, content=BODY, headers=headers) for _ in range(count)]
                    return asyncio.gather(*posts)

                def by_bot(count: int) -> Awaitable[Any]:
                    posts = [
                        requests.request_once("POST", url, raw, BODY, what="it")
                        for _ in range(count)
                    ]
                    return asyncio.gather(*posts)

                ways: dict[str, Once] = {"httpx": by_httpx, "the bot": by_bot}
                costs = await _costs(ways, AT_ONCE, seconds, tell)
            await requests.aclose()
            return costs
        finally:
            server.stop()


async def _costs(
    ways: dict[str, Once], counts: tuple[int, ...], seconds: float, tell: Callable[[str], None]
) -> Costs:
    costs: Costs = {way: {} for way in ways}
    for count in counts:
        for way, once in ways.items():
            tell(f"{way}, {count} at once")
            await once(count)  # Connections are open from here on.
            done, began, end = 0, time.process_time(), time.perf_counter() + seconds
            while time.perf_counter() < end:
                await once(count)
                done += count
            costs[way][count] = (time.process_time() - began) / done * 1e6
    return costs
