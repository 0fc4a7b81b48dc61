"""The faults of a run: processes and connections by a seeded schedule, requests at random."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from itertools import count

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.emulator import Platform
from bot.emulator.fault_injection import CallbackFault, RequestFault
from tests.chaos.record import FATAL
from tests.chaos.topology import Kinds, Topology
from tests.support.bot_process import BotProcess

SEND = "POST */messages:send"
LOOK = "GET */messages"
TOKEN = "POST /oauth2/token"
FAULTS: dict[str, RequestFault | CallbackFault] = {
    "send: 429, at once again": RequestFault(
        on=SEND, action="refuse", status=429, retry_after="0", rate=0.02
    ),
    "send: 429, a second to wait": RequestFault(
        on=SEND, action="refuse", status=429, retry_after="1", rate=0.01
    ),
    "send: 503": RequestFault(on=SEND, action="refuse", status=503, rate=0.02),
    "send: 500 after it was taken": RequestFault(
        on=SEND, action="refuse", status=500, taken=True, rate=0.02
    ),
    "send: dropped before it was taken": RequestFault(on=SEND, action="drop", rate=0.02),
    "send: dropped after it was taken": RequestFault(on=SEND, action="drop", taken=True, rate=0.02),
    "send: no answer for 2 s, then dropped": RequestFault(
        on=SEND, action="drop", delay_s=2.0, rate=0.004
    ),
    "send: token expired": RequestFault(on=SEND, action="expire", rate=0.004),
    "look: 503": RequestFault(on=LOOK, action="refuse", status=503, rate=0.1),
    "look: dropped": RequestFault(on=LOOK, action="drop", rate=0.05),
    "token: 503": RequestFault(on=TOKEN, action="refuse", status=503, rate=0.2),
    "token: dropped": RequestFault(on=TOKEN, action="drop", rate=0.1),
    "callback: twice, and late": CallbackFault(copies=1, apart_s=0.2, jitter_s=0.5, rate=0.05),
    "callback: three times at once": CallbackFault(copies=2, rate=0.05),
    "callback: up to a second late": CallbackFault(jitter_s=1.0, rate=0.1),
}
TAKEN_THEN_SILENT = 0.01
"""Share of sends that are carried out at once and answered after the bot's timeout."""

GIVEN_UP_S = 60.0
"""Seconds for which workers are restarted after a message that ends them."""

RELEASE = "TALK_RELEASE"
"""The variable with a process's release of the flows, 1 or 2."""

SEND_TIMEOUT_S = 1.0
LEASE_S = 1.5


class Silence:
    """ASGI middleware: sometimes a send is accepted, and its response comes after the bot's
    timeout.
    """

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
    """Kills, pauses and cuts connections, one fault after another: first each kind once, then at
    random.
    """

    def __init__(
        self,
        webs: list[BotProcess],
        workers: list[BotProcess],
        redis: Topology,
        platform: Platform,
        seed: int,
    ) -> None:
        self._webs = webs
        self._workers = workers
        self._platform = platform
        self._numbers = count()
        self._dice = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self._kinds: Kinds = {
            "kill -9 web": (3, self._kill_web),
            "kill -9 worker": (4, self._kill_worker),
            "kill -9 web and worker": (2, self._kill_both),
            "kill -9 all webs and workers": (1, self._kill_all),
            "SIGTERM worker": (1, self._end_worker),
            "pause worker beyond its lease": (2, self._pause_worker),
            "roll a worker to the other release": (4, self._roll_worker),
            "expire tokens": (1, self._expire_tokens),
            "message that ends its processes": (1, self._end_by_message),
            **redis.kinds(),
        }

    async def wreak(self, stop: asyncio.Event) -> None:
        """Inject faults until told to stop. At the end everything runs again."""
        names = list(self._kinds)
        weights = [weight for weight, _ in self._kinds.values()]
        first = self._dice.sample(names, len(names))
        while not stop.is_set():
            await self._pause(0.2, 1.5)
            name = first.pop() if first else self._dice.choices(names, weights)[0]
            await self._kinds[name][1]()
            self.counts[name] += 1
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

    async def _kill_both(self) -> None:
        await self._restart(self._dice.choice(self._webs), self._dice.choice(self._workers))

    async def _kill_all(self) -> None:
        await self._restart(*self._webs, *self._workers)

    async def _end_by_message(self) -> None:
        """Let a contact send a message that ends workers, and restart them until it is given up."""
        phone = self._platform.phone("SMS", f"{FATAL}{next(self._numbers):07}")
        phone.says("hello")
        await self._kept_running(lambda: bool(phone.shown))
        phone.says("die")
        await self._kept_running(lambda: phone.shown[-1].text.startswith("Sorry"))

    async def _kept_running(self, holds: Callable[[], bool]) -> None:
        """Restart workers whenever they end, until this holds."""
        end = time.monotonic() + GIVEN_UP_S
        while not holds() and time.monotonic() < end:
            for bot in self._workers:
                if not bot.is_running:
                    await bot.spawn()
            await self._pause(0.1, 0.3)

    async def _end_worker(self) -> None:
        bot = self._dice.choice(self._workers)
        bot.terminate()
        await bot.end()
        await bot.spawn()

    async def _roll_worker(self) -> None:
        """Start the first worker with the older or the newer flows.

        The last worker has the newer flows, so that it can take what the older one leaves to it.
        """
        bot = self._workers[0]
        release = bot.environment.get(RELEASE, "1")
        bot.terminate()
        await bot.end()
        bot.environment[RELEASE] = "1" if release == "2" else "2"
        await bot.spawn()

    async def _pause_worker(self) -> None:
        bot = self._dice.choice(self._workers)
        bot.pause()
        await self._pause(LEASE_S, 3 * LEASE_S)
        bot.resume()

    async def _expire_tokens(self) -> None:
        self._platform.tokens.expire_all()
