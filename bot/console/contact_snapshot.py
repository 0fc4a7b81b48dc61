"""Takes a snapshot of contacts and their states from the stored sessions."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import msgspec

from bot.contact.session import Session
from bot.flow.load import Flows
from bot.ops.contact_lookup import sessions
from bot.ops.stuck import why_stuck
from bot.store import Store

MAX_CONTACTS = 20_000
"""Maximum number of sessions to read. If the store has more, arbitrary sessions are left out."""

MAX_STUCK = 200
STUCK_S = 60.0
AT_ONCE = 100


class Row(msgspec.Struct, frozen=True):
    """A contact in a snapshot. `where` lists its states as `flow/state`, the active state last.

    `heard` is when the contact last wrote. `paused` is when the contact was handed over to a
    person, and `reason` is why. Times are in Unix seconds. `agent` is the person who last replied
    to the contact.
    """

    contact: str
    channel: str
    identity: str
    where: list[str]
    heard: float | None
    paused: float | None
    consent: str
    reason: str = ""
    agent: str = ""


class ContactSnapshot(msgspec.Struct, frozen=True):
    """The contacts at the time `at`. The contact who wrote last is first.

    `is_complete` is False if the store has more contacts than the snapshot.
    """

    at: float
    rows: list[Row]
    is_complete: bool

    @property
    def waiting(self) -> Counter[str]:
        """Return the number of contacts in each state, by `flow/state`."""
        return Counter(place for row in self.rows for place in row.where)


class Stuck(msgspec.Struct, frozen=True):
    """A contact that cannot continue, or whose work has waited for more than a minute.

    `heard` is when the contact last wrote, in Unix seconds.
    """

    contact: str
    channel: str
    identity: str
    why: str
    heard: float | None


class StuckContacts(msgspec.Struct, frozen=True):
    """The stuck contacts. `total` is their number.

    `rows` has up to `MAX_STUCK` of them. The contact who wrote least recently is first.
    """

    total: int
    rows: list[Stuck]


async def take(store: Store, now: float) -> ContactSnapshot:
    """Return a snapshot of the contacts in the store."""
    rows: list[Row] = []
    async for key, held in sessions(store):
        if len(rows) == MAX_CONTACTS:
            return _census(rows, now, is_complete=False)
        rows.append(_row(key, held))
    return _census(rows, now, is_complete=True)


async def stuck(store: Store, flows: Flows, now: float) -> StuckContacts:
    """Return up to `MAX_STUCK` stuck contacts. Up to `MAX_CONTACTS` contacts are checked."""
    found: list[Stuck] = []
    async for page in _pages(store):
        whys = await asyncio.gather(
            *(why_stuck(store, key, held, flows, now - STUCK_S) for key, held in page)
        )
        found.extend(
            Stuck(key, held.address.channel, held.address.identity, why, held.last_heard)
            for (key, held), why in zip(page, whys, strict=True)
            if why
        )
    found.sort(key=lambda each: (each.heard or 0.0, each.contact))
    return StuckContacts(len(found), found[:MAX_STUCK])


def chosen(
    census: ContactSnapshot,
    *,
    flow: str = "",
    state: str = "",
    search: str = "",
    paused: bool = False,
) -> list[Row]:
    """Return the rows that match all conditions. An empty condition matches every row.

    `search` is a part of a contact's key or of CHANNEL:identity, such as the last digits of a phone
    number.
    """
    words = search.strip().replace("+", "")
    place = f"{flow}/{state}" if state else ""

    def fits(row: Row) -> bool:
        return (
            (not flow or any(each.partition("/")[0] == flow for each in row.where))
            and (not place or place in row.where)
            and (not words or words in row.contact or words in _name(row))
            and (not paused or row.paused is not None)
        )

    return [row for row in census.rows if fits(row)]


def _name(row: Row) -> str:
    return f"{row.channel}:{row.identity}".replace("+", "")


def _row(key: str, held: Session) -> Row:
    return Row(
        contact=key,
        channel=held.address.channel,
        identity=held.address.identity,
        where=[f"{run.flow}/{run.state}" for run in held.runs],
        heard=held.last_heard,
        paused=held.pause.since if held.pause else None,
        consent=held.consent,
        reason=held.pause.reason if held.pause else "",
        agent=held.pause.agent.display_name if held.pause and held.pause.agent else "",
    )


def _census(rows: list[Row], now: float, *, is_complete: bool) -> ContactSnapshot:
    rows.sort(key=lambda row: (-(row.heard or 0.0), row.contact))
    return ContactSnapshot(now, rows, is_complete)


async def _pages(store: Store) -> AsyncIterator[list[tuple[str, Session]]]:
    page: list[tuple[str, Session]] = []
    read = 0
    async for one in sessions(store):
        page.append(one)
        read += 1
        if len(page) == AT_ONCE:
            yield page
            page = []
        if read == MAX_CONTACTS:
            break
    if page:
        yield page
