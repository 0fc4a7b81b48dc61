"""Runs the processes: `bot serve`, `bot web` and `bot worker`, each under uvicorn.

uvicorn supervises the children where there are several, finishes running requests on SIGTERM, and
then lets the application's lifespan end, in which the worker finishes its turns and sends.
"""

import logging
import signal
from types import FrameType
from typing import Literal

import uvicorn
from starlette.applications import Starlette

from bot import logs
from bot.app import asgi_app
from bot.errors import BotError, ConfigError
from bot.flow.load import load_flows
from bot.patience import Impatient
from bot.settings import Settings
from bot.time_limit import TimeLimit

logger = logging.getLogger(__name__)

KEEPALIVE_S = 75
"""How long an idle connection is kept."""

Role = Literal["serve", "web", "worker"]

_failed: list[BotError] = []
"""Why this process has to end, where a fault is the reason."""


def serve_app() -> Starlette:
    """Webhook and worker in one process."""
    return _app(has_webhook=True, has_worker=True)


def web_app() -> Starlette:
    """The webhook alone."""
    return _app(has_webhook=True, has_worker=False)


def worker_app() -> Starlette:
    """The worker alone; its endpoints only watch."""
    return _app(has_webhook=False, has_worker=True)


def run(role: Role, settings: Settings, host: str, port: int, processes: int) -> None:
    """Run a role until SIGTERM or SIGINT.

    Raises:
        ConfigError: a setting that the role needs is missing, or the store can't be used with it.
    """
    signal.signal(signal.SIGTERM, _leave)
    settings.require("project_id", "app_id", "key_id", "key_secret")
    if role != "worker" and not settings.webhook_secrets:
        raise ConfigError(
            "SINCH_WEBHOOK_SECRET must be set: without it anybody could post callbacks here. Take"
            " the webhook's secret from the dashboard, or set one of your own in both places."
        )
    load_flows(settings.flows)
    if not settings.redis_url:
        if role != "serve":
            raise ConfigError(
                f"`bot {role}` shares its store with other processes, so REDIS_URL must be set."
                " On one machine, `bot serve` runs webhook and worker together without it."
            )
        logger.warning(
            "No REDIS_URL: the store is embedded, in %s. That is for one machine.",
            settings.home,
            extra={"action": "embedded_store"},
        )
    uvicorn.run(
        f"bot.serve:{role}_app",
        factory=True,
        host=host,
        port=port,
        workers=processes,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        # Longer than balancers keep an idle connection: whoever ends it first loses no callback.
        timeout_keep_alive=KEEPALIVE_S,
        http=Impatient,
        ws="none",
        limit_concurrency=settings.max_connections,
        timeout_graceful_shutdown=int(settings.grace_s) + 5,
    )
    if _failed:
        raise _failed[0]


def _leave(number: int, frame: FrameType | None) -> None:
    """End in good order. uvicorn raises SIGTERM once more when it has done its part."""
    if not _failed:
        raise SystemExit(0)


def _fail(fault: BotError) -> None:
    logger.error("%s", fault, extra={"action": "failed"})
    _failed.append(fault)
    signal.raise_signal(signal.SIGTERM)


def _app(*, has_webhook: bool, has_worker: bool) -> Starlette:
    settings = Settings.from_env()
    logs.configure(settings)
    Impatient.limit = TimeLimit(settings.request_timeout_s)
    return asgi_app(settings, _fail, has_webhook=has_webhook, has_worker=has_worker)
