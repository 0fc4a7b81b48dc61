"""Measures the processor time of each part of `bot serve`: web, turn, store, send and others.

The server samples itself with `bench.sampler`. Each sample counts for the part of the innermost
frame that belongs to any part. So a function of the standard library counts for the part that calls
it.
"""

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from bench.arena import Figures, running
from bench.contestants import BOT, Setting
from bench.errors import BenchError
from bench.layout import Layout
from bench.machine import Places
from bench.processes import Command

PARTS = {
    "web": (
        "uvicorn/protocols/",
        "uvicorn/middleware/",
        "starlette/",
        "bot/app/",
        "bot/web/webhook.",
        "bot/callbacks/signature.",
        "bot/web/http_limits.",
    ),
    "read callbacks": ("bot/callbacks/", "bot/contact/address.", "bot/items/inbound."),
    "turn": (
        "bot/worker/runner.",
        "bot/worker/commit.",
        "bot/worker/journal.",
        "bot/engine/",
        "bot/flow/",
        "bot/turn/turn.",
        "bot/turn/effects.",
        "bot/turn/call_journal.",
        "bot/contact/session.",
        "bot/parse/",
        "bot/turn/postback.",
        "bot/items/turn_log.",
        "transitions/",
        "bench/flows/",
    ),
    "say": ("bot/messages/", "bot/outbox/", "bot/items/outbound."),
    "store": ("bot/store/", "/redis/", "asyncio/streams."),
    "send": ("bot/conversation_api/", "bot/time_limit.", "/httpx/"),
    "ids, clock": ("bot/clock.", "/ulid/"),
    "metrics, logs": ("prometheus_client/", "/logging/", "bot/telemetry/"),
    "worker": ("bot/worker/worker.",),
}
"""For each part, strings that the paths of its files contain. The first part that matches counts.
"""

REST = "event loop"

ABOUT = {
    "web": "uvicorn, Starlette, signature",
    "read callbacks": "typed decoding, twice: webhook and worker",
    "turn": "runner, engine, machine, flow",
    "say": "rules, limits, numbered texts, JSON",
    "store": "packing and reading commands, keys",
    "send": "the request and its answer in httpx's form, a connection of our own below",
    "ids, clock": "",
    "metrics, logs": "",
    "worker": "a task for each contact",
    REST: "",
}
"""A description of each part for the report."""

WAIT_S = 10.0


def part_of(stack: list[str]) -> str:
    """Return the part for which a stack counts. The innermost frame is the last one."""
    for frame in reversed(stack):
        for part, paths in PARTS.items():
            if any(path in frame for path in paths):
                return part
    return REST


def read(lines: Iterable[str]) -> tuple[Counter[str], Counter[str]]:
    """Return the numbers of samples by part, and by innermost function."""
    parts: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for line in lines:
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        parts[part_of(frames)] += int(count)
        functions[_short(frames[-1])] += int(count)
    return parts, functions


def _short(frame: str) -> str:
    name, _, place = frame.partition(" (")
    path = place.rpartition(":")[0].rpartition("site-packages/")[2]
    short = path if "site-packages" in place else "/".join(Path(path).parts[-2:])
    return f"{name} ({short})"


def _sampled(file: Path) -> Callable[[Setting], list[Command]]:
    def commands(setting: Setting) -> list[Command]:
        [command] = BOT.commands(setting)
        module = command.words[command.words.index("-m") + 1 :]
        words = [sys.executable, "-m", "bench.sampler", str(file), *module]
        return [replace(command, words=words)]

    return commands


def _lines(file: Path) -> list[str]:
    """Wait for the file that the server writes, and return its lines. The file appears when it is
    complete.
    """
    end = time.monotonic() + WAIT_S
    while not file.exists():
        if time.monotonic() > end:
            raise BenchError(f"The server wrote no samples within {WAIT_S:g} s.")
        time.sleep(0.05)
    return file.read_text().splitlines()


async def sample(
    file: Path, places: Places, contacts: int, seconds: float, latency_s: float, log_level: str
) -> tuple[Figures, Counter[str], Counter[str]]:
    """Run `bot serve` under a load. Return the figures, and the samples by part and by function.

    Raises:
        BenchError: the server cannot be run, or handles messages wrongly.
    """
    contestant = replace(BOT, commands=_sampled(file))
    layout = Layout(contestant, settings=(("BOT_LOG_LEVEL", log_level),))
    async with running(layout, places) as up:
        pid = up.servers[0].pid
        loop = asyncio.get_running_loop()
        loop.call_later(1.0, os.kill, pid, signal.SIGUSR1)
        loop.call_later(1.0 + seconds, os.kill, pid, signal.SIGUSR2)
        figures = await up.measure(
            up.contacts(contacts), sys.maxsize, seconds + 1.5, latency_s=latency_s
        )
        return figures, *read(await asyncio.to_thread(_lines, file))
