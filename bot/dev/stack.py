"""`bot dev`: the bot and a local Conversation API in one process, on loopback.

Flows are reloaded when their files change.

The bot and the emulator communicate over real HTTP, like the bot and Sinch. The store is the
settings' store with another namespace, so that its data does not mix with a production bot's data.
"""

import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

from bot.app.bot import open_bot, running
from bot.app.running_dev import Running, announced, dev_namespace
from bot.dev.failures import Failures
from bot.dev.moving_clock import MovingClock
from bot.dev.page import Dev, page_app
from bot.dev.reload import Faults, Reloader
from bot.dev.snapshots import Snapshots
from bot.dev.traffic_view import Traffic
from bot.emulator import Behavior, Platform, SampleProject
from bot.emulator.control import CLOSING
from bot.emulator.serving import bind, make_server, url_of
from bot.emulator.state import Attempt
from bot.emulator.storage import load
from bot.flow.load import Flows, load_flows
from bot.i18n.printable import echo
from bot.pages.serving import background, quiet_server, serving, stopped
from bot.settings import Secret, Settings
from bot.store import Commit
from bot.telemetry.redaction import unmasked

HOST = "127.0.0.1"
SECRET = "bot-dev"
SECRET_KEY = "Ym90LWRldi1ib3QtZGV2LWJvdC1kZXYtYm90LWRldi0="
PROMPT = Behavior(queued_s=0.05, delivered_s=0.1)
"""Delays of a reply's statuses: short, but long enough to see them change."""

LOG_TURNS = 500
"""Minimum number of logged turns per contact. The chat page saves conversations as tests, and reads
them from the log.
"""


@contextlib.asynccontextmanager
async def stack(
    settings: Settings, port: int, api_port: int, behavior: Behavior = PROMPT
) -> AsyncIterator[Running]:
    """Run the bot, the emulator and the chat page inside the context. Port 0 means any free port.

    Raises:
        ConfigError: a port is in use.
        FlowError: a flow has errors.
    """
    data = emulator_file(settings)
    with (
        unmasked(),
        bind(HOST, port) as bot_socket,
        bind(HOST, api_port, "--api-port") as api_socket,
    ):
        # A web page that finds the emulator's port must not know the access key.
        world = SampleProject(key_secret=secrets.token_urlsafe(24))
        where = Running(
            *(url_of(bot_socket, HOST), url_of(api_socket, HOST)),
            *(world.project_id, world.app_id, world.key_id, world.key_secret),
        )
        state = load(data)
        clock = MovingClock(state.ahead_s)
        platform = Platform(clock, world=world, behavior=behavior, state=state)
        platform.core.url = where.emulator_url
        _lead_here(platform, f"{where.bot_url}/webhook")
        bot = await open_bot(_settings(settings, world, where), clock=clock)
        tell = platform.core.tell
        snapshots = Snapshots(bot.store, clock)
        try:
            await snapshots.begin()
        except BaseException:
            await bot.aclose()
            raise
        failures = Failures(bot.store, platform, tell)
        bot.runner.failure.watch = failures.note

        def after_turn(contact: str, commit: Commit | None) -> None:
            snapshots.note(contact, commit)
            tell("turn", contact=contact)

        bot.worker.after_turn = after_turn
        traffic = Traffic(platform, where.emulator_url, SECRET)
        reloader = Reloader(bot, settings.flows, tell)
        app = page_app(Dev(bot, platform, reloader, traffic, clock, data, snapshots, failures))
        bot_server = quiet_server(app)
        async with (
            background(traffic.listen()),
            # The emulator ends last, because the bot still sends unsent replies when it ends.
            serving(make_server(platform, data), api_socket),
            running(bot),
            serving(bot_server, bot_socket),
            background(reloader.watch()),
        ):
            try:
                with _telling(Faults(settings.flows, tell)):
                    yield where
            finally:
                tell(CLOSING)


async def run(settings: Settings, port: int, api_port: int) -> None:
    """Run `stack` until SIGINT or SIGTERM. Other commands can find the stack with
    `running_stack`.
    """
    stop = stopped()
    async with stack(settings, port, api_port) as where:
        with announced(settings, where):
            echo(_welcome(where, load_flows(settings.flows)))
            await stop.wait()


def _welcome(where: Running, flows: Flows) -> str:
    """Return instructions for the user of `bot dev`, with a word that starts a flow."""
    fallback = flows.fallback.start_on[:1] if flows.fallback else ()
    starts = [*fallback, *flows.starts]
    words = f' and write "{starts[0]}"' if starts else ""
    return (
        f"Open {where.bot_url}{words}. Or run `bot chat` in a second terminal.\n"
        f"The console is at {where.bot_url}/console/, the webhook at {where.bot_url}/webhook, the"
        f" local Conversation API at {where.emulator_url}.\n"
        "Flows are loaded again when their files change. Ctrl-C stops the bot."
    )


def emulator_file(settings: Settings) -> Path:
    """Return the path of the file in which the emulator of `bot dev` stores its state."""
    return Path(settings.home) / "emulator.json"


def _lead_here(platform: Platform, webhook_url: str) -> None:
    """Send all callbacks to this webhook, even callbacks that an earlier `bot dev` has queued."""
    platform.state.webhooks.clear()
    platform.register_webhook(webhook_url, SECRET)
    for due in platform.state.due:
        if isinstance(due.work, Attempt):
            due.work.delivery.target = webhook_url


def _settings(settings: Settings, world: SampleProject, where: Running) -> Settings:
    return replace(
        world.settings(settings, where.emulator_url),
        webhook_secrets=(Secret(SECRET),),
        secret_keys=settings.secret_keys or (Secret(SECRET_KEY),),
        namespace=dev_namespace(settings),
        log_turns=max(settings.log_turns, LOG_TURNS),
    )


@contextlib.contextmanager
def _telling(handler: logging.Handler) -> Iterator[None]:
    """Add the handler to the bot's logger inside the context."""
    log = logging.getLogger("bot")
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
