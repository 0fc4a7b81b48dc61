"""The kinds of Redis of a run, and the faults of each.

A replica that takes over has received everything. Losing unreplicated writes is Redis's own
behavior, as `docs/guarantees.md` says.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.chaos.proxy import Relay
from tests.support.machine_clock import MachineClock, can_preload
from tests.support.redis_server import RedisServer, free_port
from tests.support.sentinel import Guarded

Kinds = dict[str, tuple[int, Callable[[], Awaitable[None]]]]
"""Faults of a topology: name, relative frequency, action."""

LOOK_S = 0.02
PATIENCE_S = 60.0
NODE_TIMEOUT_MS = 2000
SENTINEL_PATIENCE_MS = 2000
FOREVER_MS = 3_600_000
MAX_AHEAD_S = 3_000.0
"""Maximum seconds by which Redis's clock is ahead of the platform's. An hour is allowed."""

FLAPS = 8
"""Number of short outages in a row."""

NO_FAILOVER = "cluster-replica-no-failover"
SLOTS = ((0, 5460), (5461, 10922), (10923, 16383))


class Topology:
    """Servers that run within the context. `url` is for the bot."""

    url: str

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._dice = random.Random(seed)
        self._exits = AsyncExitStack()
        self.leaps: list[float] = []
        """When the servers' clocks jumped ahead, in Unix seconds."""

    async def __aenter__(self) -> "Topology":
        await self._start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exits.aclose()

    async def _start(self) -> None:
        raise NotImplementedError

    def kinds(self) -> Kinds:
        """Return the faults of this topology. Clocks leap only if this machine can change them."""
        leaps: Kinds = {
            "leap of redis's clock ahead": (2, self._leap_ahead),
            "leap of redis's clock back": (1, self._leap_back),
        }
        return {
            "flapping redis, away for 0.1 to 0.5 s again and again": (2, self._flap_quickly),
            "flush redis scripts": (1, self._flush_scripts),
            **(leaps if can_preload() else {}),
        }

    def servers(self) -> list[RedisServer]:
        """Return all servers with data."""
        raise NotImplementedError

    async def masters(self) -> list[RedisServer]:
        """The servers that together have all data, each its own part."""
        raise NotImplementedError

    def _give_clocks(self) -> None:
        """Give each server a clock of its own, if this machine can change a server's clock."""
        for number, server in enumerate(self.servers()):
            if can_preload():
                server.clock = MachineClock(self._folder / f"clock-{number}")

    async def _run(self, *servers: RedisServer) -> None:
        for server in servers:
            self._exits.callback(server.kill)
            self._exits.callback(server.resume)
            await server.start()

    async def _any(self) -> RedisServer:
        return self._dice.choice(await self.masters())

    async def _kill(self) -> None:
        server = await self._any()
        server.kill()
        await self._pause(0, 0.5)
        await server.start()

    async def _stand_still(self, most_s: float) -> None:
        server = await self._any()
        server.pause()
        await self._pause(0.1, most_s)
        server.resume()

    async def _flap_quickly(self) -> None:
        for _ in range(FLAPS):
            await self._away(self._dice.uniform(0.1, 0.5))
            await self._pause(0.1, 0.5)

    async def _away(self, seconds: float) -> None:
        """Close a server's connections, and stop the server temporarily."""
        server = await self._any()
        await ask(server, "CLIENT", "KILL", "TYPE", "normal")
        server.pause()
        await asyncio.sleep(seconds)
        server.resume()

    async def _leap_ahead(self) -> None:
        self.leaps.append(time.time())
        self._leap(self._dice.uniform(2, 90))

    async def _leap_back(self) -> None:
        self._leap(-self._dice.uniform(1, 5))

    def _leap(self, seconds: float) -> None:
        """Move the servers' clocks by `seconds`, and let them differ by up to a second."""
        clocks = [server.clock for server in self.servers() if server.clock]
        ahead_s = min(max(clocks[0].ahead_s + seconds, 0.0), MAX_AHEAD_S)
        for clock in clocks:
            clock.ahead_s = ahead_s + self._dice.uniform(0, 1)

    async def _flush_scripts(self) -> None:
        for server in await self.masters():
            await ask(server, "SCRIPT", "FLUSH")

    async def _pause(self, least_s: float, most_s: float) -> None:
        await asyncio.sleep(self._dice.uniform(least_s, most_s))


class Alone(Topology):
    """One server behind a relay, and a replica that can replace it."""

    async def _start(self) -> None:
        options = {"repl_diskless_sync_delay": "0"}
        self._master = RedisServer(self._folder / "one", **options)
        self._replica = RedisServer(self._folder / "two", **options)
        self._give_clocks()
        self._replica.follow(self._master)
        await self._run(self._master, self._replica)
        self._relay = await self._exits.enter_async_context(Relay(self._master.port))
        self.url = f"redis://127.0.0.1:{self._relay.port}"

    def servers(self) -> list[RedisServer]:
        return [self._master, self._replica]

    async def masters(self) -> list[RedisServer]:
        return [self._master]

    def kinds(self) -> Kinds:
        return super().kinds() | {
            "kill -9 redis": (2, self._kill),
            "pause redis": (2, lambda: self._stand_still(3)),
            "cut redis off": (2, self._cut),
            "let redis come and go": (1, self._flap),
            "drop redis connections": (2, self._drop),
            "slow redis": (1, self._slow),
            "fail redis over to its replica": (2, self._fail_over),
        }

    async def _cut(self) -> None:
        await self._away(self._dice.uniform(0.1, 2))

    async def _away(self, seconds: float) -> None:
        self._relay.cut()
        await asyncio.sleep(seconds)
        self._relay.mend()

    async def _flap(self) -> None:
        """Interrupt the connections several times, each time for longer than a lease, with short
        pauses.
        """
        for _ in range(3):
            await self._away(self._dice.uniform(1.6, 2.5))
            await self._pause(0.3, 1)

    async def _drop(self) -> None:
        self._relay.drop()

    async def _slow(self) -> None:
        self._relay.delay_s = self._dice.uniform(0.02, 0.2)
        await self._pause(0.5, 2)
        self._relay.delay_s = 0.0

    async def _fail_over(self) -> None:
        old, new = self._master, self._replica
        self._relay.cut()
        await caught_up(old, new)
        old.kill()
        new.follow(None)
        await ask(new, "REPLICAOF", "NO", "ONE")
        self._master, self._replica = new, old
        self._relay.targets = [new.port]
        self._relay.mend()
        old.follow(new)
        await old.start()


class BySentinel(Topology):
    """A master and its replica with a sentinel.

    The sentinel replaces a master only in `_fail_over`, because writes that an old master accepts
    after its replacement are lost.
    """

    async def _start(self) -> None:
        self._guarded = Guarded(self._folder, down_after_ms=FOREVER_MS)
        self._give_clocks()
        self._exits.callback(self._guarded.stop)
        await self._guarded.start()
        self.url = self._guarded.url

    def servers(self) -> list[RedisServer]:
        return [self._guarded.master, self._guarded.replica]

    async def masters(self) -> list[RedisServer]:
        return [self._guarded.master]

    def kinds(self) -> Kinds:
        return super().kinds() | {
            "kill -9 the master, sentinel fails over": (4, self._fail_over),
            "pause redis": (3, lambda: self._stand_still(3)),
        }

    async def _fail_over(self) -> None:
        guarded = self._guarded
        old, new = guarded.master, guarded.replica
        await last_write(old, new)
        await guarded.be_patient_for(SENTINEL_PATIENCE_MS)
        old.kill()
        await until(lambda: is_master(new))
        await guarded.be_patient_for(FOREVER_MS)
        guarded.master, guarded.replica = new, old
        old.follow(new)
        new.follow(None)
        await old.start()


class Clustered(Topology):
    """Three nodes with a part of the slots each, and a replica of each."""

    async def _start(self) -> None:
        self._nodes = [self._node(number) for number in range(2 * len(SLOTS))]
        self._give_clocks()
        await self._run(*self._nodes)
        masters, replicas = self._nodes[: len(SLOTS)], self._nodes[len(SLOTS) :]
        for master, slots in zip(masters, SLOTS, strict=True):
            await ask(master, "CLUSTER", "ADDSLOTSRANGE", *slots)
        await until(self._have_met)
        for master, replica in zip(masters, replicas, strict=True):
            await ask(replica, "CLUSTER", "REPLICATE", await ask(master, "CLUSTER", "MYID"))
        await self._all(self._is_complete)
        for master, replica in zip(masters, replicas, strict=True):
            await caught_up(master, replica)
        self.url = f"redis+cluster://127.0.0.1:{masters[0].port}"

    def _node(self, number: int) -> RedisServer:
        return RedisServer(
            self._folder / str(number),
            cluster_enabled="yes",
            cluster_port=str(free_port()),
            cluster_node_timeout=str(NODE_TIMEOUT_MS),
            # Writes that an old master accepts after its replacement are lost.
            cluster_replica_no_failover="yes",
            repl_diskless_sync_delay="0",
        )

    def _bus(self, node: RedisServer) -> str:
        return node.options["cluster-port"]

    def servers(self) -> list[RedisServer]:
        return self._nodes

    async def masters(self) -> list[RedisServer]:
        return [node for node in self._nodes if await is_master(node)]

    def kinds(self) -> Kinds:
        return super().kinds() | {
            "kill -9 a redis node and restart it": (3, self._kill),
            "kill -9 a redis node, its replica takes over": (2, self._take_over),
            "CLUSTER FAILOVER": (2, self._fail_over),
            "pause a redis node": (2, lambda: self._stand_still(3)),
        }

    async def _kill(self) -> None:
        await super()._kill()
        await self._all(self._is_complete)

    async def _take_over(self) -> None:
        master = await self._any()
        replica = await self._replica_of(master)
        await last_write(master, replica)
        await ask(replica, "CONFIG", "SET", NO_FAILOVER, "no")
        master.kill()
        await until(lambda: is_master(replica))
        await ask(replica, "CONFIG", "SET", NO_FAILOVER, "yes")
        await master.start()
        await until(lambda: is_replica_of(master, replica))
        await self._all(self._is_complete)

    async def _fail_over(self) -> None:
        master = await self._any()
        replica = await self._replica_of(master)
        await caught_up(master, replica)
        await ask(replica, "CLUSTER", "FAILOVER")
        await until(lambda: is_master(replica))
        await until(lambda: is_replica_of(master, replica))
        await self._all(self._is_complete)

    async def _replica_of(self, master: RedisServer) -> RedisServer:
        [found] = [node for node in self._nodes if await is_replica_of(node, master)]
        return found

    async def _all(self, holds: Callable[[RedisServer], Awaitable[bool]]) -> None:
        for node in self._nodes:
            await until(partial(holds, node))

    async def _have_met(self) -> bool:
        """Introduce the nodes to the first one again, because a busy node forgets a late one."""
        first, *others = self._nodes
        for node in others:
            await ask(first, "CLUSTER", "MEET", "127.0.0.1", node.port, self._bus(node))
        return all([await self._knows_all(node) for node in self._nodes])

    async def _knows_all(self, node: RedisServer) -> bool:
        info = await ask(node, "CLUSTER INFO")
        return bool(info["cluster_known_nodes"] == str(len(self._nodes)))

    async def _is_complete(self, node: RedisServer) -> bool:
        info = await ask(node, "CLUSTER INFO")
        return bool(info["cluster_state"] == "ok") and await self._knows_all(node)


TOPOLOGIES: dict[str, type[Topology]] = {
    "alone": Alone,
    "sentinel": BySentinel,
    "cluster": Clustered,
}


async def ask(server: RedisServer, *words: Any) -> Any:
    async with Redis(port=server.port, decode_responses=True) as client:
        return await client.execute_command(*words)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until a condition holds on a server. It is polled, because servers cannot notify."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                if await holds():
                    return
            except RedisError:
                pass
            await asyncio.sleep(LOOK_S)


async def replication(server: RedisServer) -> dict[str, Any]:
    async with Redis(port=server.port) as client:
        found: dict[str, Any] = await client.info("replication")
        return found


async def is_master(server: RedisServer) -> bool:
    return bool((await replication(server))["role"] == "master")


async def is_replica_of(server: RedisServer, master: RedisServer) -> bool:
    """Return whether a server follows that master and is connected to it."""
    info = await replication(server)
    return bool(
        info["role"] == "slave"
        and info["master_port"] == master.port
        and info["master_link_status"] == "up"
    )


async def caught_up(master: RedisServer, replica: RedisServer) -> None:
    """Wait until the replica has all current data of the master."""
    await until(lambda: is_replica_of(replica, master))
    wanted = (await replication(master))["master_repl_offset"]

    async def has_it() -> bool:
        return bool((await replication(replica))["slave_repl_offset"] >= wanted)

    await until(has_it)


async def last_write(master: RedisServer, replica: RedisServer) -> None:
    """Make the master delay further writes, and wait until the replica has all earlier writes."""
    await caught_up(master, replica)
    await ask(master, "CLIENT", "PAUSE", 60_000, "WRITE")
    await caught_up(master, replica)
