"""Finds contacts by key, identity, phone number or pseudonym."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from bot.contact import session
from bot.contact.address import PHONE_CHANNELS
from bot.contact.session import Session
from bot.ops.common import OperationError
from bot.ops.new_contacts import KINDS, blank_session
from bot.store import Store
from bot.telemetry.redaction import Pseudonyms

AT_ONCE = 500
"""Number of contacts in one request to the store."""


class NoContact(OperationError):
    """No contact with this name has a session."""


async def sessions(store: Store) -> AsyncIterator[tuple[str, Session]]:
    """Yield the key and session of every contact, in no particular order.

    A new contact's session is blank.
    """
    keys: list[str] = []
    async for key in store.reader.contacts(*KINDS):
        keys.append(key)
        if len(keys) == AT_ONCE:
            async for found in _sessions_of(store, keys):
                yield found
            keys.clear()
    async for found in _sessions_of(store, keys):
        yield found


async def find_contact(store: Store, name: str) -> tuple[str, Session]:
    """Return the contact with this key, identity (such as a phone number) or pseudonym.

    Unless `name` is a key, all contacts are read.

    Raises:
        NoContact: there is no such contact.
        OperationError: several contacts have this identity.
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
            f"There is no contact {name!r}. `bot contacts list` lists all contacts. Name a contact"
            f" by its id, as CHANNEL:identity, by its phone number, or by its name in logs."
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


def as_key(name: str) -> str:
    """Return the key of the contact with this id or CHANNEL:identity."""
    channel, _, identity = name.rpartition(":")
    channel = channel.upper()
    return f"{channel}:{identity.removeprefix('+')}" if channel in PHONE_CHANNELS else name


def can_be_key(key: str) -> bool:
    """Return whether a contact can have this key."""
    return bool(key) and "\n" not in key


async def _sessions_of(store: Store, keys: Sequence[str]) -> AsyncIterator[tuple[str, Session]]:
    raws = await asyncio.gather(*map(store.reader.session, keys))
    for key, raw in zip(keys, raws, strict=True):
        known = session.decode(raw) if raw else await blank_session(store, key)
        if known is not None:
            yield key, known
