"""The unsent replies that a turn deletes, after a STOP or because the contact is gone.

The turn's commit deletes these replies, so the outbox never handles them.
"""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from bot.callbacks import NOT_READ
from bot.errors import StoreError
from bot.items import outbound
from bot.items.outbound import broadcast_of
from bot.store import Store
from bot.telemetry.metrics import sends

logger = logging.getLogger(__name__)


class Dropped(NamedTuple):
    """A reply that is deleted unsent: its entry's id, its channel, and the reason."""

    id: str
    channel: str
    why: str


async def unsent(store: Store, contact: str, why: str) -> list[Dropped]:
    """Return the contact's unsent replies.

    Until the turn's commit the list cannot grow, because the contact is leased.

    Raises:
        StoreError: the store failed.
    """
    found = []
    for each in await store.reader.outbox(contact):
        try:
            entry = outbound.decode(each.body)
        except NOT_READ:
            found.append(Dropped(each.id, "other", why))
            continue
        if entry.kind != "forward":
            found.append(Dropped(each.id, entry.channel or entry.address.channel, why))
    return found


async def note(store: Store, contact: str, dropped: Sequence[Dropped]) -> None:
    """Count and log replies that a commit has deleted."""
    for each in dropped:
        sends.count(each.channel, each.why)
    logger.info(
        "Unsent replies were dropped",
        extra={"action": "unsent_dropped", "why": dropped[0].why, "replies": len(dropped)},
    )
    for each in dropped:
        if tag := broadcast_of(each.id):
            try:
                await store.outcomes.note(tag, contact, "failed", each.why)
            except StoreError as error:
                logger.warning(
                    "The outcome of a broadcast's message can't be counted: %s",
                    error,
                    extra={"action": "outcome_lost", "entry": each.id},
                )
