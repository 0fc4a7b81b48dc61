"""`bot dev`: the bot and a local Conversation API in one process, on loopback, reloading the flows.

The two talk real HTTP with each other, as the bot will with Sinch. The store is the settings' own,
under a namespace of its own, so that nothing of it mixes with a bot that serves people.
"""

import asyncio
import contextlib
import importlib
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import typer
import uvicorn
from starlette.applications import Starlette
from watchfiles import awatch

from bot.app import Bot, open_bot, routes, running
from bot.clock import SystemClock
from bot.emulator import REAL_TIME, Platform, World
from bot.emulator.serving import bind, make_server
from bot.emulator.storage import load
from bot.errors import FlowError
from bot.flow.load import load_flows, load_package
from bot.settings import Secret, Settings

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
SECRET = "bot-dev"


class Running(msgspec.Struct):
    """A development stack at work: where its bot and its emulator answer."""

    bot_url: str
    emulator_url: str


@contextlib.asynccontextmanager
async def stack(settings: Settings, port: int, api_port: int) -> AsyncIterator[Running]:
    """Bot and emulator, running until the context ends; port 0 takes a free one.

    Raises:
        ConfigError: a port is taken.
        FlowError: a flow is written wrongly.
    """
    data = Path(settings.home) / "emulator.json"
    with bind(HOST, port) as bot_socket, bind(HOST, api_port) as api_socket:
        where = Running(_url(bot_socket), _url(api_socket))
        world = World()
        platform = Platform(SystemClock(), world=world, behaviour=REAL_TIME, state=load(data))
        platform.state.webhooks.clear()
        platform.register_webhook(f"{where.bot_url}/webhook", SECRET)
        bot = await open_bot(_settings(settings, world, where))
        app = Starlette(routes=routes())
        app.state.bot = bot
        bot_server = uvicorn.Server(
            uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
        )
        async with (
            running(bot),
            _serving(make_server(platform, data), api_socket),
            _serving(bot_server, bot_socket),
            _background(_reload(bot, settings.flows)),
        ):
            yield where


async def run(settings: Settings, port: int, api_port: int) -> None:
    """Run the stack until SIGINT or SIGTERM; other commands find it by `running_stack`."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with stack(settings, port, api_port) as where:
        with _announced(settings, where):
            typer.echo(
                f"The bot's webhook is at {where.bot_url}/webhook, a local Conversation API at"
                f" {where.emulator_url}.\nTalk to the bot with `bot chat`. Ctrl-C stops both.",
            )
            await stop.wait()


def running_stack(settings: Settings) -> Running | None:
    """The `bot dev` that runs in this folder, or None."""
    try:
        found = msgspec.json.decode(_announcement(settings).read_bytes(), type=Running)
    except (OSError, msgspec.DecodeError):
        return None
    with socket.socket() as probe:
        host, _, port = found.emulator_url.rpartition("/")[2].partition(":")
        return found if probe.connect_ex((host, int(port))) == 0 else None


def _settings(settings: Settings, world: World, where: Running) -> Settings:
    return replace(
        settings,
        project_id=world.project_id,
        app_id=world.app_id,
        key_id=world.key_id,
        key_secret=Secret(world.key_secret),
        webhook_secrets=(Secret(SECRET),),
        api_url=where.emulator_url,
        auth_url=where.emulator_url,
        namespace=f"{settings.namespace}-dev",
    )


def _announcement(settings: Settings) -> Path:
    return Path(settings.home) / "dev.json"


@contextlib.contextmanager
def _announced(settings: Settings, where: Running) -> Iterator[None]:
    path = _announcement(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.encode(where))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()
    return f"http://{host}:{port}"


@contextlib.asynccontextmanager
async def _serving(server: uvicorn.Server, listener: socket.socket) -> AsyncIterator[None]:
    # Two servers in one process would take the signals from each other; `run` handles them.
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    async with _background(server.serve(sockets=[listener]), cancel=False):
        try:
            yield
        finally:
            server.should_exit = True


@contextlib.asynccontextmanager
async def _background(
    work: Coroutine[None, None, None], *, cancel: bool = True
) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        if cancel:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _reload(bot: Bot, where: str) -> None:
    """Take over the flows whenever a file of theirs changes; faulty ones are told and left out."""
    package = load_package(where)
    async for _ in awatch(*package.__path__):
        for name in [name for name in sys.modules if _is_within(name, package.__name__)]:
            del sys.modules[name]
        importlib.invalidate_caches()
        try:
            bot.use(load_flows(where))
        except FlowError as fault:
            logger.error("The flows stay as they were: %s", fault, extra={"action": "reload"})
        else:
            logger.info("Flows reloaded", extra={"action": "reload", "flows": len(bot.flows)})


def _is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")
