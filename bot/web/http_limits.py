"""The HTTP protocol with limits on time, connections and memory, for clients that may be hostile.

uvicorn waits forever for a request to arrive and for a client to read its response. It stores any
number of headers, pipelined requests and bodies. Here each server has:

- a time limit for a request's arrival, and for a client that does not read;
- a maximum number of connections; if there are more, the connection that has waited longest for its
  client is closed;
- a maximum total size of the requests in progress; above this size, the connection with the most
  bytes is answered with 503.

So the server refuses a client that sends too much or too slowly before other clients are affected.
"""

import asyncio
import logging
from typing import ClassVar

from bot.compat import internals
from bot.settings import Settings
from bot.telemetry import metrics
from bot.time_limit import TimeLimit

with internals("uvicorn"):
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

logger = logging.getLogger(__name__)

MAX_HEAD = 32_768
"""Maximum size of a request line with its headers, in bytes."""

MAX_HEADERS = 100

MAX_PIPELINED = 16
"""Maximum number of requests that wait on one connection for the response to an earlier request."""

REQUEST_BYTES = 4_096
"""Approximate memory in bytes that a request in progress needs besides its head and body."""

LOG_PAUSE_S = 10.0
"""Seconds during which further refusals for the same reason are only counted.

A log line for each of thousands of refusals would cost more than the refusals themselves.
"""

TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n"
OVERLOADED = (
    b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 11\r\n\r\n"
    b"overloaded\n"
)


class _Refused(Exception):
    """Raised to stop parsing the data of a refused connection."""


class HttpLimits:
    """The state that the connections of one server share."""

    def __init__(self, settings: Settings) -> None:
        self.arrival = TimeLimit(settings.request_timeout_s)
        """The time limit for a request to arrive, from the start of the connection or of the
        request.
        """
        self.delivery = TimeLimit(settings.request_timeout_s)
        """The time limit for a client to read a response."""
        self.max_connections = settings.max_connections
        self.waiting: dict[LimitedHttpProtocol, None] = {}
        """Connections that wait for their client. The connection that has waited longest is
        first.
        """
        self.max_body_bytes = settings.max_body_bytes
        self._max_bytes = settings.max_request_memory_bytes
        self._bytes = 0
        self._held: dict[LimitedHttpProtocol, int] = {}
        self._logged_at: dict[str, float] = {}

    def protocol(self) -> "type[LimitedHttpProtocol]":
        """Return the protocol of this server's connections."""
        return type("LimitedHttpProtocol", (LimitedHttpProtocol,), {"limits": self})

    def note_refusal(self, reason: str, now: float) -> None:
        """Count a refusal. Log it, unless its reason was logged shortly before."""
        metrics.refused.count(reason)
        if now - self._logged_at.get(reason, -LOG_PAUSE_S) >= LOG_PAUSE_S:
            self._logged_at[reason] = now
            logger.warning("Requests are refused", extra={"action": "refused", "reason": reason})

    def hold(self, connection: "LimitedHttpProtocol", size: int) -> None:
        """Add `size` bytes to the counted size of a connection's requests.

        If all connections together exceed the limit, refuse the connection with the most bytes.
        """
        self._bytes += size
        self._held[connection] = self._held.get(connection, 0) + size
        while self._bytes > self._max_bytes:
            max(self._held, key=self._held.__getitem__).refuse("memory", OVERLOADED)

    def release(self, connection: "LimitedHttpProtocol", size: int) -> None:
        """Subtract `size` bytes from the counted size of a connection's requests."""
        self._bytes -= size
        held = self._held.pop(connection, 0) - size
        if held > 0:
            self._held[connection] = held


class LimitedHttpProtocol(HttpToolsProtocol):
    """A client's connection. Connections and requests beyond the server's limits are refused."""

    limits: ClassVar[HttpLimits]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._sizes: dict[RequestResponseCycle, int] = {}
        """The size of each request without a complete response, in bytes."""
        self._is_in_message = False
        self._is_in_head = True
        self._is_declared = False
        self._unparsed = 0
        self._has_ended = False
        """Whether the client has closed its sending side of the connection."""
        self.limits.arrival.begin(self, self.loop)
        self._await_client()
        if len(self.connections) > self.limits.max_connections:
            # The new connection is last in this order, so it is refused if all others are active.
            next(iter(self.limits.waiting)).refuse("connections", OVERLOADED)

    def connection_lost(self, exc: Exception | None) -> None:
        self.limits.arrival.end(self)
        self.limits.delivery.end(self)
        self.limits.waiting.pop(self, None)
        self._drop_requests()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_in_head:
            self._unparsed += len(data)
        super().data_received(data)
        # A complete head is measured when it arrives. This measures heads without an end, and
        # trailers.
        is_growing = self._is_in_head and self._is_in_message and not self.transport.is_closing()
        if is_growing and (self._unparsed > MAX_HEAD or len(self.headers) > MAX_HEADERS):
            self.refuse("head", TOO_LARGE)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Keep the connection open if the client has closed only its sending side and has not
        stopped in the middle of a request.
        """
        self._has_ended = bool(self._sizes) and not self._is_in_message
        return self._has_ended

    def send_400_response(self, msg: str) -> None:
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_message = True
        self.limits.arrival.begin(self, self.loop)
        self._await_client()

    def on_headers_complete(self) -> None:
        size, declared = len(self.url), 0
        for name, value in self.headers:
            size += len(name) + len(value)
            if name == b"content-length":
                declared = int(value)
        if size > MAX_HEAD or len(self.headers) > MAX_HEADERS:
            self.refuse("head", TOO_LARGE)
            raise _Refused
        self._is_in_head = False
        super().on_headers_complete()
        # A body with a declared length counts before it arrives, so that no memory is wasted on a
        # body that is refused later. A body that is too long is not read at all.
        self._is_declared = declared > 0
        self._hold(self.cycle, REQUEST_BYTES + size + min(declared, self.limits.max_body_bytes))
        if len(self.pipeline) > MAX_PIPELINED:
            # There is no response, because it would have to follow the responses to earlier
            # requests.
            self.limits.note_refusal("pipeline", self.loop.time())
            self.transport.abort()
            raise _Refused

    def on_chunk_header(self) -> None:
        # Unless a body follows, these headers are trailers, which follow the body.
        self._is_in_head, self._unparsed = True, 0

    def on_body(self, body: bytes) -> None:
        self._is_in_head = False
        if not self._is_declared and not self.cycle.response_complete:
            self._hold(self.cycle, len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        self.limits.arrival.end(self)
        self._is_in_message = False
        self._is_in_head, self._unparsed = True, 0
        super().on_message_complete()
        if self._sizes:
            self.limits.waiting.pop(self, None)
        else:
            self._await_client()

    def on_response_complete(self) -> None:
        for cycle in [each for each in self._sizes if each.response_complete]:
            self.limits.release(self, self._sizes.pop(cycle))
        super().on_response_complete()
        if self._has_ended and not self._sizes:
            self.transport.close()
        if self.transport.is_closing():
            # A client that does not read would keep the connection open.
            self.limits.delivery.begin(self, self.loop)
        elif not self._sizes and not self._is_in_message:
            self._await_client()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.limits.delivery.begin(self, self.loop)

    def resume_writing(self) -> None:
        super().resume_writing()
        self.limits.delivery.end(self)

    def timeout_keep_alive_handler(self) -> None:
        # `close()` would wait until the client has read everything.
        self.transport.abort()

    def expire(self) -> None:
        """Close the connection, because the request has not arrived or the response was not read in
        time.
        """
        self.transport.abort()

    def refuse(self, reason: str, response: bytes) -> None:
        """Close the connection. If a request waits for its response, first send `response`."""
        self.limits.note_refusal(reason, self.loop.time())
        if self._sizes:
            is_expected = not any(cycle.response_started for cycle in self._sizes)
        else:
            is_expected = self._is_in_head and (self._is_in_message or self.cycle is None)
        self.limits.waiting.pop(self, None)
        self._drop_requests()
        if is_expected:
            self.transport.write(response)
            self.transport.close()
            self.limits.delivery.begin(self, self.loop)
        else:
            self.transport.abort()

    def _await_client(self) -> None:
        """Move this connection to the end of the connections that wait for their client."""
        self.limits.waiting.pop(self, None)
        self.limits.waiting[self] = None

    def _hold(self, cycle: RequestResponseCycle, size: int) -> None:
        self._sizes[cycle] = self._sizes.get(cycle, 0) + size
        self.limits.hold(self, size)
        if not self._sizes:
            raise _Refused  # This connection had the most bytes.

    def _drop_requests(self) -> None:
        """Make the application stop handling the requests of this connection."""
        for cycle in self._sizes:
            cycle.disconnected = True
            cycle.message_event.set()
        self.pipeline.clear()
        self.limits.release(self, sum(self._sizes.values()))
        self._sizes.clear()
