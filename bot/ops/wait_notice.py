"""Reports on standard error that a command waits for a server, if the wait is long."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import httpx

from bot.conversation_api.proxies import open_transport
from bot.i18n.printable import echo
from bot.settings import Settings
from bot.store.client import host_of

NOTICE_AFTER_S = 2.0
"""Seconds for which a command waits before it reports the wait."""


class Cancelable(Protocol):
    def cancel(self) -> None:
        """Cancel the scheduled call."""


Later = Callable[[float, Callable[[], None]], Cancelable]
"""A function that calls another function after a number of seconds, like `call_later` of an event
loop.
"""


class WaitNotice:
    """Reports once that a command waits for the named server.

    A command has a notice for each server. `later` is the event loop's `call_later` by default.
    """

    def __init__(self, name: str, later: Later | None = None) -> None:
        self._name = name
        self._later = later
        self._is_reported = False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Report the wait if the context takes longer than `NOTICE_AFTER_S`."""
        if self._is_reported:
            yield
            return
        later = self._later or asyncio.get_running_loop().call_later
        timer = later(NOTICE_AFTER_S, self._report)
        try:
            yield
        finally:
            timer.cancel()

    def _report(self) -> None:
        if not self._is_reported:
            self._is_reported = True
            echo(f"bot: waiting for {self._name} …", error=True)


class NoticingTransport(httpx.AsyncBaseTransport):
    """Sends requests through another transport, and reports a slow answer."""

    def __init__(self, transport: httpx.AsyncBaseTransport, notice: WaitNotice) -> None:
        self._transport = transport
        self._notice = notice

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with self._notice():
            return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        await self._transport.aclose()


def store_notice(settings: Settings) -> WaitNotice:
    """Return the notice for the store of the settings. The notice shows no password."""
    if settings.redis_url:
        return WaitNotice(f"Redis at {host_of(settings.redis_url)}")
    return WaitNotice(f"the embedded store in {settings.home}")


def sinch_at(settings: Settings) -> str:
    """Return the name that notices use for the settings' Conversation API."""
    return f"Sinch at {host_of(settings.api_host)}"


def noticing(
    settings: Settings, name: str, transport: httpx.AsyncBaseTransport | None = None
) -> NoticingTransport:
    """Return a transport that reports slow answers of the named server."""
    return NoticingTransport(transport or open_transport(settings), WaitNotice(name))
