"""Sends an HTTP request and returns the response. If no response comes, raises an error with the
reason.

`httpx.AsyncClient` is not used, because a request that is passed directly to the transport costs
half as much (see `transport`). `AsyncClient` also logs URLs, whose queries may contain phone
numbers.
"""

import zlib
from functools import cache
from typing import Any

import httpx
import msgspec

from bot.conversation_api.connection import MAX_BYTES, Answer
from bot.conversation_api.proxies import open_transport
from bot.conversation_api.transport import NOT_SENT, ApiTransport, Headers
from bot.errors import ConfigError, SendRetryable
from bot.settings import Settings
from bot.time_limit import TimeLimit


def parsed_url(url: str, variable: str) -> httpx.URL:
    """Return `url` as a parsed URL.

    Raises:
        ConfigError: `url` is not a URL, or has a user and password. The error names `variable`.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ConfigError(f"{variable} is not a URL: {error}") from error
    if parsed.userinfo:
        raise ConfigError(
            f"{variable} contains a user or password, which the bot does not send. Remove the"
            " user and the password."
        )
    return parsed


def read_json(body: bytes, kind: Any = Any) -> Any:
    """Return the JSON text `body` decoded to the type `kind`; None if `body` is not JSON of this
    type.
    """
    try:
        return _decoder(kind).decode(body)
    except (ValueError, RecursionError):  # not UTF-8, not JSON, another type, too deep
        return None


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


class HttpResponse(msgspec.Struct, frozen=True):
    """A whole response, with any status."""

    status: int
    raw_headers: Headers
    body: bytes

    @property
    def headers(self) -> httpx.Headers:
        return httpx.Headers(self.raw_headers)

    def json(self, kind: Any = Any) -> Any:
        """Return the JSON text in the body, decoded to the type `kind`.

        Return None if the body is not JSON of this type.
        """
        return read_json(self.body, kind)


class HttpClient:
    """Sends single requests, each within `settings.send_timeout_s`.

    Half of that time is the limit for connecting, so that an unreachable host is distinguished from
    a slow host that has accepted the request. The default transport is a pool of
    `settings.concurrency` connections, through a proxy if the settings name one. Redirects are not
    followed.
    """

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None) -> None:
        self._timeout_s = timeout_s = settings.send_timeout_s
        self.transport = transport or open_transport(settings)
        self._time_limit = TimeLimit(timeout_s)
        self._connect_s = timeout_s / 2

    async def request_once(
        self, method: str, url: httpx.URL, headers: Headers, body: bytes, *, what: str
    ) -> HttpResponse:
        """Send a request and return its response.

        `headers` must name the host and the body's length; `what` names the request in errors.

        Raises:
            SendRetryable: no complete response came. `outcome_known` is False if the request may
                have been accepted.
        """
        transport, connect_s = self.transport, self._connect_s
        try:
            with self._time_limit.each():
                if isinstance(transport, ApiTransport):
                    answer = await transport.exchange(method, url, headers, body, connect_s)
                else:
                    answer = await _exchange(transport, method, url, headers, body, connect_s)
                return HttpResponse(answer.status, answer.headers, _opened(answer))
        except TimeoutError as error:
            raise SendRetryable(
                f"{what} got no answer from {url.host} within {self._timeout_s:g} s",
                outcome_known=False,
            ) from error
        except httpx.RequestError as error:
            raise _unanswered(what, url.host, error) from error

    async def aclose(self) -> None:
        """Close the transport. Active requests fail."""
        await self.transport.aclose()


async def _exchange(
    transport: httpx.AsyncBaseTransport,
    method: str,
    url: httpx.URL,
    headers: Headers,
    body: bytes,
    connect_s: float,
) -> Answer:
    """Send a request through a transport that is not an `ApiTransport`, such as a proxy's
    transport.
    """
    stream = httpx.ByteStream(body)
    extensions = {"timeout": {"connect": connect_s, "pool": connect_s}}
    request = httpx.Request(method, url, headers=headers, stream=stream, extensions=extensions)
    request.read()
    response = await transport.handle_async_request(request)
    status, answered = response.status_code, response.headers.raw
    if isinstance(response.stream, httpx.ByteStream):
        return Answer(status, answered, b"".join(response.stream))  # The body is in memory already.
    parts, room = [], MAX_BYTES
    try:
        async for part in response.aiter_raw():
            room -= len(part)
            if room < 0:
                raise httpx.RemoteProtocolError("the answer is too long")
            parts.append(part)
    finally:
        await response.aclose()
    return Answer(status, answered, b"".join(parts))


def _opened(answer: Answer) -> bytes:
    body = answer.body
    for name, value in answer.headers:
        if name.lower() == b"content-encoding":
            body = _decompressed(body, value.strip().lower())
    return body


def _decompressed(body: bytes, coding: bytes) -> bytes:
    """Return the decompressed body, which may have at most MAX_BYTES.

    httpx is not used for this, because httpx decompresses without a limit, and decompression may
    make a body a thousand times as large.
    """
    if coding == b"identity" or not body:
        return body
    if coding not in (b"gzip", b"x-gzip", b"deflate"):
        raise httpx.DecodingError("the answer has an unknown content encoding")
    stream = zlib.decompressobj(zlib.MAX_WBITS | 32)  # 32: both gzip and zlib are accepted.
    try:
        opened = stream.decompress(body, MAX_BYTES)
    except zlib.error as error:
        raise httpx.DecodingError(
            "the answer isn't compressed as its Content-Encoding header says"
        ) from error
    if not stream.eof:
        raise httpx.DecodingError("the answer is too long or cut off")
    return opened


def _unanswered(what: str, host: str, error: httpx.RequestError) -> SendRetryable:
    name = type(error).__name__
    if isinstance(error, NOT_SENT):
        return SendRetryable(
            f"{what} was not sent, because {host} can't be reached ({name}: {error})",
            outcome_known=True,
        )
    return SendRetryable(f"{what} got no complete answer from {host} ({name})", outcome_known=False)
