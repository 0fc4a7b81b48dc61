"""Measures one call to Redis and to the Conversation API, by a library and by the bot's own client.

The cost is microseconds of this process's processor time. Redis and the upstream are other
processes, whose time is not counted.
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
"""Numbers of commands that are sent together."""

AT_ONCE = (1, 8, 32, 128)
"""Numbers of concurrent requests."""

LIMIT_S = 60.0

BODY = (
    b'{"app_id":"%b","recipient":{"contact_id":"01C"},"message":{"text_message":{"text":"%b"}}}'
    % (
        wire.APP_ID.encode(),
        b"Which size?" * 10,
    )
)

Costs = dict[str, dict[int, float]]
"""Microseconds per call, by client and by number of concurrent calls."""

Once = Callable[[int], Awaitable[Any]]
"""A function that makes this number of calls concurrently."""


async def redis_calls(seconds: float, places: Places, tell: Callable[[str], None]) -> Costs:
    """Measure GET of 200 bytes in batches, whose sizes are `BATCHES`.

    Raises:
        BenchError: the server does not start.
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
    """Measure `messages:send` with as many concurrent requests as each number of `AT_ONCE`.

    Raises:
        BenchError: the upstream does not start.
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
            await once(count)  # Opens the connections, so that this is not measured.
            done, began, end = 0, time.process_time(), time.perf_counter() + seconds
            while time.perf_counter() < end:
                await once(count)
                done += count
            costs[way][count] = (time.process_time() - began) / done * 1e6
    return costs
