"""Files of contacts: fetched from allowed hosts at public addresses only, within bounds."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import trustme

from bot.conversation_api import media_files
from bot.conversation_api.http_client import HttpClient
from bot.conversation_api.media_files import MediaFiles
from bot.errors import DownloadError
from bot.settings import Settings

SETTINGS = Settings(
    api_url="http://sinch.test", media_hosts=("media.example.com", "*.files.example")
)
VOICE = "https://media.example.com/voice.ogg"


def of_platform(answer: httpx.Response) -> MediaFiles:
    """Return a downloader that fails if it looks up a host. Each request gets `answer`."""
    transport = httpx.MockTransport(lambda request: answer)
    return MediaFiles(SETTINGS, HttpClient(SETTINGS, transport), nobody)


async def nobody(host: str, port: int) -> list[Any]:
    raise AssertionError(f"{host} was looked up")


def at(*addresses: str) -> MediaFiles:
    """Return a downloader for which every host has these addresses."""

    async def resolve(host: str, port: int) -> list[Any]:
        return [(2, 1, 6, "", (address, port)) for address in addresses]

    unused = httpx.MockTransport(lambda request: httpx.Response(500))
    return MediaFiles(SETTINGS, HttpClient(SETTINGS, unused), resolve)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://other.example.com/a.ogg", "add the host to BOT_MEDIA_HOSTS"),
        ("https://media.example.com.evil.example/a.ogg", "BOT_MEDIA_HOSTS"),
        ("https://files.example/a.ogg", "BOT_MEDIA_HOSTS"),
        ("https://xfiles.example/a.ogg", "BOT_MEDIA_HOSTS"),
        ("https://127.0.0.1/a.ogg", "BOT_MEDIA_HOSTS"),
        ("http://media.example.com/a.ogg", "only from https"),
        ("https://media.example.com:6379/a.ogg", "without a port"),
        ("https://user@media.example.com/a.ogg", "user or password"),
        ("file:///etc/passwd", "only from https"),
        ("http://sinch.test:8080/files/a", "only from https"),
        ("https://a:b/", "not a URL"),
        ("", "only from https"),
    ],
)
async def test_what_is_not_allowed_is_not_looked_up(url, why):
    files = of_platform(httpx.Response(200))

    with pytest.raises(DownloadError, match=why):
        await files.fetch(url, 100)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.7", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1"),
        *("0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "fe80::1%eth0", "fc00::1", "::"),
        *("::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "2001:0:a00:1::"),
    ],
)
async def test_host_without_a_public_address_is_not_connected_to(address):
    with pytest.raises(DownloadError, match="the host has no public address"):
        await at(address).fetch("https://a.files.example/a.ogg", 100)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_public_addresses_are_known(address):
    assert media_files._is_public(address)


async def test_files_of_the_platform_are_fetched_wherever_it_is():
    files = of_platform(
        httpx.Response(200, content=b"sound", headers={"content-type": "audio/ogg; codecs=opus"})
    )

    assert await files.fetch("http://sinch.test/files/1/a.ogg", 5) == (b"sound", "audio/ogg")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (httpx.Response(302, headers={"location": "http://10.0.0.1/"}), "host redirects"),
        (httpx.Response(404), "answered with 404"),
        (httpx.Response(200, content=b"123456"), "larger than 5 bytes"),
        (httpx.Response(200, headers={"content-encoding": "gzip"}), "is compressed"),
    ],
)
async def test_answers_that_are_no_file_are_refused(answer, why):
    with pytest.raises(DownloadError, match=why):
        await of_platform(answer).fetch("http://sinch.test/files/1/a.ogg", 5)


async def test_a_wrong_maximum_is_refused():
    for wrong in (0, -1, media_files.MAX_DOWNLOAD_BYTES + 1):
        with pytest.raises(DownloadError, match="max_bytes"):
            await of_platform(httpx.Response(200)).fetch(VOICE, wrong)


@pytest.fixture
async def host(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """A host of files on this machine that counts as public. `answer` is its response."""

    class Host:
        answer = b""
        asked = b""
        files: MediaFiles

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        Host.asked = await reader.readuntil(b"\r\n\r\n")
        writer.write(Host.answer)
        await writer.drain()
        writer.close()

    authority = trustme.CA()
    server_tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("media.example.com").configure_cert(server_tls)
    client_tls = ssl.create_default_context()
    authority.configure_trust(client_tls)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_tls)
    port = server.sockets[0].getsockname()[1]

    async def resolve(name: str, _: int) -> list[Any]:
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(media_files, "_is_public", lambda address: True)
    unused = httpx.MockTransport(lambda request: httpx.Response(500))
    files = MediaFiles(SETTINGS, HttpClient(SETTINGS, unused), resolve)
    files._tls = client_tls
    Host.files = files
    yield Host
    server.close()
    await server.wait_closed()


async def test_a_file_comes_over_tls_from_the_checked_address(host):
    host.answer = b"HTTP/1.1 200 OK\r\ncontent-type: audio/ogg\r\ncontent-length: 5\r\n\r\nsound"

    assert await host.files.fetch(VOICE + "?a=1", 5) == (b"sound", "audio/ogg")
    assert host.asked.startswith(b"GET /voice.ogg?a=1 HTTP/1.1\r\nhost: media.example.com\r\n")


async def test_a_file_larger_than_allowed_breaks_off(host):
    host.answer = b"HTTP/1.1 200 OK\r\ncontent-length: 900000\r\n\r\n" + b"x" * 900_000

    with pytest.raises(DownloadError, match=r"no file from media\.example\.com"):
        await host.files.fetch(VOICE, 1_000)


async def test_another_host_s_certificate_is_refused(host):
    host.answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"

    with pytest.raises(DownloadError, match=r"no file from a\.files\.example"):
        await host.files.fetch("https://a.files.example/voice.ogg", 5)
