"""The composition root: settings in, a running bot out. Everything is put together here and nowhere
else.
"""

import asyncio
import contextlib
import gc
import logging
import os
import re
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from prometheus_client import generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.callbacks import TRIGGERS
from bot.client import BotClient
from bot.clock import Clock, NewId, SystemClock, new_ulid
from bot.conversation_api import ConversationApi
from bot.engine.engine import Engine
from bot.engine.secret_answers import AnswerCipher
from bot.errors import BotError, StoreError
from bot.flow.hooks import OF_THE_BOT
from bot.flow.load import Flows, load_flows
from bot.outbox.compose import Composer
from bot.outbox.forwarding import Forwarding
from bot.outbox.outbox import Outbox
from bot.recipients import Recipients
from bot.runtime import Runtime
from bot.settings import Settings
from bot.store import Store
from bot.telemetry import metrics, store_gauges
from bot.telemetry.traces import open_traces
from bot.turn.postback import Postbacks
from bot.web import endpoints
from bot.web.self_report import NO_SUCH_PATH
from bot.web.webhook import Webhook
from bot.worker import presences
from bot.worker import siblings as siblings_of
from bot.worker.runner import Runner
from bot.worker.siblings import Siblings
from bot.worker.store_clock import StoreClock
from bot.worker.watchdog import Watchdog
from bot.worker.worker import Worker

logger = logging.getLogger(__name__)

STORE_RETRY_S = 2.0

MAX_PROBE_S = 0.8
"""How long an endpoint for probes waits for the store, so that it answers within a second."""


class Bot(BotClient):
    """A bot, open: its store, its flows, its client, and the parts that work with them.

    What it may be asked to do for a contact, `BotClient` says.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        flows: Flows,
        *,
        clock: Clock | None = None,
        new_id: NewId = new_ulid,
        transport: httpx.AsyncBaseTransport | None = None,
        handoff_transport: httpx.AsyncBaseTransport | None = None,
        name: str = "",
    ) -> None:
        clock = clock or SystemClock()
        self.api = ConversationApi(settings, clock, transport)
        recipients = Recipients(store, self.api, settings, clock, is_patient=False)
        super().__init__(store, flows, clock, new_id, recipients)
        self.settings = settings
        self.runtime = runtime = Runtime(
            settings, store, self.clock, new_id, open_traces(settings.traces)
        )
        self.webhook = Webhook(runtime)
        self.engine = Engine(
            flows,
            Postbacks(settings.webhook_secrets),
            settings.language,
            settings.handoff_s,
            settings.stop_words,
            settings.max_answers,
        )
        self.forwarding = Forwarding(runtime, self.engine, handoff_transport)
        self.cipher = AnswerCipher(settings.secret_keys)
        self.cipher.require(flows)
        composer = Composer(settings, self.forwarding)
        self.runner = Runner(runtime, self.engine, composer, self.cipher)
        outbox = Outbox(runtime, self.api, self.forwarding)
        self.name = name or process_name()
        self.worker = Worker(runtime, self.runner, outbox, self.name)

    @property
    def own_services(self) -> dict[str, Any]:
        """The services that need no hook, by the names of `hooks.OF_THE_BOT`."""
        return dict(zip(OF_THE_BOT, (self.api,), strict=True))

    @contextlib.asynccontextmanager
    async def services(self) -> AsyncIterator[None]:
        """The author's services, open for the flows until the context ends."""
        async with self.flows.hooks.open(self.settings) as services:
            self.engine.services = {**self.own_services, **services}
            yield

    def use(self, flows: Flows) -> None:
        """Go on with other flows, from the next turn on."""
        self.flows = self.engine.flows = flows

    async def aclose(self) -> None:
        """Close the client and the store."""
        await self.forwarding.aclose()
        await self.api.aclose()
        await self.store.close()


def process_name() -> str:
    """A name for this process that no other has: host, process id, and something random."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"


async def open_bot(
    settings: Settings,
    waits: Callable[[StoreError], None] = lambda error: None,
    clock: StoreClock | None = None,
) -> Bot:
    """A bot on the settings' store and flows; while the store is away, it waits and calls `waits`.
    `clock` is set by the store's.

    Raises:
        ConfigError: a setting that this needs is missing.
        FlowError: a flow is written wrongly.
    """
    settings.require("project_id", "app_id", "key_id", "key_secret")
    flows = load_flows(settings.flows)
    clock = clock or StoreClock()
    reported = ""
    while True:
        try:
            store = await _store_with(clock, settings)
        except StoreError as error:
            waits(error)
            if str(error) != reported:
                reported = str(error)
                away = reported.rstrip(".")
                logger.warning("%s. Trying again.", away, extra={"action": "store_away"})
            await clock.sleep(STORE_RETRY_S)
        else:
            return Bot(settings, store, flows, clock=clock)


async def _store_with(clock: StoreClock, settings: Settings) -> Store:
    """Open the store, and set the clock by it."""
    store = await Store.open(settings)
    try:
        await clock.read(store)
    except BaseException:
        await store.close()
        raise
    return store


Failed = Callable[[BotError], None]
"""Told why a bot can't be opened; the process should end."""


def asgi_app(
    settings: Settings,
    failed: Failed,
    *,
    has_webhook: bool = True,
    has_worker: bool = True,
    siblings: Path | None = None,
) -> Starlette:
    """The ASGI application of one process: the webhook, the worker, or both, and what watches them.

    Endpoints: `POST /webhook`, those of `endpoints`, `GET /healthz`, `GET /readyz`, `GET /metrics`.
    It answers from the start; until the store is there, callbacks get 503. `app.state.leave()`,
    which a handler of signals may call, lets the worker take nothing new. `siblings` is a folder
    that workers of this machine on the same store share.

    Raises:
        ConfigError: the webhook has no secret to check signatures with.
    """
    if has_webhook:
        settings.require("webhook_secrets")

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        stop, leaving = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        app.state.leave = lambda: loop.call_soon_threadsafe(leaving.set)
        work = asyncio.create_task(
            _work(app, settings, stop, leaving, failed, siblings, has_worker=has_worker)
        )
        try:
            yield
        finally:
            stop.set()
            if app.state.bot is None:
                work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work

    return bare_app(settings, has_webhook=has_webhook, lifespan=lifespan)


def bare_app(
    settings: Settings,
    *,
    has_webhook: bool = True,
    lifespan: Callable[[Starlette], contextlib.AbstractAsyncContextManager[None]] | None = None,
) -> Starlette:
    """The endpoints of a process, for the bot that is put into `state.bot`."""
    app = Starlette(
        routes=routes(settings, has_webhook=has_webhook),
        lifespan=lifespan,
        exception_handlers={404: _no_such_path} if has_webhook else {},
    )
    # It would lead to the Host header's name, which a client chooses, and to http behind a proxy.
    app.router.redirect_slashes = False
    app.state.bot = None
    app.state.leave = lambda: None
    app.state.waits_for = "the store is not open yet"
    return app


async def _work(
    app: Starlette,
    settings: Settings,
    stop: asyncio.Event,
    leaving: asyncio.Event,
    failed: Failed,
    siblings: Path | None,
    *,
    has_worker: bool,
) -> None:
    """Open the bot, however long that takes, and let it work until told to stop."""

    def note(error: StoreError) -> None:
        app.state.waits_for = str(error)

    try:
        bot = await open_bot(settings, note)
        if has_worker:
            # Before it is ready: probes would report that no worker works on the store.
            with contextlib.suppress(StoreError):
                await bot.store.report_worker(bot.name)
        flows = ["", *(flow.name for flow in bot.flows)]
        metrics.create_series(flows, settings.channel_names, TRIGGERS.values())
        app.state.bot = bot
        folder = siblings and siblings / quote(settings.namespace, safe="")
        async with running(bot, has_worker=has_worker, leaving=leaving, siblings=folder):
            await stop.wait()
    except BotError as error:
        failed(error)


@contextlib.asynccontextmanager
async def running(
    bot: Bot,
    *,
    has_worker: bool = True,
    leaving: asyncio.Event | None = None,
    siblings: Path | None = None,
) -> AsyncIterator[None]:
    """The bot at work; on the way out it finishes what it holds and is closed.

    It takes nothing new from when `leaving` is set. `siblings` is the folder of the workers of this
    machine.
    """
    stop = leaving or asyncio.Event()
    # What lives now lives as long as the process: the collector needn't walk it again and again.
    gc.collect()
    gc.freeze()
    # Hardly anything of a message is a cycle; at Python's own 700 its objects are still in use.
    gc.set_threshold(5_000)
    try:
        async with bot.services():
            work = asyncio.create_task(bot.worker.run(stop)) if has_worker else None
            family = Siblings(siblings, bot.name) if work and siblings else None
            if family:
                family.join()
            presence = asyncio.create_task(
                presences.report(bot.store, bot.name, work, bot.clock)
                if work
                else presences.watch(bot.store, bot.clock)
            )
            helpers = [presence]
            if isinstance(bot.clock, StoreClock):
                helpers.append(asyncio.create_task(bot.clock.keep(bot.store)))
            if family:
                watching = siblings_of.watch(family, bot.store.queue, bot.clock)
                helpers.append(asyncio.create_task(watching))
            watchdog = Watchdog(bot.settings.turn_timeout_s, bot.runner.turn_of)
            with watchdog if work else contextlib.nullcontext():
                try:
                    yield
                finally:
                    stop.set()
                    for helper in helpers:
                        helper.cancel()
                    if work:
                        await work
                    if family:
                        family.leave()
    finally:
        await bot.aclose()
        if bot.worker.has_abandoned:
            # The event loop would wait for turns that never end before it closed.
            logging.shutdown()
            os._exit(1)


def routes(settings: Settings, *, has_webhook: bool = True) -> list[Route]:
    """The endpoints of a process."""
    watch = [Route("/readyz", _readyz), Route("/metrics", _metrics)]
    if not has_webhook:
        return [Route("/healthz", _healthz), *watch]
    return [*webhook_routes(), *endpoints.routes(settings), *watch]


def webhook_routes() -> list[Route]:
    """The endpoints that anybody may reach."""
    return [Route("/webhook", _Webhook(), methods=["POST"]), Route("/healthz", _healthz)]


class _Webhook:
    """The bot's webhook, once there is a bot."""

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        bot: Bot | None = scope["app"].state.bot
        app = bot.webhook if bot else PlainTextResponse("starting\n", 503)
        return app(scope, receive, send)


async def _no_such_path(request: Request, error: Exception) -> Response:
    return PlainTextResponse(f"{NO_SUCH_PATH}\n", 404)


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
    """Return why the store is away without where it is: anybody may ask."""
    return re.sub(r" at (\S+:\d+|/\S+?)(?=[\s:,.;]|$)", "", detail)


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
            logger.warning("No figures of the store: %s", why, extra={"action": "store_away"})
    return Response(generate_latest(metrics.REGISTRY), media_type="text/plain; version=0.0.4")
