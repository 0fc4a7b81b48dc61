"""Runs the processes: `bot serve`, `bot web` and `bot worker`, each under uvicorn.

uvicorn supervises the children where there are several, finishes running requests on SIGTERM, and
then lets the application's lifespan end, in which the worker finishes its turns and sends.
"""

import logging
import multiprocessing
import os
import signal
import socket
from types import FrameType
from typing import Literal

import uvicorn
from starlette.applications import Starlette

from bot.app import asgi_app
from bot.errors import BotError, ConfigError
from bot.flow.load import load_flows
from bot.patience import Impatient
from bot.settings import Settings
from bot.telemetry import logs
from bot.time_limit import TimeLimit

logger = logging.getLogger(__name__)

KEEPALIVE_S = 75
"""How long an idle connection is kept."""

FAILED = signal.SIGALRM
"""A process tells its supervisor by it that it can't begin; uvicorn's supervisor takes most others
for itself."""

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
        ConfigError: a setting that the role needs is missing, nothing can listen at the port, or
            the store can't be used with the settings.
    """
    signal.signal(signal.SIGTERM, _leave)
    if processes > 1:
        signal.signal(FAILED, _child_failed)
    _require(role, settings)
    for name, like in Settings.misspelt().items():
        logger.warning("%s is no setting; is %s meant?", name, like, extra={"action": "misspelt"})
    load_flows(settings.flows)
    _try_port(host, port)
    if not settings.redis_url:
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


def _require(role: Role, settings: Settings) -> None:
    """Raise `ConfigError` unless all is set that the role needs; all that is missing at once."""
    needed = ["project_id", "app_id", "key_id", "key_secret"]
    why = ""
    if role != "worker":
        needed.append("webhook_secrets")
        if not settings.webhook_secrets:
            why += " Without SINCH_WEBHOOK_SECRET anybody could post callbacks here: take one of"
            why += " your own, and `bot setup` gives it to the webhook."
    if role != "serve":
        needed.append("redis_url")
        if not settings.redis_url:
            why += f" `bot {role}` shares its store with other processes by REDIS_URL; on one"
            why += " machine, `bot serve` runs webhook and worker together without it."
    try:
        settings.require(*needed)
    except ConfigError as missing:
        raise ConfigError(f"{missing}{why}") from None


def _try_port(host: str, port: int) -> None:
    """Raise `ConfigError` where nothing can listen; uvicorn's own words name no way out."""
    try:
        socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        ).close()
    except OSError as fault:
        raise ConfigError(
            f"Nothing can listen at {host}, port {port}: {fault.strerror}. Set PORT, or --host and"
            " --port."
        ) from fault


def _leave(number: int, frame: FrameType | None) -> None:
    """End in good order. uvicorn raises SIGTERM once more when it has done its part."""
    if not _failed:
        raise SystemExit(0)


def _fail(fault: BotError) -> None:
    logger.error("%s", fault, extra={"action": "failed"})
    _failed.append(fault)
    supervisor = multiprocessing.parent_process()
    if supervisor is None or supervisor.pid is None:
        signal.raise_signal(signal.SIGTERM)
    else:
        os.kill(supervisor.pid, FAILED)


def _child_failed(number: int, frame: FrameType | None) -> None:
    """End all processes: one that is started again in the place of a failed one would fail, too."""
    _failed.append(ConfigError("A process could not begin; the log says why."))
    signal.raise_signal(signal.SIGTERM)


def _app(*, has_webhook: bool, has_worker: bool) -> Starlette:
    settings = Settings.from_env()
    logs.configure(settings)
    Impatient.limit = TimeLimit(settings.request_timeout_s)
    return asgi_app(settings, _fail, has_webhook=has_webhook, has_worker=has_worker)
