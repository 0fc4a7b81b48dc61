"""The contestants: the servers that are measured. Each holds the conversation of
`bench.conversation`.

All contestants get their addresses and keys from the environment variables that `bot` uses.
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench import wire
from bench.errors import BenchError
from bench.processes import Command, free_port
from bench.wire import Sinch, Telegram, Wire

ROOT = Path(__file__).resolve().parents[2]

FLOWS = Path("bench", "flows")
"""The folder of the measured flows in a checkout."""


@dataclass(frozen=True, slots=True)
class Setting:
    """The parameters with which a contestant is run. `redis_url` is "" for a contestant that starts
    its own server. `variables` of the environment override those that all contestants get.
    """

    redis_url: str
    upstream_url: str
    processes: int = 1
    flows: int = 1
    variables: Mapping[str, str] = field(default_factory=dict)

    def environment(self, port: int, root: Path = ROOT) -> dict[str, str]:
        """Return the environment of a server that runs the source in `root`.

        It is the environment of this process, without settings of a bot but with the benchmark's
        settings.
        """
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SINCH_", "BOT_"))}
        ours = {
            "PYTHONPATH": str(root),
            "PORT": str(port),
            "REDIS_URL": self.redis_url,
            "SINCH_PROJECT_ID": wire.PROJECT_ID,
            "SINCH_APP_ID": wire.APP_ID,
            "SINCH_KEY_ID": "bench-key",
            "SINCH_KEY_SECRET": "bench-secret",
            "SINCH_WEBHOOK_SECRET": wire.WEBHOOK_SECRET,
            "SINCH_API_URL": self.upstream_url,
            "SINCH_AUTH_URL": self.upstream_url,
            "BOT_FLOWS": str(root / FLOWS),
            "BOT_SEND_RATE": "0",
            "BOT_WHATSAPP_BURST": "0",
            "BOT_MAX_ANSWERS_PER_HOUR": "0",
            "BOT_MAX_CONNECTIONS": "100000",
            "BOT_LOG_LEVEL": "WARNING",
            "BENCH_FLOWS": str(self.flows),
        }
        return {**kept, **ours, **self.variables}


@dataclass(frozen=True, slots=True)
class Contestant:
    """A server that can be measured. Its first command takes the callbacks. `lacks` is the needed
    package that is not installed here; "" if nothing is missing.
    """

    name: str
    what: str
    commands: Callable[[Setting], list[Command]]
    wire: Callable[[], Wire] = Sinch
    needs: str = ""

    @property
    def lacks(self) -> str:
        return self.needs if self.needs and importlib.util.find_spec(self.needs) is None else ""


def _bot(
    *roles: str, root: Path = ROOT, python: str = sys.executable
) -> Callable[[Setting], list[Command]]:
    def commands(setting: Setting) -> list[Command]:
        made = []
        for role in roles:
            port = free_port()
            words = [python, "-m", "bot", role, "--host", "127.0.0.1", "--port", str(port)]
            if setting.processes > 1:
                words += ["--processes", str(setting.processes)]
            made.append(Command(role, words, port, setting.environment(port, root)))
        return made

    return commands


def checkout(root: Path, python: str = "") -> Contestant:
    """Return a contestant that runs `bot serve` and the benchmark's flows of the checkout in
    `root`.

    By default, `python` is that of the checkout's `.venv`. If there is no `.venv`, it is the Python
    of this process.

    Raises:
        BenchError: there is no checkout in `root`.
    """
    root = root.resolve()
    # Without this `__init__.py`, Python would import the installed package instead.
    for part in (Path("bot", "__init__.py"), FLOWS):
        if not (root / part).exists():
            raise BenchError(
                f"{root} is no checkout of bot: it has no {part}."
                " Name the folder that `git worktree add` or `git clone` made."
            )
    own = root / ".venv" / "bin" / "python"
    python = python or (str(own) if own.exists() else sys.executable)
    return Contestant(str(root), _revision(root), _bot("serve", root=root, python=python))


def _revision(root: Path) -> str:
    """Return the checkout's folder and commit; a `+` marks changes that aren't committed."""
    git = ["git", "-C", str(root), "describe", "--always", "--exclude=*", "--dirty=+"]
    try:
        done = subprocess.run(git, capture_output=True, text=True)
    except FileNotFoundError:  # A copy of the source can be measured without git.
        return root.name
    return f"{root.name} {done.stdout.strip()}" if done.returncode == 0 else root.name


def _module(name: str) -> Callable[[Setting], list[Command]]:
    def commands(setting: Setting) -> list[Command]:
        port = free_port()
        words = [sys.executable, "-m", f"bench.contestants.{name}"]
        environment = {
            **setting.environment(port),
            "TELEGRAM_TOKEN": wire.TELEGRAM_TOKEN,
            "TELEGRAM_SECRET": wire.TELEGRAM_SECRET,
        }
        return [Command(name, words, port, environment)]

    return commands


BOT = Contestant("bot", "`bot serve`", _bot("serve"))
APART = Contestant("apart", "`bot web` and `bot worker`", _bot("web", "worker"))
PLAIN = Contestant("plain", "hand-written handler", _module("plain"))
AIOGRAM = Contestant("aiogram", "aiogram", _module("telegram"), Telegram, needs="aiogram")
FLOOR = Contestant("floor", "raw sockets", _module("floor"))

CONTESTANTS: Mapping[str, Contestant] = {
    contestant.name: contestant for contestant in (BOT, PLAIN, AIOGRAM, FLOOR, APART)
}
