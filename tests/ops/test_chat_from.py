"""`bot chat --from` beside a bot that serves people: neither its store nor Sinch notice."""

import asyncio

import pytest
from redis import Redis
from typer.testing import CliRunner

from bot.cli import app
from bot.settings import Settings
from tests.support.deployment import Deployment


async def until_shown(deployment: Deployment, said: str) -> None:
    """Let the phone say something, and wait for the answer."""
    phone = deployment.platform.phone("SMS", "46701112233")
    with deployment.platform.record.listen() as news:
        phone.says(said)
        async with asyncio.timeout(20):
            while (await news.get())["kind"] != "shown":
                pass


def kept(settings: Settings) -> dict[bytes, bytes]:
    with Redis.from_url(settings.redis_url) as client:
        return {key: client.dump(key) for key in client.scan_iter(f"{settings.namespace}:*")}


@pytest.mark.parametrize("name", ["46701112233", "key"])
async def test_the_live_side_notices_nothing(deployment, settings, name):
    platform = deployment.platform
    async with deployment.serving("serve") as url:
        platform.register_webhook(f"{url}/webhook", "a-secret-of-some-length")
        await until_shown(deployment, "hello")
    if name == "key":
        name = platform.contacts.find(platform.app_id, "SMS", "46701112233")["id"]
    before, requests = kept(settings), len(platform.record.requests)

    process = await deployment.begin("chat", "--from", name, stdin="2\n")
    out, err = await process.communicate()

    assert (process.returncode, err) == (0, b"")
    told = out.decode()
    assert "in welcome/menu. Nothing written here reaches the contact." in told
    assert told.index("Welcome to Wheelhouse") < told.index("> 2") < told.index("Which part")
    assert "46701112233" not in told
    assert kept(settings) == before
    assert len(platform.record.requests) == requests


async def test_an_unknown_contact_is_one_line(deployment, store):
    status, out, err = await deployment.bot("chat", "--from", "46799")

    assert (status, out) == (1, "")
    assert err.startswith("bot: There is no contact '46799'. `bot contacts list` lists")


def test_a_recording_begins_at_the_beginning():
    answer = CliRunner().invoke(app, ["chat", "--from", "x", "--record", "x.chat"])

    assert answer.exit_code == 2
    assert "--record" in answer.output
