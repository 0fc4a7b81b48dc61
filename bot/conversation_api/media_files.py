"""Fetches files that contacts have sent, from hosts that the settings allow.

A URL in a message comes from a contact and may point into the bot's own network. So files are only
fetched from allowed hosts, by https, at public addresses, and without following redirects. The
connection is made to the same address that was checked.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, cast

import httpx
from aiohappyeyeballs import start_connection

from bot.conversation_api.connection import Connection
from bot.conversation_api.http_client import HttpClient
from bot.conversation_api.proxies import proxy_for
from bot.errors import DownloadError
from bot.settings import Settings

MAX_DOWNLOAD_BYTES = 64 * 1024 * 1024
"""Maximum value of `max_bytes` for a download. The limit exists because a downloaded file is in
memory.
"""

MAX_HEAD_BYTES = 64 * 1024

_HEADERS = ((b"accept-encoding", b"identity"), (b"user-agent", b"conversation-bot"))
_TUNNELS = ipaddress.ip_network("64:ff9b::/96")

Resolve = Callable[[str, int], Awaitable[Sequence[Any]]]


class Fetched(NamedTuple):
    """The content of a file, and its media type, such as `audio/ogg`, or "" if the type is
    unknown.
    """

    content: bytes
    mime_type: str


class MediaFiles:
    """Fetches files, each within `settings.send_timeout_s`.

    The host of a file must have a public address, with two exceptions. The host of the Conversation
    API itself may have any address: in development it is `bot emulator` on this machine, which
    serves the files of its phones. If requests go through a proxy, addresses are not checked,
    because the proxy itself looks up the host's address.
    """

    def __init__(
        self, settings: Settings, http: HttpClient, resolve: Resolve | None = None
    ) -> None:
        self._settings = settings
        self._http = http
        self._resolve = resolve or _resolved
        self._tls: Any = None

    async def fetch(self, url: str, max_bytes: int) -> Fetched:
        """Return the file at `url`.

        Raises:
            DownloadError: the host is not allowed or has no public address, the file is larger than
                `max_bytes`, or the download failed.
        """
        if not 0 < max_bytes <= MAX_DOWNLOAD_BYTES:
            raise DownloadError(
                f"max_bytes is {max_bytes}; it takes a number from 1 to {MAX_DOWNLOAD_BYTES}."
            )
        try:
            target = httpx.URL(url)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise DownloadError("The file's address is not a URL.") from error
        is_own = _origin(target) == _origin(httpx.URL(self._settings.api_host))
        if not is_own:
            self._require_allowed(target)
        try:
            async with asyncio.timeout(self._settings.send_timeout_s):
                if is_own or proxy_for(self._settings, target):
                    return await self._by_transport(target, max_bytes)
                return await self._directly(target, max_bytes)
        except TimeoutError as error:
            limit = f"{self._settings.send_timeout_s:g} s"
            raise DownloadError(f"There was no file from {target.host} within {limit}.") from error
        except (httpx.HTTPError, OSError) as error:
            kind = type(error).__name__
            raise DownloadError(f"There was no file from {target.host}: {kind}.") from error

    def _require_allowed(self, url: httpx.URL) -> None:
        if url.scheme != "https" or url.userinfo or url.port is not None:
            raise DownloadError(
                "Files are fetched only from https URLs without a port, user or password."
            )
        if not any(_fits(url.host, allowed) for allowed in self._settings.media_hosts):
            raise DownloadError(
                f"Files from {url.host} aren't fetched. If your channel stores files there, add the"
                " host to BOT_MEDIA_HOSTS."
            )

    async def _by_transport(self, url: httpx.URL, max_bytes: int) -> Fetched:
        headers = ((b"host", url.netloc), *_HEADERS)
        response = await self._http.transport.handle_async_request(
            httpx.Request("GET", url, headers=headers)
        )
        try:
            content = bytearray()
            async for part in cast(httpx.AsyncByteStream, response.stream):
                content += part
                if len(content) > max_bytes:
                    raise _too_large(max_bytes)
            return _checked(response, bytes(content), max_bytes)
        finally:
            await response.aclose()

    async def _directly(self, url: httpx.URL, max_bytes: int) -> Fetched:
        addresses = [each for each in await self._resolve(url.host, 443) if _is_public(each[4][0])]
        if not addresses:
            raise DownloadError(
                f"Files from {url.host} aren't fetched: the host has no public address."
            )
        if self._tls is None:
            self._tls = httpx.create_ssl_context()
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: Connection(max_bytes + MAX_HEAD_BYTES),
            sock=await start_connection(addresses),
            ssl=self._tls,
            server_hostname=url.raw_host.decode(),
        )
        headers = ((b"host", url.netloc), (b"connection", b"close"), *_HEADERS)
        lines = [b"GET %b HTTP/1.1" % url.raw_path, *(b"%b: %b" % header for header in headers)]
        try:
            answer = await connection.exchange(b"\r\n".join(lines) + b"\r\n\r\n")
        finally:
            connection.close()
        return _checked(answer.as_httpx(), answer.body, max_bytes)


def _checked(response: httpx.Response, content: bytes, max_bytes: int) -> Fetched:
    if response.is_redirect:
        raise DownloadError("The file's host redirects, and redirects aren't followed.")
    if response.status_code != 200:
        raise DownloadError(f"The file's host answered with {response.status_code}.")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise DownloadError("The file is compressed, although the bot didn't request compression.")
    if len(content) > max_bytes:
        raise _too_large(max_bytes)
    mime_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Fetched(content, mime_type)


def _too_large(max_bytes: int) -> DownloadError:
    return DownloadError(f"The file is larger than {max_bytes} bytes.")


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _fits(host: str, allowed: str) -> bool:
    """Return whether `host` matches `allowed`, which may begin with `*.` for any subdomain."""
    host, allowed = host.lower(), allowed.lower()
    return host.endswith(allowed[1:]) if allowed.startswith("*.") else host == allowed


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    # These addresses contain an IPv4 address, which may be a private one.
    holds_another = isinstance(ip, ipaddress.IPv6Address) and (
        ip.ipv4_mapped or ip.sixtofour or ip.teredo or ip in _TUNNELS
    )
    return ip.is_global and not ip.is_multicast and not holds_another


async def _resolved(host: str, port: int) -> Sequence[Any]:
    loop = asyncio.get_running_loop()
    return await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
