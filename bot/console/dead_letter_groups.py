"""Dead letters grouped by error: the size, contacts and times of a group, and its dead letters."""

import contextlib
from collections.abc import AsyncIterator

import msgspec

from bot import callbacks
from bot.callbacks import NOT_READ
from bot.contact import session as sessions
from bot.contact.address import Address
from bot.errors import Malformed
from bot.items import inbound, outbound
from bot.ops import dead_letters, transcript
from bot.outbox import dead_letter
from bot.store import Store
from bot.store.model import DeadLetter

MAX_LETTERS = 20_000
"""Maximum number of dead letters that are counted. The newest dead letters are counted first."""

PAGE = 20
"""Maximum number of dead letters in one response."""

MAX_OF_CONTACT = 5
"""Maximum number of dead letters that are shown with a contact."""


class Kind(msgspec.Struct, frozen=True):
    """The error of a dead letter. Letters with the same three fields form a group."""

    kind: str
    reason: str
    place: str = ""


class Group(msgspec.Struct):
    """Dead letters with the same error.

    `error` is the error text of the newest letter. `first` and `last` are the times of the oldest
    and the newest letter, in Unix seconds.
    """

    kind: str
    reason: str
    place: str
    error: str
    count: int
    contacts: int
    first: float
    last: float


async def groups(store: Store) -> list[Group]:
    """Return all dead letters in groups. The group with the newest letter is first."""
    found: dict[Kind, Group] = {}
    contacts: dict[Kind, set[str]] = {}
    read = 0
    async for letter in store.admin.newest_dead_letters():
        report = dead_letter.decode(letter.letter)
        kind = _kind(report)
        group = found.get(kind)
        if group is None:
            group = Group(
                kind=kind.kind,
                reason=kind.reason,
                place=kind.place,
                error=report.error,
                count=0,
                contacts=0,
                first=letter.at,
                last=letter.at,
            )
            found[kind] = group
            contacts[kind] = set()
        contacts[kind].add(letter.contact)
        group.count += 1
        group.contacts = len(contacts[kind])
        group.first = letter.at
        read += 1
        if read == MAX_LETTERS:
            break
    return list(found.values())


async def of(store: Store, kind: Kind, until: float) -> AsyncIterator[DeadLetter]:
    """Yield the dead letters of a group up to the time `until` (Unix seconds), newest first."""
    async for letter in store.admin.newest_dead_letters():
        if letter.at <= until and _kind(dead_letter.decode(letter.letter)) == kind:
            yield letter


async def page(store: Store, kind: Kind, until: float, skip: int) -> list[dict[str, object]]:
    """Return up to `PAGE` dead letters of a group after the first `skip`, with contacts and
    texts.
    """
    found: list[dict[str, object]] = []
    number = 0
    async for letter in of(store, kind, until):
        number += 1
        if number <= skip:
            continue
        found.append(await _described(store, letter))
        if len(found) == PAGE:
            break
    return found


async def of_contact(store: Store, contact: str) -> list[dict[str, object]]:
    """Return up to `MAX_OF_CONTACT` dead letters of a contact, newest first."""
    found: list[dict[str, object]] = []
    async for letter in store.admin.dead_letters_of(contact):
        found.append(await _described(store, letter))
        if len(found) == MAX_OF_CONTACT:
            break
    return found


async def _described(store: Store, letter: DeadLetter) -> dict[str, object]:
    raw = await store.reader.session(letter.contact)
    # If a contact's first turn has failed, the contact has no session.
    address = sessions.address_in(raw) if raw else _address(letter)
    return {
        **dead_letters.summary(letter),
        "channel": address.channel if address else "",
        "identity": address.identity if address else letter.contact,
        "texts": _texts(letter),
    }


def _address(letter: DeadLetter) -> Address | None:
    """Return the address in the letter's first item; None if the letter has no readable item."""
    for raw in letter.items[:1]:
        with contextlib.suppress(*NOT_READ, Malformed):
            item = inbound.decode(raw)
            return callbacks.decode(bytes(item.callback)).address if item.callback else item.address
    return None


def _texts(letter: DeadLetter) -> list[str]:
    """Return the text of the letter's reply; for a letter without a reply, the texts of its
    items.
    """
    if letter.reply:
        try:
            request = msgspec.json.decode(outbound.decode(letter.reply.body).body)
        except NOT_READ:
            return ["(not readable)"]
        return [transcript.words(request.get("message") or request.get("event") or {})[0]]
    found = []
    for raw in letter.items:
        try:
            found.append(transcript.of_item(raw))
        except (*NOT_READ, Malformed):
            found.append("(not readable)")
    return found


def _kind(report: dead_letter.DeadLetterReport) -> Kind:
    return Kind(report.kind, report.reason, report.place)
