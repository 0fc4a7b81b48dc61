"""One HTTP request and its answer, or why there is none.

`httpx.AsyncClient` isn't used: a ready request handed to the transport costs half as much (see
`transport`), and nothing logs URLs, whose queries hold phone numbers.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import httpx
import msgspec

from bot.errors import ConfigError, SendRetryable
from bot.time_limit import TimeLimit

Headers = Sequence[tuple[bytes, bytes]]

OUTCOME_KNOWN: dict[type[httpx.RequestError], bool] = {
    # Nothing was sent.
    httpx.ConnectError: True,
    httpx.ConnectTimeout: True,
    httpx.PoolTimeout: True,
    httpx.ProxyError: True,
    httpx.UnsupportedProtocol: True,
    # The request may have been taken.
    httpx.ReadError: False,
    httpx.ReadTimeout: False,
    httpx.WriteError: False,
    httpx.WriteTimeout: False,
    httpx.CloseError: False,
    httpx.LocalProtocolError: False,
    httpx.RemoteProtocolError: False,
    httpx.DecodingError: False,
    httpx.TooManyRedirects: False,
}
"""Whether a fault of the network leaves no doubt that the request was not taken."""


class Answer(msgspec.Struct, frozen=True):
    """A whole answer, whatever its status."""

    status: int
    headers: httpx.Headers
    body: bytes


def read_json(body: bytes, kind: Any = Any) -> Any:
    """`body` read as JSON of the given type, or None where it is anything else."""
    try:
        return _decoder(kind).decode(body)
    except (ValueError, RecursionError):  # not UTF-8, not JSON, not of that type; nested too deep
        return None


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def parsed_url(url: str, variable: str) -> httpx.URL:
    """`url`, or a `ConfigError` that names the variable it comes from."""
    try:
        return httpx.URL(url)
    except httpx.InvalidURL as fault:
        raise ConfigError(f"{variable} is not a URL: {fault}") from fault


class Exchange:
    """Sends requests over `transport`; each takes `timeout_s` seconds at most, all told.

    Half of that is for getting a connection, so that a host out of reach is told apart from one
    that took the request and is slow to answer. Redirects aren't followed.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport, timeout_s: float) -> None:
        self._transport = transport
        self._timeout_s = timeout_s
        self._time_limit = TimeLimit(timeout_s)
        self._extensions = {"timeout": {"connect": timeout_s / 2, "pool": timeout_s / 2}}

    def request(self, method: str, url: httpx.URL, headers: Headers, body: bytes) -> httpx.Request:
        """A request ready to be sent; `headers` must name the host and the body's length."""
        stream = httpx.ByteStream(body)
        request = httpx.Request(
            method, url, headers=headers, stream=stream, extensions=self._extensions
        )
        request.read()  # gives it `content`; a body passed as such is dearer
        return request

    async def send(self, request: httpx.Request, *, what: str) -> Answer:
        """The answer to `request`, which `what` names in errors.

        Raises:
            SendRetryable: no whole answer came; `outcome_known` says whether the request may have
                been taken.
        """
        try:
            with self._time_limit.each():
                response = await self._transport.handle_async_request(request)
                body = await _whole(response)
        except TimeoutError as fault:
            raise SendRetryable(
                f"{what} got no answer from {request.url.host} within {self._timeout_s:g} s",
                outcome_known=False,
            ) from fault
        except httpx.RequestError as fault:
            raise _unanswered(what, request.url.host, fault) from fault
        return Answer(response.status_code, response.headers, body)

    async def aclose(self) -> None:
        await self._transport.aclose()


async def _whole(response: httpx.Response) -> bytes:
    stream = response.stream
    names = [name.lower() for name, _ in response.headers.raw]
    if isinstance(stream, httpx.ByteStream) and b"content-encoding" not in names:
        # In memory already; httpx's own way of reading and closing it costs ten times as much.
        return b"".join(stream)
    try:
        return await response.aread()
    finally:
        await response.aclose()


def _unanswered(what: str, host: str, fault: httpx.RequestError) -> SendRetryable:
    name = type(fault).__name__
    if OUTCOME_KNOWN.get(type(fault), False):
        return SendRetryable(
            f"{what} was not sent, {host} can't be reached ({name}: {fault})", outcome_known=True
        )
    return SendRetryable(f"{what} got no whole answer from {host} ({name})", outcome_known=False)
