"""The console is served by its own command, and with the webhook if the console has a token."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest

from bot.errors import BotError
from bot.processes.serve import Role, application
from bot.settings import Secret, Settings
from tests.support.console import TOKEN

BEARER = {"authorization": f"Bearer {TOKEN}"}


def failed(fault: BotError) -> None:
    raise fault


@asynccontextmanager
async def web(settings: Settings, role: Role = "serve") -> AsyncIterator[httpx.AsyncClient]:
    """A client of a process's application, whose bot is not open yet."""
    app = application(role, replace(settings, webhook_secrets=(Secret("s"),)), failed)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="https://bot.example"
    ) as client:
        yield client


async def test_with_a_token_it_is_beside_the_webhook(settings: Settings):
    async with web(replace(settings, console_token=Secret(TOKEN))) as http:
        assert "bot console" in (await http.get("/console/")).text
        assert (await http.get("/console")).headers["location"] == "console/"
        assert (await http.get("/console/", headers={"host": "evil.example"})).status_code == 200
        assert (await http.get("/healthz/")).status_code == 404
        assert (await http.get("/console/api/flows")).status_code == 401
        assert (await http.get("/console/api/flows", headers=BEARER)).status_code == 503


@pytest.mark.parametrize(("role", "token"), [("serve", ""), ("worker", TOKEN)])
async def test_without_a_token_or_a_webhook_there_is_none(
    settings: Settings, role: Role, token: str
):
    async with web(replace(settings, console_token=Secret(token)), role) as http:
        assert (await http.get("/console/")).status_code == 404


def environment(settings: Settings, **more: str) -> dict[str, str]:
    return {
        "REDIS_URL": settings.redis_url,
        "BOT_NAMESPACE": settings.namespace,
        "PYTHONUNBUFFERED": "1",
        **more,
    }


async def begin(settings: Settings, *words: str, **more: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "console", "--port", "0", *words),
        env=environment(settings, **more),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_the_command_tells_where_it_is_and_its_token(settings: Settings):
    process = await begin(settings)
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    found = re.search(r"(http://127\.0\.0\.1:\d+)/#token=(\S+)", line)
    assert found, line

    async with httpx.AsyncClient(base_url=found[1]) as http:
        answer = await http.get("/api/flows", headers={"authorization": f"Bearer {found[2]}"})
        refused = await http.get("/api/flows", headers=BEARER)
    process.send_signal(signal.SIGTERM)

    assert [flow["name"] for flow in answer.json()] == ["appointment", "order", "welcome"]
    assert refused.status_code == 401
    assert await process.wait() == 0


async def test_a_token_of_the_settings_is_not_told(settings: Settings):
    process = await begin(settings, BOT_CONSOLE_TOKEN=TOKEN)
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    process.send_signal(signal.SIGTERM)

    assert "http://127.0.0.1:" in line
    assert TOKEN not in line
    assert await process.wait() == 0


async def test_without_a_token_others_must_not_reach_it(settings: Settings):
    process = await begin(settings, "--host", "0.0.0.0")
    _, told = await process.communicate()

    assert process.returncode == 1
    assert b"set BOT_CONSOLE_TOKEN" in told
    assert told.count(b"\n") == 1
