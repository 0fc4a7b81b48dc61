"""The command `python -m bench`. Exit status: 0 measured, 1 failed, 2 wrongly used."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
import uvloop
from rich.console import Console

from bench import compare, report
from bench.compare import Plan
from bench.contestants import CONTESTANTS, Contestant
from bench.errors import BenchError
from bench.machine import pinned, places

DEFAULT = "bot,plain,aiogram,floor"

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
Rounds = Annotated[int, typer.Option(min=1, help="How often each is measured.")]
Messages = Annotated[int, typer.Option(min=1, help="Messages in one measurement, at most.")]
Seconds = Annotated[float, typer.Option(min=0.1, help="Its length, at most.")]
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
    stored: Annotated[int, typer.Option(min=0, help="Contacts stored beforehand.")] = 0,
    log_level: LogLevel = "WARNING",
    json: Annotated[Path | None, typer.Option(help="Write all figures here, as JSON.")] = None,
) -> None:
    """Compare `bot` with a hand-written handler, with aiogram, and with bare Python."""
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
    if json:
        json.write_text(report.as_json(results, chosen, plan, where))


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
