"""The command `python -m bench`. Exit status: 0 success, 1 failure, 2 wrong usage, 130 interrupted.

The function of each command returns an asynchronous generator of measurements. `_measure` runs the
generator, and prints and writes the measurements.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from bench import answers, clients, cold, memory, parts, report
from bench.contestants import CONTESTANTS, ROOT, Contestant, checkout
from bench.errors import BenchError
from bench.layout import Layout, more
from bench.machine import doubled, pinned, places
from bench.redis_server import Node
from bench.report import Measured
from bench.rounds import Case, Tell, measured, median

BUSY = 0.5
"""Load average of the last minute, above which the figures are only rough."""

ROUNDS = 3

AGAINST_ROUNDS = 5
"""Number of rounds to compare two checkouts.

Their differences are small, so there are more and shorter rounds than elsewhere.
"""

PAUSE_S = 0.005
"""Seconds between two messages in `latency`. All work for one message ends before the next one."""

SETTINGS = ("BOT_LOG_LEVEL=INFO", "BOT_SEND_RATE=1000000", "BOT_LOG_TURNS=0")
"""Settings whose effect on the cost of a message is measured. No message waits for this send
rate.
"""

AT_INFO = Layout(settings=(("BOT_LOG_LEVEL", "INFO"),))
"""`bot serve` with its default log level."""

Work = Callable[[Tell], AsyncGenerator[Measured, None]]

err = Console(stderr=True)

app = typer.Typer(
    name="bench",
    help="Measure `bot` on this machine. `all` runs the measurements of docs/performance.md.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    result_callback=lambda work, **options: _measure(work, options["json"]),
)

Only = Annotated[str, typer.Option(help=f"Contestants to measure, of {', '.join(CONTESTANTS)}.")]
Contacts = Annotated[int, typer.Option(min=1, help="Number of contacts that talk at once.")]
Latency = Annotated[float, typer.Option(min=0, help="Latency of the upstream in ms.")]
Rounds = Annotated[int, typer.Option(min=1, help="Number of measurements of each.")]
Messages = Annotated[int, typer.Option(min=1, help="Maximum messages of one measurement.")]
Seconds = Annotated[float, typer.Option(min=0.1, help="Maximum duration of one measurement.")]


@app.callback()
def bench(
    redis: Annotated[
        str, typer.Option(help="Program of the Redis server to use instead of the embedded one.")
    ] = "",
    json: Annotated[
        Path | None, typer.Option(help="Write all figures to this file as JSON.")
    ] = None,
) -> None:
    Node.program = redis
    Node.version()  # Report a wrong program before anything is measured.


@app.command("all")
def everything(
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Run one round of each, and skip those that take minutes."),
    ] = False,
    page: Annotated[
        Path | None, typer.Option(help="Write the tables into this page: docs/performance.md.")
    ] = None,
) -> Work:
    """Run all measurements that docs/performance.md shows, one after the other."""
    if quick and page:
        raise typer.BadParameter("What --quick leaves out would be missing on the page.")
    text = page.read_text() if page else ""
    if page:  # Report a wrong page before anything is measured.
        report.filled(text, [report.Section(name, "", "") for name in report.PLACES])
    count = 1 if quick else ROUNDS
    long = growth(stored="1000,100000", beside="", rounds=1) if quick else growth()
    # The numbers are the approximate seconds on two cores.
    works: dict[str, tuple[Work, float]] = {
        "compare": (compare(rounds=count), 190 * count),
        "settings": (settings(rounds=1) if quick else settings(), 10 if quick else 80),
        "parts": (cpu_by_part(), 20),
        "clients": (calls(), 15),
        "scale": (scale_out(rounds=count), 30 * count),
        "growth": (long, 40 if quick else 240),
        "memory": (contact_memory(), 40),
        "latency": (light_load(rounds=count), 10 * count),
        "cold": (cold_start(rounds=count), 5 * count),
    }

    async def work(tell: Tell) -> AsyncGenerator[Measured, None]:
        about = Measured("machine", [report.machine(count)], None)
        yield about
        sections, failed = [*about.sections], []
        for number, (name, (each, _)) in enumerate(works.items()):
            later = sum(seconds for _, seconds in [*works.values()][number + 1 :])
            told = _telling(tell, f"{number + 1} of {len(works)}: {name}", works[name][1], later)
            try:
                async with contextlib.aclosing(each(told)) as found:
                    async for done in found:
                        sections += done.sections
                        yield done
            except BenchError as error:  # The other measurements are still good.
                _complain(error)
                failed.append(name)
        if failed:
            raise BenchError(f"Not measured: {', '.join(failed)}.")
        if page:
            page.write_text(report.filled(text, sections))
        if quick:
            err.print("Left out: 1 000 000 stored contacts, another Redis server, more rounds.")

    return work


def _telling(tell: Tell, what: str, seconds: float, later: float) -> Tell:
    """Return a function that reports a step, together with its measurement and the estimated time
    left.
    """
    began = time.monotonic()

    def told(step: str) -> None:
        left = later + max(0.0, seconds - (time.monotonic() - began))
        tell(f"{what} · {step} · about {left / 60:.0f} min left")

    return told


@app.command("compare")
def compare(
    contacts: Annotated[
        str, typer.Option(help="Numbers of contacts that talk at once.")
    ] = "8,32,128,1000",
    latency_ms: Annotated[str, typer.Option(help="Latencies of the upstream in ms.")] = "0,20",
    only: Only = "bot,plain,aiogram,floor",
    rounds: Rounds = ROUNDS,
    messages: Messages = 4000,
    seconds: Seconds = 3.0,
) -> Work:
    """Compare `bot` with a hand-written handler, an aiogram bot, and a server on raw sockets."""
    layouts = [Layout(contestant) for contestant in _chosen(only)]
    cases = [
        Case(latency, count, messages, seconds)
        for latency in _numbers(latency_ms)
        for count in _counts(contacts)
    ]

    async def work(tell: Tell) -> AsyncGenerator[Measured, None]:
        yield report.comparison(await measured(layouts, cases, rounds, tell))

    return work


@app.command("against")
def against(
    path: Annotated[Path, typer.Argument(help="The other checkout's folder.")],
    contacts: Annotated[str, typer.Option(help="Numbers of contacts that talk at once.")] = "32",
    latency_ms: Latency = 0.0,
    rounds: Rounds = AGAINST_ROUNDS,
    messages: Messages = 4000,
    seconds: Seconds = 1.5,
) -> Work:
    """Compare this checkout with another one, such as that of the commit before a change.

    Both run `bot serve` at the same time and are measured in turns. The other checkout runs its own
    source and flows, with the Python of its `.venv`. If it has no `.venv`, it runs with the Python
    of this command.
    """
    cases = [Case(latency_ms, count, messages, seconds) for count in _counts(contacts)]
    # This checkout runs with the same interpreter and packages as the benchmark.
    pair = [Layout(checkout(ROOT, sys.executable)), Layout(checkout(path))]
    if pair[0].contestant.name == pair[1].contestant.name:
        raise typer.BadParameter(f"{path} is this checkout itself; name another one.")

    async def work(tell: Tell) -> AsyncGenerator[Measured, None]:
        yield report.against(await measured(pair, cases, rounds, tell))

    return work


@app.command("settings")
def settings(
    these: Annotated[
        list[str] | None,
        typer.Argument(help="Settings to measure as NAME=VALUE, such as BOT_LOG_TURNS=0."),
    ] = None,
    contacts: Contacts = 32,
    rounds: Rounds = 9,
    messages: Messages = 4000,
    seconds: Seconds = 1.5,
) -> Work:
    """Measure the cost of a message with other settings, one setting at a time.

    In all other measurements BOT_LOG_LEVEL is WARNING and BOT_SEND_RATE is 0, because no other
    contestant writes logs or limits its rate. Differences are small, so there are more and shorter
    rounds.
    """
    layouts = [Layout()]
    for each in these or SETTINGS:
        name, is_one, value = each.partition("=")
        if not is_one:
            raise typer.BadParameter(f"{each!r} should be NAME=VALUE.")
        layouts.append(Layout(settings=((name, value),)))
    case = Case(0.0, contacts, messages, seconds)

    async def work(tell: Tell) -> AsyncGenerator[Measured, None]:
        results = await measured(layouts, [case], rounds, tell)
        done = report.varied("settings", "Settings", results)
        if AT_INFO in results[case]:
            cost = report.costs(median(results[case][AT_INFO]))
            done = Measured(done.name, [*done.sections, cost], done.told)
        yield done

    return work


@app.command("scale")
def scale_out(
    processes: Annotated[
        str,
        typer.Option(
            help="Numbers of processes on one host.", show_default="2, 4 … if there are cores"
        ),
    ] = "",
    hosts: Annotated[
        str, typer.Option(help="Numbers of simulated hosts that share a Redis.")
    ] = "2",
    nodes: Annotated[str, typer.Option(help="Numbers of Redis servers in a Cluster.")] = "3",
    contacts: Contacts = 128,
    rounds: Rounds = ROUNDS,
    messages: Messages = 8000,
    seconds: Seconds = 3.0,
) -> Work:
    """Measure throughput and cost with more processes, with more hosts, and with more Redis
    servers.
    """
    one = Layout(is_tcp=True)
    layouts = [
        one,
        *more(one, "processes", _counts(processes) or doubled()),
        *more(one, "hosts", _counts(hosts)),
        *more(one, "nodes", _counts(nodes)),
    ]
    case = Case(0.0, contacts, messages, seconds)

    async def work(tell: Tell) -> AsyncGenerator[Measured, None]:
        results = await measured(layouts, [case], rounds, tell)
        yield report.varied("scale", "More processes, hosts and Redis servers", results)

    return work


@app.command("growth")
def growth(
    stored: Annotated[
        str, typer.Option(help="Numbers of stored contacts. A million takes about 5 GB.")
    ] = "1000,100000,1000000",
    flows: Annotated[str, typer.Option(help="Numbers of flows.")] = "100",
    turns: Annotated[str, typer.Option(help="Numbers of turns in each contact's log.")] = "200",
    beside: Annotated[
        str, typer.Option(help="Also measure stored contacts with this Redis server, if installed.")
    ] = "redis-server",
    contacts: Contacts = 32,
    rounds: Rounds = ROUNDS,
    messages: Messages = 4000,
    seconds: Seconds = 3.0,
) -> Work:
    """Measure the cost of a message with many stored contacts, many flows, or long logs."""
    many, one = _counts(stored), Layout()
    layouts = [
        one,
        *more(one, "stored", many),
        *more(one, "flows", _counts(flows)),
        *more(one, "turns", _counts(turns)),
    ]
    case = Case(0.0, contacts, messages, seconds)
    other = shutil.which(beside) if beside else None

    async def work(tell: Tell) -> AsyncGenerator[Measured, None]:
        results = await measured(layouts, [case], rounds, tell)
        yield report.varied("growth", f"As things grow, {Node.version()}", results)
        if other:
            one = Layout(redis=other)
            results = await measured([one, *more(one, "stored", many)], [case], rounds, tell)
            title = f"As things grow, {Node.version(other)}"
            yield report.varied("growth-beside", title, results)
        elif beside:
            yield report.lacking("growth-beside", beside)

    return work


@app.command("latency")
def light_load(only: Only = "bot,apart", rounds: Rounds = ROUNDS, messages: Messages = 400) -> Work:
    """Measure the latency when only one contact talks."""
    layouts = [Layout(contestant) for contestant in _chosen(only)]
    case = Case(0.0, 1, messages, seconds=60.0, pause_s=PAUSE_S)

    async def work(tell: Tell) -> AsyncGenerator[Measured, None]:
        yield report.latency(await measured(layouts, [case], rounds, tell))

    return work


@app.command("memory")
def contact_memory(
    only: Only = "bot",
    rounds: Annotated[
        str, typer.Option(help="Numbers of times that each contact has the conversation.")
    ] = "1,50",
) -> Work:
    """Measure how many bytes an idle contact takes in Redis."""
    chosen, counts = _chosen(only), _counts(rounds)

    async def work(tell: Tell) -> AsyncGenerator[Measured, None]:
        yield report.memory(await memory.memory(chosen, counts, places(), tell))

    return work


@app.command("cold")
def cold_start(rounds: Rounds = 5) -> Work:
    """Measure how long `bot serve` and `bot chat` take to be ready, and `bot --help` to end."""

    async def work(tell: Tell) -> AsyncGenerator[Measured, None]:
        yield report.cold(await cold.cold(rounds, places(), tell))

    return work


@app.command("clients")
def calls(seconds: Seconds = 1.0) -> Work:
    """Measure the cost of a call to Redis and to the API, by a library and by the bot's client."""

    async def work(tell: Tell) -> AsyncGenerator[Measured, None]:
        to_redis = await clients.redis_calls(seconds, places(), tell)
        yield report.clients(to_redis, await clients.http_calls(seconds, places(), tell))

    return work


@app.command("answers")
def answer_parsers(rounds: Rounds = 5) -> Work:
    """Measure how long the answer parsers take for ordinary and for hostile answers."""

    async def work(tell: Tell) -> AsyncGenerator[Measured, None]:
        found = await asyncio.to_thread(answers.measure, rounds, tell)
        yield report.answers(found)

    return work


@app.command("parts")
def cpu_by_part(
    contacts: Contacts = 32,
    seconds: Annotated[
        float, typer.Option(min=1, help="Duration of the sampling in seconds.")
    ] = 10.0,
    latency_ms: Latency = 0.0,
    log_level: Annotated[str, typer.Option(help="Value of BOT_LOG_LEVEL.")] = "WARNING",
    functions: Annotated[int, typer.Option(min=0, help="Number of functions to list.")] = 10,
    stacks: Annotated[
        Path | None, typer.Option(help="Write the sampled stacks to this file.")
    ] = None,
) -> Work:
    """Measure the processor time of each part of `bot serve`: web, turn, store, send and others."""

    async def work(tell: Tell) -> AsyncGenerator[Measured, None]:
        tell(f"{contacts} contacts, {seconds:g} s")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "stacks"
            found = await parts.sample(
                file, places(), contacts, seconds, latency_ms / 1e3, log_level.upper()
            )
            if stacks:
                stacks.write_bytes(file.read_bytes())
        yield report.parts(*found, most=functions)

    return work


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"{text!r} should be numbers with commas between.") from None


def _counts(text: str) -> list[int]:
    """Return the comma-separated whole numbers in a text; [] if the text is empty."""
    counts = [int(number) for number in _numbers(text)] if text else []
    if any(count < 1 for count in counts):
        raise typer.BadParameter(f"{text!r}: there has to be one at least.")
    return counts


def _chosen(names: str) -> list[Contestant]:
    chosen = []
    for name in names.split(","):
        if name not in CONTESTANTS:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(CONTESTANTS)}.")
        contestant = CONTESTANTS[name]
        if contestant.lacks:
            err.print(
                f"{contestant.lacks} isn't installed, so it is left out;"
                " pip install -e '.[bench]' brings it."
            )
        else:
            chosen.append(contestant)
    if not chosen:
        raise typer.BadParameter("Nobody is left to be measured.")
    return chosen


def _measure(work: Work, json: Path | None) -> None:
    """Run the measurements, and print each as soon as it is done. A status line shows the progress.

    If the command is interrupted, everything that it started is stopped, and the finished
    measurements are still written.
    """
    done: list[Measured] = []

    async def main() -> None:
        task = asyncio.current_task()
        assert task is not None
        for number in (signal.SIGINT, signal.SIGTERM):
            # With asyncio's own handler, a second signal would interrupt the cleanup.
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        with err.status("starting") as status:

            def tell(what: str) -> None:
                status.update(what)
                if not err.is_terminal:
                    err.print(what, highlight=False)

            async with contextlib.aclosing(work(tell)) as found:
                async for each in found:
                    done.append(each)
                    for section in each.sections:
                        sys.stdout.write(f"{section}\n")
                    sys.stdout.flush()

    load = os.getloadavg()[0]
    if load > BUSY:
        err.print(f"The machine is busy already (load {load:.1f}): take the figures as rough.")
    try:
        with pinned(places().load):
            uvloop.run(main())
    except asyncio.CancelledError:
        names = ", ".join(each.name for each in done) or "nothing"
        err.print(f"Stopped; nothing is left running. Measured: {names}.")
        raise
    finally:
        if json:
            json.write_text(report.as_json(done))


def _complain(fault: BenchError) -> None:
    err.print(f"bench: {fault}", style="red", markup=False, highlight=False)


def main() -> None:
    """Run the command. An expected error is printed without a traceback."""
    try:
        app()
    except BenchError as error:
        _complain(error)
        raise SystemExit(1) from None
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise SystemExit(130) from None
