"""The queue of contacts that people handle: who waits for a reply, for how long, and for whom."""

import asyncio
from collections.abc import Sequence

import msgspec

from bot.console.contact_snapshot import Row
from bot.ops import transcript
from bot.ops.transcript import Line
from bot.store import Store

MAX_CONTACTS = 200
"""Maximum number of contacts in the queue. The contacts that were handed over first are listed."""

MAX_NOTE_CHARS = 2_000


class Note(msgspec.Struct, omit_defaults=True):
    """A note about a contact, at a time in Unix seconds.

    `assigned` is the person who handles the contact from then on; "" if the note assigns nobody.
    """

    at: float
    by: str
    text: str = ""
    assigned: str = ""


class Waiting(msgspec.Struct):
    """A contact in the queue.

    `since` is when the contact was handed over. `waits_since` is when the contact began to wait for
    a reply; None if the contact does not wait. Both times are in Unix seconds. `agent` is the
    person to whom the contact is assigned; without an assignment, the person who last replied to
    the contact. `said` is the last text, written by `who`.
    """

    contact: str
    channel: str
    identity: str
    since: float
    waits_since: float | None
    reason: str
    agent: str
    who: str = ""
    said: str = ""
    said_at: float = 0.0
    notes: int = 0


class Queue(msgspec.Struct):
    """The contacts that people handle.

    `total` is their number. `rows` has up to `MAX_CONTACTS` of them. `unanswered` is the number of
    rows that wait for a reply.
    """

    total: int
    unanswered: int
    rows: list[Waiting]


_decode = msgspec.json.Decoder(Note).decode


async def queue(store: Store, rows: Sequence[Row]) -> Queue:
    """Return the queue of the handed-over contacts in `rows`.

    Contacts that wait for a reply are first, the longest wait first. The other contacts follow, the
    latest message first.
    """
    paused = sorted((row for row in rows if row.paused is not None), key=_paused)
    found = await asyncio.gather(*(_waiting(store, row) for row in paused[:MAX_CONTACTS]))
    found.sort(key=lambda each: (each.waits_since is None, each.waits_since or -each.said_at))
    unanswered = sum(each.waits_since is not None for each in found)
    return Queue(len(paused), unanswered, found)


async def notes(store: Store, contact: str) -> list[Note]:
    """Return the notes about the contact, newest first."""
    return [_decode(line) for line in await store.reader.notes(contact)]


async def add_note(store: Store, contact: str, note: Note) -> None:
    await store.admin.add_note(contact, msgspec.json.encode(note))


def assigned_to(found: Sequence[Note], since: float) -> str:
    """Return the person in the latest assignment of the contact; "" if there is none.

    `found` are the contact's notes, newest first. Notes before `since` are ignored.
    """
    return next((note.assigned for note in found if note.assigned and note.at >= since), "")


async def _waiting(store: Store, row: Row) -> Waiting:
    lines, found = await asyncio.gather(
        transcript.read(store, row.contact), notes(store, row.contact)
    )
    since = _paused(row)
    last = next((line for line in reversed(lines) if line.who in ("contact", "bot", "agent")), None)
    return Waiting(
        contact=row.contact,
        channel=row.channel,
        identity=row.identity,
        since=since,
        waits_since=_unanswered_since(lines, since),
        reason=row.reason,
        agent=assigned_to(found, since) or row.agent,
        who=last.who if last else "",
        said=last.text if last else "",
        said_at=last.at if last else since,
        notes=sum(bool(note.text) for note in found),
    )


def _unanswered_since(lines: Sequence[Line], since: float) -> float | None:
    """Return when the contact began to wait for a person; None if the contact does not wait.

    If a flow has handed the contact over, the contact waits from the hand-over on. If a person has
    taken the contact over, the contact waits only if it has an unanswered message.
    """
    take_over = next((line for line in lines if line.at == since and _is_take_over(line)), None)
    begin = None if take_over else since
    is_with_person = False
    for line in lines:
        is_with_person = is_with_person or (line is take_over if take_over else line.at >= since)
        if not (take_over or is_with_person):
            continue
        if line.who == "agent" or (line.who == "bot" and not is_with_person):
            begin = None
        elif line.who == "contact" and begin is None:
            begin = line.at
    return begin


def _is_take_over(line: Line) -> bool:
    """Return whether this line of the transcript is an operator's command to take the contact over
    from the bot.
    """
    return line.who == "event" and line.id.startswith("pause:")


def _paused(row: Row) -> float:
    return row.paused or 0.0
