"""Where contacts are now: read from all sessions, page by page, up to a bound."""

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
"""Sessions read at most. Where there are more, it is any of them: the store knows no order."""

MAX_STUCK = 200
STUCK_S = 60.0
AT_ONCE = 100


class Row(msgspec.Struct, frozen=True):
    """A contact. `where` are the states it is in as `flow/state`, the one that talks last; `heard`
    is when it last wrote, `paused` since when a person has it, in Unix seconds, for a `reason`;
    `agent` is who wrote last."""

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
    """The contacts, the last heard from first; not `is_complete` where there are more."""

    at: float
    rows: list[Row]
    is_complete: bool

    @property
    def waiting(self) -> Counter[str]:
        """How many contacts are in each state, by `flow/state`."""
        return Counter(place for row in self.rows for place in row.where)


class Stuck(msgspec.Struct, frozen=True):
    """A contact for which something has waited for a minute, or that can't go on. `heard` is when
    it last wrote, in Unix seconds."""

    contact: str
    channel: str
    identity: str
    why: str
    heard: float | None


class StuckContacts(msgspec.Struct, frozen=True):
    """How many are stuck, and those that have been silent for longest, these first."""

    total: int
    rows: list[Stuck]


async def take(store: Store, now: float) -> ContactSnapshot:
    """Read the sessions."""
    rows: list[Row] = []
    async for key, held in sessions(store):
        if len(rows) == MAX_CONTACTS:
            return _census(rows, now, is_complete=False)
        rows.append(_row(key, held))
    return _census(rows, now, is_complete=True)


async def stuck(store: Store, flows: Flows, now: float) -> StuckContacts:
    """Contacts that are stuck, among as many as the census reads; `MAX_STUCK` of them."""
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
    """The rows that are meant; what is empty doesn't narrow. `search` is part of a key or of an
    identity, such as the last digits of a phone number.
    """
    words = search.strip().removeprefix("+")
    place = f"{flow}/{state}" if state else ""

    def fits(row: Row) -> bool:
        return (
            (not flow or any(each.partition("/")[0] == flow for each in row.where))
            and (not place or place in row.where)
            and (not words or words in row.contact or words in row.identity)
            and (not paused or row.paused is not None)
        )

    return [row for row in census.rows if fits(row)]


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
