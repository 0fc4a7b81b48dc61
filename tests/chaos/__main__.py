"""Run conversations while faults are injected, and check them by the platform's record.

`--minutes` runs real processes that are killed, on one Redis with a replica, behind Sentinel, or on
a cluster. `--virtual-hours` runs one process whose calls get lost. Both may be given. Ctrl-C ends a
run early and reports the results so far. The exit status is 1 if messages were lost, duplicated,
out of order or different.

`flood` sends far more than can be handled: see `python -m tests.chaos flood --help`.
"""

import argparse
import asyncio
import logging
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.status import Status

from tests.chaos import flood
from tests.chaos.modes import MODES
from tests.chaos.report import Report, show
from tests.chaos.run import Plan, run
from tests.chaos.topology import TOPOLOGIES
from tests.chaos.virtual import VirtualPlan, run_virtual
from tests.support.redis_server import RedisServer

TELL_EVERY_S = 20.0
"""Seconds between progress lines if the output is not a terminal."""


def main(words: list[str]) -> int:
    if words[:1] == ["flood"]:
        return flood.main(words[1:])
    arguments = _arguments(words)
    console = Console(width=None if sys.stdout.isatty() else 120)
    reports: list[Report] = []
    try:
        for each in _runs(arguments):
            report, is_stopped = asyncio.run(_watched(each, console))
            reports.append(report)
            if is_stopped:
                break
    finally:  # An error in a later run doesn't hide the reports of earlier ones.
        if reports:
            show(arguments.seed, reports, console)
        if arguments.logs:
            Path(arguments.logs).write_text("\n".join(line for r in reports for line in r.logs))
    return 0 if all(report.is_clean for report in reports) else 1


Run = Callable[[asyncio.Event, Callable[[str], None]], Awaitable[Report]]


def _runs(arguments: argparse.Namespace) -> list[Run]:
    async def killed(redis: str, stop: asyncio.Event, tell: Callable[[str], None]) -> Report:
        seconds = arguments.minutes * 60
        with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
            plan = Plan(
                *(redis, arguments.seed, seconds, arguments.contacts, arguments.mode),
                *(stop, tell),
            )
            return await run(Path(folder), plan)

    async def virtual(stop: asyncio.Event, tell: Callable[[str], None]) -> Report:
        logging.disable()
        with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
            server = RedisServer(Path(folder), appendfsync="everysec")

            async def restart() -> None:
                server.kill()
                await server.start()

            await server.start()
            try:
                plan = VirtualPlan(
                    arguments.seed,
                    arguments.virtual_hours,
                    arguments.contacts,
                    arguments.mode,
                    restart,
                    stop,
                    tell,
                )
                return await run_virtual(server.url, "virtual", plan)
            finally:
                server.kill()

    kinds = list(TOPOLOGIES) if arguments.redis == "each" else [arguments.redis]
    runs: list[Run] = [partial(killed, kind) for kind in kinds if arguments.minutes]
    return runs + [virtual] * bool(arguments.virtual_hours)


async def _watched(make: Run, console: Console) -> tuple[Report, bool]:
    """Return the run's report, and whether Ctrl-C ended the run."""
    stop = asyncio.Event()
    interrupted = asyncio.Event()

    def interrupt() -> None:
        interrupted.set()
        stop.set()
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)

    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupt)
    with console.status("Starting …") as status:
        report = await make(stop, _teller(console, status))
    asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
    return report, interrupted.is_set()


def _teller(console: Console, status: Status) -> Callable[[str], None]:
    told_at = 0.0

    def tell(text: str) -> None:
        nonlocal told_at
        status.update(text)
        if not console.is_terminal and time.monotonic() > told_at + TELL_EVERY_S:
            told_at = time.monotonic()
            console.print(text)

    return tell


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, default=1, help="Seed of contacts and faults.")
    parser.add_argument("--minutes", type=float, help="Minutes of real time (default 5).")
    parser.add_argument("--virtual-hours", type=float, default=0.0, help="Hours of virtual time.")
    parser.add_argument("--redis", choices=[*TOPOLOGIES, "each"], default="alone")
    parser.add_argument(
        "--mode", choices=MODES, default=MODES[0], help="The app's processing mode."
    )
    parser.add_argument("--contacts", type=int, default=40)
    parser.add_argument("--logs", default="", help="File for the processes' logs.")
    found = parser.parse_args(words)
    if found.minutes is None:
        found.minutes = 0.0 if found.virtual_hours else 5.0
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
