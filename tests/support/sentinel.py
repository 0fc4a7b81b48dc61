"""A real master, replica and sentinel."""

import asyncio
import subprocess
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.compat import valkey_binary
from tests.support.redis_server import PAUSE_S, START_S, RedisServer, free_port


class Guarded:
    """A master, a replica and a sentinel.

    The sentinel promotes the replica after the master has been silent for `down_after_ms`.
    """

    def __init__(self, folder: Path, *, down_after_ms: int = 500, password: str = "") -> None:
        self._password = password
        self._down_after_ms = down_after_ms
        self.master = RedisServer(folder / "master", repl_diskless_sync_delay="0")
        self.replica = RedisServer(folder / "replica", repl_diskless_sync_delay="0")
        self.replica.follow(self.master)
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis+sentinel://127.0.0.1:{self.port}/guarded/0"

    async def start(self) -> None:
        """Start all three, and wait until the sentinel knows the replica."""
        await self.master.start()
        await self.replica.start()
        path = self._folder / "sentinel.conf"
        path.write_text(
            (f"requirepass {self._password}\n" if self._password else "")
            + f"port {self.port}\nbind 127.0.0.1\ndir {self._folder}\n"
            f"sentinel monitor guarded 127.0.0.1 {self.master.port} 1\n"
            f"sentinel down-after-milliseconds guarded {self._down_after_ms}\n"
            "sentinel failover-timeout guarded 3000\n"
        )
        self._process = subprocess.Popen(  # noqa: ASYNC220 - it only starts
            [valkey_binary(), str(path), "--sentinel"],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        async with asyncio.timeout(START_S), self._client() as client:
            while not await self._knows_replica(client):  # noqa: ASYNC110 - it can't tell us
                await asyncio.sleep(PAUSE_S)

    def _client(self) -> Redis:
        return Redis(port=self.port, password=self._password or None)

    async def be_patient_for(self, milliseconds: int) -> None:
        """Set how long a master may be silent before the sentinel replaces it."""
        name = "down-after-milliseconds"
        async with self._client() as client:
            await client.execute_command("SENTINEL", "SET", "guarded", name, milliseconds)

    def stop(self) -> None:
        for server in (self.master, self.replica):
            server.resume()
            server.kill()
        if self._process:
            self._process.kill()
            self._process.wait()

    async def _knows_replica(self, client: Redis) -> bool:
        try:
            return bool(await client.execute_command("SENTINEL", "replicas", "guarded"))
        except RedisError:
            return False
