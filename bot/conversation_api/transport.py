"""The transport that reaches the platform: a pool of connections.

CPU per messages:send in µs, all threads, on one core, uvloop, a local server answering at once,
with 1 / 8 / 32 / 128 requests at the same time (absolute figures vary by machine, the ratios hold):

    httpx.AsyncClient                                483 / 636 / 1769 / 1391
    aiohttp alone, without httpx                     119 / 67 / 62 / 70
    httpx.Request passed to a transport of aiohttp   124 / 83 / 78 / 82; over TLS with 32: 79
    pyreqwest alone, without httpx                   77 / 33 / 30 / 27; over TLS with 32: 29
    httpx.Request passed to this transport           55 / 26 / 24 / 22; over TLS with 32: 26

It matters as much to know whether a request was sent. pyreqwest reports a server that closes the
connection after it has taken a request as a `ConnectError`, as if it had never been reached;
httpx-aiohttp reports it as a `ConnectTimeout`.
"""

import asyncio
import socket
from collections import defaultdict, deque
from collections.abc import Sequence

import httpx
from aiohappyeyeballs import start_connection

from bot.conversation_api.connection import Answer, Connection

KEEPALIVE_S = 30.0
"""How long an idle connection stays open: well below the minute after which balancers close it."""

NEXT_ADDRESS_S = 0.25
"""How long one of the server's addresses is tried alone before the next is tried too (RFC 8305)."""

NOT_SENT = (
    *(httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError),
    httpx.UnsupportedProtocol,
)
"""Network errors that prove that nothing was sent; after any other the request may be taken."""

Origin = tuple[str, bytes]

Headers = Sequence[tuple[bytes, bytes]]


class ApiTransport(httpx.AsyncBaseTransport):
    """A pool of up to `connections` connections that reads responses whole.

    `ConnectError` and `ConnectTimeout` (which includes the wait for a free connection) mean that
    nothing was sent; every other error may come after the request was taken. A request is sent
    once, whatever happens; it must be read, and its headers must give the host and the body's
    length. Redirects aren't followed, cookies aren't stored: a balancer's would bind all
    connections to one of its servers. The caller limits how long a response may take.
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
        """Do as `handle_async_request`, without httpx's own request and response."""
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
        """Take a connection for this request alone, and with it one of the slots."""
        if not self._slots.locked() and (idle := self._idle_one(origin)):
            await self._slots.acquire()  # There is one, so this doesn't wait.
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
            raise httpx.ConnectTimeout("no connection in time") from error
        except (OSError, RuntimeError, UnicodeError) as error:  # uvloop raises the second
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
        """Take the connection that was used last, so that connections which are not needed
        expire.
        """
        idle = self._idle[origin]
        while idle:
            connection = idle.pop()
            if connection.is_free and not _is_old(connection):
                return connection
            connection.close()
        return None

    def _keep(self, connection: Connection, origin: Origin) -> None:
        idle = self._idle[origin]
        if connection.is_free:
            connection.free_since = asyncio.get_running_loop().time()
            idle.append(connection)
        while idle and _is_old(idle[0]):
            idle.popleft().close()


def _is_old(connection: Connection) -> bool:
    return asyncio.get_running_loop().time() - connection.free_since >= KEEPALIVE_S


def _written(method: str, url: httpx.URL, headers: Headers, body: bytes) -> bytes:
    """Return the request as bytes.

    Raises:
        LocalProtocolError: a line break in it would begin another header.
    """
    lines = [b"%b %b HTTP/1.1" % (method.encode(), url.raw_path)]
    lines += [b"%b: %b" % header for header in headers]
    head = b"".join(lines)
    if b"\r" in head or b"\n" in head:
        raise httpx.LocalProtocolError("a header holds a line break")
    return b"%b\r\n\r\n%b" % (b"\r\n".join(lines), body)
