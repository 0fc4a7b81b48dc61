"""Prints the outcomes of broadcasts, and cancels broadcasts: `bot broadcast report` and
`cancel`.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from bot.i18n.printable import echo, echo_json, printable
from bot.ops.common import OperationError, iso, print_table, when
from bot.store import BroadcastCounts, Store

_COLUMNS = (
    *("broadcast", "started (UTC)", "accepted", "waiting", "sent", "delivered", "read"),
    *("failed", "answered", "stopped", "canceled"),
)


async def report(store: Store, name: str, *, as_json: bool) -> None:
    """Print the counts of the broadcast `name`, or of the latest broadcasts if `name` is empty.

    With `as_json`, print one JSON object per line.

    Raises:
        OperationError: there is no record of this broadcast.
    """
    found = await _counts(store, name)
    if as_json:
        for each in found:
            echo_json(_object(each))
    elif name:
        echo("\n".join(_lines(found[0])))
    elif found:
        print_table(_COLUMNS, map(_row, found))
    else:
        echo("There was no broadcast in the last 90 days.")


async def cancel(store: Store, name: str, now: float) -> BroadcastCounts:
    """Cancel a broadcast, so that its unsent rows are not sent. A repeat changes nothing.

    Raises:
        OperationError: there is no record of this broadcast, or it has ended.
    """
    (before,) = await _counts(store, name)
    if before.canceled_at is None:
        if before.has_ended:
            raise OperationError(
                f"The broadcast {name!r} has ended: {_sent(before)}, and no row is left to cancel."
            )
        await store.outcomes.cancel(name, now)
    (after,) = await _counts(store, name)
    return after


async def cancel_and_print(store: Store, name: str, now: float, *, as_json: bool) -> None:
    """Cancel a broadcast and print how many rows were sent, and how many are canceled."""
    found = await cancel(store, name, now)
    if as_json:
        echo_json(_object(found))
        return
    failed = sum(found.failed.values())
    also = f", {failed} failed" if failed else ""
    echo(f"{printable(name)} is canceled: {_sent(found)}{also}, {found.canceled} canceled.")


def _sent(counts: BroadcastCounts) -> str:
    return f"{counts.sent} sent"


async def _counts(store: Store, name: str) -> list[BroadcastCounts]:
    names = [*await store.outcomes.names()]
    counts = [await store.outcomes.count(each) for each in ([name] if name else names)]
    found = [each for each in counts if each is not None]
    if name and not found:
        there = ", ".join(printable(each) for each in names) or "none"
        raise OperationError(f"There is no broadcast {name!r}. The latest broadcasts are: {there}.")
    return found


def _lines(counts: BroadcastCounts) -> Iterator[str]:
    yield f"{'broadcast':<13} {printable(counts.name)}"
    yield f"{'started':<13} {when(counts.started_at)}"
    for what in ("accepted", "waiting", "sent", "delivered", "read"):
        yield f"{what:<13} {getattr(counts, what)}"
    yield f"{'failed':<13} {sum(counts.failed.values())}"
    for reason, count in counts.failed.items():
        yield f"  {printable(reason)}: {count}"
    if counts.switched:
        yield f"{'switched':<13} {counts.switched}"
    yield f"{'answered':<13} {counts.answered}"
    yield f"{'stopped':<13} {counts.stopped}"
    if counts.canceled_at is not None:
        yield f"{'canceled':<13} {counts.canceled} on {when(counts.canceled_at)}"


def _row(counts: BroadcastCounts) -> tuple[str, ...]:
    numbers = (counts.accepted, counts.waiting, counts.sent, counts.delivered, counts.read)
    rest = (sum(counts.failed.values()), counts.answered, counts.stopped, counts.canceled)
    return (counts.name, when(counts.started_at), *map(str, (*numbers, *rest)))


def _object(counts: BroadcastCounts) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(counts)
    for field in ("started_at", "canceled_at"):
        found[field] = None if found[field] is None else iso(found[field])
    return found
