"""An HTTP/1.1 connection that handles one request at a time, and returns the response as a whole.

The parser is llhttp, from httptools. The parser accepts only what RFC 9112 allows.
"""

import asyncio
from typing import NamedTuple, cast

import httptools
import httpx

MAX_BYTES = 8 * 1024 * 1024
"""Maximum size of a response including its head, in bytes.

The longest pages of lists have about 1 MB.
"""

_LENGTH_HEADERS = (b"content-length", b"transfer-encoding")


class Answer(NamedTuple):
    """A whole response.

    httpx's own class is not used, because to create an object of that class would take as long as
    all other work for a request.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def as_httpx(self) -> httpx.Response:
        return httpx.Response(self.status, headers=self.headers, stream=httpx.ByteStream(self.body))


class Connection(asyncio.Protocol):
    """An open connection, for one exchange at a time.

    If an exchange fails after the request was sent, the server may have accepted the request, and
    the connection is closed. If a byte arrives while no request waits for a response, the
    connection is also closed, because the byte would be read as the beginning of the next response.
    A response including its head may have at most `max_bytes` bytes, by default MAX_BYTES.
    """

    def __init__(self, max_bytes: int = 0) -> None:
        self.free_since = 0.0
        self._max_bytes = max_bytes or MAX_BYTES
        self._is_open = True
        self._answered: asyncio.Future[Answer] | None = None
        self._room = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._has_head = False

    @property
    def is_free(self) -> bool:
        """Whether a request can be sent over the connection now."""
        return self._is_open and self._answered is None and not self._transport.is_closing()

    @property
    def idle_s(self) -> float:
        """The seconds since the last response."""
        return self._loop.time() - self.free_since

    async def exchange(self, request: bytes) -> Answer:
        """Send a request in the form of HTTP/1.1 and return the response.

        Raises:
            ConnectError: the connection is closed already; nothing was sent.
            RemoteProtocolError: the server closed the connection too early, or its answer is too
                long or is not HTTP.
            ReadError: the connection broke.
        """
        if not self.is_free:
            raise httpx.ConnectError("the connection was closed before the request was sent")
        answered: asyncio.Future[Answer] = self._loop.create_future()
        self._answered = answered
        self._room = self._max_bytes
        self._transport.write(request)
        try:
            return await answered
        except asyncio.CancelledError:
            self.close()  # The answer may come later, to the next request.
            raise

    def close(self) -> None:
        """Close the connection at once. An active exchange fails."""
        self._is_open = False
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)

    def data_received(self, data: bytes) -> None:
        self._room -= len(data)
        if self._room < 0:
            self._fail(httpx.RemoteProtocolError("the answer is too long"))
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            # The parser's error is not shown, because its text may contain data of the server.
            self._fail(httpx.RemoteProtocolError("the answer isn't HTTP"))

    def connection_lost(self, error: Exception | None) -> None:
        if error is not None:
            self._fail(httpx.ReadError(type(error).__name__))
        elif self._is_open and self._ends_with_connection():
            self._succeed()
        else:
            self._fail(httpx.RemoteProtocolError("the connection was closed"))
        # The parser refers to this object, so only the garbage collector would free both.
        del self._parser

    # The parser calls the following methods.

    def on_message_begin(self) -> None:
        if self._answered is None:
            self.close()
        self._headers, self._body, self._has_head = [], [], False

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._has_head = True

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() < 200:
            self._has_head = False  # an interim response, such as 103
        else:
            self._succeed()

    def _ends_with_connection(self) -> bool:
        has_length = any(name.lower() in _LENGTH_HEADERS for name, _ in self._headers)
        return self._answered is not None and self._has_head and not has_length

    def _succeed(self) -> None:
        answered, self._answered = self._answered, None
        if not self._parser.should_keep_alive():
            self.close()
        if answered is not None and not answered.done():
            self.free_since = self._loop.time()
            status, body = self._parser.get_status_code(), b"".join(self._body)
            answered.set_result(Answer(status, self._headers, body))

    def _fail(self, error: httpx.TransportError) -> None:
        self.close()
        answered, self._answered = self._answered, None
        if answered is not None and not answered.done():
            answered.set_exception(error)
