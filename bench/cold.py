"""Measures how long `bot serve` and `bot chat` take to be ready, and `bot --help` to end."""

import contextlib
import os
import pty
import select
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
from bench.layout import Layout
from bench.machine import Places, pinned
from bench.processes import START_S, STOP_S, Server
from bench.upstream import Upstream

CHAT_SAYS = b"/help lists the commands"
"""The output that shows that `bot chat` is ready."""


async def cold(rounds: int, places: Places, tell: Callable[[str], None]) -> dict[str, float]:
    """Return the median time of each command over the rounds, in seconds.

    Only the processes start cold: after the first round, their files are in the system's cache.

    Raises:
        BenchError: a command fails.
    """
    taken: defaultdict[str, list[float]] = defaultdict(list)
    for number in range(rounds):
        tell(f"round {number + 1} of {rounds}")
        async with Upstream() as upstream:
            setting = Setting("", upstream.url)
            with pinned(places.server):
                taken["`python -c pass`"].append(_run(setting, "-c", "pass"))
                taken["`python -c 'import bot'`"].append(_run(setting, "-c", "import bot"))
                taken["`bot --help`"].append(_run(setting, "-m", "bot", "--help"))
            taken["`bot serve`, embedded store"].append(await _serve(setting, places))
            with pinned(places.server):
                taken["`bot chat`"].append(_chat(setting))
        async with running(Layout(), places) as up:
            taken["`bot serve`, `REDIS_URL`"].append(up.ready_s)
    return {name: statistics.median(each) for name, each in taken.items()}


def _run(setting: Setting, *words: str) -> float:
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *words],
        env=setting.environment(0),
        capture_output=True,
        check=False,
        start_new_session=True,  # Only this process gets Ctrl-C. It stops the others itself.
    )
    if done.returncode:
        raise BenchError(f"{' '.join(words)} fails: {done.stderr.decode(errors='replace')}")
    return time.perf_counter() - began


async def _serve(setting: Setting, places: Places) -> float:
    """Return how many seconds `bot serve` takes to be ready, including the start of its embedded
    store.

    It runs in an empty folder. The bot and the store are stopped afterwards.
    """
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(short_folder())
        [command] = BOT.commands(setting)
        stack.callback(_stop_store, folder / ".bot" / "store" / "server.pid")
        server = Server.start(command, folder, places.server)
        stack.callback(server.stop)
        return await server.ready()


def _chat(setting: Setting) -> float:
    """Return how many seconds `bot chat` takes to be ready, including its own bot, emulator and
    store.

    It runs in an empty folder and in a terminal.
    """
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(short_folder())
        stack.callback(_stop_store, folder / ".bot" / "store" / "server.pid")
        ours, its = pty.openpty()
        stack.callback(os.close, ours)
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "chat"],
            env={**setting.environment(0), "TERM": "xterm"},
            cwd=folder,
            stdin=its,
            stdout=its,
            stderr=its,
            start_new_session=True,
        )
        os.close(its)
        stack.callback(process.wait)
        stack.callback(process.kill)
        _read_until(ours, CHAT_SAYS, began + START_S)
        taken = time.perf_counter() - began
        os.write(ours, b"/quit\r")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
        return taken


def _read_until(terminal: int, words: bytes, end: float) -> None:
    said = b""
    while words not in said:
        left_s = end - time.perf_counter()
        if left_s < 0 or not select.select([terminal], [], [], left_s)[0]:
            raise BenchError(f"`bot chat` takes more than {START_S:g} s to start.")
        try:
            said += os.read(terminal, 4096)
        except OSError as error:  # The process has ended, which closed the terminal.
            raise BenchError(f"`bot chat` fails: {said.decode(errors='replace')}") from error


def _stop_store(pid_file: Path) -> None:
    """Kill the store if it still runs.

    The store stops with the last command that uses it, unless that command was killed.
    """
    with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
        os.kill(int(pid_file.read_text()), signal.SIGKILL)
