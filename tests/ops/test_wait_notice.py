"""Commands report what they wait for, if an answer takes longer than two seconds."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import httpx
import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.clock import SystemClock
from bot.errors import SendRetryable, StoreError
from bot.ops import wait_notice
from bot.ops.common import open_api, open_store
from bot.ops.wait_notice import NOTICE_AFTER_S, WaitNotice, noticing
from bot.settings import Secret, Settings
from bot.store import Store


@dataclass
class Timer:
    """A scheduled call. The test makes the call itself."""

    after_s: float
    call: Callable[[], None]
    is_canceled: bool = False

    def cancel(self) -> None:
        self.is_canceled = True


@dataclass
class Timers:
    set: list[Timer] = field(default_factory=list)

    def later(self, after_s: float, call: Callable[[], None]) -> Timer:
        self.set.append(Timer(after_s, call))
        return self.set[-1]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts of notices, which are printed without a delay."""
    texts: list[str] = []
    monkeypatch.setattr(wait_notice, "NOTICE_AFTER_S", 0.0)
    monkeypatch.setattr(wait_notice, "echo", lambda text, *, error: texts.append(text))
    return texts


@asynccontextmanager
async def silent_server(said: list[str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """Serve a port at which nobody answers. Connections are closed when a notice is said."""
    noticed = asyncio.Event()

    def echo(text: str, *, error: bool) -> None:
        said.append(text)
        noticed.set()

    async def wait(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await noticed.wait()
        writer.close()

    monkeypatch.setattr(wait_notice, "echo", echo)
    async with await asyncio.start_server(wait, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


def test_a_wait_is_reported_once_after_two_seconds(capsys):
    timers = Timers()
    notice = WaitNotice("Redis at redis.example:6379", timers.later)

    with notice():
        timers.set[0].call()
    with notice():
        pass

    assert [timer.after_s for timer in timers.set] == [NOTICE_AFTER_S] == [2.0]
    said = capsys.readouterr()
    assert said.err == "bot: waiting for Redis at redis.example:6379 …\n"
    assert said.out == ""


def test_waits_at_the_same_time_are_reported_once(capsys):
    timers = Timers()
    notice = WaitNotice("Redis", timers.later)

    with notice(), notice():
        for timer in timers.set:
            timer.call()

    assert capsys.readouterr().err.count("\n") == 1


async def test_nothing_is_reported_if_the_store_answers_in_time(settings, capsys):
    timers = Timers()

    async with await Store.open(settings, waiting=WaitNotice("Redis", timers.later)) as store:
        assert [key async for key in store.reader.contacts()] == []

    assert timers.set
    assert all(timer.is_canceled for timer in timers.set)
    assert capsys.readouterr().err == ""


async def test_a_store_that_does_not_answer_is_named_without_its_password(
    settings, said, monkeypatch
):
    async with silent_server(said, monkeypatch) as port:
        url = f"redis://operator:hush@127.0.0.1:{port}/0"
        with pytest.raises(StoreError):
            async with open_store(replace(settings, redis_url=url)):
                pass

    assert said == [f"bot: waiting for Redis at 127.0.0.1:{port} …"]


async def test_an_api_that_does_not_answer_is_named(settings, said, monkeypatch):
    async with silent_server(said, monkeypatch) as port:
        url = f"http://127.0.0.1:{port}"
        there = replace(
            settings,
            api_url=url,
            auth_url=url,
            project_id="project",
            key_id="key",
            key_secret=Secret("hush"),
        )
        async with open_api(there, SystemClock()) as api:
            with pytest.raises(SendRetryable):
                await api.apps.get("app")

    assert said == [f"bot: waiting for Sinch at 127.0.0.1:{port} …"]


async def test_a_request_that_is_answered_is_returned(settings):
    transport = httpx.MockTransport(lambda request: httpx.Response(204))

    async with httpx.AsyncClient(transport=noticing(settings, "Sinch", transport)) as http:
        assert (await http.get("https://bot.example")).status_code == 204


def test_json_is_not_mixed_with_a_notice(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wait_notice, "NOTICE_AFTER_S", 0.0)
    monkeypatch.setenv("REDIS_URL", settings.redis_url)
    monkeypatch.setenv("BOT_NAMESPACE", settings.namespace)

    answer = CliRunner().invoke(app, ["broadcast", "report", "--json"])

    assert answer.exit_code == 0, answer.output
    assert answer.stdout == ""  # no broadcast, no line of JSON
    assert "bot: waiting for Redis at " in answer.stderr
