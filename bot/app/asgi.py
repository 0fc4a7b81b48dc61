"""The bot as an ASGI application: the webhook, the endpoints for other systems, and the probes.

`bot serve`, `bot web` and `bot worker` serve the result of `asgi_app`. `Application` is for
programs that serve the bot themselves, usually as a part of another ASGI application.
"""

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from urllib.parse import quote

from prometheus_client import generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.app.bot import Bot, open_bot, running
from bot.callbacks import TRIGGERS
from bot.client import Client
from bot.errors import BotError, ConfigError, StoreAway, StoreError
from bot.messages.channel_limits import CHANNELS
from bot.settings import Settings
from bot.telemetry import metrics, store_gauges
from bot.web import endpoints
from bot.web.self_report import no_such_path

logger = logging.getLogger(__name__)

MAX_PROBE_S = 0.8
"""Maximum time for which a probe waits for the store, in seconds, so that the probe answers within
a second.
"""

NOT_OPEN = "the store is not open yet"

NOT_RUNNING = (
    "The bot is not running, because the application that mounts the bot does not run the bot's"
    " lifespan. Enter `async with application.running():` in the lifespan of the mounting"
    " application, around the `yield`."
)

_ADDRESS = re.compile(
    r" (?:at|connecting to) (?:\S+:\d+|/\S+?)(?=[\s:,.;]|$)"  # errors of this project and redis-py
    r"| \('[^']*', \d+.*?\)"  # errors of asyncio
)
"""A pattern that finds the store's address in the text of an error."""

Failed = Callable[[BotError], None]
"""A function that is called with the reason why a bot cannot be opened."""


class Application:
    """The bot as an ASGI application, which a Starlette or FastAPI application can mount.

        chatbot = bot.Application()

        @asynccontextmanager
        async def lifespan(app):
            async with chatbot.running():
                yield

        app = FastAPI(lifespan=lifespan)
        app.mount("/bot", chatbot)

    The application serves `POST /webhook`, `GET /healthz`, `GET /readyz`, `GET /metrics`, and with
    BOT_EVENTS_TOKEN the endpoints for other systems. Without `settings`, the settings are read from
    the environment and `.env`. With `has_worker=False`, the application only accepts callbacks and
    requests. Processes of `bot worker` must then handle the callbacks and requests. The application
    and these processes need the same REDIS_URL.

    The application can also be served by itself, such as by `uvicorn module:chatbot`. Then the
    server enters `running()`.

    Raises:
        ConfigError: a setting has a wrong value.
    """

    def __init__(self, settings: Settings | None = None, *, has_worker: bool = True) -> None:
        self._unknown = Settings.unknown() if settings is None else {}
        self._settings = settings = settings or Settings.from_env()
        self._has_worker = has_worker
        self._is_running = False
        self._has_warned = False
        self._app = bare_app(settings, lifespan=lambda app: self.running())

    @property
    def client(self) -> Client:
        """The client of the running bot, for the program's own requests.

        Raises:
            ConfigError: the application is not running.
            StoreAway: the store has not been reached since the start.
        """
        if not self._is_running:
            raise ConfigError(NOT_RUNNING)
        bot: Bot | None = self._app.state.bot
        if bot is None:
            raise StoreAway(f"The bot is waiting for its store: {self._app.state.waits_for}")
        return bot

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the bot while the context is open.

        On exit the bot finishes the work that it has begun.

        If the store is unavailable, the bot is opened later. Until then callbacks are answered with
        503.

        Raises:
            ConfigError: a setting is missing, the store cannot be used with the settings, a service
                cannot be opened, or the application is already running.
            FlowError: a flow has errors.
        """
        settings = self._settings
        if self._is_running:
            raise ConfigError("The application is running already. Enter `running()` only once.")
        warn_of_unknown(self._unknown)
        settings.require("project_id", "app_id", "key_id", "key_secret", "webhook_secrets")
        if not (self._has_worker or settings.redis_url):
            raise ConfigError(
                "bot.Application(has_worker=False) needs REDIS_URL, because processes of `bot"
                " worker` must use the same store."
            )
        errors: list[BotError] = []

        def failed(error: BotError) -> None:
            logger.error("%s", error, extra={"action": "failed"})
            errors.append(error)
            self._app.state.bot = None
            self._app.state.waits_for = str(error)

        # Only workers on this machine use the embedded store, so all of them are seen here.
        siblings = None if settings.redis_url else Path(settings.home) / "store" / "workers"
        work = _Work(self._app, settings, failed, self._has_worker, siblings, owns_process=False)
        self._is_running = True
        try:
            async with work.running():
                await work.has_tried.wait()
                if errors:
                    raise errors[0]
                yield
        finally:
            self._is_running = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http" and not self._is_running:
            if not self._has_warned:
                self._has_warned = True
                logger.error(NOT_RUNNING, extra={"action": "not_running"})
            await PlainTextResponse(f"{NOT_RUNNING}\n", 503)(scope, receive, send)
        else:
            await app(scope, receive, send)


def warn_of_unknown(variables: Mapping[str, str]) -> None:
    """Log variables that look like misspelled settings, each with a text that says what to do."""
    for name, advice in variables.items():
        logger.warning("%s is not a setting. %s", name, advice, extra={"action": "unknown_setting"})


def asgi_app(
    settings: Settings,
    failed: Failed,
    *,
    has_webhook: bool = True,
    has_worker: bool = True,
    siblings: Path | None = None,
) -> Starlette:
    """Return the application of one process, with the probes, and with the webhook, the worker or
    both.

    The endpoints are `/webhook`, `/healthz`, `/readyz`, `/metrics`, and the endpoints for other
    systems (see `endpoints`). The application answers from the start. Until the store is open,
    callbacks get 503. `app.state.leave()`, which a signal handler may call, stops the worker from
    taking new contacts. `siblings` is a folder that all workers of the same store on this machine
    share.

    Raises:
        ConfigError: the webhook has no secret to check signatures with.
    """
    if has_webhook:
        settings.require("webhook_secrets")

    def lifespan(app: Starlette) -> contextlib.AbstractAsyncContextManager[None]:
        return _Work(
            *(app, settings, failed, has_worker, siblings), has_webhook=has_webhook
        ).running()

    return bare_app(settings, has_webhook=has_webhook, lifespan=lifespan)


def bare_app(
    settings: Settings,
    *,
    has_webhook: bool = True,
    lifespan: Callable[[Starlette], contextlib.AbstractAsyncContextManager[None]] | None = None,
) -> Starlette:
    """Return an application with the routes of a process. The routes use the bot in
    `app.state.bot`.
    """
    app = Starlette(
        routes=routes(settings, has_webhook=has_webhook),
        lifespan=lifespan,
        exception_handlers={404: _no_such_path} if has_webhook else {},
    )
    # The redirect would use the Host header, which a client chooses, and http behind a proxy.
    app.router.redirect_slashes = False
    app.state.bot = None
    app.state.leave = lambda: None
    app.state.waits_for = NOT_OPEN
    return app


class _Work:
    """Opens the bot of an application, and runs the bot. If the store is unavailable, `_Work` waits
    for the store.

    `has_tried` is set after the first attempt, whether or not the store was available.
    """

    def __init__(
        self,
        app: Starlette,
        settings: Settings,
        failed: Failed,
        has_worker: bool,
        siblings: Path | None,
        *,
        has_webhook: bool = True,
        owns_process: bool = True,
    ) -> None:
        self._app = app
        self._settings = settings
        self._failed = failed
        self._has_worker = has_worker
        self._siblings = siblings and siblings / quote(settings.namespace, safe="")
        self._has_webhook = has_webhook
        self._owns_process = owns_process
        self._stop = asyncio.Event()
        self._leaving = asyncio.Event()
        self.has_tried = asyncio.Event()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        state, loop = self._app.state, asyncio.get_running_loop()
        state.leave = lambda: loop.call_soon_threadsafe(self._leaving.set)
        work = asyncio.create_task(self._run())
        try:
            yield
        finally:
            self._stop.set()
            if state.bot is None:
                work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work
            state.bot = None
            state.waits_for = NOT_OPEN

    async def _run(self) -> None:
        try:
            bot = await open_bot(self._settings, self._note)
            if self._has_worker:
                # Otherwise probes would report that no worker serves the store.
                with contextlib.suppress(StoreError):
                    await bot.store.report_worker(bot.name)
            flows = ["", *(flow.name for flow in bot.flows)]
            channels = self._settings.channel_names or CHANNELS
            metrics.create_series(flows, channels, TRIGGERS.values())
            self._app.state.bot = bot
            async with running(
                bot,
                has_webhook=self._has_webhook,
                has_worker=self._has_worker,
                owns_process=self._owns_process,
                leaving=self._leaving,
                siblings=self._siblings,
            ):
                self.has_tried.set()
                await self._stop.wait()
        except BotError as error:
            self._failed(error)
        finally:
            self.has_tried.set()

    def _note(self, error: StoreError) -> None:
        self._app.state.waits_for = str(error)
        self.has_tried.set()


def routes(settings: Settings, *, has_webhook: bool = True) -> list[Route]:
    """Return the routes of a process: probes and metrics, and with `has_webhook` also all other
    routes.
    """
    watch = [Route("/readyz", _readyz), Route("/metrics", _metrics)]
    if not has_webhook:
        return [Route("/healthz", _healthz), *watch]
    return [*webhook_routes(), *endpoints.routes(settings), *watch]


def webhook_routes() -> list[Route]:
    """Return the routes that Sinch and load balancers use: `/webhook` and `/healthz`."""
    return [Route("/webhook", _Webhook(), methods=["POST"]), Route("/healthz", _healthz)]


class _Webhook:
    """The bot's webhook. Until the bot is open, the webhook answers with 503."""

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        bot: Bot | None = scope["app"].state.bot
        app = bot.webhook if bot else PlainTextResponse("starting\n", 503)
        return app(scope, receive, send)


async def _no_such_path(request: Request, error: Exception) -> Response:
    return PlainTextResponse(f"{no_such_path(request.scope)}\n", 404)


async def _healthz(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _readyz(request: Request) -> Response:
    bot: Bot | None = request.app.state.bot
    if bot is None:
        detail = _without_address(request.app.state.waits_for)
        return JSONResponse({"status": "starting", "detail": detail}, 503)
    try:
        async with asyncio.timeout(MAX_PROBE_S):
            await bot.store.check_writable()
            has_worker = await bot.store.reader.has_worker()
    except TimeoutError:
        detail = f"Redis: no answer within {MAX_PROBE_S:g} s"
        return JSONResponse({"status": "store away", "detail": detail}, 503)
    except StoreError as error:
        return JSONResponse({"status": "store away", "detail": _without_address(str(error))}, 503)
    flows = sum(1 for _ in bot.flows)
    return JSONResponse({"status": "ready", "flows": flows, "has_worker": has_worker})


def _without_address(detail: str) -> str:
    """Return `detail`, the text of an error, without the store's address.

    Probes show this text, and anybody may request a probe.
    """
    return _ADDRESS.sub("", detail)


async def _metrics(request: Request) -> Response:
    bot: Bot | None = request.app.state.bot
    if bot is None:
        store_gauges.clear()
    else:
        metrics.active.set(bot.worker.contacts)
        try:
            async with asyncio.timeout(MAX_PROBE_S):
                await store_gauges.read(bot.store, bot.settings, bot.clock)
        except (StoreError, TimeoutError) as error:
            store_gauges.clear()
            why = str(error) or f"no answer within {MAX_PROBE_S:g} s"
            logger.warning(
                "The store's metrics can't be read: %s", why, extra={"action": "store_away"}
            )
    return Response(generate_latest(metrics.REGISTRY), media_type="text/plain; version=0.0.4")
