"""Who may ask the emulator: its own machine, and no page of another origin.

A page that somebody has open can send requests to this machine. A name that its site makes point
here (DNS rebinding) shows in the Host header, and the page itself in the Origin header.
"""

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.emulator.api_error import ApiError
from bot.emulator.http_response import refused_with

SINCH = ".sinch.com"
"""Names that a machine may map to the emulator; nobody else can make them point here."""


class LoopbackOnly:
    """ASGI middleware: for servers at a loopback address, which no other name may lead to."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            host = Headers(scope=scope).get("host", "")
            if not (is_loopback(hostname(host)) or hostname(host).endswith(SINCH)):
                error = ApiError(403, f"The emulator answers at a loopback address, not {host!r}")
                await refused_with(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class SameOrigin:
    """ASGI middleware: no page but one of the server's own address may send requests."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            host = headers.get("host", "")
            if headers.get("origin", f"http://{host}") != f"http://{host}":
                error = ApiError(403, "The emulator answers to no page of another origin")
                await refused_with(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def hostname(host: str) -> str:
    """Return the name or address of a Host header; empty if it is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, as `localhost` or by its address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
