"""A whole deployment for tests: the emulator in this process, and the bot's processes.

Everything uses loopback ports and real time. Tests wait for what the platform records, never for
time to pass.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from bot.clock import SystemClock
from bot.emulator import Phone, Platform, SampleProject, create_app
from bot.emulator.core import Behavior
from bot.emulator.serving import bind, running, url_of
from bot.pages.serving import serving
from bot.store.embedded import Embedded
from tests.support.bot_process import BotProcess, clean_environment

FLOWS = Path(__file__).parent / "talk"
SECRET = "a-webhook-secret-for-tests"
WAIT_S = 30.0
QUICK = Behavior(retry_first_s=0.1, retry_most_s=2.0, retries=400, callback_timeout_s=5.0)


class Stack:
    """The platform, and what is needed to run bots against it."""

    def __init__(self, folder: Path, platform: Platform, url: str) -> None:
        self.folder = folder
        self.platform = platform
        self.url = url
        self.bots: list[BotProcess] = []

    def bot(
        self, role: str = "serve", constants: dict[str, object] | None = None, **settings: object
    ) -> BotProcess:
        """Return a process of the bot that is not started yet.

        Settings are environment variables. Constants are fields of `Settings`.
        """
        environment = clean_environment(
            **self.platform.world.environment(self.url),
            SINCH_WEBHOOK_SECRET=SECRET,
            BOT_FLOWS=FLOWS,
            BOT_HOME=self.folder / "home",
            BOT_SEND_RATE=0,
            BOT_WHATSAPP_BURST=0,
            BOT_MAX_ANSWERS_PER_HOUR=0,
            BOT_LEASE=2,
            BOT_LOG="json",
        )
        environment |= {name: str(value) for name, value in settings.items()}
        log = self.folder / f"{role}-{len(self.bots)}.log"
        bot = BotProcess(role, environment, log, constants or {})
        self.bots.append(bot)
        return bot

    def post_to(self, bot: BotProcess) -> None:
        """Send callbacks to this process from now on."""
        self.platform.state.webhooks.clear()
        self.platform.register_webhook(f"{bot.url}/webhook", SECRET, ("MESSAGE_INBOUND",))

    def phone(self, number: int, channel: str = "SMS") -> Phone:
        return self.platform.phone(channel, f"4670{number:07}")

    def said_to(self, phone: Phone) -> list[str]:
        """Return the texts that the platform accepted for this contact, in order."""
        return [
            text_of(message.app_message or {})
            for message in self.platform.state.messages.values()
            if message.direction == "TO_CONTACT" and message.identity == phone.identity
        ]

    def accepted(self, trigger: str = "MESSAGE_INBOUND") -> list[str]:
        """Return the bodies of a trigger's callbacks that were answered with 200."""
        return [
            each.body
            for each in self.platform.record.callbacks
            if each.status == 200 and each.trigger == trigger
        ]

    async def until(self, holds: Callable[[], bool], within_s: float = WAIT_S) -> None:
        """Wait until `holds` returns True. `holds` is called whenever the platform changes."""
        with self.platform.record.listen() as news:
            try:
                async with asyncio.timeout(within_s):
                    while not holds():
                        await news.get()
            except TimeoutError:
                raise AssertionError(self._story()) from None

    def _story(self) -> str:
        logs = "\n".join(f"--- {bot.role}\n{bot.log[-6000:]}" for bot in self.bots)
        return f"It did not come about.\n{dict(self.platform.record.counts)}\n{logs}"


def text_of(app_message: dict[str, dict[str, object]]) -> str:
    """Return the text of a text or choice message."""
    if "choice_message" in app_message:
        words = app_message["choice_message"]["text_message"]
        assert isinstance(words, dict)
        return str(words["text"])
    return str(app_message["text_message"]["text"])


@asynccontextmanager
async def running_stack(
    folder: Path,
    *,
    behavior: Behavior = QUICK,
    mode: str = "CONVERSATION",
    seed: int = 0,
    around: Callable[[ASGIApp], ASGIApp] = lambda app: app,
) -> AsyncIterator[Stack]:
    """Run the platform on a free port. At the end all processes are killed.

    `around` may put something between the platform and its callers.
    """
    world = SampleProject(processing_mode=mode)
    platform = Platform(SystemClock(), seed=seed, world=world, behavior=behavior)
    listener = bind("127.0.0.1", 0)
    stack = Stack(folder, platform, url_of(listener, "127.0.0.1"))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with running(platform):
            yield

    app = around(create_app(platform, lifespan))
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="error", access_log=False, timeout_graceful_shutdown=1)
    )
    async with serving(server, listener):
        try:
            yield stack
        finally:
            for bot in stack.bots:
                await bot.kill()
            if (store := folder / "home" / "store").exists():
                # A killed bot has left its server running; the last client ends it.
                Embedded.join(store).leave()
