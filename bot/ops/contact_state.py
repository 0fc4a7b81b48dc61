"""The state of a contact: its flow and state, its stored data, and its waiting work."""

import asyncio
from dataclasses import dataclass
from typing import Any

import msgspec

from bot.contact.session import Session
from bot.engine.secret_answers import masked
from bot.i18n.printable import printable
from bot.ops.common import iso, when
from bot.ops.contact_lookup import find_contact
from bot.store import FlowOff, Store
from bot.store.model import DueTimer
from bot.telemetry.redaction import Pseudonyms


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All that the store has about a contact, except the contact's log.

    - `unhandled`: the number of items in the inbox.
    - `unsent`: the number of replies in the outbox.
    - `is_held`: whether the replies are held until a certain time or until the contact writes.
    - `off`: the contact's flows that are switched off.
    - `dead`: the ids of the contact's dead letters.
    """

    contact: str
    in_logs: str
    session: Session
    unhandled: int
    unsent: int
    is_held: bool
    timers: list[DueTimer]
    off: dict[str, FlowOff]
    dead: list[str]


async def read(store: Store, name: str) -> Standing:
    """Read the state of the contact with this name.

    Raises:
        NoContact: there is no such contact.
        OperationError: several contacts have this identity.
    """
    key, held = await find_contact(store, name)
    items, entries, timers, is_held, off = await asyncio.gather(
        store.reader.inbox(key),
        store.reader.outbox(key),
        store.reader.timers(key),
        store.reader.is_held(key),
        store.reader.flows_off(),
    )
    return Standing(
        contact=key,
        in_logs=Pseudonyms(store.settings.key_secret).of(key),
        session=held,
        unhandled=len(items),
        unsent=len(entries),
        is_held=is_held,
        timers=list(timers),
        off={run.flow: off[run.flow] for run in held.runs if run.flow in off},
        dead=[letter.id async for letter in store.admin.dead_letters() if letter.contact == key],
    )


def as_text(found: Standing) -> str:
    """Return the state in a form for people: a line for each fact. Times are in UTC."""
    held = found.session
    told = {
        "contact": found.contact,
        "address": f"{held.address.channel} {held.address.identity}",
        "in logs": found.in_logs,
        "flows": " > ".join(f"{run.flow}/{run.state}" for run in held.runs) or "none",
        "data": _json(held.run.data) if held.run else "",
        "turns": str(held.turn),
        "heard": when(held.last_heard),
        "language": held.language,
        "zone": held.zone,
        "contact data": _json(held.data),
        "consent": held.consent,
        "merged into": held.merged_into.key if held.merged_into else "",
        "merged from": ", ".join(held.merged_from),
        "paused": f"since {when(held.pause.since)} {held.pause.reason}" if held.pause else "",
        "error": held.pause.error if held.pause else "",
        "place": held.pause.place if held.pause else "",
        "switched off": ", ".join(
            f"{flow} since {when(each.at)}: {each.because}" for flow, each in found.off.items()
        ),
        "waiting": ", ".join(each.name for each in held.waiting),
        "no flow for": ", ".join(
            f"{each.event} at {when(each.at)} ({each.reason})" for each in held.unhandled
        ),
        "unhandled": str(found.unhandled or ""),
        "unsent": str(found.unsent or "") + (", held" if found.is_held else ""),
        "timers": ", ".join(f"{timer.name} at {when(timer.due)}" for timer in found.timers),
        "dead letters": ", ".join(found.dead),
    }
    return "\n".join(
        f"{what:<13} {printable(value.rstrip())}" for what, value in told.items() if value
    )


def objects(found: Standing) -> dict[str, Any]:
    """Return the state in a form for machines, always with all keys. Times are RFC 3339 or None."""
    held = found.session
    return {
        "contact": found.contact,
        "channel": held.address.channel,
        "identity": held.address.identity,
        "in_logs": found.in_logs,
        "flows": [{"flow": run.flow, "state": run.state} for run in held.runs],
        "data": masked(held.run.data) if held.run else {},
        "turns": held.turn,
        "heard": None if held.last_heard is None else iso(held.last_heard),
        "language": held.language,
        "zone": held.zone,
        "contact_data": masked(held.data),
        "consent": held.consent,
        "merged_into": held.merged_into.key if held.merged_into else "",
        "merged_from": list(held.merged_from),
        "paused": {
            "since": iso(held.pause.since),
            "reason": held.pause.reason,
            "error": held.pause.error,
            "place": held.pause.place,
        }
        if held.pause
        else None,
        "switched_off": [
            {"flow": flow, "since": iso(each.at), "because": each.because}
            for flow, each in found.off.items()
        ],
        "waiting": [{"name": each.name, "since": iso(each.at)} for each in held.waiting],
        "unhandled_events": [
            {"event": each.event, "at": iso(each.at), "reason": each.reason}
            for each in held.unhandled
        ],
        "unhandled": found.unhandled,
        "unsent": found.unsent,
        "held": found.is_held,
        "timers": [{"name": timer.name, "due": iso(timer.due)} for timer in found.timers],
        "dead_letters": found.dead,
    }


def _json(data: dict[str, Any]) -> str:
    return msgspec.json.encode(masked(data)).decode() if data else ""
