"""What the operators' commands share: the store, contacts by name, tables, times."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding

from bot.clock import Clock, as_datetime
from bot.contact import session
from bot.contact.address import PHONE_CHANNELS
from bot.contact.session import Session
from bot.errors import BotError, NoStore, SendRetryable
from bot.i18n.printable import echo, printable, printable_lines
from bot.ops.new_contacts import KINDS, blank_session
from bot.settings import Settings
from bot.store import Store
from bot.telemetry.redaction import Pseudonyms

T = TypeVar("T")

WIDEST = 10_000
"""More columns than any table has."""

AT_ONCE = 500
"""Contacts looked up in one go."""

TRIES = 4
"""How often the API is asked where it doesn't answer."""


class OperationError(BotError):
    """What an operator asked for can't be done."""


class NoContact(OperationError):
    """No contact of that name has a session."""


def run(work: Callable[[Store], Coroutine[Any, Any, T]], *, reading: bool = False) -> T:
    """Do `work` with the store of the settings; see `open_store`."""

    async def opened() -> T:
        async with open_store(Settings.from_env(), reading=reading) as store:
            return await work(store)

    return asyncio.run(opened())


async def patiently(
    ask: Callable[[], Awaitable[T]],
    clock: Clock,
    waits: Callable[[SendRetryable, float], object] = lambda error, pause_s: None,
) -> T:
    """What `ask` gives, which is called again while the API can't answer, TRIES times at most.

    Between them it waits as long as the API says, else 1, 2 and 4 seconds; `waits` is told before,
    and may raise instead.
    """
    for tries in range(TRIES - 1):
        try:
            return await ask()
        except SendRetryable as error:
            pause_s = 2.0**tries if error.retry_after_s is None else error.retry_after_s
            waits(error, pause_s)
            await clock.sleep(pause_s)
    return await ask()


@asynccontextmanager
async def open_store(settings: Settings, *, reading: bool = False) -> AsyncIterator[Store]:
    """The store. Who only reads can look into a full server or a replica, too."""
    try:
        store = await Store.open(settings, read_only=reading)
    except NoStore:
        store = await Store.open(settings)
    async with store:
        yield store


async def sessions(store: Store) -> AsyncIterator[tuple[str, Session]]:
    """Every contact's key and session, in no order; that of a new contact is blank."""
    keys: list[str] = []
    async for key in store.reader.contacts(*KINDS):
        keys.append(key)
        if len(keys) == AT_ONCE:
            async for found in _sessions_of(store, keys):
                yield found
            keys.clear()
    async for found in _sessions_of(store, keys):
        yield found


async def find(store: Store, name: str) -> tuple[str, Session]:
    """The contact of that name: its key, its identity on some channel, such as a phone number, or
    its pseudonym in logs.

    Looking for what isn't the key goes through all contacts.

    Raises:
        NoContact: there is none.
        OperationError: an identity is that of several.
    """
    key = as_key(name)
    if can_be_key(key):
        async for found_key, known in _sessions_of(store, [key]):
            return found_key, known
    channel, _, identity = key.rpartition(":")
    pseudonyms = Pseudonyms(store.settings.key_secret)
    found = [
        (other, held)
        async for other, held in sessions(store)
        if pseudonyms.of(other) == name
        or (
            held.address.identity.removeprefix("+") == identity.removeprefix("+")
            and channel in ("", held.address.channel)
        )
    ]
    if not found:
        raise NoContact(
            f"There is no contact {name!r}. `bot contacts list` shows them; a contact is named by"
            " its id, as CHANNEL:identity, by its phone number, or as in logs."
        )
    if any(not held.is_blank for _, held in found):
        found = [(other, held) for other, held in found if not held.is_blank]
    elif len(found) > 1:
        # Sinch gives an id to who was only written to, and its reports come under that id.
        found = [each for each in found if not each[1].address.contact_id] or found
    if len(found) > 1:
        keys = ", ".join(other for other, _ in found)
        raise OperationError(f"{name!r} is several contacts: {keys}. Name one of them.")
    return found[0]


def as_key(name: str) -> str:
    """The key of the contact with that id, or CHANNEL:identity."""
    channel, _, identity = name.rpartition(":")
    channel = channel.upper()
    return f"{channel}:{identity.removeprefix('+')}" if channel in PHONE_CHANNELS else name


def can_be_key(key: str) -> bool:
    """Return whether a contact may have this key."""
    return bool(key) and "\n" not in key


async def _sessions_of(store: Store, keys: Sequence[str]) -> AsyncIterator[tuple[str, Session]]:
    raws = await asyncio.gather(*map(store.reader.session, keys))
    for key, raw in zip(keys, raws, strict=True):
        known = session.decode(raw) if raw else await blank_session(store, key)
        if known is not None:
            yield key, known


def when(at: float | None) -> str:
    """An instant for people, in UTC; empty for none."""
    return "" if at is None else as_datetime(at).strftime("%Y-%m-%d %H:%M:%S")


def iso(at: float) -> str:
    """An instant for machines: RFC 3339 in UTC."""
    return as_datetime(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write(text: str, output: Path | None) -> None:
    """Write to that file, or to standard output.

    Raises:
        OperationError: it can't be written.
    """
    if output is None:
        echo(text)
        return
    try:
        output.write_text(f"{printable_lines(text)}\n", encoding="utf-8")
    except OSError as error:
        raise OperationError(f"{output} can't be written: {error.strerror}.") from error


def open_console() -> Console:
    """Where to print: a terminal as wide as it is, or else lines of any length."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = WIDEST
    return console


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table; where it is wider than the terminal, each row stands on lines of its own."""
    # Not a table of rich's, which takes half a minute for 20 000 rows.
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
