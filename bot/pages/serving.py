"""Runs servers beside other work in one process, until the process is told to stop."""

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
"""Maximum time for the requests of a page to end after the stop, in seconds."""


def stopped() -> asyncio.Event:
    """Return an event that is set when SIGINT or SIGTERM arrives."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


def quiet_server(
    app: ASGIApp, http: "type[asyncio.Protocol] | Literal['auto']" = "auto"
) -> uvicorn.Server:
    """Return a server that leaves the application's lifespan and the logging to the process."""
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
    """Run the server on this socket inside the context."""
    check_uvicorn()
    ignore_signals(server)  # `stopped` handles these signals.
    async with background(server.serve(sockets=[listener]), cancel=False):
        try:
            yield
        finally:
            server.should_exit = True


@contextlib.asynccontextmanager
async def background(
    work: Coroutine[None, None, None], *, cancel: bool = True
) -> AsyncIterator[None]:
    """Run a task inside the context.

    At the end of the context, cancel the task. If `cancel` is False, wait for the task instead.
    """
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        if cancel:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
