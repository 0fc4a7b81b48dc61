"""`bot doctor` reports errors of the public URL's certificate."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import trustme

from bot.ops.doctor import certificate

NOW = datetime.now(UTC)

Serving = Callable[..., AbstractAsyncContextManager[int]]


@pytest.fixture
def serving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Serving:
    """Serve TLS with a certificate for these names, of an authority that this machine knows."""

    @asynccontextmanager
    async def serve(*names: str, days: int = 90, known: bool = True) -> AsyncIterator[int]:
        authority = trustme.CA()
        if known:
            authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        issued = authority.issue_cert(
            *names,
            not_before=(NOW - timedelta(days=100)).replace(tzinfo=None),
            not_after=(NOW + timedelta(days=days)).replace(tzinfo=None),
        )
        issued.configure_cert(context)
        server = await asyncio.start_server(
            lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context
        )
        async with server:
            yield server.sockets[0].getsockname()[1]

    return serve


@pytest.mark.parametrize(
    ("names", "options", "outcome", "found", "do"),
    [
        (["localhost"], {}, "ok", "is valid until", ""),
        (["localhost"], {"days": -10}, "fault", "expired on", "certbot renew"),
        (["localhost"], {"days": 9}, "warning", "in 9 days", "Renew the certificate"),
        (["localhost"], {"known": False}, "fault", "an authority that this machine", "fullchain"),
        (["other.test"], {}, "fault", "is for other.test, not for localhost", "BOT_PUBLIC_URL"),
    ],
)
async def test_a_certificate_is_judged(
    serving: Serving, names: list[str], options: dict[str, int], outcome: str, found: str, do: str
) -> None:
    async with serving(*names, **options) as port:
        url = httpx.URL(f"https://localhost:{port}")
        finding = await certificate.examine(url, NOW.timestamp())

    assert finding is not None
    assert (finding.check, finding.outcome) == ("certificate", outcome)
    assert f"localhost:{port}" in finding.found
    assert found in finding.found
    assert do in finding.do


async def test_the_day_on_which_it_expired_is_named(serving: Serving) -> None:
    async with serving("localhost", days=-10) as port:
        url = httpx.URL(f"https://localhost:{port}")
        finding = await certificate.examine(url, NOW.timestamp())

    assert finding is not None
    assert f"{NOW - timedelta(days=10):%Y-%m-%d %H:%M} UTC" in finding.found


async def test_a_host_that_speaks_no_tls_is_judged_otherwise() -> None:
    url = httpx.URL("https://127.0.0.1:1")

    assert await certificate.examine(url, NOW.timestamp()) is None
