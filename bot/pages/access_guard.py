"""Restricts the access of browsers to all pages and endpoints.

A page can do anything to the bot through the endpoints, so only the server's own pages may use the
endpoints. A request to another site's name that resolves to this machine (DNS rebinding) is
rejected by its Host header. A request from a page of another site is rejected by its Origin header.
Messages are hostile input, so the content security policy only allows scripts, styles and pictures
of the page itself.
"""

import ipaddress
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HOST = re.compile(r"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[^:\[\]]+))(?::\d+)?")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Guard:
    """ASGI middleware that rejects other hosts and origins, and sets a content security policy.

    With `from_anywhere` it only sets headers. Behind a proxy, Host and Origin prove nothing, so
    access must be restricted in another way, such as by a token.
    """

    def __init__(self, app: ASGIApp, *, from_anywhere: bool = False) -> None:
        self._app = app
        self._from_anywhere = from_anywhere

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self._from_anywhere:
            await self._app(scope, receive, _with_headers(send))
        elif not is_loopback(host):
            answer = PlainTextResponse(
                f"This page is only for a loopback address, not {host!r}.", 403
            )
            await answer(scope, receive, send)
        elif headers.get("origin", f"http://{host}") != f"http://{host}":
            answer = PlainTextResponse("Requests from other origins are rejected.", 403)
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, _with_headers(send))


def is_loopback(host: str) -> bool:
    """Return whether a Host header names this machine, as `localhost` or by its address."""
    found = _HOST.fullmatch(host)
    name = (found["name"] or found["address"]) if found else ""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _with_headers(send: Send) -> Send:
    async def write(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
        await send(message)

    return write
