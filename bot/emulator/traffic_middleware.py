"""Middleware that logs each request to the API with its response, and injects faults."""

import json
from collections.abc import Callable

import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.emulator.api_error import ApiError, wrong_region
from bot.emulator.event_log import Request
from bot.emulator.fault_injection import RequestFault
from bot.emulator.platform import Platform
from bot.emulator.tokens import expired

CONTROL = "/emulator"
"""Prefix of paths that Sinch does not have. Their requests are not logged and get no faults."""


class Traffic:
    """ASGI middleware that logs the emulator's requests and injects faults."""

    def __init__(self, app: ASGIApp, platform: Platform) -> None:
        self._app = app
        self._platform = platform

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(self._platform, scope)
        fault = await self._delayed(scope)
        if fault is None:
            await self._app(scope, exchange.reading(receive), exchange.writing(send))
        else:
            await self._disturbed(fault, exchange, scope, receive, send)
        exchange.record()

    async def _delayed(self, scope: Scope) -> RequestFault | None:
        """Delay the request by all rules that apply.

        Return the rule whose action is not `none`; None if there is no such rule.
        """
        acting = None
        if usual_s := self._platform.faults.rules.request_delay_s:
            await self._platform.core.clock.sleep(usual_s)
        for rule in self._platform.faults.for_request(scope["method"], scope["path"]):
            if rule.delay_s:
                await self._platform.core.clock.sleep(rule.delay_s)
            if rule.action != "none":
                acting = rule
        return acting

    async def _disturbed(
        self,
        fault: RequestFault,
        exchange: "_Exchange",
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        if fault.taken and fault.action in ("refuse", "drop"):
            await self._app(scope, exchange.reading(receive), _nowhere)
        if fault.action == "drop":
            exchange.record()
            await _drop(receive)
            return
        if fault.action == "expire":
            self._platform.tokens.expire_all()
        await _answer(_refusal(fault), exchange.writing(send))


class _Exchange:
    """One request and its response, while they pass through the middleware."""

    def __init__(self, platform: Platform, scope: Scope) -> None:
        self._platform = platform
        self._scope = scope
        self._at = platform.core.now()
        self._body = bytearray()
        self._answer = bytearray()
        self._status = 0
        self._recorded = False

    def reading(self, receive: Receive) -> Receive:
        async def read() -> Message:
            message = await receive()
            self._body += message.get("body", b"")
            return message

        return read

    def writing(self, send: Send) -> Send:
        async def write(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._status = message["status"]
            self._answer += message.get("body", b"")
            await send(message)

        return write

    def record(self) -> None:
        """Add the request to the platform's log, unless it is there already."""
        if self._recorded:
            return
        self._recorded = True
        method, path = self._scope["method"], self._scope["path"]
        body, answer = bytes(self._body), bytes(self._answer)
        self._platform.record.took(Request(self._at, method, path, self._status, body, answer))
        self._platform.core.tell(
            "request",
            method=method,
            path=path,
            status=self._status,
            body="" if path == "/oauth2/token" else body.decode(errors="replace"),
            answer="" if path == "/oauth2/token" else answer.decode(errors="replace"),
        )


async def _nowhere(message: Message) -> None:
    """Discard a response, because the client must not get it."""


def _refusal(fault: RequestFault) -> ApiError:
    if fault.action == "expire":
        return expired()
    if fault.action == "region":
        return wrong_region()
    headers = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
    return ApiError(fault.status, "An injected fault", headers=headers)


async def _answer(refusal: ApiError, send: Send) -> None:
    body = json.dumps(refusal.body()).encode()
    headers = {"content-type": "application/json", "content-length": str(len(body))}
    await send(
        {
            "type": "http.response.start",
            "status": refusal.status,
            "headers": [
                (name.encode(), value.encode())
                for name, value in (headers | refusal.headers).items()
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def _drop(receive: Receive) -> None:
    """Close the connection without a response.

    ASGI has no message that closes a connection. So the connection's transport is aborted; in
    uvicorn, `receive` is a method of an object with the attribute `transport`.

    Raises:
        RemoteProtocolError: there is no transport, as in a test. The test then gets the error that
            httpx raises if a server closes the connection.
    """
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    abort: Callable[[], None] | None = getattr(transport, "abort", None)
    if abort is None:
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
    abort()
    while (await receive())["type"] != "http.disconnect":
        continue
