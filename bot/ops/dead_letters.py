"""Lists, shows, retries and drops dead letters: items and replies that were given up."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from bot.callbacks import NOT_READ
from bot.i18n.printable import echo, echo_json
from bot.items import inbound
from bot.ops.common import OperationError, iso, print_table, when
from bot.ops.progress import progress
from bot.outbox import dead_letter
from bot.store import Store
from bot.store.model import DeadLetter

Json = dict[str, object]


async def list_letters(store: Store, *, as_json: bool) -> None:
    """Print all dead letters as a table. With `as_json`, print one JSON object per line."""
    letters = [letter async for letter in store.admin.dead_letters()]
    letters.sort(key=lambda letter: letter.at)
    if as_json:
        for letter in letters:
            echo_json({**summary(letter), "at": iso(letter.at)})
    elif letters:
        print_table(
            ("id", "given up (UTC)", "what", "contact", "tries", "why"),
            [_row(letter) for letter in letters],
        )
    else:
        echo("There are no dead letters.")


async def show(store: Store, id: str) -> None:
    """Print a dead letter as JSON: its reason, its items or reply, and the session before the
    turn.
    """
    letter = await find_letter(store, id)
    found = {**whole(letter), "at": iso(letter.at)}
    echo_json(found, indent=2)


async def retry(store: Store, ids: Sequence[str], *, everything: bool) -> None:
    """Queue the dead letters again, so that a worker tries them."""
    chosen = await _chosen(store, ids, everything)
    done = await _each("Retrying", chosen, store.admin.retry_dead)
    echo(f"{_letters(done)} queued again. A worker will try again.")


async def drop(store: Store, ids: Sequence[str], *, everything: bool) -> None:
    """Delete the dead letters permanently."""
    chosen = await _chosen(store, ids, everything)
    done = await _each("Deleting", chosen, store.admin.drop_dead)
    echo(f"{_letters(done)} dropped.")


async def _each(what: str, ids: Sequence[str], change: Callable[[str], Awaitable[bool]]) -> int:
    """Call `change` with each id. Return how many of the dead letters still existed."""
    done = 0
    with progress(what, "dead letters", len(ids)) as advance:
        for number, id in enumerate(ids, start=1):
            done += await change(id)
            advance(number - done)
    return done


async def _chosen(store: Store, ids: Sequence[str], everything: bool) -> Sequence[str]:
    """Return the selected ids.

    Raises:
        OperationError: an id does not exist; neither ids nor --all were given; or both were given.
    """
    if everything is bool(ids):
        raise OperationError("Give ids of dead letters, or --all.")
    if everything:
        return [letter.id async for letter in store.admin.dead_letters()]
    for id in ids:
        await find_letter(store, id)
    return ids


async def find_letter(store: Store, id: str) -> DeadLetter:
    """Return the dead letter with this id.

    Raises:
        OperationError: there is no such dead letter.
    """
    letter = await store.admin.dead_letter(id)
    if letter is None:
        raise OperationError(f"There is no dead letter {id!r}; `bot dead list` lists all.")
    return letter


def summary(letter: DeadLetter) -> Json:
    """Return the data of a dead letter for a list, without its contents.

    `at` is in Unix seconds.
    """
    report = dead_letter.decode(letter.letter)
    return {
        "id": letter.id,
        "at": letter.at,
        "kind": report.kind,
        "contact": letter.contact,
        "tries": report.tries,
        "reason": report.reason,
        "error": report.error,
        "place": report.place,
        "about": _about(letter),
    }


def whole(letter: DeadLetter) -> Json:
    """Return all data of a dead letter, in a form that `msgspec.json.encode` accepts."""
    return {
        **summary(letter),
        "items": [_as_json(item) for item in letter.items],
        "reply": _as_json(letter.reply.body) if letter.reply else None,
        "session": dead_letter.decode(letter.letter).session or None,
    }


def _row(letter: DeadLetter) -> tuple[str, ...]:
    report = dead_letter.decode(letter.letter)
    what = f"{report.kind} {_about(letter)}"
    return letter.id, when(letter.at), what, letter.contact, str(report.tries), report.reason


def _about(letter: DeadLetter) -> str:
    """Return the id of the letter's reply, or the ids of its items."""
    if letter.reply:
        return letter.reply.id
    return ", ".join(map(_id, letter.items))


def _id(item: bytes) -> str:
    try:
        return inbound.decode(item).id
    except NOT_READ:
        return "(not readable)"


def _as_json(raw: bytes) -> msgspec.Raw | str:
    """Return the stored JSON unchanged, or as a text if it cannot be read."""
    try:
        msgspec.json.decode(raw)
    except NOT_READ:
        return raw.decode(errors="replace")
    return msgspec.Raw(raw)


def _letters(count: int) -> str:
    return "1 dead letter" if count == 1 else f"{count} dead letters"
