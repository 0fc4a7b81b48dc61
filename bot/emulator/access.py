"""Restricts access to the emulator: only from this machine, and not from pages of other origins.

In a browser, a page of any site can send requests to this machine. Such a request is rejected by
its Origin header, which names the page's site. If the site's own name resolves to this machine (DNS
rebinding), the request is rejected by its Host header, which then names the site.
"""

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.emulator.api_error import ApiError
from bot.emulator.http_response import refused_with

SINCH = ".sinch.com"
"""The domain of Sinch's hosts. The emulator accepts requests to these hosts, too.

So a developer's machine can map the hosts to the emulator. This is safe, because an attacker
cannot make the names resolve to the emulator.
"""


class LoopbackOnly:
    """ASGI middleware for servers at a loopback address.

    It rejects requests whose Host header names neither a loopback address nor a host of Sinch.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            host = Headers(scope=scope).get("host", "")
            if not (is_loopback(hostname(host)) or hostname(host).endswith(SINCH)):
                error = ApiError(
                    403, f"The emulator answers only at a loopback address, not at {host!r}"
                )
                await refused_with(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class SameOrigin:
    """ASGI middleware that rejects requests from pages of other origins."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            host = headers.get("host", "")
            if headers.get("origin", f"http://{host}") != f"http://{host}":
                error = ApiError(403, "The emulator rejects requests from other origins")
                await refused_with(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def hostname(host: str) -> str:
    """Return the name or address in a Host header; "" if the header is malformed."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Return whether a host is `localhost` or a loopback address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
