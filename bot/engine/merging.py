"""A contact that no longer exists at Sinch: deleted, or merged into another contact.

The two contacts of a merge have separate turns, perhaps in different processes and shards. Data
that stays valid, such as a STOP, is passed to the remaining contact's inbox. The merged contact
handles no more items. For a week, late items of the merged contact are forwarded to the remaining
contact. An item keeps its id, so each contact drops duplicates, and contacts merged into each other
do not forward forever.
"""

from typing import Literal

import msgspec

from bot import callbacks
from bot.contact.address import Address
from bot.engine import author_errors, consent, handoff, waiting
from bot.engine.execution import Execution
from bot.engine.stack import Stack
from bot.items.inbound import Item, MergedState
from bot.turn.effects import MERGE_FORWARDING_ENDED, TurnEffects

FORWARDING_S = 7 * 86_400.0
"""Seconds after a merge for which items are forwarded.

If the merged contact has scheduled events, the seconds count from the last of these events. This
time is long enough for repeated callbacks, because Sinch repeats a callback for a shorter time.
"""

_SAID = {"MESSAGE_INBOUND": "message", "EVENT_INBOUND": "event", "OPT_OUT": "opt_out_notification"}
"""The callbacks that the contact itself has caused, each with the field that has the contact's id.

Other callbacks are about the bot's messages, or about a contact that no longer exists.
"""


def give_up(effects: TurnEffects) -> None:
    """End all runs of a contact that Sinch has deleted, because no message can reach the contact.

    Only a STOP stays stored. The person who handles the contact is informed.
    """
    session = effects.session
    effects.events_cancelled += session.scheduled
    effects.events_set.clear()
    session.scheduled.clear()
    effects.session.waiting = []
    _end(effects, "deleted")


def _end(effects: TurnEffects, reason: Literal["merged", "deleted"]) -> None:
    session = effects.session
    Stack(effects).end_all(reason)
    effects.drop_unsent = reason if session.pause is None else ""
    handoff.end(effects, "gone")
    session.heard.clear()
    session.said = {}
    session.language, session.zone, session.sms_sender = "", "", ""
    session.data, session.data_version = {}, 1
    effects.drops_contact_data = True
    effects.replies.clear()


def part(effects: TurnEffects, merged_into: Address | None) -> None:
    """Give up a contact that was merged into `merged_into`, and pass its data on to that contact.

    The data is a STOP, the language, the time zone and scheduled events. If `merged_into` is None,
    do the same as `give_up`.
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
        session.data,
        session.data_version,
        [purpose for purpose, to in session.purposes.items() if to == consent.OUT],
    )
    session.waiting = []
    effects.forwarded_item = Item(
        f"legacy:{effects.item.id}", at=effects.at, legacy=legacy, address=merged_into
    )
    _end(effects, "merged")
    session.merged_into = merged_into
    effects.set_timer(
        MERGE_FORWARDING_ENDED, max([effects.at, *session.scheduled.values()]) + FORWARDING_S
    )


def pass_on(effects: TurnEffects, merged_into: Address) -> None:
    """Forward a merged contact's late messages and commands to the remaining contact.

    Reports are dropped.

    A START is not forwarded, because the remaining contact may have said STOP.
    """
    item, callback = effects.item, effects.callback
    if callback is None:
        if item.timer == MERGE_FORWARDING_ENDED:
            effects.session.merged_into = None
        elif item.event and item.event.scheduled:
            # Merged contacts may have scheduled the same event.
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


def inherit(execution: Execution, legacy: MergedState) -> None:
    """Take over the state of a contact that was merged into this contact.

    This contact's own data takes precedence.
    """
    effects, session = execution.effects, execution.session
    session.language = session.language or legacy.language
    session.zone = session.zone or legacy.zone
    session.merged_from = list(dict.fromkeys([*session.merged_from, *legacy.merged_from]))
    if legacy.data:
        _inherit_data(effects, legacy)
    for purpose in legacy.opted_out:
        effects.consent_wanted[purpose] = consent.OUT
    if legacy.has_stopped:
        consent.opt_out(effects)
    waiting.take_over(execution, legacy.waiting)


def _inherit_data(effects: TurnEffects, legacy: MergedState) -> None:
    session = effects.session
    before = session.data, session.data_version
    if effects.contact_data_type is None:
        session.data = legacy.data | session.data
        session.data_version = max(session.data_version, legacy.data_version)
        return
    try:
        effects.contact_data_type.merge(session, legacy.data, legacy.data_version)
    except Exception as error:
        # An author's method may raise anything. The remaining contact's data must stay unchanged.
        author_errors.log_survived(
            effects, "Contact data could not be merged", error, "merge_failed"
        )
        session.data, session.data_version = before
