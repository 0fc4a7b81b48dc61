"""Requests go through the proxies that the settings name."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import trustme

from bot.clock import new_ulid
from bot.conversation_api import ConversationApi, http_client
from bot.conversation_api.proxies import proxy_for
from bot.emulator import Platform
from bot.engine.engine import Engine
from bot.flow.load import Flows
from bot.outbox.forwarding import Forwarding
from bot.runtime import Runtime
from bot.settings import Secret, Settings
from bot.store import Store
from bot.turn.postback import Postbacks
from tests.support.api_platform import SETTINGS
from tests.support.api_server import (
    BODY,
    answers,
    closed_port,
    error_of,
    hangs_up,
    prepared,
    serving,
    tls_of,
)
from tests.support.hand_clock import HandClock
from tests.support.proxy import proxying

CREDENTIALS = "someone:hunter2"
REFUSAL = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n"


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """An authority whose certificates are trusted."""
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return made


def over_tls(proxy: str) -> Settings:
    return replace(
        SETTINGS,
        api_url="https://sinch.test",
        auth_url="https://sinch.test",
        https_proxy=proxy.replace("://", f"://{CREDENTIALS}@"),
    )


def over_http(proxy: str) -> Settings:
    return replace(SETTINGS, http_proxy=proxy)


async def test_https_requests_go_through_a_tunnel(authority: trustme.CA) -> None:
    async with (
        serving(answers, tls=tls_of(authority, "sinch.test")) as server,
        proxying(server.port) as proxy,
        ConversationApi(over_tls(proxy.url), HandClock()) as api,
    ):
        for _ in range(3):
            assert (await api.send_message(BODY)).message_id == "01M"

    assert proxy.requests == ["CONNECT sinch.test:443 HTTP/1.1"]
    assert "Basic c29tZW9uZTpodW50ZXIy" in proxy.heads[0]
    assert all("hunter2" not in each.head for each in server.taken)
    assert len(server.taken) == 3


async def test_http_requests_are_passed_on_by_the_proxy() -> None:
    async with (
        serving(answers) as server,
        proxying(server.port) as proxy,
        ConversationApi(over_http(proxy.url), HandClock()) as api,
    ):
        assert (await api.send_message(BODY)).message_id == "01M"

    assert proxy.requests[0] == "POST http://auth.test/oauth2/token HTTP/1.1"
    assert len(server.taken) == 1


async def test_hand_overs_go_through_the_proxy(store: Store) -> None:
    async with serving(answers) as server, proxying(server.port) as proxy:
        settings = replace(
            over_http(proxy.url),
            handoff_url="http://desk.test/tickets",
            handoff_secret=Secret("secret"),
        )
        engine = Engine(Flows([]), Postbacks((Secret("s"),)), "en", 1.0)
        forwarding = Forwarding(Runtime(settings, store, HandClock(), new_ulid), engine)
        await forwarding.send(b'{"kind": "resume"}')
        await forwarding.aclose()

    assert proxy.requests == ["POST http://desk.test/tickets HTTP/1.1"]
    assert server.taken[0].body == b'{"kind": "resume"}'


async def test_a_proxy_that_refuses_leaves_the_message_unsent(authority: trustme.CA) -> None:
    async with (
        serving(answers, tls=tls_of(authority, "sinch.test")) as server,
        proxying(server.port, refusal=REFUSAL) as proxy,
        ConversationApi(over_tls(proxy.url), HandClock()) as api,
    ):
        error = await error_of(prepared(api))

    assert error.outcome_known
    assert f"(ProxyError: proxy {proxy.url}: 407 Proxy Authentication Required)" in str(error)
    assert "hunter2" not in str(error)
    assert server.taken == []


@pytest.mark.parametrize("settings", [over_tls, over_http])
async def test_a_proxy_out_of_reach_is_named(settings: Callable[[str], Settings]) -> None:
    address = f"http://127.0.0.1:{closed_port()}"
    async with ConversationApi(settings(address), HandClock()) as api:
        error = await error_of(prepared(api))

    assert error.outcome_known
    assert f"(ConnectError: proxy {address}: " in str(error)


async def test_a_server_that_hangs_up_behind_a_proxy_leaves_the_outcome_open(
    authority: trustme.CA,
) -> None:
    async with (
        serving(hangs_up, tls=tls_of(authority, "sinch.test")) as server,
        proxying(server.port) as proxy,
        ConversationApi(over_tls(proxy.url), HandClock()) as api,
    ):
        error = await error_of(api)

    assert not error.outcome_known
    assert len(server.taken) == 1


async def test_a_proxy_takes_certificates_of_trusted_authorities_only(
    authority: trustme.CA,
) -> None:
    async with (
        serving(answers, tls=tls_of(trustme.CA(), "sinch.test")) as server,
        proxying(server.port) as proxy,
        ConversationApi(over_tls(proxy.url), HandClock()) as api,
    ):
        error = await error_of(prepared(api))

    assert error.outcome_known
    assert server.taken == []


async def test_an_endless_response_through_a_proxy_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_client, "MAX_BYTES", 10)
    async with (
        serving(answers) as server,
        proxying(server.port) as proxy,
        ConversationApi(over_http(proxy.url), HandClock()) as api,
    ):
        error = await error_of(prepared(api))

    assert "(RemoteProtocolError)" in str(error)
    assert not error.outcome_known


async def test_this_machine_is_reached_without_a_proxy() -> None:
    async with serving(answers) as server:
        url = f"http://127.0.0.1:{server.port}"
        dead = f"http://127.0.0.1:{closed_port()}"
        settings = replace(SETTINGS, api_url=url, auth_url=url, http_proxy=dead)
        async with ConversationApi(settings, HandClock()) as api:
            assert (await api.send_message(BODY)).message_id == "01M"


async def test_the_emulator_posts_callbacks_without_a_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with serving(answers) as server:
        platform = Platform(HandClock())
        async with platform.http as http:
            assert (await http.post(f"http://127.0.0.1:{server.port}/")).status_code == 200


@pytest.mark.parametrize(
    ("no_proxy", "url", "is_direct"),
    [
        ("", "https://eu.conversation.api.sinch.com", False),
        ("sinch.com", "https://eu.conversation.api.sinch.com", True),
        (".sinch.com", "https://eu.conversation.api.sinch.com", True),
        ("*.SINCH.com", "https://auth.sinch.com", True),
        ("a.test, auth.sinch.com", "https://auth.sinch.com", True),
        ("inch.com", "https://auth.sinch.com", False),
        ("auth.sinch.com:443", "https://auth.sinch.com", True),
        ("auth.sinch.com:8443", "https://auth.sinch.com", False),
        ("*", "https://auth.sinch.com", True),
        ("10.0.0.0/8", "https://10.1.2.3:8000", True),
        ("10.0.0.0/8", "https://11.1.2.3", False),
        ("10.1.2.3", "https://10.1.2.3", True),
        ("", "https://localhost:8001", True),
        ("", "https://127.0.0.2:8001", True),
        ("", "https://[::1]:8001", True),
    ],
)
def test_no_proxy_names_hosts_that_are_reached_directly(
    no_proxy: str, url: str, is_direct: bool
) -> None:
    settings = Settings(https_proxy="http://proxy:3128", no_proxy=no_proxy)

    assert (proxy_for(settings, httpx.URL(url)) is None) is is_direct


def test_each_scheme_has_its_own_proxy() -> None:
    settings = Settings(http_proxy="http://one:1")

    assert proxy_for(settings, httpx.URL("http://api.test")) == httpx.URL("http://one:1")
    assert proxy_for(settings, httpx.URL("https://api.test")) is None
