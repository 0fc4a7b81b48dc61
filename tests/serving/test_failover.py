"""A replica takes over that has not received the master's last writes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.emulator.fault_injection import RequestFault
from tests.chaos.proxy import Relay
from tests.chaos.topology import caught_up, is_replica_of, until
from tests.support.bot_stack import Stack
from tests.support.redis_server import RedisServer
from tests.support.stored_items import stored_items


@dataclass
class Pair:
    """A master and its replica; `front` leads to the master, `link` from the replica to it."""

    master: RedisServer
    replica: RedisServer
    front: Relay
    link: Relay

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.front.port}"

    async def replicated(self) -> None:
        """Wait until the replica has all that the master has."""
        self.replica.options["replicaof"] = f"127.0.0.1 {self.link.port}"
        async with Redis(port=self.master.port) as master, Redis(port=self.replica.port) as replica:

            async def has_all() -> bool:
                ours, theirs = await replica.info("replication"), await master.info("replication")
                return bool(
                    ours["master_link_status"] == "up"
                    and ours["slave_repl_offset"] >= theirs["master_repl_offset"]
                )

            await until(has_all)

    async def fail_over(self) -> None:
        """Kill the master, and let the replica take over with the writes that it has."""
        self.front.cut()
        self.master.kill()
        async with Redis(port=self.replica.port) as client:
            await client.execute_command("REPLICAOF", "NO", "ONE")
        self.front.targets = [self.replica.port]
        self.front.mend()


@asynccontextmanager
async def running_pair(folder: Path) -> AsyncIterator[Pair]:
    options = {"repl_diskless_sync_delay": "0"}
    master = RedisServer(folder / "master", **options)
    replica = RedisServer(folder / "replica", **options)
    try:
        await master.start()
        async with Relay(master.port) as front, Relay(master.port) as link:
            replica.options["replicaof"] = f"127.0.0.1 {link.port}"
            await replica.start()
            pair = Pair(master, replica, front, link)
            await pair.replicated()
            yield pair
    finally:
        master.kill()
        replica.kill()


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    async with running_pair(tmp_path / "pair") as pair:
        yield pair


async def test_replies_that_reappear_after_a_failover_are_looked_up_before_they_are_sent(
    stack: Stack, pair: Pair
) -> None:
    bot = stack.bot(REDIS_URL=pair.url)
    await bot.start()
    stack.post_to(bot)
    phones = [stack.phone(number) for number in range(10)]
    refuses = RequestFault(on="POST */messages:send", action="refuse", status=429, retry_after="2")
    stack.platform.faults.add(refuses)
    for phone in phones:
        phone.says("hello")
    await stack.until(lambda: stack.platform.record.counts["callback 200"] >= len(phones))
    await bot.until_logged("Not sent; will be tried again")
    await stack.until(lambda: bot.log.count("Not sent; will be tried again") >= len(phones))
    await pair.replicated()
    pair.link.cut()

    stack.platform.faults.clear()
    await stack.until(lambda: all(map(stack.said_to, phones)))
    await pair.fail_over()
    for phone in phones:
        phone.says("one")

    whole = ["Go on.", "1 one", "1 421cbf46", "Go on."]
    await stack.until(lambda: all(stack.said_to(phone)[-3:] == whole[1:] for phone in phones))
    assert [stack.said_to(phone) for phone in phones] == [whole] * len(phones)


async def test_no_accepted_callback_is_lost_with_the_master_if_a_replica_must_have_it(
    stack: Stack, pair: Pair
) -> None:
    bot = stack.bot("web", REDIS_URL=pair.url, BOT_DURABILITY="replica")
    await bot.start()
    stack.post_to(bot)
    for number in range(5):
        stack.phone(number).says("hello")
    await stack.until(lambda: len(stack.accepted()) == 5)
    pair.link.cut()
    for number in range(5, 10):
        stack.phone(number).says("hello")
    await stack.until(lambda: stack.platform.record.counts["callback 503"] >= 5)
    assert len(stack.accepted()) == 5
    assert "no replica has confirmed a write" in bot.log

    await pair.fail_over()

    assert await _items_in(pair.replica) == 5
    new = RedisServer(stack.folder / "new", replicaof=f"127.0.0.1 {pair.replica.port}")
    try:
        await new.start()
        await until(lambda: is_replica_of(new, pair.replica))
        await stack.until(lambda: len(stack.accepted()) == 10)
        await caught_up(pair.replica, new)
        assert await _items_in(new) == 10
    finally:
        new.kill()


async def _items_in(server: RedisServer) -> int:
    """Count the items in all inboxes."""
    async with Redis(port=server.port) as client:
        return await stored_items(client)


async def test_the_disk_can_be_waited_for(stack: Stack, redis_server: RedisServer) -> None:
    bot = stack.bot(REDIS_URL=redis_server.url, BOT_DURABILITY="disk")
    await bot.start()
    stack.post_to(bot)
    phone = stack.phone(1)

    phone.says("hello")

    await stack.until(lambda: stack.said_to(phone) == ["Go on."])


async def test_a_server_without_an_append_only_file_can_not_be_waited_for(
    stack: Stack, tmp_path: Path
) -> None:
    server = RedisServer(tmp_path / "without", appendonly="no")
    await server.start()
    try:
        bot = stack.bot("web", REDIS_URL=server.url, BOT_DURABILITY="disk")
        await bot.spawn()

        assert await bot.end() != 0
        assert "BOT_DURABILITY=disk needs Redis 7.2 or Valkey with `appendonly yes`" in bot.log
    finally:
        server.kill()
