"""Finds contacts by key, identity, phone number or pseudonym."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from bot.contact import session
from bot.contact.address import PHONE_CHANNELS, Address
from bot.contact.session import Session, address_in
from bot.errors import UnreadableSession
from bot.ops.common import OperationError
from bot.ops.new_contacts import KINDS, blank_session
from bot.store import Store
from bot.telemetry.redaction import Pseudonyms

AT_ONCE = 500
"""Number of contacts in one request to the store."""


class NoContact(OperationError):
    """There is no contact with this name."""


class Unreadable(OperationError):
    """The session of the contact `key` can't be read. `address` is None if the address can't be
    read either.
    """

    def __init__(self, key: str, address: Address | None, error: UnreadableSession) -> None:
        super().__init__(
            f"Contact {key}: {error} The contact's messages become dead letters. `bot contacts"
            f" forget {key}` deletes the contact, so that the contact starts as a new contact."
        )
        self.key = key
        self.address = address
        self.error = error


async def sessions(
    store: Store, unreadable: list[Unreadable] | None = None
) -> AsyncIterator[tuple[str, Session]]:
    """Yield the key and session of every contact, in no particular order.

    A new contact's session is blank. A contact whose session can't be read is added to `unreadable`
    instead.
    """
    left_out = [] if unreadable is None else unreadable
    keys: list[str] = []
    async for key in store.reader.contacts(*KINDS):
        keys.append(key)
        if len(keys) == AT_ONCE:
            async for found in _sessions_of(store, keys, left_out):
                yield found
            keys.clear()
    async for found in _sessions_of(store, keys, left_out):
        yield found


async def unreadable_sessions(store: Store) -> list[Unreadable]:
    """Return the contacts whose session can't be read, in order of their keys."""
    found: list[Unreadable] = []
    async for _ in sessions(store, found):
        pass
    return sorted(found, key=lambda each: each.key)


async def find_contact(store: Store, name: str) -> tuple[str, Session]:
    """Return the contact with this key, identity (such as a phone number) or pseudonym.

    If `name` is not a key, all contacts are read.

    Raises:
        NoContact: there is no such contact.
        Unreadable: the contact's session can't be read.
        OperationError: several contacts have this identity.
    """
    key = as_key(name)
    unreadable: list[Unreadable] = []
    if can_be_key(key):
        async for found_key, known in _sessions_of(store, [key], unreadable):
            return found_key, known
        for unread in unreadable:
            raise unread
    channel, _, identity = key.rpartition(":")
    pseudonyms = Pseudonyms(store.settings.key_secret)
    found = [
        (other, held)
        async for other, held in sessions(store, unreadable)
        if pseudonyms.of(other) == name or _is_at(held.address, channel, identity)
    ]
    if not found:
        for unread in unreadable:
            address = unread.address
            if pseudonyms.of(unread.key) == name or (
                address and _is_at(address, channel, identity)
            ):
                raise unread
        raise NoContact(
            f"There is no contact {name!r}. `bot contacts list` lists all contacts. Name a contact"
            " by its id, as CHANNEL:identity, by its phone number, or by its name in logs."
        )
    if any(not held.is_blank for _, held in found):
        found = [(other, held) for other, held in found if not held.is_blank]
    elif len(found) > 1:
        # Sinch gives an id to a contact that only received messages, and reports use this id.
        found = [each for each in found if not each[1].address.contact_id] or found
    if len(found) > 1:
        keys = ", ".join(other for other, _ in found)
        raise OperationError(f"{name!r} means several contacts: {keys}. Name one of them.")
    return found[0]


def _is_at(address: Address, channel: str, identity: str) -> bool:
    """Return whether the address has this identity, and this channel if `channel` is not empty."""
    is_same = address.identity.removeprefix("+") == identity.removeprefix("+")
    return is_same and channel in ("", address.channel)


def as_key(name: str) -> str:
    """Return the key of the contact with this id or CHANNEL:identity."""
    channel, _, identity = name.rpartition(":")
    channel = channel.upper()
    return f"{channel}:{identity.removeprefix('+')}" if channel in PHONE_CHANNELS else name


def can_be_key(key: str) -> bool:
    """Return whether a contact can have this key."""
    return bool(key) and "\n" not in key


async def _sessions_of(
    store: Store, keys: Sequence[str], unreadable: list[Unreadable]
) -> AsyncIterator[tuple[str, Session]]:
    raws = await asyncio.gather(*map(store.reader.session, keys))
    for key, raw in zip(keys, raws, strict=True):
        try:
            known = session.decode(raw) if raw else await blank_session(store, key)
        except UnreadableSession as error:
            unreadable.append(Unreadable(key, address_in(raw or b""), error))
            continue
        if known is not None:
            yield key, known
