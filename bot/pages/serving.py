"""Running servers beside other work in one process, until told to stop."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Coroutine
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

from bot.compat import check_uvicorn, ignore_signals

GRACE_S = 2
"""How long a page's requests may take to end when it is told to stop."""


def stopped() -> asyncio.Event:
    """Set on SIGINT or SIGTERM, from now on."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


def quiet_server(
    app: ASGIApp, http: "type[asyncio.Protocol] | Literal['auto']" = "auto"
) -> uvicorn.Server:
    """A server of an application that is open already, and logs as the process does."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=http,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=GRACE_S,
        )
    )


@contextlib.asynccontextmanager
async def serving(server: uvicorn.Server, listener: socket.socket) -> AsyncIterator[None]:
    """The server at work on this socket."""
    check_uvicorn()
    ignore_signals(server)  # `stopped` handles them
    async with background(server.serve(sockets=[listener]), cancel=False):
        try:
            yield
        finally:
            server.should_exit = True


@contextlib.asynccontextmanager
async def background(
    work: Coroutine[None, None, None], *, cancel: bool = True
) -> AsyncIterator[None]:
    """A task beside; at the end it is cancelled, or else awaited."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        if cancel:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
