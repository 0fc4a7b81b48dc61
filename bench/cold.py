"""How long a command takes from its start: `bot serve` until it is ready, `bot --help` in all."""

import contextlib
import os
import signal
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from bench.arena import running, short_folder
from bench.contestants import BOT, Setting
from bench.errors import BenchError
from bench.machine import Places, pinned
from bench.processes import Server
from bench.upstream import Upstream


async def cold(rounds: int, places: Places, tell: Callable[[str], None]) -> dict[str, float]:
    """Median seconds of each start over the rounds.

    Files are in the system's cache after the first round; "cold" are the processes.

    Raises:
        BenchError: a command fails.
    """
    taken: defaultdict[str, list[float]] = defaultdict(list)
    for number in range(rounds):
        tell(f"round {number + 1} of {rounds}")
        async with Upstream() as upstream:
            setting = Setting("", upstream.url)
            with pinned(places.server):
                taken["python -c pass"].append(_run(setting, "-c", "pass"))
                taken["python -c 'import bot'"].append(_run(setting, "-c", "import bot"))
                taken["bot --help"].append(_run(setting, "-m", "bot", "--help"))
            taken["bot serve, embedded store"].append(await _serve(setting, places))
        async with running(BOT, places, log_level="WARNING") as up:
            taken["bot serve, REDIS_URL"].append(up.ready_s)
    return {name: statistics.median(each) for name, each in taken.items()}


def _run(setting: Setting, *words: str) -> float:
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *words], env=setting.environment(0), capture_output=True, check=False
    )
    if done.returncode:
        raise BenchError(f"{' '.join(words)} fails: {done.stderr.decode(errors='replace')}")
    return time.perf_counter() - began


async def _serve(setting: Setting, places: Places) -> float:
    """`bot serve` in an empty folder, where it starts the store as well; both are stopped."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(short_folder())
        [command] = BOT.commands(setting)
        stack.callback(_stop_store, folder / ".bot" / "store" / "server.pid")
        server = Server.start(command, folder, places.server)
        stack.callback(server.stop)
        return await server.ready()


def _stop_store(pid_file: Path) -> None:
    """The store stops with the last command that uses it, unless that one was killed."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
        os.kill(int(pid_file.read_text()), signal.SIGKILL)
