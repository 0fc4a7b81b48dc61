"""If Redis is at its `maxmemory`, the bot accepts no callbacks, and finishes the accepted work."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.clock import SystemClock
from bot.errors import ConfigError, StoreError
from bot.flow.load import Flows
from bot.ops.common import open_store
from bot.ops.doctor import local
from bot.settings import Settings
from bot.store import Commit, Sent, Store
from tests.support.redis_server import RedisServer

MAX_BYTES = 6_000_000
NOW = 1_700_000_000.0


@pytest.fixture
async def full(tmp_path: Path) -> AsyncIterator[RedisServer]:
    server = RedisServer(
        tmp_path, appendonly="no", maxmemory=str(MAX_BYTES), maxmemory_policy="noeviction"
    )
    await server.start()
    yield server
    server.kill()


async def fill(store: Store) -> int:
    """Accept items until Redis refuses one. Return the number of accepted items."""
    accepted = 0

    async def go_on() -> None:
        nonlocal accepted
        while True:
            await store.queue.accept(
                f"contact-{accepted % 50}", b"x" * 2_000, f"id-{accepted}", NOW
            )
            accepted += 1

    with pytest.raises(StoreError, match="maxmemory"):
        await go_on()
    return accepted


async def work_off(store: Store) -> int:
    """Run every turn and send every reply. Return the number of turns."""
    turns = 0
    while ready := await store.queue.ready("w", 100, None):
        for each in ready:
            work = await store.queue.claim(each, f"token-{turns}-{each.entry}", NOW)
            if work is None:
                continue
            outgoing = work.outgoing
            if work.items:
                turns += 1
                changes = Commit(session=b"{}", outbox=[(f"e{turns}", b"{}")])
                outgoing = await store.queue.commit(work, changes, NOW)
            while outgoing:
                outgoing = await store.queue.settle(work, outgoing, Sent(), NOW)
    return turns


async def test_a_full_redis_accepts_nothing_more_and_memory_stays_bounded(
    full: RedisServer,
) -> None:
    store = await Store.open(Settings(redis_url=full.url, shards=4, max_inbox=1_000_000))

    await fill(store)
    taken = 0
    for number in range(200):
        with contextlib.suppress(StoreError):
            taken += await store.queue.accept("another", b"x" * 2_000, f"more-{number}", NOW)

    assert taken < 10, "more than what the server's buffers leave free now and then"
    assert (await store.reader.info())["used_memory"] < MAX_BYTES * 1.1
    await store.close()


async def test_accepted_work_is_finished_and_then_more_is_accepted(full: RedisServer) -> None:
    store = await Store.open(Settings(redis_url=full.url, shards=4, max_inbox=1_000_000))
    accepted = await fill(store)

    assert await work_off(store) == accepted

    assert await store.queue.accept("another", b"x", "after", NOW)
    await store.close()


async def test_a_refused_item_is_not_remembered_as_taken(full: RedisServer) -> None:
    store = await Store.open(Settings(redis_url=full.url, shards=4, max_inbox=1_000_000))
    await fill(store)
    with pytest.raises(StoreError):
        await store.queue.accept("another", b"x" * 2_000, "again", NOW)

    await work_off(store)

    assert await store.queue.accept("another", b"x" * 2_000, "again", NOW)
    await store.close()


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl", "allkeys-random"])
async def test_a_redis_that_forgets_is_refused_with_the_reason(tmp_path: Path, policy: str) -> None:
    server = RedisServer(
        tmp_path, appendonly="no", maxmemory=str(MAX_BYTES), maxmemory_policy=policy
    )
    await server.start()

    with pytest.raises(ConfigError, match=f"{policy}.*noeviction"):
        await Store.open(Settings(redis_url=server.url))

    server.kill()


async def test_a_full_server_can_be_looked_into(full: RedisServer) -> None:
    settings = Settings(redis_url=full.url)
    store = await Store.open(settings)
    await fill(store)
    await store.close()

    async with open_store(settings, reading=True) as seen:
        assert (await seen.reader.depth()).waiting == 50
        assert len(await seen.reader.inbox("contact-1")) > 1
    with pytest.raises(StoreError, match="maxmemory"):
        await Store.open(settings)


async def test_a_replica_can_be_looked_into_but_not_worked_with(
    full: RedisServer, tmp_path: Path
) -> None:
    store = await Store.open(Settings(redis_url=full.url))
    await store.queue.accept("contact", b"{}", "id", NOW)
    replica = RedisServer(tmp_path / "replica", repl_diskless_sync_delay="0")
    replica.follow(full)
    await replica.start()
    async with Redis(port=full.port, single_connection_client=True) as client:
        await client.set("a write", "to wait for")
        assert await client.wait(1, 20_000) == 1

    settings = Settings(redis_url=replica.url)
    try:
        async with open_store(settings, reading=True) as seen:
            assert await seen.reader.inbox("contact") == [b"{}"]
        found = [
            finding
            async for finding in local.StoreCheck(settings, Flows([]), SystemClock()).examine()
        ]
        assert found[0].found.endswith(", a replica")
        with pytest.raises(StoreError, match="READONLY"):
            await Store.open(settings)
    finally:
        await store.close()
        replica.kill()
