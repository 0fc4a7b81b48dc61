"""Parts that the operators' commands share: the store, tables, times, files."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding

from bot.app.running_dev import dev_notice, dev_settings
from bot.clock import Clock, as_datetime
from bot.conversation_api import ConversationApi
from bot.errors import BotError, NoStore
from bot.i18n.printable import echo, printable, printable_lines
from bot.ops.wait_notice import noticing, sinch_at, store_notice
from bot.settings import Settings
from bot.store import Store

T = TypeVar("T")

WIDEST = 10_000
"""A width in characters that no table reaches."""


class OperationError(BotError):
    """An operator's request cannot be carried out."""


def settings_here() -> Settings:
    """Read the settings. If a `bot dev` runs in this folder, return the settings for its contacts.

    A line on standard error says that these contacts are used.
    """
    settings = Settings.from_env()
    theirs = dev_settings(settings)
    if theirs is None:
        return settings
    echo(dev_notice(settings, "this command"), error=True)
    return theirs


def run(work: Callable[[Store], Coroutine[Any, Any, T]], *, reading: bool = False) -> T:
    """Run `work` with the store of the settings that `settings_here` returns."""

    async def opened() -> T:
        async with open_store(settings_here(), reading=reading) as store:
            return await work(store)

    return asyncio.run(opened())


@asynccontextmanager
async def open_store(settings: Settings, *, reading: bool = False) -> AsyncIterator[Store]:
    """Open the store. With `reading`, a full server or a replica is accepted, too.

    A slow answer of the server is reported on standard error.
    """
    notice = store_notice(settings)
    try:
        store = await Store.open(settings, read_only=reading, waiting=notice)
    except NoStore:
        store = await Store.open(settings, waiting=notice)
    async with store:
        yield store


def open_api(settings: Settings, clock: Clock) -> ConversationApi:
    """Open the Conversation API. A slow answer of Sinch is reported on standard error."""
    return ConversationApi(settings, clock, noticing(settings, sinch_at(settings)))


def when(at: float | None) -> str:
    """Return a time in UTC in a form for people; "" if there is no time."""
    return "" if at is None else as_datetime(at).strftime("%Y-%m-%d %H:%M:%S")


def iso(at: float) -> str:
    """Return a time in a form for machines: RFC 3339 in UTC."""
    return as_datetime(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write(text: str, output: Path | None) -> None:
    """Write a text to the file `output`, or to standard output if `output` is None.

    Raises:
        OperationError: the file cannot be written.
    """
    if output is None:
        echo(text)
        return
    try:
        output.write_text(f"{printable_lines(text)}\n", encoding="utf-8")
    except OSError as error:
        raise OperationError(f"{output} can't be written: {error.strerror}.") from error


def open_console() -> Console:
    """Return the console for output. If the output is not a terminal, no line is wrapped."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = WIDEST
    return console


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table. If the table is wider than the terminal, print each row as a block of
    lines.
    """
    # rich's own tables would take half a minute for 20 000 rows.
    cells = [[printable(cell.replace("\n", " ")) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(columns, *cells, strict=True)]
    console = open_console()
    if sum(widths) + 2 * (len(widths) - 1) <= console.width:
        console.print(_line(columns, widths), style="bold", soft_wrap=True)
        for row in cells:
            echo(_line(row, widths))
        return
    for row in cells:
        console.print(row[0], style="bold", soft_wrap=True)
        named = zip(columns[1:], row[1:], strict=True)
        told = " · ".join(f"{name} {value}" for name, value in named if value)
        if told:
            console.print(Padding(told, (0, 0, 0, 2)))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell + " " * (width - cell_len(cell)) for cell, width in zip(cells, widths, strict=True)
    )
    return "  ".join(padded).rstrip()
