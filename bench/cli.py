"""The command `python -m bench`. Exit status: 0 measured, 1 failed, 2 wrongly used."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
import uvloop
from rich.console import Console

from bench import cold, compare, latency, memory, parts, report, scale
from bench.compare import Plan
from bench.contestants import CONTESTANTS, Contestant
from bench.errors import BenchError
from bench.machine import Places, pinned, places
from bench.redis_server import Node
from bench.scale import Layout, more

DEFAULT = "bot,plain,aiogram,floor"

BUSY = 0.5
"""Processes running beforehand, on average over a minute, from which on figures are rough."""

Result = TypeVar("Result")

app = typer.Typer(
    name="bench",
    help="Measure `bot` on this machine. Without a command: compare it with other ways.",
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)

err = Console(stderr=True)
out = Console()
out.width = max(out.width, report.WIDTH)


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"{text!r} should be numbers with commas between.") from None


def _counts(text: str) -> list[int]:
    """Whole numbers with commas between; none where the text is empty."""
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
    return chosen


Only = Annotated[str, typer.Option(help=f"Which of {', '.join(CONTESTANTS)}.")]
Contacts = Annotated[int, typer.Option(min=1, help="How many talk at once.")]
Latency = Annotated[float, typer.Option(min=0, help="How slow the upstream is.")]
Rounds = Annotated[int, typer.Option(min=1, help="How often each is measured.")]
Messages = Annotated[int, typer.Option(min=1, help="Messages in one measurement, at most.")]
Seconds = Annotated[float, typer.Option(min=0.1, help="Its length, at most.")]
Json = Annotated[Path | None, typer.Option(help="Write all figures here, as JSON.")]
LogLevel = Annotated[str, typer.Option(help="BOT_LOG_LEVEL of `bot`; the others log nothing.")]


@app.callback(invoke_without_command=True)
def comparison(
    context: typer.Context,
    contacts: Annotated[str, typer.Option(help="How many at once.")] = "8,32,128,1000",
    latency_ms: Annotated[str, typer.Option(help="How slow the upstream is.")] = "0,20",
    only: Only = DEFAULT,
    rounds: Rounds = 3,
    messages: Messages = 4000,
    seconds: Seconds = 3.0,
    processes: Annotated[int, typer.Option(min=1, help="Server processes.")] = 1,
    flows: Annotated[int, typer.Option(min=1, help="How many flows `bot` has.")] = 1,
    stored: Annotated[
        int, typer.Option(min=0, help="Contacts stored beforehand, about 5 KB each.")
    ] = 0,
    log_level: LogLevel = "WARNING",
    redis: Annotated[
        str,
        typer.Option(
            help="Another Redis server than the embedded one, by its program; for all commands.",
            show_default=False,
        ),
    ] = "",
    json: Json = None,
) -> None:
    """Compare `bot` with a hand-written handler, with aiogram, and with bare Python."""
    Node.program = redis
    Node.version()  # A program that is none is told before anything is measured.
    if context.invoked_subcommand:
        return
    chosen = _chosen(only)
    if processes > 1:
        for contestant in chosen:
            if not contestant.scales:
                err.print(f"{contestant.what} runs as one process only, so it is left out.")
        chosen = [contestant for contestant in chosen if contestant.scales]
    if not chosen:
        raise typer.BadParameter("Nobody is left to be measured.")
    plan = Plan(
        contacts=[int(number) for number in _numbers(contacts)],
        latencies_ms=_numbers(latency_ms),
        rounds=rounds,
        messages=messages,
        seconds=seconds,
        processes=processes,
        flows=flows,
        stored=stored,
        log_level=log_level.upper(),
    )
    where = places(processes)
    results = _run(lambda tell: compare.compare(chosen, plan, where, tell))
    report.show(out, results, chosen, plan, where)
    _write(json, where, {"plan": asdict(plan), "cases": report.cases(results)})


@app.command("scale")
def scale_out(
    processes: Annotated[str, typer.Option(help="Processes of one host.")] = "2",
    hosts: Annotated[str, typer.Option(help="Hosts that share a Redis, on ports.")] = "2",
    nodes: Annotated[str, typer.Option(help="Redis servers; several are a Cluster.")] = "3",
    contacts: Contacts = 128,
    rounds: Rounds = 3,
    messages: Messages = 8000,
    seconds: Seconds = 3.0,
    latency_ms: Latency = 0.0,
    json: Json = None,
) -> None:
    """Throughput and cost with more processes, hosts and Redis servers; each is varied alone."""
    layouts = [
        Layout(),
        *more("processes", _counts(processes)),
        *more("hosts", _counts(hosts)),
        *more("nodes", _counts(nodes)),
    ]
    title = f"{contacts} contacts at once, upstream {latency_ms:g} ms"
    _scale(title, layouts, contacts, rounds, messages, seconds, latency_ms, json)


@app.command("growth")
def growth(
    stored: Annotated[
        str, typer.Option(help="Contacts in the store, about 5 KB each: a million takes 5 GB.")
    ] = "1000,100000",
    flows: Annotated[str, typer.Option(help="How many flows there are.")] = "100",
    turns: Annotated[str, typer.Option(help="Turns in the log of each who talks.")] = "200",
    contacts: Contacts = 32,
    rounds: Rounds = 3,
    messages: Messages = 4000,
    seconds: Seconds = 3.0,
    latency_ms: Latency = 0.0,
    json: Json = None,
) -> None:
    """What a message costs with many stored contacts, many flows, long logs; each varied alone."""
    layouts = [
        Layout(),
        *more("stored", _counts(stored)),
        *more("flows", _counts(flows)),
        *more("turns", _counts(turns)),
    ]
    title = f"{contacts} contacts at once, upstream {latency_ms:g} ms"
    _scale(title, layouts, contacts, rounds, messages, seconds, latency_ms, json)


def _scale(
    title: str,
    layouts: list[Layout],
    contacts: int,
    rounds: int,
    messages: int,
    seconds: float,
    latency_ms: float,
    json: Path | None,
) -> None:
    results = _run(
        lambda tell: scale.scale(
            layouts, contacts, rounds, messages, seconds, latency_ms / 1e3, tell
        )
    )
    report.show_scale(out, title, results, rounds)
    _write(json, places(), report.scaled(results))


@app.command("latency")
def light_load(
    only: Only = "bot,apart",
    rounds: Rounds = 3,
    messages: Messages = 400,
    json: Json = None,
) -> None:
    """Latency when there is little to do: one contact at a time."""
    chosen, where = _chosen(only), places()
    results = _run(lambda tell: latency.latency(chosen, rounds, messages, where, tell))
    medians = {name: compare.median(each) for name, each in results.items()}
    report.show_latency(out, medians, where)
    _write(json, where, {name: asdict(figures) for name, figures in medians.items()})


@app.command("memory")
def contact_memory(
    only: Only = "bot",
    rounds: Annotated[
        str, typer.Option(help="How often each contact went through the conversation.")
    ] = "1,50",
    json: Json = None,
) -> None:
    """Bytes in Redis per contact at rest, and of the server's processes."""
    chosen, where = _chosen(only), places()
    counts = [int(number) for number in _numbers(rounds)]
    results = _run(lambda tell: memory.memory(chosen, counts, where, tell))
    report.show_memory(out, results)
    _write(json, where, {name: [asdict(each) for each in of] for name, of in results.items()})


@app.command("cold")
def cold_start(rounds: Rounds = 5, json: Json = None) -> None:
    """How long `bot serve` and `bot chat` take to be ready, and `bot --help` until it is done."""
    where = places()
    results = _run(lambda tell: cold.cold(rounds, where, tell))
    report.show_cold(out, results, where)
    _write(json, where, results)


@app.command("parts")
def cpu_by_part(
    contacts: Contacts = 32,
    seconds: Annotated[float, typer.Option(min=1, help="How long to sample.")] = 10.0,
    latency_ms: Latency = 0.0,
    log_level: LogLevel = "WARNING",
    functions: Annotated[int, typer.Option(min=0, help="How many functions to list.")] = 20,
    stacks: Annotated[Path | None, typer.Option(help="Keep the sampled stacks here.")] = None,
    json: Json = None,
) -> None:
    """Where the processor time of `bot serve` goes: web, turn, store, send."""
    where = places()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "stacks"
        figures, by_part, by_function = _run(
            lambda tell: parts.sample(
                file, where, contacts, seconds, latency_ms / 1e3, log_level.upper()
            )
        )
        if stacks:
            stacks.write_bytes(file.read_bytes())
    report.show_parts(out, figures, by_part, by_function.most_common(functions))
    told = {"figures": asdict(figures), "samples": dict(by_part), "functions": dict(by_function)}
    _write(json, where, told)


def _write(file: Path | None, where: Places, told: Any) -> None:
    if file:
        file.write_text(report.as_json(where, told))


def _run(work: Callable[[Callable[[str], None]], Coroutine[Any, Any, Result]]) -> Result:
    """Run a measurement, with a line that says how far it is. Stopped, it stops all it started."""

    async def main() -> Result:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        with err.status("starting") as status:

            def tell(what: str) -> None:
                status.update(what)
                if not err.is_terminal:
                    err.print(what)

            return await work(tell)

    load = os.getloadavg()[0]
    if load > BUSY:
        err.print(f"The machine is busy already (load {load:.1f}): take the figures as rough.")
    with pinned(places().load):
        return uvloop.run(main())


def main() -> None:
    """Run the command; an expected fault is told without a traceback."""
    try:
        app()
    except BenchError as fault:
        err.print(f"bench: {fault}", style="red", markup=False, highlight=False)
        raise SystemExit(1) from None
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise SystemExit(130) from None
