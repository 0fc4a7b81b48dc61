"""Shows on standard error the progress of a command that handles many things."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.i18n.printable import echo

LINE_EVERY = 1000
"""Number of things between two lines of progress, if there is no terminal."""


@contextmanager
def progress(what: str, unit: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a progress bar, or lines of text if standard error is not a terminal.

    Yield a function to call after each thing, with the number of failures so far.
    """
    console = Console(stderr=True)
    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(f"{unit}, {{task.fields[failed]}} failed"),
        TimeRemainingColumn(),
    )
    done = 0

    def advance(failed: int) -> None:
        nonlocal done
        done += 1
        bar.update(task, advance=1, failed=failed)
        if not console.is_terminal and done % LINE_EVERY == 0 and done < total:
            echo(f"{what}: {done} of {total} {unit}, {failed} failed", error=True)

    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total, failed=0)
        yield advance
