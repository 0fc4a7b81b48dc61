"""The emulator on a real port, in real time."""

import asyncio
import json
import logging
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typer import Typer
from typer.testing import CliRunner

from bot.clock import SystemClock
from bot.emulator import Behavior, Platform, RequestFault, make_server, running
from bot.emulator.command import emulator
from bot.emulator.serving import bind, url_of
from bot.emulator.state import Attempt
from bot.emulator.storage import load, save
from bot.errors import ConfigError
from bot.pages.serving import serving


@asynccontextmanager
async def served(platform: Platform, data: Path | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """The platform's API on a free port, and a client with its key."""
    listener = bind("127.0.0.1", 0)
    server = make_server(platform, data)
    url = url_of(listener, "127.0.0.1")
    key = platform.world.key_id, platform.world.key_secret
    async with (
        serving(server, listener),
        httpx.AsyncClient(base_url=url, auth=key, timeout=10) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"host": "localhost:8081"}, 200),
        ({"host": "[::1]:8081"}, 200),
        ({"host": "eu.conversation.api.sinch.com"}, 200),
        ({"host": "evil.example"}, 403),
        ({"host": "127.0.0.1.evil.example:8081"}, 403),
        ({"host": "[::1"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
    ],
)
async def test_the_api_answers_to_its_own_machine_and_to_no_foreign_page(
    platform: Platform, headers: dict[str, str], status: int
) -> None:
    async with served(platform) as http:
        path = f"/v1/projects/{platform.project_id}/apps"

        assert (await http.get(path, headers=headers)).status_code == status


async def test_no_page_can_expire_the_tokens(platform: Platform) -> None:
    async with served(platform) as http:
        foreign = {"origin": "https://evil.example", "content-type": "text/plain"}
        before = platform.state.token_series

        answer = await http.post("/emulator/tokens:expire", headers=foreign)

        assert answer.status_code == 403
        assert platform.state.token_series == before
        assert (await http.post("/emulator/tokens:expire")).status_code == 200


def send_body(platform: Platform) -> Any:
    identities = [{"channel": "SMS", "identity": "46700000001"}]
    return {
        "app_id": platform.app_id,
        "recipient": {"identified_by": {"channel_identities": identities}},
        "message": {"text_message": {"text": "Hello"}},
    }


@pytest.fixture
def platform() -> Platform:
    return Platform(SystemClock(), behavior=Behavior())


async def test_a_message_goes_all_the_way_on_its_own(platform: Platform, tmp_path: Path) -> None:
    path = f"/v1/projects/{platform.project_id}/messages:send"
    data = tmp_path / "state.json"
    async with served(platform, data) as client, client.stream("GET", "/emulator/news") as news:
        lines = news.aiter_lines()
        await anext(lines)
        answer = await client.post(path, json=send_body(platform))
        async with asyncio.timeout(10):
            async for line in lines:
                if line.startswith("data:") and json.loads(line[5:]).get("status") == "DELIVERED":
                    break

    assert answer.status_code == 200
    assert load(data).messages[answer.json()["message_id"]].status == "DELIVERED"


@pytest.mark.parametrize("taken", [False, True])
async def test_a_dropped_connection_is_really_dropped(platform: Platform, taken: bool) -> None:
    platform.faults.add(RequestFault(on="POST /v1/*", action="drop", taken=taken))
    path = f"/v1/projects/{platform.project_id}/messages:send"

    async with served(platform) as client:
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await client.post(path, json=send_body(platform))
        after = await client.get("/emulator/record")

    assert len(platform.state.messages) == taken
    assert after.json()["counts"] == {"request 0": 1}


async def test_callbacks_run_side_by_side(platform: Platform) -> None:
    met = asyncio.Barrier(3)

    async def hook(request: Request) -> Response:
        await met.wait()
        return Response()

    transport = httpx.ASGITransport(Starlette(routes=[Route("/", hook, methods=["POST"])]))
    platform.http = httpx.AsyncClient(transport=transport)
    platform.register_webhook("http://bot.example/", triggers=["MESSAGE_INBOUND"])
    pump = asyncio.create_task(platform.pump())
    for number in range(3):
        platform.phone("SMS", f"4670000000{number}").says("hi")
    async with asyncio.timeout(10):
        with platform.record.listen() as news:
            for _ in range(3):
                await news.get()
    pump.cancel()

    assert platform.record.counts == {"callback 200": 3}


async def test_a_callback_under_way_stays_in_the_queue(platform: Platform) -> None:
    begun = asyncio.Event()

    async def hook(request: Request) -> Response:
        begun.set()
        await asyncio.Event().wait()
        return Response()

    transport = httpx.ASGITransport(Starlette(routes=[Route("/", hook, methods=["POST"])]))
    platform.http = httpx.AsyncClient(transport=transport)
    platform.register_webhook("http://bot.example/", triggers=["MESSAGE_INBOUND"])
    platform.phone("SMS", "46700000001").says("hi")
    async with running(platform), asyncio.timeout(10):
        await begun.wait()

    (due,) = platform.state.due
    assert isinstance(due.work, Attempt)


async def test_one_failing_callback_stops_nothing(
    platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    def hook(request: httpx.Request) -> httpx.Response:
        if b"first" in request.content:
            raise RuntimeError("a fault of the transport's own")
        return httpx.Response(200)

    platform.http = httpx.AsyncClient(transport=httpx.MockTransport(hook))
    platform.register_webhook("http://bot.example/", triggers=["MESSAGE_INBOUND"])
    pump = asyncio.create_task(platform.pump())
    with caplog.at_level(logging.ERROR):
        for text in ("first", "second"):
            platform.phone("SMS", "46700000001").says(text)
        async with asyncio.timeout(10):
            with platform.record.listen() as news:
                await news.get()
    pump.cancel()

    assert platform.record.counts == {"failure": 1, "callback 200": 1}
    assert "first" not in caplog.messages[0]


def test_a_taken_port_is_named() -> None:
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(ConfigError, match=rf"127\.0\.0\.1:{port} can't be listened on"):
            bind("127.0.0.1", port)
        with pytest.raises(ConfigError, match=r"choose another --api-port\."):
            bind("127.0.0.1", port, "--api-port")


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs `emulator` with arguments without serving. Returns the platform."""
    made: list[Platform] = []

    async def stop_at_once(platform: Platform, *rest: Any) -> None:
        made.append(platform)
        rest[-1]("http://127.0.0.1:1234")
        await platform.aclose()

    monkeypatch.setattr("bot.emulator.command.serve", stop_at_once)
    app = Typer()
    app.command()(emulator)

    def run(*arguments: str) -> Any:
        result = CliRunner().invoke(app, arguments)
        return result, made[-1] if made else None

    return run


def test_the_command_says_what_to_set(command: Any) -> None:
    result, platform = command("--webhook", "http://127.0.0.1:8000/webhook")

    assert result.exit_code == 0
    assert "SINCH_API_URL=http://127.0.0.1:1234" in result.output
    assert f"SINCH_KEY_SECRET={platform.world.key_secret}" in result.output
    assert command()[1].world.key_secret != platform.world.key_secret, "a new one for each run"
    assert "SINCH_WEBHOOK_SECRET=emulator-webhook-secret" in result.output
    (webhook,) = platform.apps.webhooks(platform.app_id)
    assert webhook["target"] == "http://127.0.0.1:8000/webhook"


def test_every_fault_can_be_asked_for(command: Any, tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    file.write_text('{"deliveries": [{"channel": "RCS"}]}')
    options = (
        "--latency 0.5 --slow-token 3 --refuse 0.1 --refuse-status 429 --retry-after 7"
        " --drop-before 0.2 --drop-after 0.3 --wrong-region --late 2 --reorder 4 --duplicate 0.5"
        f" --fail 4670* --fail 1-2 --faults {file} --token-lifetime 60 --retry-scale 0.01"
        " --resign-retries --consent --mode dispatch --dispatch-retention 7 --region us --seed 5"
    )
    result, platform = command(*options.split())

    assert result.exit_code == 0, result.output
    rules = platform.faults.rules
    assert (rules.request_delay_s, rules.callback_delay_s) == (0.5, 2.0)
    assert [(one.on, one.action, one.taken, one.rate) for one in rules.requests] == [
        ("POST /oauth2/token", "none", False, 1.0),
        ("* /v1/*", "region", False, 1.0),
        ("* /v1/*", "drop", False, 0.2),
        ("* /v1/*", "drop", True, 0.3),
        ("* /v1/*", "refuse", False, 0.1),
    ]
    assert (rules.requests[-1].status, rules.requests[-1].retry_after) == (429, "7")
    assert [(one.copies, one.jitter_s, one.rate) for one in rules.callbacks] == [
        (1, 4.0, 0.5),
        (0, 4.0, 1.0),
    ]
    assert [(one.channel, one.identity) for one in rules.deliveries] == [
        ("RCS", "*"),
        ("*", "4670*"),
        ("*", "1-2"),
    ]
    behavior = platform.core.behavior
    assert (behavior.token_lifetime_s, behavior.retry_scale) == (60, 0.01)
    assert behavior.resign_retries
    assert behavior.consent_management
    assert (platform.world.region, platform.world.processing_mode) == ("us", "DISPATCH")


def test_a_kept_webhook_is_not_registered_twice(command: Any, tmp_path: Path) -> None:
    data = tmp_path / "state.json"
    arguments = ("--data", str(data), "--webhook", "http://127.0.0.1:8000/webhook")
    _, first = command(*arguments)
    save(first.state, data)
    result, second = command(*arguments, "--webhook-secret", "changed")

    assert result.exit_code == 0, result.output
    (webhook,) = second.apps.webhooks(second.app_id)
    assert webhook["secret"] == "changed"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--mode", "CHATTY"], "--mode is 'CHATTY'; it takes CONVERSATION, DISPATCH."),
        (["--region", "mars"], "--region is 'mars'; it takes eu, us, br."),
        (["--webhook", "nowhere"], "--webhook 'nowhere' can't be registered"),
        (["--faults", __file__], "can't be used"),
    ],
)
def test_wrong_options_are_named(command: Any, arguments: list[str], message: str) -> None:
    result, _ = command(*arguments)

    assert isinstance(result.exception, ConfigError)
    assert message in str(result.exception)


def test_the_process_keeps_its_state_when_interrupted(tmp_path: Path) -> None:
    data = tmp_path / "state.json"
    program = "import typer; from bot.emulator.command import emulator; typer.run(emulator)"
    arguments = [sys.executable, "-c", program, "--port", "0", "--data", str(data)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            (url,) = re.findall(r"http://\S+", process.stdout.readline())
            answer = httpx.post(f"{url}/emulator/phones/SMS/46700000001", json={"text": "hi"})
            process.send_signal(signal.SIGINT)
            status = process.wait(10)
        finally:
            process.kill()

    assert status == 0
    assert list(load(data).messages) == [answer.json()["id"]]


def test_a_port_that_cannot_be_is_told() -> None:
    with pytest.raises(
        ConfigError, match=r"^80000 is not a port; choose a number from 0 to 65535 for"
    ):
        bind("127.0.0.1", 80000)
