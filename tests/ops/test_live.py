"""`bot dev --live` has a webhook at Sinch for as long as the command runs."""

import asyncio
import dataclasses
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.dev.real_phones import live
from bot.emulator.serving import bind, url_of
from bot.errors import BotError
from bot.ops.common import OperationError
from bot.settings import Secret, Settings
from tests.support.attacks import connection, to_the_end
from tests.support.deployment import Deployment, webhooks
from tests.support.redis_server import free_port


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with bind("127.0.0.1", 0) as listener:
        yield listener


@pytest.fixture
def url(listener: socket.socket) -> str:
    return url_of(listener, "127.0.0.1")


@pytest.fixture
def settings_there(deployment: Deployment, tmp_path: Path) -> Settings:
    settings = Settings.from_env(deployment.environment, dotenv=None)
    return dataclasses.replace(settings, home=str(tmp_path / "home"))


async def test_a_phone_talks_to_this_machine_while_it_runs(
    deployment, settings_there, listener, url
):
    async with live(settings_there, listener, url, beside=False) as target:
        assert webhooks(deployment) == [target] == [f"{url}/webhook"]
        phone = deployment.platform.phone("SMS", "46700000001")
        with deployment.platform.record.listen() as news:
            phone.says("hello")
            async with asyncio.timeout(10):
                while (await news.get())["kind"] != "shown":
                    pass
        assert "Wheelhouse" in phone.shown[0].text

    assert webhooks(deployment) == []


async def test_the_tunnel_leads_to_the_webhook_alone(deployment, settings_there, listener, url):
    settings = dataclasses.replace(
        settings_there, events_token=Secret("a-token-of-some-length"), request_timeout_s=0.2
    )
    async with (
        live(settings, listener, url, beside=False),
        httpx.AsyncClient(base_url=url) as http,
        connection(listener.getsockname()[1]) as (reader, writer),
    ):
        paths = ("/metrics", "/readyz", "/events", "/say", "/pause", "/resume", "/console", "/")
        statuses = [(await http.get(path)).status_code for path in paths]
        assert statuses == [404] * len(paths)
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.post("/webhook", content=b"{}")).status_code == 401
        writer.write(b"POST /webhook HTTP/1.1\r\nhost: bot\r\n")
        assert await to_the_end(reader) == b"", "a request that doesn't arrive is given up"


async def test_nothing_is_left_behind_by_a_fault(deployment, settings_there, listener, url):
    with pytest.raises(ZeroDivisionError):
        async with live(settings_there, listener, url, beside=False):
            raise ZeroDivisionError

    assert webhooks(deployment) == []


async def test_somebody_elses_messages_are_left_to_them(deployment, settings_there, listener, url):
    deployment.platform.register_webhook("https://other.example/hook", "theirs")

    with pytest.raises(OperationError, match=r"https://other.*, add --beside\.$"):
        async with live(settings_there, listener, url, beside=False):
            raise AssertionError("It must not begin.")
    with bind("127.0.0.1", 0) as another:
        async with live(settings_there, another, url, beside=True):
            assert len(webhooks(deployment)) == 2

    assert webhooks(deployment) == ["https://other.example/hook"]


async def test_what_a_killed_one_left_behind_is_removed(deployment, settings_there, listener, url):
    note = Path(settings_there.home) / "live-webhook"
    note.parent.mkdir()
    note.write_text("https://of-yesterday.example/webhook")
    deployment.platform.register_webhook(note.read_text(), "of yesterday")

    async with live(settings_there, listener, url, beside=False) as target:
        assert webhooks(deployment) == [target]
        assert note.read_text() == target

    assert not note.exists()


async def test_a_public_url_is_needed(settings_there, listener):
    settings = dataclasses.replace(settings_there, public_url="")
    with pytest.raises(BotError, match="--public-url"):
        async with live(settings, listener, "", beside=False):
            raise AssertionError("It must not begin.")


async def test_the_command_removes_the_webhook_when_it_is_told_to_stop(deployment, port):
    words = ("dev", "--live", "--public-url", f"http://127.0.0.1:{port}", "--port", str(port))
    process = await deployment.begin(*words)
    assert process.stdout is not None
    async with asyncio.timeout(20):
        told = await process.stdout.readline()
    assert b"are sent here through http://127.0.0.1:" in told, told
    assert len(webhooks(deployment)) == 1

    process.send_signal(signal.SIGTERM)
    await process.communicate()

    assert (process.returncode, webhooks(deployment)) == (0, [])
