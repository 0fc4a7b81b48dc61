"""The HTTP protocol with limits: for clients that send slowly, or send headers without end.

uvicorn waits for ever for the first byte, the rest of the headers and the rest of a body, and keeps
any number of headers. Each connection costs memory and a place among BOT_MAX_CONNECTIONS, so one
that doesn't come to the end of its request in time is closed.
"""

import asyncio
from typing import ClassVar

from bot.compat import internals
from bot.time_limit import TimeLimit

with internals("uvicorn"):
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD = 65_536
"""Bytes of a request's line and headers."""

TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n"


class LimitedHttpProtocol(HttpToolsProtocol):
    """Closes a connection whose request doesn't arrive in time, or has too long a head."""

    limit: ClassVar = TimeLimit(20.0)
    """How long a request may take to arrive, from the connection's or the request's beginning."""

    _head = 0
    _is_in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.limit.begin(self, self.loop)

    def connection_lost(self, exc: Exception | None) -> None:
        self.limit.end(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_in_head:
            self._head += len(data)
        super().data_received(data)
        if self._is_in_head and self._head > MAX_HEAD and not self.transport.is_closing():
            self.transport.write(TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.limit.begin(self, self.loop)

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self.limit.end(self)
        self._is_in_head, self._head = True, 0
        super().on_message_complete()

    def expire(self) -> None:
        """The request hasn't arrived in time."""
        self.transport.abort()
