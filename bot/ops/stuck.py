"""Finds contacts that wait for something that does not happen."""

import asyncio

from bot.callbacks import NOT_READ
from bot.contact.session import Run, Session
from bot.flow.load import Flows
from bot.items import inbound
from bot.items.outbound import decode as decode_entry
from bot.ops.common import when
from bot.ops.contact_lookup import sessions
from bot.ops.migration_check import place
from bot.store import Store


async def why_stuck(
    store: Store, contact: str, held: Session, flows: Flows | None, before: float
) -> str:
    """Return why the contact is stuck; "" if the contact is not stuck.

    A contact is stuck if its work has waited since `before` (Unix seconds) or longer, or if its
    flow cannot continue.
    """
    items, entries, is_held = await asyncio.gather(
        store.reader.inbox(contact), store.reader.outbox(contact), store.reader.is_held(contact)
    )
    try:
        if items and (at := inbound.decode(items[0]).at) and at <= before:
            return f"unhandled since {when(at)} UTC"
    except NOT_READ:
        return "the contact's oldest item can't be read"
    try:
        if entries and not is_held and (at := decode_entry(entries[0].body).at) <= before:
            return f"unsent since {when(at)} UTC"
    except NOT_READ:
        return "the contact's next reply can't be read"
    for run in held.runs:
        if flows is not None and not _exists(flows, run):
            return f"the state {run.flow}/{run.state} no longer exists"
    return ""


async def left_behind(store: Store) -> dict[str, str]:
    """Return the keys of contacts whose replies are never sent, each with the reason.

    When the app's processing mode changes, a person gets another key. Replies that are held under
    the former key then wait for a message that never comes.
    """
    waiting: dict[str, tuple[str, Session]] = {}
    async for key, held in sessions(store):
        if await store.reader.is_held(key) and await store.reader.outbox(key):
            waiting[held.address.identity_key] = key, held
    found: dict[str, str] = {}
    if waiting:
        async for other, held in sessions(store):
            key, former = waiting.get(held.address.identity_key, ("", held))
            is_other_kind = bool(held.address.contact_id) is not bool(former.address.contact_id)
            if key and is_other_kind and (held.last_heard or 0) > (former.last_heard or 0):
                found[key] = (
                    f"the contact's replies wait under a former key; the key is now {other}"
                )
    return found


def _exists(flows: Flows, run: Run) -> bool:
    return bool(place(flows, run).state)
