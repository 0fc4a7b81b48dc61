"""The faults of a run: of processes and connections in a seeded order, of requests at random."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.emulator import Phone, Platform
from bot.emulator.fault_injection import CallbackFault, RequestFault
from tests.chaos.checker import Verdict
from tests.chaos.modes import ModeSwitch
from tests.chaos.record import FATAL, record_of
from tests.chaos.topology import Kinds, Topology
from tests.support.bot_process import BotProcess
from tests.support.machine_clock import MachineClock

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

GIVEN_UP_S = 30.0
"""Maximum wait until the bot has given up the messages that end workers, in seconds.

Other faults are paused during this wait.
"""

LOOK_S = 0.1
APOLOGY = "Sorry, something went wrong on our side. Please try again later."

RELEASE = "TALK_RELEASE"
"""The environment variable that selects a process's release of the flows, 1 or 2."""

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
    """Kills and pauses processes, and cuts connections, one after another: first each kind once,
    then at random.

    `ended` counts processes that ended by themselves, by exit status. `clocks` are those of the
    workers' machines. `fatal` are contacts whose message ends processes.
    """

    def __init__(
        self,
        webs: list[BotProcess],
        workers: list[BotProcess],
        clocks: list[MachineClock],
        redis: Topology,
        platform: Platform,
        modes: ModeSwitch,
        seed: int,
    ) -> None:
        self._webs = webs
        self._workers = workers
        self._clocks = clocks
        self._platform = platform
        self._modes = modes
        self._dice = random.Random(seed)
        self._is_changing = asyncio.Lock()
        self.fatal: list[Phone] = []
        self.ended: Counter[int] = Counter()
        self.counts: Counter[str] = Counter()
        self._kinds: Kinds = {
            "kill -9 web": (3, self._kill_web),
            "kill -9 worker": (4, self._kill_worker),
            "kill -9 web and worker": (2, self._kill_both),
            "kill -9 all webs and workers": (1, self._kill_all),
            "SIGTERM worker": (1, self._end_worker),
            "pause worker beyond its lease": (2, self._pause_worker),
            "leap of a worker's clock": (2, self._leap_worker),
            "roll a worker to the newer release": (2, lambda: self._roll_worker("2")),
            "roll a worker back to the older release": (2, lambda: self._roll_worker("1")),
            "expire tokens": (1, self._expire_tokens),
            "message that ends its processes": (1, lambda: self._end_by_messages(1)),
            "two messages that end their processes": (1, lambda: self._end_by_messages(2)),
            **redis.kinds(),
        }

    async def wreak(self, stop: asyncio.Event) -> None:
        """Inject faults until `stop` is set."""
        names = list(self._kinds)
        weights = [weight for weight, _ in self._kinds.values()]
        first = self._dice.sample(names, len(names))
        while not stop.is_set():
            await self._pause(0.2, 1.5)
            name = first.pop() if first else self._dice.choices(names, weights)[0]
            await self._kinds[name][1]()
            self.counts[name] += 1

    async def keep_running(self) -> None:
        """Restart processes that end by themselves, until canceled."""
        while True:
            async with self._is_changing:
                for bot in (*self._webs, *self._workers):
                    if not bot.is_running:
                        self.ended[await bot.end()] += 1
                        await bot.spawn()
            await asyncio.sleep(LOOK_S)

    async def _pause(self, least_s: float, most_s: float) -> None:
        await asyncio.sleep(self._dice.uniform(least_s, most_s))

    async def _restart(self, *bots: BotProcess) -> None:
        async with self._is_changing:
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

    async def _end_by_messages(self, number: int) -> None:
        """Let contacts send messages that end workers, and wait until the bot gives them up.

        After GIVEN_UP_S, other faults continue. The messages are judged at the end.
        """
        first = len(self.fatal)
        # Both messages of a contact must belong to one conversation.
        async with self._modes.kept():
            phones = [
                self._platform.phone("SMS", f"{FATAL}{first + each:07}") for each in range(number)
            ]
            self.fatal += phones
            for phone in phones:
                phone.says("hello")
            await self._until(lambda: all(phone.shown for phone in phones))
            for phone in phones:
                phone.says("die")
            await self._until(
                lambda: all(phone.shown[-1].text == APOLOGY for phone in phones if phone.shown)
            )

    async def _until(self, holds: Callable[[], bool]) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GIVEN_UP_S):
                while not holds():  # noqa: ASYNC110 - phones don't tell
                    await asyncio.sleep(LOOK_S)

    async def _end_worker(self) -> None:
        await self._replace(self._dice.choice(self._workers))

    async def _replace(self, bot: BotProcess, **environment: str) -> None:
        async with self._is_changing:
            bot.terminate()
            await bot.end()
            bot.environment |= environment
            await bot.spawn()

    async def _roll_worker(self, release: str) -> None:
        """Start the first worker with the older or the newer flows.

        The last worker has the newer flows, so that it can handle the contacts that the older
        worker leaves to it.
        """
        await self._replace(self._workers[0], **{RELEASE: release})

    async def _leap_worker(self) -> None:
        self._dice.choice(self._clocks).ahead_s = self._dice.uniform(-7_200, 7_200)

    async def _pause_worker(self) -> None:
        bot = self._dice.choice(self._workers)
        bot.pause()
        await self._pause(LEASE_S, 3 * LEASE_S)
        bot.resume()

    async def _expire_tokens(self) -> None:
        self._platform.tokens.expire_all()

    def verdicts(self) -> list[Verdict]:
        """Judge the contacts whose message ends workers. Each must get exactly one apology."""
        return [fatal_verdict(self._platform, phone) for phone in self.fatal]


def fatal_verdict(platform: Platform, phone: Phone) -> Verdict:
    record = record_of(platform, phone.identity.__eq__)
    verdict = Verdict(phone.identity, phone.channel, replies=len(record.taken))
    verdict.answered = len(record.said)
    times = Counter(each.entry for each in record.taken)
    verdict.doubled = [entry for entry, count in times.items() if count > 1]
    texts = list({each.entry: each.text for each in record.taken}.values())
    wanted = ["Go on.", APOLOGY]
    if texts != wanted:
        verdict.lost = [text for text in wanted if text not in texts]
        verdict.unexpected = texts
    return verdict
