"""A contact that no longer exists at Sinch: deleted, or merged into another.

Each contact has a turn of its own, perhaps in another process and shard: what stays true, such as a
STOP, goes from one to the other through the inbox. A contact that has become another handles
nothing any more. For a while it knows its heir, and what reaches it late goes on there, under the
id it came with: so a repeat is recognised on each step, and contacts that have become each other
come to an end.
"""

import msgspec

from bot import callbacks
from bot.contact.address import Address
from bot.engine import consent, handoff
from bot.engine.stack import Stack
from bot.items.inbound import Item, MergedState
from bot.turn.effects import MERGE_FORWARDING_ENDED, TurnEffects

KEPT_S = 7 * 86_400.0
"""How long the heir is known: for longer than a callback is sent again, after the merge and after
the last event that was scheduled.
"""

_SAID = {"MESSAGE_INBOUND": "message", "EVENT_INBOUND": "event", "OPT_OUT": "opt_out_notification"}
"""Callbacks that tell what a contact wants, and where in them its id is. Others tell of what became
of the bot's messages, or of a contact that is no more."""


def give_up(effects: TurnEffects) -> None:
    """End what is under way for a contact that Sinch no longer has, since nothing would reach it.

    Nothing is kept of it but a STOP. Who has it in hand is told.
    """
    session = effects.session
    effects.events_cancelled += session.scheduled
    effects.events_set.clear()
    session.scheduled.clear()
    effects.session.waiting = []
    _end(effects, "deleted")


def _end(effects: TurnEffects, reason: str) -> None:
    session = effects.session
    Stack(effects).end_all(reason)
    effects.drop_unsent = session.pause is None
    handoff.end(effects, "gone")
    session.heard.clear()
    session.language, session.zone, session.sms_sender = "", "", ""
    effects.replies.clear()


def part(effects: TurnEffects, merged_into: Address | None) -> None:
    """Become another contact, where it is known which: a STOP, the language and the zone hold on
    for it, and what was scheduled happens to it.
    """
    session = effects.session
    if merged_into is None:
        give_up(effects)
        return
    if merged_into.key == (session.merged_into.key if session.merged_into else session.address.key):
        return
    legacy = MergedState(
        session.consent == consent.OUT,
        session.language,
        session.zone,
        [*session.merged_from, session.address.key],
        session.waiting,
    )
    session.waiting = []
    effects.forwarded_item = Item(
        f"legacy:{effects.item.id}", at=effects.at, legacy=legacy, address=merged_into
    )
    _end(effects, "merged")
    session.merged_into = merged_into
    effects.set_timer(
        MERGE_FORWARDING_ENDED, max([effects.at, *session.scheduled.values()]) + KEPT_S
    )


def pass_on(effects: TurnEffects, merged_into: Address) -> None:
    """Let the heir have what comes late for a contact that has become another: what was wanted of
    the bot, not what tells of the past.

    A START doesn't go on, since the heir may have said STOP.
    """
    item, callback = effects.item, effects.callback
    if callback is None:
        if item.timer == MERGE_FORWARDING_ENDED:
            effects.session.merged_into = None
        elif item.event and item.event.scheduled:
            # Contacts that became one may have scheduled the same.
            id = f"{item.id}:{effects.session.address.key}"
            event = msgspec.structs.replace(item.event, scheduled="")
            effects.forwarded_item = msgspec.structs.replace(
                item, id=id, event=event, address=merged_into
            )
        elif item.timer is None and effects.event != "failed":
            effects.forwarded_item = msgspec.structs.replace(item, address=merged_into)
    elif callback.trigger in _SAID and effects.wish != consent.IN:
        body = callbacks.read(bytes(item.callback))
        body[_SAID[callback.trigger]]["contact_id"] = merged_into.contact_id
        raw = msgspec.Raw(msgspec.json.encode(body))
        effects.forwarded_item = msgspec.structs.replace(item, address=merged_into, callback=raw)


def inherit(effects: TurnEffects, legacy: MergedState) -> None:
    """Take over what another contact left that has become this one; what is known here stays."""
    session = effects.session
    session.language = session.language or legacy.language
    session.zone = session.zone or legacy.zone
    session.merged_from = list(dict.fromkeys([*session.merged_from, *legacy.merged_from]))
    session.waiting += legacy.waiting
    if legacy.has_stopped:
        consent.opt_out(effects)
