"""A Redis behind TLS with a self-signed certificate, as some hosts use."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import trustme

from bot.errors import ConfigError, StoreError
from bot.settings import Settings
from bot.store import Store
from tests.support.store_servers import free_ports, server


@pytest.fixture
async def tls_port(bot_embedded_url: str) -> AsyncIterator[int]:
    """A port that accepts TLS and leads to the embedded server, which has no TLS."""
    path = unquote(urlsplit(bot_embedded_url).path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("redis.invalid").configure_cert(context)
    pumps: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_unix_connection(path)
        pumps.add(asyncio.create_task(_pump(far_reader, writer)))
        await _pump(reader, far_writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await asyncio.gather(*pumps)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@pytest.fixture
def behind_tls(settings: Settings, tls_port: int) -> Settings:
    return replace(settings, redis_url=f"rediss://:@127.0.0.1:{tls_port}/0")


async def test_an_unknown_certificate_is_refused_with_the_way_out(behind_tls: Settings) -> None:
    with pytest.raises(StoreError, match="BOT_REDIS_TLS_VERIFY=false"):
        await Store.open(behind_tls)


async def test_a_plain_url_of_a_server_that_speaks_tls_is_refused(behind_tls: Settings) -> None:
    plain = behind_tls.redis_url.replace("rediss://", "redis://")

    with pytest.raises(ConfigError, match=r"it speaks TLS\. Write rediss:// instead of redis://"):
        await Store.open(replace(behind_tls, redis_url=plain))


async def test_a_tls_url_of_a_server_that_speaks_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.connection.ANSWER_TIMEOUT_S", 0.2)
    [port] = free_ports(1)

    with (
        server(tmp_path / "plain", port),
        pytest.raises(ConfigError, match=r"it speaks no TLS\. Write redis:// instead of rediss://"),
    ):
        await Store.open(Settings(redis_url=f"rediss://127.0.0.1:{port}"))


async def test_an_unknown_certificate_is_taken_where_the_settings_say_so(
    behind_tls: Settings,
) -> None:
    store = await Store.open(replace(behind_tls, redis_tls_verify=False))

    assert await store.queue.accept("contact", b"{}", "id", 0.0)
    assert await store.reader.inbox("contact") == [b"{}"]
    await store.close()
