"""Runs the processes: `bot serve`, `bot web` and `bot worker`, each under uvicorn.

On SIGTERM the worker takes no new contacts, and uvicorn finishes the running requests. Then the
worker finishes its turns and sends their replies, and the application's lifespan ends. With several
processes, the first process only supervises the other processes. They share the socket of the first
process.
"""

import asyncio
import contextlib
import logging
import os
import select
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Literal, cast

import uvicorn
from starlette.applications import Starlette

from _bot_hidden import CANNOT_START, hidden_by, hiding_framework
from bot.app.asgi import Failed, asgi_app, warn_of_unknown
from bot.clock import SystemClock
from bot.compat import check_uvicorn
from bot.errors import BotError, ConfigError
from bot.flow.load import load_flows
from bot.processes import open_files
from bot.processes.supervisor import Supervisor
from bot.settings import Settings
from bot.telemetry import logs
from bot.web.http_limits import HttpLimits

logger = logging.getLogger(__name__)

BACKLOG = 2048
"""Maximum number of connections that wait to be accepted."""

KEEPALIVE_S = 75
"""Seconds for which an idle connection stays open."""

CHILD = "import _bot_entry_points; _bot_entry_points.serve()"
"""The code that a child process runs. No module of the project can hide `_bot_entry_points`."""

Role = Literal["serve", "web", "worker"]

STARTED = b"1"
"""The byte that a child process writes to its supervisor when the child is ready."""

_failed: list[BotError] = []
"""Errors that end this process."""


def enter_project() -> None:
    """Let modules be imported from the working directory.

    Raises:
        ConfigError: a module in the working directory hides the framework.
    """
    if hiding := hiding_framework(Path.cwd()):
        raise ConfigError(hidden_by(hiding))
    sys.path.insert(0, str(Path.cwd()))


def run(role: Role, settings: Settings, host: str, port: int, processes: int) -> None:
    """Run the processes of a role, such as `worker`, until SIGTERM or SIGINT.

    Raises:
        ConfigError: a setting that the role needs is missing, the port is not available, the store
            cannot be used with the settings, or the installed uvicorn is not supported.
    """
    check_uvicorn()
    signal.signal(signal.SIGTERM, _leave)
    _require(role, settings)
    warn_of_unknown(Settings.unknown())
    load_flows(settings.flows)
    listener = _listen(host, port)
    if not settings.redis_url:
        logger.warning(
            "No REDIS_URL: the store is embedded, in %s. Only processes on this machine can use"
            " it.",
            settings.home,
            extra={"action": "embedded_store"},
        )
    if processes == 1:
        # The embedded store is only used on this machine, so all of its workers can be seen here.
        own = None if settings.redis_url else Path(settings.home) / "store" / "workers"
        _serve(role, settings, own, listener)
    else:
        asyncio.run(_supervise(role, listener, processes))


def serve_child(words: Sequence[str]) -> None:
    """Run one of several processes. `words` are the arguments from `_Child.spawn`.

    Raises:
        SystemExit: with `CANNOT_START`; the log has the reason.
    """
    role, siblings, listener, started = words
    for descriptor in (listener, started):
        os.set_inheritable(int(descriptor), False)
    settings = Settings.from_env()
    logs.configure(settings)
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_leave_with_supervisor, args=(int(started),), daemon=True).start()
    try:
        enter_project()
        with socket.socket(fileno=int(listener)) as shared:
            _serve(cast(Role, role), settings, Path(siblings), shared, int(started))
    except BotError as error:
        if error not in _failed:
            logger.error("%s", error, extra={"action": "failed"})
        raise SystemExit(CANNOT_START) from None


def _leave_with_supervisor(started: int) -> None:
    """Stop this process when its supervisor has died, because no other process would stop it.

    The supervisor holds the other end of the pipe `started`. When the supervisor dies, the system
    closes that end, and this process notices it.
    """
    poll = select.poll()
    poll.register(started, 0)  # errors and hang-ups are always reported
    poll.poll()
    logger.warning(
        "The parent process has died; this process stops, too",
        extra={"action": "supervisor_gone"},
    )
    os.kill(os.getpid(), signal.SIGTERM)


async def _supervise(role: Role, listener: socket.socket, processes: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with listener, tempfile.TemporaryDirectory(prefix="bot-workers-") as siblings:
        words = (role, siblings)
        supervisor = Supervisor(lambda: _Child.spawn(words, listener), processes, SystemClock())
        await supervisor.run(stop)


class _Child:
    """A process that runs `serve_child`."""

    def __init__(self, process: asyncio.subprocess.Process, started: int) -> None:
        self._process = process
        self._started = started
        self.has_started = False

    @classmethod
    async def spawn(cls, words: Sequence[str], listener: socket.socket) -> "_Child":
        ours, theirs = os.pipe()
        os.set_blocking(ours, False)
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-c", CHILD),
                *(*words, str(listener.fileno()), str(theirs)),
                pass_fds=(listener.fileno(), theirs),
            )
        finally:
            os.close(theirs)
        return cls(process, ours)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def wait(self) -> int:
        status = await self._process.wait()
        with contextlib.suppress(BlockingIOError):
            self.has_started = os.read(self._started, 1) == STARTED
        os.close(self._started)
        return status

    def terminate(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()


class _Server(uvicorn.Server):
    """A server that logs when it is ready, and then writes to the descriptor `started`."""

    def __init__(self, config: uvicorn.Config, started: int | None) -> None:
        super().__init__(config)
        self._started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        listening = sockets or [each for server in self.servers for each in server.sockets]
        port = listening[0].getsockname()[1]
        logger.info("Serving", extra={"action": "serving", "pid": os.getpid(), "port": port})
        if self._started is not None:
            os.write(self._started, STARTED)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        # Open requests may keep the server running for a long time.
        self.config.app.state.leave()  # type: ignore[union-attr]


def _serve(
    role: Role,
    settings: Settings,
    siblings: Path | None,
    listener: socket.socket,
    started: int | None = None,
) -> None:
    """Run the server of a role in this process until SIGTERM or SIGINT."""
    settings = open_files.fitted(settings)
    config = uvicorn.Config(
        application(role, settings, _fail, siblings),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # Nothing depends on the client's address or scheme.
        # Longer than load balancers keep an idle connection. If they close it first, no callback is
        # lost.
        timeout_keep_alive=KEEPALIVE_S,
        http=HttpLimits(settings).protocol(),
        ws="none",
        timeout_graceful_shutdown=int(settings.grace_s) + 5,
    )
    server = _Server(config, started)
    with contextlib.suppress(KeyboardInterrupt):
        server.run([listener])
    if _failed:
        raise _failed[0]
    if not server.started:
        raise SystemExit(1)


def application(
    role: Role, settings: Settings, failed: Failed, siblings: Path | None = None
) -> Starlette:
    """Return a role's application. If the role has a webhook and the settings have a console token,
    the application includes the console.

    `siblings` is a folder that all workers of the same store on this machine share.

    Raises:
        ConfigError: the webhook has no secret to check signatures with.
    """
    has_webhook = role != "worker"
    app = asgi_app(
        settings,
        failed,
        has_webhook=has_webhook,
        has_worker=role != "web",
        siblings=siblings,
    )
    if has_webhook and settings.console_token:
        from bot.console.endpoints import console_routes

        app.router.routes += console_routes(app, settings.console_token)
    return app


def _require(role: Role, settings: Settings) -> None:
    """Raise `ConfigError` if settings that the role needs are missing. The error names all of
    them.
    """
    needed = ["project_id", "app_id", "key_id", "key_secret"]
    why = ""
    if role != "worker":
        needed.append("webhook_secrets")
        if not settings.webhook_secrets:
            why += " Without SINCH_WEBHOOK_SECRET anybody could post callbacks here."
            why += " Choose a secret; `bot setup` stores it in the webhook."
    if role != "serve":
        needed.append("redis_url")
        if not settings.redis_url:
            why += f" `bot {role}` shares its store with other processes by REDIS_URL; on one"
            why += " machine, `bot serve` runs webhook and worker together, without REDIS_URL."
    try:
        settings.require(*needed)
    except ConfigError as missing:
        raise ConfigError(f"{missing}{why}") from None


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at `host` and `port`. At `::` the socket also accepts IPv4.

    Raises:
        ConfigError: the address is not available.
    """
    is_v6 = ":" in host
    both = host == "::" and socket.has_dualstack_ipv6()
    try:
        return socket.create_server(
            (host, port),
            family=socket.AF_INET6 if is_v6 else socket.AF_INET,
            backlog=BACKLOG,
            dualstack_ipv6=both,
        )
    except OSError as exc:
        raise ConfigError(
            f"Can't listen at {host}, port {port}: {exc.strerror}. Set PORT, or --host and --port."
        ) from exc


def _leave(number: int, frame: FrameType | None) -> None:
    """Exit with status 0 on SIGTERM, unless an error has ended this process.

    uvicorn raises SIGTERM again after its own shutdown. Without this handler, that signal would
    kill the process, and its exit status would look like a failure.
    """
    if not _failed:
        raise SystemExit(0)


def _fail(error: BotError) -> None:
    logger.error("%s", error, extra={"action": "failed"})
    _failed.append(error)
    signal.raise_signal(signal.SIGTERM)
