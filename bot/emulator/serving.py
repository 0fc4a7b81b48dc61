"""Runs a platform in real time on a port."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from bot.emulator.access import LoopbackOnly, is_loopback
from bot.emulator.platform import Platform
from bot.emulator.server import create_app
from bot.emulator.storage import save
from bot.errors import ConfigError

_GRACE_S = 2
MAX_PORT = 65535


@asynccontextmanager
async def running(platform: Platform, data: Path | None = None) -> AsyncIterator[None]:
    """Run the platform's queue while the context is open.

    If `data` is given, the state with all unfinished work is written to this file at the end.
    """
    pump = asyncio.create_task(platform.pump())
    try:
        yield
    finally:
        pump.cancel()
        with suppress(asyncio.CancelledError):
            await pump
        if data is not None:
            save(platform.state, data)
        await platform.aclose()


def make_server(
    platform: Platform, data: Path | None = None, *, host: str = "127.0.0.1"
) -> uvicorn.Server:
    """Return a server for this platform. The caller starts it on sockets bound to `host`."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with running(platform, data):
            yield

    app = create_app(platform, lifespan)
    if is_loopback(host):
        app.add_middleware(LoopbackOnly)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
    return uvicorn.Server(config)


def bind(host: str, port: int, option: str = "--port") -> socket.socket:
    """Return a socket that listens at this address. Port 0 means any free port.

    `option` is the option of the command that sets the port, for errors.

    Raises:
        ConfigError: the address is not available.
    """
    if not 0 <= port <= MAX_PORT:
        raise ConfigError(
            f"{port} is not a port; choose a number from 0 to {MAX_PORT} for {option}."
        )
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        raise ConfigError(
            f"{host}:{port} can't be listened on ({error.strerror}); choose another {option}."
        ) from error
    # asyncio leaves Nagle's algorithm on for sockets that it did not create. Each answer would
    # then wait 40 ms for the client's acknowledgement. Accepted connections inherit the option.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def url_of(listener: socket.socket, host: str) -> str:
    """Return the URL of a listening socket. `host` is the requested host, which may be a name."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"


async def serve(
    platform: Platform,
    host: str = "127.0.0.1",
    port: int = 8081,
    data: Path | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the API until SIGINT or SIGTERM. Call `ready` with the URL before the server starts.

    Raises:
        ConfigError: the address is not available.
    """
    with bind(host, port) as listener:
        platform.core.url = url_of(listener, host)
        if ready is not None:
            ready(platform.core.url)
        await make_server(platform, data, host=host).serve(sockets=[listener])
