"""Contacts without a session: they wrote for the first time, or only received messages."""

from collections.abc import AsyncIterator

from bot import callbacks
from bot.callbacks import NOT_READ
from bot.contact.address import PHONE_CHANNELS, Address
from bot.contact.session import Session
from bot.errors import Malformed
from bot.items import inbound
from bot.items.outbound import decode as decode_entry
from bot.items.turn_log import oldest_first
from bot.store import Store

KINDS = ("session", "inbox", "outbox", "work", "log")
"""The kinds of keys that may belong to a contact."""


async def blank_session(store: Store, key: str) -> Session | None:
    """Return a session with only the contact's address; None if nothing is stored for the
    contact.
    """
    is_known = False
    async for address in _addresses(store, key):
        is_known = True
        if address is not None:
            return Session(address)
    return Session(_address_of(key)) if is_known else None


async def _addresses(store: Store, key: str) -> AsyncIterator[Address | None]:
    """Yield the address in each item and reply of the contact; None for an item without address."""
    for raw in await store.reader.inbox(key):
        yield _of_item(raw)
    for entry in await store.reader.outbox(key):
        try:
            yield decode_entry(entry.body).address
        except NOT_READ:
            yield None
    for turn in oldest_first(await store.reader.log(key)):
        for raw in turn.items:
            yield _of_item(raw)


def _of_item(raw: bytes) -> Address | None:
    try:
        item = inbound.decode(raw)
        callback = callbacks.decode(bytes(item.callback)) if item.callback else None
    except (*NOT_READ, Malformed):
        return None
    return callback.address if callback else item.address


def _address_of(key: str) -> Address:
    channel, _, identity = key.partition(":")
    is_phone = channel in PHONE_CHANNELS
    return Address("", channel, identity) if is_phone else Address(key, "", "")
