"""Far more than workers can handle: accepted up to a limit, then 503, without starving anybody."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from tests.chaos.flood import flood, memory_of
from tests.support.bot_process import BotProcess
from tests.support.bot_stack import Stack
from tests.support.http import as_body, inbound, signed
from tests.support.redis_server import RedisServer


async def post_all(bot: BotProcess, bodies: list[bytes], at_once: int = 32) -> Counter[int]:
    """Post every body. Return the number of responses by status."""
    waiting = iter(bodies)
    found: Counter[int] = Counter()

    async def post(http: httpx.AsyncClient) -> None:
        for body in waiting:
            answer = await http.post("/webhook", content=body, headers=signed(body))
            found[answer.status_code] += 1

    async with httpx.AsyncClient(base_url=bot.url, timeout=30) as http:
        await asyncio.gather(*(post(http) for _ in range(at_once)))
    return found


async def test_callbacks_of_one_contact_are_accepted_up_to_the_limit(
    stack: Stack, redis_server: RedisServer
) -> None:
    web = stack.bot("web", REDIS_URL=redis_server.url, BOT_MAX_INBOX=50)
    await web.start()

    flood = [as_body(inbound(f"message {n}", 1)) for n in range(200)]
    assert await post_all(web, flood) == {200: 50, 503: 150}
    other = as_body(inbound("hello", 2))
    assert await post_all(web, [other]) == {200: 1}


async def test_many_contacts_are_taken_up_to_the_backlogs_bound_and_all_are_answered(
    stack: Stack, redis_server: RedisServer
) -> None:
    settings: dict[str, Any] = {"REDIS_URL": redis_server.url, "BOT_MAX_BACKLOG": 100}
    web = stack.bot("web", {"shards": 4}, **settings)
    worker = stack.bot("worker", {"shards": 4}, **settings)
    await web.start()
    stack.post_to(web)
    phones = [stack.phone(number) for number in range(300)]

    for phone in phones:
        phone.says("hello")
    refused = stack.platform.record.counts
    await stack.until(lambda: len(stack.accepted()) >= 90 and refused["callback 503"] >= 100)
    assert len(stack.accepted()) <= 104, "each of the four shards takes its part, rounded up"
    await worker.start()

    await stack.until(lambda: all(map(stack.said_to, phones)), 60)
    assert [stack.said_to(phone) for phone in phones] == [["Go on."]] * len(phones)


async def test_a_flood_is_accepted_up_to_the_limit_and_answered(tmp_path: Path) -> None:
    found = await flood(tmp_path, rates=[300], step_s=1, contacts=150)

    assert found.refused > 0
    assert found.is_bounded
    assert found.is_clean


async def test_memory_stays_bounded(stack: Stack, redis_server: RedisServer) -> None:
    web = stack.bot("web", REDIS_URL=redis_server.url, BOT_MAX_INBOX=20, BOT_MAX_BODY=1_000_000)
    await web.start()
    large = [as_body(inbound("x" * 900_000 + str(n), n % 3)) for n in range(20)]
    await post_all(web, large, at_once=8)
    before = memory_of(web)

    statuses = await post_all(web, large * 15, at_once=8)

    assert sum(statuses.values()) == 300
    # Of 270 MB; eight bodies, each in a few copies while it is stored, may stay allocated.
    assert memory_of(web) < before + 50_000_000


async def test_a_noisy_contact_does_not_starve_the_others(
    stack: Stack, redis_server: RedisServer
) -> None:
    settings: dict[str, Any] = {
        "REDIS_URL": redis_server.url,
        "BOT_CONCURRENCY": 2,
        "BOT_MAX_INBOX": 1000,
    }
    web = stack.bot("web", **settings)
    await web.start()
    stack.post_to(web)
    noisy = stack.phone(1)
    others = [stack.phone(number) for number in range(2, 22)]
    for number in range(300):
        noisy.says(f"line {number}")
    await stack.until(lambda: len(stack.accepted()) == 300)
    for phone in others:
        phone.says("hello")
    await stack.until(lambda: len(stack.accepted()) == 320)

    worker = stack.bot("worker", **settings)
    await worker.spawn()
    await stack.until(lambda: all(map(stack.said_to, others)), 60)

    assert len(stack.said_to(noisy)) < 100, "of 900 replies; the others did not wait for them"
    await stack.until(lambda: len(stack.said_to(noisy)) == 1 + 299 * 3, 90)
