"""A minimal stand-in for the platform. It accepts every send request and records the time.

`python -m bench.upstream` serves it on the port in PORT, for measurements that need a separate
process.
"""

import asyncio
import itertools
import json
import os
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import httptools
import uvloop

from bench.wire import Reply, Unreadable, read_sinch, read_telegram

Arrived = Callable[[Reply, float], None]

_TOKEN = json.dumps(
    {"access_token": "bench", "expires_in": 3599, "scope": "", "token_type": "bearer"}
).encode()


class Upstream:
    """An HTTP server on `port` of this machine, or on a free port if `port` is 0.

    It answers the token endpoint, `messages:send` and `GET …/messages` of the Conversation API, and
    `sendMessage` of the Telegram Bot API. Sends are answered `latency_s` seconds after they arrive.
    `arrived` is called with each reply and the time of its arrival (`time.perf_counter`).
    """

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self.latency_s = 0.0
        self.arrived: Arrived = _ignore
        self.refused: list[str] = []
        self._ids = itertools.count(1)
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self), "127.0.0.1", self._port, backlog=2048
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()

    @property
    def url(self) -> str:
        if self._server is None:
            raise RuntimeError("The upstream isn't running; enter it first.")
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def answer(self, method: bytes, path: bytes, body: bytes) -> tuple[int, bytes, float]:
        """Return the status, the body, and the seconds to wait before the response. Other requests
        are rejected and recorded in `refused`.
        """
        at = time.perf_counter()
        try:
            if method == b"POST" and path.endswith(b"/messages:send"):
                self.arrived(read_sinch(body), at)
                message = b'{"message_id":"01M%023d","accepted_time":"2025-01-01T00:00:00Z"}'
                return 200, message % next(self._ids), self.latency_s
            if method == b"POST" and path.endswith(b"/sendMessage"):
                reply = read_telegram(body)
                self.arrived(reply, at)
                return 200, _telegram_message(reply, next(self._ids)), self.latency_s
        except Unreadable as error:
            self.refused.append(str(error))
            return 400, b"{}", 0.0
        if method == b"POST" and path.endswith(b"/oauth2/token"):
            return 200, _TOKEN, 0.0
        if method == b"GET" and path.endswith(b"/messages"):
            return 200, b'{"messages":[],"next_page_token":""}', 0.0
        if path == b"/readyz":
            return 200, b"{}", 0.0
        self.refused.append(f"{method.decode()} {path.decode()}")
        return 404, b"{}", 0.0


def _telegram_message(reply: Reply, number: int) -> bytes:
    chat = {"id": int(reply.contact), "type": "private", "first_name": "Contact"}
    message = {"message_id": number, "date": int(time.time()), "chat": chat, "text": reply.text}
    return json.dumps({"ok": True, "result": message}).encode()


class _Connection(asyncio.Protocol):
    """A client's connection. Each request is answered before the next one is sent."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._parser: Any = httptools.HttpRequestParser(self)
        self._path, self._body = b"", b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._upstream.refused.append(f"not HTTP: {error}")
            self._transport.close()

    def on_message_begin(self) -> None:
        self._path, self._body = b"", b""

    def on_url(self, url: bytes) -> None:
        self._path += url

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        path = self._path.partition(b"?")[0]
        status, body, after_s = self._upstream.answer(self._parser.get_method(), path, self._body)
        response = (
            b"HTTP/1.1 %d Bench\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
        ) % (status, len(body), body)
        if after_s:
            asyncio.get_running_loop().call_later(after_s, self._write, response)
        else:
            self._write(response)

    def _write(self, response: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(response)


def _ignore(reply: Reply, at: float) -> None:
    """Ignore replies that arrive before there is a load."""


async def _serve() -> None:
    async with Upstream(int(os.environ["PORT"])):
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    uvloop.run(_serve())
