"""The composition root: builds a running bot from settings. No other module assembles the parts."""

import asyncio
import contextlib
import gc
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from bot.app import process_report
from bot.client import Client
from bot.clock import Clock, NewId, SystemClock, new_ulid
from bot.conversation_api import ConversationApi
from bot.conversation_api.recipients import Recipients
from bot.engine.engine import Engine
from bot.engine.machines import Limits
from bot.engine.secret_answers import AnswerCipher
from bot.errors import StoreError
from bot.flow.hooks import OF_THE_BOT
from bot.flow.load import Flows, load_flows
from bot.outbox.compose import Composer
from bot.outbox.forwarding import Forwarding
from bot.outbox.outbox import Outbox
from bot.runtime import Runtime
from bot.settings import Settings
from bot.store import Store
from bot.store.client import host_of
from bot.telemetry.traces import open_traces
from bot.turn.downloads import Downloads
from bot.turn.holds import HoldRules
from bot.turn.postback import Postbacks
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

WAIT_NOTICE_S = 2.0
"""Seconds for which a process waits for its store before it logs the wait."""


class Bot(Client):
    """An open bot: a client with the parts that receive callbacks, run turns and send replies."""

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
        self.webhook = Webhook(runtime, lambda event: event in self.flows.handled_events)
        self.engine = Engine(
            flows,
            Postbacks(settings.webhook_secrets),
            settings.language,
            settings.handoff_s,
            settings.stop_words,
            Limits(settings.max_answers, settings.max_sms_parts),
            settings.zone,
            settings.opt_in_purposes,
            HoldRules(
                *(settings.outside_window, settings.properties),
                *(settings.quiet_hours_of, settings.zone),
            ),
        )
        self.engine.is_canceled = self._is_canceled
        self.engine.downloader = Downloads(self.api.media_files)
        self.forwarding = Forwarding(runtime, self.engine, handoff_transport)
        self.cipher = AnswerCipher(settings.secret_keys)
        self.cipher.require(flows)
        composer = Composer(settings, self.forwarding)
        self.runner = Runner(runtime, self.engine, composer, self.cipher)
        self.outbox = Outbox(runtime, self.api, self.forwarding, self.runner.consents.current)
        self.engine.unsent = self.outbox.unsent
        self.name = name or process_name()
        self.worker = Worker(runtime, self.runner, self.outbox, self.name)

    @property
    def own_services(self) -> dict[str, Any]:
        """The services that the bot itself provides to flows, by name; see `hooks.OF_THE_BOT`."""
        return dict(zip(OF_THE_BOT, (self.api,), strict=True))

    @contextlib.asynccontextmanager
    async def services(self) -> AsyncIterator[None]:
        """Open the author's services for the flows, until the context ends."""
        async with self.flows.hooks.open(self.settings) as services:
            self.engine.services = {**self.own_services, **services}
            yield

    async def _is_canceled(self, broadcast: str) -> bool:
        return await self.store.outcomes.canceled_at(broadcast) is not None

    def use(self, flows: Flows) -> None:
        """Use other flows, beginning with the next turn."""
        self._flows = self.engine.flows = flows

    async def aclose(self) -> None:
        """Close the client and the store."""
        await self.forwarding.aclose()
        await self.api.aclose()
        await self.store.close()


def process_name() -> str:
    """Return a unique name for this process: host, process id, and a random part."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"


async def open_bot(
    settings: Settings,
    waits: Callable[[StoreError], None] = lambda error: None,
    clock: StoreClock | None = None,
) -> Bot:
    """Open a bot with the settings' store and flows.

    If the store is unavailable, try again until it is available, and call `waits` with each error.
    `clock` is set to the store's time.

    Raises:
        ConfigError: a required setting is missing.
        FlowError: a flow has errors.
    """
    settings.require("project_id", "app_id", "key_id", "key_secret")
    flows = load_flows(settings.flows)
    clock = clock or StoreClock()
    reported = ""
    while True:
        try:
            with contextlib.nullcontext() if reported else _reporting_wait(settings):
                store = await _store_with(clock, settings)
        except StoreError as error:
            waits(error)
            if str(error) != reported:
                reported = str(error)
                away = reported.rstrip(".")
                logger.warning("%s. Trying again.", away, extra={"action": "store_away"})
            await clock.sleep(STORE_RETRY_S)
        else:
            try:
                return Bot(settings, store, flows, clock=clock)
            except BaseException:
                await store.close()  # Otherwise an embedded server would outlive the process.
                raise


@contextlib.contextmanager
def _reporting_wait(settings: Settings) -> Iterator[None]:
    """Log a warning if the store does not answer within `WAIT_NOTICE_S`."""
    name = f"Redis at {host_of(settings.redis_url)}" if settings.redis_url else "the embedded store"
    notice = asyncio.get_running_loop().call_later(
        WAIT_NOTICE_S,
        lambda: logger.warning("Waiting for %s.", name, extra={"action": "store_away"}),
    )
    try:
        yield
    finally:
        notice.cancel()


async def _store_with(clock: StoreClock, settings: Settings) -> Store:
    """Open the store, and set the clock to the store's time."""
    store = await Store.open(settings)
    try:
        await clock.read(store)
    except BaseException:
        await store.close()
        raise
    return store


@contextlib.asynccontextmanager
async def running(
    bot: Bot,
    *,
    has_webhook: bool = True,
    has_worker: bool = True,
    owns_process: bool = True,
    leaving: asyncio.Event | None = None,
    siblings: Path | None = None,
) -> AsyncIterator[None]:
    """Run the bot. On exit the bot finishes the work that it has begun, and closes.

    - `has_webhook`: whether the process also serves the webhook.
    - `leaving`: an event. When the event is set, the bot takes no new work.
    - `siblings`: the folder that all workers of the same store on this machine share.
    - `owns_process`: whether the bot may tune the garbage collector, and end the process to stop
      turns that never end.
    """
    stop = leaving or asyncio.Event()
    if owns_process:
        _tune_garbage_collector()
    try:
        async with bot.services():
            work = asyncio.create_task(bot.worker.run(stop)) if has_worker else None
            family = Siblings(siblings, bot.name) if work and siblings else None
            if family:
                family.join()
            role = "web" if not work else "serve" if has_webhook else "worker"
            reporter = process_report.Reporter(
                *(bot.store, bot.name, role, bot.settings, lambda: bot.flows)
            )
            report = presences.report(bot.store, reporter.describe, work, bot.clock)
            helpers = [asyncio.create_task(report)]
            if not work:
                helpers.append(asyncio.create_task(presences.watch(bot.store, bot.clock)))
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
                    with contextlib.suppress(StoreError):  # The report expires by itself.
                        await bot.store.forget_process(bot.name)
                    if family:
                        family.leave()
    finally:
        await bot.aclose()
        if bot.worker.has_abandoned and owns_process:
            # Otherwise the event loop would wait for turns that never end before it closes.
            logging.shutdown()
            os._exit(1)


def _tune_garbage_collector() -> None:
    # Objects that exist now live as long as the process, so the collector can skip them.
    gc.collect()
    gc.freeze()
    # Hardly any object of a message is in a cycle. With Python's default of 700, a collection would
    # begin while most of these objects are still in use.
    gc.set_threshold(5_000)
