"""The transport below `httpx.AsyncBaseTransport` that reaches the platform: aiohttp's pool.

CPU per messages:send in µs, on one core, uvloop, a local server answering at once, with 1 / 8 / 32
/ 128 requests under way (absolute figures vary by machine, the ratios hold):

    httpx.AsyncClient                                          382 / 430 / 1718 / 906
    httpx.AsyncClient over httpx-aiohttp                       217 / 181 / 175 / 177
    httpx.Request handed straight to httpx-aiohttp             132 / 96 / 92 / 95
    httpx.Request handed straight to this transport            103 / 68 / 63 / 65
    the whole of `ConversationApi.send_message` over it        131 / 85 / 83 / 86
    aiohttp alone, without httpx                               57 / 54 / 50 / 52

httpx-aiohttp isn't used since it calls a server that hangs up after taking a request a
`ConnectTimeout`, as if it had never been reached, and lets other faults of aiohttp through; to
mend both around it takes more code than this.
"""

import aiohttp
import httpx
from yarl import URL

KEEPALIVE_S = 30.0
"""How long an idle connection is kept: well below the minute after which balancers drop theirs."""

# The first that fits. Only the first two tell that nothing was sent.
_HTTPX: tuple[tuple[type[aiohttp.ClientError], type[httpx.TransportError]], ...] = (
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    (aiohttp.SocketTimeoutError, httpx.ReadTimeout),
    (aiohttp.ServerDisconnectedError, httpx.RemoteProtocolError),
    (aiohttp.ClientResponseError, httpx.RemoteProtocolError),
    (aiohttp.ClientError, httpx.ReadError),
)


class ApiTransport(httpx.AsyncBaseTransport):
    """Up to `connections` connections, with answers read whole and faults told apart.

    `ConnectError` and `ConnectTimeout` (which covers the wait for a free connection too) mean that
    nothing was sent; every other fault may come after the request was taken. A POST is sent once:
    aiohttp repeats only idempotent methods, and those only when a kept connection turns out to be
    closed. Redirects aren't followed, cookies not kept: a balancer's would bind all connections to
    one of its servers. Proxies named in the environment aren't used; where there must be one, an
    `httpx.AsyncHTTPTransport(proxy=…)` takes this transport's place.
    """

    def __init__(self, *, connections: int) -> None:
        self._connections = connections
        self._tls = httpx.create_ssl_context()
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._session is None:
            self._session = self._opened()
        waits = request.extensions.get("timeout", {})
        try:
            async with self._session.request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=[(name.decode(), value.decode()) for name, value in request.headers.raw],
                data=await request.aread() or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(
                    connect=waits.get("pool"),
                    sock_connect=waits.get("connect"),
                    sock_read=waits.get("read"),
                ),
            ) as response:
                body = await response.read()
        except aiohttp.ClientError as fault:
            # Only a connector's own words are passed on, and no chain: the words of the others, and
            # the repr of some, hold the URL (with a phone number in its query) or the token.
            said = f": {fault}" if isinstance(fault, aiohttp.ClientConnectorError) else ""
            raise as_httpx(fault)(f"{type(fault).__name__}{said}") from None
        return httpx.Response(
            response.status, headers=response.raw_headers, stream=httpx.ByteStream(body)
        )

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=self._connections,
            keepalive_timeout=KEEPALIVE_S,
            ssl=self._tls,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("accept", "accept-encoding", "content-type", "user-agent"),
        )


def as_httpx(fault: aiohttp.ClientError) -> type[httpx.TransportError]:
    """The httpx class that says of `fault` whether the request may have been taken."""
    return next(ours for theirs, ours in _HTTPX if isinstance(fault, theirs))
