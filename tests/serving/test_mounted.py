"""`bot.Application`, mounted in another application that a real server serves."""

import contextlib
import gc
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from bot import Application, FlowError, LogFormatter, Settings
from bot.emulator.serving import bind, url_of
from bot.errors import ConfigError, StoreAway
from bot.pages.serving import serving
from bot.settings import Secret
from tests.support.bot_stack import SECRET, Stack
from tests.support.redis_server import RedisServer

TOKEN = "a-token-of-some-length"


@pytest.fixture
def settings(stack: Stack) -> Settings:
    environment = stack.bot(BOT_EVENTS_TOKEN=TOKEN).environment
    return Settings.from_env(environment, dotenv=None)


@contextlib.asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """Serve an application at a free port, with its lifespan. Yield the URL."""
    listener = bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on"))
    async with serving(server, listener):
        yield url_of(listener, "127.0.0.1")


def shop(chatbot: Application) -> Starlette:
    """Return an application with a page of its own, and the bot below /bot."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with chatbot.running():
            yield

    async def shipped(request: Request) -> JSONResponse:
        number = request.path_params["number"]
        await chatbot.client.trigger(number, "visit_due", {"day": "friday"})
        return JSONResponse({"shipped": True})

    app = Starlette(lifespan=lifespan)
    app.add_route("/shipped/{number}", shipped, methods=["POST"])
    app.mount("/bot", chatbot)
    return app


def post_to(stack: Stack, url: str) -> None:
    """Let callbacks go there from now on."""
    stack.platform.state.webhooks.clear()
    stack.platform.register_webhook(f"{url}/webhook", SECRET, ("MESSAGE_INBOUND",))


async def test_conversation_through_a_mounted_bot(stack: Stack, settings: Settings) -> None:
    phone = stack.phone(1)
    async with served(shop(Application(settings))) as url, httpx.AsyncClient(base_url=url) as http:
        post_to(stack, f"{url}/bot")
        phone.says("visit")
        await stack.until(lambda: stack.said_to(phone) == ["Which day?"])
        answer = await http.post(f"/shipped/{phone.identity}")
        await stack.until(lambda: len(stack.said_to(phone)) == 2)

    assert answer.json() == {"shipped": True}
    assert stack.said_to(phone) == ["Which day?", "It is friday."]


async def test_endpoints_are_below_the_path_of_the_mount(stack: Stack, settings: Settings) -> None:
    phone = stack.phone(1)
    async with served(shop(Application(settings))) as url, httpx.AsyncClient(base_url=url) as http:
        post_to(stack, f"{url}/bot")
        phone.says("visit")
        await stack.until(lambda: stack.said_to(phone) == ["Which day?"])
        [contact] = stack.platform.state.contacts
        ready = (await http.get("/bot/readyz")).json()
        event = await http.post(
            "/bot/events",
            json={"contact": contact, "name": "visit_due", "data": {"day": "friday"}},
            headers={"Authorization": f"Bearer {TOKEN}"},
        )
        await stack.until(lambda: len(stack.said_to(phone)) == 2)

        assert (await http.get("/bot/healthz")).json() == {"status": "ok"}
        assert (ready["status"], ready["has_worker"]) == ("ready", True)
        assert "bot_store_up 1.0" in (await http.get("/bot/metrics")).text
        assert event.json() == {"accepted": True}
        assert (await http.post("/bot/webhook", content=b"{}")).status_code == 401
        assert (await http.get("/webhook")).status_code == 404
        unknown = await http.get("/bot/nowhere")
        assert unknown.text == "This is a bot. Its webhook is at /bot/webhook.\n"


async def test_mounted_bot_without_a_worker_leaves_the_turns_to_workers(
    stack: Stack, settings: Settings, redis_server: RedisServer
) -> None:
    settings = replace(settings, redis_url=redis_server.url)
    phone = stack.phone(1)
    chatbot = Application(settings, has_worker=False)
    async with served(shop(chatbot)) as url, httpx.AsyncClient() as http:
        post_to(stack, f"{url}/bot")
        phone.says("visit")
        await stack.until(lambda: len(stack.accepted()) == 1)
        ready = (await http.get(f"{url}/bot/readyz")).json()
        await stack.bot("worker", REDIS_URL=redis_server.url).start()
        await stack.until(lambda: stack.said_to(phone) == ["Which day?"])

    assert (ready["status"], ready["has_worker"]) == ("ready", False)


async def test_mounted_bot_that_was_not_started_names_the_way_out(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    chatbot = Application(settings)
    app = Starlette()
    app.mount("/bot", chatbot)
    with caplog.at_level(logging.ERROR):
        async with served(app) as url, httpx.AsyncClient(base_url=url) as http:
            answers = [await http.post("/bot/webhook"), await http.get("/bot/healthz")]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert all("async with application.running()" in answer.text for answer in answers)
    assert sum("application.running()" in each for each in caplog.messages) == 1
    with pytest.raises(ConfigError, match=r"async with application\.running\(\)"):
        _ = chatbot.client


async def test_application_starts_while_redis_is_away(
    stack: Stack, settings: Settings, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.app.bot.STORE_RETRY_S", 0.01)
    redis_server.kill()
    phone = stack.phone(1)
    chatbot = Application(replace(settings, redis_url=redis_server.url))
    async with served(shop(chatbot)) as url, httpx.AsyncClient() as http:
        ready = await http.get(f"{url}/bot/readyz")
        with pytest.raises(StoreAway, match="waiting for its store: Redis at"):
            _ = chatbot.client
        post_to(stack, f"{url}/bot")
        phone.says("visit")
        await redis_server.start()
        await stack.until(lambda: stack.said_to(phone) == ["Which day?"])

    assert (ready.status_code, ready.json()["status"]) == (503, "starting")


async def test_application_that_cannot_run_raises_when_it_starts(
    settings: Settings, redis_server: RedisServer, tmp_path: Path
) -> None:
    flows = tmp_path / "broken"
    flows.mkdir()
    with_redis = replace(settings, redis_url=redis_server.url)
    await start_and_end(Application(with_redis))

    for words, wrong in {
        "SINCH_WEBHOOK_SECRET must be set": replace(settings, webhook_secrets=()),
        "contains no flows": replace(settings, flows=str(flows)),
        "belongs to app": replace(with_redis, app_id="another"),
    }.items():
        with pytest.raises((ConfigError, FlowError), match=words):
            await start_and_end(Application(wrong))
    with pytest.raises(ConfigError, match=r"has_worker=False\) needs REDIS_URL"):
        await start_and_end(Application(settings, has_worker=False))


async def start_and_end(chatbot: Application) -> None:
    async with chatbot.running():
        assert chatbot.client.flows.names


async def test_application_warns_of_a_misspelled_variable(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in {**stack.bot().environment, "BOT_GRASE": "3"}.items():
        monkeypatch.setenv(name, value)

    await start_and_end(Application())

    assert "BOT_GRASE is not a setting. Did you mean BOT_GRACE?" in caplog.messages


async def test_records_of_a_mounted_bot_have_the_contact_flow_and_state(
    stack: Stack, settings: Settings
) -> None:
    lines: list[str] = []
    handler = logging.StreamHandler()
    handler.setFormatter(LogFormatter())
    handler.emit = lambda record: lines.append(handler.format(record))  # type: ignore[method-assign]
    logger = logging.getLogger("bot")
    before, phone = logger.level, stack.phone(1)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        async with served(shop(Application(settings))) as url:
            post_to(stack, f"{url}/bot")
            phone.says("visit")
            await stack.until(lambda: stack.said_to(phone) == ["Which day?"])
            phone.says("monday")
            await stack.until(lambda: len(stack.said_to(phone)) > 1)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)

    turns = [line for line in lines if " action=turn " in line]
    assert " contact=" in turns[1]
    assert " flow=visit " in turns[1]


async def test_application_runs_once_at_a_time(settings: Settings) -> None:
    chatbot = Application(settings)

    async with chatbot.running():
        with pytest.raises(ConfigError, match="running already"):
            await start_and_end(chatbot)
    await start_and_end(chatbot)


async def test_application_leaves_the_garbage_collector_of_its_process_alone(
    settings: Settings,
) -> None:
    before = gc.get_threshold(), gc.get_freeze_count()

    await start_and_end(Application(settings))

    assert (gc.get_threshold(), gc.get_freeze_count()) == before


async def test_server_runs_an_application_that_is_not_mounted(
    stack: Stack, settings: Settings
) -> None:
    phone = stack.phone(1)
    async with served(Application(settings)) as url:
        post_to(stack, url)
        phone.says("visit")
        await stack.until(lambda: stack.said_to(phone) == ["Which day?"])


async def test_secret_settings_are_not_in_the_answer_of_a_bot_that_waits(
    settings: Settings, redis_server: RedisServer
) -> None:
    redis_server.kill()
    url = redis_server.url.replace("redis://", "redis://:a-password@")
    chatbot = Application(replace(settings, redis_url=url, events_token=Secret(TOKEN)))
    async with (
        chatbot.running(),
        httpx.AsyncClient(transport=httpx.ASGITransport(chatbot), base_url="http://b") as http,
    ):
        ready = (await http.get("/readyz")).text

    assert "a-password" not in ready
    assert str(redis_server.port) not in ready
