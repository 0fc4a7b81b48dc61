"""Stands before everything that is served to a browser.

A page can do anything to the bot, so only a page of this very address may use it. A name that
another site makes point here (DNS rebinding) is refused by its Host header, a request that a page
of another site makes by its Origin. What messages hold is hostile: the policy lets no script, style
or picture in but those of the page, and nothing be made of text but text.
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
    """ASGI middleware: loopback only, this origin only, and headers that hold the page to it.

    With `from_anywhere` it only sets the headers: behind a proxy neither Host nor Origin tell
    anything, and something else, such as a token, has to say who gets in.
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
            answer = PlainTextResponse(f"This answers at a loopback address, not {host!r}.", 403)
            await answer(scope, receive, send)
        elif headers.get("origin", f"http://{host}") != f"http://{host}":
            answer = PlainTextResponse("This answers to no page but its own.", 403)
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, _with_headers(send))


def is_loopback(host: str) -> bool:
    """Whether a Host header names this machine, as `localhost` or by its address."""
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
