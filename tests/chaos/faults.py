"""What goes wrong in a run: processes and connections by a seeded schedule, requests by chance."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.emulator import Platform
from bot.emulator.faults import CallbackFault, RequestFault
from tests.chaos.proxy import Relay
from tests.serving.processes import BotProcess
from tests.serving.servers import RedisServer

SEND = "POST */messages:send"
REQUEST_FAULTS = (
    RequestFault(on=SEND, action="refuse", status=429, retry_after="0", rate=0.02),
    RequestFault(on=SEND, action="refuse", status=429, retry_after="1", rate=0.01),
    RequestFault(on=SEND, action="refuse", status=503, rate=0.02),
    RequestFault(on=SEND, action="refuse", status=500, taken=True, rate=0.02),
    RequestFault(on=SEND, action="drop", rate=0.02),
    RequestFault(on=SEND, action="drop", taken=True, rate=0.02),
    RequestFault(on=SEND, action="drop", delay_s=2.0, rate=0.004),
    RequestFault(on=SEND, action="expire", rate=0.004),
    RequestFault(on="GET */messages", action="refuse", status=503, rate=0.1),
    RequestFault(on="GET */messages", action="drop", rate=0.05),
    RequestFault(on="POST /oauth2/token", action="refuse", status=503, rate=0.2),
    RequestFault(on="POST /oauth2/token", action="drop", rate=0.1),
)
CALLBACK_FAULTS = (
    CallbackFault(copies=1, apart_s=0.2, jitter_s=0.5, rate=0.05),
    CallbackFault(copies=2, rate=0.05),
    CallbackFault(jitter_s=1.0, rate=0.1),
)
TAKEN_THEN_SILENT = 0.01
"""Share of sends that are carried out at once and answered after the bot's patience has ended."""

SEND_TIMEOUT_S = 1.0


def disturb(platform: Platform) -> None:
    """Let requests and callbacks fail by chance from now on."""
    platform.faults.add(*REQUEST_FAULTS, *CALLBACK_FAULTS)


class Silence:
    """ASGI middleware: now and then a send is taken, and its answer kept back too long."""

    def __init__(self, app: ASGIApp, seed: int) -> None:
        self._app = app
        self._dice = random.Random(seed)
        self.rate = 0.0
        self.strikes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        strikes = scope.get("path", "").endswith(":send") and self._dice.random() < self.rate

        async def late(message: Message) -> None:
            if message["type"] == "http.response.start":
                await asyncio.sleep(2 * SEND_TIMEOUT_S)
            await send(message)

        self.strikes += strikes
        await self._app(scope, receive, late if strikes else send)


class Havoc:
    """Kills, pauses and cuts, one thing after the other."""

    def __init__(
        self,
        webs: list[BotProcess],
        workers: list[BotProcess],
        redis: RedisServer,
        relay: Relay,
        platform: Platform,
        seed: int,
    ) -> None:
        self._webs = webs
        self._workers = workers
        self._redis = redis
        self._relay = relay
        self._platform = platform
        self._dice = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self._kinds: dict[str, tuple[int, Callable[[], Awaitable[None]]]] = {
            "kill -9 web": (3, self._kill_web),
            "kill -9 worker": (4, self._kill_worker),
            "kill -9 all": (1, self._kill_all),
            "SIGTERM worker": (1, self._end_worker),
            "pause worker beyond its lease": (2, self._pause_worker),
            "kill -9 redis": (2, self._kill_redis),
            "pause redis": (2, self._pause_redis),
            "cut redis off": (2, self._cut_redis),
            "drop redis connections": (2, self._drop_redis),
            "slow redis": (1, self._slow_redis),
            "flush redis scripts": (1, self._flush_scripts),
            "expire tokens": (1, self._expire_tokens),
        }

    async def wreak(self, stop: asyncio.Event) -> None:
        """Go on until told to stop; at the end everything runs again."""
        names = list(self._kinds)
        weights = [weight for weight, _ in self._kinds.values()]
        while not stop.is_set():
            await self._pause(0.2, 1.5)
            [name] = self._dice.choices(names, weights)
            self.counts[name] += 1
            await self._kinds[name][1]()
        for bot in (*self._webs, *self._workers):
            if not bot.is_running:
                await bot.start()

    async def _pause(self, least_s: float, most_s: float) -> None:
        await asyncio.sleep(self._dice.uniform(least_s, most_s))

    async def _restart(self, *bots: BotProcess) -> None:
        for bot in bots:
            await bot.kill()
        await self._pause(0, 1)
        for bot in bots:
            await bot.spawn()

    async def _kill_web(self) -> None:
        await self._restart(self._dice.choice(self._webs))

    async def _kill_worker(self) -> None:
        await self._restart(self._dice.choice(self._workers))

    async def _kill_all(self) -> None:
        await self._restart(*self._webs, *self._workers)

    async def _end_worker(self) -> None:
        bot = self._dice.choice(self._workers)
        bot.terminate()
        await bot.end()
        await bot.spawn()

    async def _pause_worker(self) -> None:
        bot = self._dice.choice(self._workers)
        bot.pause()
        await self._pause(0.5, 4)
        bot.resume()

    async def _kill_redis(self) -> None:
        self._redis.kill()
        await self._pause(0, 1)
        await self._redis.start()

    async def _pause_redis(self) -> None:
        self._redis.pause()
        await self._pause(0.1, 3)
        self._redis.resume()

    async def _cut_redis(self) -> None:
        self._relay.cut()
        await self._pause(0.1, 2)
        self._relay.mend()

    async def _drop_redis(self) -> None:
        self._relay.drop()

    async def _slow_redis(self) -> None:
        self._relay.delay_s = self._dice.uniform(0.02, 0.2)
        await self._pause(0.5, 2)
        self._relay.delay_s = 0.0

    async def _flush_scripts(self) -> None:
        async with Redis(port=self._redis.port) as client:
            try:
                await client.script_flush()
            except RedisError:
                self.counts["flush redis scripts"] -= 1

    async def _expire_tokens(self) -> None:
        self._platform.tokens.expire_all()
