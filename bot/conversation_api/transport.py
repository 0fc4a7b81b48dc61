"""The transport for requests to the platform: a pool of connections.

CPU per messages:send in µs, all threads, on one core, uvloop, a local server answering at once,
with 1 / 8 / 32 / 128 requests at the same time (absolute figures vary by machine, the ratios hold):

    httpx.AsyncClient                                483 / 636 / 1769 / 1391
    aiohttp alone, without httpx                     119 / 67 / 62 / 70
    httpx.Request passed to a transport of aiohttp   124 / 83 / 78 / 82; over TLS with 32: 79
    pyreqwest alone, without httpx                   77 / 33 / 30 / 27; over TLS with 32: 29
    httpx.Request passed to this transport           55 / 26 / 24 / 22; over TLS with 32: 26

Callers must also know whether a request was sent, and the other libraries report this wrongly. If a
server accepts a request and then closes the connection, pyreqwest raises a `ConnectError`, and
httpx-aiohttp raises a `ConnectTimeout`, as if the server had never been reached.
"""

import asyncio
import socket
from collections import defaultdict, deque
from collections.abc import Sequence

import httpx
from aiohappyeyeballs import start_connection

from bot.conversation_api.connection import Answer, Connection

KEEPALIVE_S = 30.0
"""Seconds for which an idle connection stays open. This is less than a minute, because load
balancers close an idle connection after a minute.
"""

NEXT_ADDRESS_S = 0.25
"""Seconds after which a connection to the server's next address is tried, too (RFC 8305).
"""

NOT_SENT = (
    *(httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError),
    httpx.UnsupportedProtocol,
)
"""Network errors that prove that nothing was sent.

After any other error the request may have been sent.
"""

Origin = tuple[str, bytes]

Headers = Sequence[tuple[bytes, bytes]]


class ApiTransport(httpx.AsyncBaseTransport):
    """A pool of up to `connections` connections. Each response is read as a whole.

    `ConnectError` and `ConnectTimeout` mean that nothing was sent. A `ConnectTimeout` is also
    raised if no connection becomes free in time. After any other error the server may have accepted
    the request. A request is never sent twice. The request's body must be in memory, and the
    request's headers must have the host and the body's length. Redirects are not followed. Cookies
    are not stored, because a balancer's cookie would bind all connections to one of its servers.
    The caller limits the time for a response.
    """

    def __init__(self, *, connections: int) -> None:
        self._slots = asyncio.Semaphore(connections)
        self._tls = httpx.create_ssl_context()
        self._idle: defaultdict[Origin, deque[Connection]] = defaultdict(deque)
        self._busy: set[Connection] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        connect_s = request.extensions.get("timeout", {}).get("connect")
        headers, body = request.headers.raw, request.content
        answer = await self.exchange(request.method, request.url, headers, body, connect_s)
        return answer.as_httpx()

    async def exchange(
        self, method: str, url: httpx.URL, headers: Headers, body: bytes, connect_s: float | None
    ) -> Answer:
        """Send a request and return the response, without httpx's own classes for requests and
        responses.
        """
        written = _written(method, url, headers, body)
        origin = url.scheme, url.netloc
        connection = await self._taken(url, origin, connect_s)
        self._busy.add(connection)
        try:
            return await connection.exchange(written)
        finally:
            self._busy.remove(connection)
            self._slots.release()
            self._keep(connection, origin)

    async def aclose(self) -> None:
        for connection in [*self._busy, *(each for idle in self._idle.values() for each in idle)]:
            connection.close()
        self._idle.clear()

    async def _taken(self, url: httpx.URL, origin: Origin, connect_s: float | None) -> Connection:
        """Reserve one of the pool's slots, and return an idle or new connection to `origin`."""
        if not self._slots.locked() and (idle := self._idle_one(origin)):
            await self._slots.acquire()  # There is a free slot, so this does not wait.
            return idle
        try:
            async with asyncio.timeout(connect_s):
                await self._slots.acquire()
                try:
                    return self._idle_one(origin) or await self._opened(url)
                except BaseException:
                    self._slots.release()
                    raise
        except TimeoutError as error:
            raise httpx.ConnectTimeout("no connection was opened in time") from error
        except (OSError, RuntimeError, UnicodeError) as error:  # uvloop raises RuntimeError.
            raise httpx.ConnectError(f"{type(error).__name__}: {error}") from error

    async def _opened(self, url: httpx.URL) -> Connection:
        loop = asyncio.get_running_loop()
        is_tls, host = url.scheme == "https", url.raw_host.decode()
        port = url.port or (443 if is_tls else 80)
        addresses = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        _, connection = await loop.create_connection(
            Connection,
            sock=await start_connection(addresses, happy_eyeballs_delay=NEXT_ADDRESS_S),
            ssl=self._tls if is_tls else None,
            server_hostname=host if is_tls else None,
        )
        return connection

    def _idle_one(self, origin: Origin) -> Connection | None:
        """Reserve the idle connection that was used last; return None if no connection is idle.

        The other connections stay idle, so they expire if they are not needed.
        """
        idle = self._idle[origin]
        while idle:
            connection = idle.pop()
            if connection.is_free and connection.idle_s < KEEPALIVE_S:
                return connection
            connection.close()
        return None

    def _keep(self, connection: Connection, origin: Origin) -> None:
        idle = self._idle[origin]
        if connection.is_free:
            idle.append(connection)
        while idle and idle[0].idle_s >= KEEPALIVE_S:
            idle.popleft().close()


def _written(method: str, url: httpx.URL, headers: Headers, body: bytes) -> bytes:
    """Return the request as bytes.

    Raises:
        LocalProtocolError: a line break in a header would begin another header.
    """
    lines = [b"%b %b HTTP/1.1" % (method.encode(), url.raw_path), *map(b": ".join, headers)]
    head = b"\r\n".join(lines)
    if not head.count(b"\r") == head.count(b"\n") == len(lines) - 1:
        raise httpx.LocalProtocolError("a header contains a line break")
    return b"%b\r\n\r\n%b" % (head, body)
