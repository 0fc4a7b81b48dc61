"""What probes and logs report of the store and of workers, whatever Redis does."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis
from starlette.applications import Starlette

from bot.app.asgi import routes
from bot.app.bot import Bot
from bot.flow.load import Flows
from bot.settings import Secret, Settings
from bot.store import Process, Store
from bot.worker import presences
from tests.support.redis_server import RedisServer


@pytest.fixture
async def bot(redis_server: RedisServer) -> AsyncIterator[Bot]:
    settings = Settings(
        redis_url=redis_server.url,
        project_id="project",
        app_id="app",
        key_id="key",
        key_secret=Secret("key-secret"),
        webhook_secrets=(Secret("secret"),),
    )
    bot = Bot(settings, await Store.open(settings), Flows([]))
    yield bot
    redis_server.resume()
    await bot.aclose()


@pytest.fixture
async def http(bot: Bot) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=routes(bot.settings))
    app.state.bot = bot
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://b") as http:
        yield http


async def figures(http: httpx.AsyncClient) -> dict[str, float]:
    answer = await http.get("/metrics")
    families = text_string_to_metric_families(answer.text)
    return {sample.name: sample.value for family in families for sample in family.samples}


async def test_a_store_that_hangs_is_not_ready_and_shows_no_old_figures(
    redis_server: RedisServer, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await figures(http)
    redis_server.pause()
    monkeypatch.setattr("bot.app.asgi.MAX_PROBE_S", 0.05)

    answer, after = await http.get("/readyz"), await figures(http)

    assert (before["bot_store_up"], before["bot_contacts_waiting"]) == (1, 0)
    assert answer.status_code == 503
    assert answer.json()["detail"] == "Redis: no answer within 0.05 s"
    assert after["bot_store_up"] == 0
    assert after["bot_contacts_waiting"] != after["bot_contacts_waiting"]  # NaN


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("REPLICAOF", "127.0.0.1", "1"), "it is a replica, which refuses writes"),
        (("CONFIG", "SET", "min-replicas-to-write", "1"), "NOREPLICAS"),
        (("CONFIG", "SET", "maxmemory", "1"), "maxmemory"),
    ],
)
async def test_a_store_that_refuses_writes_is_not_ready(
    redis_server: RedisServer, http: httpx.AsyncClient, words: tuple[str, ...], said: str
) -> None:
    assert (await http.get("/readyz")).status_code == 200
    async with Redis(port=redis_server.port) as client:
        await client.execute_command(*words)

        answer = await http.get("/readyz")

    assert answer.status_code == 503
    assert said in answer.json()["detail"]


async def test_a_web_process_shows_whether_a_worker_works_on_its_store(
    bot: Bot, http: httpx.AsyncClient
) -> None:
    assert (await http.get("/readyz")).json()["has_worker"] is False
    assert (await figures(http))["bot_has_worker"] == 0

    await bot.store.report_worker("w1")

    assert (await http.get("/readyz")).json()["has_worker"] is True
    assert (await figures(http))["bot_has_worker"] == 1


class Rounds:
    """A clock that does one thing in each sleep, and cancels the sleeper after the last."""

    def __init__(self, *steps: Callable[[], Awaitable[object]]) -> None:
        self._steps = list(steps)

    def now(self) -> float:
        return 0.0

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        if not self._steps:
            raise asyncio.CancelledError
        await self._steps.pop(0)()


async def test_a_missing_worker_is_logged_once_and_its_return_too(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    async def nothing() -> None:
        pass

    async def start() -> None:
        await bot.store.report_worker("w1")

    with pytest.raises(asyncio.CancelledError):
        await presences.watch(bot.store, Rounds(nothing, nothing, start, nothing))

    missing, found = [record.getMessage() for record in caplog.records]
    assert missing.startswith("No worker uses the namespace 'bot' at 127.0.0.1:")
    assert "Start `bot worker`" in missing
    assert found.startswith("A worker uses the namespace 'bot'")


async def described() -> Process:
    return Process(name="w1", role="worker", pid=7)


async def test_a_worker_reports_itself_until_its_work_ends(bot: Bot) -> None:
    async def forever() -> None:
        await asyncio.Event().wait()

    work = asyncio.create_task(forever())

    async def nothing() -> None:
        pass

    async def end() -> None:
        work.cancel()
        await asyncio.wait([work])

    async def forget() -> None:
        await bot.store.connection.command("DEL", bot.store.connection.keys.worker)

    seen = []

    async def look() -> None:
        seen.append(await bot.store.reader.has_worker())

    rounds = Rounds(look, end, forget, look)
    with pytest.raises(asyncio.CancelledError):
        await presences.report(bot.store, described, work, rounds)

    assert seen == [True, False]


async def test_a_web_process_reports_itself_but_no_worker(bot: Bot) -> None:
    with pytest.raises(asyncio.CancelledError):
        await presences.report(bot.store, described, None, Rounds())

    assert [each.pid for each in await bot.store.reader.processes()] == [7]
    assert not await bot.store.reader.has_worker()


async def test_a_report_that_the_store_does_not_take_is_repeated(
    bot: Bot, redis_server: RedisServer
) -> None:
    async def refuse() -> None:
        await bot.store.connection.command("DEL", bot.store.connection.keys.processes)
        await bot.store.connection.command("CONFIG", "SET", "min-replicas-to-write", "1")

    async def accept() -> None:
        await bot.store.connection.command("CONFIG", "SET", "min-replicas-to-write", "0")

    with pytest.raises(asyncio.CancelledError):
        await presences.report(bot.store, described, None, Rounds(refuse, accept))

    assert [each.name for each in await bot.store.reader.processes()] == ["w1"]
